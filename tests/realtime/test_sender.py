"""When poses in between go out live: each at its due instant, by a thread that nothing holds up for long."""

import dataclasses
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.config import FRAME_RATE
from realtime import sender
from realtime.clock import WallClock
from realtime.frame import StageFrame
from realtime.sender import Schedule
from realtime.smooth import DELAY
from tests.realtime.poses_between import kept, sinks_of
from tests.realtime.shows import Kept
from tests.realtime.swing import frame

ANY = frame(0)


def play(schedule: Schedule, rate: float, k: int, came: float, late: bool = False) -> None:
    """Frame k, danced at `came`, settles the movement up to frame k - 1."""
    if not late:
        schedule.came(came, (k + 1) / FRAME_RATE)
    numbers = range(int((k - 1) * rate / FRAME_RATE) + 1, int(k * rate / FRAME_RATE) + 1) if k else ()
    schedule.add(came, {rate: [dataclasses.replace(ANY, audio_time=m / rate) for m in numbers]}, late)


def out(schedule: Schedule, until: float) -> list[tuple[float, float]]:
    """(instant, audio time) of all that goes out until then, by a thread that is never late."""
    found = []
    while (due := schedule.next_due()) is not None and due <= until:
        found += [(due, pose.frame.audio_time) for pose in schedule.take(due)]
    return found


START = 1000.0


@pytest.mark.parametrize("rate", [30.0, 60.0, 120.0])
def test_each_pose_is_due_two_frames_after_its_sound_came(rate: float) -> None:
    schedule, sent = Schedule([rate]), []
    for k in range(30):
        play(schedule, rate, k, START + (k + 1) / FRAME_RATE)
        sent += out(schedule, START + (k + 2) / FRAME_RATE - 1e-9)
    np.testing.assert_allclose([due - time for due, time in sent], START + DELAY, atol=1e-9)
    np.testing.assert_allclose(np.diff([due for due, _ in sent]), 1 / rate, atol=1e-9)


@given(st.lists(st.floats(0, 0.015), min_size=90, max_size=90))
@settings(max_examples=25, deadline=None)
def test_jitter_shorter_than_the_pause_between_poses_is_not_seen(delays: list[float]) -> None:
    schedule, sent = Schedule([60.0]), []
    delays[0] = 0.0
    for k, delay in enumerate(delays):
        came = START + (k + 1) / FRAME_RATE + delay
        sent += out(schedule, came)
        play(schedule, 60.0, k, came)
    # the earliest of the last four seconds sets the clock: it may drift by no more than the jitter itself
    steps = np.diff([due for due, _ in sent])
    assert (np.abs(steps - 1 / 60) <= 0.015 + 1e-9).all()
    np.testing.assert_allclose([due - time for due, time in sent[: 4 * 55]], START + DELAY, atol=1e-9)


def test_a_late_frame_holds_the_pose_and_what_was_due_meanwhile_makes_no_burst() -> None:
    schedule, sent = Schedule([60.0]), []
    for k in range(20):
        play(schedule, 60.0, k, START + (k + 1) / FRAME_RATE)
        sent += out(schedule, START + (k + 2) / FRAME_RATE - 1e-9)
    back = START + 26 / FRAME_RATE + 1e-3  # frames 20 to 25 all came only then
    sent += out(schedule, back)
    assert sent[-1][1] == pytest.approx(19 / FRAME_RATE)
    for k in range(20, 26):
        play(schedule, 60.0, k, back, late=k < 25)
    after = out(schedule, back + 1.0)
    assert after[0] == pytest.approx((START + 24.25 / FRAME_RATE + DELAY, 24.25 / FRAME_RATE))
    np.testing.assert_allclose(np.diff(after, axis=0), 1 / 60, atol=1e-9)
    assert len(sent) + len(after) + schedule.skipped == 25 * 4


def test_one_late_frame_costs_at_most_one_frame_of_stillness_and_no_lasting_delay() -> None:
    schedule, sent = Schedule([60.0]), []
    for k in range(400):
        came = START + (k + 1) / FRAME_RATE + (0.05 if k == 100 else 0.0)
        sent += out(schedule, came)
        play(schedule, 60.0, k, came)
    waits = np.array([due - time for due, time in sent]) - START - DELAY
    assert waits[:396].max() < 1e-9
    assert 0.0 < waits.max() <= 0.05
    assert waits[-60:].max() < 1e-9


def test_sound_that_was_dropped_moves_the_clock_within_a_second() -> None:
    schedule, sent = Schedule([60.0]), []
    for k in range(80):
        came = START + (k + 1) / FRAME_RATE + (1.5 if k >= 40 else 0.0)  # from 40 on, sound is 1.5 s newer
        sent += out(schedule, came)
        play(schedule, 60.0, k, came)
    late = np.array([due - time for due, time in sent])[-60:] - START - DELAY - 1.5
    assert np.abs(late).max() < 0.061


def test_a_thread_that_is_held_up_goes_on_with_the_newest_pose_and_counts_the_others() -> None:
    schedule = Schedule([60.0, 30.0])
    for k in range(3):
        for rate in (60.0, 30.0):
            play(schedule, rate, k, START + (k + 1) / FRAME_RATE)
    found = {pose.rate: pose for pose in schedule.take(START + 2 / FRAME_RATE + DELAY)}
    assert [found[rate].frame.audio_time for rate in (30.0, 60.0)] == [2 / FRAME_RATE] * 2
    assert schedule.skipped == 3 + 7
    assert schedule.next_due() is None


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "sender"]


def test_a_sink_that_fails_in_the_thread_is_named_once_and_counted_and_the_others_go_on() -> None:
    def fail(_: StageFrame) -> None:
        raise OSError("the cable is out")

    said: list[str] = []
    broken, good = kept(60.0, False, fail), kept(60.0, False)
    sinks = sinks_of(broken, good, clock=WallClock(), say=said.append)
    for k in range(3):
        sinks.send(frame(k), late=False)
    sinks.close()
    assert threads() == []
    assert len(good.frames) == sinks.errors["sink 0"] > 0
    assert said == ["sink sink 0 failed (OSError: the cable is out); the dance goes on without it"]


def test_a_sink_that_hangs_holds_up_neither_the_loop_nor_for_long_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "CLOSE_SECONDS", 0.05)
    hangs, free = threading.Event(), threading.Event()

    def hang(_: StageFrame) -> None:
        hangs.set()
        free.wait()

    screen, recorder = kept(60.0, False, hang), kept(60.0)
    sinks = sinks_of(screen, recorder, clock=WallClock())
    for k in range(200):
        sinks.send(frame(k), late=False)
        if k == 5:
            assert hangs.wait(10)
    sinks.close()
    assert len(recorder.frames) == 800
    assert len(screen.frames) == 1
    free.set()


def test_closing_before_the_first_frame_or_in_the_middle_leaves_no_thread() -> None:
    sinks_of(kept(60.0, False), clock=WallClock()).close()
    screen = kept(60.0, False)
    sinks = sinks_of(screen, clock=WallClock())
    sinks.send(frame(0), late=False)
    sinks.close()
    assert threads() == []
    assert screen.frames[-1].index == 0


def test_a_sink_is_asked_to_introduce_itself_by_the_thread_that_feeds_it() -> None:
    asked: list[str] = []

    class Introduced(Kept):
        def hello(self) -> None:
            asked.append(threading.current_thread().name)

    screen = Introduced()
    screen.rate, screen.keeps_late = 60.0, False
    sinks = sinks_of(screen, clock=WallClock())
    sinks.hello()
    sinks.close()
    assert asked == ["sender"]
