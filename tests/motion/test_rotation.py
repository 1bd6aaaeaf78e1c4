"""Rotations against scipy's, over any rotation."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.transform import Rotation

from motion import rotation

number = st.floats(-10, 10, allow_subnormal=False)
quaternions = hnp.arrays(np.float64, (5, 4), elements=number).filter(
    lambda q: (np.linalg.norm(q, axis=-1) > 1e-3).all()
)
quaternions = quaternions.map(lambda q: q / np.linalg.norm(q, axis=-1, keepdims=True))
vectors = hnp.arrays(np.float64, (5, 3), elements=number)
ORDERS = ["".join(order) for order in itertools.permutations("XYZ")]


def angle_between(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Largest angle in radians between rotations, whatever their signs."""
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return np.max(4 * np.arcsin(np.minimum(chord / 2, 1)), initial=0.0)


@settings(max_examples=60, deadline=None)
@given(quaternions, quaternions, vectors)
def test_product_inverse_matrix_and_turned_vectors_are_those_of_scipy(a, b, v):
    ours, theirs = rotation.multiply(a, b), Rotation.from_quat(a) * Rotation.from_quat(b)
    assert angle_between(ours, theirs.as_quat()) < 1e-12
    assert np.allclose(rotation.to_matrix(a), Rotation.from_quat(a).as_matrix(), atol=1e-12)
    assert np.allclose(rotation.rotate(a, v), Rotation.from_quat(a).apply(v), atol=1e-11)
    assert angle_between(rotation.inverse(a), Rotation.from_quat(a).inv().as_quat()) < 1e-12


@settings(max_examples=100, deadline=None)
@given(quaternions)
def test_matrix_six_numbers_and_rotation_vector_bring_every_rotation_back(q):
    matrix = rotation.to_matrix(q)
    assert angle_between(rotation.from_matrix(matrix), q) < 1e-12
    assert np.array_equal(rotation.to_6d(q), np.concatenate([matrix[..., 0], matrix[..., 1]], axis=-1))
    assert angle_between(rotation.from_6d(rotation.to_6d(q)), q) < 1e-12
    assert angle_between(rotation.from_axis_angle(rotation.to_axis_angle(q)), q) < 1e-12


@pytest.mark.parametrize("axis", [[1, 0, 0], [0, 1, 0], [0, 0, 1], [1, 1, 0], [0, -1, 1], [1, 2, 3]])
def test_half_turns_come_back_from_their_matrix(axis):
    vector = np.pi * np.array(axis) / np.linalg.norm(axis)
    expected = Rotation.from_rotvec(vector)
    assert angle_between(rotation.from_matrix(expected.as_matrix()), expected.as_quat()) < 1e-12


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (5, 3), elements=st.floats(-3.1, 3.1) | st.just(1e-9) | st.just(0.0)))
def test_rotation_vectors_are_those_of_scipy(v):
    q = rotation.from_axis_angle(v)
    assert angle_between(q, Rotation.from_rotvec(v).as_quat()) < 1e-12
    assert np.allclose(rotation.to_axis_angle(q), Rotation.from_rotvec(v).as_rotvec(), atol=1e-7)


@pytest.mark.parametrize("order", ORDERS)
@settings(max_examples=30, deadline=None)
@given(angles=hnp.arrays(np.float64, (5, 3), elements=st.floats(-6.3, 6.3)))
def test_channel_angles_are_intrinsic_and_come_back_as_the_same_rotation(order, angles):
    q = rotation.from_euler(order, angles)
    assert angle_between(q, Rotation.from_euler(order, angles).as_quat()) < 1e-12
    assert angle_between(rotation.from_euler(order, rotation.to_euler(order, q)), q) < 1e-5


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("middle", [np.pi / 2, -np.pi / 2])
def test_channel_angles_at_gimbal_lock_are_still_the_rotation(order, middle):
    q = Rotation.from_euler(order, [0.7, middle, -0.3]).as_quat()
    angles = rotation.to_euler(order, q)
    assert angles[2] == 0
    assert angle_between(rotation.from_euler(order, angles), q) < 1e-7


@settings(max_examples=100, deadline=None)
@given(hnp.arrays(np.float64, (4, 6), elements=st.floats(-1e3, 1e3) | st.just(0.0) | st.just(1e-9)))
def test_any_six_numbers_make_a_rotation(d):
    q = rotation.from_6d(d)
    assert np.allclose(np.linalg.norm(q, axis=-1), 1, atol=1e-9)
    assert np.allclose(Rotation.from_quat(q).as_matrix(), rotation.to_matrix(q), atol=1e-9)


def test_two_parallel_columns_make_a_rotation_that_keeps_the_first():
    q = rotation.from_6d(np.array([[0.0, 2.0, 0.0, 0.0, 5.0, 0.0]]))
    assert np.allclose(rotation.rotate(q, np.array([1.0, 0.0, 0.0])), [[0.0, 1.0, 0.0]])


@settings(max_examples=60, deadline=None)
@given(quaternions, quaternions, st.floats(0, 1))
def test_slerp_turns_at_constant_speed_the_short_way(a, b, t):
    b = np.where(np.sum(a * b, axis=-1, keepdims=True) < 0, -b, b)  # half turns apart, both ways are as short
    whole = (Rotation.from_quat(a).inv() * Rotation.from_quat(b)).as_rotvec()
    expected = Rotation.from_quat(a) * Rotation.from_rotvec(whole * t)
    away = np.linalg.norm(whole, axis=-1) < 3.1
    ours = rotation.slerp(a, b, np.full(5, t))
    assert angle_between(ours[away], expected[away].as_quat()) < 1e-7
    assert np.array_equal(rotation.slerp(a, -b, t), rotation.slerp(a, b, t))


