"""Whether feet stand where they stand and whether the body's mass is carried by them."""

import numpy as np
from numpy.typing import NDArray

from model.metrics.body import F64, FINE, fine
from motion import contacts, kinematics
from motion.skeleton import HUMANOID

FEET = contacts.FOOT_POINTS
SPAN = 4  # frames of the fine grid, 1/15 s: over it velocities are taken
LOW, LEVEL, SLIDES = 0.05, 0.25, 0.3  # m over the rest height, m/s up or down, m/s along the floor


def _feet(positions: F64, fps: float) -> tuple[F64, F64]:
    """Places [T, 4, 3] of heels and toes at 60 Hz, and their heights [T, 4] over the floor they rest on."""
    body = fine(positions, fps)
    rest = kinematics.rest_positions(HUMANOID)[FEET, 1]
    return body[:, FEET], body[:, FEET, 1] - rest - contacts.floor_height(body)


def _down(feet: F64, height: F64) -> tuple[NDArray[np.bool_], F64]:
    """[T - SPAN, 4] whether a point stands, and its speed along the floor in m/s."""
    velocity = (feet[SPAN:] - feet[:-SPAN]) * FINE / SPAN
    down = (np.maximum(height[SPAN:], height[:-SPAN]) < LOW) & (np.abs(velocity[..., 1]) < LEVEL)
    return down, np.hypot(velocity[..., 0], velocity[..., 2])


def skating(positions: F64, fps: float) -> float:
    """Share of the time of a foot on the floor in which it slides, faster than 0.3 m/s; 0 if it never touches."""
    down, along = _down(*_feet(positions, fps))
    return float((along[down] > SLIDES).mean()) if down.any() else 0.0


def standing(positions: F64, fps: float) -> float:
    """Share of the time in which a point of a foot is on the floor: who floats does not skate."""
    down, _ = _down(*_feet(positions, fps))
    return float(down.mean()) if len(down) else 0.0


def physical_contact(positions: F64, fps: float) -> float:
    """EDGE's PFC (Tseng et al., CVPR 2023) in m^3/s^4: acceleration of the hips x speed of left x of right foot.

    A body speeds up only by pushing off a foot that stands. EDGE counts in frames and divides by the clip's own
    greatest acceleration; here it is in seconds and nothing is divided, so that clips of any length and rate compare.
    """
    body = fine(positions, fps)
    if len(body) < 2 * SPAN + 1:
        return 0.0
    hips = body[:, 0]
    acceleration = (hips[2 * SPAN :] - 2 * hips[SPAN:-SPAN] + hips[: -2 * SPAN]) * (FINE / SPAN) ** 2
    acceleration[:, 1] = np.maximum(acceleration[:, 1], 0.0)  # falling needs no foot
    velocity = (body[2 * SPAN :, FEET] - body[: -2 * SPAN, FEET]) * FINE / (2 * SPAN)
    speed = np.linalg.norm(velocity, axis=-1)
    left, right = speed[:, :2].min(axis=1), speed[:, 2:].min(axis=1)
    return float((np.linalg.norm(acceleration, axis=-1) * left * right).mean())
