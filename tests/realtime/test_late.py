"""When the computer is too slow: late frames are danced but not shown, and only far behind is sound dropped."""

from collections.abc import Callable

import numpy as np

from realtime.clock import ManualClock
from realtime.frame import StageFrame
from realtime.loop import run_stream
from realtime.session import Session
from realtime.sources.base import PacedSource
from tests.realtime.shows import Kept, Recording, everything, music, new_session, sinks_of


def stalled(seconds: float, at: int = 20, say: Callable[[str], None] = print) -> tuple[Kept, Kept, Session]:
    """A show whose frame `at` takes `seconds` too long: what the screen got, what the recorder got."""
    clock = ManualClock()

    def stall(frame: StageFrame) -> None:
        if frame.index == at:
            clock.advance(seconds)

    screen, recorder, session = Kept(stall, keeps_late=False), Kept(), new_session()
    run_stream(PacedSource(Recording([music()]), clock), session, sinks_of(screen, recorder, say=say))
    return screen, recorder, session


def test_a_show_in_time_has_nothing_late() -> None:
    screen, recorder, session = stalled(0.0)
    assert screen.indices == recorder.indices == list(range(90))
    assert (session.stats.frames, session.stats.late, session.stats.dropped_samples) == (90, 0, 0)


def test_a_stall_shorter_than_a_frame_is_not_seen() -> None:
    screen, _, session = stalled(0.05)
    assert screen.indices == list(range(90))
    assert session.stats.late == 0


def test_late_frames_are_danced_and_recorded_but_not_shown() -> None:
    screen, recorder, session = stalled(0.31)  # 4.65 frames
    assert recorder.indices == list(range(90))
    assert screen.indices == [n for n in range(90) if n not in (21, 22, 23)]
    assert session.stats.late == 3
    assert session.stats.dropped_samples == 0


def test_catching_up_changes_no_bit_of_the_dance() -> None:
    _, slow, _ = stalled(0.9)
    _, quick, _ = stalled(0.0)
    np.testing.assert_array_equal(everything(slow.frames), everything(quick.frames))


def test_above_a_second_the_oldest_sound_is_dropped_and_counted() -> None:
    said: list[str] = []
    screen, recorder, session = stalled(2.5, say=said.append)
    dropped = session.stats.dropped_samples
    assert abs(dropped - 1.5 * 24_000) <= 1
    assert len(recorder.frames) == (len(music()) - dropped) // 1600
    after = np.concatenate([frame.samples for frame in recorder.frames[21:]])
    begin = 21 * 1600 + dropped
    np.testing.assert_array_equal(after, music()[begin : begin + len(after)])
    assert 13 <= session.stats.late <= 15
    assert screen.indices[-1] == recorder.indices[-1]
    assert said == ["this computer does not keep up: 1.5 s of sound dropped so far"]


def test_a_recording_that_is_read_fast_is_never_late() -> None:
    clock = ManualClock()
    screen = Kept(lambda frame: clock.advance(5.0), keeps_late=False)
    session = new_session()
    run_stream(Recording([music()]), session, sinks_of(screen))
    assert screen.indices == list(range(90))
    assert session.stats.late == 0
