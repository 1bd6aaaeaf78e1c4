"""MIDI beat clock: 24 ticks a beat, each late by something else, to tempo and place in the song.

A straight line through the last ticks. A tempo change begins it anew; ticks that were lost are counted all the same.
Messages as in the MIDI 1.0 specification: clock F8, start FA, continue FB, stop FC, song position F2 (sixteenths).
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime.clocks.base import Reading

Floats = NDArray[np.floating] | NDArray[np.integer]

A_BEAT = 24
A_SIXTEENTH = 6
WINDOW = 96  # ticks, four beats
ENOUGH = 12  # ticks for a tempo
RECENT = 8  # ticks after which is asked whether all of them disagree with the line
APART, SHARE = 0.005, 0.25  # s, and share of a tick's time: beyond both they disagree
ALIKE = 0.35  # of a tick's time: nearer than this to a whole number of ticks, so many were lost
FAR = 4.0  # times the median residual: left out of the line
GONE = 0.5  # s without a tick


class Ticks(NamedTuple):
    """What has been heard of one clock."""

    numbers: tuple[int, ...] = ()  # of the last ticks, in the song
    times: tuple[float, ...] = ()  # s, when they came
    next: int = 0  # number of the tick to come
    told: bool = False  # whether a start or position said where the song is
    running: bool = False
    period: float | None = None  # s a tick, of the line before this one


class Line(NamedTuple):
    """Tick `number` at `time`, one each `period` seconds."""

    number: int
    time: float
    period: float


def hear(ticks: Ticks, at: float, message: Sequence[int]) -> Ticks:
    """One whole message that came at `at` seconds; those that are not about time are passed over."""
    match list(message):
        case [0xF8]:
            return _tick(ticks, at)
        case [0xFA]:
            return _anew(ticks)._replace(next=0, told=True, running=True)
        case [0xFB]:
            return _anew(ticks)._replace(running=True)
        case [0xFC]:
            return ticks._replace(running=False)
        case [0xF2, low, high]:
            return _anew(ticks)._replace(next=(low + 128 * high) * A_SIXTEENTH, told=True)
    return ticks


def read(ticks: Ticks, when: float) -> Reading | None:
    """Tempo and place at `when`; without a place while it is stopped or never said one; None when it is gone."""
    if not ticks.times or when - ticks.times[-1] > GONE:
        return None
    line = fit(ticks)
    if line is None:
        return None
    bpm = 60.0 / (line.period * A_BEAT)
    if not (ticks.told and ticks.running):
        return Reading(bpm, None)
    return Reading(bpm, (line.number + (when - line.time) / line.period) / A_BEAT)


def _tick(ticks: Ticks, at: float) -> Ticks:
    if ticks.times and at - ticks.times[-1] > GONE:  # who knows how many were lost
        ticks = _anew(ticks)._replace(period=None, told=False)
    number = ticks.numbers[-1] + 1 if ticks.numbers else ticks.next
    ticks = ticks._replace(
        numbers=(*ticks.numbers, number)[-WINDOW:],
        times=(*ticks.times, at)[-WINDOW:],
        next=number + 1 if ticks.running else ticks.next,
    )
    return ticks if number % RECENT else _settled(ticks)


def _anew(ticks: Ticks) -> Ticks:
    """Another line begins with the next tick; the tempo is still known."""
    line = fit(ticks)
    return ticks._replace(numbers=(), times=(), period=line.period if line else ticks.period)


def _settled(ticks: Ticks) -> Ticks:
    """Where the last ticks all lie to one side of the line: some before them were lost, or the tempo is another."""
    before = fit(ticks._replace(numbers=ticks.numbers[:-RECENT], times=ticks.times[:-RECENT]))
    if before is None or len(ticks.times) < ENOUGH + RECENT:
        return ticks
    numbers, times = np.array(ticks.numbers[-RECENT:]), np.array(ticks.times[-RECENT:])
    off = times - before.time - before.period * (numbers - before.number)
    limit = max(APART, SHARE * before.period)
    if not (off.min() > limit or off.max() < -limit):
        return ticks
    lost = round(float(np.median(off)) / before.period)
    if lost > 0 and np.abs(off - lost * before.period).max() < ALIKE * before.period:
        kept = ticks.numbers[:-RECENT]
        return ticks._replace(
            numbers=kept + tuple(number + lost for number in ticks.numbers[-RECENT:]),
            next=ticks.next + lost if ticks.running else ticks.next,
        )
    period, _ = _least_squares(numbers - numbers[-1], times)
    return ticks._replace(numbers=ticks.numbers[-RECENT:], times=ticks.times[-RECENT:], period=period)


def fit(ticks: Ticks) -> Line | None:
    """The line through the ticks; after a start with the tempo known before, until there are enough for its own."""
    if not ticks.times:
        return None
    numbers, times = np.array(ticks.numbers), np.array(ticks.times)
    x = numbers - numbers[-1]
    if len(x) < ENOUGH:
        if ticks.period is None:
            return None
        return Line(ticks.numbers[-1], float(np.median(times - ticks.period * x)), ticks.period)
    period, first = _least_squares(x, times)
    off = np.abs(times - first - period * x)
    near = off <= FAR * np.median(off) + 1e-6
    if not near.all():
        period, first = _least_squares(x[near], times[near])
    return Line(ticks.numbers[-1], first, period) if period > 0 else None


def _least_squares(x: Floats, y: Floats) -> tuple[float, float]:
    """Slope and value at 0 of the line through the points."""
    middle, mean = x.mean(), y.mean()
    slope = float(((x - middle) @ (y - mean)) / ((x - middle) @ (x - middle)))
    return slope, float(mean - slope * middle)
