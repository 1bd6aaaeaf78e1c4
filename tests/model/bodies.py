"""Bodies whose dance is a formula, so that every measure of them has a known answer."""

import numpy as np

from model.metrics.body import F64
from motion import kinematics
from motion.skeleton import HUMANOID

FPS = 15.0
SECONDS = 20.0
FEET = [HUMANOID.index(name) for name in ("leftFoot", "leftToes", "rightFoot", "rightToes")]
HANDS = [HUMANOID.index(name) for name in ("leftHand", "rightHand")]


def clock(fps: float = FPS, seconds: float = SECONDS) -> F64:
    """The times of the frames, s."""
    return np.arange(int(seconds * fps)) / fps


def still(fps: float = FPS, seconds: float = SECONDS) -> F64:
    """A body in its T-pose, feet on the floor: [T, 22, 3] m."""
    return np.repeat(kinematics.rest_positions(HUMANOID)[None], int(seconds * fps), axis=0)


def swinging(fps: float = FPS, hertz: float = 1.0, size: float = 0.5, bones: list[int] | None = None) -> F64:
    """Some bones (or all) go to and fro along x as a sine of `size` m."""
    body = still(fps)
    swing = size * np.sin(2 * np.pi * hertz * clock(fps))
    body[:, bones if bones is not None else slice(None), 0] += swing[:, None]
    return body


def dips(times: F64, beats: F64) -> F64:
    """A speed of 1 m/s that falls to 0.1 at each of these times, 0.09 s wide."""
    fall = np.exp(-((times[:, None] - beats[None]) ** 2) / (2 * 0.09**2)).sum(axis=1)
    return np.asarray(1.0 - 0.9 * np.minimum(fall, 1.0))


def resting_on(beats: F64, fps: float = FPS) -> F64:
    """A body whose feet move all the time, and rest at each of these times (s)."""
    dense = np.arange(int(SECONDS * 960)) / 960
    way = np.cumsum(dips(dense, beats)) / 960
    body = still(fps)
    body[:, FEET, 0] += np.interp(clock(fps), dense, way)[:, None]
    return body


def stepping(fps: float = FPS, stride: float = 0.15, period: float = 1.0) -> F64:
    """On the spot: each foot in turn goes up for a third of a period of two steps, and down."""
    body, at = still(fps), clock(fps) / (2 * period)
    for side, phase in (("left", 0.0), ("right", 0.5)):
        lift = stride * np.sin(np.pi * np.clip(((at - phase) % 1.0) * 3, 0.0, 1.0)) ** 2
        for bone in ("Foot", "Toes"):
            body[:, HUMANOID.index(side + bone), 1] += lift
    return body


def lively(fps: float = FPS) -> F64:
    """Hands, feet, hips and heading all move, each at its own pace; nothing faster than 2 Hz."""
    t, body = clock(fps), stepping(fps)
    body[:, HANDS[0], 0] += 0.3 * np.sin(2 * np.pi * 1.3 * t)
    body[:, HANDS[1], 1] += 0.2 * np.sin(2 * np.pi * 0.7 * t + 1.0)
    body[:, :, 1] += 0.03 * (1 + np.sin(2 * np.pi * t))[:, None]
    body[:, FEET, 1] -= 0.03 * (1 + np.sin(2 * np.pi * t))[:, None]
    turned = turn(body, 0.4 * np.sin(2 * np.pi * 0.3 * t))
    turned[..., 2] += 0.3 * np.sin(2 * np.pi * 0.2 * t)[:, None]
    return turned


def turn(body: F64, yaw: F64 | float) -> F64:
    """Turned about +Y by radians, a number or one a frame."""
    cos, sin = np.cos(yaw), np.sin(yaw)
    if np.ndim(yaw):
        cos, sin = cos[:, None], sin[:, None]
    x, y, z = np.moveaxis(body, -1, 0)
    return np.stack([x * cos + z * sin, y, z * cos - x * sin], axis=-1)
