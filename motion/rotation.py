"""Rotations as unit quaternions `x y z w` along the last axis: `[..., 4]`, any leading shape, radians.

A quaternion maps a bone's axes to its parent's, so `multiply(parent, child)` is the child in the grandparent's axes.
The dtype of the input is kept. Functions that build a quaternion from something else return `w >= 0`;
`continuous` makes the sign follow time.
"""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.floating[Any]]

TINY = 1e-6  # a 6D column or an axis shorter than this has no direction worth trusting
_AXES = "XYZ"
_CYCLIC = ((0, 1, 2), (1, 2, 0), (2, 0, 1))


def _outer_of_matrix() -> NDArray[np.float64]:
    """[9, 16]: the numbers of a rotation matrix times this, plus the unit matrix, are those of 4 q q^T."""
    outer = np.zeros((3, 3, 4, 4))
    for i, j, k in _CYCLIC:
        outer[i, i, [i, j, k, 3], [i, j, k, 3]] = 1, -1, -1, 1
        outer[[i, j], [j, i], i, j] = outer[[i, j], [j, i], j, i] = 1
        outer[[k, j], [j, k], i, 3] = outer[[k, j], [j, k], 3, i] = 1, -1
    return outer.reshape(9, 16)


_OUTER, _UNIT = _outer_of_matrix(), np.eye(4).ravel()


def multiply(a: Floats, b: Floats) -> Floats:
    """Hamilton product `a b`: first `b`, then `a`. a, b: [..., 4], broadcast."""
    ax, ay, az, aw = a[..., 0], a[..., 1], a[..., 2], a[..., 3]
    bx, by, bz, bw = b[..., 0], b[..., 1], b[..., 2], b[..., 3]
    return side_by_side(
        aw * bx + ax * bw + ay * bz - az * by,
        aw * by - ax * bz + ay * bw + az * bx,
        aw * bz + ax * by - ay * bx + az * bw,
        aw * bw - ax * bx - ay * by - az * bz,
    )


def inverse(q: Floats) -> Floats:
    """The opposite rotation of unit quaternions [..., 4] (the conjugate)."""
    return q * np.array([-1, -1, -1, 1], q.dtype)


def rotate(q: Floats, v: Floats) -> Floats:
    """Vectors v [..., 3] turned by unit quaternions q [..., 4], broadcast."""
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    vx, vy, vz = v[..., 0], v[..., 1], v[..., 2]
    tx, ty, tz = 2 * (y * vz - z * vy), 2 * (z * vx - x * vz), 2 * (x * vy - y * vx)
    return side_by_side(
        vx + w * tx + y * tz - z * ty,
        vy + w * ty + z * tx - x * tz,
        vz + w * tz + x * ty - y * tx,
    )


def normalize(q: Floats) -> Floats:
    """Unit quaternions [..., 4]; what is too short to have a direction becomes the identity."""
    norm = _norm(q)
    short = norm < TINY
    if short.any():
        q = np.where(short, np.array([0, 0, 0, 1], q.dtype), q)
        norm = np.where(short, np.ones((), q.dtype), norm)
    return q / norm


def from_matrix(m: Floats) -> Floats:
    """Quaternions [..., 4], w >= 0, of rotation matrices [..., 3, 3], accurate at every angle.

    The four rows of 4 q q^T are linear in the matrix; the row with the largest diagonal is q, scaled
    (Shepperd 1978, "Quaternion from rotation matrix").
    """
    leading = m.shape[:-2]
    outer = m.reshape(*leading, 9) @ _OUTER.astype(m.dtype) + _UNIT.astype(m.dtype)
    outer = outer.reshape(-1, 16)  # numpy's diagonal and take_along_axis are slow for few matrices
    q: Floats = outer.reshape(-1, 4, 4)[np.arange(len(outer)), np.argmax(outer[:, ::5], axis=-1)]
    q = q / _norm(q)
    return np.where(q[:, 3:] < 0, -q, q).reshape(*leading, 4)


def to_matrix(q: Floats) -> Floats:
    """Rotation matrices [..., 3, 3] (columns are the turned axes) of unit quaternions [..., 4]."""
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    m = np.empty((*q.shape[:-1], 3, 3), q.dtype)
    m[..., 0, 0], m[..., 1, 1], m[..., 2, 2] = 1 - 2 * (y * y + z * z), 1 - 2 * (x * x + z * z), 1 - 2 * (x * x + y * y)
    m[..., 0, 1], m[..., 1, 0] = 2 * (x * y - z * w), 2 * (x * y + z * w)
    m[..., 0, 2], m[..., 2, 0] = 2 * (x * z + y * w), 2 * (x * z - y * w)
    m[..., 1, 2], m[..., 2, 1] = 2 * (y * z - x * w), 2 * (y * z + x * w)
    return m


