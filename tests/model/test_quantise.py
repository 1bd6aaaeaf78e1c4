"""Steps are laid onto the beat: near rests are met, the dance stays a dance, and nothing else is touched."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from model import motion_beats, quantise
from model.metrics import events, sync
from motion import kinematics
from motion.skeleton import HUMANOID

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
BEATS = np.arange(40) * 0.5


def sounding(rests: NDArray[np.float64], beats: NDArray[np.float64]) -> NDArray[np.float64]:
    """When each rest is danced once the time of the dance is bent."""
    return np.interp(rests, quantise.on_the_beat(rests, beats), beats)


def test_rests_around_the_beat_come_to_lie_on_it() -> None:
    rests = BEATS + np.random.default_rng(2).uniform(-0.12, 0.12, len(BEATS))
    before, after = np.abs(rests - BEATS), np.abs(sounding(rests, BEATS) - BEATS)
    assert np.median(after) < 0.35 * np.median(before)


def test_rests_halfway_between_the_beats_stay_there() -> None:
    np.testing.assert_allclose(quantise.on_the_beat(BEATS[:-1] + 0.25, BEATS), BEATS, atol=1e-9)


def test_a_dance_that_is_on_the_beat_already_or_never_rests_is_left_alone() -> None:
    np.testing.assert_allclose(quantise.on_the_beat(BEATS, BEATS), BEATS, atol=1e-9)
    np.testing.assert_array_equal(quantise.on_the_beat(np.zeros(0), BEATS), BEATS)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.floats(0.25, 1.2), min_size=3, max_size=60), st.lists(st.floats(0.0, 40.0), min_size=1, max_size=120)
)
def test_whatever_the_rests_no_beat_is_danced_much_faster_or_slower(periods: list[float], rests: list[float]) -> None:
    beats = np.cumsum(periods)
    pace = np.diff(quantise.on_the_beat(np.sort(np.array(rests)), beats)) / np.diff(beats)
    assert pace.min() > 1.0 - quantise.FASTER - 0.05
    assert pace.max() < 1.0 + quantise.FASTER + 0.05


@pytest.mark.skipif(not SHARED.exists(), reason="the captured dances lie in ../shared/data")
def test_captured_street_dances_rest_on_their_beats_twice_as_clearly() -> None:
    from model.datasets import g1_moves

    def clearly(rests: NDArray[np.float64], beats: NDArray[np.float64]) -> float:
        chance = sync.by_chance(rests, beats, float(beats[-1]))
        return sync.net(sync.alignment(rests, beats), chance).f

    before, after = [], []
    for take in [t for t in g1_moves.load(SHARED / "free_mocap") if t.style == "street"][:6]:
        positions, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
        rests, beats = events.rests(positions, take.fps), motion_beats.estimate(positions, take.fps)
        before.append(clearly(rests, beats))
        after.append(clearly(sounding(rests, beats), beats))
    assert np.mean(after) > 2.0 * np.mean(before) > 0.0
