"""When the beats of the demo music are: steady, as people play, in ramps, in rubato, with jumps."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

FIRST = 0.25  # s, of a steady song
SHORTEST, LONGEST = 60.0 / 260.0, 60.0 / 40.0  # s: the beats of whatever tempo is asked for


def _steady(_rng: np.random.Generator, count: int) -> F64:
    return np.ones(count)


def _human(rng: np.random.Generator, count: int) -> F64:
    """A slow random walk of about two percent around the tempo, and a little unrest from beat to beat."""
    walk, drift = np.zeros(count), 0.0
    for beat, step in enumerate(rng.normal(0.0, 0.005, count)):
        drift = 0.95 * drift + step
        walk[beat] = drift
    return np.asarray(1.0 + np.clip(walk + rng.normal(0.0, 0.002, count), -0.05, 0.05))


def _ramp(rng: np.random.Generator, count: int) -> F64:
    """One accelerando or ritardando, up to 0.75 or 1.35 times the tempo; sometimes it comes back."""
    end = rng.uniform(1.1, 1.35) if rng.random() < 0.5 else rng.uniform(0.75, 0.92)
    start, stop = np.sort(rng.uniform(0.0, 1.0, 2)) * count
    if stop - start < 16:
        start, stop = 0.1 * count, 0.9 * count
    share = np.clip((np.arange(count) - start) / (stop - start), 0.0, 1.0)
    if rng.random() < 0.3:
        share = 1.0 - np.abs(2.0 * share - 1.0)
    return np.asarray(end**share)


def _rubato(rng: np.random.Generator, count: int) -> F64:
    """Every phrase hurries on and holds back by six to ten percent; the unrest of a player lies on top."""
    tempo = np.ones(count)
    phrase, beat = int(rng.choice([6, 8, 12, 16])), 0
    while beat < count:
        there = np.arange(beat, min(beat + phrase, count))
        tempo[there] += rng.uniform(0.06, 0.10) * np.cos(2 * np.pi * ((there - beat) / phrase - rng.uniform(0.2, 0.4)))
        beat += phrase
    return np.asarray(tempo * (1.0 + rng.normal(0.0, 0.008, count)))


def _jump(rng: np.random.Generator, count: int) -> F64:
    """One or two sudden changes to another tempo, at a multiple of four beats."""
    tempo = np.ones(count)
    for _ in range(int(rng.integers(1, 3))):
        at = 4 * int(rng.integers(1, max(2, count // 4)))
        tempo[at:] = float(np.exp(rng.uniform(0.06, 0.45) * rng.choice([-1.0, 1.0])))
    return tempo


def _ending(rng: np.random.Generator, periods: F64, seconds: float) -> F64:
    """Some songs of people slow down over the last beats before `seconds`."""
    length, last = int(rng.choice([3, 4, 8])), int(np.searchsorted(np.cumsum(periods), seconds))
    if last > 4 * length and rng.random() < 0.15:
        periods[last - length : last] *= np.linspace(1.0, rng.uniform(1.1, 1.4), length)
    return periods


# Tempo of every beat as a factor of the song's. In "halving" the beats are a machine's, and `arrange` is asked to play
# a section at half or double time over them.
_CURVES: dict[str, Callable[[np.random.Generator, int], F64]] = {
    "steady": _steady,
    "human": _human,
    "ramp": _ramp,
    "rubato": _rubato,
    "jump": _jump,
    "halving": _steady,
}
KINDS = tuple(_CURVES)


def beats(rng: np.random.Generator, bpm: float, seconds: float, kind: str) -> F64:
    """Strictly increasing beats (s) before `seconds`, at `bpm` and as `kind` has it.

    A machine begins at 0.25 s, people there or somewhere in the beat after it; they may end in a ritardando.
    """
    if kind not in _CURVES:
        raise ValueError(f"tempo {kind!r}: use one of {', '.join(KINDS)}")
    count = max(2, int(seconds * bpm / 60.0))
    factors = _CURVES[kind](rng, count)
    factors = np.append(factors, np.full(2 + count, factors[-1]))  # a slow song has fewer beats, a fast one more
    periods = np.clip(60.0 / (bpm * factors), SHORTEST, LONGEST)
    if kind in ("human", "rubato"):
        periods = np.minimum(_ending(rng, periods, seconds), LONGEST)
    first = FIRST if kind in ("steady", "halving") or rng.random() < 0.5 else FIRST + float(rng.uniform(0, periods[0]))
    times = first + np.concatenate([[0.0], np.cumsum(periods)])
    return np.asarray(times[times < seconds])
