"""Joints' limits: recorded dances pass, broken joints do not."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from model.datasets import cmu, g1_moves, synthetic
from motion import limits, rotation
from motion.rotation import Floats
from motion.skeleton import BONES
from tests.motion.test_upsample import DATA

REST = np.tile([0.0, 0.0, 0.0, 1.0], (len(BONES), 1))


def body_with(bone: str, axis: str, degrees: float) -> Floats:
    local = REST.copy()
    local[BONES.index(bone)] = Rotation.from_euler(axis, degrees, degrees=True).as_quat()
    return local


def angle_of(local: Floats, bone: str) -> float:
    return float(np.degrees(Rotation.from_quat(local[BONES.index(bone)]).magnitude()))


@pytest.mark.parametrize(
    ("bone", "axis", "sign"),
    [("leftLowerLeg", "x", -1), ("rightLowerLeg", "x", -1), ("leftLowerArm", "y", 1), ("rightLowerArm", "y", -1)],
)
def test_knees_and_elbows_do_not_bend_backwards_and_bend_forwards_freely(bone: str, axis: str, sign: int) -> None:
    assert angle_of(limits.limit(body_with(bone, axis, 60.0 * sign)), bone) == pytest.approx(1.0, abs=1e-6)
    free = body_with(bone, axis, -140.0 * sign)
    np.testing.assert_array_equal(limits.limit(free), free)
    shut = limits.limit(body_with(bone, axis, -172.0 * sign))
    assert angle_of(shut, bone) == pytest.approx(155.0, abs=1e-6)


@pytest.mark.parametrize(("bone", "end"), [("head", 85.0), ("neck", 85.0), ("leftFoot", 90.0), ("spine", 75.0)])
def test_no_joint_turns_past_its_end_and_it_slows_down_without_a_jump(bone: str, end: float) -> None:
    asked = np.linspace(0.0, 179.0, 1000)
    given = np.array([angle_of(limits.limit(body_with(bone, "y", degrees)), bone) for degrees in asked])
    assert given.max() < end
    steps = np.diff(given) / np.diff(asked)
    assert steps.min() > 0.0
    assert np.abs(np.diff(steps)).max() < 0.05
    np.testing.assert_allclose(given[asked < 40.0], asked[asked < 40.0], atol=1e-6)


def test_both_signs_of_a_quaternion_are_one_rotation() -> None:
    wild = rotation.normalize(np.random.default_rng(0).normal(size=(50, len(BONES), 4)))
    np.testing.assert_allclose(
        rotation.to_matrix(limits.limit(wild)), rotation.to_matrix(limits.limit(-wild)), atol=1e-9
    )
    np.testing.assert_allclose(np.linalg.norm(limits.limit(wild), axis=-1), 1.0, atol=1e-9)


@pytest.mark.parametrize("kind", ["cmu", "g1_moves", "made"])
def test_real_dances_pass_as_they_are(kind: str) -> None:
    if kind == "made":
        takes = synthetic.dances(seed=2, takes=3, seconds=6.0)
    else:
        takes = {"cmu": cmu, "g1_moves": g1_moves}[kind].load(DATA / kind)
    for take in takes:
        local = take.rotations.astype(np.float64)
        turned = rotation.to_axis_angle(rotation.multiply(limits.limit(local), rotation.inverse(local)))
        degrees = np.degrees(np.linalg.norm(turned, axis=-1)).max(axis=1)
        assert (degrees > 2.0).mean() < 0.01
