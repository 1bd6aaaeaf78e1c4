"""Clocks from outside: MIDI ticks that come late, Ableton Link between two peers, and where the sound stands."""

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.clock import ManualClock, WallClock
from realtime.clocks import midi, ticks
from realtime.clocks.open import open_clock
from realtime.clocks.sound_time import WINDOW, SoundTime
from realtime.frame import StageError

TICK, START, CONTINUE, STOP = [0xF8], [0xFA], [0xFB], [0xFC]
JITTER = 0.002  # s, either way


def played(times, state=None):
    """The state after ticks at these instants."""
    state = ticks.hear(ticks.Ticks(), 0.0, START) if state is None else state
    for at in times:
        state = ticks.hear(state, float(at), TICK)
    return state


def steady(bpm, count, start=1.0, jitter=0.0, seed=0):
    """Instants of ticks, in order, each off by at most `jitter`."""
    rng = np.random.default_rng(seed)
    return np.sort(start + np.arange(count) * 60 / bpm / 24 + rng.uniform(-jitter, jitter, count))


@given(st.floats(40, 220), st.integers(0, 2**32 - 1), st.integers(96, 400))
@settings(max_examples=40, deadline=None)
def test_late_ticks_give_the_tempo_within_2_in_a_thousand_and_the_beat_within_2_ms(bpm, seed, count):
    times = steady(bpm, count, jitter=JITTER, seed=seed)
    when = times[-1] + 0.05
    reading = ticks.read(played(times), when)
    assert reading.bpm == pytest.approx(bpm, rel=2e-3)
    assert reading.beats * 60 / bpm == pytest.approx(when - 1.0, abs=2e-3)


def test_half_a_beat_is_enough_to_begin_with():
    times = steady(120, 12)
    assert ticks.read(played(times[:11]), times[10]) is None
    assert ticks.read(played(times), times[11]) == pytest.approx((120, 11 / 24))


def test_the_first_tick_after_a_start_is_the_downbeat_and_the_tempo_is_known_at_once():
    state = played(steady(128, 70))
    state = ticks.hear(state, 2.5, START)
    state = played([3.0], state)
    assert ticks.read(state, 3.1) == pytest.approx((128, 0.1 * 128 / 60))


def test_a_song_goes_on_where_it_was_stopped_and_where_it_was_put():
    state = played(steady(120, 49))
    state = ticks.hear(state, 2.1, STOP)
    state = ticks.hear(state, 9.0, CONTINUE)
    state = played([9.5], state)
    assert ticks.read(state, 9.5).beats == pytest.approx(49 / 24)
    state = ticks.hear(state, 9.6, STOP)
    state = ticks.hear(state, 9.7, [0xF2, 4, 1])  # sixteenth 132
    state = ticks.hear(state, 9.8, CONTINUE)
    assert ticks.read(played([10.0], state), 10.0).beats == pytest.approx(33)


def test_a_clock_that_never_started_or_has_stopped_tells_the_tempo_alone():
    times = steady(126, 120)
    never = played(times, ticks.Ticks())
    stopped = played(times[60:], ticks.hear(played(times[:60]), times[59], STOP))
    unplaced = played(times, ticks.hear(ticks.Ticks(), 0.0, CONTINUE))
    for state in (never, stopped, unplaced):
        reading = ticks.read(state, times[-1])
        assert reading == (pytest.approx(126), None)


def test_half_a_second_without_a_tick_is_a_clock_that_has_gone():
    times = steady(120, 48)
    state = played(times)
    assert ticks.read(state, times[-1] + 0.49) is not None
    assert ticks.read(state, times[-1] + 0.51) is None


def test_one_that_comes_back_tells_the_tempo_until_it_says_where_the_song_is():
    state = played(steady(120, 24, start=9.0), played(steady(140, 48)))
    assert ticks.read(state, 9.5) == (pytest.approx(120), None)
    state = played([11.0], ticks.hear(state, 10.9, START))
    assert ticks.read(state, 11.0) == pytest.approx((120, 0))


