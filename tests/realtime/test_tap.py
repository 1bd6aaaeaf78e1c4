"""Tap tempo: a hand that is not exact still says a tempo and where the beat lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime import tap

JITTER = 0.03  # s, either way: a practised hand


def row_of(times):
    row = ()
    for at in times:
        row = tap.add(row, float(at))
    return row


@given(st.floats(60, 150), st.lists(st.floats(-JITTER, JITTER), min_size=8, max_size=20), st.floats(0, 1e5))
def test_any_hand_within_30_ms_gives_the_tempo_within_3_percent(bpm, jitter, start):
    times = start + np.arange(len(jitter)) * 60 / bpm + jitter
    found = tap.fit(row_of(times))
    assert found.taps == tap.MOST
    assert found.bpm == pytest.approx(bpm, rel=0.03)


@pytest.mark.parametrize("bpm", [60, 90, 128, 174, 215])
def test_of_a_thousand_random_hands_hardly_any_is_3_percent_off_and_their_beats_are_nearer_than_a_tap(bpm):
    rng = np.random.default_rng(bpm)
    tempi, beats = [], []
    for _ in range(1000):
        found = tap.fit(row_of(np.arange(8) * 60 / bpm + rng.uniform(-JITTER, JITTER, 8)))
        tempi.append(found.bpm / bpm - 1)
        beats.append(found.beat - 7 * 60 / bpm)
    assert np.mean(np.abs(tempi) < 0.03) > 0.99
    assert np.std(beats) < 0.75 * JITTER / np.sqrt(3)


def test_exact_taps_give_the_exact_tempo_and_beat_from_the_second_on():
    for count in range(2, 9):
        found = tap.fit(row_of(3.0 + 0.5 * np.arange(count)))
        assert found == pytest.approx((120.0, 3.0 + 0.5 * (count - 1), count))
        assert found.trusted == (count >= 4)


def test_one_tap_says_nothing():
    assert tap.fit(()) is None
    assert tap.fit(row_of([7.0])) is None


@pytest.mark.parametrize("pause", [2.6, 30.0])
def test_a_pause_begins_a_new_row(pause):
    assert row_of([0, 0.5, 1.0, 1.5, 1.5 + pause]) == (1.5 + pause,)


def test_a_clock_that_went_back_begins_a_new_row():
    assert row_of([10.0, 10.5, 3.0]) == (3.0,)


@pytest.mark.parametrize("interval", [0.3, 0.7, 0.8, 1.0])
def test_another_tempo_begins_a_row_from_the_last_tap_and_is_right_at_its_fourth(interval):
    before = 0.5 * np.arange(8)
    found = tap.fit(row_of([*before, *(before[-1] + interval * np.arange(1, 4))]))
    assert found.bpm == pytest.approx(60 / interval)
    assert found.trusted


def test_a_beat_that_was_left_out_costs_a_row_but_never_halves_the_tempo_for_long():
    found = tap.fit(row_of(0.5 * np.array([0, 1, 2, 3, 5, 6, 7, 8])))
    assert found.bpm == pytest.approx(120)


def test_a_key_that_bounces_counts_once():
    times = np.sort(np.concatenate((0.5 * np.arange(6), 0.5 * np.arange(6) + 0.02)))
    assert tap.fit(row_of(times)) == pytest.approx((120.0, 2.5, 6))


@pytest.mark.parametrize("slip", range(1, 7))
def test_one_slip_among_steady_taps_moves_nothing(slip):
    times = 0.5 * np.arange(8)
    times[slip] += 0.15
    assert tap.fit(row_of(times))[:2] == pytest.approx((120.0, 3.5), abs=1e-6)
