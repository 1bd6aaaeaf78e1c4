"""A dance as binary glTF 2.0 (.glb) that is a VRM animation, too (.vrma): which bytes stand where in the file.

The bones are nodes in rest pose T, of the hips alone the place moves, everything is LINEAR. The keys stand in columns
(glTF wants the numbers of a sampler side by side), each with room for `capacity` keys, so that a file can be written
while the dance goes on: first the new numbers, which nothing counts yet, then `mark`, which lies in one page of the
file. A page is written as one or not at all, so the file is whole at every instant.

    header, JSON chunk ... up to a border of pages | the accessors: their counts | BIN chunk: times, hips, bones, figure
"""

import json
import struct
from typing import Any

import numpy as np

from motion.gltf_figure import Mesh
from motion.kinematics import rest_positions
from motion.rotation import Floats
from motion.skeleton import Skeleton

PAGE = 4096  # bytes that an operating system writes as one
HEAD, BIN_HEAD = struct.Struct("<4sIII4s"), struct.Struct("<I4s")
FLOAT, BYTE, SHORT = 5126, 5121, 5123
VERTICES, INDICES = 34962, 34963
WIDTHS = {"SCALAR": 4, "VEC3": 12, "VEC4": 16}  # bytes of a key
LATEST = 2.0**17  # s, 36 hours: beyond, float32 cannot tell the keys of 60 a second apart
GENERATOR = "streaming-dancer"


