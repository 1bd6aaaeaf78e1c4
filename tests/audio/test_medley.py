"""Medleys: every beat where it is heard, every event where it is said, music where it is claimed."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from audio import medley
from audio.config import RATE
from audio.demo import Song
from audio.medley import BREAKS, F32, F64, Medley
from tests.audio.streams import groove


def make_song(rng: np.random.Generator, seconds: float) -> Song:
    """One of four songs, from any of its bars on."""
    song = groove(int(rng.integers(4)), "house")
    part = medley.of(song, song.beats[4 * int(rng.integers(4))] - 0.1)
    inside = part.beats < seconds
    return Song(
        part.samples[: round(seconds * RATE)], part.beats[inside], part.positions[inside], song.bpm, "", "house"
    )


def clicks(bpm: float = 120.0, seconds: float = 20.0) -> Song:
    """A song of nothing but clicks on the beat."""
    beats = np.arange(0.25, seconds, 60.0 / bpm)
    samples = np.zeros(round(seconds * RATE), np.float32)
    samples[np.round(beats * RATE).astype(int)] = 0.8
    return Song(samples, beats, np.arange(len(beats)) % 4 + 1, bpm, "clicks", "clicks")


def heard(samples: F32) -> F64:
    """Seconds of the clicks in it, by scipy."""
    return np.asarray(signal.find_peaks(np.abs(samples), height=0.2, distance=200)[0] / RATE)


def level(samples: F32) -> float:
    return float(np.sqrt(np.mean(np.square(samples))))


def test_a_part_of_a_song_begins_and_ends_at_any_moment_with_its_own_beats() -> None:
    part = medley.of(clicks(), 3.1, 9.3)
    assert part.seconds == pytest.approx(6.2)
    np.testing.assert_allclose(part.beats, heard(part.samples), atol=1e-4)
    assert part.positions[0] == 3, "3.25 s is the seventh beat"


def test_a_cut_leaves_both_songs_beats_where_they_are_heard() -> None:
    made = medley.join([medley.of(clicks(120.0), 1.1, 7.9), medley.of(clicks(93.0), 0.8, 6.0)])
    np.testing.assert_allclose(made.beats, heard(made.samples), atol=1e-4)
    assert [(round(time, 3), kind) for time, kind in made.events] == [(0.0, "start"), (6.8, "cut")]


@pytest.mark.parametrize("speed", [0.75, 0.9, 1.13, 1.35])
def test_after_a_jump_the_beats_come_so_many_times_as_fast(speed: float) -> None:
    part = medley.jump(medley.of(clicks()), 9, speed)
    np.testing.assert_allclose(part.beats, heard(part.samples), atol=2e-4)
    np.testing.assert_allclose(np.diff(part.beats)[:9], 0.5)
    np.testing.assert_allclose(np.diff(part.beats)[9:], 0.5 / speed)
    assert part.events == ((4.75, "jump"),)


@pytest.mark.parametrize("speed", [0.8, 1.25])
def test_another_speed_is_another_pitch_and_the_same_tone(speed: float) -> None:
    tone = np.sin(2 * np.pi * 1000.0 * np.arange(2 * RATE) / RATE).astype(np.float32)
    made = medley.played_at(tone, speed)
    want = np.sin(2 * np.pi * 1000.0 * speed * np.arange(len(made)) / RATE)
    np.testing.assert_allclose(made[10:-10], want[10:-10], atol=5e-3)
    assert len(made) == pytest.approx(len(tone) / speed, abs=2)


@pytest.mark.parametrize("kind", BREAKS)
def test_a_break_keeps_the_count_and_comes_back_on_its_beat(kind: str) -> None:
    song = groove(3, "house")
    part = medley.with_break(medley.of(song), np.random.default_rng(4), 16, 8, kind)
    start, end = song.beats[16], song.beats[24]
    assert part.events == ((start, "break"), (end, "return"))
    np.testing.assert_array_equal(part.beats, song.beats)
    first, last = round(start * RATE), round(end * RATE)
    np.testing.assert_array_equal(part.samples[:first], song.samples[:first])
    np.testing.assert_array_equal(part.samples[last:], song.samples[last:])
    kept, was = part.samples[first:last], song.samples[first:last]
    assert min(level(kept) / level(was), level(np.diff(kept)) / level(np.diff(was))) < 0.8, "lows or highs are gone"
    if kind == "silence":
        assert level(part.samples[first + RATE : last]) < 1e-2 * level(song.samples)
        assert part.music == ((0.0, start), (end, part.seconds))
    else:
        assert level(part.samples[first + RATE : last]) > 1e-2 * level(song.samples)
        assert part.music == ((0.0, part.seconds),)


@pytest.mark.parametrize("out", [True, False])
def test_a_fade_takes_the_beats_that_nobody_hears(out: bool) -> None:
    part = medley.fade(medley.of(clicks()), 5.0, out)
    np.testing.assert_allclose(np.isin(np.round(clicks().beats, 6), np.round(part.beats, 6)).sum(), len(part.beats))
    loud = np.abs(part.samples[np.round(part.beats * RATE).astype(int)])
    assert (loud > 0.8 * 10 ** (-30.5 / 20)).all()
    quiet = np.flatnonzero(~np.isin(np.round(clicks().beats, 6), np.round(part.beats, 6)))
    assert len(quiet) in (3, 4, 5)
    assert (quiet > 30).all() if out else (quiet < 6).all()


def test_talk_over_music_is_as_loud_as_asked_and_moves_nothing() -> None:
    song = groove(3, "house")
    part = medley.talked_over(medley.of(song), np.random.default_rng(1), 10.0, 20.0, -3.0)
    talk, music = (part.samples - song.samples)[10 * RATE : 20 * RATE], song.samples[10 * RATE : 20 * RATE]
    assert 20 * np.log10(level(talk) / level(music)) == pytest.approx(-3.0, abs=0.1)
    np.testing.assert_array_equal(part.beats, song.beats)
    np.testing.assert_array_equal(part.samples[20 * RATE :], song.samples[20 * RATE :])


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31), seconds=st.floats(3.0, 45.0))
def test_any_medley_is_of_the_length_asked_for_in_order_and_below_full_scale(seed: int, seconds: float) -> None:
    made = medley.draw(np.random.default_rng(seed), seconds, make_song)
    assert len(made.samples) == round(seconds * RATE)
    assert made.samples.dtype == np.float32
    assert np.isfinite(made.samples).all()
    assert np.abs(made.samples).max() < 1.0
    assert (np.diff(made.beats) > 0.15).all()
    assert len(made.positions) == len(made.beats)
    assert all(0.0 <= time <= seconds + 1e-4 for time, _ in made.events)
    assert list(made.events) == sorted(made.events)
    flat = np.array(made.music).ravel()
    assert (np.diff(flat) >= -1e-6).all(), "spans do not overlap"
    _beats_lie_in_music_or_a_break(made)


def _beats_lie_in_music_or_a_break(made: Medley) -> None:
    breaks = [time for time, kind in made.events if kind == "break"]
    for beat in made.beats:
        playing = any(start - 1e-6 <= beat < end + 1e-6 for start, end in made.music)
        assert playing or any(0.0 <= beat - start + 1e-6 < medley.LONGEST_BREAK for start in breaks)


def test_in_a_medley_there_is_sound_where_music_is_claimed_and_all_that_may_happen_does() -> None:
    seen = set()
    for seed in range(8):
        made, again = (medley.draw(np.random.default_rng(seed), 60.0, make_song) for _ in range(2))
        np.testing.assert_array_equal(made.samples, again.samples)
        seen |= {kind for _, kind in made.events}
        loud = [level(made.samples[round(a * RATE) : round(b * RATE)]) for a, b in made.music if b - a > 4.0]
        assert min(loud) > 1e-3
    assert {"start", "cut", "jump", "break", "return", "fade in", "fade out", "over"} <= seen
    assert seen & set(medley.GAPS)
