"""How dance events and speed go with the beats of the music. Every score has its chance level beside it."""

from typing import NamedTuple

import numpy as np

from model.metrics.body import F64, foot_speed

NEAR = 0.05  # s, width of the alignment kernel
HIT = 0.1  # s, of Dance Revolution's hit rate
SHIFTS = 200  # of the chance level
FEWEST = 4  # events or beats: fewer align with nothing
WRONG_TEMPI = (0.87, 0.93, 1.07, 1.15)  # clear of each other's halves and doubles


class Alignment(NamedTuple):
    """dance: share of the dance events on a beat. music: share of the beats danced. f: both. Each 0..1."""

    f: float
    dance: float
    music: float


def alignment(danced: F64, beats: F64) -> Alignment:
    """How well two lists of times (s) fall together, by a Gaussian of 50 ms; f is the harmonic mean of both sides."""
    if len(danced) < FEWEST or len(beats) < FEWEST:
        return Alignment(0.0, 0.0, 0.0)
    gap = np.abs(danced[:, None] - beats[None])
    precision, recall = (float(np.exp(-(gap.min(axis=axis) ** 2) / (2 * NEAR**2)).mean()) for axis in (1, 0))
    f = 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0
    return Alignment(f, precision, recall)


def by_chance(danced: F64, beats: F64, duration: float, seed: int = 0) -> Alignment:
    """The mean alignment of the same events shifted around the clock at random."""
    if len(danced) < FEWEST or len(beats) < FEWEST:
        return Alignment(0.0, 0.0, 0.0)
    shifts = np.random.default_rng(seed).uniform(0.0, duration, SHIFTS)
    scores = [alignment(np.sort((danced + shift) % duration), beats) for shift in shifts]
    return Alignment(*np.mean(scores, axis=0).tolist())


def net(score: Alignment, chance: Alignment) -> Alignment:
    """What is left over chance: 1 for all on the beat, 0 for a deaf dancer."""
    return Alignment(*((s - c) / (1.0 - c) for s, c in zip(score, chance, strict=True)))


def coverage(danced: F64, beats: F64) -> float:
    """Dance Revolution's beat coverage: kinematic beats for each musical one."""
    return len(danced) / len(beats) if len(beats) else 0.0


def hit_rate(danced: F64, beats: F64) -> float:
    """Dance Revolution's hit rate: share of the kinematic beats within 0.1 s of a musical one."""
    if not len(danced) or not len(beats):
        return 0.0
    return float((np.abs(danced[:, None] - beats[None]).min(axis=1) <= HIT).mean())


def phase(times: F64, beats: F64) -> F64:
    """Beats counted since beats[0] at each time (s); beyond the ends the first and last period go on."""
    count = np.interp(times, beats, np.arange(len(beats)))
    count = np.where(times < beats[0], (times - beats[0]) / (beats[1] - beats[0]), count)
    after = len(beats) - 1 + (times - beats[-1]) / (beats[-1] - beats[-2])
    return np.where(times > beats[-1], after, count)


def locked(speed: F64, count: F64, harmonic: float) -> float:
    """Share of the variance of a speed curve that repeats `harmonic` times a beat, 0..1; count [T - 1] of beats."""
    if speed.std() < 1e-9:
        return 0.0
    normal = (speed - speed.mean()) / speed.std()
    return float(2 * np.abs(np.mean(normal * np.exp(-2j * np.pi * harmonic * count))) ** 2)


def long_harmonic(metre: int) -> float:
    """The period over which people step, in cycles a beat: two beats, or the bar of a triple or odd metre."""
    return 1.0 / metre if metre % 2 else 0.5


class Locking(NamedTuple):
    """Shares of foot-speed variance, 0..1: locked to the beat and to the longer period."""

    beat: float
    period: float

    @property
    def score(self) -> float:
        """The lead score of a pairing: both together."""
        return self.beat + self.period


def foot_locking(positions: F64, fps: float, beats: F64, metre: int, tempo: float = 1.0) -> Locking:
    """Locking of the feet to the beats (s); `tempo` scales the grid for the chance level."""
    speed = foot_speed(positions, fps)
    count = phase((np.arange(len(speed)) + 0.5) / fps, beats) * tempo
    return Locking(locked(speed, count, 1.0), locked(speed, count, long_harmonic(metre)))


def chance_locking(positions: F64, fps: float, beats: F64, metre: int) -> Locking:
    """The mean locking to grids of a wrong tempo."""
    found = [foot_locking(positions, fps, beats, metre, tempo) for tempo in WRONG_TEMPI]
    return Locking(*np.mean(found, axis=0).tolist())


def errors(danced: F64, beats: F64) -> F64:
    """Seconds of each event inside the beats after (before: negative) its nearest beat."""
    inside = danced[(danced >= beats[0]) & (danced <= beats[-1])]
    near = np.abs(inside[:, None] - beats[None]).argmin(axis=1)
    return inside - beats[near]


class SignedError(NamedTuple):
    """median and iqr in seconds, negative is early. locked: 0..1 how sharply the events keep one place in the beat."""

    median: float
    iqr: float
    locked: float
    events: int


def signed_error(errors: F64, periods: F64) -> SignedError:
    """Of all errors (s) with the beat period (s) at each. The median is taken around the events' own mean place.

    So a dancer between the beats is not cut in two. locked = (n |z|^2 - 1) / (n - 1), unbiased: where it is small, the
    dancer keeps no place in the beat and the median says nothing.
    """
    n = len(errors)
    if n < FEWEST:
        return SignedError(float("nan"), float("nan"), 0.0, n)
    turn = errors / periods
    z = np.exp(2j * np.pi * turn).mean()
    middle = float(np.angle(z)) / (2 * np.pi)
    around = ((turn - middle + 0.5) % 1.0 - 0.5 + middle) * periods
    low, median, high = np.percentile(around, [25, 50, 75])
    sharp = max(0.0, (n * abs(z) ** 2 - 1) / (n - 1))
    return SignedError(float(median), float(high - low), float(sharp), n)
