"""Characters for the harness, written as the lines that its `rig` command reads: ours, and bodies of other people."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from motion.kinematics import rest_positions
from motion.rotation import from_axis_angle, inverse, multiply, rotate
from motion.skeleton import BONES, HUMANOID, PARENTS
from realtime.sinks.vmc_pose import NAMES, to_unity

IDENTITY = np.array((0.0, 0.0, 0.0, 1.0))


@dataclass
class Avatar:
    """Joints at rest and how the nodes are turned there, Unity's axes: places [22, 3] metres, turns [22, 4] xyzw."""

    places: np.ndarray
    turns: np.ndarray
    missing: tuple[str, ...] = ()
    armature: tuple[float, tuple[float, ...]] | None = None  # scale and turn of a node between object and hips
    t_pose: np.ndarray | None = (
        None  # [22, 4] world turns that Unity keeps as the T-pose, when the nodes stand otherwise
    )
    bones: list[str] = field(default_factory=lambda: list(BONES))

    def write(self, path: Path) -> Path:
        """One line a node, parents first, every number as text."""
        rows = ["Avatar -1 0 0 0 0 0 0 1 1 1 1 -"]
        scale, turn = self.armature or (1.0, IDENTITY)
        if self.armature:
            rows.append(f"Armature 0 0 0 0 {_words(turn)} {scale} {scale} {scale} -")
        row_of = {-1: len(rows) - 1}
        for bone, name in enumerate(BONES):
            if name in self.missing:
                continue
            parent = PARENTS[bone]
            while parent >= 0 and BONES[parent] in self.missing:
                parent = PARENTS[parent]
            above = self.turns[parent] if parent >= 0 else np.array(turn)
            start = self.places[parent] if parent >= 0 else np.zeros(3)
            offset = rotate(inverse(above), self.places[bone] - start) / scale
            local = multiply(inverse(above), self.turns[bone])
            row = f"{name} {row_of[parent]} {_words(offset)} {_words(local)} 1 1 1 {NAMES[bone]}"
            if self.t_pose is not None:
                upper = self.t_pose[parent] if parent >= 0 else np.array(turn)
                row += f" {_words(multiply(inverse(upper), self.t_pose[bone]))}"
            row_of[bone] = len(rows)
            rows.append(row)
        path.write_text("\n".join(rows) + "\n")
        return path


def ours() -> Avatar:
    """The stage's own body, all turns identity."""
    places, _ = to_unity(rest_positions(HUMANOID), IDENTITY)
    return Avatar(places, np.tile(IDENTITY, (22, 1)))


def turned() -> Avatar:
    """Our body; every node turned anyhow, below a node that is turned and 100 times as large, as in many FBX files."""
    rng = np.random.default_rng(3)
    avatar = ours()
    avatar.turns = from_axis_angle(rng.uniform(-2.0, 2.0, (22, 3)))
    avatar.armature = (100.0, tuple(from_axis_angle(np.array((-np.pi / 2, 0.0, 0.0)))))
    return avatar


def other(a_pose: bool = False, missing: tuple[str, ...] = ()) -> Avatar:
    """Long thighs, high ankles, broad shoulders; nodes turned. a_pose: arms 40 degrees down, legs splayed by 8."""
    offsets = HUMANOID.offsets.copy()
    for side in ("left", "right"):
        for name, factor in (("UpperLeg", 1.4), ("LowerLeg", 1.35), ("Foot", 1.1), ("UpperArm", 1.3), ("Hand", 0.8)):
            offsets[BONES.index(side + name)] *= factor
        offsets[BONES.index(side + "Toes")] = (0.0, -0.09, 0.11)
    leg = -sum(offsets[BONES.index("left" + name)][1] for name in ("UpperLeg", "LowerLeg", "Foot"))
    offsets[0] = (0.0, leg + 0.12, 0.0)
    turns = np.tile(IDENTITY, (22, 1))
    if a_pose:
        for name, degrees in (("UpperArm", -40.0), ("UpperLeg", 8.0)):
            for side, sign in (("left", 1.0), ("right", -1.0)):
                chain = [BONES.index(side + part) for part in _chain(name)]
                turns[chain] = from_axis_angle(np.array((0.0, 0.0, np.radians(sign * degrees))))
    places = np.zeros((22, 3))
    for bone, parent in enumerate(PARENTS):
        places[bone] = offsets[bone] if parent < 0 else places[parent] + rotate(turns[parent], offsets[bone])
    if a_pose:
        places[:, 1] += 0.12 - places[BONES.index("leftFoot"), 1]
    mirrored, _ = to_unity(places, IDENTITY)
    nodes = from_axis_angle(np.random.default_rng(4).uniform(-2.0, 2.0, (22, 3)))
    return Avatar(mirrored, nodes, missing)


def posed() -> Avatar:
    """Our body, saved in the middle of some movement; Unity knows its T-pose."""
    avatar = turned()
    avatar.t_pose = avatar.turns
    bent = from_axis_angle(np.random.default_rng(5).uniform(-0.6, 0.6, (22, 3)))
    avatar.turns = multiply(avatar.turns, bent)
    places = avatar.places.copy()
    for bone, parent in enumerate(PARENTS):
        if parent >= 0:
            offset = rotate(inverse(avatar.t_pose[parent]), avatar.places[bone] - avatar.places[parent])
            places[bone] = places[parent] + rotate(avatar.turns[parent], offset)
    avatar.places = places
    return avatar


def _chain(name: str) -> tuple[str, ...]:
    return ("UpperArm", "LowerArm", "Hand") if name == "UpperArm" else ("UpperLeg", "LowerLeg")


def _words(numbers: np.ndarray) -> str:
    return " ".join(f"{float(number):.9g}" for number in numbers)
