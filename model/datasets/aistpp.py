"""AIST++ motion: street dance as SMPL parameters at 60 fps, on music of a known tempo whose first beat is frame 0.

Li et al. 2021 (ICCV), "AI Choreographer". SMPL is a T pose with identity rotations, +Y up, facing +Z, left at +X.
"""

from pathlib import Path
from typing import Any

import numpy as np

from model.datasets import files, humanoid
from model.datasets.take import Take
from motion import rotation
from motion.rotation import Floats
from motion.skeleton import BONES, MotionError

_GENRES = {
    "BR": "break", "PO": "pop", "LO": "lock", "MH": "middle-hip-hop", "LH": "la-hip-hop",
    "HO": "house", "WA": "waack", "KR": "krump", "JS": "street-jazz", "JB": "ballet-jazz",
}  # fmt: skip
# SMPL's joints in file order, up to the hands, which are left out
_JOINTS = (
    "hips", "leftUpperLeg", "rightUpperLeg", "spine", "leftLowerLeg", "rightLowerLeg", "chest", "leftFoot", "rightFoot",
    "upperChest", "leftToes", "rightToes", "neck", "leftShoulder", "rightShoulder", "head", "leftUpperArm",
    "rightUpperArm", "leftLowerArm", "rightLowerArm", "leftHand", "rightHand",
)  # fmt: skip
_PARENTS = (-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 9, 9, 12, 13, 14, 16, 17, 18, 19)
# where bones of the mean SMPL body point in its rest pose; metres, left side (joint regressor on the template)
_DIRECTIONS = {
    "leftUpperLeg": (0.034, -0.375, -0.005),
    "leftLowerLeg": (-0.014, -0.398, -0.043),
    "leftFoot": (0.026, -0.056, 0.119),
    "leftUpperArm": (0.260, -0.013, -0.027),
    "leftLowerArm": (0.249, 0.009, -0.001),
}
_HIPS_TO_JOINTS = (0.001, -0.091, -0.006)  # from the pelvis to the middle of the hip joints, and the leg, of that body
_LEG = 0.777


def load(path: Path) -> list[Take]:
    """All sequences of the folder `path` (index.json and npz files with smpl_poses, smpl_trans, smpl_scaling).

    style is the genre's name. Beats are those of the music; the music itself has other terms and is not here.
    Raises MotionError.
    """
    index = files.read_index(path, "aistpp")
    entries = index.get("takes", [])
    if index.get("set") != "aistpp" or not entries:
        raise MotionError(f"data set aistpp: index.json in {path} does not list AIST++ sequences")
    return [_take(entry, path, str(index.get("licence", "CC BY 4.0"))) for entry in entries]


def _take(entry: dict[str, Any], path: Path, terms: str) -> Take:
    file = path / entry["file"]
    try:
        with np.load(file, allow_pickle=False) as data:
            poses = np.asarray(data["smpl_poses"], dtype=np.float64)
            trans = np.asarray(data["smpl_trans"], dtype=np.float64) / float(data["smpl_scaling"][0])
    except (OSError, KeyError, ValueError) as error:
        raise MotionError(f"data set aistpp: cannot read {file} ({error})") from None
    fps = float(entry["fps"])
    root, local, mask = humanoid.to_humanoid(_capture(poses, trans), fps)
    beats = np.arange(0.0, len(root) / fps, 60.0 / entry["bpm"])
    notes = {key: str(entry[key]) for key in ("dancer", "music", "choreo")}
    style = _GENRES.get(entry["genre"], entry["genre"])
    name = file.stem
    return Take(name, "aistpp", style, entry["split"], terms, fps, root, local, mask, beats=beats, notes=notes)


def _capture(poses: Floats, trans: Floats) -> humanoid.Captured:
    """SMPL axis-angles (T, 72) rad and translation (T, 3) m -> the body."""
    local = rotation.from_axis_angle(poses.reshape(len(poses), -1, 3)[:, : len(_JOINTS)])
    world = local.copy()
    for joint, parent in enumerate(_PARENTS[1:], 1):
        world[:, joint] = rotation.multiply(world[:, parent], local[:, joint])
    directions = np.zeros((len(BONES), 3))
    for bone, along in _DIRECTIONS.items():
        directions[BONES.index(bone)] = along
        directions[BONES.index("right" + bone[4:])] = np.multiply(along, (-1.0, 1.0, 1.0))
    return humanoid.Captured(
        world=world[:, [_JOINTS.index(bone) for bone in BONES]],
        known=np.ones(len(BONES), dtype=np.bool_),
        directions=directions,
        hip_centre=trans + rotation.rotate(world[:, 0], np.array(_HIPS_TO_JOINTS)),
        leg=_LEG,
    )
