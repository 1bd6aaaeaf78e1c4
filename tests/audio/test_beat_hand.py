"""The performer's hand: what is said holds from the next frame on, and hearing takes over smoothly afterwards."""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import beat, beat_hand, features
from audio.beat import Beat, BeatState
from audio.config import FRAME, FRAME_RATE, RATE
from audio.features import FrameFeatures
from tests.audio.streams import F32, groove

Hand = Callable[[BeatState], BeatState]
WHEN = 12 * FRAME_RATE  # frames: the lock is settled, the downbeat known


def frames_of(samples: F32) -> list[FrameFeatures]:
    heard, made = features.init(), []
    for frame in samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME):
        now, heard = features.push(heard, frame)
        made.append(now)
    return made


@lru_cache(maxsize=1)
def disco() -> list[FrameFeatures]:
    """24 s at 118 bpm."""
    return frames_of(groove(0).samples[: 24 * RATE])


@lru_cache(maxsize=1)
def hush() -> list[FrameFeatures]:
    return frames_of(np.zeros(4 * RATE, np.float32))


def hear(state: BeatState, frames: list[FrameFeatures]) -> list[BeatState]:
    made = []
    for frame in frames:
        state = beat.push(state, frame)
        made.append(state)
    return made


@lru_cache(maxsize=1)
def settled() -> BeatState:
    """At WHEN of the disco song."""
    return hear(beat.init(), disco()[:WHEN])[-1]


def now(state: BeatState, ago_seconds: float = 0.0) -> Beat:
    return beat.predict(state, -ago_seconds)


def apart(one: float, other: float) -> float:
    """Between two phases, in parts of their circle."""
    return (one - other + 0.5) % 1.0 - 0.5


def advances(states: list[BeatState]) -> F32:
    return np.diff([state.clock.beats for state in states])


@settings(max_examples=30, deadline=None)
@given(
    what=st.sampled_from(["range", "tempo", "free", "tap", "phase", "nudge", "scale", "downbeat", "given"]),
    value=st.floats(0.0, 1.0),
    ago=st.floats(0.0, 1.5),
)
def test_the_hand_never_turns_the_clock_back_nor_leaves_a_belief_that_is_none(
    what: str, value: float, ago: float
) -> None:
    bpm = 56.0 * (214.0 / 56.0) ** value
    hands: dict[str, Hand] = {
        "range": lambda s: beat_hand.with_range(s, bpm, min(215.0, 1.4 * bpm)),
        "tempo": lambda s: beat_hand.with_tempo(s, bpm),
        "free": lambda s: beat_hand.with_tempo(beat_hand.with_tempo(s, bpm), None),
        "tap": lambda s: beat_hand.tapped(s, bpm, ago),
        "phase": lambda s: beat_hand.with_phase(s, value, ago),
        "nudge": lambda s: beat_hand.nudged(s, value - 0.5),
        "scale": lambda s: beat_hand.scaled(s, 0.5 if value < 0.5 else 1.8),
        "downbeat": lambda s: beat_hand.with_downbeat(s, ago),
        "given": lambda s: beat_hand.given(s, bpm, 40.0 * value, ago),
    }
    state = settled()
    after = [state, hands[what](state)]
    after += hear(after[-1], disco()[WHEN : WHEN + 4])
    assert (advances(after) >= 0.0).all()
    for one in after:
        assert one.belief.sum() == pytest.approx(1.0, abs=1e-3)
        assert np.isfinite(beat.vector(now(one))).all()
        assert 0.0 <= now(one).bar_phase <= 1.0
    assert state is settled()
    assert state.belief.sum() == pytest.approx(1.0, abs=1e-3), "the state that came in is as it was"


@pytest.mark.parametrize(("low", "high", "told"), [(100.0, 140.0, 118.0), (55.0, 80.0, 59.0)])
def test_a_range_takes_the_octave_inside_it_at_once(low: float, high: float, told: float) -> None:
    states = hear(beat_hand.with_range(settled(), low, high), disco()[WHEN:])
    assert all(now(state).bpm == pytest.approx(told, rel=0.02) for state in states)
    assert (advances(states) > 0.0).all()


