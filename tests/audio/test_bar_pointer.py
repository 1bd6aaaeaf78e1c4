"""The filter over tempo and phase: a probability for whatever it is told, and exact on a train of perfect beats."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import bar_pointer
from audio.activation import FASTEST_BIN, SHOWN_AFTER_HOPS, SLOWEST_BIN, TEMPO_BINS
from audio.beat import FASTEST_BPM, SLOWEST_BPM
from audio.config import FRAME_RATE, HOP_RATE, HOPS_PER_FRAME
from tests.audio.streams import F32

UNKNOWN = np.full(TEMPO_BINS + 1, 1.0 / (TEMPO_BINS + 1), np.float32)  # the network's word on tempo: none
ANY = bar_pointer.within(SLOWEST_BPM, FASTEST_BPM)
logits = st.floats(-80.0, 80.0, width=32)


def bell(bpm: float) -> F32:
    """The network's word on a tempo."""
    place = np.log(bpm / SLOWEST_BIN) / np.log(FASTEST_BIN / SLOWEST_BIN) * (TEMPO_BINS - 1)
    said = np.append(np.exp(-0.5 * (np.arange(TEMPO_BINS) - place) ** 2), 0.0)
    return np.asarray(said / said.sum(), np.float32)


def clicks(bpm: float, first: float, seconds: float) -> F32:
    """Logits [frames, 4] of a network that shows each beat in the hop that ends two hops after it, and beside it."""
    ends = (np.arange(int(seconds * FRAME_RATE) * HOPS_PER_FRAME) + 1) / HOP_RATE
    beats = np.arange(first, seconds, 60.0 / bpm)
    away = np.abs(ends[:, None] - SHOWN_AFTER_HOPS / HOP_RATE - beats).min(axis=1) * HOP_RATE
    shown = np.clip(1.0 - away / 1.5, 0.002, 0.98)
    return np.asarray(np.log(shown / (1.0 - shown)), np.float32).reshape(-1, HOPS_PER_FRAME)


def beliefs(told: F32, tempo: F32, prior: bar_pointer.Prior = ANY) -> list[F32]:
    """After each frame."""
    belief, made = prior.first, []
    for frame in told:
        belief = bar_pointer.move(belief, bar_pointer.chance(frame).tolist(), tempo, prior, False)
        made.append(belief)
    return made


@settings(max_examples=60, deadline=None)
@given(
    told=st.lists(st.lists(logits, min_size=4, max_size=4), min_size=1, max_size=12),
    tempo=st.integers(0, TEMPO_BINS),
    limits=st.tuples(st.floats(SLOWEST_BPM, FASTEST_BPM), st.floats(SLOWEST_BPM, FASTEST_BPM)),
    silent=st.booleans(),
)
def test_a_belief_is_a_probability_whatever_the_network_says(
    told: list[list[float]], tempo: int, limits: tuple[float, float], silent: bool
) -> None:
    prior = bar_pointer.within(min(limits), max(limits))
    said = np.eye(TEMPO_BINS + 1, dtype=np.float32)[tempo]
    belief = prior.first
    for frame in told:
        chances = bar_pointer.chance(np.array(frame, np.float32)).tolist()
        belief = bar_pointer.move(belief, chances, said, prior, silent)
    assert belief.shape == bar_pointer.SHAPE
    assert belief.min() >= 0.0
    assert np.isfinite(belief).all()
    assert belief.sum() == pytest.approx(1.0, abs=1e-3)
    period, phase, sure = bar_pointer.best(belief)
    assert 60.0 / bar_pointer.FASTEST_BPM - 0.01 <= period <= 60.0 / bar_pointer.SLOWEST_BPM + 0.01
    assert 0.0 <= phase <= 1.0
    assert 0.0 <= sure <= 1.0 + 1e-3


def test_no_state_lies_beyond_its_period() -> None:
    cells = np.arange(bar_pointer.SHAPE[1])
    outside = cells >= bar_pointer.PERIODS[:, None]
    for belief in beliefs(clicks(120.0, 0.3, 4.0), UNKNOWN):
        assert (belief[outside] == 0.0).all()


