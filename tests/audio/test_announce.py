"""Announcements: in time, rising, never revised, whatever the clock does."""

from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import announce, beat
from audio.announce import Announcement, announcements
from audio.beat import BeatState
from audio.config import FRAME_RATE, RATE, AudioError
from model.beat_metrics import f_measure
from tests.audio.streams import DATA, F32, cut, groove, music

AHEAD = (0.0, 0.05, 0.15, 0.5, 1.0)


at_rest = lru_cache(beat.init)


def clock_at(beats: float, period: float) -> BeatState:
    """An engine whose clock stands at so many beats, of so many seconds."""
    state = at_rest()
    return state._replace(clock=state.clock._replace(beats=beats, period=period))


def told(samples: F32, ahead: float, sizes: tuple[int, ...]) -> list[Announcement]:
    """What is announced when the stream comes in blocks of these sizes."""
    state, made = announce.init(ahead), []
    for heard in announce.hear(RATE, cut(samples, sizes)):
        new, state = announce.push(state, heard.clock, heard.audio_time)
        made += new
    return made


@pytest.mark.parametrize("ahead", AHEAD)
def test_every_beat_is_announced_in_time_and_within_a_frame_of_its_moment(ahead: float) -> None:
    for one in announcements(music("rhodes.mp3"), ahead):
        assert one.known_at <= one.time - ahead < one.known_at + 1.0 / FRAME_RATE + 1e-6
        assert one.known_at * FRAME_RATE == pytest.approx(round(one.known_at * FRAME_RATE), abs=1e-9)


@pytest.mark.parametrize("ahead", [0.0, 0.15])
def test_the_announced_beats_of_a_recording_are_its_beats(ahead: float) -> None:
    reference = np.loadtxt(DATA / "house124.beats")
    said = announcements(music("house124.ogg"), ahead)
    assert f_measure(reference[:, 0], np.array([one.time for one in said])) >= 0.9


def test_no_beat_of_a_steady_song_is_left_out_or_said_twice() -> None:
    times = np.array([one.time for one in announcements(groove(0).samples, 0.15)])
    steps = np.diff(times[times > 10.0]) * groove(0).bpm / 60.0
    assert 0.8 < steps.min() <= steps.max() < 1.2


def test_what_was_announced_does_not_depend_on_what_comes_later() -> None:
    samples = music("house124.ogg")
    whole, half = announcements(samples, 0.15), announcements(samples[: 10 * RATE], 0.15)
    assert half == whole[: len(half)]
    assert half[-1].known_at <= 10.0
    assert whole[len(half)].known_at > 10.0


def test_however_the_stream_is_cut_the_announcements_are_the_same() -> None:
    samples = music("house124.ogg")[: 8 * RATE]
    assert told(samples, 0.15, (1, 7, 400, 1601, 4096)) == announcements(samples, 0.15)


@given(
    speeds=st.lists(st.floats(0.2, 5.0), min_size=30, max_size=90),
    jumps=st.lists(st.tuples(st.integers(0, 89), st.floats(0.0, 1.0)), max_size=8),
    ahead=st.sampled_from(AHEAD),
)
@settings(max_examples=150, deadline=None)
def test_whatever_the_clock_does_announcements_are_lawful(
    speeds: list[float], jumps: list[tuple[int, float]], ahead: float
) -> None:
    said, periods = [], []
    state, beats = announce.init(ahead), 0.0
    for number, speed in enumerate(speeds, 1):
        beats += speed / FRAME_RATE + sum(leap for at, leap in jumps if at == number)
        new, state = announce.push(state, clock_at(beats, 1.0 / speed), number / FRAME_RATE)
        said += new
        periods += [1.0 / speed] * len(new)
    assert all(one.known_at <= one.time - ahead for one in said)
    gaps = np.diff([one.time for one in said])
    assert (gaps > 0.0).all()
    assert (gaps >= 0.5 * np.array(periods[1:]) - 1e-9).all()


@given(bpm=st.floats(50.0, 220.0), offset=st.floats(0.0, 1.0), ahead=st.sampled_from(AHEAD))
@settings(max_examples=60, deadline=None)
def test_a_steady_clock_announces_each_of_its_beats_where_it_is(bpm: float, offset: float, ahead: float) -> None:
    period, state, said = 60.0 / bpm, announce.init(ahead), []
    for number in range(1, 15 * FRAME_RATE + 1):
        time = number / FRAME_RATE
        new, state = announce.push(state, clock_at(time / period + offset, period), time)
        said += new
    first, last = 1.01371 + ahead, 14.01371 + ahead  # no beat is likely at these very edges
    numbers = np.arange(np.ceil(first / period + offset), np.ceil(last / period + offset))
    late = [one for one in said if first <= one.time < last]
    np.testing.assert_allclose([one.time for one in late], (numbers - offset) * period, atol=2e-4)
    assert [one.position_in_bar for one in late] == [int(number % 4) + 1 for number in numbers]


@pytest.mark.parametrize("ahead", [-0.1, 2.5, float("nan")])
def test_an_impossible_time_ahead_is_refused(ahead: float) -> None:
    with pytest.raises(AudioError, match="choose from 0 to 2000 ms"):
        announce.init(ahead)
