"""G1 Moves: people's street dance and karate, as joint angles of the Unitree G1 robot (CC BY 4.0, 60 fps).

The robot's numbers are z up, x forward, y left; its zero pose stands upright with the upper arms down and the forearms
pointing forward. Its bodies are taken as rotations relative to that pose, never as positions, because its limbs are not
human; the pelvis' way is enlarged by the ratio of the legs. The robot has no neck, shoulder blades or toes.
"""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np

from model.datasets import files, humanoid
from model.datasets.take import Take
from motion import retarget, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID, MotionError

_CONTAINER = "g1_moves.zip"
_BODIES = {"hips": "pelvis", "upperChest": "torso"} | {
    side + bone: f"{side}_{body}"
    for side in ("left", "right")
    for bone, body in (
        ("UpperLeg", "hip_yaw"),
        ("LowerLeg", "knee"),
        ("Foot", "ankle_roll"),
        ("UpperArm", "shoulder_yaw"),
        ("LowerArm", "elbow"),
        ("Hand", "wrist_yaw"),
    )
}
_ABSENT = ("neck", "head", "leftShoulder", "rightShoulder", "leftToes", "rightToes")
_LEG_RATIO = 1.28  # a person of 1.75 m, as the robot's makers' fit assumed, over the robot
_GLITCH_SPAN = 3  # frames before and after a jump of the solver that are drawn anew
_STYLES = {"dance": "street", "karate": "karate", "gesture": "gesture"}


def load(path: Path) -> list[Take]:
    """All clips in `path` (a folder with index.json and g1_moves.zip), cut to where they move; raises MotionError.

    style: street (the dances), karate or gesture; notes["clip"] is the routine's own name, notes["use"] "dance" or
    "lively", notes["bounce_period_s"] and ["limb_speed_period_s"] with their strengths (0-1) are hints at its tempo.
    """
    index = files.read_index(path, "g1_moves")
    entries = [entry for entry in index.get("takes", []) if entry.get("container") == _CONTAINER]
    if not entries:
        raise MotionError(f"data set g1_moves: index.json in {path} lists no take in {_CONTAINER}")
    with files.open_zip(path / _CONTAINER, "g1_moves") as archive:
        robot = _Robot(json.loads(files.member(archive, "skeleton.json")))
        return [_take(entry, files.member(archive, entry["file"]), robot) for entry in entries]


class _Robot:
    """The robot's tree: parent, hinge axis and fixed turn of each body, and each body's world turn at zero angles."""

    def __init__(self, skeleton: dict[str, Any]) -> None:
        bodies = skeleton["bodies"]
        self.names: list[str] = [body["name"] for body in bodies]
        self.parents: list[int] = [body["parent"] for body in bodies]
        self.axes: list[str] = [(body["axis"] or "x").upper() for body in bodies]
        self.fixed: Floats = np.array(
            [np.roll(body["q0_wxyz"] or (1, 0, 0, 0), -1) for body in bodies], dtype=np.float64
        )
        self.fixed = rotation.normalize(self.fixed)
        self.offsets = np.array([body["offset"] or (0, 0, 0) for body in bodies], dtype=np.float64)
        still = np.zeros((1, len(bodies) - 1))
        self.zero = self.world(np.array([[0.0, 0.0, 0.0, 1.0]]), still)

    def world(self, root: Floats, angles: Floats) -> Floats:
        """Root rotation (T, 4), hinge angles (T, 29) rad -> world rotations of all bodies (T, 30, 4)."""
        world = np.empty((len(root), len(self.names), 4))
        world[:, 0] = root
        for body in range(1, len(self.names)):
            hinge = rotation.from_euler(self.axes[body], angles[:, body - 1, None])
            fixed = rotation.multiply(world[:, self.parents[body]], self.fixed[body])
            world[:, body] = rotation.multiply(fixed, hinge)
        return world

    def hip_centre(self, pelvis: Floats, world: Floats) -> Floats:
        """Pelvis (T, 3), all bodies' turns (T, 30, 4) -> the middle (T, 3) between the joints that pitch the thighs."""
        hips = [self.names.index(f"{side}_hip_pitch") for side in ("left", "right")]
        return pelvis + rotation.rotate(world[:, 0], self.offsets[hips].mean(axis=0))


