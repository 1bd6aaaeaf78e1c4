"""Rotations of a few bones: what `motion.rotation` does, for arrays so small that calls cost more than numbers do."""

import numpy as np

from motion import rotation
from motion.rotation import Floats

# multiply(a, b) is linear in a and in b: its matrix over b is a[_INDEX] * _SIGN
_INDEX = np.array([[3, 2, 1, 0], [2, 3, 0, 1], [1, 0, 3, 2], [0, 1, 2, 3]])
_SIGN = np.array([[1.0, -1.0, 1.0, 1.0], [1.0, 1.0, -1.0, 1.0], [-1.0, 1.0, 1.0, 1.0], [-1.0, -1.0, -1.0, 1.0]])


def _from_products() -> Floats:
    """[16, 9]: the products of a unit quaternion's numbers, times this, are its rotation matrix."""
    table = np.zeros((4, 4, 3, 3))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        for axis in range(4):
            table[axis, axis, i, i] = 1.0 if axis in (i, 3) else -1.0
        table[i, j, i, j] = table[i, j, j, i] = 2.0
        table[k, 3, j, i], table[k, 3, i, j] = 2.0, -2.0
    return table.reshape(16, 9)


def _cross_and_dot() -> Floats:
    """[9, 4]: the products of two vectors' numbers, times this, are their cross and dot product."""
    table = np.zeros((3, 3, 4))
    for i, j, k in ((0, 1, 2), (1, 2, 0), (2, 0, 1)):
        table[i, j, k], table[j, i, k], table[i, i, 3] = 1.0, -1.0, 1.0
    return table.reshape(9, 4)


_MATRIX, _ARC = _from_products(), _cross_and_dot()


def multiply(a: Floats, b: Floats) -> Floats:
    """First b, then a: unit quaternions [..., 4]."""
    product: Floats = ((a[..., _INDEX] * _SIGN) @ b[..., None])[..., 0]
    return product


def to_matrix(q: Floats) -> Floats:
    """Rotation matrices [..., 3, 3] of unit quaternions [..., 4]."""
    products = (q[..., :, None] * q[..., None, :]).reshape(*q.shape[:-1], 16)
    matrix: Floats = (products @ _MATRIX).reshape(*q.shape[:-1], 3, 3)
    return matrix


def shortest_arc(a: Floats, b: Floats) -> Floats:
    """The smallest turn [..., 4] from direction a to b [..., 3], any lengths."""
    arc: Floats = (a[..., :, None] * b[..., None, :]).reshape(*a.shape[:-1], 9) @ _ARC
    lengths = length(a) * length(b)
    arc[..., 3] += lengths
    size = length(arc)
    if (size < 1e-4 * lengths).any() or (lengths < rotation.TINY).any():  # opposite, or no direction
        return rotation.shortest_arc(a, b)
    return arc / size[..., None]


def turn(matrix: Floats, v: Floats) -> Floats:
    """Vectors [..., 3] turned by rotation matrices [..., 3, 3], or one vector [3] by all."""
    turned: Floats = (matrix @ v[..., None])[..., 0]
    return turned


def length(v: Floats) -> Floats:
    """[...] of vectors [..., 3]."""
    size: Floats = np.sqrt(np.add.reduce(v * v, axis=-1))
    return size
