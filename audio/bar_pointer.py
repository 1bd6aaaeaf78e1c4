"""A probability over tempo and beat phase, moved on with each frame: the bar pointer model, filtered forward.

States are pairs (beat period, cells since the last beat), as Krebs, Böck & Widmer (ISMIR 2015) lay them out; a frame is
CELLS_PER_FRAME cells. The evidence is what the network (audio/activation.py) says of each hop: a Bernoulli mixture, as
in their work, with a beat that is as wide in seconds at every tempo.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.activation import FASTEST_BIN, SHOWN_AFTER_HOPS, SLOWEST_BIN, TEMPO_BINS
from audio.config import FRAME_RATE, HOP_RATE, HOPS_PER_FRAME

F32 = NDArray[np.float32]

CELLS_PER_FRAME = 8
CELL_RATE = FRAME_RATE * CELLS_PER_FRAME  # Hz
SLOWEST_BPM, FASTEST_BPM = 54.0, 218.0
PERIODS = np.arange(int(60 * CELL_RATE / FASTEST_BPM), int(60 * CELL_RATE / SLOWEST_BPM) + 1)  # cells
BPM = 60.0 * CELL_RATE / PERIODS
STARTS = np.concatenate([[0], np.cumsum(PERIODS)[:-1]])
SIZE = int(PERIODS.sum())

WIDTH_SECONDS = 0.017  # of a beat in the evidence
ON_BEAT, OFF_BEAT = 0.93, 0.02  # the most and the least that a place counts as on the beat
LOGIT_BIAS = 1.1  # log of the training's weight on beats
LEAST_CHANCE = 0.02  # no hop is surer than this
BEAT_SHARE = 0.06  # of all hops
SHARPNESS = 1.0  # power of the evidence: hops that lie side by side are not independent
TEMPO_WEIGHT = 0.05  # of the network's own word on tempo, each frame

TEMPO_STIFFNESS = 200.0  # exp(-stiffness |T' / T - 1|) at each beat
PRIOR_BPM, PRIOR_WIDTH = 112.0, 0.5  # log-normal at the start
BEAT_PRIOR_BPM, BEAT_PRIOR_WIDTH, BEAT_PRIOR_WEIGHT = 108.0, 0.45, 0.6  # applied at each beat
RANGE_WIDTH = 0.02  # of the bounds of a range, in log tempo
SURE_TEMPO, SURE_PHASE = 0.02, 0.04  # log period, beats: of a belief that somebody gave
LEAK = 1e-6  # part of the belief that starts anew each frame: survives cuts and jumps
SILENT_LEAK = 0.02


def _on_beat() -> F32:
    """How far each state says that a hop of the frame shows a beat, [4, SIZE]."""
    rows = []
    for hop in range(HOPS_PER_FRAME):
        behind = (HOPS_PER_FRAME - 1 - hop + SHOWN_AFTER_HOPS) / HOP_RATE * CELL_RATE  # cells from a beat shown here
        row = []
        for period in PERIODS:
            away = (np.arange(period) - behind + period / 2) % period - period / 2
            row.append(OFF_BEAT + (ON_BEAT - OFF_BEAT) * np.exp(-0.5 * (away / CELL_RATE / WIDTH_SECONDS) ** 2))
        rows.append(np.concatenate(row))
    return np.ascontiguousarray(rows, np.float32)


def _stiff() -> F32:
    """From period to period at a beat, [n, n]; rows sum to 1."""
    ratio = PERIODS[None, :] / PERIODS[:, None]
    stay = np.exp(-TEMPO_STIFFNESS * np.abs(ratio - 1.0))
    return np.asarray(stay / stay.sum(axis=1, keepdims=True), np.float32)


class Prior(NamedTuple):
    """What is expected before anything is heard: the performer's hand is here."""

    moves: F32  # [n, n] to each period from each period, at a beat
    first: F32  # [SIZE] where a song may start


