"""A probability over tempo and beat phase, moved on with each frame: the bar pointer model, filtered forward.

States are pairs (beat period, cells since the last beat), as Krebs, Böck & Widmer (ISMIR 2015) lay them out, a row for
each period; a frame is CELLS_PER_FRAME cells. The evidence is what the network (audio/activation.py) says of each hop:
a Bernoulli mixture, as in their work, with a beat that is as wide in seconds at every tempo.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.activation import FASTEST_BIN, SHOWN_AFTER_HOPS, SLOWEST_BIN, TEMPO_BINS
from audio.config import FRAME_RATE, HOP_RATE, HOPS_PER_FRAME

F32 = NDArray[np.float32]

CELLS_PER_FRAME = 8
CELL_RATE = FRAME_RATE * CELLS_PER_FRAME  # Hz
SLOWEST_BPM, FASTEST_BPM = 54.0, 218.0
COARSE_FROM = 80  # cells: longer periods come in steps of two
_LONGEST = int(60 * CELL_RATE / SLOWEST_BPM) + 1
PERIODS = np.concatenate(
    [np.arange(int(60 * CELL_RATE / FASTEST_BPM), COARSE_FROM), np.arange(COARSE_FROM, _LONGEST + 1, 2)]
)  # cells
BPM = 60.0 * CELL_RATE / PERIODS
SHAPE = (len(PERIODS), int(PERIODS[-1]))

WIDTH_SECONDS = 0.017  # of a beat in the evidence
NEAR_CELLS = 18  # after a beat: beyond them no hop of the frame shows it
ON_BEAT, OFF_BEAT = 0.93, 0.02  # the most and the least that a place counts as on the beat
LOGIT_BIAS = 1.1  # log of the training's weight on beats
LEAST_CHANCE = 0.02  # no hop is surer than this
BEAT_SHARE = 0.06  # of all hops
SHARPNESS, FREE_SHARPNESS = 0.8, 1.2  # power of the evidence, in rubato: hops side by side are not independent
TEMPO_WEIGHT = 0.05  # of the network's own word on tempo, each frame
TEMPO_FLOOR = 1e-4  # no tempo is less likely in its word

TEMPO_STIFFNESS = 80.0  # exp(-stiffness |T' / T - 1|) at each beat
FREE_STIFFNESS = 15.0  # the same in rubato
LEAP_SHARE, LEAP_STIFFNESS = 0.01, 8.0  # of the beats, a tempo that goes much farther: jumps happen
PRIOR_BPM, PRIOR_WIDTH = 112.0, 0.5  # log-normal at the start
BEAT_PRIOR_BPM, BEAT_PRIOR_WIDTH, BEAT_PRIOR_WEIGHT = 108.0, 0.45, 1.0  # applied at each beat
RANGE_WIDTH = 0.02  # of the bounds of a range, in log tempo
SURE_TEMPO, SURE_PHASE = 0.02, 0.04  # log period, beats: of a belief that somebody gave
LEAK = 1e-4  # part of the belief that starts anew each frame: survives cuts and jumps
SILENT_LEAK = 0.005


class Prior(NamedTuple):
    """What is expected before anything is heard: the performer's hand is here."""

    moves: F32  # [n, n] to each period from each period, at a beat
    freed: F32  # [n, n] what a free tempo adds to them
    first: F32  # SHAPE: where a song may start
    leak: F32  # the part of it that is mixed in at each frame, LEAK or
    silent_leak: F32  # SILENT_LEAK


def within(slowest_bpm: float, fastest_bpm: float, width: float = RANGE_WIDTH) -> Prior:
    """Tempi from `slowest_bpm` to `fastest_bpm`; `width` (log tempo) softens the bounds."""
    outside = np.maximum(0.0, np.maximum(np.log(slowest_bpm / BPM), np.log(BPM / fastest_bpm))) / width
    inside = np.exp(-0.5 * np.minimum(outside, 6.0) ** 2)
    usual = np.exp(-0.5 * BEAT_PRIOR_WEIGHT * (np.log(BPM / BEAT_PRIOR_BPM) / BEAT_PRIOR_WIDTH) ** 2)
    begin = inside * np.exp(-0.5 * (np.log(BPM / PRIOR_BPM) / PRIOR_WIDTH) ** 2) * np.gradient(PERIODS) / PERIODS
    first = begin[:, None] * _INSIDE
    stiff, free = ((_moves(stiffness) * (inside * usual)).T for stiffness in (TEMPO_STIFFNESS, FREE_STIFFNESS))
    moves, freed = (np.ascontiguousarray(m, np.float32) for m in (stiff, free - stiff))
    start = np.asarray(first / first.sum(), np.float32)
    return Prior(moves, freed, start, np.float32(LEAK) * start, np.float32(SILENT_LEAK) * start)


def at(period: float, phase: float, phase_width: float = SURE_PHASE) -> F32:
    """A belief that is all but sure of a period (s) and, to `phase_width` beats, of a phase (0-1)."""
    tempo = np.exp(-0.5 * (np.log(PERIODS / CELL_RATE / period) / SURE_TEMPO) ** 2) / PERIODS
    away = (_ANGLE / (2.0 * np.pi) - phase + 0.5) % 1.0 - 0.5
    belief = (tempo[:, None] * np.exp(-0.5 * (away / phase_width) ** 2) + 1e-12) * _INSIDE
    return np.asarray(belief / belief.sum(), np.float32)


