"""Faults of a capture taken out: heads on backwards, wrists and ankles turned inside out, hands that flip in a frame.

Where an end bone is beyond what a body does, or turns faster than one does, its rotation is drawn across the gap from
the frames before and after, over a smooth way; one that is never right is left at rest. Faults further up stay:
captures make good for them in the next bone, and mending one of two makes it worse.
"""

import numpy as np
from numpy.typing import NDArray

from motion import rotation
from motion.rotation import Floats
from motion.skeleton import BONES

FARTHEST = {"head": 90.0, "Hand": 125.0, "Foot": 90.0, "Toes": 80.0}  # degrees from rest
FASTEST = 1200.0  # degrees a second
AROUND = 0.05  # s: so near to a fault nothing is believed

_ENDS = {BONES.index(bone): angle for bone in BONES for name, angle in FARTHEST.items() if name in bone}


def repair(local: Floats, fps: float) -> NDArray[np.float64]:
    """Local rotations [T, 22, 4] of a take without the faults of its capture at head, hands, feet and toes."""
    mended = np.array(local, np.float64)
    reach = max(1, round(AROUND * fps))
    for bone, farthest in _ENDS.items():
        wrong = _faults(mended[:, bone], farthest, fps)
        if wrong.any():
            wide = np.convolve(wrong, np.ones(2 * reach + 1), mode="same") > 0.5
            mended[:, bone] = _drawn_across(mended[:, bone], wide)
    return mended


def _faults(turns: Floats, farthest: float, fps: float) -> NDArray[np.bool_]:
    """[T] True where the turns [T, 4] of a bone are none of a body's."""
    far = _degrees(np.abs(turns[:, 3])) > farthest
    fast = _degrees(np.abs((turns[1:] * turns[:-1]).sum(axis=-1))) * fps > FASTEST
    far[1:] |= fast
    far[:-1] |= fast
    return far


def _degrees(cosine: Floats) -> Floats:
    """Of the turn whose half has this cosine."""
    angle: Floats = np.degrees(2.0 * np.arccos(np.minimum(cosine, 1.0)))
    return angle


def _drawn_across(turns: Floats, wrong: NDArray[np.bool_]) -> Floats:
    """The turns [T, 4] with those that are wrong drawn across from the nearest right ones."""
    right = np.flatnonzero(~wrong)
    if not len(right):
        return np.tile([0.0, 0.0, 0.0, 1.0], (len(turns), 1))
    after = np.searchsorted(right, np.arange(len(turns)))
    first, last = right[np.maximum(after - 1, 0)], right[np.minimum(after, len(right) - 1)]
    share = np.clip((np.arange(len(turns)) - first) / np.maximum(last - first, 1), 0.0, 1.0)
    smooth = share * share * (3.0 - 2.0 * share)
    return np.where(wrong[:, None], rotation.slerp(turns[first], turns[last], smooth), turns)