def within(slowest_bpm: float, fastest_bpm: float, width: float = RANGE_WIDTH) -> Prior:
    """Tempi from `slowest_bpm` to `fastest_bpm`; `width` (log tempo) softens the bounds."""
    outside = np.maximum(0.0, np.maximum(np.log(slowest_bpm / BPM), np.log(BPM / fastest_bpm))) / width
    inside = np.exp(-0.5 * np.minimum(outside, 6.0) ** 2)
    usual = np.exp(-0.5 * BEAT_PRIOR_WEIGHT * (np.log(BPM / BEAT_PRIOR_BPM) / BEAT_PRIOR_WIDTH) ** 2)
    begin = np.repeat(inside * np.exp(-0.5 * (np.log(BPM / PRIOR_BPM) / PRIOR_WIDTH) ** 2) / PERIODS, PERIODS)
    moves = np.ascontiguousarray((_stiff() * (inside * usual)).T, np.float32)
    return Prior(moves, np.asarray(begin / begin.sum(), np.float32))


def at(period: float, phase: float, phase_width: float = SURE_PHASE) -> F32:
    """A belief [SIZE] that is all but sure of a period (s) and, to `phase_width` beats, of a phase (0-1)."""
    tempo = np.exp(-0.5 * (np.log(PERIODS / CELL_RATE / period) / SURE_TEMPO) ** 2)
    away = (_ANGLE / (2.0 * np.pi) - phase + 0.5) % 1.0 - 0.5
    belief = np.repeat(tempo / PERIODS, PERIODS) * np.exp(-0.5 * (away / phase_width) ** 2) + 1e-12
    return np.asarray(belief / belief.sum(), np.float32)


_PERIOD_BIN = np.clip(
    np.log(BPM / SLOWEST_BIN) / np.log(FASTEST_BIN / SLOWEST_BIN) * (TEMPO_BINS - 1), 0.0, TEMPO_BINS - 1.001
)
_BIN, _BIN_SHARE = _PERIOD_BIN.astype(int), (_PERIOD_BIN % 1.0).astype(np.float32)
_CELLS = np.concatenate([np.arange(period) for period in PERIODS])
_ANGLE = 2.0 * np.pi * _CELLS / np.repeat(PERIODS, PERIODS)
COSINE: F32 = np.cos(_ANGLE).astype(np.float32)
SINE: F32 = np.sin(_ANGLE).astype(np.float32)
ON: F32 = _on_beat()
_HEADS = STARTS[:, None] + np.arange(CELLS_PER_FRAME)
_TAILS = (STARTS + PERIODS)[:, None] - CELLS_PER_FRAME + np.arange(CELLS_PER_FRAME)


def chance(logits: F32) -> F32:
    """The chance that a hop shows a beat, within LEAST_CHANCE of 0 and 1."""
    return np.asarray(LEAST_CHANCE + (1.0 - 2.0 * LEAST_CHANCE) / (1.0 + np.exp(LOGIT_BIAS - logits)), np.float32)


def move(belief: F32, beat: F32, tempo: F32, prior: Prior, silent: bool) -> F32:
    """The belief [SIZE] one frame later, having heard the logits `beat` [4] and `tempo` [TEMPO_BINS + 1].

    In silence it fades into what may start next.
    """
    moved = np.empty_like(belief)
    moved[CELLS_PER_FRAME:] = belief[:-CELLS_PER_FRAME]
    moved[_HEADS] = prior.moves @ belief[_TAILS]
    for on, p in zip(ON, chance(beat).tolist(), strict=True):
        off = ((1.0 - p) / (1.0 - BEAT_SHARE)) ** SHARPNESS
        rise = (p / BEAT_SHARE) ** SHARPNESS - off
        moved *= on * np.float32(rise) + np.float32(off)
    if TEMPO_WEIGHT:
        scaled = np.exp(TEMPO_WEIGHT * (tempo - tempo.max()))
        said = scaled[_BIN] * (1 - _BIN_SHARE) + scaled[_BIN + 1] * _BIN_SHARE
        moved *= np.repeat(said, PERIODS)
    leak = np.float32(SILENT_LEAK if silent else LEAK)
    moved *= (np.float32(1.0) - leak) / moved.sum()
    moved += leak * prior.first
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