def chance(logits: F32) -> F32:
    """The chance that each hop shows a beat, within LEAST_CHANCE of 0 and 1."""
    against = np.exp(np.minimum(LOGIT_BIAS - logits, 80.0))
    return np.asarray(LEAST_CHANCE + (1.0 - 2.0 * LEAST_CHANCE) / (1.0 + against), np.float32)


def move(belief: F32, chances: list[float], tempo: F32, prior: Prior, silent: bool, free: float = 0.0) -> F32:
    """The belief one frame later, having heard each hop's chance of a beat [4] and each tempo's [TEMPO_BINS + 1].

    In silence it fades into what may start next; `free` (0-1) is how far the tempo may bend.
    Few array operations: paced, each costs what ten cost back to back.
    """
    moved = np.empty(SHAPE, np.float32)
    moved[:, CELLS_PER_FRAME:] = belief[:, :-CELLS_PER_FRAME]
    ending = belief.take(_TAILS)
    moved[:, :CELLS_PER_FRAME] = prior.moves @ ending
    if free:
        moved[:, :CELLS_PER_FRAME] += np.float32(free) * (prior.freed @ ending)
    moved.put(_BEYOND, 0.0)
    sharpness = SHARPNESS + free * (FREE_SHARPNESS - SHARPNESS)
    heed = 0.0 if silent else sharpness * (1.0 - float(tempo[-1]))  # where nothing beats, no beat says nothing
    # each hop's odds of a beat against none, less 1: a cell's evidence is 1 + odds * how near it is to a beat there
    odds = [(p * (1.0 - BEAT_SHARE) / ((1.0 - p) * BEAT_SHARE)) ** heed - 1.0 for p in chances]
    far = math.prod(1.0 + OFF_BEAT * o for o in odds)  # of all cells that are near no beat: normalised away
    near = _NEAR_BEAT * np.array(odds, np.float32)[:, None]
    near += _ONE
    moved[:, :NEAR_CELLS] *= near.prod(axis=0) / np.float32(far)
    said = (tempo.take(_BIN) + _FLOOR) ** _TEMPO_POWER
    leak, fresh = (SILENT_LEAK, prior.silent_leak) if silent else (LEAK, prior.leak)
    said *= np.float32((1.0 - leak) / float(said @ (moved @ _ONES)))
    moved *= said[:, None]
    moved += fresh
    return moved


def best(belief: F32) -> tuple[float, float, float]:
    """The likeliest (period s, phase 0-1, confidence 0-1) of a belief.

    Period and phase are means over the likeliest period and its two neighbours on each side; the confidence is the
    mass there times the concentration of its phase.
    """
    mass = belief @ _ONES
    middle = int(np.convolve(mass, _FIVE, "same").argmax())
    rows = slice(max(0, middle - 2), middle + 3)
    x, y = (_CIRCLE[:, rows].reshape(2, -1) @ belief[rows].ravel()).tolist()
    near = mass[rows]
    period = float(near @ _PERIODS[rows]) / float(near @ _ONES[: len(near)]) / CELL_RATE
    return period, math.atan2(y, x) / (2.0 * math.pi) % 1.0, math.hypot(x, y)


def _near_beat() -> NDArray[np.float64]:
    """How far each cell near a beat says that a hop of the frame shows it, [4, NEAR_CELLS]."""
    behind = (HOPS_PER_FRAME - 1 - np.arange(HOPS_PER_FRAME) + SHOWN_AFTER_HOPS) / HOP_RATE  # s after the beat
    away = np.arange(NEAR_CELLS) / CELL_RATE - behind[:, None]
    return np.asarray(OFF_BEAT + (ON_BEAT - OFF_BEAT) * np.exp(-0.5 * (away / WIDTH_SECONDS) ** 2))


def _moves(stiffness: float) -> NDArray[np.float64]:
    """From period to period at a beat, [n, n]; rows sum to 1."""

    def moves(stiffness: float) -> NDArray[np.float64]:
        stay = np.exp(-stiffness * np.abs(PERIODS[None, :] / PERIODS[:, None] - 1.0)) * np.gradient(PERIODS)
        return np.asarray(stay / stay.sum(axis=1, keepdims=True))

    return (1.0 - LEAP_SHARE) * moves(stiffness) + LEAP_SHARE * moves(LEAP_STIFFNESS)


_CELLS = np.arange(SHAPE[1])
_INSIDE: F32 = (PERIODS[:, None] > _CELLS).astype(np.float32)
_NEAR_BEAT: F32 = _near_beat().astype(np.float32)
_ANGLE = 2.0 * np.pi * _CELLS / PERIODS[:, None]
_CIRCLE: F32 = np.stack([np.cos(_ANGLE), np.sin(_ANGLE)]).astype(np.float32)
_PERIODS: F32 = PERIODS.astype(np.float32)
_ONES, _FIVE = np.ones(SHAPE[1], np.float32), np.ones(5, np.float32)
_ONE, _FLOOR, _TEMPO_POWER = np.float32(1.0), np.float32(TEMPO_FLOOR), np.float32(TEMPO_WEIGHT)
_FLAT = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE)
_TAILS = _FLAT[(PERIODS[:, None] - CELLS_PER_FRAME <= _CELLS) & (PERIODS[:, None] > _CELLS)].reshape(
    -1, CELLS_PER_FRAME
)
_BEYOND = _FLAT[(PERIODS[:, None] <= _CELLS) & (PERIODS[:, None] + CELLS_PER_FRAME > _CELLS)]
_BIN = np.rint(
    np.clip(np.log(BPM / SLOWEST_BIN) / np.log(FASTEST_BIN / SLOWEST_BIN), 0.0, 1.0) * (TEMPO_BINS - 1)
).astype(int)
