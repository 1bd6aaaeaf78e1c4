"""Every data set on our bones: a person on the floor, left on the left, limbs where the source has them."""

import importlib
import io
import json
import shutil
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model.datasets import DATASETS, aistpp, bone_names, cmu, g1_moves, humanoid
from motion import asf_amc, bvh, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, MotionError
from tests.model.dancers import LIMBS, SHARED, SMALL, check_is_a_dancer, degrees_between, some_of, track

CGSPEED = dict(
    zip(
        ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot"),
        ("Shldr", "ForeArm", "Hand", "Thigh", "Shin", "Foot"),
        strict=True,
    )
)


SMALL_SETS = {"cmu": SMALL / "cmu", "g1_moves": SMALL / "g1_moves", "aistpp": SMALL / "aistpp", "synthetic": Path()}


@pytest.mark.parametrize("name", SMALL_SETS)
def test_the_takes_of_a_data_set_are_dancers_on_the_floor(name: str) -> None:
    module, function = DATASETS[name].split(":")
    takes = getattr(importlib.import_module(module), function)(SMALL_SETS[name])
    assert takes
    for take in takes:
        assert take.dataset == name
        assert take.terms
        assert take.split in ("train", "val", "test")
        check_is_a_dancer(take)


def test_all_names_of_data_sets_lead_to_a_loader() -> None:
    for target in DATASETS.values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("name", [name for name in DATASETS if name != "synthetic"])
def test_a_wrong_path_is_one_clear_line(name: str, tmp_path: Path) -> None:
    module, function = DATASETS[name].split(":")
    load = getattr(importlib.import_module(module), function)
    (tmp_path / "empty").mkdir()
    (tmp_path / "strange").mkdir()
    (tmp_path / "strange" / "index.json").write_text('{"set": "music", "takes": []}')
    for path in (tmp_path / "gone", tmp_path / "empty", tmp_path / "strange"):
        with pytest.raises(MotionError) as error:
            load(path)
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


# --- CMU


def test_limbs_of_a_bvh_dance_point_where_the_source_points_them() -> None:
    source = bvh.read(SMALL / "cmu" / "salsa_07.bvh")
    take = next(take for take in cmu.load(SMALL / "cmu") if take.name == "salsa_07")
    theirs = bvh.positions(source)[len(source.data) - len(take.root) :]
    for bone, tip in LIMBS:
        side, part = (bone[:4], bone[4:]) if bone.startswith("left") else (bone[:5], bone[5:])
        ends = [source.index(side[0] + CGSPEED[p]) for p in (part, tip[len(side) :])]
        direction = theirs[:, ends[1]] - theirs[:, ends[0]]
        assert degrees_between(track(take, tip) - track(take, bone), direction).max() < 1.0, bone


def test_limbs_of_an_amc_dance_point_where_the_source_points_them() -> None:
    source = asf_amc.read(SMALL / "cmu" / "05.asf", SMALL / "cmu" / "05_02.amc")
    take = next(take for take in cmu.load(SMALL / "cmu") if take.name == "05_02")
    vocabulary = bone_names.both_sides(bone_names.CMU_ASF)
    for bone, tip in LIMBS:
        joint = source.skeleton.names.index(vocabulary[bone])
        direction = source.ends[:, joint] - source.starts[:, joint]
        angle = degrees_between(track(take, tip) - track(take, bone), direction)
        assert np.mean(angle < 1.0) > 0.9, f"{bone}: all but the moments where the solver flips"
        assert np.median(angle) < 0.01, bone


def test_the_pose_an_exporter_put_before_a_dance_is_left_out() -> None:
    take = next(take for take in cmu.load(SMALL / "cmu") if take.name == "salsa_07")
    steps = rotation.multiply(rotation.inverse(take.rotations[:-1]), take.rotations[1:])
    degrees = np.degrees(2 * np.linalg.norm(steps[..., :3], axis=-1))
    assert len(take.root) == 240 - 9
    assert degrees[:10].max() < 15


def test_bones_the_source_does_not_move_are_masked() -> None:
    for take in cmu.load(SMALL / "cmu"):
        moved = {bone for bone, true in zip(BONES, take.mask, strict=True) if true}
        assert "leftShoulder" not in moved, "both conversions leave the shoulder blades at rest"
        assert {"hips", "spine", "head", "leftUpperArm", "rightHand", "leftFoot"} <= moved


def test_an_amc_without_its_skeleton_names_the_file_to_add(tmp_path: Path) -> None:
    shutil.copy(SMALL / "cmu" / "05_02.amc", tmp_path)
    with pytest.raises(MotionError, match=r"05\.asf"):
        cmu.load(tmp_path)


