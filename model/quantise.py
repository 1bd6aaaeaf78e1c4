"""Steps laid onto the beat: the time of a dance is bent a little, so that feet come to rest where the music has a beat.

People step around the beat, most of them within a seventh of it. A machine that plays their steps by the beat adds its
own errors, so what it learns from is put right first: rests near a beat are moved onto it, as far as the dance then
goes nowhere much faster or slower than it was danced. Rests elsewhere, on the half-beat say, stay where they are.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solveh_banded

F64 = NDArray[np.floating]
REACH = 0.35  # of a beat: how far from it a rest may lie that is meant by it
STIFFNESS = 0.1  # of the bend between two beats against a rest missed
HOMING = 0.02  # of the bend itself against a rest missed
FASTER = 0.35  # so much faster or slower than it was danced, hardly more
PASSES = 200  # in which what is too fast is shared with the neighbours


def on_the_beat(rests: F64, beats: F64) -> F64:
    """Where in the dance each beat should sound: rests [m] and beats [n] (s), both increasing -> s [n], increasing.

    Least squares over all beats: rests met, bends between neighbours small. A beat without a rest near it goes with its
    neighbours.
    """
    if not len(rests) or len(beats) < 2:
        return beats
    late = rests[np.abs(beats[:, None] - rests).argmin(axis=1)] - beats
    meant = (np.abs(late) < REACH * np.gradient(beats)).astype(np.float64)
    bands = np.zeros((2, len(beats)))
    bands[0, 1:] = -STIFFNESS
    bands[1] = meant + HOMING + 2.0 * STIFFNESS
    bands[1, [0, -1]] -= STIFFNESS
    return beats + _natural(solveh_banded(bands, meant * late), np.diff(beats))


def _natural(bend: F64, periods: F64) -> F64:
    """Bends [n] (s) at beats `periods` [n - 1] (s) apart, eased until hardly one changes by over FASTER of them."""
    bend = bend.copy()
    for _ in range(PASSES):
        steps = np.diff(bend)
        over = 0.5 * (np.clip(steps, -FASTER * periods, FASTER * periods) - steps)
        if np.abs(over).max() < 1e-4:
            break
        bend[1:] += 0.5 * over
        bend[:-1] -= 0.5 * over
    return bend
