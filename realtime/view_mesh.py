"""The dancer's body as a mesh: tubes around the bones, made once from rings of points.

Everything is measured in the T-pose at rest, in metres: x towards the left hand, y up, z ahead; hips at 0.95 m. A ring
belongs to one bone, or near a joint to two, so that elbows and knees bend without a gap.
"""

from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from motion.kinematics import forward
from motion.rotation import Floats, cross
from motion.skeleton import BONES, HUMANOID
from realtime.frame import F32

SHIRT, TROUSERS, SKIN, SHOE, VISOR, HAIR = range(6)
HIPS_HEIGHT = 0.95
BLEND = 0.045  # metres before and after a joint in which a ring belongs to both bones
REST: Floats = forward(HUMANOID, np.array((0.0, HIPS_HEIGHT, 0.0)), np.tile((0.0, 0.0, 0.0, 1.0), (22, 1)))[0]
RIGHT, UP, AHEAD = np.eye(3)
SIDES = (("left", 1.0), ("right", -1.0))

# (place along the tube, first half-width, second half-width, shift by first, shift by second); an end of no width is a
# point, one of some width is open: it lies hidden in another tube
Ring = tuple[float, float, float, float, float]
TRUNK: tuple[Ring, ...] = (
    (0.835, 0, 0, 0, 0), (0.865, 0.080, 0.070, 0, -0.004), (0.915, 0.142, 0.102, 0, -0.010),
    (0.965, 0.149, 0.106, 0, -0.011), (1.02, 0.130, 0.094, 0, -0.002), (1.08, 0.114, 0.083, 0, 0.006),
    (1.25, 0.150, 0.103, 0, 0.011), (1.33, 0.162, 0.106, 0, 0.006),
    (1.39, 0.157, 0.092, 0, -0.005), (1.43, 0.112, 0.073, 0, -0.012), (1.462, 0, 0, 0, -0.012),
)  # fmt: skip
NECK: tuple[Ring, ...] = (
    (1.425, 0.054, 0.056, 0, -0.014), (1.48, 0.048, 0.051, 0, -0.008),
    (1.55, 0.046, 0.050, 0, 0.004),
)  # fmt: skip
HEAD: tuple[Ring, ...] = (
    (1.506, 0, 0, 0, 0.052), (1.518, 0.038, 0.040, 0, 0.050), (1.548, 0.058, 0.070, 0, 0.034),
    (1.58, 0.068, 0.088, 0, 0.024), (1.612, 0.074, 0.096, 0, 0.018), (1.656, 0.077, 0.100, 0, 0.010),
    (1.694, 0.072, 0.095, 0, 0.005), (1.728, 0.053, 0.071, 0, 0), (1.75, 0, 0, 0, 0),
)  # fmt: skip
ARM: tuple[Ring, ...] = (
    (0.08, 0, 0, -0.01, -0.004), (0.10, 0.050, 0.048, -0.008, -0.004), (0.14, 0.064, 0.061, -0.006, -0.003),
    (0.19, 0.064, 0.061, -0.004, 0), (0.26, 0.052, 0.051, 0, 0.003), (0.41, 0.040, 0.041, 0, 0),
    (0.455, 0.040, 0.041, 0, -0.002), (0.51, 0.043, 0.042, 0, 0),
    (0.69, 0.025, 0.027, 0, 0),
)  # fmt: skip
HAND: tuple[Ring, ...] = (
    (0.685, 0.022, 0.026, 0, 0), (0.735, 0.021, 0.038, -0.002, 0.002),
    (0.78, 0.020, 0.045, -0.004, 0.002), (0.83, 0.016, 0.041, -0.007, 0), (0.88, 0.010, 0.027, -0.012, -0.002),
    (0.90, 0, 0, -0.013, -0.002),
)  # fmt: skip
THUMB: tuple[Ring, ...] = (
    (0.010, 0.017, 0.018, 0, 0), (0.050, 0.015, 0.016, 0, 0), (0.088, 0, 0, 0, 0),
)  # fmt: skip
LEG: tuple[Ring, ...] = (
    (-0.95, 0.062, 0.074, 0, -0.008), (-0.90, 0.087, 0.098, 0.002, -0.008),
    (-0.83, 0.089, 0.096, 0.003, -0.002), (-0.64, 0.069, 0.074, 0, 0.006),
    (-0.54, 0.057, 0.061, 0, 0.006), (-0.48, 0.054, 0.057, 0, 0.004), (-0.42, 0.053, 0.056, 0, -0.004),
    (-0.345, 0.053, 0.058, 0, -0.013), (-0.15, 0.036, 0.038, 0, -0.010),
    (-0.085, 0.036, 0.040, 0, -0.010),
)  # fmt: skip
FOOT: tuple[Ring, ...] = (
    (-0.085, 0, 0, 0, 0.040), (-0.072, 0.028, 0.036, 0, 0.040), (-0.035, 0.037, 0.054, 0, 0.050),
    (0.015, 0.039, 0.056, 0, 0.053), (0.065, 0.044, 0.042, 0, 0.040), (0.165, 0.046, 0.026, 0.002, 0.023),
    (0.195, 0.034, 0.020, 0, 0.018), (0.208, 0, 0, 0, 0.014),
)  # fmt: skip
VISOR_HEIGHTS, VISOR_AHEAD = (1.61, 1.66), 0.045  # metres
WAIST = 0.965
HAIR_HEIGHT, HAIR_AHEAD, HAIR_NAPE = 1.69, -0.005, 1.56  # all above the first; behind the second all above the third


