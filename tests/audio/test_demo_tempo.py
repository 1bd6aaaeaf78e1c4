"""The tempo curves of the demo music: strictly increasing, within their bounds, and really different."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import demo_tempo

SEEDS = range(40)


def tempi(kind: str, seed: int, bpm: float = 120.0) -> demo_tempo.F64:
    """Tempo of every beat of a minute as a factor of `bpm`."""
    return 60.0 / np.diff(demo_tempo.beats(np.random.default_rng(seed), bpm, 60.0, kind)) / bpm


@settings(max_examples=200, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    bpm=st.floats(60.0, 200.0),
    seconds=st.floats(8.0, 90.0),
    kind=st.sampled_from(demo_tempo.KINDS),
)
def test_beats_increase_and_fill_the_song(seed: int, bpm: float, seconds: float, kind: str) -> None:
    beats = demo_tempo.beats(np.random.default_rng(seed), bpm, seconds, kind)
    periods = np.diff(beats)
    assert len(beats) >= 2
    assert (periods > 0.2).all()
    assert (periods < 1.5 + 1e-9).all()
    assert 0.25 <= beats[0] <= 0.25 + 60.0 / bpm / 0.7
    assert seconds - 1.5 - 1e-9 <= beats[-1] < seconds


@pytest.mark.parametrize("kind", ["steady", "halving"])
def test_a_machine_is_exact_and_begins_a_quarter_second_in(kind: str) -> None:
    beats = demo_tempo.beats(np.random.default_rng(1), 118.0, 30.0, kind)
    np.testing.assert_allclose(beats, 0.25 + np.arange(len(beats)) * 60 / 118)


@pytest.mark.parametrize(("kind", "low", "high"), [("human", 0.93, 1.07), ("ramp", 0.74, 1.36), ("jump", 0.63, 1.58)])
def test_a_kind_of_tempo_keeps_within_its_bounds_before_the_last_beats(kind: str, low: float, high: float) -> None:
    every = np.concatenate([tempi(kind, seed)[:-10] for seed in SEEDS])
    assert low < every.min() < 1.0 - 0.5 * (1.0 - low)
    assert high > every.max() > 1.0 + 0.5 * (high - 1.0)


def test_people_wander_slowly_by_about_two_percent() -> None:
    spread = np.array([tempi("human", seed)[:-10].std() for seed in SEEDS])
    assert 0.01 < np.median(spread) < 0.03
    steps = np.array([np.diff(tempi("human", seed)[:-10]).std() for seed in SEEDS])
    assert np.median(steps / spread) < 0.7, "neighbouring beats are more alike than beats at large"


def test_rubato_sways_by_six_to_ten_percent() -> None:
    deviations = np.array([np.abs(tempi("rubato", seed)[:-10] - 1.0).max() for seed in SEEDS])
    assert (deviations > 0.05).all()
    assert (deviations < 0.15).all()


def test_a_jump_is_sudden_and_there_are_one_or_two() -> None:
    for seed in SEEDS:
        jumps = np.count_nonzero(np.abs(np.diff(np.log(tempi("jump", seed)))) > 0.02)
        assert jumps in (0, 1, 2)  # 0 where it comes at the very end
    assert np.mean([np.abs(np.diff(tempi("jump", seed))).max() > 0.04 for seed in SEEDS]) > 0.9


def test_some_songs_slow_down_at_the_end() -> None:
    ends = np.array([tempi("human", seed)[-3:].min() for seed in range(200)])
    assert 0.02 < np.mean(ends < 0.93) < 0.3


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="use one of steady, human"):
        demo_tempo.beats(np.random.default_rng(0), 120.0, 10.0, "wobbly")
