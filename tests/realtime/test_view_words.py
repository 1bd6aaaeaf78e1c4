"""What the view makes of the stage's words, and where in the bar it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.sinks.osc_words import Words as Said
from realtime.view_stream import Show
from realtime.view_words import CLIP_SECONDS, Words, bar_position, metre
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import messages


def test_the_stages_words_are_understood():
    said, words = Said(options("osc", dancers=2).info), Words()
    f = frame(0, 2)
    f.controls[:] = ((1, 0, 1, 0), (1, 0, 0, 1))
    f.report.clock = "link"
    assert said.changed(f)
    for address, arguments in messages(said.data):
        words.take(address, arguments, 0.0)
    assert (words.ruler(), words.style(), words.clips(0.0)) == ("Ableton Link", "house, waack", False)
    assert not said.changed(f)


def test_the_clip_lamp_stays_lit_a_moment_after_the_last_clipped_frame():
    words = Words()
    words.take("/dance/clip", [1], 1.0)
    words.take("/dance/frame", [7, 0.5, 0.1], 4.0)
    words.take("/dance/clip", [0], 4.1)
    words.take("/dance/frame", [8, 0.6, 0.1], 5.0)
    assert words.clips(4.0 + CLIP_SECONDS - 0.01)
    assert not words.clips(4.0 + CLIP_SECONDS)


def test_answers_of_the_stage_correct_what_the_window_believes():
    words = Words()
    for arguments in (
        ["freeze", 1],
        ["lead", 25.0],
        ["lead", float("nan")],
        ["freeze", "x"],
        ["lead"],
        [],
        ["record", 0],
    ):
        words.take("/dance/status", arguments, 0.0)
    assert (words.frozen, words.lead_ms, words.recording) == (True, 25.0, False)


@given(st.sampled_from((3, 4, 5)), st.floats(0, 0.999), st.floats(-0.2, 0.2), st.floats(60, 200))
def test_the_place_in_the_bar_is_found_in_any_metre(beats, phase, passed, bpm):
    place = phase * beats
    show = Show(bpm=bpm, bar_phase=phase, beat_phase=place % 1, beat_in_bar=int(place) + 1)
    if place > 0.2:  # before, three, four and five beats to the bar look alike
        assert metre(show) == beats
        now = (place + passed * bpm / 60) % beats
        apart = abs(bar_position(show, passed)[1] - now)
        assert min(apart, beats - apart) == pytest.approx(0, abs=1e-6)


WORDS = st.sampled_from(["/dance/clock", "/dance/style", "/dance/clip", "/dance/status", "/dance/frame", "/dance"])
ANYTHING = st.lists(st.floats() | st.integers() | st.text(max_size=3) | st.none() | st.booleans(), max_size=4)


@given(st.lists(st.tuples(WORDS, ANYTHING), max_size=8))
def test_words_of_the_wrong_length_or_kind_do_no_harm(said):
    words = Words()
    for address, arguments in said:
        words.take(address, arguments, 1.0)
    assert isinstance(words.style(), str)
    assert isinstance(words.ruler(), str)
    assert np.isfinite(words.lead_ms)
