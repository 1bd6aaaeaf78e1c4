"""The tempo bends where the clock finds it moving, and nowhere else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import tempo_bend
from audio.config import FRAME_RATE
from audio.tempo_bend import Bend
from model.beat_metrics import f_measure
from model.ear import material
from tests.audio.beat_scores import announced_beats

BEAT, NOTHING = [0.05, 0.9, 0.4, 0.05], [0.05, 0.05, 0.05, 0.05]


def followed(periods: list[float], chances: list[float] = BEAT) -> Bend:
    """After a clock of these periods, frame by frame."""
    bend = tempo_bend.init(periods[0])
    for period in periods:
        bend = tempo_bend.follow(tempo_bend.hear(bend, chances), period, False)
    return bend


def swaying(depth: float, seconds: float = 12.0) -> list[float]:
    """A clock around 120 bpm that hurries and holds back once in four seconds."""
    time = np.arange(int(seconds * FRAME_RATE)) / FRAME_RATE
    return list(0.5 * (1.0 + depth * np.sin(2.0 * np.pi * time / 4.0)))


@given(st.lists(st.tuples(st.floats(0.27, 1.1), st.floats(0.0, 1.0), st.booleans()), max_size=60))
def test_the_share_lies_between_stiff_and_free_whatever_the_clock_does(told: list[tuple[float, float, bool]]) -> None:
    bend = tempo_bend.init(0.5)
    for period, chance, leapt in told:
        bend = tempo_bend.follow(tempo_bend.hear(bend, [chance]), period, leapt)
        assert 0.0 <= tempo_bend.now(bend) <= 1.0


def test_a_player_within_a_percent_keeps_it_stiff_and_rubato_frees_it() -> None:
    assert tempo_bend.now(followed(swaying(0.008))) == 0.0
    assert tempo_bend.now(followed(swaying(0.08))) > 0.8


def test_a_leap_to_another_tempo_is_no_rubato() -> None:
    bend = tempo_bend.follow(tempo_bend.init(0.5), 0.7, True)
    for _ in range(4 * FRAME_RATE):
        bend = tempo_bend.follow(tempo_bend.hear(bend, BEAT), 0.7, False)
    assert tempo_bend.now(bend) == 0.0


def test_where_no_beat_is_heard_for_two_seconds_the_tempo_is_stiff_until_the_next() -> None:
    bend = followed(swaying(0.08))
    for _ in range(tempo_bend.REST_FRAMES):
        assert tempo_bend.now(bend) > 0.0
        bend = tempo_bend.hear(bend, NOTHING)
    assert tempo_bend.now(bend) == 0.0
    assert tempo_bend.now(tempo_bend.hear(bend, BEAT)) > 0.0


def test_rubato_is_followed_better_than_by_a_stiff_tempo(monkeypatch: pytest.MonkeyPatch) -> None:
    songs = [material.of_kind("rubato", seed, 40.0) for seed in range(4)]
    bent = [f_measure(song.beats, announced_beats(song.samples)[0]) for song in songs]
    monkeypatch.setattr(tempo_bend, "now", lambda _: 0.0)
    stiff = [f_measure(song.beats, announced_beats(song.samples)[0]) for song in songs]
    assert np.mean(bent) > np.mean(stiff) + 0.05
