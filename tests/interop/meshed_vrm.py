"""Synthetic VRM avatars with a skin: a box around every bone, four-coloured so that a twist can be seen.

VRM 1.0 and VRM 0.x, with other proportions, fewer bones and rest rotations that are not identity, as users' have them.
"""

import json
import struct
from dataclasses import dataclass, field

import numpy as np

from motion.rotation import inverse, multiply, rotate
from motion.skeleton import BONES, HUMANOID, PARENTS

RINGS = 9  # points along a bone
SIDES = np.array([(1, 1), (-1, 1), (-1, -1), (1, -1)], float)
COLOURS = np.array([(0.95, 0.3, 0.25), (0.95, 0.85, 0.3), (0.3, 0.75, 0.95), (0.85, 0.85, 0.9)], np.float32)
THICKNESS = {"hips": 0.1, "spine": 0.1, "chest": 0.11, "upperChest": 0.11, "head": 0.08, "neck": 0.045}
TIPS = {"head": (0.0, 0.16, 0.0), "Hand": (0.16, 0.0, 0.0), "Toes": (0.0, 0.0, 0.06)}


@dataclass
class Avatar:
    """offsets [22, 3]: at rest, our axes, metres; left_out: bones it lacks; rest [22, 4]: world rotations at rest."""

    version: str
    offsets: np.ndarray = field(default_factory=lambda: HUMANOID.offsets.copy())
    left_out: tuple[str, ...] = ()
    rest: np.ndarray = field(default_factory=lambda: np.tile((0.0, 0.0, 0.0, 1.0), (22, 1)))

    @property
    def places(self) -> np.ndarray:
        """World positions [22, 3] at rest, our axes."""
        found = self.offsets.copy()
        for n, parent in enumerate(PARENTS):
            if parent >= 0:
                found[n] += found[parent]
        return found

    def file(self) -> bytes:
        """The .vrm file."""
        bones = [n for n, name in enumerate(BONES) if name not in self.left_out]
        flip = np.array((1, 1, 1) if self.version == "1" else (-1, 1, -1), float)  # VRM 0.x stands turned round
        places, data = self.places * flip, _Buffer()
        nodes = [self._node(n, bones, places) for n in bones]
        skin = {"joints": list(range(len(bones))), "inverseBindMatrices": data.add(self._binds(bones, places), "MAT4")}
        mesh = {"primitives": [self._primitive(bones, places, flip, data)]}
        document = {
            "asset": {"version": "2.0"},
            "scene": 0,
            "scenes": [{"nodes": [0, len(nodes)]}],
            "nodes": [*nodes, {"name": "skin", "mesh": 0, "skin": 0}],
            "skins": [skin],
            "meshes": [mesh],
            "materials": [{"name": "body", "pbrMetallicRoughness": {"metallicFactor": 0.0, "roughnessFactor": 0.7}}],
            "buffers": [{"byteLength": len(data.bytes)}],
            "bufferViews": data.views,
            "accessors": data.accessors,
            **_extension(self.version, [BONES[n] for n in bones]),
        }
        return _glb(document, bytes(data.bytes))

    def _parent(self, n: int, bones: list[int]) -> int:
        """The nearest bone above n that the avatar has; -1 for none."""
        while (n := PARENTS[n]) >= 0 and n not in bones:
            pass
        return n

    def _node(self, n: int, bones: list[int], places: np.ndarray) -> dict:
        above = self._parent(n, bones)
        offset, turn = places[n] - (places[above] if above >= 0 else 0), self.rest[n]
        if above >= 0:
            offset, turn = rotate(inverse(self.rest[above]), offset), multiply(inverse(self.rest[above]), turn)
        children = [bones.index(m) for m in bones if self._parent(m, bones) == n]
        node = {"name": BONES[n], "translation": offset.tolist(), "rotation": turn.tolist()}
        return node | ({"children": children} if children else {})

    def _binds(self, bones: list[int], places: np.ndarray) -> np.ndarray:
        matrices = np.tile(np.eye(4), (len(bones), 1, 1))
        for row, n in enumerate(bones):
            back = inverse(self.rest[n])
            matrices[row, :3, :3] = rotate(back, np.eye(3)).T
            matrices[row, :3, 3] = rotate(back, -places[n])
        return matrices.swapaxes(1, 2).reshape(-1, 16).astype(np.float32)  # columns first

    def _primitive(self, bones: list[int], places: np.ndarray, flip: np.ndarray, data: "_Buffer") -> dict:
        points, normals, colours, joints, weights, triangles = ([] for _ in range(6))
        for n in bones:
            child, end = self._end(n, bones, places, flip)
            along = (end - places[n]) / np.linalg.norm(end - places[n])
            across = np.cross(along, (0, 0, 1.0) if abs(along[2]) < 0.9 else (1.0, 0, 0))
            across /= np.linalg.norm(across)
            thick = THICKNESS.get(BONES[n], 0.035)
            for side in range(4):
                corners = SIDES[[side, (side + 1) % 4]] * thick
                normal = np.cross(along, across) * corners.mean(0)[1] + across * corners.mean(0)[0]
                first = len(points)
                for ring in range(RINGS):
                    share = ring / (RINGS - 1)
                    follow = max(0.0, (share - 0.5)) if child >= 0 else 0.0  # the half near the child twists with it
                    for a, b in corners:
                        points.append(places[n] + share * (end - places[n]) + a * across + b * np.cross(along, across))
                        normals.append(normal / np.linalg.norm(normal))
                        colours.append(COLOURS[side] * (1.0 if ring % 2 else 0.75))
                        joints.append((bones.index(n), bones.index(child) if child >= 0 else 0, 0, 0))
                        weights.append((1 - follow, follow, 0, 0))
                for k in range(first, len(points) - 2, 2):
                    triangles += [k, k + 1, k + 2, k + 1, k + 3, k + 2]
        attributes = {
            "POSITION": data.add(np.array(points, np.float32), "VEC3", bounds=True),
            "NORMAL": data.add(np.array(normals, np.float32), "VEC3"),
            "COLOR_0": data.add(np.array(colours, np.float32), "VEC3"),
            "JOINTS_0": data.add(np.array(joints, np.uint8), "VEC4"),
            "WEIGHTS_0": data.add(np.array(weights, np.float32), "VEC4"),
        }
        return {"attributes": attributes, "indices": data.add(np.array(triangles, np.uint16), "SCALAR"), "material": 0}

    def _end(self, n: int, bones: list[int], places: np.ndarray, flip: np.ndarray) -> tuple[int, np.ndarray]:
        """(the bone a bone leads to or -1, where its box ends)."""
        children = [m for m in bones if self._parent(m, bones) == n]
        if children:
            main = next((m for m in children if BONES[m] in ("spine", "neck")), children[0])
            return main, places[main]
        side = -1 if BONES[n].startswith("right") else 1
        tip = next((t for name, t in TIPS.items() if BONES[n].endswith(name)), (0.0, 0.0, 0.12))
        return -1, places[n] + np.array(tip) * (side, 1, 1) * flip


