"""How far two movements are apart: every number of a pose weighed by the metres that it moves the joints."""

import math

import numpy as np
from numpy.typing import NDArray

from export.manifest import POSE_SIZE
from motion import kinematics
from motion.pose import CONTACTS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE
from motion.skeleton import BONES, HUMANOID

CARE = {"Foot": 4.0, "Toes": 4.0, "Hand": 2.0}  # how much more these joints weigh than others
TRAVEL, TURN, STANCE = 0.3, 0.4, 0.25  # metres of every joint for a m/s, metres for a rad/s, for a contact


def weights() -> NDArray[np.float64]:
    """[140] metres, over all joints, that a small change of each number of a pose moves them."""
    rest = kinematics.rest_positions(HUMANOID)
    care = np.array([next((c for part, c in CARE.items() if part in bone), 1.0) for bone in BONES])
    weight = np.zeros(POSE_SIZE)
    everything = math.sqrt(care.sum())
    weight[ROOT_HEIGHT], weight[VELOCITY], weight[YAW_RATE] = everything, TRAVEL * everything, TURN * everything
    for bone in range(len(BONES)):
        moved = [other for other in range(len(BONES)) if bone in _chain(other)]
        lever = np.linalg.norm(rest[moved] - rest[bone], axis=1)
        six = slice(ROTATIONS.start + 6 * bone, ROTATIONS.start + 6 * bone + 6)
        weight[six] = math.sqrt((care[moved] @ lever**2 + 0.003) / 2.0)  # an end bone's turning is seen, too
    weight[CONTACTS] = STANCE
    return weight


def _chain(bone: int) -> list[int]:
    """A bone and all it hangs on."""
    found = [bone]
    while HUMANOID.parents[found[-1]] >= 0:
        found.append(HUMANOID.parents[found[-1]])
    return found
