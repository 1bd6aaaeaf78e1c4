"""Grooves that are loud between the beats: whole bars of known drums, with something that says where the beat is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from audio.config import RATE
from audio.demo_band import LEVELS
from model.ear import material
from model.ear.grooves import GROOVES, club, head_nod, ticking

BACK_BEATS = {"snare", "rim", "snap", "clap"}
SEEDS = st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("name", GROOVES)
@given(seed=SEEDS)
def test_every_groove_is_whole_bars_of_four_of_known_drums(name: str, seed: int) -> None:
    style, _ = GROOVES[name](np.random.default_rng(seed))
    assert style.metre == style.steps == 4
    assert set(style.drums) <= set(LEVELS)
    patterns = [*style.drums.values(), style.bass, style.chords, style.lead]
    assert all(16 % size == 0 or size % 16 == 0 for size in (len(p.replace(" ", "")) for p in patterns))
    assert 55.0 < style.bpm[0] < style.bpm[1] < 210.0


@given(seed=SEEDS)
def test_the_bass_drum_of_a_club_groove_is_on_every_beat_and_its_bass_between(seed: int) -> None:
    style, _ = club(np.random.default_rng(seed))
    kick = style.drums["kick"].replace(" ", "")
    assert all(mark in "xXo" for mark in kick[::4])
    notes = [place % 4 for place, mark in enumerate(style.bass) if mark not in ".-"]
    assert notes
    assert 0 not in notes


@given(seed=SEEDS)
def test_a_head_nod_is_slow_answers_on_two_and_four_and_pushes_between(seed: int) -> None:
    style, _ = head_nod(np.random.default_rng(seed))
    assert style.bpm[1] < 100.0
    assert any(p[4] in "xX" and p[12] in "xX" for name, p in style.drums.items() if name in BACK_BEATS)
    kick = style.drums["kick"]
    assert kick[0] == "X"
    assert {mark for place, mark in enumerate(kick) if place % 4} > {"."}


@given(seed=SEEDS)
def test_in_a_ticking_groove_something_marks_every_beat_and_is_never_as_loud_between(seed: int) -> None:
    style, _ = ticking(np.random.default_rng(seed))
    ticks = next(p for name, p in style.drums.items() if name in {"hat", "tick", "shaker", "ride"})
    assert all(mark in "xX" for mark in ticks[::4])
    assert set(ticks) - set(ticks[::4]) <= set(".,o")
    assert style.bpm[1] <= 120.0


def test_the_lows_of_ticking_songs_come_between_the_beats_as_much_as_on_them() -> None:
    rises = np.array([_low_rises(material.of_kind("ticking", seed, 16.0)) for seed in range(8)])
    on, early, between, late = np.median(rises / rises.sum(axis=1, keepdims=True), axis=0)
    assert between + early + late > on


def test_the_lows_of_club_songs_come_on_the_beat_and_between_it_and_hardly_elsewhere() -> None:
    """The oracle is scipy's filter: how much what is below 150 Hz rises at each quarter of a beat."""
    rises = np.array([_low_rises(material.of_kind("club", seed, 16.0)) for seed in range(8)])
    on, early, between, late = np.median(rises / rises.sum(axis=1, keepdims=True), axis=0)
    assert on > 0.25
    assert between > 0.05
    assert max(early, late) < 0.1


def _low_rises(made: material.Example) -> np.ndarray:
    """Mean rise of the level (RMS) from the 30 ms before to the 60 ms after, at four places of the beat."""
    lows = signal.sosfilt(signal.butter(4, 150.0, "low", fs=RATE, output="sos"), made.samples)
    beats, lengths = made.beats[1:-2], np.diff(made.beats)[1:-1]
    rises = []
    for place in (0.0, 0.25, 0.5, 0.75):
        starts = np.round((beats + place * lengths) * RATE).astype(int)
        before = np.array([np.sqrt(np.mean(lows[start - 720 : start] ** 2)) for start in starts])
        after = np.array([np.sqrt(np.mean(lows[start : start + 1440] ** 2)) for start in starts])
        rises.append(float(np.maximum(after - before, 0.0).mean()))
    return np.array(rises)
