"""What the loaders keep of real BVH takes, against a reading of the same files by scipy's rotations."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from model.datasets import bone_names, bvh_wav, cmu
from motion.kinematics import forward
from motion.skeleton import BONES, HUMANOID

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
TAKES = {
    "martial_03.bvh": (cmu, "cmu/cmu_dance_bvh.zip"),
    "salsa_03.bvh": (cmu, "cmu/cmu_dance_bvh.zip"),
    "fair1_dab.bvh": (bvh_wav, "other_mocap/animated_drawings_bvh.zip"),
    "cmu1_jumping_jacks.bvh": (bvh_wav, "other_mocap/animated_drawings_bvh.zip"),
    "rokoko_jesse_dance.bvh": (bvh_wav, "other_mocap/animated_drawings_bvh.zip"),
}
NO_T_POSE = ("rokoko_jesse_dance.bvh",)  # how a joint lies in its bone is not in the file: only how it moves
ENDS = ("head", "leftHand", "rightHand", "leftFoot", "rightFoot")
CHAINS = [(side + a, side + b, side + c) for side in ("left", "right")
          for a, b, c in (("UpperArm", "LowerArm", "Hand"), ("UpperLeg", "LowerLeg", "Foot"))]  # fmt: skip
DEGREES, METRES = 5.0, 0.02
OFTEN = 97  # percent of the frames; in the others the capture's solver flipped a bone, which the loader bridges


def read_bvh(text):
    """Joint names, world positions [T, J, 3] and world rotations [J] of [T], of a plain BVH file."""
    words = text.split()
    names, parents, offsets, channels, open_joints, at = [], [], [], [], [], 0
    while words[at] != "MOTION":
        word = words[at]
        if word in ("ROOT", "JOINT"):
            names, here = [*names, words[at + 1]], len(names)
            parents.append(next((joint for joint in reversed(open_joints) if joint is not None), -1))
        elif word == "End":
            here = None
        elif word == "{":
            open_joints.append(here)
        elif word == "}":
            open_joints.pop()
        elif word == "OFFSET" and open_joints[-1] is not None:
            offsets.append([float(number) for number in words[at + 1 : at + 4]])
        elif word == "CHANNELS":
            channels.append(words[at + 2 : at + 2 + int(words[at + 1])])
        at += 1
    data = np.array(words[words.index("Time:", at) + 2 :], float).reshape(-1, sum(map(len, channels)))
    places, turns, column = [], [], 0
    for parent, offset, kinds in zip(parents, offsets, channels, strict=True):
        part = data[:, column : column + len(kinds)]
        column += len(kinds)
        moved = np.tile(np.array(offset), (len(data), 1))
        for n, kind in enumerate(kinds):
            if kind.endswith("position"):
                moved[:, "XYZ".index(kind[0])] = part[:, n]
        turning = [n for n, kind in enumerate(kinds) if kind.endswith("rotation")]
        turn = Rotation.from_euler("".join(kinds[n][0] for n in turning), part[:, turning], degrees=True)
        places.append(moved if parent < 0 else places[parent] + turns[parent].apply(moved))
        turns.append(turn if parent < 0 else turns[parent] * turn)
    return names, np.stack(places, axis=1), turns


@pytest.fixture(scope="module", params=TAKES)
def both(request, tmp_path_factory):
    """({bone: places [T, 3]}, {bone: turns}) of the file and of our take, in our axes."""
    loader, archive = TAKES[request.param]
    if not (DATA / archive).is_file():
        pytest.skip(f"{archive} is not beside this checkout (shared/data)")
    folder = tmp_path_factory.mktemp("take")
    with zipfile.ZipFile(DATA / archive) as files:
        files.extract(request.param, folder)
    (take,) = loader.load(folder)
    frames = slice(-len(take.root), None)
    names, places, turns = read_bvh((folder / request.param).read_text())
    joints = {bone: names.index(name) for bone, name in bone_names.match(names).items()}
    at, turn = forward(HUMANOID, take.root, take.rotations)
    ours = {bone: at[:, BONES.index(bone)] for bone in BONES}
    theirs = {bone: places[frames, joint] for bone, joint in joints.items()}
    axes = axes_of(theirs, ours)
    return (
        ({bone: axes.apply(place) for bone, place in theirs.items()},
         {bone: axes * turns[joint][frames] * axes.inv() for bone, joint in joints.items()}),
        (ours, {bone: Rotation.from_quat(turn[:, BONES.index(bone)]) for bone in BONES}),
    )  # fmt: skip


def axes_of(theirs, ours):
    """The turn by right angles from the file's axes to ours."""
    spread = [np.concatenate([places[bone] - places["hips"] for bone in theirs]) for places in (ours, theirs)]
    return Rotation.from_matrix(np.round(Rotation.align_vectors(*spread)[0].as_matrix()))


def test_head_hands_and_feet_turn_as_in_the_file(both, request):
    """But for what differs all the time: soles are flat on the floor whatever the height of an ankle."""
    (_, theirs), (_, ours) = both
    for bone in ENDS:
        steady = (theirs[bone].inv() * ours[bone])[:: max(1, len(ours[bone]) // 200)]
        typical = steady[np.argmin([np.median((turn.inv() * steady).magnitude()) for turn in steady])]
        error = ((theirs[bone] * typical).inv() * ours[bone]).magnitude()
        assert np.degrees(np.percentile(error, OFTEN)) < DEGREES
        if request.node.callspec.params["both"] not in NO_T_POSE:
            assert np.degrees(typical.magnitude()) < (DEGREES if not bone.endswith("Foot") else 30.0)


def test_hands_and_feet_are_where_the_file_has_them_with_limbs_of_our_length(both):
    (theirs, _), (ours, _) = both
    for top, middle, end in CHAINS:
        place = ours[top]
        for a, b in ((top, middle), (middle, end)):
            reach = theirs[b] - theirs[a]
            length = np.linalg.norm(HUMANOID.offsets[BONES.index(b)])
            place = place + length * reach / np.linalg.norm(reach, axis=-1, keepdims=True)
        assert np.percentile(np.linalg.norm(place - ours[end], axis=-1), OFTEN) < METRES


def test_the_way_over_the_floor_is_the_files_scaled_by_the_legs(both):
    (theirs, _), (ours, _) = both
    scale = leg(ours) / leg(theirs)
    path, source = (
        (places["leftUpperLeg"] + places["rightUpperLeg"]) / 2 * size for places, size in ((ours, 1.0), (theirs, scale))
    )
    off = path - source
    assert np.abs(off - np.median(off, axis=0)).max() < METRES


def leg(places):
    hip, knee, ankle = (places["left" + bone][0] for bone in ("UpperLeg", "LowerLeg", "Foot"))
    return np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee)