@pytest.mark.parametrize(("low", "high"), [(150.0, 215.0), (65.0, 100.0)])
def test_a_range_that_holds_no_octave_of_the_song_is_kept_to_within_four_seconds(low: float, high: float) -> None:
    states = hear(beat_hand.with_range(settled(), low, high), disco()[WHEN:])[4 * FRAME_RATE :]
    assert all(0.95 * low < now(state).bpm < 1.05 * high for state in states)


def test_a_tempo_is_held_exactly_and_its_phase_is_heard() -> None:
    states = hear(beat_hand.with_tempo(settled(), 118.0), disco()[WHEN:])
    assert {now(state).bpm for state in states} == {60.0 / (60.0 / 118.0)}
    song = groove(0)
    for number, state in enumerate(states[2 * FRAME_RATE :], WHEN + 1 + 2 * FRAME_RATE):
        true = (number / FRAME_RATE - song.beats[0]) * song.bpm / 60.0
        assert abs(apart(now(state).beat_phase, true)) < 0.1


@pytest.mark.parametrize("bpm", [60.0, 91.5, 118.0, 200.0])
def test_a_tempo_is_held_in_silence_and_against_the_music_and_given_back(bpm: float) -> None:
    held = beat_hand.with_tempo(settled(), bpm)
    for frames in (hush(), disco()[WHEN : WHEN + 60]):
        states = hear(held, frames)
        assert all(now(state).bpm == pytest.approx(bpm, rel=1e-6) for state in states)
        assert (advances(states) > 0.0).all()
    free = hear(beat_hand.with_tempo(held, None), disco()[WHEN:])
    assert now(free[-1]).bpm == pytest.approx(118.0, rel=0.02)


@pytest.mark.parametrize("bpm", [70.0, 118.0, 180.0])
@pytest.mark.parametrize("ago", [0.0, 0.04, 0.9])
def test_taps_put_beat_and_tempo_where_they_were_tapped(bpm: float, ago: float) -> None:
    tapped = beat_hand.tapped(settled(), bpm, ago)
    assert now(tapped).bpm == pytest.approx(bpm)
    assert abs(apart(now(tapped, ago).beat_phase, 0.0)) < 1e-6
    later = hear(tapped, hush()[:FRAME_RATE])[-1]
    assert now(later).bpm == pytest.approx(bpm, rel=beat_hand.HELD_WIDTH)
    assert abs(apart(now(later, 1.0 + ago).beat_phase, 0.0)) < 0.08


def test_taps_a_little_off_are_drawn_to_the_music() -> None:
    states = hear(beat_hand.tapped(settled(), 116.5, now(settled()).beat_phase * 0.5085 + 0.03), disco()[WHEN:])
    assert now(states[-1]).bpm == pytest.approx(118.0, rel=0.01)


@settings(max_examples=25, deadline=None)
@given(phase=st.floats(0.0, 0.9999), ago=st.floats(0.0, 2.0))
def test_a_phase_is_what_was_said_and_the_tempo_stays(phase: float, ago: float) -> None:
    after = beat_hand.with_phase(settled(), phase, ago)
    assert abs(apart(now(after, ago).beat_phase, phase)) < 1e-6
    assert now(after).bpm == now(settled()).bpm


@settings(max_examples=25, deadline=None)
@given(st.floats(-0.45, 0.45))
def test_a_nudge_moves_the_bar_by_just_as_much(beats: float) -> None:
    before, after = now(settled()), now(beat_hand.nudged(settled(), beats))
    assert abs(apart(after.bar_phase, before.bar_phase + beats / before.metre)) < 1e-6
    assert after.bpm == before.bpm


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 14))
def test_half_and_double_keep_the_downbeat(frames: int) -> None:
    state = hear(settled(), disco()[WHEN : WHEN + frames])[-1] if frames else settled()
    before = now(state)
    for factor in (0.5, 1.0 / 0.5):
        if not beat.SLOWEST_BPM <= before.bpm * factor <= beat.FASTEST_BPM:
            with pytest.raises(ValueError, match="is outside 55-215"):
                beat_hand.scaled(state, factor)
            continue
        after = now(beat_hand.scaled(state, factor))
        assert after.bpm == pytest.approx(before.bpm * factor)
        assert after.metre == before.metre
        since = before.bar_phase * before.metre * factor % after.metre
        assert abs(apart(after.bar_phase, since / after.metre)) < 1e-6


