"""Measures of a dance against dances whose answer is known: locked, jittered, late, deaf, frozen, sliding."""

import numpy as np
import pytest

from model import metrics
from model.metrics import F64
from motion import kinematics
from motion.skeleton import HUMANOID

FPS = 15.0
SECONDS = 20.0
TEMPI = range(85, 136, 10)


def feet(beats: F64, fps: float = FPS) -> F64:
    """A foot's speed that dips at each of these times, 0.09 s wide: [T - 1] m/s."""
    times = (np.arange(int(SECONDS * fps)) + 0.5) / fps
    dips = np.exp(-((times[:, None] - beats[None]) ** 2) / (2 * 0.09**2)).sum(axis=1)
    return np.asarray(1.0 - 0.9 * np.minimum(dips, 1.0))


def net(shift: float = 0.0, jitter: float = 0.0, tempo: float = 1.0, fps: float = FPS) -> float:
    """Chance-corrected alignment, the mean over six tempi."""
    found = []
    for bpm in TEMPI:
        rng = np.random.default_rng(bpm)
        beats = np.arange(0.3, SECONDS, 60 / bpm)
        danced = np.arange(0.3, SECONDS, 60 / bpm / tempo)
        danced = danced + shift + jitter * rng.normal(size=len(danced))
        found.append(metrics.alignment(metrics.events(feet(danced, fps), fps), beats, SECONDS).net)
    return float(np.mean(found))


def still(seconds: float = 10.0) -> F64:
    """A body in its T-pose, feet on the floor."""
    return np.repeat(kinematics.rest_positions(HUMANOID)[None], int(seconds * FPS), axis=0)


# the kernel's theory: lag d gives exp(-d^2 / 2 / 0.05^2), jitter s gives 0.05 / sqrt(0.05^2 + s^2), chance apart
@pytest.mark.parametrize(
    ("dancer", "expected"),
    [({}, 0.99), ({"jitter": 0.02}, 0.90), ({"jitter": 0.05}, 0.61), ({"shift": 0.07}, 0.18), ({"shift": -0.04}, 0.64)],
)
def test_alignment_falls_with_jitter_and_lag_as_published(dancer: dict[str, float], expected: float) -> None:
    assert net(**dancer) == pytest.approx(expected, abs=0.08)


def test_a_dancer_in_another_tempo_is_at_chance() -> None:
    assert abs(net(tempo=1.13)) < 0.06


def test_alignment_does_not_depend_on_the_frame_rate() -> None:
    assert net(jitter=0.02, fps=60.0) == pytest.approx(net(jitter=0.02), abs=0.05)


def test_chance_is_what_the_integral_says() -> None:
    # regular gaps T, kernel s: s sqrt(2 pi) / T erf(T / (2 sqrt 2 s)) = 0.25 at T = 0.5 s, s = 0.05 s
    beats = np.arange(0.0, 20.0, 0.5)
    assert metrics.alignment(beats, beats, 20.0).chance == pytest.approx(0.25, abs=0.02)


def test_events_are_found_between_frames() -> None:
    beats = np.arange(0.53, SECONDS - 0.5, 0.61)
    found = metrics.events(feet(beats), FPS)
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() < 0.012


def test_tremor_is_no_event_and_stillness_aligns_with_nothing() -> None:
    tremor = 0.02 * np.random.default_rng(0).random(300)
    assert len(metrics.events(tremor, FPS)) == 0
    assert metrics.alignment(np.zeros(0), np.arange(0.0, 20.0, 0.5), 20.0) == (0.0, 0.0, 0.0)


def test_a_speed_that_repeats_with_the_beat_is_locked_to_it_and_to_no_other_tempo() -> None:
    beats = np.arange(0.0, SECONDS, 0.5)
    speed = feet(beats)
    phase = (np.arange(len(speed)) + 0.5) / FPS / 0.5
    assert metrics.locked(speed, phase, 1.0) > 0.85
    assert metrics.locked(speed, phase + 0.3, 1.0) == pytest.approx(metrics.locked(speed, phase, 1.0))
    assert metrics.locked(speed, phase * 1.13, 1.0) < 0.03
    assert metrics.locked(speed, phase, 0.5) < 0.03
    assert metrics.locked(np.ones(300), phase, 1.0) == 0.0


def test_speed_and_jerk_are_those_of_a_body_on_a_swing() -> None:
    """x = A sin(w t): mean speed 2 A w / pi, jerk A w^3 / sqrt 2."""
    fps, w, a = 240.0, 2 * np.pi, 0.5
    t = np.arange(0.0, 4.0 + 1 / fps, 1 / fps)
    body = np.repeat(kinematics.rest_positions(HUMANOID)[None], len(t), axis=0)
    body[..., 0] += a * np.sin(w * t)[:, None]
    assert metrics.mean_speed(body, fps) == pytest.approx(2 * a * w / np.pi, rel=1e-3)
    assert metrics.jerk(body, fps) == pytest.approx(a * w**3 / np.sqrt(2), rel=1e-2)
    assert metrics.spread(body) == pytest.approx(a / np.sqrt(2), rel=1e-2)


def test_landings_are_when_a_lifted_foot_stands_again() -> None:
    body = still()
    frame = np.arange(len(body))
    for name, phase in (("leftFoot", 0), ("leftToes", 0), ("rightFoot", 15), ("rightToes", 15)):
        lift = 0.2 * np.sin(np.pi * np.clip((frame - phase) % 30, 0, 10) / 10)
        body[:, HUMANOID.index(name), 1] += lift
    found = metrics.landings(body, FPS)
    expected = np.sort(np.concatenate([np.arange(10, len(body), 30), np.arange(25, len(body), 30)])) / FPS
    assert len(found) == len(expected)
    assert np.abs(found - expected).max() < 0.1


def test_feet_that_slide_on_the_floor_skate_and_feet_in_the_air_do_not() -> None:
    body = still()
    assert metrics.skating(body, FPS) == 0.0
    glide = np.arange(len(body)) / FPS
    sliding = body + np.stack([0.4 * glide, 0 * glide, 0 * glide], axis=-1)[:, None]
    assert metrics.skating(sliding, FPS) == 1.0
    slow = body + np.stack([0.2 * glide, 0 * glide, 0 * glide], axis=-1)[:, None]
    assert metrics.skating(slow, FPS) == 0.0
    stepping = body.copy()
    lifted = np.arange(len(body)) % 30 < 10  # the left foot steps aside through the air, and stands again
    left = [HUMANOID.index("leftFoot"), HUMANOID.index("leftToes")]
    stepping[:, left, 0] += (np.cumsum(lifted) * 0.5 / FPS)[:, None]
    stepping[:, left, 1] += 0.15 * lifted[:, None]
    assert metrics.skating(stepping, FPS) < 0.05


def test_a_frozen_dancer_is_frozen_and_a_slow_style_is_not() -> None:
    sway = still()
    sway[..., 0] += 0.1 * np.sin(np.arange(len(sway)) / FPS * 2 * np.pi)[:, None]
    recorded = metrics.activity(sway, FPS)
    assert metrics.freezing(metrics.activity(still(), FPS), recorded) == 1.0
    assert metrics.freezing(recorded, recorded) == 0.0
    half = sway.copy()
    half[: len(half) // 2] = half[0]
    assert metrics.freezing(metrics.activity(half, FPS), recorded) == pytest.approx(0.5, abs=0.06)
