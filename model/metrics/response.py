"""Whether a dancer obeys its controls, and how soon."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from model.metrics.body import F64

HOLD = 1.0  # s: what lasts so long has happened


def rank_correlation(asked: F64, done: F64) -> float:
    """Spearman's rho of what was asked and what was done, -1..1; 0 where either never changes."""
    if np.ptp(asked) == 0 or np.ptp(done) == 0:
        return 0.0
    return float(spearmanr(asked, done).statistic)


def settled(shown: NDArray[np.bool_], fps: float) -> float:
    """Seconds until a curve [T] of truths is true for a whole second (or to its end), or inf."""
    width = max(1, round(HOLD * fps))
    for frame in range(len(shown)):
        if shown[frame : frame + width].all():
            return frame / fps
    return float("inf")
