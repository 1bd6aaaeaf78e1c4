"""Recorded files: each pose at its instant of the sound, where other readers look for it."""

import dataclasses
import json
import shutil
import subprocess
import zlib
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion import bvh, openpose
from motion.skeleton import BONES, HUMANOID, PARENTS
from realtime.frame import StageError
from realtime.sinks.npz_layout import join_checksums
from realtime.sinks.open import sink_class
from tests.realtime.recordings import LEAD, glb_keys, opened, recorded
from tests.realtime.swing import FPS, frame, options


def test_a_glb_has_every_pose_at_its_instant_of_the_sound(tmp_path: Path) -> None:
    recorded("glb", tmp_path / "a.glb", 40, rate="30")
    times, hips, rotations = glb_keys(tmp_path / "a.glb")
    assert times[0] == 0
    for k in (0, 7, 39):
        at = np.abs(times - ((k + 1) / FPS + LEAD)).argmin()
        assert abs(times[at] - ((k + 1) / FPS + LEAD)) < 1e-6
        np.testing.assert_allclose(hips[at], frame(k).root_position[0], atol=1e-6)
        assert np.abs((rotations[at] * frame(k).rotations[0]).sum(axis=-1)).min() > 1 - 1e-6
    np.testing.assert_allclose(np.diff(times[1:]), 1 / 30, atol=1e-6)


def test_row_zero_of_a_bvh_is_the_first_sample_of_the_sound(tmp_path: Path) -> None:
    recorded("bvh", tmp_path / "a.bvh", 40)
    read = bvh.read(tmp_path / "a.bvh")
    assert read.fps == 60
    positions = bvh.positions(read) / 100
    for k in (0, 7, 39):
        row = round(((k + 1) / FPS + LEAD) * 60)
        np.testing.assert_allclose(positions[row], frame(k).positions[0], atol=1e-5)
    assert np.ptp(positions[: round(LEAD * 60)], axis=0).max() == 0


@pytest.mark.parametrize("kind", ["glb", "bvh"])
def test_several_dancers_have_a_file_each(tmp_path: Path, kind: str) -> None:
    recorded(kind, tmp_path / f"a.{kind}", 20, dancers=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a_0.{kind}", f"a_1.{kind}"]
    first, second = ((tmp_path / f"a_{n}.{kind}").read_bytes() for n in (0, 1))
    assert first != second


def test_a_vrma_is_the_same_animation_without_a_body(tmp_path: Path) -> None:
    recorded("glb", tmp_path / "a.vrma", 40)
    recorded("glb", tmp_path / "a.glb", 40)
    for mine, other in zip(glb_keys(tmp_path / "a.vrma"), glb_keys(tmp_path / "a.glb"), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert b"meshes" in (tmp_path / "a.glb").read_bytes()
    assert b"meshes" not in (tmp_path / "a.vrma").read_bytes()


def test_a_change_of_lead_in_the_show_does_not_tear_the_recording(tmp_path: Path) -> None:
    sink = opened("glb", tmp_path / "a.glb")
    for k in range(60):
        sink.send(dataclasses.replace(frame(k), lead=LEAD if k < 30 else LEAD - 0.1))
    sink.close()
    times, _, _ = glb_keys(tmp_path / "a.glb")
    np.testing.assert_allclose(np.diff(times[1:]), 1 / FPS, atol=1e-6)


def test_keypoints_are_where_an_independent_camera_sees_them(tmp_path: Path) -> None:
    recorded("openpose", tmp_path / "people", 20, dancers=2, rate="15", size="640x360", distance="6")
    f = 1.55 * 360
    camera = np.array([[f, 0, 320], [0, f, 180], [0, 0, 1]]) @ np.array([[1, 0, 0, 0], [0, -1, 0, 0.9], [0, 0, -1, 6]])
    parts = {"RWrist": "rightHand", "LAnkle": "leftFoot", "RElbow": "rightLowerArm", "LKnee": "leftLowerLeg"}
    offsets = {"Nose": ("head", (0, 0.060, 0.110)), "LHeel": ("leftFoot", (0, -0.065, -0.050))}
    for k in (0, 8, 19):
        name = f"people_{k + 1 + 2:012d}_keypoints.json"
        people = json.loads((tmp_path / "people" / name).read_text())["people"]
        assert [person["person_id"] for person in people] == [[0], [1]]
        for n, person in enumerate(people):
            found = dict(zip(openpose.BODY_25, np.array(person["pose_keypoints_2d"]).reshape(25, 3), strict=True))
            world = [Rotation.identity()] * len(BONES)
            for bone, parent in enumerate(PARENTS):
                own = Rotation.from_quat(frame(k, 2).rotations[n, bone])
                world[bone] = own if parent < 0 else world[parent] * own
            points = {part: frame(k, 2).positions[n, BONES.index(bone)] for part, bone in parts.items()}
            points |= {part: frame(k, 2).positions[n, BONES.index(bone)] + world[BONES.index(bone)].apply(offset)
                       for part, (bone, offset) in offsets.items()}  # fmt: skip
            points["MidHip"] = (
                frame(k, 2).positions[n, [BONES.index("leftUpperLeg"), BONES.index("rightUpperLeg")]].mean(0)
            )
            for part, point in points.items():
                seen = camera @ [*point, 1]
                np.testing.assert_allclose(found[part], [*(seen[:2] / seen[2]), 1], atol=0.01)


def test_the_left_hand_is_on_the_right_of_the_picture_and_up_is_up(tmp_path: Path) -> None:
    rest = np.zeros((1, 22, 4))
    rest[..., 3] = 1
    camera = openpose.Camera(1280, 720, 5.0)
    x, y, sure = camera.project(openpose.points(HUMANOID.offsets[:1], rest))[0].T
    name = openpose.BODY_25.index
    assert x[name("LWrist")] > x[name("Neck")] > x[name("RWrist")]
    assert y[name("Nose")] < y[name("MidHip")] < y[name("LBigToe")]
    assert sure.tolist() == [1.0] * 25
    assert camera.project(np.array([[0.0, 0.9, 6.0], [9.0, 0.9, 0.0]])).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(("first", "second"), [(b"", b""), (b"a", b""), (b"", b"bc"), (b"dance", bytes(100_003))])
def test_checksums_of_pieces_join_as_zlib_has_them(first: bytes, second: bytes) -> None:
    assert join_checksums(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def test_an_npz_is_whole_for_other_readers_too(tmp_path: Path) -> None:
    recorded("npz", tmp_path / "a.npz", 30)
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("unzip is not installed")
    assert subprocess.run([unzip, "-tq", str(tmp_path / "a.npz")], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("kind", "target", "extra", "words"),
    [
        ("glb", "a.gltf", {}, "should end in .glb"),
        ("glb", "a.glb", {"rate": "500"}, "rate=500 must be 15 to 120"),
        ("bvh", "nowhere/a.bvh", {}, "there is no folder"),
        ("openpose", "", {}, "needs a folder"),
        ("openpose", "nowhere/a", {}, "there is no folder"),
        ("openpose", ".", {}, "is not empty: name a new folder"),
        ("openpose", "a", {"size": "big"}, "size=big should be WIDTHxHEIGHT"),
    ],
)
def test_a_recorder_that_is_written_wrongly_is_explained(
    tmp_path: Path, kind: str, target: str, extra: dict[str, str], words: str
) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(StageError, match=words):
        sink_class(kind)(options(kind, target and str(tmp_path / target), **extra))
    assert [path.name for path in tmp_path.iterdir()] == ["something"]
