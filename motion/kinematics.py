"""From local rotations to world positions and world rotations."""

from functools import cache

import numpy as np
from numpy.typing import NDArray

from motion import rotation
from motion.rotation import Floats
from motion.skeleton import Skeleton

Bones = NDArray[np.intp]

# multiply(parent, local) is linear in the parent: the matrix local[_INDEX] * _SIGN times the parent
_INDEX = np.array([[3, 2, 1, 0], [2, 3, 0, 1], [1, 0, 3, 2], [0, 1, 2, 3]])
_SIGN = np.array([[1, 1, -1, 1], [-1, 1, 1, 1], [1, -1, 1, 1], [-1, -1, -1, 1]], np.float32)


def forward(skeleton: Skeleton, root_position: Floats, local: Floats) -> tuple[Floats, Floats]:
    """World positions [..., J, 3] in metres and world rotations [..., J, 4] of all bones.

    root_position: [..., 3] metres, where the root is in the world. local: [..., J, 4] unit quaternions, each bone
    relative to its parent. The leading shapes are equal. float32 stays float32, float64 stays float64.
    """
    generations, parents, ancestry = _plan(skeleton.parents)
    maps = local[..., _INDEX] * _SIGN
    world = local.copy()
    for bones, above in generations:
        world[..., bones, :] = (maps[..., bones, :, :] @ world[..., above, :, None])[..., 0]
    reach = rotation.rotate(world[..., parents, :], skeleton.offsets[1:].astype(local.dtype))
    positions = np.empty((*local.shape[:-1], 3), local.dtype)
    positions[..., 0, :] = root_position
    positions[..., 1:, :] = ancestry.astype(local.dtype) @ reach + positions[..., :1, :]
    return positions, world


def rest_positions(skeleton: Skeleton) -> NDArray[np.float64]:
    """World positions [J, 3] in metres of the skeleton at rest, all rotations identity."""
    _, _, ancestry = _plan(skeleton.parents)
    return np.concatenate([skeleton.offsets[:1], ancestry @ skeleton.offsets[1:] + skeleton.offsets[0]])


@cache
def _plan(parents: tuple[int, ...]) -> tuple[list[tuple[Bones, Bones]], Bones, NDArray[np.float64]]:
    """Bones that can be turned together with their parents, all parents but the root's, and who hangs on whom.

    The last is [J - 1, J - 1]: 1 where the column's bone is the row's or above it, the root left out.
    """
    depth = [0] * len(parents)
    ancestry = np.eye(len(parents))
    for bone, parent in enumerate(parents[1:], start=1):
        depth[bone] = depth[parent] + 1
        ancestry[bone] += ancestry[parent]
    above = np.array(parents)
    levels = [np.flatnonzero(np.array(depth) == level) for level in range(1, max(depth) + 1)]
    return [(bones, above[bones]) for bones in levels], above[1:], ancestry[1:, 1:]
