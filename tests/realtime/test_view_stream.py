"""What the view makes of the stream: a smooth movement at the right time, whatever the network does."""

import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.kinematics import forward
from motion.skeleton import HUMANOID, PARENTS
from realtime.frame import StageError
from realtime.osc_control import read_messages
from realtime.sinks.osc import frame_bundles, hello, write_frame
from realtime.view_stream import SILENT_SECONDS, Receiver, Stream
from tests.realtime.swing import FPS, frame, local_rotations
from tests.realtime.udp_ear import Ear

LENGTHS = np.linalg.norm(HUMANOID.offsets[1:], axis=1)


def play(stream, frames, delays=None, start=100.0, dancers=1):
    """Feed frames as they would arrive: each at its audio time plus its delay. The clock's zero is `start`."""
    bundles = frame_bundles(dancers)
    for k in frames:
        f = frame(k, dancers)
        write_frame(bundles, f)
        arrived = start + f.audio_time + (delays[k] if delays is not None else 0.0)
        for bundle in bundles:
            for address, arguments in read_messages(bytes(bundle.data)):
                stream.take(address, arguments, arrived)
    return start + f.audio_time


def swing_at(audio_time):
    """World positions of the test figure for the pose whose audio time this is."""
    at = audio_time + 2 / FPS
    root = np.array((0.2 * np.sin(at), 0.93 + 0.03 * np.cos(4 * np.pi * at), 0.2 * np.cos(at)))
    return forward(HUMANOID, root, local_rotations(at).astype(float))[0]


def test_between_two_poses_the_figure_is_where_the_movement_was_and_limbs_keep_their_length():
    stream = Stream()
    now = play(stream, range(30))
    worst = 0.0
    for step in np.linspace(0, 1 / FPS, 9):
        ((_, positions, _),) = stream.bodies(now + step)
        worst = max(worst, np.abs(positions - swing_at(stream.shown_time(now + step))).max())
        bones = positions[1:] - positions[list(PARENTS[1:])]
        assert np.linalg.norm(bones, axis=1) == pytest.approx(LENGTHS, abs=1e-4)
    assert worst < 0.01


def test_a_pose_is_shown_exactly_at_its_own_instant():
    stream = Stream()
    now = play(stream, range(10))
    ((_, positions, _),) = stream.bodies(now + stream.delay)
    assert positions == pytest.approx(frame(9).positions[0], abs=1e-4)


def test_neither_place_nor_speed_jumps_where_one_movement_meets_the_next():
    stream, shown = Stream(), []
    for k in range(20):
        now = play(stream, [k])
        shown += [stream.bodies(now + step)[0][1] for step in np.arange(32) / 32 / FPS]
    speed = np.diff(np.array(shown[8 * 32 :]), axis=0)
    change = np.abs(np.diff(speed, axis=0)).max(axis=(1, 2))
    borders = np.arange(31, len(change), 32)
    assert change[borders].max() < 2 * np.delete(change, borders).max()


@given(st.lists(st.floats(0, 0.04), min_size=40, max_size=40))
@settings(max_examples=15, deadline=None)
def test_jitter_of_the_network_never_shows_a_pose_before_its_next_is_there(delays):
    stream = Stream()
    for k in range(40):
        now = play(stream, [k], delays)
        if k > 30:
            assert stream.shown_time(now + delays[k]) <= stream.show.audio_time


@pytest.mark.parametrize(("lead", "ahead"), [(2 / FPS, 2 / FPS - 1 / FPS), (0.22, 0.09)])
def test_a_dancer_that_leads_by_much_is_shown_later_so_that_it_is_early_by_little(lead, ahead):
    stream = Stream()
    play(stream, range(10))
    stream.show.lead = lead
    assert stream.show.lead - stream.delay == pytest.approx(ahead, abs=1e-6)


def test_the_beat_shown_is_the_beat_of_the_pose_shown():
    stream = Stream()
    now = play(stream, range(30))
    beats = (stream.shown_time(now) + 2 / FPS) * 2
    assert stream.beat_phase(now) == pytest.approx(beats % 1, abs=1e-4)
    assert stream.bar_phase(now) == pytest.approx(beats % 4 / 4, abs=1e-4)


def test_a_stream_that_stops_holds_its_last_pose_and_is_known_to_be_silent():
    stream = Stream()
    now = play(stream, range(10))
    assert stream.alive(now)
    assert not stream.alive(now + SILENT_SECONDS)
    ((_, positions, _),) = stream.bodies(now + 60)
    assert positions == pytest.approx(frame(9).positions[0], abs=1e-4)


def test_a_show_that_begins_again_is_not_mixed_with_the_old_one():
    stream = Stream()
    play(stream, range(100, 120))
    now = play(stream, range(3), start=500.0)
    ((_, positions, _),) = stream.bodies(now + stream.delay)
    assert positions == pytest.approx(frame(2).positions[0], abs=1e-4)
    assert stream.lost == 0


def test_frames_that_did_not_arrive_are_counted_and_bridged():
    stream = Stream()
    now = play(stream, [0, 1, 2, 5, 6])
    assert stream.lost == 2
    ((_, positions, _),) = stream.bodies(now + stream.delay)
    assert positions == pytest.approx(frame(6).positions[0], abs=1e-4)


def test_every_dancer_moves_on_its_own_and_those_who_left_are_gone():
    stream = Stream()
    now = play(stream, range(8), dancers=3)
    bodies = stream.bodies(now + stream.delay)
    assert [n for n, _, _ in bodies] == [0, 1, 2]
    for n, positions, _ in bodies:
        assert positions == pytest.approx(frame(7, 3).positions[n], abs=1e-4)
    for address, arguments in read_messages(hello(1, FPS)):
        stream.take(address, arguments, now)
    assert [n for n, _, _ in stream.bodies(now)] == [0]


def test_answers_of_the_stage_are_kept_for_the_panel():
    stream = Stream()
    stream.take("/dance/status", ["styles", "house", "waack"], 0.0)
    stream.take("/dance/status", ["freeze", 1], 0.0)
    assert stream.styles == ("house", "waack")
    assert stream.status == "freeze 1"
    stream.take("/dance/status", ["tap", 4, 120.30000305175781], 0.0)
    assert stream.status == "tap 4 120.3"


ADDRESSES = st.sampled_from(
    ["/dance/frame", "/dance/beat", "/dance/level", "/dance/0/root", "/dance/x/root", "/dance", "/dance/hello", "/x"]
)
ARGUMENTS = st.lists(st.floats() | st.integers() | st.text(max_size=3) | st.none(), max_size=8)


@given(st.lists(st.tuples(ADDRESSES, ARGUMENTS), max_size=12))
@settings(max_examples=100)
def test_messages_of_the_wrong_length_kind_or_order_are_passed_over(messages):
    stream = Stream()
    for address, arguments in messages:
        stream.take(address, arguments, 1.0)
    assert stream.bodies(2.0) == []


def test_a_receiver_passes_over_garbage_and_hears_what_follows():
    with Ear() as free:
        port = free.port
    receiver = Receiver("127.0.0.1", port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        for data in (b"", b"garbage", hello(2, 15)):
            out.sendto(data, ("127.0.0.1", port))
    assert [address for address, _ in receiver.messages()] == ["/dance/hello"]
    receiver.close()


def test_a_port_in_use_is_refused_by_its_number():
    with Ear() as taken, pytest.raises(StageError, match=str(taken.port)):
        Receiver("127.0.0.1", taken.port)
