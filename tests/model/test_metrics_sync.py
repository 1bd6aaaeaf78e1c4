"""Measures of rhythm against dances whose answer is known: locked, jittered, late, deaf, frozen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.metrics import events, sync
from model.metrics.body import F64
from tests.model.bodies import FPS, SECONDS, dips, resting_on, stepping, still

TEMPI = range(85, 136, 10)


def curve(beats: F64, fps: float = FPS) -> F64:
    """A foot's speed that dips at each of these times: [T - 1] m/s."""
    return dips((np.arange(int(SECONDS * fps)) + 0.5) / fps, beats)


def scores(shift: float = 0.0, jitter: float = 0.0, tempo: float = 1.0, keep: float = 1.0) -> sync.Alignment:
    """Chance-corrected alignment of a dancer of this kind, the mean over six tempi."""
    found = []
    for bpm in TEMPI:
        rng = np.random.default_rng(bpm)
        beats, danced = np.arange(0.3, SECONDS, 60 / bpm), np.arange(0.3, SECONDS, 60 / bpm / tempo)
        danced = (danced + shift + jitter * rng.normal(size=len(danced)))[rng.random(len(danced)) < keep]
        seen = events.minima(curve(danced), FPS)
        found.append(sync.net(sync.alignment(seen, beats), sync.by_chance(seen, beats, SECONDS)))
    return sync.Alignment(*np.mean(found, axis=0))


# the kernel's theory: lag d gives exp(-d^2 / 2 / 0.05^2), jitter s gives 0.05 / sqrt(0.05^2 + s^2), chance apart
@pytest.mark.parametrize(
    ("dancer", "expected"),
    [({}, 0.99), ({"jitter": 0.02}, 0.90), ({"jitter": 0.05}, 0.61), ({"shift": 0.07}, 0.18), ({"shift": -0.04}, 0.64)],
)
def test_alignment_falls_with_jitter_and_lag_as_published(dancer: dict[str, float], expected: float) -> None:
    assert scores(**dancer).f == pytest.approx(expected, abs=0.08)


def test_a_dancer_in_another_tempo_is_at_chance() -> None:
    assert abs(scores(tempo=1.13).f) < 0.06


def test_who_dances_every_second_beat_is_right_in_one_direction_and_half_in_the_other() -> None:
    half = scores(keep=0.5)
    assert half.dance > 0.95
    assert half.music == pytest.approx(0.45, abs=0.12)


def test_chance_is_what_the_integral_says() -> None:
    # regular gaps T, kernel s: s sqrt(2 pi) / T erf(T / (2 sqrt 2 s)) = 0.25 at T = 0.5 s, s = 0.05 s
    beats = np.arange(0.0, 20.0, 0.5)
    assert sync.by_chance(beats, beats, 20.0).f == pytest.approx(0.25, abs=0.02)


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_rests_of_a_body_are_found_between_frames_at_any_rate(fps: float) -> None:
    beats = np.arange(0.53, SECONDS - 0.5, 0.61)
    found = events.rests(resting_on(beats, fps), fps)
    assert len(found) == len(beats)
    assert np.abs(found - beats).max() < 0.015


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_landings_are_when_a_lifted_foot_stands_again_at_any_rate(fps: float) -> None:
    found = events.landings(stepping(fps, period=1.0), fps)
    down = np.sort(np.concatenate([np.arange(2 / 3, SECONDS, 2.0), np.arange(1 + 2 / 3, SECONDS, 2.0)]))
    assert len(found) == len(down)
    # a foot is down once it is low and slow, a little before it is at rest
    assert -0.15 < np.median(found - down) < 0.05
    assert np.ptp(found - down) < 0.07


def test_tremor_is_no_event_and_stillness_aligns_with_nothing() -> None:
    assert len(events.minima(0.02 * np.random.default_rng(0).random(300), FPS)) == 0
    assert len(events.kinematic_beats(still(), FPS)) == 0
    assert sync.alignment(np.zeros(0), np.arange(0.0, 20.0, 0.5)) == (0.0, 0.0, 0.0)


