"""A plain body for files of a dance, so that a viewer has something to show: rounded limbs, each stiff on its bone."""

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from motion.kinematics import rest_positions
from motion.rotation import Floats, rotate, shortest_arc
from motion.skeleton import BONES, HUMANOID

SIDES, RINGS = 12, 4  # corners around a limb, rings of each rounded end
Offset = tuple[float, float, float]
_NONE: Offset = (0.0, 0.0, 0.0)
# bone that moves it, bone where it ends, offset there in metres (x away from the middle), radius at both ends
_TRUNK: tuple[tuple[str, str, Offset, float, float], ...] = (
    ("hips", "spine", _NONE, 0.115, 0.100),
    ("spine", "chest", _NONE, 0.100, 0.105),
    ("chest", "upperChest", _NONE, 0.105, 0.115),
    ("upperChest", "neck", (0.0, -0.04, 0.0), 0.115, 0.070),
    ("neck", "head", _NONE, 0.050, 0.048),
    ("head", "head", (0.0, 0.130, 0.015), 0.070, 0.088),
)
_SIDE: tuple[tuple[str, str, Offset, float, float], ...] = (
    ("Shoulder", "UpperArm", _NONE, 0.060, 0.056),
    ("UpperArm", "LowerArm", _NONE, 0.053, 0.042),
    ("LowerArm", "Hand", _NONE, 0.042, 0.029),
    ("Hand", "Hand", (0.150, -0.010, 0.0), 0.034, 0.018),
    ("UpperLeg", "LowerLeg", _NONE, 0.085, 0.054),
    ("LowerLeg", "Foot", _NONE, 0.054, 0.038),
    ("Foot", "Toes", (0.0, 0.012, 0.0), 0.044, 0.034),
    ("Toes", "Toes", (0.0, 0.006, 0.060), 0.034, 0.024),
)


@dataclass(frozen=True)
class Mesh:
    """V corners in rest pose: positions and normals [V, 3] metres, joints [V, 4], weights [V, 4]; triangles [F, 3]."""

    positions: NDArray[np.float32]
    normals: NDArray[np.float32]
    joints: NDArray[np.uint8]
    weights: NDArray[np.uint8]
    triangles: NDArray[np.uint16]


@cache
def body() -> Mesh:
    """The body of the 22 bones; each limb hangs on one bone wholly."""
    at = rest_positions(HUMANOID)
    limbs = [(BONES.index(a), at[BONES.index(a)], at[BONES.index(b)] + o, r, s) for a, b, o, r, s in _TRUNK]
    for side, sign in (("left", 1.0), ("right", -1.0)):
        for a, b, offset, r, s in _SIDE:
            first, last = BONES.index(side + a), BONES.index(side + b)
            limbs.append((first, at[first], at[last] + np.array(offset) * (sign, 1, 1), r, s))
    parts = [_limb(*limb[1:]) for limb in limbs]
    size = len(parts[0][0])
    joints = np.zeros((size * len(limbs), 4), np.uint8)
    joints[:, 0] = np.repeat([limb[0] for limb in limbs], size)
    weights = np.zeros_like(joints)
    weights[:, 0] = 255
    positions, normals = (np.concatenate([part[n] for part in parts]).astype("<f4") for n in (0, 1))
    corners = np.arange(len(limbs))[:, None, None] * size + _triangles()
    return Mesh(positions, normals, joints, weights, corners.reshape(-1, 3).astype("<u2"))


def _limb(a: Floats, b: Floats, radius_a: float, radius_b: float) -> tuple[Floats, Floats]:
    """Corners and normals [SIDES * 2 * RINGS, 3] of a rounded limb from a to b [3]: rings from pole to pole."""
    length = float(np.linalg.norm(b - a))
    rise = np.linspace(0.0, np.pi / 2, RINGS)
    polar = np.concatenate([rise - np.pi / 2, rise])  # from the pole at a to the pole at b
    radius = np.repeat([radius_a, radius_b], RINGS)
    around = np.linspace(0.0, 2 * np.pi, SIDES, endpoint=False)
    normal = np.stack(
        [np.cos(polar)[:, None] * np.cos(around), np.cos(polar)[:, None] * np.sin(around), np.sin(polar)[:, None]
         + 0 * around], axis=-1,
    )  # fmt: skip
    corner = normal * radius[:, None, None]
    corner[RINGS:, :, 2] += length
    turn = shortest_arc(np.array([0.0, 0.0, 1.0]), b - a)
    return a + rotate(turn, corner.reshape(-1, 3)), rotate(turn, normal.reshape(-1, 3))


def _triangles() -> NDArray[np.intp]:
    """[F, 3] corners of one limb, counter-clockwise from outside; none where a ring is a mere point."""
    ring, side = np.meshgrid(np.arange(2 * RINGS - 1), np.arange(SIDES), indexing="ij")
    here, beside = ring * SIDES + side, ring * SIDES + (side + 1) % SIDES
    first = np.stack([here, beside, beside + SIDES], axis=-1)[1:]
    second = np.stack([here, beside + SIDES, here + SIDES], axis=-1)[:-1]
    return np.concatenate([first.reshape(-1, 3), second.reshape(-1, 3)])
