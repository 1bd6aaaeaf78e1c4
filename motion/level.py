"""Captures whose world is tilted or whose floor wanders: make the floor y = 0 before anything else is done."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from motion import contacts, kinematics, rotation
from motion.rotation import Floats
from motion.skeleton import MotionError, Skeleton

_OUTLIER = 0.03  # metres off the plane at which a footprint counts half as much
_WIDEST_DRIFT = 0.30  # metres; more is a jump or a fall, not the floor


def level(points: Mapping[str, Floats]) -> dict[str, NDArray[np.float64]]:
    """The same tracks [T, 3] (metres), turned and lowered so that the floor the feet stand on is y = 0.

    The floor is the plane through the lowest of the toes (ankles where there are none) in the frames where it moves
    least, by iteratively reweighted least squares. The body goes with its world, so it is upright afterwards.
    Raises MotionError where there is no track of a foot.
    """
    names = [side + part for part in ("Toes", "Foot") for side in ("left", "right") if side + part in points][:2]
    if not names:
        raise MotionError("no track of toes or ankles; give leftToes and rightToes to find the floor")
    prints = _footprints(np.stack([points[name] for name in names], axis=1))
    centre, normal = _plane(prints)
    upright = rotation.shortest_arc(normal, np.array([0.0, 1.0, 0.0]))
    lifted = centre * (1.0, 0.0, 1.0)
    return {name: rotation.rotate(upright, track - centre) + lifted for name, track in points.items()}


def follow_floor(root: Floats, local: Floats, fps: float, skeleton: Skeleton) -> NDArray[np.float64]:
    """The root path [T, 3] moved up and down slowly (over seconds) so that the feet keep standing on y = 0.

    For captures whose height drifts. It removes stairs and lying down, too: elsewhere `retarget.ground` is right.
    """
    positions, _ = kinematics.forward(skeleton, root, local)
    moved = root.astype(np.float64)
    moved[:, 1] -= contacts.floor_track(positions, fps, skeleton, _WIDEST_DRIFT)
    return moved


def _footprints(feet: Floats) -> Floats:
    """Places [n, 3] of the lowest of the feet [T, F, 3] in the slowest two fifths of the frames."""
    lowest = np.argmin(feet[..., 1], axis=1)
    frames = np.arange(len(feet))
    speed = np.linalg.norm(np.gradient(feet, axis=0), axis=-1)[frames, lowest] if len(feet) > 1 else np.zeros(1)
    prints: Floats = feet[frames, lowest][speed <= np.quantile(speed, 0.4)]
    return prints


def _plane(prints: Floats) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """A point of the floor and its unit normal, from footprints [n, 3]; level where they are too close together."""
    centre = np.median(prints, axis=0).astype(np.float64)
    around = prints - centre
    ground = around[:, [0, 2]]
    if len(prints) < 3 or np.linalg.svd(ground, compute_uv=False)[-1] < 0.3 * np.sqrt(len(prints)):
        return centre, np.array([0.0, 1.0, 0.0])
    columns = np.column_stack([np.ones(len(ground)), ground])
    weight = np.ones(len(ground))
    for _ in range(20):
        height, slope_x, slope_z = np.linalg.lstsq(columns * weight[:, None], around[:, 1] * weight, rcond=None)[0]
        off = around[:, 1] - columns @ (height, slope_x, slope_z)
        weight = 1.0 / np.sqrt(1.0 + (off / _OUTLIER) ** 2)
    normal = np.array([-slope_x, 1.0, -slope_z])
    centre[1] += height
    return centre, normal / np.linalg.norm(normal)
