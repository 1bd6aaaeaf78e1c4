"""Improvised styles: playable on any metre and tempo, of many kinds, with a one that can be learnt."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import demo, demo_improvise
from audio.config import RATE
from audio.demo_arrangement import arrange
from audio.demo_style import Style


def invented(count: int, metre: int | None = None) -> list[Style]:
    rng = np.random.default_rng(11)
    return [demo_improvise.style(rng, metre) for _ in range(count)]


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31), metre=st.integers(2, 7), bpm=st.floats(60.0, 200.0))
def test_every_pattern_fills_whole_bars_and_can_be_arranged(seed: int, metre: int, bpm: float) -> None:
    rng = np.random.default_rng(seed)
    style = demo_improvise.style(rng, metre, bpm)
    assert style.metre == metre
    assert style.bpm[0] <= bpm <= style.bpm[1]
    for pattern in [*style.drums.values(), style.bass, style.chords, style.lead, style.arp, style.riff, style.comp]:
        for option in pattern.split("|"):
            assert len(option) % (metre * style.steps) == 0
    positions = np.arange(60) % metre + 1
    song = arrange(style, positions, rng, from_start=False)
    assert song.tones
    for hits in song.drums.values():
        assert hits.shape == (60, style.steps)


def test_tempo_and_metre_are_drawn_widely() -> None:
    styles = invented(400)
    bpm = np.array([np.mean(style.bpm) for style in styles])
    assert bpm.min() < 65.0
    assert bpm.max() > 190.0
    assert np.median(bpm) == pytest.approx(110.0, rel=0.1)  # log-uniform: the geometric mean of 60 and 200
    metres = [style.metre for style in styles]
    assert metres.count(4) > metres.count(3) > metres.count(6) > 0 < metres.count(5)


def test_there_are_grooves_without_drums_with_hats_alone_and_with_loud_off_beats() -> None:
    styles = invented(400, 4)
    assert sum(not style.drums for style in styles) > 10
    assert sum("kick" not in style.drums and "snare" not in style.drums for style in styles) > 40
    assert sum(set(style.drums) == {"kick"} for style in styles) > 3
    assert sum(style.swing > 0.55 or style.swing_16 > 0.55 for style in styles) > 30
    assert sum(style.steps == 3 for style in styles) > 20


def test_the_bass_plays_the_root_on_most_ones() -> None:
    basses = [style.bass for style in invented(300)]
    assert np.mean([bass[0] in "rw" for bass in basses]) > 0.75


def test_an_improvised_song_sounds() -> None:
    song = demo.song(3, seconds=10.0, style=invented(1)[0], tempo="human")
    assert len(song.samples) == 10 * RATE
    assert np.abs(song.samples).max() > 0.05
