"""Avatars without a mesh, made as .vrm bytes: any proportions, any rest rotations, VRM 0.x and VRM 1.0."""

import json
import struct
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from motion.kinematics import rest_positions
from motion.skeleton import BONES, HUMANOID, PARENTS

ROUND = np.diag([-1.0, 1.0, -1.0])  # VRM 0.x stands turned round
OPTIONAL = ("upperChest", "neck", "leftShoulder", "rightShoulder", "leftToes", "rightToes")


@dataclass
class Made:
    """What a test knows of an avatar, in our axes: places [22, 3] and world rotations [22, 3, 3] at rest."""

    version: str
    places: np.ndarray = field(default_factory=lambda: rest_positions(HUMANOID))
    turns: np.ndarray = field(default_factory=lambda: np.tile(np.eye(3), (22, 1, 1)))
    missing: tuple[str, ...] = ()
    armature: np.ndarray | None = None  # [4, 4] of a node above the hips
    twists: tuple[str, ...] = ()  # bones with one more node between them and their parent

    @property
    def names(self) -> list[str]:
        return [name for name in BONES if name not in self.missing]

    def json(self) -> dict:
        nodes = [{"name": "Armature", **_trs(self._own(np.eye(4) if self.armature is None else self.armature))}]
        worlds = [np.eye(4) if self.armature is None else self.armature]
        node_of: dict[str, int] = {}
        for name in self.names:
            above = self._above(name, node_of)
            if name in self.twists:
                above = self._add(nodes, worlds, "twist", above, 0.5 * (worlds[above] + self._world(name)))
            node_of[name] = self._add(nodes, worlds, name, above, self._world(name))
        content = {"asset": {"version": "2.0"}, "scene": 0, "scenes": [{"nodes": [0]}], "nodes": nodes}
        return content | (self._vrm1(node_of) if self.version == "1" else self._vrm0(node_of))

    def write(self, path: Path) -> Path:
        path.write_bytes(glb(self.json()))
        return path

    def _world(self, name: str) -> np.ndarray:
        matrix = np.eye(4)
        n = BONES.index(name)
        scale = 1.0 if self.armature is None else np.cbrt(np.linalg.det(self.armature[:3, :3]))
        matrix[:3, :3], matrix[:3, 3] = self.turns[n] * scale, self.places[n]
        return matrix

    def _add(self, nodes: list, worlds: list, name: str, above: int, world: np.ndarray) -> int:
        if name == "twist":  # a rotation of its own, half way
            world = world.copy()
            world[:3, :3] = worlds[above][:3, :3] @ Rotation.from_euler("XYZ", [0.3, -0.2, 0.4]).as_matrix()
            if self.version == "0":
                world[:3, :3] = worlds[above][:3, :3]
        nodes.append({"name": name, **_trs(self._own(np.linalg.inv(worlds[above]) @ world))})
        nodes[above].setdefault("children", []).append(len(nodes) - 1)
        worlds.append(world)
        return len(nodes) - 1

    def _above(self, name: str, node_of: dict[str, int]) -> int:
        n = PARENTS[BONES.index(name)]
        while n >= 0 and BONES[n] not in node_of:
            n = PARENTS[n]
        return node_of[BONES[n]] if n >= 0 else 0

    def _own(self, matrix: np.ndarray) -> np.ndarray:
        """In the axes of the file."""
        if self.version == "1":
            return matrix
        turn = np.eye(4)
        turn[:3, :3] = ROUND
        return turn @ matrix @ turn

    def _vrm1(self, node_of: dict[str, int]) -> dict:
        meta = {"name": "t", "version": "1", "authors": ["t"], "licenseUrl": "https://vrm.dev/licenses/1.0/"}
        bones = {name: {"node": node} for name, node in node_of.items()}
        vrm = {"specVersion": "1.0", "meta": meta, "humanoid": {"humanBones": bones}}
        return {"extensionsUsed": ["VRMC_vrm"], "extensions": {"VRMC_vrm": vrm}}

    def _vrm0(self, node_of: dict[str, int]) -> dict:
        bones = [{"bone": name, "node": node} for name, node in node_of.items()]
        vrm = {"specVersion": "0.0", "meta": {"title": "t"}, "humanoid": {"humanBones": bones}, "firstPerson": {},
               "blendShapeMaster": {"blendShapeGroups": []}, "secondaryAnimation": {},
               "materialProperties": []}  # fmt: skip
        return {"extensionsUsed": ["VRM"], "extensions": {"VRM": vrm}}


def body(seed: int, arms_down: float = 0.0) -> np.ndarray:
    """Places [22, 3] of a body of other proportions that stands on the floor; arms_down: degrees, an A-pose."""
    rng = np.random.default_rng(seed)
    offsets = HUMANOID.offsets.copy()
    for n, name in enumerate(BONES):
        if name.startswith("right"):
            offsets[n] = offsets[BONES.index("left" + name[5:])] * (-1, 1, 1)
            continue
        offsets[n] *= rng.uniform(0.55, 1.35)
        if name.endswith(("UpperArm", "LowerArm", "Hand", "LowerLeg", "Foot")):
            offsets[n] = Rotation.from_rotvec(rng.uniform(-0.09, 0.09, 3)).apply(offsets[n])
        if name.endswith(("LowerArm", "Hand")):
            offsets[n] = Rotation.from_euler("z", -arms_down, degrees=True).apply(offsets[n])
    places = np.zeros_like(offsets)
    for n, parent in enumerate(PARENTS):
        places[n] = offsets[n] + (places[parent] if parent >= 0 else 0)
    sole = places[BONES.index("leftFoot"), 1] - rng.uniform(0.05, 0.12)
    return places - np.array([places[0, 0], sole, places[0, 2]])


def turns(seed: int) -> np.ndarray:
    """Any world rotations [22, 3, 3] at rest."""
    return Rotation.random(22, random_state=seed).as_matrix()


def armature(scale: float = 1.0) -> np.ndarray:
    """What exporters leave above the hips: a turn, a scale, a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("x", -90, degrees=True).as_matrix() * scale
    matrix[:3, 3] = (0.0, 0.05, 0.02)
    return matrix


def glb(content: dict) -> bytes:
    text = json.dumps(content).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIIII", b"glTF", 2, 20 + len(text), len(text), 0x4E4F534A) + text


def _trs(matrix: np.ndarray) -> dict:
    scale = np.linalg.norm(matrix[:3, :3], axis=0)
    turn = Rotation.from_matrix(matrix[:3, :3] / scale)
    parts = {"translation": matrix[:3, 3].tolist()}
    if turn.magnitude() > 1e-9:
        parts["rotation"] = turn.as_quat().tolist()
    if np.abs(scale - 1).max() > 1e-9:
        parts["scale"] = scale.tolist()
    return parts
