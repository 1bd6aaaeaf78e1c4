"""A limb of two bones with a hinge between them, and a target for its end: first the hinge, then the whole limb turns.

The hinge closes or opens until the end is as far off as the target is, always to its own side, so a knee neither flips
nor bends backwards; the smallest turn of the first bone then brings the end there, so the limb's own plane and twist
stay. Near full reach the limb straightens ever more slowly. Lengths in metres, angles in radians.
"""

import numpy as np

from motion import small
from motion.rotation import TINY, Floats

REACH = 0.9998  # of the limb's length: the farthest
SOFT = 0.03  # of the limb's length: so long before it the limb begins to resist

_HINGE = np.array([1.0, 1.0, -1.0, -1.0])


def reach(first: Floats, second: Floats, upper: Floats, lower: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Local rotations [..., 4] of both bones with the limb's end at `target`, or as near as the limb goes.

    first, second: [..., 4] as they are. upper, lower: [3] where each bone ends, in its own axes. target: [..., 3] from
    the first joint, in the axes of the first bone's parent. The hinge is the second bone's X axis, and a positive turn
    closes it. A limb whose end is at the target already stays as it is.
    """
    axes = small.to_matrix(second)
    closing = _closing(axes, upper, lower, target)
    half = closing[..., None] / 2.0
    second = np.cos(half) * second + np.sin(half) * (second[..., ::-1] * _HINGE)
    cosine, sine = np.cos(closing), np.sin(closing)
    end: Floats = np.empty(target.shape)
    end[..., 0] = lower[0]
    end[..., 1] = cosine * lower[1] - sine * lower[2]
    end[..., 2] = sine * lower[1] + cosine * lower[2]
    end = small.turn(small.to_matrix(first), upper + small.turn(axes, end))
    return small.multiply(small.shortest_arc(end, target), first), second


def _closing(axes: Floats, upper: Floats, lower: Floats, target: Floats) -> Floats:
    """By how much the hinge [...] closes so that the end is as far from the first joint as the target.

    axes: [..., 3, 3] of the second bone. With v = `upper` in them, the squared distance after a turn by x is
    |upper|^2 + |lower|^2 + 2 (v_x lower_x + size cos(x - straight)).
    """
    v = upper @ axes
    across = v[..., 1] * lower[1] + v[..., 2] * lower[2]
    along = v[..., 2] * lower[1] - v[..., 1] * lower[2]
    size, straight = np.maximum(np.hypot(across, along), TINY), np.arctan2(along, across)
    fixed = upper @ upper + lower @ lower + 2.0 * v[..., 0] * lower[0]
    now, longest = np.sqrt(np.maximum(fixed + 2.0 * across, 0.0)), np.sqrt(np.maximum(fixed + 2.0 * size, 0.0))
    far = _within_reach(small.length(target), now, longest)
    bent = (far * far - fixed) / (2.0 * size)
    closing: Floats = straight + np.arccos(np.minimum(np.maximum(bent, -1.0), 1.0))
    return closing


def _within_reach(far: Floats, now: Floats, longest: Floats) -> Floats:
    """The distance `far` as it is up to where the limb resists, then ever less of it; a limb that is longer stays."""
    free = np.maximum(np.minimum(now, longest), (REACH - SOFT) * longest)
    room = np.maximum(REACH * longest - free, 0.0)
    over = np.maximum(far - free, 0.0)
    reached: Floats = np.minimum(far, free) + room * (1.0 - np.exp(-over / np.maximum(room, TINY)))
    return reached
