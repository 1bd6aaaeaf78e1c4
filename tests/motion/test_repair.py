"""Faults of a capture are taken out, and nothing else is touched."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from model.datasets import cmu, g1_moves
from motion import repair
from motion.rotation import Floats
from motion.skeleton import BONES
from tests.motion.test_upsample import DATA

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
HEAD = BONES.index("head")
REST = np.array([0.0, 0.0, 0.0, 1.0])


def degrees_between(a: Floats, b: Floats) -> Floats:
    turn: Floats = np.degrees((Rotation.from_quat(a).inv() * Rotation.from_quat(b)).magnitude())
    return turn


def same(mended: Floats, local: Floats) -> bool:
    return bool((np.abs(np.abs((mended * local).sum(axis=-1)) - 1.0) < 1e-9).all())


def test_a_dance_without_faults_stays_bit_for_bit() -> None:
    for take in g1_moves.load(DATA / "g1_moves"):
        np.testing.assert_array_equal(repair.repair(take.rotations, take.fps), take.rotations)


@pytest.mark.skipif(not SHARED.exists(), reason="the captured dances lie in ../shared/data")
@pytest.mark.parametrize(("name", "wrong"), [("salsa_06", 0.99), ("salsa_07", 0.3)])
def test_a_head_that_the_capture_put_on_backwards_stands_the_right_way_round(name: str, wrong: float) -> None:
    take = next(take for take in cmu.load(SHARED / "cmu") if take.name == name)
    angle = degrees_between(take.rotations[:, HEAD], REST)
    assert (angle > 90.0).mean() > wrong
    mended = repair.repair(take.rotations, take.fps)
    assert degrees_between(mended[:, HEAD], REST).max() < 90.0
    turned = degrees_between(mended[1:, HEAD], mended[:-1, HEAD]) * take.fps
    assert turned.max() < repair.FASTEST
    others = [bone for bone in range(len(BONES)) if not BONES[bone].endswith(("head", "Hand", "Foot", "Toes"))]
    np.testing.assert_array_equal(mended[:, others], take.rotations[:, others])


@pytest.mark.parametrize("bone", ["head", "leftHand", "rightFoot", "leftToes"])
def test_a_turn_inside_out_for_a_tenth_of_a_second_is_bridged(bone: str) -> None:
    take = g1_moves.load(DATA / "g1_moves")[0]
    broken, at, bone_number = take.rotations.copy(), slice(200, 206), BONES.index(bone)
    flip = Rotation.from_euler("y", 175.0, degrees=True)
    broken[at, bone_number] = (Rotation.from_quat(broken[at, bone_number]) * flip).as_quat()
    mended = repair.repair(broken, take.fps)
    moved = degrees_between(take.rotations[194, bone_number], take.rotations[212, bone_number])
    assert degrees_between(mended[at, bone_number], take.rotations[at, bone_number]).max() < 5.0 + moved
    assert same(mended[:195], take.rotations[:195])
    assert same(mended[211:], take.rotations[211:])


def test_a_head_that_is_never_right_is_left_at_rest() -> None:
    take = g1_moves.load(DATA / "g1_moves")[0]
    broken = take.rotations.copy()
    broken[:, HEAD] = Rotation.from_euler("x", 177.0, degrees=True).as_quat()
    mended = repair.repair(broken, take.fps)
    np.testing.assert_array_equal(mended[:, HEAD], np.tile(REST, (len(broken), 1)))


def test_mending_twice_is_mending_once() -> None:
    take = g1_moves.load(DATA / "g1_moves")[0]
    broken = take.rotations.copy()
    broken[100:140, HEAD] = Rotation.from_euler("x", 177.0, degrees=True).as_quat()
    once = repair.repair(broken, take.fps)
    np.testing.assert_array_equal(repair.repair(once, take.fps), once)
