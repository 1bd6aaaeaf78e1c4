"""Other bodies on ours: directions kept, floors found, rates changed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from motion import contacts, kinematics, retarget, rotation
from motion.skeleton import BONES, HUMANOID, PARENTS, MotionError

UP = np.array([0.0, 1.0, 0.0])
EVERY = np.ones(len(BONES), bool)
POINTING = np.linalg.norm(retarget.rest_directions(HUMANOID), axis=-1) > 0


def random_world(seed: int, frames: int = 4) -> np.ndarray:
    return Rotation.random(frames * len(BONES), random_state=seed).as_quat().reshape(frames, len(BONES), 4)


def world_of(local: np.ndarray) -> np.ndarray:
    return kinematics.forward(HUMANOID, np.zeros((len(local), 3)), local)[1]


def same_rotation(a: np.ndarray, b: np.ndarray, within: float = 1e-9) -> bool:
    return bool((np.minimum(np.abs(a - b), np.abs(a + b)).max()) < within)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_each_bone_points_where_the_source_bone_points(seed):
    source = random_world(seed)
    directions = np.random.default_rng(seed).normal(size=(len(BONES), 3))
    world = world_of(retarget.rotations(source, directions, EVERY, HUMANOID))
    ours = rotation.rotate(world, retarget.rest_directions(HUMANOID))[:, POINTING]
    theirs = rotation.rotate(source, directions / np.linalg.norm(directions, axis=-1, keepdims=True))[:, POINTING]
    assert np.allclose(ours, theirs, atol=1e-9)


def test_a_source_that_rests_as_we_do_is_copied(aist):
    _, local, _ = aist
    world = world_of(local)
    for directions in (retarget.rest_directions(HUMANOID) * 3.0, np.zeros((22, 3))):
        assert same_rotation(retarget.rotations(world, directions, EVERY, HUMANOID), local)


def test_rolls_that_places_do_not_show_come_from_the_sources_turns_and_no_joint_moves(aist):
    root, local, _ = aist
    rolls = ["head", *(side + bone for side in ("left", "right") for bone in ("UpperArm", "LowerArm", "Hand", "Foot"))]
    world = world_of(local)
    lies = Rotation.random(len(rolls), random_state=1).as_quat()  # as the source's joints lie in their bones, unknown
    turns = {bone: rotation.multiply(world[:, BONES.index(bone)], lies[n]) for n, bone in enumerate(rolls)}
    unseen = np.array(local)
    ends = [BONES.index(bone) for bone in rolls if bone.endswith(("head", "Hand"))]
    unseen[:, ends] = (0.0, 0.0, 0.0, 1.0)
    found = retarget.with_turns(unseen, turns, HUMANOID)
    assert np.allclose(*(kinematics.forward(HUMANOID, root, pose)[0] for pose in (found, unseen)), atol=1e-9)
    for bone in rolls:
        b = BONES.index(bone)
        off = rotation.multiply(rotation.inverse(world[:, b]), world_of(found)[:, b])
        assert same_rotation(off, np.broadcast_to(off[0], off.shape), within=1e-6)  # but for how it lies on the average


def test_splayed_legs_at_rest_in_the_source_stay_splayed():
    directions = np.zeros((len(BONES), 3))
    splayed = np.array([np.sin(np.radians(20)), -np.cos(np.radians(20)), 0.0])
    directions[BONES.index("leftUpperLeg")] = directions[BONES.index("leftLowerLeg")] = splayed
    rest = np.tile([0.0, 0.0, 0.0, 1.0], (1, len(BONES), 1))
    local = retarget.rotations(rest, directions, EVERY, HUMANOID)
    positions, _ = kinematics.forward(HUMANOID, HUMANOID.offsets[:1], local)
    leg = positions[0, BONES.index("leftFoot")] - positions[0, BONES.index("leftUpperLeg")]
    assert np.allclose(leg / np.linalg.norm(leg), splayed, atol=0.002)  # our ankle rests 1 cm behind the knee


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31), st.sets(st.integers(1, 21), min_size=1))
def test_bones_the_source_lacks_stay_at_rest_and_the_others_do_not_notice(seed, missing):
    source, mask = random_world(seed), EVERY.copy()
    mask[list(missing)] = False
    local = retarget.rotations(source, np.zeros((22, 3)), mask, HUMANOID)
    assert same_rotation(local[:, ~mask], np.tile([0.0, 0.0, 0.0, 1.0], (4, len(missing), 1)))
    assert same_rotation(world_of(local)[:, mask], source[:, mask])


def test_signs_follow_time(aist):
    world = world_of(aist[1])
    world[::3] *= -1
    local = retarget.rotations(world, np.zeros((22, 3)), EVERY, HUMANOID)
    assert (np.sum(local[1:] * local[:-1], axis=-1) > 0).all()


def test_shapes_that_do_not_fit_the_skeleton_are_refused():
    with pytest.raises(MotionError, match="source directions have the shape"):
        retarget.rotations(random_world(1), np.zeros((20, 3)), EVERY, HUMANOID)
    with pytest.raises(MotionError, match="a leg of 0 m cannot be scaled from"):
        retarget.root_position(np.zeros((3, 3)), 0, HUMANOID)


@pytest.mark.parametrize("size", [0.5, 1.0, 2.0])
def test_a_bigger_source_walks_the_same_path_in_our_strides(aist, size):
    root, local, _ = aist
    legs = retarget.leg_length(HUMANOID)
    assert legs == pytest.approx(0.825, abs=0.001)
    ours = retarget.root_position(root * size, legs * size, HUMANOID)
    assert np.allclose(ours, root, atol=1e-9)
    assert np.allclose(retarget.ground(ours + 0.3 * UP, local, HUMANOID), root, atol=1e-6)


def test_grounded_feet_stand_on_zero(aist):
    root, local, _ = aist
    grounded = retarget.ground(root - 0.7 * UP, local, HUMANOID)
    positions, _ = kinematics.forward(HUMANOID, grounded, local)
    assert contacts.floor_height(positions) == pytest.approx(0.0, abs=1e-9)
    toes = positions[:, contacts.FOOT_POINTS, 1][contacts.detect(positions, 60) > 0]
    assert 0.0 < np.median(toes) < 0.1


def test_sampling_at_the_frames_gives_the_frames(aist):
    root, local, _ = aist
    sampled = retarget.at_times(root, local, 60, np.arange(len(root)) / 60)
    assert np.allclose(sampled[0], root, atol=1e-9)
    assert same_rotation(sampled[1], local)
    same = retarget.resample(root, local, 60, 60)
    assert np.allclose(same[0], root, atol=1e-9)


def test_rotations_between_frames_are_scipys_slerp(aist):
    root, local, _ = aist
    times = np.random.default_rng(3).uniform(0, 2, 50)
    _, turns = retarget.at_times(root[:200], local[:200], 60, times)
    for bone in (0, 8, 15):
        expected = Slerp(np.arange(200) / 60, Rotation.from_quat(local[:200, bone]))(times).as_quat()
        assert same_rotation(turns[:, bone], expected, 1e-7)


def test_times_outside_the_take_hold_its_ends(aist):
    root, local, _ = aist
    path, turns = retarget.at_times(root, local, 60, np.array([-1.0, 1e6]))
    assert np.allclose(path, root[[0, -1]])
    assert same_rotation(turns, local[[0, -1]])


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([24, 25, 30, 60, 100, 120]), st.integers(2, 200))
def test_steady_motion_is_steady_at_any_rate_and_the_last_frame_fits_in_the_take(fps, frames):
    t = np.arange(frames) / fps
    root = t[:, None] * [1.0, 0.2, -0.5]
    local = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(PARENTS), 1))
    local[:, 0] = rotation.about_y(2.0 * t)
    path, turns = retarget.resample(root, local, fps, 15)
    at = np.arange(len(path)) / 15
    assert at[-1] <= t[-1] + 1e-9 < at[-1] + 1 / 15 + 1e-6
    assert np.allclose(path, at[:, None] * [1.0, 0.2, -0.5], atol=1e-9)
    assert same_rotation(turns[:, 0], rotation.about_y(2.0 * at), 2e-3)


@pytest.mark.parametrize(
    ("hertz", "kept"), [(1.0, (0.97, 1.03)), (3.0, (0.9, 1.1)), (20.0, (0.0, 0.05)), (33.0, (0.0, 0.05))]
)
def test_what_fifteen_frames_a_second_cannot_show_is_taken_out_and_the_rest_kept(hertz, kept):
    t = np.arange(600) / 120
    wave = np.sin(2 * np.pi * hertz * t)
    root = 0.1 * wave[:, None] * [0.0, 1.0, 0.0]
    local = np.tile([0.0, 0.0, 0.0, 1.0], (600, len(PARENTS), 1))
    local[:, 5] = rotation.from_axis_angle(0.3 * wave[:, None] * [1.0, 0.0, 0.0])
    path, turns = retarget.low_pass(root, local, 120, 15)
    inside = slice(60, -60)
    for gain in (np.ptp(path[inside, 1]) / 0.2, np.ptp(rotation.to_axis_angle(turns[inside, 5])[:, 0]) / 0.6):
        assert kept[0] <= gain <= kept[1]


def test_rates_and_times_that_make_no_sense_are_refused():
    root, local = np.zeros((3, 3)), np.tile([0.0, 0.0, 0.0, 1.0], (3, 22, 1))
    with pytest.raises(MotionError, match="cannot go from 0 to 15 frames a second"):
        retarget.resample(root, local, 0, 15)
    with pytest.raises(MotionError, match="a sample time is not finite"):
        retarget.at_times(root, local, 30, np.array([0.0, np.nan]))
