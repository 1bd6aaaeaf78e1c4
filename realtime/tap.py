"""Tap tempo: instants at which a performer tapped, to a tempo and the instant of a beat."""

from typing import NamedTuple

import numpy as np

Row = tuple[float, ...]  # seconds, one clock, growing

MOST = 8  # taps: older ones are forgotten, so the fit follows the hand
TRUSTED = 4  # taps that make a tempo worth obeying
PAUSE = 2.5  # s without a tap end a row
BOUNCE = 0.12  # s: what comes sooner is the same tap, twice told
LOOSE_SHARE, LOOSE_SECONDS = 0.25, 0.06  # of the interval, and of any hand: further off, another tempo has begun
SLIP = 3.0  # times the others' residual: one tap that was a slip is left out of the fit


class Fit(NamedTuple):
    """What a row of taps says."""

    bpm: float
    beat: float  # s, on the taps' clock: the newest beat
    taps: int

    @property
    def trusted(self) -> bool:
        """Whether enough taps agree."""
        return self.taps >= TRUSTED


def add(row: Row, at: float) -> Row:
    """The row with one more tap at `at` seconds; a new one after a pause, and where the tap does not fit the others."""
    if not row or at < row[-1] or at - row[-1] > PAUSE:
        return (at,)
    gap = at - row[-1]
    if gap < BOUNCE:
        return row
    known = fit(row)
    if known:
        interval = 60.0 / known.bpm
        if abs(gap - interval) > LOOSE_SHARE * interval + LOOSE_SECONDS:
            return (row[-1], at)
    return (*row, at)[-MOST:]


def fit(row: Row) -> Fit | None:
    """Tempo and newest beat, by least squares without the one tap that slips; None before the second tap."""
    count = len(row)
    if count < 2:
        return None
    numbers, times = np.arange(count), np.array(row)
    period, first = np.polyfit(numbers, times, 1)
    if count > TRUSTED:
        worst = int(np.argmax(np.abs(times - first - period * numbers)))
        others = numbers != worst
        line = np.polyfit(numbers[others], times[others], 1)
        off = np.abs(times - np.polyval(line, numbers))
        if off[worst] > max(SLIP * off[others].max(), LOOSE_SECONDS):
            period, first = line
    return Fit(60.0 / float(period), float(first + period * (count - 1)), count)
