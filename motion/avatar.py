"""The user's own avatar: which of our bones a .vrm file has, where they rest, and how they are turned at rest.

VRM 0.x (extension VRM) and VRM 1.0 (extension VRMC_vrm). A VRM 0.x model faces -Z in its file; here it is turned
round, so that everything is in our axes: metres, +Y up, facing +Z, left at +X.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion import gltf, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, MotionError, Skeleton

F64 = NDArray[np.float64]

OPTIONAL = frozenset(
    {"chest", "upperChest", "neck"} | {side + bone for side in ("left", "right") for bone in ("Shoulder", "Toes")}
)
LIMBS = {  # the bones that have a direction, and the bone at their end
    side + bone: side + end
    for side in ("left", "right")
    for bone, end in (
        ("UpperArm", "LowerArm"),
        ("LowerArm", "Hand"),
        ("UpperLeg", "LowerLeg"),
        ("LowerLeg", "Foot"),
    )
}
_ROUND = np.diag([-1.0, 1.0, -1.0, 1.0])  # half a turn about Y
_SHORTEST_BONE = 1e-4  # metres


@dataclass(frozen=True)
class Avatar:
    """A of our 22 bones, at rest; all arrays in our axes.

    skeleton: their names, parents and rest offsets as if all rest rotations were identity (VRM's normalized pose).
    bones: [A] which of BONES they are. translations: [A, 3] each bone's own, below its node's parent. above: [A, 4]
    rest world rotation of the node directly above, rest: [A, 4] that of the bone itself. to_hips: [4, 4] from the
    avatar's space to that of the node above the hips.
    """

    name: str
    version: str
    skeleton: Skeleton
    bones: NDArray[np.intp]
    translations: F64
    above: F64
    rest: F64
    to_hips: F64

    @property
    def raw_is_normalized(self) -> bool:
        """Whether no rest rotation differs from identity, as in every VRM 0.x file that keeps to its rules."""
        return bool((np.abs(np.concatenate([self.above, self.rest])[:, 3]) > 1 - 1e-9).all())

    def to_raw(self, hips: Floats, local: Floats) -> tuple[Floats, Floats]:
        """From normalized rotations [..., A, 4] and place of the hips [..., 3] to what the file's nodes need.

        Returns the translation of the hips' node [..., 3] and local rotations [..., A, 4]; dtypes stay.
        """
        above, rest = (turn.astype(local.dtype) for turn in (rotation.inverse(self.above), self.rest))
        frame = self.to_hips.astype(hips.dtype)
        turns = rotation.multiply(rotation.multiply(above, local), rest)
        return hips @ frame[:3, :3].T + frame[:3, 3], turns


def read(path: Path) -> Avatar:
    """The avatar of a .vrm or .glb file. Raises MotionError, one line that names the file."""
    content = gltf.read_json(path)
    try:
        return of_json(path.name, content)
    except MotionError as err:
        raise MotionError(f"{path}: {err}") from None


def of_json(name: str, content: dict[str, Any]) -> Avatar:
    """The avatar that the JSON of a file describes. Raises MotionError without the file's name."""
    version, bones = _human_bones(content)
    return _avatar(name, version, bones, gltf.rest(content))


def _human_bones(content: dict[str, Any]) -> tuple[str, dict[str, int]]:
    """The file's VRM version, and the node of each of our bones that it has."""
    for extension, version in (("VRMC_vrm", "1.0"), ("VRM", "0.x")):
        humanoid = _inside(_inside(_inside(content, "extensions"), extension), "humanoid")
        if found := _listed(humanoid.get("humanBones")):
            return version, {name: found[name] for name in BONES if name in found}
    raise MotionError("no VRM humanoid is in it: export the avatar as VRM (UniVRM, or the VRM add-on of Blender)")


def _listed(bones: object) -> dict[str, int]:
    """Node by name, of VRM 1.0's {name: {node}} or VRM 0.x's [{bone, node}]; entries that are neither are left out."""
    if isinstance(bones, dict):
        bones = [{"bone": name, **_inside(bones, name)} for name in bones]
    if not isinstance(bones, list):
        return {}
    pairs = [(bone.get("bone"), bone.get("node")) for bone in bones if isinstance(bone, dict)]
    return {name: node for name, node in pairs if isinstance(name, str) and isinstance(node, int)}


def _inside(content: dict[str, Any], key: str) -> dict[str, Any]:
    inner = content.get(key)
    return inner if isinstance(inner, dict) else {}


def _avatar(name: str, version: str, found: dict[str, int], nodes: gltf.Nodes) -> Avatar:
    _check(found, nodes)
    turn = _ROUND if version == "0.x" else np.eye(4)
    world = turn @ nodes.world @ turn
    # a change of axes keeps the angle and turns the axis; _ROUND turns vectors as `about_y(pi)` does
    rotations = nodes.rotations() * np.append(np.diag(turn)[:3], 1.0)
    index = list(found.values())
    above = [nodes.parents[node] for node in index]
    hips_frame = world[above[0]] if above[0] >= 0 else np.eye(4)
    if np.linalg.det(hips_frame[:3, :3]) < _SHORTEST_BONE**3:
        raise MotionError("its hips are mirrored or scaled to nothing by a node above them: apply the scale")
    skeleton = _skeleton(found, nodes, world[index, :3, 3])
    identity = np.array([0.0, 0.0, 0.0, 1.0])
    return Avatar(
        name=name,
        version=version,
        skeleton=skeleton,
        bones=np.array([BONES.index(bone) for bone in found]),
        translations=nodes.translations[index] @ turn[:3, :3],
        above=np.stack([rotations[node] if node >= 0 else identity for node in above]),
        rest=rotations[index],
        to_hips=np.linalg.inv(hips_frame),
    )


def _check(found: dict[str, int], nodes: gltf.Nodes) -> None:
    for name in BONES:
        if name not in found and name not in OPTIONAL:
            raise MotionError(f"its humanoid has no {name}: assign that bone and export it again")
    for name, node in found.items():
        if not 0 <= node < len(nodes.parents):
            raise MotionError(f"its {name} is node {node}, which is not there")


def _skeleton(found: dict[str, int], nodes: gltf.Nodes, places: F64) -> Skeleton:
    """The bones by the nearest of them above each, and the way from there. places: [A, 3] at rest."""
    names = tuple(found)
    by_node = {node: n for n, node in enumerate(found.values())}
    if len(by_node) < len(found):
        raise MotionError("two bones of its humanoid are one node")
    parents = []
    for n, node in enumerate(found.values()):
        node = nodes.parents[node]
        while node >= 0 and node not in by_node:
            node = nodes.parents[node]
        parent = by_node.get(node, -1)
        if (parent < 0) != (n == 0) or parent >= n:
            raise MotionError(f"its {names[n]} hangs on {names[parent] if parent >= 0 else 'nothing'}")
        parents.append(parent)
    offsets = places - np.where(np.array(parents)[:, None] >= 0, places[parents], 0.0)
    skeleton = Skeleton(names, tuple(parents), offsets)
    _check_limbs(skeleton)
    return skeleton


def _check_limbs(skeleton: Skeleton) -> None:
    hips = [("hips", "leftUpperLeg"), ("hips", "rightUpperLeg")]
    for bone, child in [*hips, *LIMBS.items(), ("leftFoot", "leftToes"), ("rightFoot", "rightToes")]:
        if child not in skeleton.names:
            continue
        n = skeleton.index(child)
        if skeleton.parents[n] != skeleton.index(bone):
            raise MotionError(f"its {child} hangs on {skeleton.names[skeleton.parents[n]]}, not on {bone}")
        if bone in LIMBS and np.linalg.norm(skeleton.offsets[n]) < _SHORTEST_BONE:
            raise MotionError(f"its {child} is where its {bone} is: a limb needs a length")
