"""The stream from sound to pose: what it depends on, and what it must not depend on."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.opening import still
from motion.pose import ROTATIONS
from realtime.clock import ManualClock
from realtime.controls import Freeze, Reset, SetControl, SetLead, SetSeed
from realtime.engines.base import EngineState
from realtime.frame import F32
from realtime.loop import dance, run_stream
from realtime.session import Session
from realtime.sources.base import PacedSource
from tests.realtime.shows import Kept, Recording, cut, everything, music, new_session, sinks_of, toy_engine

SIZES = st.lists(st.integers(1, 5000), min_size=1, max_size=5)


def danced(samples: F32, sizes: list[int] | None = None, session: Session | None = None) -> F32:
    blocks = [samples] if sizes is None else cut(samples, sizes)
    return everything(list(dance(blocks, session or new_session())))


@given(samples=st.integers(0, 12_000), sizes=SIZES)
@settings(max_examples=20, deadline=None)
def test_n_samples_give_exactly_n_over_1600_poses(samples: int, sizes: list[int]) -> None:
    assert len(list(dance(cut(music()[:samples], sizes), new_session()))) == samples // 1600


@given(sizes=SIZES)
@settings(max_examples=10, deadline=None)
def test_the_cutting_into_blocks_changes_no_bit(sizes: list[int]) -> None:
    samples = music()[:36_000]
    np.testing.assert_array_equal(danced(samples, sizes), danced(samples))


@pytest.mark.parametrize("size", [1, 7, 399, 400, 1600])
def test_blocks_of_odd_and_even_sizes_change_no_bit(size: int) -> None:
    samples = music()[:8_000]
    np.testing.assert_array_equal(danced(samples, [size]), danced(samples))


@given(sizes=SIZES)
@settings(max_examples=8, deadline=None)
def test_the_cutting_changes_no_bit_at_a_device_rate(sizes: list[int]) -> None:
    samples = music()[:20_000]
    whole = list(dance([samples], new_session(rate=44_100)))
    parts = list(dance(cut(samples, sizes), new_session(rate=44_100)))
    np.testing.assert_array_equal(everything(parts), everything(whole))


def test_the_pace_changes_no_bit() -> None:
    def played(live: bool) -> F32:
        kept, recording = Kept(), Recording(cut(music(), [777]))
        source = PacedSource(recording, ManualClock()) if live else recording
        run_stream(source, new_session(), sinks_of(kept))
        return everything(kept.frames)

    np.testing.assert_array_equal(played(live=True), played(live=False))


def test_a_paced_recording_takes_as_long_as_it_is() -> None:
    clock = ManualClock()
    arrivals: list[float] = []
    kept = Kept(lambda frame: arrivals.append(clock.now() - frame.audio_time))
    run_stream(PacedSource(Recording([music()]), clock), new_session(), sinks_of(kept))
    assert len(arrivals) == len(music()) // 1600
    np.testing.assert_allclose(arrivals, 0.0, atol=1e-9)


def test_the_same_show_twice_is_the_same() -> None:
    np.testing.assert_array_equal(danced(music()), danced(music()))


def test_after_a_reset_the_show_is_as_new() -> None:
    session = new_session(dancers=2)
    first = danced(music(), session=session)
    session.reset()
    np.testing.assert_array_equal(danced(music(), session=session), first)


def test_without_a_reset_the_past_is_remembered() -> None:
    session = new_session()
    first = danced(music(), session=session)
    assert (danced(music(), session=session) != first).any(axis=1).all()


@given(frames=st.integers(1, 60), size=st.integers(500, 9000))
@settings(max_examples=8, deadline=None)
def test_a_show_that_is_saved_and_restored_goes_on_bit_for_bit(frames: int, size: int) -> None:
    blocks = cut(music(), [size])
    session = new_session(rate=44_100, dancers=2)
    whole = list(dance(blocks, new_session(rate=44_100, dancers=2)))
    frames = min(frames, len(whole) - 1)
    coming = iter(blocks)
    stream = dance(coming, session)
    before = [next(stream) for _ in range(frames)]
    saved = session.save()
    after = list(stream)
    np.testing.assert_array_equal(everything(before + after), everything(whole))

    other = new_session(rate=44_100, dancers=2)
    other.restore(saved)
    consumed = saved.resample.consumed
    again = list(dance([music()[:0], music()[consumed:]], other))
    np.testing.assert_array_equal(everything(again), everything(after))


def test_restoring_does_not_use_up_what_was_saved() -> None:
    session = new_session()
    list(dance([music()[:16_000]], session))
    saved = session.save()
    kept = copy.deepcopy(saved)
    for _ in range(2):
        session.restore(saved)
        list(dance([music()[16_000:48_000]], session))
    np.testing.assert_array_equal(saved.pose, kept.pose)
    for name, tensor in saved.body.tensors.items():
        np.testing.assert_array_equal(tensor, kept.body.tensors[name])


def test_the_future_does_not_reach_back() -> None:
    changed = music().copy()
    changed[64_000:] = 0.0
    first, second = danced(music()), danced(changed)
    np.testing.assert_array_equal(first[:40], second[:40])
    assert (first[40:] != second[40:]).any()


def test_dancer_n_dances_the_same_whoever_is_beside() -> None:
    alone = [frame.pose[0] for frame in dance([music()], new_session(dancers=1))]
    beside = [frame.pose[0] for frame in dance([music()], new_session(dancers=3))]
    np.testing.assert_allclose(beside, alone, atol=1e-5)


def test_dancers_stand_apart_and_dance_apart() -> None:
    frame = list(dance([music()], new_session(dancers=3)))[-1]
    hips = frame.root_position[:, [0, 2]]
    assert min(np.linalg.norm(hips[a] - hips[b]) for a, b in ((0, 1), (0, 2), (1, 2))) > 0.5
    assert (frame.pose[0] != frame.pose[1]).any()


def test_another_seed_is_another_dance_and_the_same_sound() -> None:
    first, second = (list(dance([music()], new_session(seed=seed))) for seed in (1, 2))
    assert all((a.pose != b.pose).any() for a, b in zip(first, second, strict=True))
    assert all((a.features == b.features).all() for a, b in zip(first, second, strict=True))


def test_a_seed_sent_at_a_frame_is_the_seed_from_that_frame_on() -> None:
    session = new_session(seed=1)
    session.commands.put(SetSeed(2))
    from_the_start = danced(music(), session=session)
    np.testing.assert_array_equal(from_the_start, danced(music(), session=new_session(seed=2)))


def test_a_control_counts_from_the_next_frame_on_and_is_reported() -> None:
    session = new_session()
    stream = dance(cut(music(), [1600]), session)
    before = next(stream)
    session.commands.put(SetControl("energy", 1.7))
    after = next(stream)
    assert before.controls[0, 2] == 1.0
    assert after.controls[0, 2] == np.float32(1.7)


def test_frozen_dancers_hold_pose_and_place_while_hearing_goes_on() -> None:
    session = new_session()
    stream = dance(cut(music(), [1600]), session)
    for _ in range(20):
        moving = next(stream)
    session.commands.put(Freeze(True))
    held = [next(stream) for _ in range(10)]
    for frame in held:
        np.testing.assert_array_equal(frame.root_position, moving.root_position)
    np.testing.assert_array_equal(held[0].positions, held[-1].positions)
    assert (held[0].features != held[-1].features).any()
    session.commands.put(Freeze(False))
    assert (next(stream).positions != moving.positions).any()


def test_a_reset_by_command_brings_the_dancers_back_to_their_place() -> None:
    session = new_session()
    stream = dance(cut(music(), [1600]), session)
    places = [next(stream).root_position[0] for _ in range(40)]
    session.commands.put(Reset())
    back = next(stream).root_position[0]
    assert np.linalg.norm(back[[0, 2]]) < 0.05
    assert np.linalg.norm(places[-1][[0, 2]]) > 0.1


def test_the_lead_trims_the_beat_that_the_dancer_is_given() -> None:
    session = new_session()
    session.commands.put(SetLead(100.0))
    frames = list(dance([music()], session))
    assert frames[-1].lead == pytest.approx(3 / 15 + 0.1)
    untouched = list(dance([music()], new_session()))
    assert (frames[-1].beat != untouched[-1].beat).any()


def test_a_stream_ends_after_the_frames_it_was_given() -> None:
    kept = Kept()
    run_stream(Recording([music()]), new_session(), sinks_of(kept), frames=7)
    assert kept.indices == list(range(7))


def test_a_stream_stops_at_the_border_of_a_block_when_asked() -> None:
    kept = Kept()
    run_stream(Recording(cut(music(), [1600])), new_session(), sinks_of(kept), stop=lambda: len(kept.frames) >= 5)
    assert kept.indices == list(range(5))


class Fainting:
    """The toy, whose pose is not a number at one step."""

    def __init__(self, at: int) -> None:
        self._toy, self._at = toy_engine(), at
        self.manifest, self.provider = self._toy.manifest, self._toy.provider
        self.init_state = self._toy.init_state

    def step(self, features: F32, beat: F32, controls: F32, noise: F32, state: EngineState) -> tuple[F32, EngineState]:
        self._at -= 1
        pose, state = self._toy.step(features, beat, controls, noise, state)
        return (pose if self._at else pose * np.nan), state


def test_a_pose_that_is_no_number_never_leaves_and_is_counted() -> None:
    session = Session(Fainting(at=10))
    frames = list(dance([music()], session))
    assert np.isfinite(everything(frames)).all()
    assert session.stats.broken == 1
    np.testing.assert_array_equal(frames[9].pose, still(frames[8].pose))
    assert (frames[10].pose[:, ROTATIONS] != frames[9].pose[:, ROTATIONS]).any()