KINDS = {np.dtype(np.float32): 5126, np.dtype(np.uint8): 5121, np.dtype(np.uint16): 5123}


class _Buffer:
    """A glTF buffer that grows."""

    def __init__(self) -> None:
        self.bytes, self.views, self.accessors = bytearray(), [], []

    def add(self, array: np.ndarray, kind: str, bounds: bool = False) -> int:
        """Append an array; the number of its accessor."""
        self.views.append({"buffer": 0, "byteOffset": len(self.bytes), "byteLength": array.nbytes})
        self.bytes += array.tobytes() + b"\0" * (-array.nbytes % 4)
        accessor = {"bufferView": len(self.views) - 1, "componentType": KINDS[array.dtype], "type": kind}
        accessor["count"] = len(array)
        if bounds:
            accessor |= {"min": array.min(0).tolist(), "max": array.max(0).tolist()}
        self.accessors.append(accessor)
        return len(self.accessors) - 1


def _extension(version: str, names: list[str]) -> dict:
    if version == "1":
        human = {name: {"node": n} for n, name in enumerate(names)}
        meta = {"name": "box", "version": "1", "authors": ["t"], "licenseUrl": "https://vrm.dev/licenses/1.0/"}
        vrm = {"specVersion": "1.0", "meta": meta, "humanoid": {"humanBones": human}}
        return {"extensionsUsed": ["VRMC_vrm"], "extensions": {"VRMC_vrm": vrm}}
    vrm = {
        "specVersion": "0.0",
        "meta": {"title": "box"},
        "humanoid": {"humanBones": [{"bone": name, "node": n} for n, name in enumerate(names)]},
        "firstPerson": {},
        "blendShapeMaster": {"blendShapeGroups": []},
        "secondaryAnimation": {},
        "materialProperties": [],
    }
    return {"extensionsUsed": ["VRM"], "extensions": {"VRM": vrm}}


def _glb(document: dict, data: bytes) -> bytes:
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    head = struct.pack("<4sII", b"glTF", 2, 12 + 8 + len(text) + 8 + len(data))
    return head + struct.pack("<II", len(text), 0x4E4F534A) + text + struct.pack("<II", len(data), 0x004E4942) + data
