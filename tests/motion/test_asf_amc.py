"""The CMU laboratory's own format: rest pose, turns, sizes, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion import asf_amc
from motion.asf_amc import Asf, AsfMotion
from motion.skeleton import MotionError

DATA = Path(__file__).parent / "data" / "cmu"
METRE = 0.0254 / 0.45


@pytest.fixture(scope="module")
def skeleton() -> Asf:
    return asf_amc.parse_asf((DATA / "05.asf").read_text(), "05.asf")


@pytest.fixture(scope="module")
def dance() -> AsfMotion:
    return asf_amc.read(DATA / "05.asf", DATA / "05_02.amc")


def test_without_turns_the_body_stands_in_the_rest_pose_of_its_skeleton(skeleton: Asf) -> None:
    still = asf_amc.parse_amc("1\nroot 0 0 0 0 0 0\n", skeleton)
    ends = dict(zip(skeleton.names, still.ends[0], strict=True))
    left_hip = 2.51848 * np.array([0.653368, -0.678499, 0.335782])  # numbers of the file
    left_knee = left_hip + 6.57749 * np.array([0.34202, -0.939693, 0.0])
    left_ankle = left_knee + 7.94618 * np.array([0.34202, -0.939693, 0.0])
    np.testing.assert_allclose(ends["lhipjoint"], left_hip * METRE, atol=1e-9)
    np.testing.assert_allclose(ends["lfemur"], left_knee * METRE, atol=1e-9)
    np.testing.assert_allclose(ends["ltibia"], left_ankle * METRE, atol=1e-9)
    np.testing.assert_allclose(still.world[0], np.tile([0, 0, 0, 1], (len(skeleton.names), 1)), atol=1e-12)


def test_turns_of_a_real_dance_equal_those_composed_with_scipy(skeleton: Asf, dance: AsfMotion) -> None:
    """Down the left leg, from the words of the file, with G = G_parent C M C^-1."""
    lines = (DATA / "05_02.amc").read_text().splitlines()
    block = lines[lines.index("421") + 1 : lines.index("422")]
    words = {bone: [float(word) for word in rest] for bone, *rest in (line.split() for line in block)}
    world = Rotation.from_euler("xyz", words["root"][3:], degrees=True)
    for bone, axis in (("lfemur", [0, 0, 20]), ("ltibia", [0, 0, 20]), ("lfoot", [-90, 7.62852e-016, 20])):
        numbers = dict(zip(skeleton.dofs[skeleton.names.index(bone)], words[bone], strict=True))
        turn = Rotation.from_euler("xyz", [numbers.get(d, 0.0) for d in ("rx", "ry", "rz")], degrees=True)
        own = Rotation.from_euler("xyz", axis, degrees=True)
        world = world * own * turn * own.inv()
        quaternion = dance.world[0, skeleton.names.index(bone)]
        assert abs(quaternion @ world.as_quat()) == pytest.approx(1.0, abs=1e-9)


def test_bones_keep_their_lengths_and_hang_together(dance: AsfMotion) -> None:
    lengths = np.linalg.norm(dance.ends - dance.starts, axis=-1)
    np.testing.assert_allclose(lengths, np.tile(lengths[0], (len(lengths), 1)), atol=1e-12)
    for bone, parent in enumerate(dance.skeleton.parents[1:], 1):
        np.testing.assert_array_equal(dance.starts[:, bone], dance.ends[:, parent])


def test_a_real_dancer_has_human_size_and_stands_on_the_floor(dance: AsfMotion) -> None:
    names = dance.skeleton.names
    toes = np.minimum(dance.ends[:, names.index("ltoes"), 1], dance.ends[:, names.index("rtoes"), 1])
    assert dance.world.shape == (240, 31, 4)
    assert 0.8 < np.median(dance.starts[:, 0, 1]) < 1.1
    assert abs(np.percentile(toes, 10)) < 0.06
    assert np.median(dance.ends[:, names.index("head"), 1]) > 1.4


def test_a_bone_that_a_frame_does_not_name_does_not_turn(skeleton: Asf) -> None:
    motion = asf_amc.parse_amc("1\nroot 0 0 0 0 0 0\nrradius 90\n2\nroot 0 0 0 0 0 0\n", skeleton)
    elbow = skeleton.names.index("rradius")
    angle = np.degrees(Rotation.from_quat(motion.world[:, elbow]).magnitude())
    np.testing.assert_allclose(angle, [90, 0], atol=1e-6)


def test_radians_and_another_unit_are_understood() -> None:
    text = (DATA / "05.asf").read_text()
    other = asf_amc.parse_asf(text.replace("length 0.45", "length 1.0").replace("angle deg", "angle rad"))
    turned = asf_amc.parse_amc(f"1\nroot 39.37007874 0 0 0 0 0\nrtibia {np.pi / 2}\n", other)
    assert turned.starts[0, 0, 0] == pytest.approx(1.0, abs=1e-6)
    assert 2 * np.arccos(turned.world[0, other.names.index("rtibia"), 3]) == pytest.approx(np.pi / 2, abs=1e-9)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1\nroot 0 0 0 0 0 0\nltail 3\n", ("line 3", "'ltail'")),
        ("1\nroot 0 0 0 0 0\n", ("line 2", "5 numbers", "6")),
        ("1\nroot 0 0 0 0 0 0\nrradius ninety\n", ("line 3", "ninety")),
        ("1\nroot 0 0 inf 0 0 0\n", ("line 2", "finite")),
        ("root 0 0 0 0 0 0\n", ("line 1",)),
        (":FULLY-SPECIFIED\n", ("no frame",)),
    ],
)
def test_a_broken_motion_is_named_in_one_line(skeleton: Asf, text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(MotionError) as error:
        asf_amc.parse_amc(text, skeleton, "a.amc")
    assert all(word in str(error.value) for word in ("a.amc", *words))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (":hierarchy", ":other", (":hierarchy",)),
        ("length 0.45", "length zero", ("'zero'",)),
        ("direction 0.34202 -0.939693 0", "direction 0.34202 none 0", ("line 28", "none")),
        ("lfemur ltibia\n", "lfemur lshin\n", ("'lshin'",)),
        ("    root lhipjoint rhipjoint lowerback", "    root lhipjoint lowerback", ("'rhipjoint'", "parent")),
    ],
)
def test_a_broken_skeleton_is_named_in_one_line(old: str, new: str, words: tuple[str, ...]) -> None:
    text = (DATA / "05.asf").read_text()
    assert old in text
    with pytest.raises(MotionError) as error:
        asf_amc.parse_asf(text.replace(old, new, 1), "a.asf")
    assert all(word in str(error.value) for word in ("a.asf", *words))
    assert "\n" not in str(error.value)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match=r"cannot read .*gone\.asf"):
        asf_amc.read(tmp_path / "gone.asf", DATA / "05_02.amc")
