"""Folders of one's own: whoever wrote the BVH, the dance comes back as it was."""

import zipfile
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.datasets import bone_names, bvh_wav, from_bvh, synthetic
from model.datasets.take import Take
from motion import bvh, kinematics, rotation
from motion.skeleton import BONES, HUMANOID, MotionError
from tests.model.dancers import LIMBS, SHARED, check_is_a_dancer, degrees_between, track


def write_dance(folder: Path, name: str, names: tuple[str, ...] = BONES, seconds: float = 2.0, song: str = "") -> Take:
    """A made-up dance as a BVH file, in centimetres, with a song if one is named."""
    take = synthetic.dance("two-step", 120.0, seconds, np.random.default_rng(1))
    folder.mkdir(parents=True, exist_ok=True)
    bvh.write(folder / f"{name}.bvh", names, HUMANOID.parents, HUMANOID.offsets, take.root, take.rotations, take.fps)
    if song:
        soundfile.write(folder / song, np.zeros(24000, dtype=np.float32), 24000)
    return take


def renamed(vocabulary: dict[str, str], prefix: str = "") -> tuple[str, ...]:
    both = bone_names.both_sides(vocabulary)
    return tuple(prefix + both.get(bone, f"extra{i}") for i, bone in enumerate(BONES))


def test_a_dance_of_ones_own_comes_back_as_it_was(tmp_path: Path) -> None:
    danced = write_dance(tmp_path, "mine", song="mine.wav")
    (take,) = bvh_wav.load(tmp_path)
    np.testing.assert_allclose(take.root, danced.root, atol=2e-3)
    assert np.abs(np.sum(take.rotations * danced.rotations, axis=-1)).min() > 1 - 1e-8
    assert (take.name, take.style, take.fps, take.split) == ("mine", "default", 60.0, "train")
    assert take.audio == tmp_path / "mine.wav"
    assert take.audio_offset == 0.0


@pytest.mark.parametrize(
    ("vocabulary", "prefix"),
    [
        (bone_names._MIXAMO, "mixamorig:"), (bone_names._MIXAMO, ""), (bone_names._VRM, "Armature|"),
        (bone_names._CMU_3DSMAX, ""), (bone_names._XSENS, ""), (bone_names._ROKOKO, ""), (bone_names.CMU_ASF, ""),
        (bone_names._CMU_MAYA, ""), (bone_names._CGSPEED, "Actor 1:"),
    ],
)  # fmt: skip
def test_skeletons_of_other_programs_are_understood(vocabulary: dict[str, str], prefix: str, tmp_path: Path) -> None:
    danced = write_dance(tmp_path, "theirs", renamed(vocabulary, prefix))
    (take,) = bvh_wav.load(tmp_path)
    for bone, tip in LIMBS:
        theirs = track(danced, tip) - track(danced, bone)
        assert degrees_between(track(take, tip) - track(take, bone), theirs).max() < 0.1
    assert not any(take.mask[BONES.index(bone)] for bone in BONES if bone not in bone_names.both_sides(vocabulary))


@pytest.mark.parametrize("scale", [0.01, 1 / 2.54, 10.0])
def test_the_unit_of_a_file_does_not_matter(scale: float, tmp_path: Path) -> None:
    danced = write_dance(tmp_path, "a")
    source = bvh.read(tmp_path / "a.bvh")
    bvh.write(
        tmp_path / "a.bvh",
        source.names,
        source.parents,
        source.offsets * scale / 100,
        danced.root * scale,
        danced.rotations,
        60.0,
    )
    (take,) = bvh_wav.load(tmp_path)
    np.testing.assert_allclose(take.root, danced.root, atol=2e-2 / min(1.0, scale * 100) + 2e-3)


def test_a_file_with_z_up_stands_upright(tmp_path: Path) -> None:
    danced = synthetic.dance("two-step", 120.0, 2.0, np.random.default_rng(1))
    tilt = rotation.from_euler("X", np.radians(np.array([90.0])))
    local = rotation.multiply(rotation.multiply(tilt, danced.rotations), rotation.inverse(tilt))
    offsets, root = rotation.rotate(tilt, HUMANOID.offsets), rotation.rotate(tilt, danced.root)
    bvh.write(tmp_path / "z.bvh", BONES, HUMANOID.parents, offsets, root, local, 60.0)
    (take,) = bvh_wav.load(tmp_path)
    np.testing.assert_allclose(take.root, danced.root, atol=2e-3)
    assert np.abs(np.sum(take.rotations * danced.rotations, axis=-1)).min() > 1 - 1e-8


