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


def to_humanoid(body: Captured) -> tuple[Array, Array, NDArray[np.bool_]]:
    """-> root (T, 3) standing on y = 0, local rotations (T, 22, 4), which bones the source really moved (22,).

    Bones point where the source's point; the way is scaled by the length of the legs.
    """
    directions = np.array(body.directions, dtype=np.float64)
    for foot in _FEET:
        directions[foot] = _flat_foot(directions[foot], HUMANOID.offsets[foot + 1])
    local = retarget.rotations(body.world, directions, body.known, HUMANOID)
    hip_centre = retarget.root_position(body.hip_centre, body.leg, HUMANOID)
    root = retarget.ground(place_root(hip_centre, local[:, 0]), local, HUMANOID)
    return root, local, body.known & moved(local)


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
