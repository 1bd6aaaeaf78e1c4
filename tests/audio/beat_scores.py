"""Beats as they are announced, as arrays."""

import numpy as np
from numpy.typing import NDArray

from audio.announce import announcements
from model.beat_metrics import errors, median_and_iqr

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]


def announced_beats(samples: F32, ahead: float = 0.0) -> tuple[F64, F64, F64]:
    """Beats as announced `ahead` seconds early, none revised later: (times, positions in the bar, confidence)."""
    said = announcements(samples, ahead)
    times, positions, _, confidence = (np.array(part, np.float64) for part in zip(*said, strict=True))
    return times, positions, confidence


def signed_error(reference: F64, estimated: F64) -> float:
    """Median of estimated minus reference, seconds, among the hits."""
    return median_and_iqr(errors(reference, estimated))[0]