@settings(max_examples=60, deadline=None)
@given(quaternions, quaternions)
def test_nlerp_starts_and_ends_where_slerp_does_and_meets_it_halfway(a, b):
    near = np.abs(np.sum(a * b, axis=-1)) > 0.01
    assert angle_between(rotation.nlerp(a, b, 0.0), a) < 1e-9
    assert angle_between(rotation.nlerp(a, b, 1.0)[near], b[near]) < 1e-9
    halves = rotation.nlerp(a, b, 0.5)[near], rotation.slerp(a, b, 0.5)[near]
    assert angle_between(*halves) < 1e-9


@settings(max_examples=60, deadline=None)
@given(hnp.arrays(np.float64, (20, 3), elements=st.floats(-1, 1)), hnp.arrays(np.bool_, (20,)))
def test_continuous_keeps_the_rotations_and_never_jumps_sign(steps, flips):
    smooth = Rotation.from_rotvec(np.cumsum(steps, axis=0)).as_quat()
    q = rotation.continuous(np.where(flips[:, None], -smooth, smooth))
    assert np.all(np.sum(q[1:] * q[:-1], axis=-1) >= 0)
    assert angle_between(q, smooth) < 1e-12


@settings(max_examples=100, deadline=None)
@given(vectors, vectors)
def test_shortest_arc_takes_one_direction_to_the_other_by_the_angle_between_them(a, b):
    long = (np.linalg.norm(a, axis=-1) > 1e-3) & (np.linalg.norm(b, axis=-1) > 1e-3)
    a, b = a[long], b[long]
    q = rotation.shortest_arc(a, b)
    ua, ub = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b))
    assert np.allclose(rotation.rotate(q, ua), ub, atol=1e-7)
    angle = 2 * np.arctan2(np.linalg.norm(ua - ub, axis=-1), np.linalg.norm(ua + ub, axis=-1))
    assert np.allclose(np.linalg.norm(rotation.to_axis_angle(q), axis=-1), angle, atol=1e-7)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tilt", [0.0, 1e-12, 1e-8, 1e-5])
def test_shortest_arc_between_opposite_directions_is_a_half_turn(dtype, tilt):
    a = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0.6, 0, 0.8]], dtype)
    b = (-a + tilt * np.roll(a, 1, axis=-1)).astype(dtype)
    assert np.allclose(rotation.rotate(rotation.shortest_arc(a, b), a), b, atol=1e-5)


def test_shortest_arc_from_an_unknown_direction_is_the_identity():
    q = rotation.shortest_arc(np.zeros((2, 3)), np.array([[0.0, 1.0, 0.0], [0.0, 0.0, 0.0]]))
    assert np.array_equal(q, [[0, 0, 0, 1], [0, 0, 0, 1]])


@settings(max_examples=60, deadline=None)
@given(st.floats(-3.14, 3.14), st.floats(-1.5, 1.5), st.floats(-3, 3))
def test_yaw_is_the_heading_whatever_the_pitch_and_roll(heading, pitch, roll):
    q = Rotation.from_euler("YXZ", [heading, pitch, roll]).as_quat()
    assert rotation.yaw(q) == pytest.approx(heading, abs=1e-9)


def test_heading_left_is_positive_and_faces_plus_x():
    left = rotation.about_y(np.pi / 2)
    assert np.allclose(rotation.rotate(left, np.array([0.0, 0.0, 1.0])), [1.0, 0.0, 0.0])
    assert rotation.yaw(left) == pytest.approx(np.pi / 2)


def test_float32_stays_float32():
    q = Rotation.random(6, random_state=1).as_quat().astype(np.float32)
    v = q[:, :3]
    made = [
        rotation.multiply(q, q),
        rotation.inverse(q),
        rotation.rotate(q, v),
        rotation.normalize(q),
        rotation.to_matrix(q),
        rotation.from_matrix(rotation.to_matrix(q)),
        rotation.to_6d(q),
        rotation.from_6d(rotation.to_6d(q)),
        rotation.from_axis_angle(v),
        rotation.to_axis_angle(q),
        rotation.from_euler("ZXY", v),
        rotation.to_euler("ZXY", q),
        rotation.slerp(q, q[::-1], 0.5),
        rotation.nlerp(q, q[::-1], 0.5),
        rotation.continuous(q),
        rotation.shortest_arc(v, v[::-1]),
        rotation.yaw(q),
        rotation.about_y(v[:, 0]),
    ]
    assert {array.dtype for array in made} == {np.dtype(np.float32)}


def test_what_has_no_direction_normalizes_to_the_identity():
    q = rotation.normalize(np.array([[0.0, 0.0, 0.0, 0.0], [0.0, 2.0, 0.0, 0.0]]))
    assert np.array_equal(q, [[0, 0, 0, 1], [0, 1, 0, 0]])


def test_following_frame_by_frame_gives_signs_that_never_jump() -> None:
    angles = np.linspace(0, 6 * np.pi, 200)
    whole = rotation.from_axis_angle(np.stack([0 * angles, angles, 0 * angles], axis=-1))
    followed, before = [], whole[0]
    for q in whole:
        before = rotation.follow(q, before)
        followed.append(before)
    assert np.allclose(followed, rotation.continuous(whole))
    assert (np.abs(np.diff(followed, axis=0)).max(axis=-1) < 0.1).all()
