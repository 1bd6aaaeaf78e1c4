"""The performer's hand on the beat, and clocks that rule it, as the poses get them."""

import numpy as np
import pytest

from audio.config import FRAME_RATE
from realtime.clock import ManualClock
from realtime.clocks import ticks
from realtime.clocks.base import BeatClock
from realtime.controls import (
    Command,
    Downbeat,
    Nudge,
    ScaleTempo,
    SetPhase,
    SetRange,
    SetTempo,
    Tapped,
)
from realtime.frame import F32, BeatReport, StageError, StageFrame
from realtime.loop import dance, run_stream
from realtime.session import Session
from realtime.sources.base import PacedSource
from tests.realtime.shows import Kept, Recording, cut, everything, music, sinks_of, toy_engine

HELD = 0.03  # a tempo that was tapped is refined by ear

Hand = dict[int, list[Command]]  # frame: what is asked for just before it


def conducted(hand: Hand, samples: F32 | None = None, session: Session | None = None) -> list[StageFrame]:
    """A show whose sound comes frame by frame, with commands at their frames; seconds are those of the sound."""
    session = session or Session(toy_engine())
    frames = []
    for k, block in enumerate(cut(music() if samples is None else samples, [1600])):
        for command in hand.get(session.moment.index if k else 0, []):
            session.commands.put(command)
        frames += dance([block], session)
    return frames


def silence(seconds: float) -> F32:
    return np.zeros(round(seconds * 24_000), np.float32)


def phase_at(frame: StageFrame, at: float) -> float:
    """The beat phase of an instant of the sound, in beats from the nearest beat."""
    report = frame.report
    phase = report.beat_phase + (at - frame.audio_time - frame.lead) * report.bpm / 60
    return (phase + 0.5) % 1.0 - 0.5


def test_a_tempo_that_is_set_rules_until_it_is_handed_back() -> None:
    frames = conducted({10: [SetTempo(97.0)], 60: [SetTempo(None)]})
    assert [frame.report.clock for frame in frames] == 10 * ["heard"] + 50 * ["set"] + 30 * ["heard"]
    assert all(frame.report.bpm == pytest.approx(97, rel=1e-6) for frame in frames[12:60])


def test_a_tempo_of_the_command_line_rules_from_the_first_frame_and_after_a_reset() -> None:
    session = Session(toy_engine(), bpm=97.0)
    first = conducted({}, session=session)
    assert {frame.report.clock for frame in first} == {"set"}
    assert all(frame.report.bpm == pytest.approx(97, rel=1e-6) for frame in first[2:])
    session.reset()
    np.testing.assert_array_equal(everything(conducted({}, session=session)), everything(first))


def test_where_nothing_is_heard_the_beat_lies_where_it_was_tapped() -> None:
    frames = conducted({20: [Tapped(100.0, 1.337)]}, silence(4))
    assert phase_at(frames[20], 1.337) == pytest.approx(0, abs=1e-3)
    for frame in frames[20:]:
        assert frame.report.bpm == pytest.approx(100, rel=HELD)
        assert phase_at(frame, 1.337) == pytest.approx(0, abs=0.05)


def test_phase_nudge_half_double_and_downbeat_do_what_they_say() -> None:
    hand: Hand = {20: [Tapped(120.0, 1.0)], 30: [SetPhase(0.25, 2.1)], 40: [Nudge(50.0)], 50: [Downbeat(3.475)]}
    frames = conducted(hand, silence(5))
    assert phase_at(frames[29], 1.0) == pytest.approx(0, abs=0.02)
    assert phase_at(frames[39], 2.1) == pytest.approx(0.25, abs=0.03)
    assert phase_at(frames[49], 2.1) == pytest.approx(0.25 + 0.05 * 2, abs=0.03)
    report = frames[60].report
    since = (report.bar_phase * 4 - (frames[60].audio_time + frames[60].lead - 3.475) * 2 + 2) % 4 - 2
    assert since == pytest.approx(0, abs=0.1)
    for factor in (0.5, 2.0):
        scaled = conducted({20: [SetTempo(90.0)], 40: [ScaleTempo(factor)]}, silence(4))
        expected = 180.0 if factor == 2.0 else 90.0  # 45 is slower than any ear looks for
        assert scaled[-1].report.bpm == pytest.approx(expected, rel=HELD)