def from_6d(d: Floats) -> Floats:
    """Quaternions [..., 4] of any six numbers [..., 6]: two columns, made orthonormal (Zhou et al. 2019, CVPR).

    A column that is too short, or parallel to the first, is replaced by a fixed direction: never NaN for finite input.
    """
    first, second = d[..., :3], d[..., 3:]
    length = _norm(first)
    if (length < TINY).any():
        first = np.where(length < TINY, np.array([1, 0, 0], d.dtype), first)
        length = _norm(first)
    first = first / length
    second = second - first * np.add.reduce(first * second, axis=-1, keepdims=True)
    length = _norm(second)
    if (length < TINY).any():
        second = np.where(length < TINY, _perpendicular(first), second)
        length = _norm(second)
    second = second / length
    m = np.empty((*d.shape[:-1], 3, 3), d.dtype)
    m[..., :, 0], m[..., :, 1], m[..., :, 2] = first, second, cross(first, second)
    return from_matrix(m)


def to_6d(q: Floats) -> Floats:
    """The first two COLUMNS of the rotation matrix, one after the other: [..., 6] from unit quaternions [..., 4]."""
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    return side_by_side(
        1 - 2 * (y * y + z * z),
        2 * (x * y + z * w),
        2 * (x * z - y * w),
        2 * (x * y - z * w),
        1 - 2 * (x * x + z * z),
        2 * (y * z + x * w),
    )


def from_axis_angle(vector: Floats) -> Floats:
    """Quaternions [..., 4] of rotation vectors [..., 3]: unit axis times angle in radians."""
    half = _norm(vector) / 2
    scale = np.sinc(half / np.pi).astype(vector.dtype) / 2
    q = np.concatenate([vector * scale, np.cos(half)], axis=-1)
    return np.where(q[..., 3:] < 0, -q, q)


def to_axis_angle(q: Floats) -> Floats:
    """Rotation vectors [..., 3], angle 0 to pi, of unit quaternions [..., 4]."""
    q = np.where(q[..., 3:] < 0, -q, q)
    vector, w = q[..., :3], q[..., 3:]
    sine = _norm(vector)
    small = sine < 1e-7
    angle_over_sine = np.where(small, 2, 2 * np.arctan2(sine, w) / np.where(small, 1, sine)).astype(q.dtype)
    return vector * angle_over_sine


def from_euler(order: str, angles: Floats) -> Floats:
    """Quaternions [..., 4] of angles [..., n] about the axes named in `order`, as in a BVH file.

    order: n letters of XYZ, intrinsic: "ZXY" means R = Rz(angles[0]) Rx(angles[1]) Ry(angles[2]).
    """
    q = np.zeros((*angles.shape[:-1], 4), angles.dtype)
    q[..., 3] = 1
    for i, letter in enumerate(order):
        turn = np.zeros_like(q)
        turn[..., _AXES.index(letter)] = np.sin(angles[..., i] / 2)
        turn[..., 3] = np.cos(angles[..., i] / 2)
        q = multiply(q, turn)
    return np.where(q[..., 3:] < 0, -q, q)


def to_euler(order: str, q: Floats) -> Floats:
    """Angles [..., 3] in (-pi, pi] with `from_euler(order, angles) == q`; order: three different letters of XYZ.

    Where the middle angle is a right angle, only the sum of the others is defined, and the third is 0.
    """
    i, j, k = (_AXES.index(letter) for letter in order)
    sign = 1 if (i, j, k) in _CYCLIC else -1
    m = to_matrix(q)
    cosine = np.hypot(m[..., i, i], m[..., i, j])
    locked = cosine < TINY
    first = np.where(
        locked,
        np.arctan2(sign * m[..., k, j], m[..., j, j]),
        np.arctan2(-sign * m[..., j, k], m[..., k, k]),
    )
    third = np.where(locked, 0, np.arctan2(-sign * m[..., i, j], m[..., i, i]))
    return side_by_side(first, np.arctan2(sign * m[..., i, k], cosine), third)


