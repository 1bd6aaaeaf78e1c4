"""Poses in between: which ones a sink gets, and what a show with them may never change."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline

from audio.config import FRAME_RATE
from motion.kinematics import forward
from motion.skeleton import HUMANOID
from realtime import dancers
from realtime.clock import WallClock
from realtime.engines.open import open_engine
from realtime.frame import StageError, StageFrame
from realtime.loop import run_stream
from realtime.run import main
from realtime.session import Session
from realtime.sinks.base import HIGHEST_RATE, Sink
from realtime.sinks.open import Sinks
from realtime.smooth import DELAY, Upsampler, lead_to_pay
from realtime.sources.base import PacedSource
from tests.realtime.poses_between import kept, sinks_of
from tests.realtime.shows import Recording, cut, everything, music
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages


def upsampled(frames: list[StageFrame], rate: float) -> list[StageFrame]:
    upsampler = Upsampler([rate])
    return [pose for f in frames for pose in upsampler.push(f)[rate]] + upsampler.flush()[rate]


RATES = st.sampled_from([24.0, 25.0, 29.97, 30.0, 50.0, 59.94, 60.0, 72.0, 90.0, 120.0]) | st.floats(15, HIGHEST_RATE)


@given(RATES, st.integers(1, 12), st.sampled_from([0, 7, 100_000]))
@settings(max_examples=30, deadline=None)
def test_poses_lie_on_a_fixed_grid_of_audio_time_whatever_the_rate(rate: float, count: int, first: int) -> None:
    poses = upsampled([frame(first + k) for k in range(count)], rate)
    numbers = np.arange(int(first * rate / FRAME_RATE) + 1, int((first + count) * rate / FRAME_RATE) + 1)
    np.testing.assert_allclose([pose.audio_time for pose in poses], numbers / rate, rtol=1e-12)
    into = numbers / rate * FRAME_RATE - [pose.index for pose in poses]  # 0-1: how far into the sound of its frame
    assert into.min() > -1e-9
    assert into.max() < 1 + 1e-9


def test_each_danced_frame_is_in_it_untouched_and_its_sound_belongs_to_the_poses_before_it() -> None:
    danced = [frame(k, 2) for k in range(9)]
    poses = upsampled(danced, 60.0)
    assert len(poses) == 4 * len(danced)
    assert all(pose is f for pose, f in zip(poses[3::4], danced, strict=True))
    for n, pose in enumerate(poses):
        assert pose.samples is danced[n // 4].samples
        assert pose.features is danced[n // 4].features


def test_positions_are_those_of_the_rotations_in_between() -> None:
    for pose in upsampled([frame(k, 3) for k in range(12)], 50.0):
        np.testing.assert_allclose(forward(HUMANOID, pose.root_position, pose.rotations)[0], pose.positions, atol=1e-5)
        assert pose.rotations.dtype == pose.positions.dtype == pose.root_position.dtype == np.float32


def test_the_beat_goes_on_evenly_between_frames_and_counts_where_it_falls() -> None:
    poses = upsampled([frame(k) for k in range(60)], 60.0)[4:]
    beats = np.array([(pose.audio_time + pose.lead) * 2 for pose in poses])  # the test figure's show runs at 120 bpm
    for name, length in (("beat_phase", 1), ("bar_phase", 4)):
        found = np.array([getattr(pose.report, name) for pose in poses])
        assert np.abs((found - beats / length + 0.5) % 1 - 0.5).max() < 1e-6
    sure = np.abs(beats - np.round(beats)) > 1e-6
    counted = np.array([pose.report.beat_in_bar for pose in poses])
    assert (counted == np.floor(beats) % 4 + 1)[sure].all()


def test_contacts_pass_from_one_frame_to_the_next() -> None:
    lifted = dataclasses.replace(frame(2), contacts=np.zeros((1, 4), np.float32))
    poses = upsampled([frame(0), frame(1), lifted], 60.0)
    np.testing.assert_allclose([pose.contacts[0, 0] for pose in poses[7:]], [1, 0.75, 0.5, 0.25, 0], atol=1e-6)


def test_until_the_first_frame_its_pose_is_held_and_another_show_begins_anew() -> None:
    poses = upsampled([frame(k) for k in (0, 1, 2, 50, 51)], 60.0)
    assert [pose.index for pose in poses] == [k for k in (0, 1, 2, 50, 51) for _ in range(4)]
    for k, held in ((0, poses[:4]), (50, poses[12:16])):
        for pose in held:
            np.testing.assert_array_equal(pose.positions, frame(k).positions)


def show(*sinks: Sink, live: bool, seconds: float = 1.4, name: str | None = None) -> Sinks:
    """The shipped dancer over music, paced by the computer's clock or as fast as it goes."""
    source = Recording(cut(music()[: int(seconds * 24_000)], [400]))
    clock = WallClock()
    opened = sinks_of(*sinks, clock=clock if live else None)
    session = Session(open_engine(dancers.find(name), "onnx"))
    run_stream(PacedSource(source, clock) if live else source, session, opened)
    opened.close()
    return opened


