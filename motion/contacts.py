"""Which parts of the feet stand on the floor, from world positions alone."""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from motion import kinematics
from motion.rotation import Floats
from motion.skeleton import HUMANOID, MotionError, Skeleton

# the bones of CONTACT_NAMES; the ankle stands for the heel, which has no bone
FOOT_POINTS = [HUMANOID.index(name) for name in ("leftFoot", "leftToes", "rightFoot", "rightToes")]

# a point lands below the first and lifts off above the second: metres over its rest height, metres a second
_HEIGHT = (0.04, 0.07)
_SPEED = (0.35, 0.60)
_STEADY_SECONDS = 0.12  # shorter contacts and gaps are noise
_FLOOR_SECONDS = 4.0  # the floor may drift (a tilted capture space) over this time,
_FLOOR_DRIFT = 0.05  # by this many metres at most: a handstand is not a higher floor


def detect(positions: Floats, fps: float, skeleton: Skeleton = HUMANOID) -> NDArray[np.float32]:
    """Contacts [T, 4], 0 or 1: left heel, left toe, right heel, right toe.

    positions: [T, 22, 3] world metres of `skeleton`, +Y up. A point is down when it is both low over the
    floor and slow, with hysteresis; contacts and gaps under about a tenth of a second (three frames at least) go.
    """
    feet = _feet(positions)
    height = feet[..., 1] - _rest_heights(skeleton) - floor_track(positions, fps, skeleton)[:, None]
    speed = _speed(feet) * fps
    lands = (height < _HEIGHT[0]) & (speed < _SPEED[0])
    lifts = (height > _HEIGHT[1]) | (speed > _SPEED[1])
    return _steady(_latch(lands, lifts), fps)


def floor_height(positions: Floats, skeleton: Skeleton = HUMANOID) -> float:
    """Height in metres of the floor that `skeleton` dances on, from its world positions [T, 22, 3].

    The median height of the lowest point of the feet, less its height at rest, over the frames where that point moves
    least: toes pushed through the floor and jumps do not move it.
    """
    feet = _feet(positions)
    height = feet[..., 1] - _rest_heights(skeleton)
    lowest = np.argmin(height, axis=1)[:, None]
    speed = np.take_along_axis(_speed(feet), lowest, axis=1)
    planted = speed <= np.quantile(speed, 0.4)
    return float(np.median(np.take_along_axis(height, lowest, axis=1)[planted]))


def floor_track(
    positions: Floats, fps: float, skeleton: Skeleton = HUMANOID, drift: float = _FLOOR_DRIFT
) -> NDArray[np.float64]:
    """Height [T] in metres of the floor under each frame of a take [T, 22, 3], within `drift` of the whole take's.

    One `floor_height` every two seconds over four, joined by straight lines.
    """
    window = max(1, round(_FLOOR_SECONDS * fps))
    starts = np.arange(0, max(1, len(positions) - window // 2), max(1, window // 2))
    heights = np.array([floor_height(positions[start : start + window], skeleton) for start in starts])
    middle = floor_height(positions, skeleton)
    centres = np.minimum(starts + window / 2, len(positions) - 1)
    track = np.interp(np.arange(len(positions)), centres, heights)
    return np.asarray(np.clip(track, middle - drift, middle + drift), np.float64)


def _feet(positions: Floats) -> Floats:
    if positions.ndim != 3 or positions.shape[1:] != (len(HUMANOID.names), 3) or len(positions) == 0:
        raise MotionError(
            f"positions have the shape {positions.shape}; contacts need (frames, {len(HUMANOID.names)}, 3)"
        )
    return positions[:, FOOT_POINTS]


def _rest_heights(skeleton: Skeleton) -> NDArray[np.float64]:
    return kinematics.rest_positions(skeleton)[FOOT_POINTS, 1]


def _speed(points: Floats) -> Floats:
    """Metres a frame [T, P] over the neighbours on both sides."""
    if len(points) == 1:
        return np.zeros(points.shape[:-1])
    speed: Floats = np.linalg.norm(np.gradient(points, axis=0), axis=-1)
    return speed


def _latch(on: NDArray[np.bool_], off: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """True from a frame that is `on` until one that is `off`, along the first axis; frames that are neither hold.

    Those before the first that is either go with it.
    """
    frame = np.arange(len(on))[:, None]
    first, ends = (np.where(those.any(axis=0), those.argmax(axis=0), len(on)) for those in (on, off))
    on = on | ((frame == 0) & (first < ends))
    return np.maximum.accumulate(np.where(on, frame, -1)) > np.maximum.accumulate(np.where(off, frame, -1))


def _steady(down: NDArray[np.bool_], fps: float) -> NDArray[np.float32]:
    """The majority of the frames around each."""
    half = max(1, round(_STEADY_SECONDS * fps / 2))
    around: NDArray[Any] = sliding_window_view(np.pad(down, ((half, half), (0, 0)), mode="edge"), 2 * half + 1, axis=0)
    steady: NDArray[np.float32] = (around.mean(axis=-1) > 0.5).astype(np.float32)
    return steady