def test_a_speed_that_repeats_with_the_beat_is_locked_to_it_and_to_no_other_tempo() -> None:
    beats = np.arange(0.0, SECONDS, 0.5)
    speed = curve(beats)
    count = (np.arange(len(speed)) + 0.5) / FPS / 0.5
    assert sync.locked(speed, count, 1.0) > 0.85
    assert sync.locked(speed, count + 0.3, 1.0) == pytest.approx(sync.locked(speed, count, 1.0))
    assert sync.locked(speed, count * 1.13, 1.0) < 0.03
    assert sync.locked(speed, count, 0.5) < 0.03
    assert sync.locked(np.ones(300), count, 1.0) == 0.0


@pytest.mark.parametrize("fps", [15.0, 30.0, 60.0])
def test_feet_that_rest_on_every_second_beat_are_locked_to_the_longer_period(fps: float) -> None:
    beats = np.arange(0.0, SECONDS + 1, 0.5)
    body = resting_on(beats[::2], fps)
    own = sync.foot_locking(body, fps, beats, 4)
    # dips s = 0.09 s wide every second: the k-th overtone has the amplitude exp(-2 (pi s k)^2)
    power = np.exp(-4 * (np.pi * 0.09 * np.arange(1, 9)) ** 2)
    assert own.period == pytest.approx(power[0] / power.sum(), abs=0.03)
    assert own.beat == pytest.approx(power[1] / power.sum(), abs=0.03)
    assert own.score == own.beat + own.period
    assert sync.chance_locking(body, fps, beats, 4).score < 0.05


@pytest.mark.parametrize(("metre", "harmonic"), [(4, 0.5), (2, 0.5), (3, 1 / 3), (5, 1 / 5)])
def test_the_longer_period_is_two_beats_or_an_odd_bar(metre: int, harmonic: float) -> None:
    assert sync.long_harmonic(metre) == pytest.approx(harmonic)


@given(st.floats(0.3, 1.0), st.floats(-2.0, 2.0), st.floats(-5.0, 30.0))
def test_beats_are_counted_on_beyond_both_ends(period: float, first: float, when: float) -> None:
    beats = first + period * np.arange(12)
    assert sync.phase(np.array([when]), beats)[0] == pytest.approx((when - first) / period, abs=1e-9)


def test_coverage_and_hits_are_counted_as_dance_revolution_has_them() -> None:
    beats = np.arange(0.0, 20.0, 0.5)
    assert sync.coverage(beats[::2], beats) == 0.5
    assert sync.hit_rate(beats[::2] + 0.09, beats) == 1.0
    assert sync.hit_rate(beats[::2] + 0.11, beats) == 0.0
    anywhere = np.random.default_rng(0).uniform(0.0, 19.5, 4000)
    assert sync.hit_rate(anywhere, beats) == pytest.approx(0.4, abs=0.03)
    assert sync.hit_rate(np.zeros(0), beats) == sync.coverage(beats, np.zeros(0)) == 0.0


@pytest.mark.parametrize("late", [-0.12, -0.03, 0.0, 0.05])
def test_the_signed_error_is_how_late_the_dance_is(late: float) -> None:
    beats = np.arange(0.0, 60.0, 0.5)
    danced = beats[1:-1] + late + 0.02 * np.random.default_rng(0).normal(size=len(beats) - 2)
    errors = sync.errors(danced, beats)
    found = sync.signed_error(errors, np.full(len(errors), 0.5))
    assert found.median == pytest.approx(late, abs=0.006)
    assert found.iqr == pytest.approx(1.35 * 0.02, abs=0.008)
    assert found.locked > 0.85


def test_a_dance_between_the_beats_is_not_cut_in_two() -> None:
    beats = np.arange(0.0, 60.0, 0.5)
    danced = beats[1:-1] + 0.25 + 0.02 * np.random.default_rng(0).normal(size=len(beats) - 2)
    found = sync.signed_error(sync.errors(danced, beats), np.full(len(danced), 0.5))
    assert abs(found.median) == pytest.approx(0.25, abs=0.01)
    assert found.iqr < 0.04


def test_a_deaf_dance_keeps_no_place_in_the_beat() -> None:
    beats = np.arange(0.0, 200.0, 0.5)
    errors = sync.errors(np.sort(np.random.default_rng(0).uniform(0, 199, 400)), beats)
    found = sync.signed_error(errors, np.full(len(errors), 0.5))
    assert found.locked < 0.02
    assert found.iqr == pytest.approx(0.25, abs=0.04)