@settings(max_examples=12, deadline=None)
@given(bpm=st.floats(60.0, 200.0), first=st.floats(0.05, 0.6))
def test_a_perfect_train_is_found_within_four_seconds_and_its_phase_to_twenty_milliseconds(
    bpm: float, first: float
) -> None:
    """The grid of periods and cells of 8 ms costs some 10 ms; the clock, which follows, wears off what varies of it."""
    made = beliefs(clicks(bpm, first, 12.0), bell(bpm))
    found = np.array([bar_pointer.best(belief) for belief in made])[4 * FRAME_RATE :]
    true = ((np.arange(4 * FRAME_RATE, len(made)) + 1) / FRAME_RATE - first) * bpm / 60.0
    error = ((found[:, 1] - true + 0.5) % 1.0 - 0.5) * 60.0 / bpm
    assert np.abs(found[:, 0] * bpm / 60.0 - 1.0).max() < 0.02
    assert np.abs(error).max() <= 0.022
    assert abs(np.median(error)) <= 0.013


def test_without_a_word_on_tempo_the_train_alone_is_enough_in_the_middle_of_the_range() -> None:
    for bpm in (90.0, 110.0, 130.0):
        period, _, sure = bar_pointer.best(beliefs(clicks(bpm, 0.2, 6.0), UNKNOWN)[-1])
        assert 60.0 / period == pytest.approx(bpm, rel=0.01)
        assert sure > 0.8


@settings(max_examples=40, deadline=None)
@given(bpm=st.floats(60.0, 200.0), phase=st.floats(0.0, 0.999), width=st.floats(0.03, 0.15))
def test_at_is_a_belief_in_this_period_and_phase(bpm: float, phase: float, width: float) -> None:
    belief = bar_pointer.at(60.0 / bpm, phase, width)
    period, place, sure = bar_pointer.best(belief)
    assert belief.sum() == pytest.approx(1.0, abs=1e-3)
    assert period == pytest.approx(60.0 / bpm, rel=0.02)
    assert abs((place - phase + 0.5) % 1.0 - 0.5) < 0.02
    assert sure > 0.4


def test_a_belief_given_goes_round_at_its_tempo_where_nothing_is_heard() -> None:
    belief = bar_pointer.at(0.5, 0.25)
    nothing = bar_pointer.chance(np.full(4, -3.0, np.float32)).tolist()
    for _ in range(5):
        belief = bar_pointer.move(belief, nothing, UNKNOWN, ANY, False)
    period, phase, _ = bar_pointer.best(belief)
    assert period == pytest.approx(0.5, rel=0.02)
    assert phase == pytest.approx(0.25 + 5 / FRAME_RATE / 0.5, abs=0.03)


@pytest.mark.parametrize(("low", "high"), [(55.0, 90.0), (100.0, 140.0), (150.0, 215.0)])
def test_within_keeps_the_tempo_in_its_range_whatever_the_train(low: float, high: float) -> None:
    prior = bar_pointer.within(low, high)
    assert prior.first.sum() == pytest.approx(1.0, abs=1e-4)
    for bpm in (75.0, 120.0, 180.0):
        heard = beliefs(clicks(bpm, 0.3, 10.0), UNKNOWN, prior)[-1]
        assert 0.95 * low <= 60.0 / bar_pointer.best(heard)[0] <= 1.05 * high


def test_a_train_twice_as_fast_as_the_range_is_counted_at_half_its_tempo() -> None:
    heard = beliefs(clicks(160.0, 0.3, 10.0), UNKNOWN, bar_pointer.within(70.0, 95.0))[-1]
    assert 60.0 / bar_pointer.best(heard)[0] == pytest.approx(80.0, rel=0.02)


@pytest.mark.parametrize(("old", "new"), [(120, 90), (150, 105), (90, 120), (100, 140), (130, 150), (80, 100)])
def test_a_tempo_that_jumps_is_found_within_a_second_and_three_quarters(old: float, new: float) -> None:
    before, after = clicks(old, 0.3, 12.0), clicks(new, 0.3, 1.75)
    belief = beliefs(np.concatenate([before, after]), UNKNOWN)[-1]
    assert 60.0 / bar_pointer.best(belief)[0] == pytest.approx(new, rel=0.03)


def test_silence_forgets_the_beat_and_sound_does_not() -> None:
    sure = bar_pointer.at(0.5, 0.0)
    nothing = bar_pointer.chance(np.full(4, -3.0, np.float32)).tolist()
    for silent in (True, False):
        belief = sure
        for _ in range(5 * FRAME_RATE):
            belief = bar_pointer.move(belief, nothing, UNKNOWN, ANY, silent)
        assert (bar_pointer.best(belief)[2] < 0.3) == silent


def test_move_leaves_the_belief_that_it_was_given() -> None:
    before = bar_pointer.at(0.5, 0.0)
    kept = before.copy()
    bar_pointer.move(before, [0.5] * 4, UNKNOWN, ANY, False)
    np.testing.assert_array_equal(before, kept)