@dataclass(frozen=True, eq=False)
class Mesh:
    """V points, F faces of four points (two alike in a triangle), E edges between two faces."""

    skin: F32  # [V, 22 * 4]: points = skin @ M, M [22 * 4, 3] the bones' transposed rotations and places
    faces: NDArray[np.intp]  # [F, 4], anticlockwise when seen from outside
    material: NDArray[np.intp]  # [F]
    edges: NDArray[np.intp]  # [E, 4]: its two points, the faces beside it


class _Builder:
    """Collects tubes."""

    def __init__(self, sides: float, every: int) -> None:
        self._sides, self._every = sides, every  # a factor on the points of a ring; every so many rings are kept
        self._skin: list[F32] = []
        self._points: list[Floats] = []
        self._faces: list[tuple[int, int, int, int]] = []
        self._material: list[int] = []

    def tube(
        self,
        rings: tuple[Ring, ...],
        sides: int,
        frame: tuple[Floats, Floats, Floats, Floats],
        bones: tuple[str, ...],
        material: int,
    ) -> None:
        """Add one; frame: where place 0 is, the tube's direction, the two directions of its widths."""
        kept = (rings[0], *rings[1:-1][:: self._every], rings[-1])
        count = max(5, round(sides * self._sides))
        origin, along, first, second = frame
        if origin[0] == 0 and along[0] == 0:  # both sides of what lies in the middle are alike
            count += count % 2
        angle = (np.arange(count) + 0.5) * (2 * np.pi / count)
        loops: list[list[int]] = []
        for place, a, b, shift_a, shift_b in kept:
            middle = origin + place * along + shift_a * first + shift_b * second
            wide = np.cos(angle)[:, None] * a * first + np.sin(angle)[:, None] * b * second
            points = middle + (wide if a else wide[:1])
            points[:, 1] = np.maximum(points[:, 1], 0.0)  # soles are flat
            loops.append(self._add(points, origin, along, bones))
        if np.dot(cross(first, second), along) < 0:
            loops = [loop[::-1] for loop in loops]
        for low, high in pairwise(loops):
            for n in range(count):
                m = (n + 1) % count
                corners = low[n % len(low)], low[m % len(low)], high[m % len(high)], high[n % len(high)]
                self._faces.append(corners)
                self._material.append(material)

    def _add(self, points: Floats, origin: Floats, along: Floats, bones: tuple[str, ...]) -> list[int]:
        """Take in points, each belonging to one or two of the chain of bones."""
        first = len(self._points)
        for point in points:
            row = np.zeros((len(BONES), 4), np.float32)
            for bone, share in _shares(float((point - origin) @ along), origin, along, bones):
                row[bone] = np.append(point - REST[bone], 1.0) * share
            self._skin.append(row.ravel())
            self._points.append(point)
        return list(range(first, len(self._points)))

    def mesh(self) -> Mesh:
        """What was collected."""
        faces, material = np.array(self._faces), np.array(self._material)
        x, y, z = np.array(self._points)[faces].mean(axis=1).T
        material[(material == SHIRT) & (y < WAIST)] = TROUSERS
        head = (material == SKIN) & (np.abs(x) < 0.1) & (y > HEAD[0][0])
        material[head & ((y > HAIR_HEIGHT) | (z < HAIR_AHEAD) & (y > HAIR_NAPE))] = HAIR
        material[head & (z > VISOR_AHEAD) & (y > VISOR_HEIGHTS[0]) & (y < VISOR_HEIGHTS[1])] = VISOR
        beside: dict[tuple[int, int], list[int]] = {}
        for n, corners in enumerate(self._faces):
            for a, b in zip(corners, corners[1:] + corners[:1], strict=True):
                if a != b:
                    beside.setdefault((min(a, b), max(a, b)), []).append(n)
        edges = np.array([(a, b, *two) for (a, b), two in beside.items() if len(two) == 2])
        return Mesh(np.array(self._skin, np.float32), faces, material, edges)