def test_half_tempo_stays_half_while_the_song_goes_on() -> None:
    slow = hear(beat_hand.scaled(settled(), 0.5), disco()[WHEN:])
    assert all(now(state).bpm == pytest.approx(59.0, rel=0.05) for state in slow)
    back = hear(beat_hand.scaled(slow[-1], 2.0), disco()[:60])
    assert now(back[0]).bpm == pytest.approx(118.0, rel=0.05)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.0, 1.9))
def test_a_downbeat_is_the_nearest_beat_and_beat_and_tempo_stay(ago: float) -> None:
    before, state = now(settled(), ago), beat_hand.with_downbeat(settled(), ago)
    after = now(state, ago)
    assert after.beat_phase == before.beat_phase
    assert after.bpm == before.bpm
    assert after.beat_in_bar in ((1,) if before.beat_phase < 0.5 else (after.metre,))
    assert state.bar.belief.max() > 0.9


def outside(state: BeatState, bpm: float, start: float, frames: list[FrameFeatures], metre: int = 4) -> list[BeatState]:
    """A clock at `start` beats that is given before each of the frames."""
    made = []
    for number, frame in enumerate(frames):
        state = beat.push(beat_hand.given(state, bpm, start + number * bpm / 60.0 / FRAME_RATE, 0.0, metre), frame)
        made.append(state)
    return made


@pytest.mark.parametrize(("bpm", "metre"), [(97.0, 4), (140.0, 3), (118.0, 4)])
def test_a_clock_from_outside_wins_over_the_music(bpm: float, metre: int) -> None:
    states = outside(settled(), bpm, 5.3, disco()[WHEN : WHEN + 75], metre)
    assert (advances(states) > 0.0).all()
    for number, state in enumerate(states, 1):
        told = now(state)
        place = (5.3 + number * bpm / 60.0 / FRAME_RATE) % metre
        assert told.bpm == pytest.approx(bpm, rel=1e-6)
        assert told.metre == metre
        assert abs(apart(told.bar_phase, place / metre)) * metre < 0.02
    assert now(states[-1]).confidence > 0.95


def test_when_the_outside_clock_ends_hearing_goes_on_from_its_place_without_a_jump() -> None:
    """The clock outside ran with the song; nothing may be felt when it goes."""
    song = groove(0)
    start = (WHEN / FRAME_RATE - song.beats[0]) * song.bpm / 60.0
    ruled = outside(settled(), song.bpm, start, disco()[WHEN : WHEN + 45])
    after = hear(ruled[-1], disco()[WHEN + 45 :])
    assert now(after[beat.GIVEN_HOLD_FRAMES - 3]).confidence > 0.95
    assert after[-1].given == 0
    own = np.array([1.0 / FRAME_RATE / state.clock.period for state in after[1:]])
    assert (np.abs(advances(after) / own - 1.0) < 0.5).all()
    assert [now(s).bpm for s in after] == pytest.approx([song.bpm] * len(after), rel=0.02)
    true = (24.0 - song.beats[0]) * song.bpm / 60.0
    assert abs(apart(now(after[-1]).bar_phase, true / 4.0)) * 4.0 < 0.1


def test_an_outside_clock_that_told_another_tempo_is_left_for_the_music() -> None:
    ruled = outside(settled(), 97.0, 0.0, disco()[WHEN : WHEN + 20])
    after = hear(ruled[-1], disco()[WHEN + 20 :])
    assert all(now(state).bpm == pytest.approx(97.0) for state in after[: beat.GIVEN_HOLD_FRAMES - 2])
    assert now(after[-1]).bpm == pytest.approx(118.0, rel=0.02)