@pytest.mark.parametrize("ms", [-40.0, 40.0])
def test_a_nudge_leaves_the_bar_where_it_was(ms: float) -> None:
    frames = conducted({20: [Tapped(100.0, 1.2)], 30: [Nudge(ms)]}, silence(3))
    before, after = (frames[k].report.bar_phase * 4 for k in (29, 30))
    assert after - before == pytest.approx((1 / FRAME_RATE + ms / 1e3) * 100 / 60, abs=0.02)


def test_a_range_keeps_the_heard_tempo_inside() -> None:
    for low, high in ((60.0, 110.0), (110.0, 210.0)):
        frames = conducted({0: [SetRange(low, high)]})
        assert all(0.95 * low < frame.report.bpm < 1.05 * high for frame in frames[45:])


HAND: Hand = {
    12: [SetTempo(93.0), Nudge(-20.0)],
    31: [ScaleTempo(2.0), SetRange(70.0, 190.0)],
    47: [SetTempo(None), Tapped(118.0, 3.0)],
    60: [SetPhase(0.5, 4.0), Downbeat(4.1)],
}


def test_a_show_with_the_same_hand_at_the_same_frames_is_the_same() -> None:
    np.testing.assert_array_equal(everything(conducted(HAND)), everything(conducted(HAND)))
    assert (everything(conducted(HAND)) != everything(conducted({}))).any()


@pytest.mark.parametrize("at", [13, 40, 61])
def test_a_saved_show_goes_on_bit_for_bit_with_what_the_hand_had_done(at: int) -> None:
    whole = conducted(HAND)
    session = Session(toy_engine())
    conducted(HAND, music()[: at * 1600], session)
    saved = session.save()
    conducted({at: [SetTempo(180.0)]}, music()[:16_000], session)
    session.restore(saved)
    after = conducted(
        {frame: commands for frame, commands in HAND.items() if frame > at}, music()[at * 1600 :], session
    )
    np.testing.assert_array_equal(everything(after), everything(whole[at:]))


class Deck(BeatClock):
    """A MIDI clock that is there from one instant to another, its ticks written down before."""

    word = "midi"

    def __init__(self, bpm: float, begins: float, ends: float, start: bool = True) -> None:
        times = np.arange(begins, ends, 60 / bpm / 24)
        self._messages = [(begins, [0xFA])] * start + [(float(at), [0xF8]) for at in times]
        self._ticks = ticks.Ticks()

    def read(self, when: float):  # type: ignore[no-untyped-def]
        while self._messages and self._messages[0][0] <= when:
            self._ticks = ticks.hear(self._ticks, *self._messages.pop(0))
        return ticks.read(self._ticks, when)


def test_a_clock_wins_over_what_is_heard_and_hands_back_without_a_jump() -> None:
    frames = conducted({}, session=Session(toy_engine(), beat_clock=Deck(91.0, 1.0, 4.0)))
    words = [frame.report.clock for frame in frames]
    first, last = words.index("midi"), len(words) - words[::-1].index("midi")
    assert first <= 1.6 * FRAME_RATE
    assert 4.0 * FRAME_RATE <= last <= 4.6 * FRAME_RATE
    for frame in frames[first + 15 : last]:
        assert frame.report.bpm == pytest.approx(91, rel=0.01)
        assert phase_at(frame, 1.0) == pytest.approx(0, abs=0.02)
        downbeats = (frame.report.bar_phase - (frame.audio_time + frame.lead - 1.0) * 91 / 60 / 4 + 0.5) % 1 - 0.5
        assert downbeats == pytest.approx(0, abs=0.01)
    steps = [steps_of(a.report, b.report) for a, b in zip(frames[last - 2 :], frames[last - 1 :], strict=False)]
    assert min(steps) >= 0
    assert max(steps) < 0.35