def _shares(place: float, origin: Floats, along: Floats, bones: tuple[str, ...]) -> list[tuple[int, float]]:
    """(bone, share) of a point at `place` along a chain of bones."""
    numbers = [BONES.index(bone) for bone in bones]
    joints = [float((REST[bone] - origin) @ along) for bone in numbers[1:]]
    for n, joint in enumerate(joints):
        if place < joint - BLEND:
            return [(numbers[n], 1.0)]
        if place < joint + BLEND:
            share = (place - joint + BLEND) / (2 * BLEND)
            return [(numbers[n], 1.0 - share), (numbers[n + 1], share)]
    return [(numbers[-1], 1.0)]


@cache
def body(sides: float = 1.0, every: int = 1) -> Mesh:
    """The body; fewer `sides` and only `every` so many rings make it coarser."""
    build, zero = _Builder(sides, every), np.zeros(3)
    trunk = ("hips", "spine", "chest", "upperChest")
    build.tube(TRUNK, 8, (zero, UP, RIGHT, AHEAD), trunk, SHIRT)
    build.tube(NECK, 6, (zero, UP, RIGHT, AHEAD), ("upperChest", "neck", "head"), SKIN)
    build.tube(HEAD, 8, (zero, UP, RIGHT, AHEAD), ("head",), SKIN)
    for side, sign in SIDES:
        out = sign * RIGHT
        at = REST[BONES.index(f"{side}UpperArm")] * (0, 1, 1)
        arm = (f"{side}Shoulder", f"{side}UpperArm", f"{side}LowerArm", f"{side}Hand")
        build.tube(ARM, 5, (at, out, UP, AHEAD), arm, SKIN)
        build.tube(HAND, 5, (at, out, UP, AHEAD), arm[-1:], SKIN)
        thumb = np.array((0.78 * sign, -0.12, 0.61))
        start = at + np.array((0.712 * sign, -0.004, 0.022))
        build.tube(THUMB, 5, (start, thumb, UP, cross(thumb, UP)), arm[-1:], SKIN)
        at = REST[BONES.index(f"{side}UpperLeg")] * (1, 0, 0)
        leg = ("hips", f"{side}UpperLeg", f"{side}LowerLeg", f"{side}Foot")
        build.tube(LEG, 5, (at, -UP, out, AHEAD), leg, TROUSERS)
        build.tube(FOOT, 5, (at, AHEAD, out, UP), (f"{side}Foot", f"{side}Toes"), SHOE)
    return build.mesh()