def test_cmu_bvh_takes_play_at_their_true_rate_for_as_long_as_the_index_says(tmp_path: Path) -> None:
    takes = cmu.load(some_of("cmu", tmp_path, {"salsa_01.bvh", "salsa_16.bvh", "indian_04.bvh", "martial_04.bvh"}))
    seconds = {"salsa_01": 37.38, "salsa_16": 37.38, "indian_04": 26.2, "martial_04": 11.1}
    assert [take.style for take in takes] == ["indian", "martial", "salsa", "salsa"]
    assert [take.fps for take in takes] == [120.0, 120.0, 60.0, 60.0]
    for take in takes:
        check_is_a_dancer(take)
        assert len(take.root) / take.fps == pytest.approx(seconds[take.name], abs=0.2)


def test_cmu_amc_takes_play_at_their_true_rate_for_as_long_as_the_index_says(tmp_path: Path) -> None:
    takes = cmu.load(some_of("free_mocap", tmp_path, {"cmu_05_09", "cmu_143_35", "cmu_18_15"}))
    assert {(t.name, t.style, t.fps, t.split) for t in takes} == {
        ("cmu_05_09", "modern", 120.0, "val"),
        ("cmu_143_35", "party", 60.0, "train"),
        ("cmu_18_15", "party", 120.0, "train"),
    }
    seconds = {"cmu_05_09": 9.53, "cmu_143_35": 21.32, "cmu_18_15": 12.8}
    for take in takes:
        check_is_a_dancer(take)
        assert len(take.root) / take.fps == pytest.approx(seconds[take.name], abs=0.02)


def test_a_flip_of_the_solver_is_bridged_and_the_rest_left_alone() -> None:
    turns = np.zeros((240, 22, 3))
    turns[:, 5, 0] = np.sin(np.arange(240) / 20)
    local = rotation.from_axis_angle(turns)
    broken = local.copy()
    broken[100:106, 5] = rotation.multiply(broken[100:106, 5], np.array([0.0, 1.0, 0.0, 0.0]))
    mended = humanoid.without_leaps(broken, 120.0)
    away = np.r_[0:95, 112:240]
    np.testing.assert_allclose(np.abs(np.sum(mended[away] * local[away], axis=-1)), 1.0, atol=1e-12)
    assert np.abs(np.sum(mended * local, axis=-1)).min() > 0.999
    np.testing.assert_array_equal(humanoid.without_leaps(local, 120.0), local)


# --- G1 Moves


def robot_places(entry: dict[str, Any], archive: zipfile.ZipFile) -> Floats:
    """Body positions (T, 30, 3) by rotation matrices, straight from the description of the archive."""
    bodies = json.loads(archive.read("skeleton.json"))["bodies"]
    with np.load(io.BytesIO(archive.read(entry["file"]))) as data:
        quaternion, root, angles = data["root_quat_xyzw"], data["root_pos"], data["joint_angle_1e4"] / 1e4
    turns = [rotation.to_matrix(quaternion.astype(np.float64))]
    where = [root.astype(np.float64)]
    for body in bodies[1:]:
        w, x, y, z = body["q0_wxyz"]
        fixed = rotation.to_matrix(rotation.normalize(np.array([x, y, z, w])))
        angle = angles[:, body["i"] - 1]
        c, s = np.cos(angle), np.sin(angle)
        hinge = np.tile(np.eye(3), (len(angle), 1, 1))
        i, j = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[body["axis"]]
        hinge[:, i, i], hinge[:, j, j], hinge[:, i, j], hinge[:, j, i] = c, c, -s, s
        where.append(where[body["parent"]] + turns[body["parent"]] @ np.array(body["offset"]))
        turns.append(turns[body["parent"]] @ fixed @ hinge)
    return np.stack(where, axis=1)


def test_limbs_of_a_robot_dance_point_where_the_robot_points_them() -> None:
    index = json.loads((SMALL / "g1_moves" / "index.json").read_text())
    takes = {take.name: take for take in g1_moves.load(SMALL / "g1_moves")}
    with zipfile.ZipFile(SMALL / "g1_moves" / "g1_moves.zip") as archive:
        names = [body["name"] for body in json.loads(archive.read("skeleton.json"))["bodies"]]
        for entry in index["takes"]:
            take = takes[entry["name"]]
            start = round(entry["active_from_s"] * 60)
            theirs = robot_places(entry, archive)[start : start + len(take.root)][..., [1, 2, 0]]
            for side in ("left", "right"):
                for bone, tip, a, b, degrees in (
                    ("UpperArm", "LowerArm", "shoulder_roll", "elbow", 6),
                    ("LowerArm", "Hand", "elbow", "wrist_yaw", 6),
                    ("UpperLeg", "LowerLeg", "hip_roll", "knee", 1),
                    ("LowerLeg", "Foot", "knee", "ankle_pitch", 2),
                ):
                    robot = theirs[:, names.index(f"{side}_{b}")] - theirs[:, names.index(f"{side}_{a}")]
                    ours = track(take, side + tip) - track(take, side + bone)
                    # arms: the robot's elbow and wrist sit beside the middle of the limb
                    assert np.median(degrees_between(ours, robot)) < degrees, bone


