"""Foot contacts on made-up steps with known answers, and on a real dance."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from motion import contacts, kinematics
from motion.skeleton import HUMANOID, MotionError

HEELS, TOES = [0, 2], [1, 3]
UP = np.array([0.0, 1.0, 0.0])


def standing(frames: int, floor: float = 0.0) -> np.ndarray:
    """A body at rest [T, 22, 3] on a floor of some height."""
    return np.tile(kinematics.rest_positions(HUMANOID), (frames, 1, 1)) + floor * UP


def lift(positions: np.ndarray, points: list[int], frames: slice, height: float = 0.25) -> None:
    """Raise points of the feet and set them down again along an arch."""
    arch = np.sin(np.linspace(0, np.pi, frames.stop - frames.start))
    positions[frames, [contacts.FOOT_POINTS[point] for point in points], 1] += height * arch[:, None]


@pytest.mark.parametrize("fps", [15, 25, 60, 120])
def test_who_stands_still_stands_on_both_feet(fps):
    assert np.array_equal(contacts.detect(standing(3 * fps), fps), np.ones((3 * fps, 4)))


@pytest.mark.parametrize("fps", [15, 25, 60, 120])
def test_a_lifted_foot_leaves_the_floor_while_the_other_stays(fps):
    positions = standing(4 * fps)
    lift(positions, [0, 1], slice(fps, 2 * fps))
    down = contacts.detect(positions, fps)
    middle = slice(fps + fps // 4, 2 * fps - fps // 4)
    assert not down[middle, :2].any()
    assert down[:, 2:].all()
    assert down[: fps - 1].all()
    assert down[2 * fps + 2 :].all()


def test_on_tiptoe_heels_are_up_and_toes_are_down():
    positions = standing(60)
    lift(positions, HEELS, slice(15, 45), height=0.15)
    down = contacts.detect(positions, 15)
    assert not down[21:39, HEELS].any()
    assert down[:, TOES].all()


def test_a_foot_that_slides_is_not_planted():
    positions = standing(60)
    positions[:, contacts.FOOT_POINTS, 0] += 0.1 * np.arange(60)[:, None]  # 1.5 m/s
    assert not contacts.detect(positions, 15).any()


def test_in_a_jump_nothing_touches_the_floor():
    positions = standing(75)
    positions[30:39, :, 1] += 0.3 * np.sin(np.linspace(0, np.pi, 9))[:, None]
    down = contacts.detect(positions, 15)
    assert not down[32:37].any()
    assert down[:28].all()


def test_a_foot_that_hovers_never_lands():
    positions = standing(60)
    positions[:, contacts.FOOT_POINTS[:2], 1] += 0.055  # between landing and lifting off
    assert not contacts.detect(positions, 15)[:, :2].any()


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
@example(392)  # its first frame is too fast to land
def test_a_trembling_foot_does_not_flicker(seed):
    positions = standing(90) + np.random.default_rng(seed).normal(0, 0.004, (90, 22, 3))
    assert contacts.detect(positions, 15).all()


@settings(max_examples=15, deadline=None)
@given(st.floats(-1, 1))
def test_contacts_and_floor_do_not_depend_on_where_the_floor_is(floor):
    positions = standing(90, floor)
    lift(positions, [2, 3], slice(20, 40))
    level = positions - floor * UP
    assert contacts.floor_height(positions) == pytest.approx(floor, abs=1e-9)
    assert np.array_equal(contacts.detect(positions, 15), contacts.detect(level, 15))


def test_neither_jumps_nor_toes_pushed_through_the_floor_move_it():
    positions = standing(300)
    positions[50:59, :, 1] += 0.5
    positions[100:106, contacts.FOOT_POINTS[1], 1] -= 0.15
    assert contacts.floor_height(positions) == pytest.approx(0.0, abs=1e-9)


def test_the_floor_track_follows_a_slow_drift_and_no_more_than_it_is_allowed_to():
    frames = 15 * 40
    drift = np.linspace(-0.2, 0.2, frames)
    positions = standing(frames) + drift[:, None, None] * UP
    inside = slice(30, -30)
    track = contacts.floor_track(positions, 15, drift=0.3)
    assert np.abs(track - drift)[inside].max() < 0.02
    assert np.ptp(contacts.floor_track(positions, 15)) <= 0.1


def test_in_a_real_dance_planted_points_hardly_move_and_the_answer_does_not_hang_on_the_rate(aist):
    root, local, _ = aist
    positions, _ = kinematics.forward(HUMANOID, root, local)
    fine, coarse = contacts.detect(positions, 60), contacts.detect(positions[::4], 15)
    assert np.mean(fine[::4] == coarse) > 0.97
    speed = np.linalg.norm(np.diff(positions[:, contacts.FOOT_POINTS], axis=0), axis=-1) * 60
    assert np.median(speed[fine[1:] > 0]) < 0.1 < np.median(speed[fine[1:] == 0])
    assert 0.3 < fine.mean() < 0.9


def test_positions_of_another_body_are_refused():
    with pytest.raises(MotionError, match=r"positions have the shape \(9, 17, 3\); contacts need \(frames, 22, 3\)"):
        contacts.detect(np.zeros((9, 17, 3)), 15)