def _take(entry: dict[str, Any], raw: bytes, robot: _Robot) -> Take:
    with np.load(io.BytesIO(raw), allow_pickle=False) as data:
        place: Floats = np.asarray(data["root_pos"], dtype=np.float64)
        root: Floats = rotation.normalize(np.asarray(data["root_quat_xyzw"], dtype=np.float64))
        angles: Floats = np.asarray(data["joint_angle_1e4"], dtype=np.float64) / 1e4
    place, root, angles = _without_glitches(place, root, angles, entry.get("glitch_frame_list", []))
    fps = float(entry["fps_true"])
    first, last = round(entry["active_from_s"] * fps), round(entry["active_to_s"] * fps)
    active = slice(first, max(last, first + 1))
    world = robot.world(root[active], angles[active])
    local = retarget.to_local(_humanoid_world(world, robot), HUMANOID)
    hip_centre = _to_ours(robot.hip_centre(place[active], world)) * _LEG_RATIO
    way = humanoid.place_root(hip_centre, local[:, 0])
    kind = str(entry["style"]).partition(":")
    hints = ("bounce_period_s", "bounce_strength", "limb_speed_period_s", "limb_speed_strength")
    return Take(
        name=entry["name"],
        dataset="g1_moves",
        style=_STYLES.get(kind[0], kind[0]),
        split=entry["split"],
        terms=entry["licence"],
        fps=fps,
        root=retarget.ground(way, local, HUMANOID),
        rotations=local,
        mask=~humanoid.known(set(_ABSENT)),
        notes={"clip": kind[2].strip(), "use": entry["use"]} | {k: str(entry[k]) for k in hints if entry.get(k)},
    )


def _without_glitches(place: Floats, root: Floats, angles: Floats, jumps: list[int]) -> tuple[Floats, Floats, Floats]:
    """Each frame in `jumps` is the first after the solver jumped; draw the frames around it anew, end to end."""
    place, root, angles = place.copy(), root.copy(), angles.copy()
    for jump in jumps:
        a, b = max(jump - _GLITCH_SPAN, 0), min(jump + _GLITCH_SPAN - 1, len(place) - 1)
        share = np.linspace(0.0, 1.0, b - a + 1)
        root[a : b + 1] = rotation.slerp(root[a], root[b], share)
        for array in (place, angles):
            array[a : b + 1] = array[a] + share[:, None] * (array[b] - array[a])
    return place, root, angles


def _humanoid_world(world: Floats, robot: _Robot) -> Floats:
    """World rotations of the robot's bodies (T, 30, 4) -> of our bones (T, 22, 4), identity in our T pose."""
    since_zero = rotation.multiply(world, rotation.inverse(robot.zero))
    turned = since_zero.copy()
    turned[..., :3] = _to_ours(since_zero[..., :3])
    ours = np.empty((len(world), len(BONES), 4))
    for bone, body in _BODIES.items():
        ours[:, BONES.index(bone)] = rotation.multiply(turned[:, robot.names.index(body)], _rest(bone))
    hips, torso = ours[:, BONES.index("hips")], ours[:, BONES.index("upperChest")]
    for bone, share in (("spine", 1 / 3), ("chest", 2 / 3), ("neck", 0.75), ("head", 0.5)):
        ours[:, BONES.index(bone)] = rotation.slerp(hips, torso, share)
    for side in ("left", "right"):
        ours[:, BONES.index(side + "Shoulder")] = torso
        ours[:, BONES.index(side + "Toes")] = ours[:, BONES.index(side + "Foot")]
    return ours


def _rest(bone: str) -> Floats:
    """The turn of `bone` from our T pose to the robot's zero pose, hinges upon hinges.

    Upper arm: the arm's direction goes down and the elbow's hinge (our Y in the T pose) goes sideways, outwards.
    Forearm and hand: the direction goes forward, the hinge sideways as well, so that the palms face each other.
    """
    outwards = 1.0 if bone.startswith("left") else -1.0
    out, up, ahead = np.eye(3) * (outwards, 1.0, 1.0)
    if bone.endswith("UpperArm"):
        along = -up
    elif bone.endswith(("LowerArm", "Hand")):
        along = ahead
    else:
        return np.array([0.0, 0.0, 0.0, 1.0])
    x, y = along * outwards, out
    return rotation.from_matrix(np.stack([x, y, np.cross(x, y)], axis=-1))


def _to_ours(vector: Floats) -> Floats:
    """Robot axes (x forward, y left, z up) -> ours (x left, y up, z forward); both right-handed."""
    return vector[..., [1, 2, 0]]
