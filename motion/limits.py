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
    "neck": (55, 75),
    "head": (60, 80),
    "Shoulder": (35, 50),
    "Hand": (85, 105),
    "Foot": (60, 80),
    "Toes": (55, 75),
}
# the axis about which a positive turn closes the hinge, left and right; degrees: opens to, closes to
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


def limit(local: Floats) -> Floats:
    """Local rotations [..., 22, 4] within the limits; those that were there already stay as they are."""
    limited = _within_cones(local)
    limited[..., _HINGED, :] = _one_way(limited[..., _HINGED, :])
    return limited


def _within_cones(local: Floats) -> Floats:
    """The same axes with angles that end."""
    sine = np.sqrt(np.add.reduce(local[..., :3] ** 2, axis=-1))
    angle = 2.0 * np.arctan2(sine, np.abs(local[..., 3]))
    over = angle - _FREE
    if not (over > 0.0).any():
        return local.copy()
    less = np.where(over > 0.0, _FREE + _ROOM * (1.0 - np.exp(-np.maximum(over, 0.0) / _ROOM)), angle)
    limited = np.empty_like(local)
    limited[..., :3] = local[..., :3] * (np.sin(less / 2) / np.maximum(sine, TINY))[..., None]
    limited[..., 3] = np.copysign(np.cos(less / 2), local[..., 3])
    return np.where((over > 0.0)[..., None], limited, local)


def _one_way(hinged: Floats) -> Floats:
    """Hinges [..., 4, 4] that neither bend backwards nor close too far: turned back about their own axes."""
    about = np.add.reduce(hinged[..., :3] * _AXES, axis=-1)
    angle = 2.0 * np.arctan2(about, hinged[..., 3])
    angle = np.where(angle > math.pi, angle - 2.0 * math.pi, np.where(angle < -math.pi, angle + 2.0 * math.pi, angle))
    back = np.clip(angle, _OPEN, _SHUT) - angle
    if not back.any():
        return hinged
    turn = np.concatenate([_AXES * np.sin(back / 2)[..., None], np.cos(back / 2)[..., None]], axis=-1)
    return rotation.multiply(hinged, turn)