def slerp(a: Floats, b: Floats, t: ArrayLike) -> Floats:
    """From a to b [..., 4] at constant angular speed, the short way; t [...] in 0 to 1 (Shoemake 1985, SIGGRAPH)."""
    share = np.asarray(t, a.dtype)[..., None]
    dot = np.sum(a * b, axis=-1, keepdims=True)
    b = np.where(dot < 0, -b, b)
    # atan2 of the half chords is exact for near and far; arccos of the dot product is not
    angle = 2 * np.arctan2(_norm(b - a), _norm(b + a))
    sine = np.sin(angle)
    near = sine < 1e-4
    safe = np.where(near, 1, sine)
    wa = np.where(near, 1 - share, np.sin((1 - share) * angle) / safe)
    wb = np.where(near, share, np.sin(share * angle) / safe)
    return normalize(wa * a + wb * b)


def nlerp(a: Floats, b: Floats, t: ArrayLike) -> Floats:
    """From a to b [..., 4] along the chord, the short way: slerp's path at slightly uneven speed, and cheap."""
    share = np.asarray(t, a.dtype)[..., None]
    b = np.where(np.sum(a * b, axis=-1, keepdims=True) < 0, -b, b)
    return normalize(a + share * (b - a))


def follow(q: Floats, before: Floats) -> Floats:
    """The same rotations [..., 4] with the sign nearer to `before` [..., 4]: `continuous`, one frame at a time."""
    turned: Floats = np.where((q * before).sum(axis=-1, keepdims=True) < 0, -q, q)
    return turned


def continuous(q: Floats) -> Floats:
    """The same rotations [T, ..., 4], each with the sign nearer to the one before it."""
    dot = np.sum(q[1:] * q[:-1], axis=-1, keepdims=True)
    sign = np.cumprod(np.where(dot < 0, -1, 1).astype(q.dtype), axis=0)
    out = q.copy()
    out[1:] *= sign
    return out


def shortest_arc(a: Floats, b: Floats) -> Floats:
    """The smallest turn [..., 4] that takes direction a [..., 3] to b [..., 3], any lengths.

    Opposite directions turn by pi about some axis across; a vector of no length gives the identity.
    """
    a, b = np.broadcast_arrays(a, b)
    length_a, length_b = _norm(a), _norm(b)
    unknown = (length_a < TINY) | (length_b < TINY)
    a = a / np.where(length_a < TINY, 1, length_a)
    b = b / np.where(length_b < TINY, 1, length_b)
    between = a + b
    q = np.concatenate([cross(a, b), np.sum(between * between, axis=-1, keepdims=True) / 2], axis=-1).astype(a.dtype)
    opposite = q[..., 3:] < 4 * np.finfo(q.dtype).eps
    if opposite.any():
        across = np.concatenate([_perpendicular(a), np.zeros_like(a[..., :1])], axis=-1)
        q = np.where(opposite, across, q)
    return normalize(np.where(unknown, np.array([0, 0, 0, 1], q.dtype), q))


def yaw(q: Floats) -> Floats:
    """Heading [...] in (-pi, pi]: the angle about +Y, from +Z towards +X, of the turned +Z axis of q [..., 4]."""
    x, y, z, w = q[..., 0], q[..., 1], q[..., 2], q[..., 3]
    heading: Floats = np.arctan2(2 * (x * z + w * y), w * w + z * z - x * x - y * y)
    return heading


def about_y(angle: ArrayLike) -> Floats:
    """The turn [..., 4] by `angle` [...] radians about +Y; float64 unless angle is a float32 array."""
    half = np.asarray(angle) / 2
    zero = np.zeros_like(half)
    return side_by_side(zero, np.sin(half), zero, np.cos(half))


def cross(a: Floats, b: Floats) -> Floats:
    """Cross product of vectors [..., 3], broadcast (numpy's own takes ten times as long for few vectors)."""
    ax, ay, az = a[..., 0], a[..., 1], a[..., 2]
    bx, by, bz = b[..., 0], b[..., 1], b[..., 2]
    return side_by_side(ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)


def side_by_side(*parts: Any) -> NDArray[Any]:
    """Equal or broadcastable arrays side by side in a new last axis (np.stack is slow for small arrays)."""
    first = np.asarray(parts[0])
    out = np.empty((*first.shape, len(parts)), first.dtype)
    for i, part in enumerate(parts):
        out[..., i] = part
    return out


def _norm(v: Floats) -> Floats:
    length: Floats = np.sqrt(np.add.reduce(v * v, axis=-1, keepdims=True))
    return length


def _perpendicular(v: Floats) -> Floats:
    """Some unit vector across unit vectors v [..., 3]: the one nearest the coordinate axis v is least along."""
    axis = np.eye(3, dtype=v.dtype)[np.argmin(np.abs(v), axis=-1)]
    across = axis - v * np.sum(axis * v, axis=-1, keepdims=True)
    unit: Floats = across / _norm(across)
    return unit
