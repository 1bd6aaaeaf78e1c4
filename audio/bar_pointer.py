"""A probability over tempo and beat phase, moved on with each hop of onsets: the bar pointer model, filtered forward.

States are pairs (beat period, cells since the last beat), as Krebs, Böck & Widmer (ISMIR 2015) lay them out; a hop is
CELLS_PER_HOP cells. The evidence is a Poisson intensity: hand-made templates say how much onset flux each band shows at
each place within the beat, and each template has mean 1, which makes tempi comparable.
"""

import numpy as np
from numpy.typing import NDArray

from audio.config import HOP_RATE

F32 = NDArray[np.float32]

CELLS_PER_HOP = 2
CELL_RATE = HOP_RATE * CELLS_PER_HOP  # Hz
SLOWEST_BPM, FASTEST_BPM = 55.0, 215.0
PERIODS = np.arange(int(60 * CELL_RATE / FASTEST_BPM), int(60 * CELL_RATE / SLOWEST_BPM) + 1)  # cells
STARTS = np.concatenate([[0], np.cumsum(PERIODS)[:-1]])
SIZE = int(PERIODS.sum())

# For each of features.ONSET_BANDS
BAND_WEIGHTS = (0.06, 0.08, 0.20, 0.14, 0.22)
ON_BEAT = (3.0, 2.6, 3.6, 4.0, 4.2)
HALF_BEAT = (2.4, 2.6, 2.0, 2.3, 1.5)  # bass notes and hats off the beat are as common as on it
QUARTER_BEAT = (0.4, 0.7, 0.7, 0.6, 0.4)
THREE_QUARTER_BEAT = (0.8, 0.9, 0.9, 0.9, 0.8)
BASE = 0.3
WIDTH_SECONDS = 0.018
FLUX_DELAY_SECONDS = 0.033  # from an onset to the peak of its flux, as heard at the end of a hop; measured

TEMPO_STIFFNESS = 200.0  # exp(-stiffness |T' / T - 1|) at each beat
PRIOR_BPM, PRIOR_WIDTH = 112.0, 0.5  # log-normal at the start
BEAT_PRIOR_BPM, BEAT_PRIOR_WIDTH, BEAT_PRIOR_WEIGHT = 108.0, 0.45, 0.6  # applied at each beat
LEAK = 1e-5  # part of the belief that starts anew each hop: survives cuts and jumps
SILENT_LEAK = 0.02


def _templates() -> F32:
    """Weighted log intensities of every state, [5, SIZE]."""
    rows = []
    delay, width = FLUX_DELAY_SECONDS * CELL_RATE, WIDTH_SECONDS * CELL_RATE
    peaks = ((0.0, ON_BEAT), (0.25, QUARTER_BEAT), (0.5, HALF_BEAT), (0.75, THREE_QUARTER_BEAT))
    for period in PERIODS:
        cell = np.arange(period) + 0.5 * (CELLS_PER_HOP - 1)
        intensity = np.full((period, len(BAND_WEIGHTS)), BASE)
        for place, heights in peaks:
            distance = (cell - delay - place * period + period / 2) % period - period / 2
            intensity += np.exp(-0.5 * (distance / width) ** 2)[:, None] * np.array(heights)
        rows.append(np.log(intensity / intensity.mean(axis=0)) * np.array(BAND_WEIGHTS))
    return np.ascontiguousarray(np.concatenate(rows).T, np.float32)


def _transitions() -> F32:
    """From period to period at a beat, [n, n]; rows sum to 1 before the prior of each beat."""
    ratio = PERIODS[None, :] / PERIODS[:, None]
    stay = np.exp(-TEMPO_STIFFNESS * np.abs(ratio - 1.0))
    stay /= stay.sum(axis=1, keepdims=True)
    away = np.log(60.0 * CELL_RATE / PERIODS / BEAT_PRIOR_BPM) / BEAT_PRIOR_WIDTH
    return np.asarray(stay * np.exp(-0.5 * BEAT_PRIOR_WEIGHT * away**2), np.float32)


def _prior() -> F32:
    """Where a song may start: log-normal tempo, any phase, [SIZE]."""
    away = np.log(60.0 * CELL_RATE / PERIODS / PRIOR_BPM) / PRIOR_WIDTH
    belief = np.repeat(np.exp(-0.5 * away**2) / PERIODS, PERIODS)
    return np.asarray(belief / belief.sum(), np.float32)


TEMPLATES = _templates()
TRANSITIONS = _transitions()
PRIOR = _prior()
_CELLS = np.concatenate([np.arange(period) for period in PERIODS])
_ANGLE = 2.0 * np.pi * _CELLS / np.repeat(PERIODS, PERIODS)
COSINE: F32 = np.cos(_ANGLE).astype(np.float32)
SINE: F32 = np.sin(_ANGLE).astype(np.float32)
_HEADS = STARTS[None, :] + np.arange(CELLS_PER_HOP)[:, None]
_TAILS = (STARTS + PERIODS)[None, :] - CELLS_PER_HOP + np.arange(CELLS_PER_HOP)[:, None]


def move(belief: F32, onsets: F32, silent: bool) -> F32:
    """The belief [SIZE] one hop later, having heard `onsets` [5] (flux over its mean, 0-8)."""
    moved = np.empty_like(belief)
    moved[CELLS_PER_HOP:] = belief[:-CELLS_PER_HOP]
    moved[_HEADS] = belief[_TAILS] @ TRANSITIONS
    if onsets.any():
        evidence = onsets @ TEMPLATES
        evidence -= evidence.max()
        moved *= np.exp(evidence, out=evidence)
    leak = np.float32(SILENT_LEAK if silent else LEAK)
    moved *= (np.float32(1.0) - leak) / moved.sum()
    moved += leak * PRIOR
    return moved


def best(belief: F32) -> tuple[float, float, float]:
    """The likeliest (period s, phase 0-1, confidence 0-1) of a belief.

    Period and phase are means over the likeliest period and its two neighbours on each side; the confidence is the
    mass there times the concentration of its phase.
    """
    mass = np.add.reduceat(belief, STARTS)
    near = np.convolve(mass, np.ones(5, np.float32), "same")
    middle = int(near.argmax())
    first, last = max(0, middle - 2), min(len(PERIODS), middle + 3)
    part = slice(STARTS[first], STARTS[last - 1] + PERIODS[last - 1])
    x, y = float(belief[part] @ COSINE[part]), float(belief[part] @ SINE[part])
    weights = mass[first:last].astype(np.float64)
    period = float(weights @ PERIODS[first:last]) / float(weights.sum()) / CELL_RATE
    return period, float(np.arctan2(y, x) / (2.0 * np.pi)) % 1.0, float(np.hypot(x, y))