def steps_of(a: BeatReport, b: BeatReport) -> float:
    """Beats from one frame to the next; less than 0 only for a clock that runs backward."""
    step = (b.beat_phase - a.beat_phase) % 1.0
    return step - 1.0 if step > 0.8 else step


def test_a_clock_that_never_started_holds_the_tempo_alone() -> None:
    frames = conducted({}, session=Session(toy_engine(), beat_clock=Deck(91.0, 0.5, 3.0, start=False)))
    ruled = [frame for frame in frames if frame.report.clock == "midi"]
    assert len(ruled) > 25
    assert all(frame.report.bpm == pytest.approx(91, rel=0.01) for frame in ruled[2:])
    assert frames[-1].report.clock == "heard"


@pytest.mark.parametrize("late", [0.0, 0.03])
def test_a_live_clock_rules_the_sound_of_its_own_instants(late: float) -> None:
    clock = ManualClock()
    clock.advance(1234.5)
    session = Session(toy_engine(), beat_clock=Deck(91.0, 1235.5, 1300.0), clock=clock)
    kept = Kept(lambda frame: clock.advance(late * (frame.index % 2)))
    run_stream(PacedSource(Recording([music()]), clock), session, sinks_of(kept))
    for frame in kept.frames[40:]:
        assert frame.report.clock == "midi"
        assert phase_at(frame, 1.0) == pytest.approx(0, abs=0.02)


@pytest.mark.parametrize("late", [0.0, 0.03])
def test_a_live_tap_lands_where_the_sound_was_when_it_came(late: float) -> None:
    clock = ManualClock()
    clock.advance(1234.5)
    session = Session(toy_engine(), clock=clock)
    tapped_at = clock.now() + 1.0  # a second into the sound

    def on_frame(frame: StageFrame) -> None:
        clock.advance(late * (frame.index % 2))
        if frame.index == 18:
            session.commands.put(Tapped(100.0, tapped_at))

    kept = Kept(on_frame)
    run_stream(PacedSource(Recording([silence(4.0)]), clock), session, sinks_of(kept))
    assert phase_at(kept.frames[19], 1.0) * 60 / 100 == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize(
    ("bpm", "command", "words"),
    [
        (90.0, ScaleTempo(0.5), "45 bpm is outside 55 to 215"),
        (150.0, ScaleTempo(2.0), "300 bpm is outside 55 to 215"),
        (150.0, ScaleTempo(0.5), None),
        (90.0, Nudge(20.0), None),
    ],
)
def test_half_and_double_are_refused_where_they_would_lead_outside_every_ear(
    bpm: float, command: Command, words: str | None
) -> None:
    session = Session(toy_engine(), bpm=bpm)
    conducted({}, silence(1), session)
    if words is None:
        session.refuse(command)
        return
    with pytest.raises(StageError, match=words):
        session.refuse(command)
    before = session.bpm
    conducted({15: [command]}, silence(0.2), session)
    assert session.bpm == pytest.approx(before)


def test_while_a_clock_outside_rules_the_beat_the_hand_is_refused_but_for_the_tempo_after_it() -> None:
    session = Session(toy_engine(), beat_clock=Deck(91.0, 1.0, 4.0))
    conducted({}, music()[: 45 * 1600], session)
    for command in (Tapped(100.0, 1.0), SetPhase(0.5, 1.0), ScaleTempo(2.0), Nudge(1.0), Downbeat(1.0)):
        with pytest.raises(StageError, match="the beat comes from midi: stop that clock first"):
            session.refuse(command)
    session.refuse(SetTempo(100.0))
    session.refuse(SetRange(80.0, 160.0))
