"""Freezing: a dance that stops while the music plays. From the speeds of `body.activity`, every half second."""

import numpy as np

from model.metrics.body import F64

STILL = 0.02  # m/s: nobody dances slower
HOP, WIDTH = 0.5, 1.0  # s, of `body.activity`


def limit(recorded: F64) -> float:
    """m/s below which a second is frozen: half of the slowest percent of the recorded ones."""
    return max(STILL, 0.5 * float(np.percentile(recorded, 1)))


def share(danced: F64, still: float) -> float:
    """Of the windows that are slower than `still` m/s."""
    return float((danced < still).mean())


def longest(danced: F64, still: float) -> float:
    """Seconds of the longest stretch slower than `still` m/s."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], danced < still, [False]]).astype(np.int8)))
    runs = edges[1::2] - edges[::2]
    return float((runs.max() - 1) * HOP + WIDTH) if len(runs) else 0.0