def test_recorders_get_the_same_bits_live_and_fast_and_live_sinks_get_them_in_order() -> None:
    fast, live = [kept(60.0), kept(15.0), kept(60.0, False)], [kept(60.0), kept(15.0), kept(60.0, False)]
    show(*fast, live=False)
    punctuality = show(*live, live=True).punctuality
    for a, b in zip(fast[:2], live[:2], strict=True):
        np.testing.assert_array_equal(everything(a.frames), everything(b.frames))
    assert len(fast[0].frames) == len(fast[2].frames) == 4 * len(fast[1].frames) == 84
    by_time = {f.audio_time: f for f in fast[2].frames}
    shown = live[2].frames
    assert np.diff([f.audio_time for f in shown]).min() > 0
    np.testing.assert_array_equal(everything(shown), everything([by_time[f.audio_time] for f in shown]))
    assert punctuality
    assert len(shown) == punctuality.late.count
    assert punctuality.late.count + punctuality.skipped == 84


def test_a_show_without_poses_in_between_is_the_same_bits_as_ever() -> None:
    alone, beside = kept(15.0), kept(15.0)
    show(alone, live=False)
    show(beside, kept(60.0), live=False)
    np.testing.assert_array_equal(everything(alone.frames), everything(beside.frames))


@pytest.mark.parametrize(("lead_frames", "frames"), [(0, 3), (1, 2), (2, 1), (3, 0), (6, 0)])
def test_a_dancer_pays_what_its_lead_lacks_of_the_delay_and_a_frame_for_the_rest(lead_frames: int, frames: int) -> None:
    assert lead_to_pay(lead_frames) == pytest.approx(frames / FRAME_RATE)


def test_the_dancer_leads_more_only_where_up_sampled_poses_are_shown_later() -> None:
    plain, recorder, screen = kept(15.0, False), kept(60.0), kept(60.0, False)
    own = open_engine(dancers.find(None), "onnx").manifest.lead_frames
    show(plain, recorder, live=False)
    assert {f.lead for f in plain.frames} == {own / FRAME_RATE}
    show(screen, live=False)
    assert {f.lead for f in screen.frames} == {own / FRAME_RATE + lead_to_pay(own)}
    assert lead_to_pay(own) > 0


@pytest.mark.parametrize("name", ["first", "steps"])
def test_a_dancers_own_movement_is_as_smooth_as_a_spline_through_its_poses(name: str) -> None:
    sink = kept(60.0)
    show(sink, live=False, seconds=6.0, name=name)
    made = np.array([f.positions[0] for f in sink.frames], np.float64)[3:]
    spline = CubicSpline(np.arange(len(made[::4])), made[::4])(np.arange(len(made)) / 4)
    ours, theirs = (np.sqrt((np.diff(p, 2, axis=0)[8:-8] ** 2).sum(axis=-1).mean()) for p in (made, spline))
    assert ours < 1.1 * theirs


def test_dance_over_osc_says_its_rate_and_repeats_the_frame_number(capsys: pytest.CaptureFixture[str]) -> None:
    with Ear() as ear:
        arguments = ["--device", "demo", "--pace", "fast", "--duration", "2", "--control", "off"]
        assert main([*arguments, "--sink", f"osc:{ear.target},rate=30"]) == 0
        heard = [message for data in ear.waiting() for message in messages(data)]
    assert [arguments[2] for address, arguments in heard if address == "/dance/hello"] == [30.0]
    frames = [arguments for address, arguments in heard if address == "/dance/frame"]
    assert [f[0] for f in frames] == [n // 2 for n in range(60)]
    np.testing.assert_allclose([f[1] for f in frames], np.arange(1, 61) / 30 + DELAY, atol=1e-5)
    np.testing.assert_allclose([f[2] for f in frames], 1 / FRAME_RATE, atol=1e-5)  # what is left of the lead
    shown = capsys.readouterr().out
    assert "at 30 poses a second" in shown
    assert "67 ms for the poses in between" in shown


@pytest.mark.parametrize("rate", ["14", "121", "fast"])
def test_a_rate_that_cannot_be_is_refused_by_its_number(rate: str) -> None:
    with pytest.raises(StageError, match=rate):
        options("osc", "", 1, rate=rate).rate()
