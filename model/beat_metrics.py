"""How well announced beats keep time: thin functions over mir_eval, times in seconds, rising [n].

Whatever starts with a trim leaves out the first 5 s of both sides: time to lock, which is measured by itself.
"""

from collections.abc import Sequence

import mir_eval
import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

TRIM = 5.0  # s
HIT = 0.07  # s
LOCK_BEATS = 8
DRAWS = 2_000  # of the bootstrap


def f_measure(reference: F64, estimated: F64) -> float:
    """mir_eval's F (70 ms), both sides trimmed."""
    reference, estimated = trim(reference), trim(estimated)
    if not len(reference) or not len(estimated):
        return 0.0
    return float(mir_eval.beat.f_measure(reference, estimated, HIT))


def octave_f_measure(reference: F64, estimated: F64) -> float:
    """The best F against the beats, every second of them, and the doubled grid: never against the off-beat."""
    grids = [reference, reference[::2], reference[1::2]]
    if len(estimated) > 1.5 * len(reference):
        grids.append(subdivided(reference, 2))
    return max(f_measure(grid, estimated) for grid in grids)


def continuity(reference: F64, estimated: F64) -> tuple[float, float]:
    """mir_eval's CMLt and AMLt, both sides trimmed. AMLt takes the off-beat for right, too."""
    reference, estimated = trim(reference), trim(estimated)
    if len(reference) < 2 or len(estimated) < 2:
        return 0.0, 0.0
    _, correct, _, any_level = mir_eval.beat.continuity(reference, estimated)
    return float(correct), float(any_level)


def downbeat_f_measure(reference: F64, positions: F64, estimated: F64, estimated_positions: F64) -> float:
    """F of the beats at position 1; NaN where the reference or the estimate names no positions at all."""
    if not len(reference) or not (positions == 1).any() or not np.any(estimated_positions):
        return float("nan")
    return f_measure(reference[positions == 1], estimated[estimated_positions == 1])


def errors(reference: F64, estimated: F64) -> F64:
    """Estimated minus reference of each hit [hits]: negative is early."""
    hit = mir_eval.util.match_events(reference, estimated, HIT)
    return np.array([estimated[j] - reference[i] for i, j in hit], np.float64)


def median_and_iqr(values: F64) -> tuple[float, float]:
    """NaN for no values."""
    if not len(values):
        return float("nan"), float("nan")
    low, middle, high = np.percentile(values, [25, 50, 75])
    return float(middle), float(high - low)


def lock_time(reference: F64, estimated: F64, after: float = 0.0, beats: int = LOCK_BEATS) -> float:
    """Seconds from `after` to the first of so many beats in a row that were announced, with none between; or inf."""
    reference, estimated = reference[reference >= after], estimated[estimated >= after - HIT]
    hit = sorted(mir_eval.util.match_events(reference, estimated, HIT)) if len(estimated) else []
    run = 0
    for number, (i, j) in enumerate(hit):
        follows = number > 0 and hit[number - 1] == (i - 1, j - 1)
        run = run + 1 if follows else 1
        if run == beats:
            return max(0.0, float(reference[i - beats + 1]) - after)
    return float("inf")


def relock_times(reference: F64, estimated: F64, events: Sequence[float]) -> list[float]:
    """`lock_time` after each of these moments, none of them later than the next one: beyond it, inf."""
    ends = [*events, np.inf][1:]
    return [
        lock_time(reference[reference < end], estimated[estimated < end], start)
        for start, end in zip(events, ends, strict=True)
    ]


def bootstrap_interval(scores: Sequence[float], share: float = 0.9) -> tuple[float, float]:
    """Between which bounds the mean lies with this probability, drawing the songs anew; the same each time."""
    values = np.asarray(scores, np.float64)
    drawn = np.random.default_rng(0).integers(0, len(values), (DRAWS, len(values)))
    low, high = np.percentile(values[drawn].mean(axis=1), [50 * (1 - share), 50 * (1 + share)])
    return float(low), float(high)


def trim(beats: F64) -> F64:
    """Without the first 5 s."""
    return np.asarray(mir_eval.beat.trim_beats(np.asarray(beats, np.float64), TRIM))


def subdivided(beats: F64, parts: int) -> F64:
    """Every interval cut into equal parts."""
    if len(beats) < 2:
        return beats
    return np.interp(np.arange((len(beats) - 1) * parts + 1) / parts, np.arange(len(beats)), beats)
