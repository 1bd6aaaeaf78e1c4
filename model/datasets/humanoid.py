"""The last steps from a source's body to ours that data sets share: scale, floor, local rotations."""

import numpy as np
from numpy.typing import NDArray

from motion import kinematics, rotation
from motion.rotation import Floats
from motion.skeleton import HUMANOID, PARENTS

LEG = float(sum(np.linalg.norm(HUMANOID.offsets[HUMANOID.index(name)]) for name in ("leftLowerLeg", "leftFoot")))
_FEET = [HUMANOID.index(name) for name in ("leftFoot", "leftToes", "rightFoot", "rightToes")]


def local_from_world(world: Floats) -> Floats:
    """World rotations [T, 22, 4] -> local rotations [T, 22, 4], sign-continuous in time."""
    local = world.copy()
    local[:, 1:] = rotation.multiply(rotation.inverse(world[:, list(PARENTS[1:])]), world[:, 1:])
    return rotation.continuous(rotation.normalize(local))


def stand(root: Floats, local: Floats) -> Floats:
    """`root` [T, 3] moved up or down as a whole until the feet stand on y = 0.

    Dancing, one foot or the other nearly always carries; the lower quartile over time of how far the lowest sole is
    above the floor passes over jumps as well as over toes that were pressed through the floor.
    """
    positions, _ = kinematics.forward(HUMANOID, root, local)
    rest, _ = kinematics.forward(HUMANOID, HUMANOID.offsets[0], _identity(len(HUMANOID.names)))
    clearance = (positions[:, _FEET, 1] - rest[_FEET, 1]).min(axis=1)
    out = root.copy()
    out[:, 1] -= np.percentile(clearance, 25.0)
    return out


def _identity(count: int) -> NDArray[np.float64]:
    return np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (count, 1))
