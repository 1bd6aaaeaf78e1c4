"""How far joints go: knees and elbows bend one way, and no neck, back, wrist or ankle turns further than a body's does.

Gentle: within the free range nothing changes; beyond it a joint goes ever less far, and never past the end.
"""

import math

import numpy as np

from motion import rotation
from motion.rotation import TINY, Floats
from motion.skeleton import BONES

# degrees from rest: free up to the first, never past the second
_CONES = {
    "spine": (55, 75),
    "chest": (40, 60),
    "upperChest": (40, 60),
    "neck": (65, 85),
    "head": (65, 85),
    "Shoulder": (35, 50),
    "Hand": (145, 165),
    "Foot": (70, 90),
    "Toes": (55, 75),
}
# the axis about which a positive turn closes the hinge, left and right
_HINGES = {"LowerLeg": ((1.0, 0.0, 0.0), (1.0, 0.0, 0.0)), "LowerArm": ((0.0, -1.0, 0.0), (0.0, 1.0, 0.0))}
_OPEN, _SHUT = math.radians(-1.0), math.radians(155.0)

_SIDES = ("left", "right")
_HINGED = [BONES.index(side + bone) for bone in _HINGES for side in _SIDES]
_AXES = np.array([axis for pair in _HINGES.values() for axis in pair])


def _cone_table() -> Floats:
    """[2, 22] radians: the free range and the room beyond it; bones without a cone are free."""
    table = np.tile([[math.pi], [1.0]], (1, len(BONES)))
    for name, (free, end) in _CONES.items():
        for bone in (name, *(side + name for side in _SIDES)):
            if bone in BONES:
                table[:, BONES.index(bone)] = math.radians(free), math.radians(end - free)
    return table


_FREE, _ROOM = _cone_table()
_COSINE = np.cos(_FREE / 2) - 1e-12  # |w| of a bone at the end of its free range


def limit(local: Floats) -> Floats:
    """Local rotations [..., 22, 4] within the limits; those that were there already stay as they are."""
    limited: Floats = local.copy()
    far = np.abs(local[..., 3]) < _COSINE
    if far.any():
        limited = np.where(far[..., None], _less(local), limited)
    hinged = limited[..., _HINGED, :]
    about = np.add.reduce(hinged[..., :3] * _AXES, axis=-1) * np.copysign(1.0, hinged[..., 3])
    w = np.abs(hinged[..., 3])
    if ((about < math.tan(_OPEN / 2) * w) | (about > math.tan(_SHUT / 2) * w)).any():
        limited[..., _HINGED, :] = _turned_back(hinged, 2.0 * np.arctan2(about, w))
    return limited


def _less(local: Floats) -> Floats:
    """Turns beyond the free range about the same axes by angles that end."""
    sine = np.sqrt(np.add.reduce(local[..., :3] ** 2, axis=-1))
    over = np.maximum(2.0 * np.arctan2(sine, np.abs(local[..., 3])) - _FREE, 0.0)
    less = _FREE + _ROOM * (1.0 - np.exp(-over / _ROOM))
    limited: Floats = local * (np.sin(less / 2) / np.maximum(sine, TINY))[..., None]
    limited[..., 3] = np.copysign(np.cos(less / 2), local[..., 3])
    return limited


def _turned_back(hinged: Floats, angle: Floats) -> Floats:
    """Hinges [..., 4, 4] at these angles [..., 4], into their range about their own axes."""
    half = (np.clip(angle, _OPEN, _SHUT) - angle)[..., None] / 2
    return rotation.multiply(hinged, np.concatenate([_AXES * np.sin(half), np.cos(half)], axis=-1))
