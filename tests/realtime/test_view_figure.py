"""The relief that figures are drawn from, against the geometry of balls and capsules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.kinematics import forward
from motion.skeleton import HUMANOID

pytest.importorskip("pygame")

from realtime.view_figure import BALL, BODY, FAR, GLASS, SKIN, Ball, Relief, body_points
from tests.realtime.swing import frame

SIZE = (120, 100)


def ball(x, y, radius, rise=0.0):
    return np.array(((x, y), (x, y)), float), np.array((radius, radius), float), np.array((rise, rise), float)


def test_a_ball_covers_a_disc_and_its_surface_looks_away_from_its_middle():
    relief = Relief(SIZE)
    relief.lay(*ball(60, 50, 30), SKIN, 1.0)
    y, x = np.mgrid[0:100, 0:120] + 0.5
    inside = np.hypot(x - 60, y - 50) < 24
    right, down = relief.slopes()
    assert np.clip(relief.cover, 0, 1).sum() == pytest.approx(np.pi * 30**2, rel=0.01)
    assert right[inside] == pytest.approx((x[inside] - 60) / 30, abs=0.02)
    assert down[inside] == pytest.approx((y[inside] - 50) / 30, abs=0.02)
    assert relief.height[0, 0] == FAR


@given(st.floats(5, 20), st.floats(5, 20), st.floats(0, np.pi))
@settings(max_examples=30)
def test_a_capsule_covers_the_hull_of_its_two_balls(ra, rb, angle):
    ends = np.array((60, 50)) + np.array(((-1.0, -1.0), (1.0, 1.0))) * (25 * np.cos(angle), 25 * np.sin(angle))
    relief = Relief((140, 120))
    relief.lay(ends, np.array((ra, rb)), np.zeros(2), SKIN, 1.0)
    tips = ends + np.array((-1, 1))[:, None] * (np.cos(angle), np.sin(angle)) * (np.array((ra, rb))[:, None] - 1.5)
    for x, y in (*ends, *tips, ends.mean(axis=0)):
        assert relief.cover[int(y), int(x)] > 0.5
    hull = np.pi * (ra**2 + rb**2) / 2 + 50 * (ra + rb)
    assert np.clip(relief.cover, 0, 1).sum() == pytest.approx(hull, rel=0.06)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_what_is_nearer_hides_what_is_farther_in_any_order(order):
    relief = Relief(SIZE)
    parts = [(*ball(50, 50, 20, 0), SKIN, 1.0), (*ball(70, 50, 20, 40), GLASS, 1.0)]
    for n in order:
        relief.lay(*parts[n])
    assert relief.material[50, 60] == GLASS
    assert relief.height[50, 70] == pytest.approx(60, abs=0.1)
    assert relief.material[50, 40] == SKIN


def test_balls_that_touch_flow_into_each_other_without_a_step():
    relief = Relief(SIZE)
    relief.lay(*ball(45, 50, 20), SKIN, 8.0)
    relief.lay(*ball(75, 50, 20), SKIN, 8.0)
    sharp = Relief(SIZE)
    sharp.lay(*ball(45, 50, 20), SKIN, 0.01)
    sharp.lay(*ball(75, 50, 20), SKIN, 0.01)
    bend = [np.abs(np.diff(r.height[50, 50:71], 2)).max() for r in (relief, sharp)]
    assert bend[0] < bend[1] / 2


def test_what_lies_outside_the_window_is_left_out():
    relief = Relief(SIZE)
    relief.lay(*ball(-50, -50, 20), SKIN, 1.0)
    relief.lay(*ball(0, 0, 20), SKIN, 1.0)
    assert relief.cover[5, 5] > 1
    assert (relief.cover[30:] <= 0).all()


def test_a_body_has_both_sides_alike():
    rest = np.tile((0, 0, 0, 1.0), (22, 1))
    points = body_points(*forward(HUMANOID, np.array((0, 0.95, 0)), rest)).reshape(-1, 3)
    mirrored = points * (-1, 1, 1)
    apart = np.linalg.norm(points[:, None] - mirrored, axis=2).min(axis=1)
    assert apart.max() < 1e-6
    assert points[:, 1].min() > 0
    assert np.ptp(points[:, 0]) > 1.6


def test_the_ends_of_a_limb_move_with_its_bones():
    f = frame(3)
    positions, world = forward(HUMANOID, f.root_position[0], f.rotations[0])
    points = body_points(positions, world)
    plain = (BODY.offsets == 0).all(axis=-1)
    assert points[plain] == pytest.approx(positions[BODY.bones[plain]], abs=1e-6)


def test_light_comes_from_the_upper_left_and_the_accent_from_the_right_grows_with_the_beat():
    lit = Ball((255, 0, 0))
    still, flash = lit.colours(0.0)[SKIN], lit.colours(1.0)[SKIN]
    quarter = BALL // 4
    assert still[quarter, quarter].sum() > 2 * still[-quarter, -quarter].sum()
    right = (BALL // 2, BALL - BALL // 8)
    assert flash[right][0] > still[right][0] + 20
    assert flash.max() <= 255
