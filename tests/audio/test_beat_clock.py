"""The clock that follows a belief: never backward, corrections bounded, a jump only where it is earned."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import beat_clock
from audio.beat_clock import Clock
from audio.config import FRAME_RATE

PERIOD = 0.5
belief = st.tuples(st.floats(0.27, 1.1), st.floats(0.0, 0.9999), st.floats(0.0, 1.0))  # period, phase, confidence


def locked(beats: float = 10.0, period: float = PERIOD) -> Clock:
    return Clock(beats, period, True, 0)


def follow_at(clock: Clock, bpm: float, offset: float, confidence: float, frames: int) -> list[tuple[Clock, bool]]:
    """The clock beside a belief that starts `offset` beats ahead of it and goes on at a steady tempo."""
    made, phase = [], clock.beats + offset
    for _ in range(frames):
        phase += bpm / 60.0 / FRAME_RATE
        clock, leapt = beat_clock.follow(clock, 60.0 / bpm, phase % 1.0, confidence)
        made.append((clock, leapt))
    return made


@given(st.lists(belief, max_size=80))
def test_whatever_is_believed_the_clock_goes_forward_and_no_jump_is_longer_than_a_beat(
    told: list[tuple[float, float, float]],
) -> None:
    clock = beat_clock.init(PERIOD)
    for period, phase, confidence in told:
        before, (clock, leapt) = clock, beat_clock.follow(clock, period, phase, confidence)
        advance, own = clock.beats - before.beats, 1.0 / (FRAME_RATE * before.period)
        assert advance > 0.0
        if leapt:
            assert advance <= own + 1.0
            assert clock.beats % 1.0 == pytest.approx(phase % 1.0, abs=1e-6) or phase > 0.999 or phase < 1e-6
        else:
            most = beat_clock.MOST_CORRECTION * own
            assert own - most - 1e-9 <= advance <= own + most + 1e-9
            assert abs(np.log(clock.period / before.period)) <= beat_clock.SAME_TEMPO


@given(st.floats(-0.15, 0.15), st.floats(-0.03, 0.03))
def test_a_small_error_is_worn_off_without_a_jump(offset: float, faster: float) -> None:
    made = follow_at(locked(), 120.0 * (1.0 + faster), offset, 0.8, 4 * FRAME_RATE)
    assert not any(leapt for _, leapt in made)
    clock = made[-1][0]
    true = 10.0 + offset + 4 * 2.0 * (1.0 + faster)
    assert abs((clock.beats - true + 0.5) % 1.0 - 0.5) < 0.02
    assert 60.0 / clock.period == pytest.approx(120.0 * (1.0 + faster), rel=0.005)


def test_less_confidence_corrects_less() -> None:
    moved = [follow_at(locked(), 120.0, 0.1, confidence, 1)[0][0].beats for confidence in (0.0, 0.1, 0.3, 1.0)]
    assert moved == sorted(moved)
    assert moved[0] == pytest.approx(10.0 + 2.0 / FRAME_RATE)


@pytest.mark.parametrize(("bpm", "offset"), [(150.0, 0.0), (120.0, 0.5), (80.0, 0.3)])
def test_another_belief_wins_once_it_has_lasted(bpm: float, offset: float) -> None:
    made = follow_at(locked(), bpm, offset, 0.9, 3 * FRAME_RATE)
    jumps = [number for number, (_, leapt) in enumerate(made) if leapt]
    assert len(jumps) == 1
    assert 3 <= jumps[0] <= FRAME_RATE
    assert 60.0 / made[-1][0].period == pytest.approx(bpm, rel=0.01)


def test_doubt_that_passes_or_is_unsure_moves_nothing() -> None:
    for confidence, frames in ((0.9, 2), (beat_clock.JUMP_CONFIDENCE - 0.05, 5 * FRAME_RATE)):
        made = follow_at(locked(), 170.0, 0.4, confidence, frames)
        assert not any(leapt for _, leapt in made if abs(np.log(PERIOD / made[-1][0].period)) > 0.0)
        assert made[-1][0].period == PERIOD
    after = follow_at(made[-1][0]._replace(doubt=2), 120.0, 0.0, 0.9, 5)
    assert after[-1][0].doubt == 0


def test_the_first_belief_that_is_sure_enough_is_taken_at_once() -> None:
    clock, leapt = beat_clock.follow(beat_clock.init(0.7), PERIOD, 0.3, beat_clock.FIRST_CONFIDENCE + 0.01)
    assert leapt
    assert clock.locked
    assert clock.period == PERIOD
    assert clock.beats % 1.0 == pytest.approx(0.3)


@given(st.floats(0.0, 1e6), st.floats(0.0, 0.9999))
def test_the_phase_error_is_at_most_half_a_beat_and_leads_to_the_phase(beats: float, phase: float) -> None:
    error = beat_clock.phase_error(locked(beats), phase)
    assert -0.5 <= error <= 0.5
    assert abs((beats + error - phase + 0.5) % 1.0 - 0.5) < 1e-6


def test_after_a_day_the_clock_is_as_exact_as_at_the_start() -> None:
    beats = [made.beats for made, _ in follow_at(locked(86_400 * 3.0), 120.0, 0.0, 0.9, 60)]
    steps = [later - earlier for earlier, later in itertools.pairwise(beats)]
    np.testing.assert_allclose(steps, 2.0 / FRAME_RATE, atol=1e-6)


def test_where_the_tempo_bends_the_clock_is_less_late() -> None:
    """A belief that slows down from 120 to 90 bpm within eight seconds."""
    lags = []
    for free in (0.0, 1.0):
        clock, phase = locked(), 10.0
        for frame in range(8 * FRAME_RATE):
            bpm = 120.0 - 30.0 * frame / (8 * FRAME_RATE)
            phase += bpm / 60.0 / FRAME_RATE
            clock, _ = beat_clock.follow(clock, 60.0 / bpm, phase % 1.0, 0.5, free)
        lags.append((abs(clock.beats - phase), abs(clock.period - 60.0 / bpm)))
    assert lags[1][0] < 0.5 * lags[0][0]
    assert lags[1][1] < 0.5 * lags[0][1]
