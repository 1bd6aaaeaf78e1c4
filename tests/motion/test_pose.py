"""The pose vector: what is encoded comes back, and the mirror is a mirror."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import kinematics, pose, rotation
from motion.skeleton import BONES, HUMANOID, MotionError


def stand_still(frames: int, heading: np.ndarray | float = 0.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    local = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(BONES), 1))
    local[:, 0] = rotation.about_y(np.broadcast_to(heading, frames))
    return np.tile(HUMANOID.offsets[0], (frames, 1)), local, np.zeros((frames, 4))


def step_through(
    vectors: np.ndarray, place: pose.PlaceState, fps: float
) -> tuple[np.ndarray, np.ndarray, pose.PlaceState]:
    roots, locals_ = [], []
    for vector in vectors:
        root, local, _, place = pose.decode(vector[None], place, fps)
        roots.append(root[0])
        locals_.append(local[0])
    return np.array(roots), np.array(locals_), place


def start_of(root: np.ndarray, local: np.ndarray) -> pose.PlaceState:
    return pose.init(1, x=root[0, 0], z=root[0, 2], yaw=rotation.yaw(local[0, 0]))


def angle(a: np.ndarray, b: np.ndarray) -> float:
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return float(np.max(4 * np.arcsin(np.minimum(chord / 2, 1))))


def test_the_parts_fill_the_vector_in_order():
    parts = [pose.ROOT_HEIGHT, pose.VELOCITY, pose.YAW_RATE, pose.ROTATIONS, pose.CONTACTS]
    assert [part.start for part in parts] == [0, 1, 3, 4, 136]
    assert [part.stop for part in parts][-1] == pose.POSE_SIZE == 140


def test_five_minutes_of_wandering_and_turning_come_back_to_a_hundredth_of_a_millimetre(wander):
    root, local = wander
    vectors = pose.encode(root, local, np.zeros((len(root), 4)), 15)
    roots, locals_, _ = step_through(vectors, start_of(root, local), 15)
    assert np.abs(roots - root).max() < 1e-5
    assert angle(locals_, local) < 1e-5


def test_a_real_dance_comes_back_frame_by_frame(aist):
    root, local, _ = aist
    root = root + np.array([100.0, 0.0, -50.0])  # far from the origin
    vectors = pose.encode(root, local, np.zeros((len(root), 4)), 60)
    roots, locals_, _ = step_through(vectors, start_of(root, local), 60)
    assert np.abs(roots - root).max() < 1e-5
    assert angle(locals_, local) < 1e-5


def test_the_first_frame_does_not_move_and_a_dance_begins_where_it_is_put(wander):
    root, local = wander
    vectors = pose.encode(root[:3], local[:3], np.zeros((3, 4)), 15)
    assert np.array_equal(vectors[0, pose.VELOCITY], [0, 0])
    assert vectors[0, pose.YAW_RATE] == 0
    first, turns, _, _ = pose.decode(vectors[:1], pose.init(1, x=3.0, z=-2.0, yaw=0.5), 15)
    assert np.allclose(first[0], [3.0, root[0, 1], -2.0], atol=1e-6)
    assert rotation.yaw(turns[0, 0]) == pytest.approx(0.5, abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.floats(-3.0, 3.0), st.floats(-2.5, 2.5))
def test_steady_turning_is_a_constant_rate_through_every_half_turn(start, step):
    vectors = pose.encode(*stand_still(40, start + step * np.arange(40)), 15)
    assert np.allclose(vectors[1:, pose.YAW_RATE], step * 15, atol=1e-4)
    assert np.allclose(vectors[:, pose.ROTATIONS], vectors[0, pose.ROTATIONS], atol=1e-5)


@settings(max_examples=25, deadline=None)
@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(-np.pi, np.pi))
def test_the_vector_does_not_know_where_and_which_way_the_dance_is_done(x, z, turn):
    rng = np.random.default_rng(5)
    root, local, contacts = stand_still(30, np.cumsum(rng.normal(0, 0.5, 30)))
    root += np.cumsum(rng.normal(0, [0.05, 0, 0.05], (30, 3)), axis=0)
    elsewhere, turned = rotation.rotate(rotation.about_y(turn), root) + np.array([x, 0, z]), local.copy()
    turned[:, 0] = rotation.multiply(rotation.about_y(turn), local[:, 0])
    here, there = (pose.encode(r, q, contacts, 15) for r, q in ((root, local), (elsewhere, turned)))
    assert np.allclose(here, there, atol=1e-4)


def test_walking_ahead_is_forward_velocity_whichever_way_one_faces():
    root, local, contacts = stand_still(10, 2.0)
    root += np.arange(10)[:, None] * rotation.rotate(rotation.about_y(2.0), np.array([0.0, 0.0, 0.1]))
    vectors = pose.encode(root, local, contacts, 15)
    assert np.allclose(vectors[1:, pose.VELOCITY], [0.0, 1.5], atol=1e-5)


def test_dancers_in_a_batch_do_not_touch_each_other():
    vectors = np.random.default_rng(2).normal(size=(5, pose.POSE_SIZE)).astype(np.float32)
    place = pose.init(5, x=np.arange(5.0), z=1.0, yaw=np.linspace(-3, 3, 5))
    together = pose.decode(vectors, place, 15)
    for i in range(5):
        alone = pose.decode(vectors[i : i + 1], pose.PlaceState(*(v[i : i + 1] for v in place)), 15)
        for ours, theirs in zip(together[:3], alone[:3], strict=True):
            assert np.allclose(ours[i], theirs[0], atol=1e-12)
    assert place.yaw.dtype == together[3].yaw.dtype == np.float64


def test_whatever_a_network_says_decodes_to_unit_rotations():
    for vectors in (np.zeros((2, 140), np.float32), np.full((2, 140), 1e3, np.float32)):
        _, local, _, _ = pose.decode(vectors, pose.init(2), 15)
        assert np.allclose(np.linalg.norm(local, axis=-1), 1)


def test_mirroring_twice_changes_nothing():
    vectors = np.random.default_rng(4).normal(size=(3, 2, pose.POSE_SIZE)).astype(np.float32)
    assert np.array_equal(pose.mirror(pose.mirror(vectors)), vectors)
    assert np.array_equal(pose.mirror(vectors), vectors[..., pose.MIRROR_PERMUTATION] * pose.MIRROR_SIGNS)


def test_the_mirrored_dance_is_the_reflection_of_the_dance_with_left_and_right_exchanged(wander):
    root, local = (array[:200] for array in wander)
    contacts = np.random.default_rng(1).integers(0, 2, (200, 4)).astype(float)
    vectors = pose.encode(root, local, contacts, 15)
    start = start_of(root, local)
    seen = kinematics.forward(HUMANOID, *step_through(vectors, start, 15)[:2])[0]
    opposite = pose.init(1, x=-start.x, z=start.z, yaw=-start.yaw)
    mirrored = kinematics.forward(HUMANOID, *step_through(pose.mirror(vectors), opposite, 15)[:2])[0]
    left_right = {"left": "right", "right": "left"}
    names = [re.sub("^(left|right)", lambda side: left_right[side[0]], name) for name in BONES]
    other = [BONES.index(name) for name in names]
    assert np.abs(mirrored - seen[:, other] * [-1, 1, 1]).max() < 1e-5
    assert np.array_equal(pose.mirror(vectors)[:, pose.CONTACTS], contacts[:, [2, 3, 0, 1]])


def test_a_take_that_cannot_be_encoded_is_refused_in_one_line():
    root, local, contacts = stand_still(5)
    with pytest.raises(MotionError, match=r"contacts have the shape \(4, 4\); a take of 5 frames needs \(5, 4\)"):
        pose.encode(root, local, contacts[:4], 15)
    with pytest.raises(MotionError, match="root positions hold a number that is not finite"):
        pose.encode(np.where(root > 0, np.nan, root), local, contacts, 15)
    with pytest.raises(MotionError, match="0 frames a second is no frame rate"):
        pose.encode(root, local, contacts, 0)
