"""The last steps from a source's body to ours that data sets share: bone directions, scale, the root, the floor."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motion import retarget, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID

Array = NDArray[np.float64]
_HIP_JOINTS = [HUMANOID.index(name) for name in ("leftUpperLeg", "rightUpperLeg")]
_FEET = [HUMANOID.index(name) for name in ("leftFoot", "rightFoot")]
_MOVED = np.radians(0.1)
_LEAP = 40.0  # rad/s; the fastest hands and feet of dancers turn at 30
_AROUND_LEAP = 0.03  # seconds before and after a leap that the solver has spoilt as well
_BETWEEN_LEAPS = 0.15  # seconds; leaps nearer than this are there and back again


@dataclass(frozen=True)
class Captured:
    """T frames of a source's body in our axes (+Y up).

    world: (T, 22, 4) turns since the source's rest pose, in the world. known: (22,) which of them the source has.
    directions: (22, 3) where each bone points in the source's rest pose, zero for bones without a direction.
    hip_centre: (T, 3) metres, the middle between the two hip joints. leg: thigh plus shin in metres.
    """

    world: Floats
    known: NDArray[np.bool_]
    directions: Floats
    hip_centre: Floats
    leg: float


def to_humanoid(body: Captured, fps: float) -> tuple[Array, Array, NDArray[np.bool_]]:
    """-> root (T, 3) standing on y = 0, local rotations (T, 22, 4), which bones the source really moved (22,).

    Bones point where the source's point; the way is scaled by the length of the legs.
    """
    directions = np.array(body.directions, dtype=np.float64)
    for foot in _FEET:
        directions[foot] = _flat_foot(directions[foot], HUMANOID.offsets[foot + 1])
    local = without_leaps(retarget.rotations(body.world, directions, body.known, HUMANOID), fps)
    hip_centre = retarget.root_position(body.hip_centre, body.leg, HUMANOID)
    root = retarget.ground(place_root(hip_centre, local[:, 0]), local, HUMANOID)
    return root, local, body.known & moved(local)


def without_leaps(local: Floats, fps: float) -> Array:
    """Local rotations (T, 22, 4) with every stretch where the solver of a capture flipped a bone bridged by slerp."""
    steps = rotation.multiply(rotation.inverse(local[:-1]), local[1:])
    speed = 2 * np.arcsin(np.clip(np.linalg.norm(steps[..., :3], axis=-1), 0.0, 1.0)) * fps
    around, between = max(1, round(_AROUND_LEAP * fps)), round(_BETWEEN_LEAPS * fps)
    out = np.array(local, dtype=np.float64)
    for bone in np.flatnonzero((speed > _LEAP).any(axis=0)):
        leaps = np.flatnonzero(speed[:, bone] > _LEAP)
        for stretch in np.split(leaps, np.flatnonzero(np.diff(leaps) > between) + 1):
            a, b = max(stretch[0] - around, 0), min(stretch[-1] + 1 + around, len(local) - 1)
            out[a : b + 1, bone] = rotation.slerp(out[a, bone], out[b, bone], np.linspace(0.0, 1.0, b - a + 1))
    return np.asarray(rotation.continuous(out))


def moved(local: Floats) -> NDArray[np.bool_]:
    """Which bones (22,) of local rotations (T, 22, 4) ever leave their first frame by more than a tenth of a degree."""
    turn = rotation.multiply(rotation.inverse(local[:1]), local)
    angle = 2 * np.linalg.norm(turn[..., :3], axis=-1).max(axis=0)
    return np.asarray(angle > _MOVED)


def place_root(hip_centre: Floats, hips: Floats) -> Floats:
    """Root (T, 3) that puts the middle of our hip joints at hip_centre (T, 3), given the hips' turn (T, 4).

    Aligned at the joints, planted feet stay planted while the pelvis tilts; aligned at the roots they would slide.
    """
    return hip_centre - rotation.rotate(hips, HUMANOID.offsets[_HIP_JOINTS].mean(axis=0))


def known(names: set[str]) -> NDArray[np.bool_]:
    """Which of our bones (22,) are in `names`."""
    return np.array([bone in names for bone in BONES])


def _flat_foot(theirs: Array, ours: Array) -> Array:
    """Their foot's heading with our foot's slope: ankles sit at different heights, soles lie flat on every floor."""
    level = theirs * (1.0, 0.0, 1.0)
    length = float(np.linalg.norm(level))
    if length < 1e-9:
        return ours
    return np.asarray(level / length * np.hypot(ours[0], ours[2]) + ours * (0.0, 1.0, 0.0))
