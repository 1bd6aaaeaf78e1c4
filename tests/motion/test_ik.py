"""Two-bone inverse kinematics against closed forms and scipy: where the end comes to lie, and what stays as it was."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.spatial.transform import Rotation

from motion import ik, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID

UPPER, LOWER = HUMANOID.offsets[[BONES.index("leftLowerLeg"), BONES.index("leftFoot")]]
A, B = np.linalg.norm(UPPER), np.linalg.norm(LOWER)
SEEDS = st.integers(0, 2**31)


def legs(seed: int, count: int = 8) -> tuple[Floats, Floats]:
    """Thighs any way, knees bent by 5 to 130 degrees and a little askew."""
    rng = np.random.default_rng(seed)
    bend = rng.normal(0, 0.03, (count, 3))
    bend[:, 0] = rng.uniform(np.radians(5), np.radians(130), count)
    return rotation.normalize(rng.normal(size=(count, 4))), rotation.from_axis_angle(bend)


def end_of(first: Floats, second: Floats) -> Floats:
    """Where the ankle is, from the hip joint; turned by scipy."""
    thigh, knee = Rotation.from_quat(first), Rotation.from_quat(second)
    return thigh.apply(UPPER + knee.apply(LOWER))


def targets(seed: int, count: int = 8) -> Floats:
    """Within reach, where the leg does not resist yet."""
    rng = np.random.default_rng(seed + 1)
    way = rng.normal(size=(count, 3))
    return way / np.linalg.norm(way, axis=1)[:, None] * rng.uniform(0.35, 0.79, count)[:, None]


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_what_can_be_reached_is_reached(seed: int) -> None:
    target = targets(seed)
    np.testing.assert_allclose(end_of(*ik.reach(*legs(seed), UPPER, LOWER, target)), target, atol=1e-6)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_the_knee_bends_as_the_law_of_cosines_says(seed: int) -> None:
    target = targets(seed)
    _, second = ik.reach(*legs(seed), UPPER, LOWER, target)
    inner = np.sum(-UPPER * Rotation.from_quat(second).apply(LOWER), axis=1) / (A * B)
    far = np.sum(target**2, axis=1)
    np.testing.assert_allclose(inner, (A * A + B * B - far) / (2 * A * B), atol=1e-9)


@given(SEEDS)
@settings(max_examples=60, deadline=None)
def test_a_leg_that_is_there_already_stays_as_it_is(seed: int) -> None:
    first, second = legs(seed)
    thigh, knee = ik.reach(first, second, UPPER, LOWER, end_of(first, second))
    np.testing.assert_allclose(rotation.to_matrix(thigh), rotation.to_matrix(first), atol=1e-7)
    np.testing.assert_allclose(rotation.to_matrix(knee), rotation.to_matrix(second), atol=1e-7)


def test_what_is_too_far_is_reached_for_as_near_as_a_search_over_the_knee_comes() -> None:
    first, second = legs(3)
    target = targets(3) * 3
    gap = np.linalg.norm(target, axis=1) - np.linalg.norm(
        end_of(*ik.reach(first, second, UPPER, LOWER, target)), axis=1
    )
    for n, knee in enumerate(second):

        def short(x: float, knee: Floats = knee) -> float:
            bent = Rotation.from_quat(knee) * Rotation.from_rotvec([x, 0, 0])
            return -float(np.linalg.norm(UPPER + bent.apply(LOWER)))

        best = minimize_scalar(short, bounds=(-2.8, 1.0), method="bounded")
        assert 0.0 <= gap[n] - (np.linalg.norm(target[n]) + best.fun) < 0.002


def test_a_leg_straightens_smoothly_and_its_knee_never_bends_backwards() -> None:
    """The target goes straight away from the hip, well beyond the leg's length."""
    far = np.linspace(0.6, 1.0, 400)
    first, second = (np.repeat(q[:1], 400, axis=0) for q in legs(5))
    way = np.array([0.3, -0.9, 0.2]) / np.linalg.norm([0.3, -0.9, 0.2])
    thigh, knee = ik.reach(first, second, UPPER, LOWER, far[:, None] * way)
    angle = 2 * np.degrees(np.arctan2(knee[:, 0] * np.sign(knee[:, 3]), np.abs(knee[:, 3])))
    assert (np.diff(angle) <= 1e-9).all()
    assert angle[-1] > -2.0
    assert np.abs(np.diff(angle)).max() < 1.0  # a hard stop would snap the last 15 degrees over 8 mm
    reached = np.linalg.norm(end_of(thigh, knee), axis=1)
    assert (np.diff(reached) >= -1e-9).all()


@given(SEEDS, st.sampled_from([0.0, 1e-9, 1e3]))
@settings(max_examples=30, deadline=None)
def test_rotations_stay_rotations_whatever_the_target(seed: int, scale: float) -> None:
    for turned in ik.reach(*legs(seed), UPPER, LOWER, targets(seed) * scale):
        np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 1.0, atol=1e-9)
