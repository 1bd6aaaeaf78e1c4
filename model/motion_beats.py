"""Beats of a dance without music: the steady pulse on which its limbs come to rest.

A dancer's hands and feet slow down on the beat, so the onset curve of a dance is how far their speed lies below its own
average. librosa's dynamic programme (Ellis, "Beat Tracking by Dynamic Programming", 2007) finds the steadiest
series of such rests. This is an estimate: captured salsa, for one, keeps no constant beat.
"""

import librosa
import numpy as np
from numpy.typing import NDArray

from motion.skeleton import HUMANOID

F64 = NDArray[np.floating]
RATE = 60  # Hz of the curve
LIMBS = [HUMANOID.index(name) for name in ("leftHand", "rightHand", "leftFoot", "rightFoot")]
STILL = 0.2  # m/s, all four limbs together: below it nobody dances
SLOWEST, FASTEST = 75.0, 155.0  # bpm: the level at which people count a dance


def rest_curve(positions: F64, fps: float) -> F64:
    """How far the limbs' speed lies below its 1 s average: positions [T, 22, 3] m -> [T'] at RATE, 0 or more."""
    times = np.arange(0.0, (len(positions) - 1) / fps, 1.0 / RATE)
    limbs = positions[:, LIMBS].reshape(len(positions), -1)
    path = np.stack([np.interp(times, np.arange(len(limbs)) / fps, column) for column in limbs.T], axis=1)
    speed = np.linalg.norm(np.gradient(path, 1.0 / RATE, axis=0).reshape(len(path), len(LIMBS), 3), axis=-1).sum(
        axis=-1
    )
    speed = np.convolve(speed, np.hanning(9) / np.hanning(9).sum(), mode="same")
    local = np.convolve(speed, np.ones(RATE) / RATE, mode="same")
    moving = local > STILL
    return np.where(moving, np.maximum(0.0, 1.0 - speed / np.maximum(local, STILL)), 0.0)


def tempo(positions: F64, fps: float) -> float:
    """Beats a minute by autocorrelation of the pelvis' bounce and the limbs' rests: positions [T, 22, 3] m."""
    curve = rest_curve(positions, fps)
    bounce = np.interp(np.arange(len(curve)) / RATE, np.arange(len(positions)) / fps, positions[:, 0, 1])
    bounce = bounce - np.convolve(bounce, np.ones(2 * RATE) / (2 * RATE), mode="same")
    lags = np.arange(int(RATE * 60 / FASTEST), int(RATE * 60 / SLOWEST) + 1)
    score = np.zeros(len(lags))
    for series in (curve - curve.mean(), bounce[RATE:-RATE]):
        full = np.correlate(series, series, mode="full")[len(series) - 1 :]
        full = full / (full[0] + 1e-12)
        # a beat repeats, and so does the pair and the bar of it
        for times, share in ((1, 1.0), (2, 1.0), (4, 0.5)):
            reach = np.minimum(lags * times, len(full) - 1)
            score += share * full[reach]
    bpm = 60.0 * RATE / lags
    prior = np.exp(-0.5 * (np.log(bpm / 105.0) / 0.5) ** 2)
    return float(bpm[np.argmax(score * prior)])


def estimate(positions: F64, fps: float) -> F64:
    """Beat times in seconds from the first frame, reaching over the whole take: positions [T, 22, 3] -> [n].

    Returns an empty array when the take is shorter than four seconds or never moves.
    """
    curve = rest_curve(positions, fps)
    if len(curve) < 4 * RATE or curve.max() <= 0.05:
        return np.zeros(0)
    _, beats = librosa.beat.beat_track(
        onset_envelope=curve, sr=RATE, hop_length=1, bpm=tempo(positions, fps), tightness=200, units="time", trim=False
    )
    beats = np.asarray(beats, dtype=np.float64)
    if len(beats) < 4:
        return np.zeros(0)
    return _cover(_steady(beats), len(positions) / fps)


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
