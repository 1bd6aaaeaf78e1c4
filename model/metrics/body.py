"""The curves of a body that the other measures are made of: where it is, how fast, and what it does about its hips."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline

from motion.skeleton import HUMANOID

F64 = NDArray[np.floating[Any]]
FINE = 60.0  # Hz of the common grid
TOES = [HUMANOID.index(name) for name in ("leftToes", "rightToes")]
SIDES = [tuple(HUMANOID.index(side + name) for side in ("left", "right")) for name in ("UpperLeg", "UpperArm")]


def fine(positions: F64, fps: float) -> F64:
    """The same dance at 60 Hz (cubic), [T', 22, 3]; what is there already stays as it is."""
    if fps == FINE or len(positions) < 2:
        return positions
    times = np.arange(len(positions)) / fps
    grid = np.arange(int(times[-1] * FINE + 1e-6) + 1) / FINE
    moved: F64 = CubicSpline(times, positions)(grid)
    return moved


def speeds(positions: F64, fps: float) -> F64:
    """[T - 1, 22] m/s."""
    return np.linalg.norm(np.diff(positions, axis=0), axis=-1) * fps


def foot_speed(positions: F64, fps: float) -> F64:
    """Mean speed of both toes, [T - 1] m/s."""
    mean: F64 = np.linalg.norm(np.diff(positions[:, TOES], axis=0), axis=-1).mean(axis=1) * fps
    return mean


def body_speed(positions: F64, fps: float) -> F64:
    """Mean speed of all joints, [T - 1] m/s."""
    mean: F64 = speeds(positions, fps).mean(axis=1)
    return mean


def heading(positions: F64) -> F64:
    """[T] radians from +Z towards +X of where hips and shoulders face, unwrapped."""
    left, right = (positions[:, [pair[side] for pair in SIDES]].sum(axis=1) for side in (0, 1))
    across = left - right
    return np.unwrap(np.arctan2(-across[:, 2], across[:, 0]))


def at_the_hips(positions: F64) -> F64:
    """[T, 22, 3] m in the frame of the hips: over the origin, facing +Z; heights stay."""
    yaw = heading(positions)[:, None]
    x, y, z = np.moveaxis(positions - positions[:, :1] * np.array([1.0, 0.0, 1.0]), -1, 0)
    return np.stack([x * np.cos(yaw) - z * np.sin(yaw), y, x * np.sin(yaw) + z * np.cos(yaw)], axis=-1)


def spread(positions: F64) -> float:
    """How far the joints range about the hips: rms distance from their mean place, m."""
    local = at_the_hips(positions)
    local = local - local[:, :1]
    return float(np.sqrt(((local - local.mean(axis=0)) ** 2).sum(axis=-1).mean()))


def activity(positions: F64, fps: float) -> F64:
    """Mean joint speed in windows of one second, every half second, m/s."""
    speed = body_speed(fine(positions, fps), FINE)
    width, hop = round(FINE), round(FINE / 2)
    begins = range(0, max(1, len(speed) - width + 1), hop)
    return np.array([speed[begin : begin + width].mean() for begin in begins])
