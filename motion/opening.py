"""How a dance begins: dancers stand in a pose that was asked for until music plays, then ease into what they dance.

Worked on pose vectors (motion/pose.py): the offset from the dance to the pose they stood in dies away by itself.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motion import inertia
from motion.pose import CONTACTS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE
from motion.rotation import Floats

F32 = NDArray[np.float32]

EASE = 0.2  # s, half life of the offset
OVER = 0.01  # of a number of the pose: less is not seen
_BODY = np.r_[ROOT_HEIGHT, ROTATIONS]


class OpeningState(NamedTuple):
    """What N dancers remember of the pose they began in."""

    start: F32  # [140] the pose
    waits: bool  # no music yet
    offset: Floats  # [N, 133] of height and rotations
    speed: Floats  # a second


def init(start: F32, dancers: int) -> OpeningState:
    """N dancers who wait in the pose `start` [140]."""
    nothing = np.zeros((dancers, len(_BODY)))
    return OpeningState(still(start), True, nothing, nothing)


def still(pose: F32) -> F32:
    """A pose vector [..., 140] on the spot."""
    standing = pose.copy()
    standing[..., VELOCITY] = standing[..., YAW_RATE] = 0.0
    return standing


def step(state: OpeningState, poses: F32, music: bool, fps: float) -> tuple[F32, OpeningState | None]:
    """One frame of the dance [N, 140]: what is shown of it, and the state, None once nothing is left of the opening.

    While they wait they stand on the spot. Feet that ease are said to stand nowhere.
    """
    if state.waits and not music:
        return np.tile(state.start, (len(poses), 1)), state
    if state.waits:
        state = state._replace(waits=False, offset=(state.start - poses)[:, _BODY].astype(np.float64))
    offset, speed = inertia.fade(state.offset, state.speed, 1.0 / fps, EASE)
    if np.abs(offset).max() < OVER:
        return poses, None
    shown = poses.copy()
    shown[:, _BODY] += offset
    shown[:, CONTACTS] = 0.0
    return shown, state._replace(offset=offset, speed=speed)
