"""Beats of a dance without music: the pulse that its feet, its hands and its bounce share.

A dancer's limbs slow down on the beat and the hips are low on it, so each of these gives a curve of accents, and
librosa's dynamic programme (Ellis, "Beat Tracking by Dynamic Programming", 2007) finds an even series of them for each
tempo that people dance to. Of all these grids the one is taken to which the movement is locked best: the share of
speed that goes with the beat, the pair or the bar of it, over what grids of a wrong tempo get. It is an estimate.
"""

from collections.abc import Iterator
from typing import NamedTuple

import librosa
import numpy as np
from numpy.typing import NDArray

from motion.skeleton import HUMANOID

F64 = NDArray[np.floating]
RATE = 60  # Hz of the curves
FEET = [HUMANOID.index(name) for name in ("leftToes", "rightToes")]
HANDS = [HUMANOID.index(name) for name in ("leftHand", "rightHand")]
STILL = 0.1  # m/s, both feet or both hands together: below it nobody dances
TEMPI = np.geomspace(70.0, 150.0, 12)  # bpm: the level at which people count a dance
TIGHTNESS = 150.0  # of the dynamic programme: how even a grid is
WRONG_TEMPI = (0.87, 0.93, 1.07, 1.15)
LEVELS = ((1.0, 1.0), (0.5, 1.0), (0.25, 0.5))  # cycles a beat, weight


class Signals(NamedTuple):
    """What of a dance is rhythmic, at RATE; each [T]."""

    times: F64  # s
    feet: F64  # m/s, both together
    hands: F64
    height: F64  # m, of the hips


def signals(positions: F64, fps: float) -> Signals:
    """From joint positions [T, 22, 3] m."""
    times = np.arange(0.0, (len(positions) - 1) / fps, 1.0 / RATE)

    def along(values: F64) -> F64:
        return np.interp(times, np.arange(len(values)) / fps, values)

    def speed(joints: list[int]) -> F64:
        path = np.stack([along(c) for c in positions[:, joints].reshape(len(positions), -1).T], axis=1)
        steps = np.gradient(path, 1.0 / RATE, axis=0).reshape(len(path), len(joints), 3)
        return np.convolve(np.linalg.norm(steps, axis=-1).sum(axis=-1), _smooth(9), mode="same")

    return Signals(times, speed(FEET), speed(HANDS), along(positions[:, 0, 1]))


def estimate(positions: F64, fps: float) -> F64:
    """Beat times in seconds from the first frame, reaching over the whole take: positions [T, 22, 3] -> [n].

    Returns an empty array when the take is shorter than four seconds or never moves.
    """
    if (len(positions) - 1) / fps < 4.0:
        return np.zeros(0)
    heard = signals(positions, fps)
    grids = [_cover(_steady(grid), len(positions) / fps) for grid in _grids(heard)]
    return max(grids, key=lambda grid: locked(heard, grid), default=np.zeros(0))


def locked(heard: Signals, beats: F64) -> float:
    """How much of the movement goes with these beats, over wrong tempi: feet, and half as much hands and bounce."""
    phase = np.interp(heard.times, beats, np.arange(len(beats)))
    curves = ((heard.feet, 1.0), (heard.hands, 0.5), (heard.height, 0.5))
    return sum(weight * _goes_with(curve, phase) for curve, weight in curves)


def _goes_with(curve: F64, phase: F64) -> float:
    """The share of a curve's variance at 1, 1/2 and 1/4 cycles a beat (twice the squared mean against its phase)."""
    curve = (curve - curve.mean()) / (curve.std() + 1e-9)

    def share(cycles: float) -> float:
        return float(2.0 * np.abs(np.mean(curve * np.exp(-2j * np.pi * cycles * phase))) ** 2)

    return sum(
        weight * (share(cycles) - float(np.mean([share(cycles * wrong) for wrong in WRONG_TEMPI])))
        for cycles, weight in LEVELS
    )


def _grids(heard: Signals) -> Iterator[F64]:
    """An even series of accents for each curve and each tempo."""
    feet, hands, bounce = _rests(heard.feet), _rests(heard.hands), _lows(heard.height)
    for curve in (feet, hands, bounce, _rests(heard.feet + heard.hands), feet + hands + bounce):
        if curve.max() <= 0.05:
            continue
        for bpm in TEMPI:
            _, beats = librosa.beat.beat_track(
                onset_envelope=curve, sr=RATE, hop_length=1, bpm=bpm, tightness=TIGHTNESS, units="time", trim=False
            )
            if len(beats) >= 4:
                yield np.asarray(beats, dtype=np.float64)


def _rests(speed: F64) -> F64:
    """How far a speed lies below its 1 s average, 0 to 1."""
    local = np.convolve(speed, np.ones(RATE) / RATE, mode="same")
    return np.where(local > STILL, np.maximum(0.0, 1.0 - speed / np.maximum(local, STILL)), 0.0)


def _lows(height: F64) -> F64:
    """How far the hips hang below their 1 s average, in their usual way up and down; the ends have no average."""
    below = np.convolve(height, np.ones(RATE) / RATE, mode="same") - height
    below[: RATE // 2] = below[-RATE // 2 :] = 0.0
    return np.maximum(0.0, below) / (2.0 * np.std(below) + 2e-3)


def _smooth(size: int) -> F64:
    window = np.hanning(size)
    return np.asarray(window / window.sum())


def _steady(beats: F64) -> F64:
    """Smooth the beat times over five beats: the music follows the pulse, not every single step."""
    if len(beats) < 5:
        return beats
    slope = np.linspace(-2, 2, 5)
    padded = np.concatenate(
        [beats[0] + slope[:2] * (beats[1] - beats[0]), beats, beats[-1] + slope[3:] * (beats[-1] - beats[-2])]
    )
    return np.convolve(padded, np.ones(5) / 5, mode="valid")


def _cover(beats: F64, seconds: float) -> F64:
    """Go on at the first and last period until the beats reach past both ends of the take."""
    first, last = beats[1] - beats[0], beats[-1] - beats[-2]
    before = beats[0] - first * np.arange(int(np.ceil(beats[0] / first)) + 1, 0, -1)
    after = beats[-1] + last * np.arange(1, int(np.ceil(max(0.0, seconds - beats[-1]) / last)) + 2)
    return np.concatenate([before, beats, after])