class Layout:
    """The places of everything in a file with room for `capacity` keys; capacity > 0."""

    def __init__(self, skeleton: Skeleton, capacity: int, figure: Mesh | None) -> None:
        self.capacity = capacity
        kinds = ["SCALAR", "VEC3", *["VEC4"] * len(skeleton.names)]
        still = _figure_arrays(skeleton, figure) if figure else []
        sizes = [WIDTHS[kind] * capacity for kind in kinds] + [array.nbytes for array, _, _ in still]
        starts = np.concatenate([[0], np.cumsum([-(-size // 4) * 4 for size in sizes])]).tolist()
        self._keyed = [{"componentType": FLOAT, "type": kind} for kind in kinds]
        self._still = [accessor for _, accessor, _ in still]
        targets = [*[{}] * len(kinds), *(target for _, _, target in still)]
        views = [{"buffer": 0, "byteOffset": start, "byteLength": size} | target
                 for start, size, target in zip(starts[:-1], sizes, targets, strict=True)]  # fmt: skip
        content = _content(skeleton, bool(figure)) | {"bufferViews": views, "buffers": [{"byteLength": starts[-1]}]}
        text = json.dumps(content, separators=(",", ":"))[:-1].encode() + b',"accessors":'
        self._page = -(-(HEAD.size + len(text)) // PAGE) * PAGE
        binary = self._page + PAGE + BIN_HEAD.size
        self.size = binary + starts[-1]
        self.columns = [(binary + start, WIDTHS[kind]) for start, kind in zip(starts, kinds, strict=False)]
        head = HEAD.pack(b"glTF", 2, self.size, self._page + PAGE - HEAD.size, b"JSON") + text
        self.start = [(0, head.ljust(self._page)), (self._page + PAGE, BIN_HEAD.pack(starts[-1], b"BIN\0"))]
        places = [binary + start for start in starts[len(kinds) : -1]]
        self.start += [(place, array.tobytes()) for place, (array, _, _) in zip(places, still, strict=True)]

    def mark(self, keys: int, first: float, last: float) -> tuple[int, bytes]:
        """Where to write what makes the first `keys` > 0 keys the animation, from `first` to `last` seconds."""
        accessors: list[dict[str, Any]] = [accessor | {"count": keys} for accessor in self._keyed] + self._still
        accessors[0] |= {"min": [float(np.float32(first))], "max": [float(np.float32(last))]}
        numbered = [{"bufferView": n} | accessor for n, accessor in enumerate(accessors)]
        text = json.dumps(numbered, separators=(",", ":")).encode() + b"}"
        assert len(text) <= PAGE
        return self._page, text.ljust(PAGE)


def columns(times: Floats, root: Floats, local: Floats) -> list[bytes]:
    """The bytes of T keys, a column each: times [T] seconds, root [T, 3] metres, local [T, J, 4] xyzw unit."""
    tracks = [times, root, *np.moveaxis(local, 1, 0)]
    return [np.ascontiguousarray(track, "<f4").tobytes() for track in tracks]


def _content(skeleton: Skeleton, figure: bool) -> dict[str, Any]:
    """All of the JSON that does not depend on the number of keys."""
    bones = range(len(skeleton.names))
    channels = [{"sampler": 0, "target": {"node": 0, "path": "translation"}}]
    channels += [{"sampler": 1 + n, "target": {"node": n, "path": "rotation"}} for n in bones]
    samplers = [{"input": 0, "output": 1 + n, "interpolation": "LINEAR"} for n in range(len(channels))]
    nodes: list[dict[str, Any]] = []
    for n, (name, offset) in enumerate(zip(skeleton.names, skeleton.offsets.tolist(), strict=True)):
        children = [child for child in bones if skeleton.parents[child] == n]
        nodes.append({"name": name, "translation": offset} | ({"children": children} if children else {}))
    content: dict[str, Any] = {
        "asset": {"version": "2.0", "generator": GENERATOR},
        "extensionsUsed": ["VRMC_vrm_animation"],
        "extensions": {
            "VRMC_vrm_animation": {
                "specVersion": "1.0",
                "humanoid": {"humanBones": {name: {"node": n} for n, name in enumerate(skeleton.names)}},
            }
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": nodes,
        "animations": [{"name": "dance", "channels": channels, "samplers": samplers}],
    }
    if figure:
        first = 2 + len(skeleton.names)  # accessors of the keys come before
        corners = {name: first + n for n, name in enumerate(("POSITION", "NORMAL", "JOINTS_0", "WEIGHTS_0"))}
        surface = {"attributes": corners, "indices": first + 4, "material": 0}
        paint = {"baseColorFactor": [0.8, 0.76, 0.72, 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.7}
        nodes.append({"name": "figure", "mesh": 0, "skin": 0})
        content["scenes"][0]["nodes"].append(len(nodes) - 1)
        content |= {
            "meshes": [{"name": "figure", "primitives": [surface]}],
            "skins": [{"joints": list(bones), "inverseBindMatrices": first + 5}],
            "materials": [{"name": "figure", "pbrMetallicRoughness": paint}],
        }
    return content


def _figure_arrays(skeleton: Skeleton, mesh: Mesh) -> list[tuple[Any, dict[str, Any], dict[str, Any]]]:
    """(array, accessor, more of its buffer view), in the order that _content counts on."""
    inverse_bind = np.tile(np.eye(4, dtype="<f4"), (len(skeleton.names), 1, 1))
    inverse_bind[:, 3, :3] = -rest_positions(skeleton)  # column by column: the last four numbers are the translation
    low, high = mesh.positions.min(axis=0).tolist(), mesh.positions.max(axis=0).tolist()
    corners, triangles = {"target": VERTICES}, {"target": INDICES}
    rows: list[tuple[Any, dict[str, Any], dict[str, Any]]] = [
        (mesh.positions, {"componentType": FLOAT, "type": "VEC3", "min": low, "max": high}, corners),
        (mesh.normals, {"componentType": FLOAT, "type": "VEC3"}, corners),
        (mesh.joints, {"componentType": BYTE, "type": "VEC4"}, corners),
        (mesh.weights, {"componentType": BYTE, "type": "VEC4", "normalized": True}, corners),
        (mesh.triangles.reshape(-1), {"componentType": SHORT, "type": "SCALAR"}, triangles),
        (inverse_bind, {"componentType": FLOAT, "type": "MAT4"}, {}),
    ]
    return [(array, accessor | {"count": len(array)}, target) for array, accessor, target in rows]
