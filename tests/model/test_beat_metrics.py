"""The scores of beats: mir_eval's own on exact grids, and what each must make of a known mistake."""

import mir_eval
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import beat_metrics as metrics

GRID = np.arange(1.0, 61.0, 0.5)  # 120 bpm
DOUBLED = np.arange(1.0, 60.6, 0.25)
POSITIONS = np.arange(len(GRID)) % 4 + 1.0


@given(st.lists(st.floats(-0.12, 0.12), min_size=len(GRID), max_size=len(GRID)))
def test_f_and_continuity_are_those_of_mir_eval_after_its_trim(shifts: list[float]) -> None:
    beats = np.sort(GRID + shifts)
    reference, estimated = mir_eval.beat.trim_beats(GRID), mir_eval.beat.trim_beats(beats)
    assert metrics.f_measure(GRID, beats) == mir_eval.beat.f_measure(reference, estimated)
    _, correct, _, any_level = mir_eval.beat.continuity(reference, estimated)
    assert metrics.continuity(GRID, beats) == (correct, any_level)


def test_a_wrong_octave_is_forgiven_and_the_off_beat_is_not() -> None:
    assert metrics.octave_f_measure(GRID, DOUBLED) == 1.0
    assert metrics.octave_f_measure(GRID, GRID[::2]) == 1.0
    assert metrics.octave_f_measure(GRID, GRID[1::2]) == 1.0
    assert metrics.octave_f_measure(GRID, GRID + 0.25) == 0.0
    assert metrics.f_measure(GRID, DOUBLED) == pytest.approx(2.0 / 3.0, abs=0.01)


def test_no_beats_score_nothing_and_break_nothing() -> None:
    nothing = np.zeros(0)
    assert metrics.f_measure(GRID, nothing) == metrics.octave_f_measure(GRID, nothing) == 0.0
    assert metrics.continuity(GRID, nothing) == (0.0, 0.0)
    assert metrics.lock_time(GRID, nothing) == np.inf
    assert np.isnan(metrics.median_and_iqr(metrics.errors(GRID, nothing))).all()


def test_the_downbeat_score_sees_only_beats_at_position_one() -> None:
    assert metrics.downbeat_f_measure(GRID, POSITIONS, GRID, POSITIONS) == 1.0
    assert metrics.downbeat_f_measure(GRID, POSITIONS, GRID, np.roll(POSITIONS, 1)) == 0.0
    assert np.isnan(metrics.downbeat_f_measure(GRID, 0 * POSITIONS, GRID, POSITIONS))
    assert np.isnan(metrics.downbeat_f_measure(GRID, POSITIONS, GRID, 0 * POSITIONS))


@pytest.mark.parametrize("late", [-0.03, 0.0, 0.05])
def test_the_signed_error_is_how_late_the_beats_are(late: float) -> None:
    spread = np.tile([-0.01, 0.01], len(GRID) // 2)
    middle, iqr = metrics.median_and_iqr(metrics.errors(GRID, GRID + late + spread))
    assert middle == pytest.approx(late, abs=1e-9)
    assert iqr == pytest.approx(0.02)


def test_lock_is_the_first_of_eight_beats_in_a_row() -> None:
    wrong_until_10 = np.concatenate([GRID[GRID < 10] + 0.2, GRID[GRID >= 10]])
    assert metrics.lock_time(GRID, GRID) == 1.0
    assert metrics.lock_time(GRID, wrong_until_10) == 10.0
    assert metrics.lock_time(GRID, wrong_until_10, after=4.0) == 6.0
    assert metrics.lock_time(GRID, np.delete(GRID, np.arange(0, len(GRID), 8))) == np.inf


def test_half_and_double_tempo_are_no_lock() -> None:
    assert metrics.lock_time(GRID, GRID[::2]) == np.inf
    assert metrics.lock_time(GRID, DOUBLED) == np.inf


def test_each_event_has_its_own_time_to_lock_again() -> None:
    out = ((GRID > 20) & (GRID < 24)) | ((GRID > 40) & (GRID < 49))
    beats = GRID + np.where(out, 0.2, 0.0)
    assert metrics.relock_times(GRID, beats, [20.0, 30.0, 40.0]) == [4.0, 0.0, 9.0]
    assert metrics.relock_times(GRID, beats, [40.0, 50.0]) == [np.inf, 0.0]
    assert metrics.relock_times(GRID, beats, []) == []


def test_the_interval_is_that_of_the_mean() -> None:
    scores = np.random.default_rng(1).uniform(0.0, 1.0, 400)
    low, high = metrics.bootstrap_interval(list(scores))
    error = 1.645 * scores.std() / 20.0  # the normal approximation
    assert (low, high) == pytest.approx((scores.mean() - error, scores.mean() + error), abs=0.005)
    assert metrics.bootstrap_interval([0.7]) == pytest.approx((0.7, 0.7))
