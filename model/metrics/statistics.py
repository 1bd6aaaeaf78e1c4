"""How sure a mean is, where the values of one song belong together."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.metrics.body import F64

DRAWS = 2_000
FLIPS = 9_999


class Mean(NamedTuple):
    """A mean with the bounds between which it lies in 95 of 100 drawings of other songs; n values."""

    value: float
    low: float
    high: float
    n: int


def mean_of(values: Sequence[float] | F64, groups: Sequence[str]) -> Mean:
    """The mean over groups (songs) of the mean in each, with a bootstrap over groups; the same each time."""
    found = by_group(values, groups)
    if not len(found):
        return Mean(float("nan"), float("nan"), float("nan"), 0)
    drawn = np.random.default_rng(0).integers(0, len(found), (DRAWS, len(found)))
    low, high = np.percentile(found[drawn].mean(axis=1), [2.5, 97.5])
    return Mean(float(found.mean()), float(low), float(high), len(values))


def by_group(values: Sequence[float] | F64, groups: Sequence[str]) -> F64:
    """[groups] the mean of each, in order of name."""
    numbers, names = np.asarray(values, np.float64), np.asarray(groups)
    return np.array([numbers[names == name].mean() for name in sorted(set(groups))])


def above_zero(values: Sequence[float] | F64, groups: Sequence[str]) -> float:
    """p of a mean so great if signs were chance: signs of whole groups (songs) are flipped at random."""
    found = by_group(values, groups)
    if not len(found):
        return 1.0
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (FLIPS, len(found)))
    return float((1 + ((signs * found).mean(axis=1) >= found.mean() - 1e-12).sum()) / (1 + FLIPS))
