"""Does it dance to this music? The right music against a wrong one, all else being equal."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.metrics.statistics import Mean, above_zero, by_group, mean_of

SAME = 0.07  # tempi nearer than this are one tempo
MULTIPLES = (0.5, 1.0, 2.0)  # of the tempo: a grid of these fits, too


class Pairing(NamedTuple):
    """win: share of the excerpts in which the right music scores higher (ties half), 0.5 for a deaf dancer.

    margin: by how much. p: of such a margin by chance, signs of whole songs flipped.
    """

    win: Mean
    margin: Mean
    p: float


def compare(right: Sequence[float], wrong: Sequence[float], songs: Sequence[str]) -> Pairing:
    """Scores of the same excerpts [n] under the right and under the wrong music, and the song of each."""
    margin = np.asarray(right, np.float64) - np.asarray(wrong, np.float64)
    wins = (margin > 0) + 0.5 * (margin == 0)
    return Pairing(mean_of(wins, songs), mean_of(margin, songs), above_zero(margin, songs))


def song_wins(right: Sequence[float], wrong: Sequence[float], songs: Sequence[str]) -> float:
    """Share of the songs whose mean margin is above 0."""
    margin = by_group(np.asarray(right, np.float64) - np.asarray(wrong, np.float64), songs)
    return float((margin > 0).mean()) if len(margin) else float("nan")


def clear_of(tempo: float, other: float) -> bool:
    """Whether music at the `other` tempo is a fair wrong one: neither this tempo nor its half or double."""
    ratio = other / tempo
    return all(abs(ratio / multiple - 1.0) > SAME for multiple in MULTIPLES)
