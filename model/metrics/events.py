"""When something happens in a dance: limbs come to rest or turn, feet come down."""

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from model.metrics.body import F64, FINE, body_speed, fine, foot_speed
from motion import contacts

BLUR = 0.06  # s
FLOOR = 0.05  # m/s: a shallower dip in speed is tremor


def minima(speed: F64, fps: float) -> F64:
    """Times in seconds of the minima of a speed curve [T - 1]."""
    smooth = gaussian_filter1d(speed, BLUR * fps, truncate=4.0)
    low, high = np.percentile(smooth, [10, 90])
    at, _ = find_peaks(-smooth, prominence=max(0.15 * (high - low), FLOOR))
    a, b, c = smooth[at - 1], smooth[at], smooth[at + 1]
    # the vertex of the parabola through three points
    bend = a - 2 * b + c
    vertex = np.where(bend > 0, 0.5 * (a - c) / np.where(bend > 0, bend, 1.0), 0.0)
    times: F64 = (at + vertex + 0.5) / fps
    return times


def rests(positions: F64, fps: float) -> F64:
    """Times (s) at which the feet are slowest."""
    return minima(foot_speed(positions, fps), fps)


def kinematic_beats(positions: F64, fps: float) -> F64:
    """Times (s) at which the whole body is slowest: what Dance Revolution counts as beats of the dance."""
    return minima(body_speed(positions, fps), fps)


def landings(positions: F64, fps: float) -> F64:
    """Times (s) at which a foot comes down, both feet together in order."""
    points = contacts.detect(fine(positions, fps), FINE) > 0.5
    down = np.stack([points[:, :2].any(axis=1), points[:, 2:].any(axis=1)], axis=1)
    frame, _ = np.nonzero(down[1:] & ~down[:-1])
    times: F64 = (frame + 0.5) / FINE
    return times