def test_a_robot_at_zero_stands_with_arms_down_and_forearms_ahead() -> None:
    with zipfile.ZipFile(SMALL / "g1_moves" / "g1_moves.zip") as archive:
        robot = g1_moves._Robot(json.loads(archive.read("skeleton.json")))
    world = g1_moves._humanoid_world(robot.world(np.array([[0.0, 0.0, 0.0, 1.0]]), np.zeros((1, 29))), robot)[0]
    for side, out in (("left", 1.0), ("right", -1.0)):
        arm = np.array([out, 0.0, 0.0])
        turned = {
            bone: rotation.rotate(world[BONES.index(side + bone)], arm) for bone in ("UpperArm", "LowerArm", "Hand")
        }
        np.testing.assert_allclose(turned["UpperArm"], [0, -1, 0], atol=1e-3)
        np.testing.assert_allclose(turned["LowerArm"], [0, 0, 1], atol=1e-3)
        palm = rotation.rotate(world[BONES.index(side + "Hand")], np.array([0.0, -1.0, 0.0]))
        np.testing.assert_allclose(palm, [-out, 0, 0], atol=1e-3)
        np.testing.assert_allclose(
            rotation.rotate(world[BONES.index(side + "Foot")], np.array([0.0, 0.0, 1.0])), [0, 0, 1], atol=1e-3
        )


def test_robot_clips_are_cut_to_their_movement_and_their_routine_is_named() -> None:
    takes = {take.name: take for take in g1_moves.load(SMALL / "g1_moves")}
    walk, kick = takes["g1_J_ShortDance16_JazzWalk"], takes["g1_M_ShortMove14"]
    assert (walk.style, walk.notes["clip"], walk.notes["use"]) == ("street", "JazzWalk", "dance")
    assert (kick.style, kick.notes["use"]) == ("karate", "lively")
    assert len(walk.root) / walk.fps == pytest.approx(9.95 - 0.48, abs=0.05)
    assert not walk.mask[BONES.index("head")]
    assert "CC BY 4.0" in walk.terms


def test_a_jump_of_the_robots_solver_becomes_a_movement() -> None:
    place, angles = np.zeros((60, 3)), np.zeros((60, 29))
    place[30:, 0], angles[30:, 4] = 1.0, 2.0
    root = np.tile([0.0, 0.0, 0.0, 1.0], (60, 1))
    smooth, turn, mended = g1_moves._without_glitches(place, root, angles, [30])
    np.testing.assert_array_equal(mended[:28, 4], 0.0)
    np.testing.assert_array_equal(mended[32:, 4], 2.0)
    assert np.abs(np.diff(mended[:, 4])).max() < 0.5
    assert np.abs(np.diff(smooth[:, 0])).max() < 0.25
    np.testing.assert_array_equal(turn, root)


def test_all_robot_clips_are_there(tmp_path: Path) -> None:
    if not (SHARED / "free_mocap").is_dir():
        pytest.skip("needs shared/data/free_mocap")
    takes = g1_moves.load(SHARED / "free_mocap")
    dances = [take for take in takes if take.style == "street"]
    assert (len(takes), len(dances)) == (59, 28)
    assert sum(len(take.root) / take.fps for take in dances) / 60 == pytest.approx(14.2, abs=0.1)
    for take in dances:
        check_is_a_dancer(take)


# --- AIST++


def test_limbs_of_an_aist_dance_point_as_its_key_points_do() -> None:
    """The key points, in COCO order, were triangulated from cameras, apart from the SMPL parameters."""
    take = aistpp.load(SMALL / "aistpp")[0]
    points = np.load(SMALL / "aistpp" / f"{take.name}.npz")["keypoints3d_optim"]
    coco = {"UpperArm": (5, 7), "LowerArm": (7, 9), "UpperLeg": (11, 13), "LowerLeg": (13, 15)}
    for bone, tip in LIMBS:
        side = "left" if bone.startswith("left") else "right"
        a, b = (n + (side == "right") for n in coco[bone[len(side) :]])
        angle = np.median(degrees_between(track(take, tip) - track(take, bone), points[:, b] - points[:, a]))
        # COCO's hip points sit on the outside of the hips
        assert angle < (10.0 if bone.endswith("UpperLeg") else 3.5), bone


def test_beats_of_an_aist_dance_begin_with_it_at_the_songs_tempo() -> None:
    take = aistpp.load(SMALL / "aistpp")[0]
    assert take.beats is not None
    np.testing.assert_allclose(take.beats, [0.0, 0.6, 1.2, 1.8, 2.4], atol=1e-12)
    assert take.style == "street-jazz"
