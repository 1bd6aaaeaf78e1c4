"""The finished body: planted feet stand still, nothing pops, and it is the same dance wherever it is danced."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from model.datasets import synthetic
from motion import contacts, finish, inertia, kinematics, retarget, rotation
from motion.contacts import FOOT_POINTS
from motion.rotation import Floats
from motion.skeleton import HUMANOID

FPS = 15.0
SEEDS = st.integers(0, 2**31)


def walk(style: str = "two-step", seconds: float = 8.0, fps: float = FPS) -> tuple[Floats, Floats, Floats]:
    """A made-up dance whose feet stand exactly: root [T, 3], local [T, 22, 4], contacts [T, 4]."""
    take = synthetic.dance(style, 100.0, seconds, np.random.default_rng(1))
    root, local = retarget.resample(take.root, take.rotations, take.fps, fps)
    positions, _ = kinematics.forward(HUMANOID, root, local)
    return root, np.asarray(local, np.float64), contacts.detect(positions, fps).astype(np.float64)


def wild(seed: int, frames: int = 12, dancers: int = 3) -> tuple[Floats, Floats, Floats]:
    """[T, N, ...] bodies that jerk about near the floor, whose contact numbers say anything."""
    rng = np.random.default_rng(seed)
    root = np.cumsum(rng.normal(0, 0.04, (frames, dancers, 3)), axis=0)
    root[..., 1] = 0.85 + 0.1 * rng.random((frames, dancers))
    bend = rng.normal(0, 0.5, (1, dancers, 22, 3)) + np.cumsum(rng.normal(0, 0.1, (frames, dancers, 22, 3)), axis=0)
    return root, rotation.from_axis_angle(bend), rng.random((frames, dancers, 4))


def finished(root: Floats, local: Floats, down: Floats, fps: float = FPS) -> tuple[Floats, Floats, Floats]:
    """All frames [T, N, ...] through the kernel: positions [T, N, 22, 3], local rotations and contacts."""
    state, frames = finish.init(root.shape[1]), []
    for frame in zip(root, local, down, strict=True):
        *body, state = finish.step(state, *frame, fps)
        frames.append((kinematics.forward(HUMANOID, body[0], body[1])[0], body[1], body[2]))
    positions, turned, held = (np.stack(part) for part in zip(*frames, strict=True))
    return positions, turned, held


def alone(root: Floats, local: Floats, down: Floats, fps: float = FPS) -> tuple[Floats, Floats, Floats]:
    positions, turned, held = finished(root[:, None], local[:, None], down[:, None], fps)
    return positions[:, 0], turned[:, 0], held[:, 0]


def slides(positions: Floats, held: Floats) -> Floats:
    """Metres along the floor from frame to frame of all points that are held in both."""
    moved = np.linalg.norm(np.diff(positions[:, FOOT_POINTS][..., ::2], axis=0), axis=-1)
    both: Floats = moved[(held[1:] > 0.5) & (held[:-1] > 0.5)]
    return both


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_planted_feet_stand_within_5_mm_under_a_body_that_drifts(fps: float) -> None:
    root, local, down = walk(fps=fps)
    times = np.arange(len(root)) / fps
    root[:, 0] += 0.02 * np.sin(2.0 * times)  # as a network's path errs: 4 cm/s at most
    root[:, 2] += 0.02 * np.cos(1.3 * times)
    before, _ = kinematics.forward(HUMANOID, root, local)
    after, _, held = alone(root, local, down, fps)
    assert held.mean() > 0.5
    assert np.percentile(slides(after, held), 95) < 0.005 * 15.0 / fps
    assert slides(after, held).mean() < 0.35 * slides(before, held).mean()


def test_planted_feet_stand_at_the_height_of_feet_on_the_floor() -> None:
    """A dancer who floats by 2 cm, and one who wades 2 cm deep."""
    rest = kinematics.rest_positions(HUMANOID)[FOOT_POINTS, 1]
    for error in (0.02, -0.02):
        root, local, down = walk("bounce")
        root[:, 1] += error
        after, _, held = alone(root, local, down)
        off = (after[:, FOOT_POINTS, 1] - rest)[15:][held[15:] > 0.5]
        assert abs(np.median(off)) < 0.003
        assert np.percentile(np.abs(off), 95) < 0.012


def test_nothing_pops_when_feet_are_caught_and_let_go() -> None:
    root, local, down = walk("side-step", fps=60.0)
    root[:, 0] += 0.04 * np.sin(2.0 * np.arange(len(root)) / 60.0)
    before, _ = kinematics.forward(HUMANOID, root, local)
    after, _, held = alone(root, local, down, 60.0)
    assert (np.diff(held, axis=0) != 0).any()
    steps = [np.linalg.norm(np.diff(body[:, [*FOOT_POINTS, 0]], axis=0), axis=-1) for body in (before, after)]
    assert steps[1].max() < 1.15 * steps[0].max() + 0.01


def test_a_foot_that_is_dragged_off_lets_go_and_comes_back_to_the_dance() -> None:
    """The body glides away at 1 m/s with both feet said to be down."""
    root, local, _ = walk("bounce")
    root[20:40, 0] += np.arange(20) / FPS
    root[40:, 0] += 20 / FPS
    after, _, _ = alone(root, local, np.ones((len(root), 4)))
    before, _ = kinematics.forward(HUMANOID, root, local)
    apart = np.linalg.norm(after[:, FOOT_POINTS] - after[:, :1] - before[:, FOOT_POINTS] + before[:, :1], axis=-1)
    assert apart.max() < finish.FARTHEST + 0.05
    assert np.linalg.norm(after[:, 0] - before[:, 0], axis=-1).max() < 0.6


def test_a_dancer_whose_feet_always_slide_one_way_does_not_leave_its_path() -> None:
    """Three minutes of standing on a body that creeps: the hips follow their feet, but never far."""
    root, local, _ = (np.repeat(part[:1], 2700, axis=0) for part in walk("bounce"))
    root[:, 0] += 0.05 * np.arange(2700) / FPS
    after, _, _ = alone(root, local, np.ones((2700, 4)))
    assert np.abs(after[:, 0, 0] - root[:, 0]).max() < 0.4


@given(SEEDS, st.floats(-np.pi, np.pi), st.floats(-50, 50))
@settings(max_examples=15, deadline=None)
def test_another_heading_and_another_place_are_the_same_dance(seed: int, angle: float, away: float) -> None:
    root, local, down = wild(seed)
    turn, move = rotation.about_y(angle), np.array([away, 0.0, -0.7 * away])
    turned = local.copy()
    turned[:, :, 0] = rotation.multiply(np.broadcast_to(turn, turned[:, :, 0].shape), local[:, :, 0])
    there, _, held = finished(rotation.rotate(turn, root) + move, turned, down)
    here, _, held_here = finished(root, local, down)
    np.testing.assert_array_equal(held, held_here)
    np.testing.assert_allclose(there, rotation.rotate(turn, here) + move, atol=1e-5)


@given(SEEDS)
@settings(max_examples=15, deadline=None)
def test_dancers_side_by_side_are_finished_as_alone(seed: int) -> None:
    root, local, down = wild(seed)
    together = finished(root, local, down)
    for n in range(root.shape[1]):
        for whole, one in zip(together, alone(root[:, n], local[:, n], down[:, n]), strict=True):
            np.testing.assert_allclose(whole[:, n], one, atol=1e-9)


@given(SEEDS, st.sampled_from([1.0, 30.0, 1e4]))
@settings(max_examples=20, deadline=None)
def test_whatever_comes_in_bones_keep_their_lengths_and_all_is_finite(seed: int, size: float) -> None:
    root, local, down = wild(seed)
    root = root * size
    local[3] = rotation.normalize(np.random.default_rng(seed).normal(size=local[3].shape))
    positions, turned, _ = finished(root, local, down)
    assert np.isfinite(positions).all()
    np.testing.assert_allclose(np.linalg.norm(turned, axis=-1), 1.0, atol=1e-6)


def test_it_uses_nothing_later_and_changes_nothing_of_what_it_is_given() -> None:
    root, local, down = wild(4)
    kept = [part.copy() for part in (root, local, down)]
    whole, _, _ = finished(root, local, down)
    short, _, _ = finished(root[:7], local[:7], down[:7])
    np.testing.assert_array_equal(whole[:7], short)
    for part, was in zip((root, local, down), kept, strict=True):
        np.testing.assert_array_equal(part, was)


@given(st.floats(-0.3, 0.3), st.floats(-3.0, 3.0), st.floats(0.04, 0.5), st.floats(0.01, 0.6))
@settings(max_examples=40, deadline=None)
def test_what_is_left_fades_as_a_critically_damped_spring_does(
    offset: float, speed: float, half_life: float, seconds: float
) -> None:
    pull = 2 * np.log(2) / half_life
    found = solve_ivp(
        lambda _, y: [y[1], -pull * pull * y[0] - 2 * pull * y[1]], (0, seconds), [offset, speed], rtol=1e-9, atol=1e-10
    )
    left = inertia.fade(np.array(offset), np.array(speed), seconds, half_life)
    np.testing.assert_allclose(left, found.y[:, -1], atol=1e-6)
    halves = inertia.fade(
        *inertia.fade(np.array(offset), np.array(speed), seconds / 2, half_life), seconds / 2, half_life
    )
    np.testing.assert_allclose(halves, left, atol=1e-9)
