"""The camera: what it keeps in the picture, and when it rests."""

import numpy as np
import pytest

from motion.kinematics import forward
from motion.skeleton import BONES, HUMANOID
from realtime.view_camera import BODY_HEIGHT, LIFT_RANGE, ZOOM_RANGE, Camera


def settle(camera, places):
    for _ in range(200):
        camera.follow(places, 1 / 10)


def test_the_left_hand_is_on_the_right_of_a_picture_from_the_front_and_a_turn_brings_it_round():
    positions, _ = forward(HUMANOID, np.array((0, 0.95, 0)), np.tile((0, 0, 0, 1.0), (22, 1)))
    hand = BONES.index("leftHand")
    front, back = Camera(), Camera(turn=np.pi)
    assert front.project(positions)[0][hand, 0] > 640 > back.project(positions)[0][hand, 0]


@pytest.mark.parametrize("size", [(1920, 1080), (400, 900), (300, 200)])
@pytest.mark.parametrize("dancers", [1, 5])
def test_the_camera_brings_all_dancers_into_the_picture(size, dancers):
    camera = Camera(width=size[0], height=size[1])
    places = np.array([(1.4 * n - 1, 0.95, -0.5 * n) for n in range(dancers)])
    for _ in range(200):
        camera.follow(places, 1 / 10)
    bodies = places[:, None] + np.array(((-0.8, -0.95, 0), (0.8, -0.95, 0), (0, 0.85, 0)))
    pixels, _ = camera.project(bodies)
    assert (pixels >= 0).all()
    assert (pixels <= size).all()
    if dancers == 1 and size == (1920, 1080):
        assert np.ptp(pixels[0, :, 1]) / size[1] == pytest.approx(1.8 / BODY_HEIGHT, abs=0.08)


def test_a_dancer_who_steps_about_leaves_the_camera_at_rest_and_one_who_walks_off_is_followed():
    camera, home = Camera(), np.array(((0.0, 0.95, 0.0),))
    settle(camera, home)
    rested = camera.target.copy()
    for k in range(100):
        camera.follow(home + 0.2 * np.array((np.sin(k / 5), 0, np.cos(k / 5))), 1 / 60)
    assert (camera.target == rested).all()
    away = home + np.array((1.5, 0, -0.6))
    settle(camera, away)
    assert camera.target == pytest.approx(away[0] * (1, 0, 1) + rested * (0, 1, 0), abs=0.05)


@pytest.mark.parametrize("size", [(1280, 720), (2560, 1080)])
def test_a_dancer_who_wanders_is_seen_whole_and_the_camera_rests_for_half_of_the_time(size):
    camera, rng = Camera(width=size[0], height=size[1]), np.random.default_rng(3)
    place, goal = np.array((0.0, 0.95, 0.0)), np.zeros(3)
    settle(camera, place[None])
    moved = []
    for k in range(3600):
        if k % 180 == 0:
            goal = np.array((rng.uniform(-1, 1), 0.95, rng.uniform(-1, 1)))
        place = place + np.clip(goal - place, -0.8 / 60, 0.8 / 60)
        before = camera.target
        camera.follow(place[None], 1 / 60)
        moved.append(camera.target is not before)
        pixels, _ = camera.project(place + np.array(((-0.7, -0.95, 0), (0.7, -0.95, 0), (0, 0.85, 0))))
        assert (pixels >= 0).all()
        assert (pixels <= size).all()
    assert np.mean(moved) < 0.5


def test_the_camera_glides_without_a_jump():
    camera, seen = Camera(), []
    for k in range(600):
        camera.follow(np.array(((1.2 * np.sin(k / 60), 0.95, 0.4),)), 1 / 60)
        seen.append(camera.target)
    assert np.abs(np.diff(seen, axis=0)).max() < 0.05


def test_walking_and_zooming_stay_within_their_bounds_and_home_is_the_front():
    camera = Camera()
    for _ in range(100):
        camera.move(0.1, 0.1, 1.2)
    assert (camera.lift, camera.zoom) == (LIFT_RANGE[1], ZOOM_RANGE[1])
    camera.to_front()
    assert (camera.turn, camera.lift, camera.zoom) == (0.0, Camera().lift, 1.0)