@pytest.mark.parametrize("bpm", [80, 120, 180])
@pytest.mark.parametrize("lost", [[100], [100, 101, 102], [60, 150]])
def test_lost_ticks_are_counted(bpm, lost):
    times = steady(bpm, 250, jitter=JITTER / 2)
    reading = ticks.read(played(np.delete(times, lost)), times[-1])
    assert reading.beats == pytest.approx(249 / 24, abs=0.01)


@pytest.mark.parametrize("bpm", [60, 110, 124, 180, 240])
def test_another_tempo_is_followed_within_two_beats_and_no_beat_is_lost(bpm):
    before = steady(120, 150, jitter=JITTER / 2)
    after = steady(bpm, 49, start=before[-1] + 60 / bpm / 24, jitter=JITTER / 2)
    reading = ticks.read(played(np.concatenate((before, after))), after[-1])
    assert reading.bpm == pytest.approx(bpm, rel=0.02)
    assert reading.beats == pytest.approx(198 / 24, abs=0.01)


def test_a_burst_of_late_ticks_moves_the_beat_by_less_than_a_millisecond():
    times = steady(120, 144)
    times[130:133] = times[133]  # the computer was busy
    assert ticks.read(played(times), times[-1]).beats == pytest.approx(143 / 24, abs=0.002)


@given(st.lists(st.tuples(st.floats(0, 1), st.sampled_from([TICK, START, CONTINUE, STOP, [0xF2, 3, 0], [0x90, 1, 2]]))))
def test_any_order_of_messages_gives_a_finite_reading_or_none(messages):
    state, now = ticks.Ticks(), 0.0
    for gap, message in messages:
        now += gap
        state = ticks.hear(state, now, message)
        reading = ticks.read(state, now)
        assert reading is None or (reading.bpm > 0 and np.isfinite([reading.bpm, reading.beats or 0.0]).all())
    assert len(state.times) <= ticks.WINDOW


def test_a_byte_stream_as_a_cable_carries_it_is_read_between_and_inside_other_messages():
    mido = pytest.importorskip("mido", reason="the extra midi is not installed")
    parser = mido.Parser()
    state = ticks.Ticks()
    stream = [0xFA] + 30 * [0xF8, 0x90, 60, 0xF8, 100, 0xF0, 1, 0xF8, 2, 0xF7, 0xFE]
    at = 0.0
    for byte in stream:
        at += (60 / 125 / 24) * (byte == 0xF8)
        parser.feed_byte(byte)
        for message in parser:
            state = ticks.hear(state, at, message.bytes())
    assert ticks.read(state, at) == pytest.approx((125, 89 / 24))


def test_messages_of_a_port_are_stamped_as_they_come(monkeypatch):
    mido = pytest.importorskip("mido", reason="the extra midi is not installed")
    pytest.importorskip("rtmidi", reason="the extra midi is not installed")
    from tests.realtime import cable_midi

    cable = mido.Backend(cable_midi.__name__)
    monkeypatch.setattr(mido, "open_input", cable.open_input)
    monkeypatch.setattr(mido, "get_input_names", cable.get_input_names)
    clock = ManualClock()
    port = open_clock("midi", clock)
    assert port.describe() == "midi, Cable"
    deck = cable.open_output("Cable")
    deck.send(mido.Message("start"))
    for _ in range(49):
        clock.advance(60 / 130 / 24)
        deck.send(mido.Message("clock"))
        deck.send(mido.Message("note_on", note=60))
    assert port.read(clock.now()) == pytest.approx((130, 2))
    assert port.read(clock.now() + 0.1).beats == pytest.approx(2 + 0.1 * 130 / 60)
    clock.advance(1.0)
    assert port.read(clock.now()) is None
    port.close()
    assert not cable_midi.open_ports


