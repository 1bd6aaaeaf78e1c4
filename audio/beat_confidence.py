"""How likely the clock is right: a logistic regression on what the engine knows of itself.

Its weights are fitted on songs and on sounds without a beat (model/ear/calibrate.py) and lie in the ear file.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME_RATE

F32 = NDArray[np.float32]

SIGNS = ("one", "filter", "clear", "beatless", "agreement", "locked_for")
ON_BEAT_GAIN = 1.0 / 8.0  # of each beat
BEATLESS_GAIN = 1.0 / (1.5 * FRAME_RATE)
FILTER_GAIN = 1.0 / (1.0 * FRAME_RATE)
LONGEST_LOCK = 8.0  # s: what is older is sure


class Evidence(NamedTuple):
    """Running means of the signs."""

    filter: float  # the filter's own confidence
    clear: float  # the network's chance of a beat where the clock has one
    beatless: float  # the network's chance that there is no beat at all
    agreement: float  # of clock and filter, 0-1
    locked_for: float  # s since the last jump


def init() -> Evidence:
    """Nothing known: no confidence."""
    return Evidence(0.0, 0.0, 1.0, 0.0, 0.0)


def hear(evidence: Evidence, filter_confidence: float, beatless: float, error: float, jumped: bool) -> Evidence:
    """One frame: the filter's confidence, the network's "no beat", the clock's phase error in beats."""
    locked_for = 0.0 if jumped else min(LONGEST_LOCK, evidence.locked_for + 1.0 / FRAME_RATE)
    return Evidence(
        evidence.filter + FILTER_GAIN * (filter_confidence - evidence.filter),
        0.5 * evidence.clear if jumped else evidence.clear,
        evidence.beatless + BEATLESS_GAIN * (beatless - evidence.beatless),
        evidence.agreement + FILTER_GAIN * (max(0.0, 1.0 - 5.0 * abs(error)) - evidence.agreement),
        locked_for,
    )


def hear_beat(evidence: Evidence, chance: float) -> Evidence:
    """A beat of the clock has passed; the network gave it this chance at best."""
    return evidence._replace(clear=evidence.clear + ON_BEAT_GAIN * (chance - evidence.clear))


def signs(evidence: Evidence) -> F32:
    """The inputs of the regression, [len(SIGNS)]."""
    e = evidence
    return np.array([1.0, e.filter, e.clear, e.beatless, e.agreement, e.locked_for / LONGEST_LOCK], np.float32)


def chance(evidence: Evidence, weights: F32) -> float:
    """The chance that the clock is right, 0-1."""
    return 1.0 / (1.0 + math.exp(-float(signs(evidence) @ weights)))
