"""Rotations from joint positions: the points are met, the twist of bent limbs is found, straight limbs do not flip."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import fitting, kinematics, level, retarget, rotation
from motion.skeleton import BONES, HUMANOID, MotionError

TANG = Path(__file__).resolve().parents[3] / "shared" / "data" / "tang2018" / "takes" / "dance_c_2.npz"
TANG_POINTS = {
    "belly": 2,
    "rightUpperArm": 3,
    "rightLowerArm": 4,
    "rightHand": 6,
    "leftUpperArm": 12,
    "leftLowerArm": 13,
    "leftHand": 15,
    "rightUpperLeg": 7,
    "rightLowerLeg": 8,
    "rightFoot": 9,
    "rightToes": 11,
    "leftUpperLeg": 16,
    "leftLowerLeg": 17,
    "leftFoot": 18,
    "leftToes": 20,
}
COCO = {"nose": 0, "leftEar": 3, "rightEar": 4} | {
    side + bone: 5 + 2 * i + j
    for i, bone in enumerate(("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot"))
    for j, side in enumerate(("left", "right"))
}
# what a body can do without points telling: trunk and neck only bend, knees and elbows are hinges (about these axes)
HINGES = {"leftLowerLeg": (1, 0, 0), "rightLowerLeg": (1, 0, 0), "leftLowerArm": (0, -1, 0), "rightLowerArm": (0, 1, 0)}
TWISTED = ("UpperLeg", "UpperArm")


def plausible_dance(
    seed: int, frames: int = 20, bend: tuple[float, float] = (0.6, 2.0)
) -> tuple[np.ndarray, np.ndarray]:
    """Root [T, 3] and local rotations [T, 22, 4]: any heading, bent trunk, swung and twisted limbs, bent hinges."""
    rng = np.random.default_rng(seed)
    local = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(BONES), 1))
    for i, name in enumerate(BONES):
        if name in HINGES:
            local[:, i] = rotation.from_axis_angle(np.array(HINGES[name]) * rng.uniform(*bend, (frames, 1)))
        elif name.endswith(TWISTED):
            local[:, i] = rotation.from_axis_angle(rng.uniform(-0.8, 0.8, (frames, 3)))
        elif name in ("spine", "chest", "upperChest", "neck") or name.endswith(("Shoulder", "Foot")):
            local[:, i] = rotation.from_axis_angle(rng.uniform(-0.3, 0.3, (frames, 3)) * [1.0, 0.0, 1.0])
    heading = rotation.about_y(rng.uniform(-3, 3) + np.cumsum(rng.normal(0, 0.1, frames)))
    local[:, 0] = rotation.multiply(heading, rotation.from_axis_angle(rng.uniform(-0.3, 0.3, (frames, 3))))
    return rng.uniform(-2, 2, (frames, 3)) + [[0.0, 0.95, 0.0]] * frames, rotation.continuous(local)


def all_points(root: np.ndarray, local: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    positions, world = kinematics.forward(HUMANOID, root, local)
    return {name: positions[:, i] for i, name in enumerate(BONES)}, world


def angles(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return np.degrees(4 * np.arcsin(np.minimum(chord / 2, 1)))


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_a_body_of_our_size_is_met_in_every_joint(seed):
    points, _ = all_points(*plausible_dance(seed, bend=(0.0, 2.2)))
    root, local = fitting.fit(points, HUMANOID)
    positions, _ = kinematics.forward(HUMANOID, root, local)
    assert np.abs(positions - np.stack([points[name] for name in BONES], axis=1)).max() < 1e-3


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_hips_chest_and_the_twist_of_bent_limbs_are_found(seed):
    points, world = all_points(*plausible_dance(seed))
    found = all_points(*fitting.fit(points, HUMANOID))[1]
    seen = [i for i, name in enumerate(BONES) if name in (*HINGES, "hips", "upperChest") or name.endswith(TWISTED)]
    assert angles(found, world)[:, seen].max() < 0.1


@settings(max_examples=10, deadline=None)
@given(st.integers(0, 2**31), st.floats(0.4, 3.0))
def test_a_body_of_another_size_moves_alike(seed, size):
    points, _ = all_points(*plausible_dance(seed))
    small, big = (fitting.fit({n: track * s for n, track in points.items()}, HUMANOID) for s in (1.0, size))
    assert np.allclose(small[0], big[0], atol=1e-6)
    assert angles(small[1], big[1]).max() < 1e-3


def test_a_leg_that_goes_straight_keeps_its_twist_instead_of_flipping():
    frames = 60
    local = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(BONES), 1))
    bend = np.abs(np.cos(np.linspace(0, np.pi, frames)))[:, None]  # straight in the middle
    turned_out = rotation.from_axis_angle(np.tile([0.0, 0.5, 0.0], (frames, 1)))
    raised = rotation.from_axis_angle(-0.8 * bend * np.array([1.0, 0.0, 0.0]))
    local[:, BONES.index("leftUpperLeg")] = rotation.multiply(turned_out, raised)
    local[:, BONES.index("leftLowerLeg")] = rotation.from_axis_angle(1.2 * bend * np.array([1.0, 0.0, 0.0]))
    points, world = all_points(np.tile(HUMANOID.offsets[0], (frames, 1)), local)
    rng = np.random.default_rng(6)
    points = {name: track + rng.normal(0, 0.0005, track.shape) for name, track in points.items()}
    points = {name: track for name, track in points.items() if not name.endswith("Toes")}
    found = all_points(*fitting.fit(points, HUMANOID))[1]
    knee = BONES.index("leftUpperLeg")
    assert angles(found, world)[:, knee].max() < 8
    assert angles(found[1:], found[:-1])[:, knee].max() < 8


def test_a_straight_leg_is_twisted_as_its_foot_points():
    local = np.tile([0.0, 0.0, 0.0, 1.0], (5, len(BONES), 1))
    local[:, BONES.index("rightUpperLeg")] = rotation.about_y(-0.7)
    points, world = all_points(np.tile(HUMANOID.offsets[0], (5, 1)), local)
    assert angles(all_points(*fitting.fit(points, HUMANOID))[1], world).max() < 0.5


def test_key_points_without_spine_hands_and_toes_are_enough(aist):
    root, local, key_points = aist
    points = {name: key_points[:, i] for name, i in COCO.items()}
    path, turns = fitting.fit(points, HUMANOID)
    world, smpl = all_points(path, turns)[1], all_points(root, local)[1]
    apart = np.median(angles(world, smpl), axis=0)  # SMPL's own fit to the same key points
    for name in (
        "hips",
        "upperChest",
        "head",
        "leftUpperLeg",
        "rightUpperLeg",
        "leftLowerLeg",
        "leftUpperArm",
        "rightLowerArm",
    ):
        assert apart[BONES.index(name)] < 25, name
    grounded = retarget.ground(path, turns, HUMANOID)
    assert np.std(grounded - root, axis=0).max() < 0.04
    assert angles(world[1:], world[:-1]).max() < 12


@pytest.mark.skipif(not TANG.exists(), reason="the tang2018 takes are not beside this checkout (shared/data/tang2018)")
def test_a_noisy_capture_with_23_points_dances_on_its_feet():
    take = np.load(TANG)
    joints = take["joints"].astype(np.float64) + take["root"][:, None]
    points = level.level({name: joints[:, i] for name, i in TANG_POINTS.items()})
    root, local = fitting.fit(points, HUMANOID)
    root = level.follow_floor(root, local, 25, HUMANOID)
    positions, world = kinematics.forward(HUMANOID, root, local)
    for side in ("left", "right"):
        assert 0.0 < np.median(positions[:, BONES.index(side + "Toes"), 1]) < 0.06
        upper, lower = (BONES.index(side + bone) for bone in ("UpperLeg", "LowerLeg"))
        ours = positions[:, lower] - positions[:, upper]
        theirs = points[side + "LowerLeg"] - points[side + "UpperLeg"]
        cosine = np.sum(ours * theirs, axis=-1) / np.linalg.norm(ours, axis=-1) / np.linalg.norm(theirs, axis=-1)
        assert np.degrees(np.arccos(cosine.min())) < 0.1
    assert 0.85 < np.median(root[:, 1]) < 1.0
    thighs = [BONES.index(side + "UpperLeg") for side in ("left", "right")]
    assert np.percentile(angles(world[1:], world[:-1])[:, thighs], 99.9) < 60  # degrees a frame: kicks, but no flips


def test_the_thigh_and_shin_of_the_source_are_measured():
    points, _ = all_points(*plausible_dance(1))
    assert fitting.leg_length(points) == pytest.approx(retarget.leg_length(HUMANOID), abs=1e-9)


def test_points_that_cannot_be_fitted_are_refused_in_one_line():
    points, _ = all_points(*plausible_dance(1))
    with pytest.raises(MotionError, match="no point is called 'tail'"):
        fitting.fit(points | {"tail": points["hips"]}, HUMANOID)
    with pytest.raises(MotionError, match="the track of leftLowerLeg is missing"):
        fitting.fit({name: track for name, track in points.items() if name != "leftLowerLeg"}, HUMANOID)
    with pytest.raises(MotionError, match="the track of neck has a gap"):
        fitting.fit(points | {"neck": points["neck"] * np.nan}, HUMANOID)
    with pytest.raises(MotionError, match=r"the track of neck has the shape \(3, 3\)"):
        fitting.fit(points | {"neck": points["neck"][:3]}, HUMANOID)
