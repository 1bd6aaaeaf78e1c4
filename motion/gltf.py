"""The skeleton part of a binary glTF file (.glb, .vrm): its JSON chunk, and where its nodes are at rest.

Nothing but the JSON is read: no mesh, no picture, no code (Khronos, glTF 2.0, sections 3.5 and 4.4).
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion import rotation
from motion.skeleton import MotionError

LARGEST_JSON = 32 * 2**20  # bytes; avatars in use have under two million
MOST_NODES = 16_384
_HEAD = struct.Struct("<4sIIII")  # magic, version, length of the file, length and type of the first chunk
_JSON_CHUNK = 0x4E4F534A


@dataclass(frozen=True)
class Nodes:
    """N nodes at rest, in the file's axes (right-handed, +Y up, metres).

    parents: [N], -1 where none. translations: [N, 3] below the parent. world: [N, 4, 4] matrices, scales included.
    """

    parents: tuple[int, ...]
    translations: NDArray[np.float64]
    world: NDArray[np.float64]

    def rotations(self) -> NDArray[np.float64]:
        """World rotations [N, 4] of all nodes, without their scales."""
        columns = self.world[:, :3, :2].transpose(0, 2, 1).reshape(-1, 6)
        return np.asarray(rotation.from_6d(columns), np.float64)


def read_json(path: Path) -> dict[str, Any]:
    """The JSON of a .glb or .vrm file. Raises MotionError."""
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD.size)
            if len(head) < _HEAD.size or head[:4] != b"glTF":
                raise MotionError(f"{path} is not a .vrm or .glb file (binary glTF): export the avatar as one of these")
            _, version, _, size, kind = _HEAD.unpack(head)
            if version != 2 or kind != _JSON_CHUNK:
                raise MotionError(f"{path} is glTF version {version}, or begins oddly: export it as glTF 2.0")
            if size > LARGEST_JSON:
                raise MotionError(f"{path}: {size} bytes of JSON are more than an avatar has ({LARGEST_JSON})")
            text = file.read(size)
    except OSError as err:
        raise MotionError(f"cannot read {path}: {err.strerror}") from None
    if len(text) < size:
        raise MotionError(f"{path} is cut off: copy or export it again")
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as err:
        raise MotionError(f"{path}: its JSON is damaged ({type(err).__name__}): export it again") from None
    if not isinstance(content, dict):
        raise MotionError(f"{path}: its JSON is no object: export it again")
    return content


def rest(content: dict[str, Any]) -> Nodes:
    """The nodes of a file's JSON as they rest. Raises MotionError without the file's name."""
    nodes = content.get("nodes")
    if not isinstance(nodes, list) or not all(isinstance(node, dict) for node in nodes):
        raise MotionError("it has no list of nodes")
    if len(nodes) > MOST_NODES:
        raise MotionError(f"{len(nodes)} nodes are more than an avatar has ({MOST_NODES})")
    parents = _parents(nodes)
    local = np.stack([_matrix(node, n) for n, node in enumerate(nodes)]) if nodes else np.zeros((0, 4, 4))
    world = np.zeros_like(local)
    for n in _from_the_top(parents):
        world[n] = local[n] if parents[n] < 0 else world[parents[n]] @ local[n]
    return Nodes(parents, local[:, :3, 3].copy(), world)


def _parents(nodes: list[dict[str, Any]]) -> tuple[int, ...]:
    parents = [-1] * len(nodes)
    for n, node in enumerate(nodes):
        children = node.get("children", [])
        if not isinstance(children, list):
            raise MotionError(f"the children of node {n} are no list")
        for child in children:
            if not isinstance(child, int) or not 0 <= child < len(nodes) or parents[child] >= 0:
                raise MotionError(f"node {n} has a child {child!r} that cannot be")
            parents[child] = n
    return tuple(parents)


def _from_the_top(parents: tuple[int, ...]) -> list[int]:
    """All nodes, each after its parent. Raises MotionError for a ring."""
    children: list[list[int]] = [[] for _ in parents]
    order: list[int] = []
    for n, parent in enumerate(parents):
        (children[parent] if parent >= 0 else order).append(n)
    for n in order:  # it grows while it is read
        order += children[n]
    if len(order) < len(parents):
        raise MotionError("its nodes hang on one another in a ring")
    return order


def _matrix(node: dict[str, Any], n: int) -> NDArray[np.float64]:
    """The node's own 4 x 4 matrix, from its matrix (by columns) or its translation, rotation (xyzw) and scale."""
    if "matrix" in node:
        return _numbers(node, "matrix", n, (0.0,) * 16).reshape(4, 4).T
    matrix = np.eye(4)
    turn = rotation.normalize(_numbers(node, "rotation", n, (0.0, 0.0, 0.0, 1.0)))
    matrix[:3, :3] = rotation.to_matrix(turn) * _numbers(node, "scale", n, (1.0, 1.0, 1.0))
    matrix[:3, 3] = _numbers(node, "translation", n, (0.0, 0.0, 0.0))
    return matrix


def _numbers(node: dict[str, Any], key: str, n: int, default: tuple[float, ...]) -> NDArray[np.float64]:
    values = node.get(key, default)
    if (
        not isinstance(values, list | tuple)
        or len(values) != len(default)
        or not all(isinstance(value, int | float) and abs(value) < 1e6 for value in values)  # a NaN is not below
    ):
        raise MotionError(f"the {key} of node {n} is not {len(default)} numbers")
    return np.array(values, np.float64)
