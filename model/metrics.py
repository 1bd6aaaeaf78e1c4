"""What can be measured of a dance without a judge. Arrays in, numbers out; every score has its chance level beside it.

positions: [T, 22, 3] world metres at `fps`. A speed of frames k and k + 1 belongs to the time (k + 0.5) / fps.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from motion import contacts, kinematics
from motion.skeleton import HUMANOID

F64 = NDArray[np.floating[Any]]
TOES = [HUMANOID.index(name) for name in ("leftToes", "rightToes")]
FEET = contacts.FOOT_POINTS
EVENT_BLUR = 0.06  # s
EVENT_FLOOR = 0.05  # m/s: a shallower dip in speed is tremor
NEAR = 0.05  # s, width of the alignment kernel
SHIFTS = 200  # of the chance level
LOW, LEVEL, SLIDES = 0.05, 0.25, 0.3  # m over the rest height, m/s up or down, m/s along the floor
STILL = 0.02  # m/s: nobody dances slower


class Alignment(NamedTuple):
    """score: F of dance events against beats, 0..1. chance: the same for events shifted in time. net: what is left."""

    score: float
    chance: float
    net: float


def speeds(positions: F64, fps: float) -> F64:
    """[T - 1, 22] m/s."""
    return np.linalg.norm(np.diff(positions, axis=0), axis=-1) * fps


def foot_speed(positions: F64, fps: float) -> F64:
    """Mean speed of both toes, [T - 1] m/s."""
    mean: F64 = speeds(positions, fps)[:, TOES].mean(axis=1)
    return mean


def events(speed: F64, fps: float) -> F64:
    """Times in seconds of the minima of a speed curve [T - 1]: where a limb comes to rest or turns."""
    smooth = gaussian_filter1d(speed, EVENT_BLUR * fps, truncate=4.0)
    low, high = np.percentile(smooth, [10, 90])
    at, _ = find_peaks(-smooth, prominence=max(0.15 * (high - low), EVENT_FLOOR))
    a, b, c = smooth[at - 1], smooth[at], smooth[at + 1]
    # the vertex of the parabola through three points
    bend = a - 2 * b + c
    vertex = np.where(bend > 0, 0.5 * (a - c) / np.where(bend > 0, bend, 1.0), 0.0)
    times: F64 = (at + vertex + 0.5) / fps
    return times


def landings(positions: F64, fps: float) -> F64:
    """Times in seconds at which a foot comes down, both feet together in order."""
    points = contacts.detect(positions, fps) > 0.5
    down = np.stack([points[:, :2].any(axis=1), points[:, 2:].any(axis=1)], axis=1)
    frame, _ = np.nonzero(down[1:] & ~down[:-1])
    times: F64 = (frame + 0.5) / fps
    return times


def alignment(danced: F64, beats: F64, duration: float, seed: int = 0) -> Alignment:
    """How well two lists of times (s) fall together, against the same events shifted around the clock at random.

    F of precision and recall with a Gaussian kernel of 50 ms; net = (F - chance) / (1 - chance). Fewer than four
    events or beats align with nothing.
    """
    if len(danced) < 4 or len(beats) < 4:
        return Alignment(0.0, 0.0, 0.0)
    score = _both_ways(danced, beats)
    shifts = np.random.default_rng(seed).uniform(0.0, duration, SHIFTS)
    chance = float(np.mean([_both_ways(np.sort((danced + shift) % duration), beats) for shift in shifts]))
    return Alignment(score, chance, (score - chance) / (1.0 - chance))


def locked(speed: F64, phase: F64, harmonic: float) -> float:
    """Share of the variance of a speed curve that repeats `harmonic` times a beat, 0..1; phase [T - 1] counts beats."""
    if speed.std() < 1e-9:
        return 0.0
    normal = (speed - speed.mean()) / speed.std()
    return float(2 * np.abs(np.mean(normal * np.exp(-2j * np.pi * harmonic * phase))) ** 2)


def mean_speed(positions: F64, fps: float) -> float:
    """Of all joints over all frames, m/s."""
    return float(speeds(positions, fps).mean())


def spread(local: F64) -> float:
    """How far the joints range: rms distance from their mean place, m; local [T, 22, 3] from hips and heading."""
    centred = local - local.mean(axis=0)
    return float(np.sqrt((centred**2).sum(axis=-1).mean()))


def jerk(positions: F64, fps: float) -> float:
    """Root mean square of the third derivative of all joints, m/s^3."""
    third = np.diff(positions, n=3, axis=0) * fps**3
    return float(np.sqrt((third**2).sum(axis=-1).mean()))


def skating(positions: F64, fps: float) -> float:
    """Share of the frames of a foot on the floor in which it slides, faster than 0.3 m/s; 0 if it never touches."""
    feet = positions[:, FEET]
    rest = kinematics.rest_positions(HUMANOID)[FEET, 1]
    height = feet[..., 1] - rest - contacts.floor_height(positions)
    velocity = np.diff(feet, axis=0) * fps
    down = (np.maximum(height[1:], height[:-1]) < LOW) & (np.abs(velocity[..., 1]) < LEVEL)
    along = np.hypot(velocity[..., 0], velocity[..., 2])
    return float((along[down] > SLIDES).mean()) if down.any() else 0.0


def activity(positions: F64, fps: float) -> F64:
    """Mean joint speed in windows of one second, every half second, m/s."""
    speed = speeds(positions, fps).mean(axis=1)
    width, hop = max(1, round(fps)), max(1, round(fps / 2))
    begins = range(0, max(1, len(speed) - width + 1), hop)
    return np.array([speed[begin : begin + width].mean() for begin in begins])


def freezing(danced: F64, recorded: F64) -> float:
    """Share of the windows of `activity` that are slower than half of the slowest percent of the recorded ones."""
    limit = max(STILL, 0.5 * float(np.percentile(recorded, 1)))
    return float((danced < limit).mean())


def _both_ways(danced: F64, beats: F64) -> float:
    gap = np.abs(danced[:, None] - beats[None])
    precision = float(np.exp(-(gap.min(axis=1) ** 2) / (2 * NEAR**2)).mean())
    recall = float(np.exp(-(gap.min(axis=0) ** 2) / (2 * NEAR**2)).mean())
    return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