def test_a_skeleton_whose_zero_pose_does_not_stand_is_fitted_by_its_points(tmp_path: Path) -> None:
    """All bones along X at rest, as some game rigs have them; turns then mean nothing, places do."""
    danced = synthetic.dance("side-step", 120.0, 2.0, np.random.default_rng(1))
    where, world = kinematics.forward(HUMANOID, danced.root, danced.rotations)
    # the turn of each joint that puts a bone along its own X; where a joint forks, each child keeps its true offset
    children = [[c for c, p in enumerate(HUMANOID.parents) if p == b] for b in range(22)]
    own = np.tile([0.0, 0.0, 0.0, 1.0], (22, 1))
    offsets = HUMANOID.offsets.copy()
    for joint, below in enumerate(children):
        if len(below) == 1:
            own[joint] = rotation.shortest_arc(np.array([1.0, 0.0, 0.0]), HUMANOID.offsets[below[0]])
        for child in below:
            offsets[child] = rotation.rotate(rotation.inverse(own[joint]), HUMANOID.offsets[child])
    turned = rotation.multiply(world, own)
    local = turned.copy()
    local[:, 1:] = rotation.multiply(rotation.inverse(turned[:, list(HUMANOID.parents[1:])]), turned[:, 1:])
    bvh.write(tmp_path / "rig.bvh", BONES, HUMANOID.parents, offsets, danced.root, local, 60.0)
    parsed = bvh.read(tmp_path / "rig.bvh")
    np.testing.assert_allclose(bvh.positions(parsed) / 100, where, atol=1e-4)
    assert not from_bvh.stands(parsed, "rig.bvh")
    (take,) = bvh_wav.load(tmp_path)
    for bone, tip in LIMBS:
        theirs = track(danced, tip) - track(danced, bone)
        assert degrees_between(track(take, tip) - track(take, bone), theirs).max() < 1.0, bone


def test_a_t_pose_put_in_front_is_dropped_and_the_song_kept_in_time(tmp_path: Path) -> None:
    danced = write_dance(tmp_path, "a", song="a.flac")
    rest = np.tile([0.0, 0.0, 0.0, 1.0], (1, 22, 1))
    local = np.concatenate([rest, danced.rotations])
    root = np.concatenate([danced.root[:1], danced.root])
    bvh.write(tmp_path / "a.bvh", BONES, HUMANOID.parents, HUMANOID.offsets, root, local, 60.0)
    (take,) = bvh_wav.load(tmp_path)
    assert len(take.root) == len(danced.root)
    assert take.audio_offset == pytest.approx(1 / 60)


def test_subfolders_are_styles_and_every_tenth_take_is_kept_for_validation(tmp_path: Path) -> None:
    for number in range(11):
        write_dance(tmp_path / ("waltz" if number % 2 else "polka"), f"{number:02d}", seconds=0.2)
    takes = bvh_wav.load(tmp_path)
    assert {take.style for take in takes} == {"waltz", "polka"}
    assert [take.split for take in takes].count("val") == 1
    assert all(take.audio is None for take in takes)


@pytest.mark.parametrize("count", [2, 3, 4])
def test_of_a_few_takes_the_last_is_kept_for_validation(tmp_path: Path, count: int) -> None:
    for number in range(count):
        write_dance(tmp_path, f"{number}", seconds=0.2)
    assert [take.split for take in bvh_wav.load(tmp_path)] == ["train"] * (count - 1) + ["val"]


def test_bones_that_are_not_understood_are_listed(tmp_path: Path) -> None:
    write_dance(tmp_path, "alien", tuple(f"tentacle{i}" for i in range(22)), seconds=0.2)
    with pytest.raises(MotionError) as error:
        bvh_wav.load(tmp_path)
    assert all(word in str(error.value) for word in ("alien.bvh", "leftUpperArm", "tentacle3"))
    assert "\n" not in str(error.value)


def test_real_files_of_many_makers_are_dancers(tmp_path: Path) -> None:
    archive = SHARED / "other_mocap" / "animated_drawings_bvh.zip"
    if not archive.is_file():
        pytest.skip("needs shared/data/other_mocap")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(tmp_path)
    takes = {take.name: take for take in bvh_wav.load(tmp_path)}
    assert len(takes) == 6
    for name in ("fair1_dab", "fair1_zombie", "cmu1_jumping_jacks"):
        check_is_a_dancer(takes[name])
    jesse = takes["rokoko_jesse_dance"]
    assert (jesse.fps, len(jesse.root)) == (100.0, 1007)
    assert np.median(track(jesse, "head")[:, 1] - jesse.root[:, 1]) > 0.4
