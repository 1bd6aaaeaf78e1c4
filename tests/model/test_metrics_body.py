"""Measures of size, smoothness, feet and freezing against bodies that are formulas."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.metrics import body, events, feet, novelty, spectra, stillness, windows
from model.metrics.body import F64
from motion.skeleton import HUMANOID
from tests.model.bodies import FPS, HANDS, clock, lively, still, swinging, turn

MEASURES: dict[str, Callable[[F64, float], object]] = {
    "speed": lambda p, fps: body.body_speed(p, fps).mean(),
    "foot speed": lambda p, fps: body.foot_speed(p, fps).mean(),
    "spread": lambda p, fps: body.spread(p),
    "activity": lambda p, fps: body.activity(p, fps).mean(),
    "jerk": spectra.jerk,
    "bands": lambda p, fps: spectra.bands(*spectra.density(p, fps))[1:4],
    "skating": feet.skating,
    "standing": feet.standing,
    "contact": feet.physical_contact,
    "landings": lambda p, fps: len(events.landings(p, fps)),
    "rests": lambda p, fps: len(events.rests(p, fps)),
    "windows": lambda p, fps: windows.features(p, fps).mean(axis=0),
    "clips": lambda p, fps: novelty.clips(p, fps, 2.0).mean(axis=(0, 1)),
}


@pytest.mark.parametrize("name", MEASURES)
@given(angle=st.floats(-3.1, 3.1), x=st.floats(-5, 5), z=st.floats(-5, 5))
@settings(max_examples=5, deadline=None)
def test_place_and_heading_tell_nothing(name: str, angle: float, x: float, z: float) -> None:
    dance = lively()
    moved = turn(dance, angle) + np.array([x, 0.0, z])
    np.testing.assert_allclose(MEASURES[name](moved, FPS), MEASURES[name](dance, FPS), rtol=1e-4, atol=1e-4)


# what 15 frames a second lose of 2 Hz: a sine's third difference 8 %, a stretch of contact its ends
FREE = {"jerk": 0.1, "contact": 0.15, "bands": 0.08, "skating": 0.25, "windows": 0.12}


@pytest.mark.parametrize("name", MEASURES)
@pytest.mark.parametrize("fps", [15.0, 30.0])
def test_the_frame_rate_tells_nothing(name: str, fps: float) -> None:
    same = MEASURES[name](lively(60.0), 60.0)
    np.testing.assert_allclose(MEASURES[name](lively(fps), fps), same, rtol=FREE.get(name, 0.03), atol=0.03)


def test_the_fine_grid_keeps_what_is_there() -> None:
    dance = lively()
    fine = body.fine(dance, FPS)
    np.testing.assert_allclose(fine[::4], dance, atol=1e-9)
    np.testing.assert_allclose(fine, lively(60.0)[: len(fine)], atol=0.02)


def test_speed_jerk_and_spread_are_those_of_a_swing() -> None:
    """x = A sin(w t): mean speed 2 A w / pi, jerk A w^3 / sqrt 2, spread of two of 22 bones A / sqrt 2 sqrt(2 / 22)."""
    w, a, fps = 2 * np.pi, 0.5, 60.0
    dance = swinging(fps, 1.0, a)
    assert body.body_speed(dance, fps).mean() == pytest.approx(2 * a * w / np.pi, rel=1e-2)
    assert spectra.jerk(dance, fps) == pytest.approx(a * w**3 / np.sqrt(2), rel=0.05)
    assert body.spread(dance) == pytest.approx(0.0, abs=1e-9)
    waving = swinging(fps, 1.0, a, HANDS)
    assert body.spread(waving) == pytest.approx(a / np.sqrt(2) * np.sqrt(2 / 22), rel=1e-2)


@pytest.mark.parametrize(("hertz", "band"), [(1.5, 2), (3.0, 3), (5.5, 4)])
def test_the_energy_of_a_swing_lies_in_its_band(hertz: float, band: int) -> None:
    """Two hands with A sin(w t): 2 A^2 w^2 / 2."""
    power = spectra.bands(*spectra.density(swinging(60.0, hertz, 0.1, HANDS), 60.0))
    assert power[band] == pytest.approx(0.01 * (2 * np.pi * hertz) ** 2, rel=0.06)
    assert power.sum() - power[band] < 0.06 * power[band]


def test_physical_contact_is_what_the_formula_says_and_forgives_a_planted_foot() -> None:
    """All of x = A sin(w t): mean of A w^2 |sin| A^2 w^2 cos^2 = A^3 w^4 2 / (3 pi)."""
    w, a = 2 * np.pi * 0.5, 0.4
    dance = swinging(60.0, 0.5, a)
    assert feet.physical_contact(dance, 60.0) == pytest.approx(a**3 * w**4 * 2 / (3 * np.pi), rel=0.02)
    planted = dance.copy()
    left = [HUMANOID.index("leftFoot"), HUMANOID.index("leftToes")]
    planted[:, left] = still(60.0)[:, left]
    assert feet.physical_contact(planted, 60.0) == 0.0


def test_feet_that_slide_on_the_floor_skate_and_feet_in_the_air_do_not() -> None:
    stands = still()
    assert feet.skating(stands, FPS) == 0.0
    assert feet.standing(stands, FPS) == 1.0
    glide = clock()
    sliding = stands + np.stack([0.4 * glide, 0 * glide, 0 * glide], axis=-1)[:, None]
    assert feet.skating(sliding, FPS) == 1.0
    slow = stands + np.stack([0.2 * glide, 0 * glide, 0 * glide], axis=-1)[:, None]
    assert feet.skating(slow, FPS) == 0.0
    stepping = stands.copy()
    lifted = np.arange(len(stands)) % 30 < 10  # the left foot steps aside through the air, and stands again
    left = [HUMANOID.index("leftFoot"), HUMANOID.index("leftToes")]
    stepping[:, left, 0] += (np.cumsum(lifted) * 0.5 / FPS)[:, None]
    stepping[:, left, 1] += 0.15 * lifted[:, None]
    assert feet.skating(stepping, FPS) < 0.08
    assert feet.standing(stepping, FPS) < 0.9


def test_a_frozen_dancer_is_frozen_and_a_slow_style_is_not() -> None:
    sway = swinging(FPS, 1.0, 0.1)
    recorded = body.activity(sway, FPS)
    limit = stillness.limit(recorded)
    assert stillness.share(body.activity(still(), FPS), limit) == 1.0
    assert stillness.longest(body.activity(still(), FPS), limit) == pytest.approx(20.0, abs=0.6)
    assert stillness.share(recorded, limit) == stillness.longest(recorded, limit) == 0.0
    half = sway.copy()
    half[: len(half) // 2] = half[0]
    assert stillness.share(body.activity(half, FPS), limit) == pytest.approx(0.5, abs=0.06)
    assert stillness.longest(body.activity(half, FPS), limit) == pytest.approx(10.0, abs=0.6)
