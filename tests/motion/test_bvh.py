"""BVH files as exporters write them: what they mean, what is refused, and that ours read back."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion import bvh
from motion.skeleton import BONES, HUMANOID, PARENTS, MotionError

DATA = Path(__file__).parent / "data" / "cmu"

ARM = """HIERARCHY
ROOT hips
{
  OFFSET 0 0 0
  CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation
  JOINT upper arm
  {
    OFFSET 1 0 0
    CHANNELS 3 Zrotation Xrotation Yrotation
    JOINT forearm
    {
      OFFSET 2 0 0
      CHANNELS 3 Zrotation Xrotation Yrotation
      End Site
      {
        OFFSET 3 0 0
      }
    }
  }
}
MOTION
Frames: 2
Frame Time: 0.0333333
0 0 0 0 0 0 0 0 0 0 0 0
10 20 30 90 0 0 -90 0 0 0 0 90
"""


@pytest.fixture(scope="module")
def salsa() -> bvh.Bvh:
    return bvh.read(DATA / "salsa_07.bvh")


def test_a_small_arm_stands_where_a_pencil_puts_it() -> None:
    arm = bvh.parse(ARM)
    places, _ = bvh.forward(arm)
    assert arm.names == ("hips", "upper arm", "forearm")
    assert arm.parents == (-1, 0, 1)
    np.testing.assert_allclose(places[0], [[0, 0, 0], [1, 0, 0], [3, 0, 0]], atol=1e-12)
    np.testing.assert_allclose(places[1], [[10, 20, 30], [10, 21, 30], [12, 21, 30]], atol=1e-12)


def test_end_sites_are_kept_but_are_no_joints() -> None:
    arm = bvh.parse(ARM)
    assert list(arm.end_sites) == [2]
    np.testing.assert_array_equal(arm.end_sites[2], [3, 0, 0])


def test_positions_of_a_real_dance_equal_those_composed_with_scipy(salsa: bvh.Bvh) -> None:
    expected = np.zeros((len(salsa.data), len(salsa.names), 3))
    turns: list[Rotation] = []
    column = 0
    for joint, parent in enumerate(salsa.parents):
        values = salsa.data[:, column : column + len(salsa.channels[joint])]
        column += len(salsa.channels[joint])
        order = "".join(c[0] for c in salsa.channels[joint] if c.endswith("rotation"))
        local = Rotation.from_euler(order, values[:, -3:], degrees=True)
        if parent < 0:
            expected[:, joint] = values[:, :3]
            turns.append(local)
        else:
            expected[:, joint] = expected[:, parent] + turns[parent].apply(salsa.offsets[joint])
            turns.append(turns[parent] * local)
    np.testing.assert_allclose(bvh.positions(salsa), expected, atol=1e-9)
    world = np.stack([turn.as_quat() for turn in turns], axis=1)
    assert np.abs(np.sum(world * bvh.world_rotations(salsa), axis=-1)).min() > 1 - 1e-12


def test_the_real_dance_has_the_size_of_a_person(salsa: bvh.Bvh) -> None:
    heights = bvh.positions(salsa)[..., 1]
    assert salsa.data.shape == (240, 132)
    assert len(salsa.names) == 43
    assert -5 < heights.min() < 10
    assert 150 < heights.max() < 190


@pytest.mark.parametrize("order", ["".join(p) for p in permutations("XYZ")])
def test_the_order_of_channels_is_the_order_of_multiplication(order: str) -> None:
    channels = " ".join(f"{axis}rotation" for axis in order)
    text = ARM.replace("Zrotation Xrotation Yrotation", channels).replace("-90 0 0 0 0 90", "20 -35 110 0 0 0")
    turn = Rotation.from_euler(order, [90, 0, 0], degrees=True) * Rotation.from_euler(
        order, [20, -35, 110], degrees=True
    )
    np.testing.assert_allclose(np.abs(bvh.world_rotations(bvh.parse(text))[1, 1] @ turn.as_quat()), 1.0, atol=1e-12)


def test_line_ends_tabs_blanks_capitals_exponents_and_braces_do_not_matter() -> None:
    ugly = ARM.replace("\n{", " {").replace("  ", "\t").replace("Xposition", "xPosition").replace("OFFSET", "Offset")
    ugly = ugly.replace("10 20 30", "1e1\t2.0E+01  30").replace("Frames: 2", "Frames:\t2  ").replace("\n", "  \r\n")
    plain, odd = bvh.parse(ARM), bvh.parse(ugly)
    assert odd.names == plain.names
    np.testing.assert_array_equal(odd.data, plain.data)
    np.testing.assert_array_equal(bvh.positions(odd), bvh.positions(plain))


def test_a_byte_order_mark_and_foreign_letters_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.bvh"
    file.write_bytes(b"\xef\xbb\xbf" + ARM.replace("forearm", "Vorderarm-\u00dc").encode("latin-1"))
    assert bvh.read(file).names[2].startswith("Vorderarm-")


def test_position_channels_on_a_joint_replace_its_offset() -> None:
    six = "CHANNELS 6 Xposition Yposition Zposition Zrotation Xrotation Yrotation"
    text = ARM.replace("CHANNELS 3 Zrotation Xrotation Yrotation", six)
    text = text.replace(
        "0 0 0 0 0 0 0 0 0 0 0 0\n10 20 30 90 0 0 -90 0 0 0 0 90",
        "0 " * 18 + "\n" + "0 " * 6 + "0 5 0 0 0 0 0 0 7 0 0 0",
    )
    np.testing.assert_allclose(bvh.positions(bvh.parse(text))[1], [[0, 0, 0], [0, 5, 0], [0, 5, 7]], atol=1e-12)


@pytest.mark.parametrize(
    ("written", "rate"),
    [
        ("0.0083333", 120.0), (".0083333", 120.0), ("0.00833333", 120.0), ("0.008333", 120.0), ("8.33333e-03", 120.0),
        (".041667", 24.0), ("0.0333333", 30.0), ("0.033333", 30.0), ("0.033", 30.0), ("0.016667", 60.0),
        ("0.0167", 60.0),
        ("0.04", 25.0), ("0.01", 100.0), ("0.02", 50.0), ("0.0111111", 90.0), ("0.03333333358168602", 30.0),
        ("0.033367", 30000 / 1001), ("0.0083417", 120000 / 1001), ("0.066667", 15.0), ("0.1", 10.0), ("1.0", 1.0),
    ],
)  # fmt: skip
def test_a_rounded_frame_time_means_the_rate_it_was_rounded_from(written: str, rate: float) -> None:
    parsed = bvh.parse(ARM.replace("0.0333333", written))
    assert parsed.fps == pytest.approx(rate, abs=1e-9)
    assert parsed.frame_time == float(written)


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        (ARM.replace("20 30 90", "20 thirty 90"), ("line 25", "'thirty'")),
        (ARM.replace("20 30 90", "20 nan 90"), ("line 25", "'nan'", "finite")),
        (ARM.replace("20 30 90", "20 30"), ("line 25", "11 numbers", "12")),
        (ARM.replace("Frames: 2", "Frames: 3"), ("3 frames", "holds 2")),
        (ARM.replace("Frames: 2", "Frames: two"), ("line 23", "number")),
        (ARM.replace("Frame Time: 0.0333333", "Frame Time: 0"), ("line 23", "cannot be a motion")),
        (ARM.replace("OFFSET 2 0 0", "OFFSET 2 zero 0"), ("line 12", "'zero'")),
        (ARM.replace("CHANNELS 3", "CHANNELS 9", 1), ("line 9", "channels")),
        (ARM.replace("3 Zrotation", "3 Qrotation", 1), ("line 9", "'Qrotation'")),
        (ARM.replace("}\nMOTION", "MOTION"), ("not closed",)),
        (ARM.partition("MOTION")[0], ("no MOTION",)),
        ("hello", ("no MOTION",)),
        ("hello\nMOTION\n", ("HIERARCHY",)),
        ("", ("no MOTION",)),
    ],
)
def test_what_is_broken_is_named_in_one_line(broken: str, words: tuple[str, ...]) -> None:
    with pytest.raises(MotionError) as error:
        bvh.parse(broken, "arm.bvh")
    message = str(error.value)
    assert "\n" not in message
    assert all(word in message for word in ("arm.bvh", *words))


@given(at=st.integers(0, len(ARM) - 1), length=st.integers(1, 60))
@settings(max_examples=60, deadline=None)
def test_a_file_with_a_hole_in_it_is_read_or_refused_but_never_crashes(at: int, length: int) -> None:
    try:
        parsed = bvh.parse(ARM[:at] + ARM[at + length :])
    except MotionError:
        return
    assert np.isfinite(bvh.positions(parsed)).all()


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(MotionError, match=r"cannot read .*gone\.bvh"):
        bvh.read(tmp_path / "gone.bvh")


unit = st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(lambda q: np.linalg.norm(q) > 0.1)


@given(first=unit, second=unit, place=st.lists(st.floats(-50, 50), min_size=3, max_size=3))
@settings(max_examples=30, deadline=None)
def test_what_is_written_reads_back_as_the_same_pose(
    tmp_path_factory: pytest.TempPathFactory, first: list[float], second: list[float], place: list[float]
) -> None:
    local = np.tile([0.0, 0.0, 0.0, 1.0], (2, len(BONES), 1))
    local[0, 0], local[1, 7] = (np.array(q) / np.linalg.norm(q) for q in (first, second))
    root = np.array([place, [0.0, 1.0, 0.0]])
    file = tmp_path_factory.mktemp("bvh") / "out.bvh"
    bvh.write(file, BONES, PARENTS, HUMANOID.offsets, root, local, 15.0)
    back = bvh.read(file)
    places, turns = bvh.local_transforms(back)
    assert (back.names, back.parents, back.fps) == (BONES, PARENTS, 15.0)
    np.testing.assert_allclose(back.offsets[1:] / 100, HUMANOID.offsets[1:], atol=1e-6)
    np.testing.assert_allclose(places[:, 0] / 100, root, atol=1e-6)
    assert np.abs(np.sum(turns * local, axis=-1)).min() > 1 - 1e-9


@pytest.mark.parametrize("pitch", [90.0, -90.0])
def test_gimbal_lock_survives_writing(tmp_path: Path, pitch: float) -> None:
    turn = Rotation.from_euler("ZXY", [30, pitch, 40], degrees=True).as_quat()
    local = np.tile([0.0, 0.0, 0.0, 1.0], (1, len(BONES), 1))
    local[0, 3] = turn
    bvh.write(tmp_path / "a.bvh", BONES, PARENTS, HUMANOID.offsets, np.zeros((1, 3)), local, 30.0)
    _, turns = bvh.local_transforms(bvh.read(tmp_path / "a.bvh"))
    assert abs(turns[0, 3] @ turn) > 1 - 1e-9


def test_written_angles_never_leap_a_full_turn(tmp_path: Path) -> None:
    angle = np.radians(np.arange(0, 720, 10))
    local = np.tile([0.0, 0.0, 0.0, 1.0], (len(angle), len(BONES), 1))
    local[:, 0] = Rotation.from_euler("Y", angle[:, None]).as_quat()
    bvh.write(tmp_path / "a.bvh", BONES, PARENTS, HUMANOID.offsets, np.zeros((len(angle), 3)), local, 30.0)
    assert np.abs(np.diff(bvh.read(tmp_path / "a.bvh").data, axis=0)).max() < 11


def test_motion_that_is_not_finite_is_not_written(tmp_path: Path) -> None:
    local = np.full((1, len(BONES), 4), np.nan)
    with pytest.raises(MotionError, match="not finite"):
        bvh.write(tmp_path / "a.bvh", BONES, PARENTS, HUMANOID.offsets, np.zeros((1, 3)), local, 30.0)
    assert list(tmp_path.iterdir()) == []


def test_writing_where_there_is_no_folder_is_one_clear_line(tmp_path: Path) -> None:
    local = np.tile([0.0, 0.0, 0.0, 1.0], (1, len(BONES), 1))
    with pytest.raises(MotionError, match="cannot write"):
        bvh.write(tmp_path / "no" / "a.bvh", BONES, PARENTS, HUMANOID.offsets, np.zeros((1, 3)), local, 30.0)


def test_a_part_of_a_parsed_dance_can_be_taken(salsa: bvh.Bvh) -> None:
    part = replace(salsa, data=salsa.data[9:20])
    np.testing.assert_array_equal(bvh.positions(part), bvh.positions(salsa)[9:20])
