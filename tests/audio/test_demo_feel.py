"""The players of the demo music: near the click, in order, each in his own way; a machine exactly on it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import demo_feel
from audio.demo_styles import STYLES

VOICES = sorted({voice for style in STYLES.values() for voice in style.drums} | {"bass", "chord", "pad", "lead", "arp"})
CLICKS = 0.25 + 0.25 * np.arange(400)


def errors(seed: int, voice: str) -> demo_feel.F64:
    rng = np.random.default_rng(seed)
    return demo_feel.draw(rng, tight=False).play(voice, CLICKS, rng) - CLICKS


def test_a_machine_plays_what_is_written() -> None:
    rng = np.random.default_rng(0)
    machine = demo_feel.draw(rng, tight=True)
    np.testing.assert_array_equal(machine.play("kick", CLICKS, rng), CLICKS)
    np.testing.assert_array_equal(machine.strength("kick", CLICKS, rng), CLICKS)


@settings(max_examples=100, deadline=None)
@given(
    seed=st.integers(0, 2**31),
    voice=st.sampled_from(VOICES),
    gaps=st.lists(st.floats(0.04, 2.0), min_size=0, max_size=50),
)
def test_nobody_is_further_than_45_ms_from_the_click_or_out_of_order(seed: int, voice: str, gaps: list[float]) -> None:
    rng, times = np.random.default_rng(seed), np.cumsum(gaps)
    played = demo_feel.draw(rng, tight=False).play(voice, times, rng)
    assert len(played) == len(times)
    assert (np.abs(played - times) <= 0.045 + 1e-12).all()
    assert (np.diff(played) > 0).all()


def test_drummers_lean_forward_and_basses_back() -> None:
    kick, bass = (np.mean([errors(seed, voice).mean() for seed in range(60)]) for voice in ("kick", "bass"))
    assert -0.008 < kick < 0.0 < bass < 0.015


def test_players_differ_in_how_exact_they_are() -> None:
    spread = np.array([errors(seed, "hat").std() for seed in range(60)])
    assert 0.002 < spread.min() < 0.006
    assert 0.009 < spread.max() < 0.02


def test_the_error_is_correlated_over_time() -> None:
    correlation = [np.corrcoef(e[:-1], e[1:])[0, 1] for e in (errors(seed, "bass") for seed in range(40))]
    assert np.mean(correlation) > 0.2


def test_hands_and_feet_of_a_drummer_drift_together() -> None:
    rng = np.random.default_rng(4)
    feel = demo_feel.draw(rng, tight=False)
    kick, tom, lead = (feel.play(voice, CLICKS, rng) - CLICKS for voice in ("kick", "tom", "lead"))
    assert np.corrcoef(kick, tom)[0, 1] > 0.25
    assert abs(np.corrcoef(kick, lead)[0, 1]) < 0.25


@pytest.mark.parametrize("voice", ["kick", "bass"])
def test_people_hit_unevenly_but_keep_the_accents(voice: str) -> None:
    rng = np.random.default_rng(7)
    written = np.tile([1.0, 0.22], 200)
    played = demo_feel.draw(rng, tight=False).strength(voice, written, rng)
    assert played[::2].std() > 0.02
    assert played[::2].min() > played[1::2].max()
    assert played.max() <= 1.5