def test_a_virtual_port_is_found_by_a_part_of_its_name_and_heard():
    mido = pytest.importorskip("mido", reason="the extra midi is not installed")
    pytest.importorskip("rtmidi", reason="the extra midi is not installed")
    try:
        sender = mido.open_output("Deck of a test", virtual=True)
    except (OSError, NotImplementedError) as err:
        pytest.skip(f"no virtual MIDI ports on this machine: {err}")
    wall = WallClock()
    with sender:
        port = open_clock("midi:deck of", wall)
        for message in ["start", *49 * ["clock"]]:
            sender.send(mido.Message(message))
            wall.sleep(60 / 240 / 24)
        reading = port.read(wall.now())
        port.close()
    assert "Deck of a test" in port.name
    assert reading.beats == pytest.approx(2, abs=0.2)


def test_the_first_port_that_is_more_than_an_echo_is_taken_or_the_one_that_was_meant():
    names = ["Midi Through Port-0", "DJM-900 1", "Keys 2"]
    assert midi.find("", names) == "DJM-900 1"
    assert midi.find("keys", names) == "Keys 2"
    assert midi.find("through", names) == names[0]
    assert midi.find("", names[:1]) == names[0]
    with pytest.raises(StageError, match="there are Midi Through Port-0, DJM-900 1, Keys 2"):
        midi.find("deck", names)
    with pytest.raises(StageError, match="no MIDI input is there"):
        midi.find("", [])


@pytest.mark.parametrize(
    ("text", "module", "words"),
    [("midi", "mido", ".[midi]"), ("midi", "rtmidi", "[midi]"), ("link", "link", "[link]")],
)
def test_a_missing_extra_is_named_by_its_command(monkeypatch, text, module, words):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(StageError) as caught:
        open_clock(text, WallClock())
    assert "pip install" in str(caught.value)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("text", "words"), [("sundial", "no such clock"), ("", "no such clock"), ("link:me", "no name")]
)
def test_a_clock_that_cannot_be_meant_is_refused(text, words):
    with pytest.raises(StageError, match=words):
        open_clock(text, WallClock())


def wait(until, wall, seconds=5.0):
    """Look again and again until something is true; False if it is not by then."""
    end = wall.now() + seconds
    while not until():
        if wall.now() > end:
            return False
        wall.sleep(0.01)
    return True


def test_two_peers_of_link_share_tempo_and_bar():
    peers = pytest.importorskip("link", reason="the extra link is not installed")
    wall = WallClock()
    ours = open_clock("link", wall)
    other = peers.Link(100.0)
    other.enabled = True
    if not wait(lambda: ours.read(wall.now()) and other.numPeers(), wall):
        pytest.skip("no multicast on this machine: Link's peers do not find each other")
    if other.numPeers() > 1:
        pytest.skip("this network has a Link session of its own: its tempo is left alone")
    assert ours.describe() == "link, 1 there"
    state = other.captureAppSessionState()
    state.setTempo(133.0, other.clock().micros())
    other.commitAppSessionState(state)
    assert wait(lambda: abs(ours.read(wall.now()).bpm - 133.0) < 0.01, wall)
    for ahead in (0.0, 1.3):
        told = ours.read(wall.now() + ahead).beats
        theirs = other.captureAppSessionState().beatAtTime(other.clock().micros() + round(ahead * 1e6), 4.0)
        assert (told - theirs + 2.0) % 4.0 - 2.0 == pytest.approx(0.0, abs=0.02)
    other.enabled = False
    assert wait(lambda: ours.read(wall.now()) is None, wall)
    ours.close()


@given(st.lists(st.floats(0, 0.05), min_size=WINDOW, max_size=300), st.floats(-1e6, 1e6))
def test_blocks_that_are_read_late_do_not_move_the_sound(late, began):
    sound = SoundTime()
    late[-WINDOW // 2] = 0.0
    for n, lag in enumerate(late):
        sound.came(began + (n + 1) / 60 + lag, (n + 1) / 60)
    assert sound.when(3.0) == pytest.approx(began + 3.0, abs=1e-6)


def test_after_a_gap_the_sound_is_where_it_is_now():
    sound = SoundTime()
    for n in range(100):
        sound.came(5.0 + n / 60, n / 60)
    sound.came(9.0, 101 / 60)
    assert sound.when(101 / 60) == 9.0


def test_without_a_clock_its_seconds_are_those_of_the_sound():
    assert SoundTime().when(12.5) == 12.5
