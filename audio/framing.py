"""Cutting a stream of samples into frames of `config.FRAME`, whatever the size of its blocks."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME

F32 = NDArray[np.float32]


class FramingState(NamedTuple):
    """The samples that wait for their frame: [0 .. FRAME-1]."""

    rest: F32


def init() -> FramingState:
    """An empty stream."""
    return FramingState(np.zeros(0, np.float32))


def push(state: FramingState, block: F32) -> tuple[F32, FramingState]:
    """Take a mono block [n >= 0] at 24 kHz; return the frames it completes, [m, 1600], and the next state."""
    samples = np.concatenate([state.rest, np.asarray(block, np.float32)])
    whole = len(samples) // FRAME * FRAME
    return samples[:whole].reshape(-1, FRAME), FramingState(samples[whole:].copy())
