"""One stage listens for many: `--sink features` there, `--device features:HOST:PORT` here."""

import contextlib
import math
import socket
import threading
from collections.abc import Iterator
from functools import cache
from itertools import cycle, islice

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import beat
from audio.features import FEATURE_NAMES
from realtime.analysis import GREETING, MOST_BEATS, RECORD, pack, unpack
from realtime.clock import WallClock
from realtime.controls import Downbeat, Nudge, ScaleTempo, SetTempo, Tapped
from realtime.frame import StageError, StageFrame
from realtime.loop import dance
from realtime.options import parse
from realtime.session import Session
from realtime.sinks.features import FeaturesSink
from realtime.sources.features import FeaturesSource
from realtime.sources.open import open_source
from tests.realtime import swing
from tests.realtime.shows import everything, music, new_session, toy_engine


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as door:
        return int(door.getsockname()[1])


def silent(line: str) -> None:
    """Somebody who is told things and keeps them."""


@contextlib.contextmanager
def met(lines: list[str] | None = None) -> Iterator[tuple[FeaturesSink, FeaturesSource]]:
    """A stage that tells and one that listens, which have greeted each other."""
    port = free_port()
    sink = FeaturesSink(swing.options("features", f"127.0.0.1:{port}"))
    connected = threading.Event()

    def greet() -> None:
        while not connected.wait(0.001):
            sink.hello()

    thread = threading.Thread(target=greet)
    thread.start()
    try:
        source = FeaturesSource(f"127.0.0.1:{port}", WallClock(), silent if lines is None else lines.append)
    finally:
        connected.set()
        thread.join()
    with source, contextlib.closing(sink):
        yield sink, source


@contextlib.contextmanager
def stranger(*packets: bytes) -> Iterator[int]:
    """Somebody who listens at the port that is yielded, says this to the first who comes, and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def talk() -> None:
            guest, _ = door.accept()
            with guest:
                for packet in packets:
                    guest.sendall(packet)

        thread = threading.Thread(target=talk)
        thread.start()
        yield int(door.getsockname()[1])
        thread.join()


@cache
def heard_frames() -> list[StageFrame]:
    return list(dance([music()], new_session(seed=3)))


def danced_along(there: list[StageFrame], lead_ms: float = 0.0) -> list[StageFrame]:
    """What a stage dances that is told these frames, one by one."""
    here = []
    with met() as (sink, source):
        stage = dance(source.blocks(), Session(toy_engine(), source.rate, seed=3, lead_ms=lead_ms, told=source.told))
        for frame in there:
            sink.send(frame)
            here.append(next(stage))
    return here


def test_a_stage_that_is_told_dances_bit_for_bit_as_the_one_that_hears() -> None:
    there = heard_frames()
    here = danced_along(there)
    np.testing.assert_array_equal(everything(here), everything(there))
    np.testing.assert_array_equal([f.samples for f in here], [f.samples for f in there])
    assert [f.energy for f in here] == [f.energy for f in there]
    assert {f.report.clock for f in here} == {"stage"}


def test_a_lead_of_its_own_is_the_performers_here() -> None:
    there = heard_frames()
    for ours, theirs in zip(danced_along(there, lead_ms=100.0), there, strict=True):
        later = (theirs.report.beat_phase + 0.1 * theirs.report.bpm / 60.0) % 1.0
        assert abs((ours.report.beat_phase - later + 0.5) % 1.0 - 0.5) < 1e-9


def test_the_beat_is_conducted_where_it_is_heard() -> None:
    with met() as (_, source):
        session = Session(toy_engine(), source.rate, told=source.told)
        for command in (SetTempo(120.0), ScaleTempo(2.0), Tapped(100.0, 1.0), Nudge(10.0), Downbeat(0.0)):
            with pytest.raises(StageError, match="conduct it there"):
                session.refuse(command)


@pytest.mark.parametrize("option", [["--bpm", "120"], ["--bpm-range", "80:160"], ["--clock", "midi"]])
def test_options_about_the_beat_belong_to_the_other_stage(option: list[str]) -> None:
    for device in ("features", "features:127.0.0.1:7704"):
        with pytest.raises(StageError, match="give --clock, --bpm, --bpm-range there"):
            parse(["--device", device, *option])


def test_nobody_there_is_one_line() -> None:
    port = free_port()
    with pytest.raises(StageError, match=f"nobody answers at 127.0.0.1:{port} .*--sink features:127.0.0.1:{port}"):
        open_source(f"features:127.0.0.1:{port}", 0, "live", WallClock(), silent)


def test_it_cannot_be_heard_faster_than_it_comes() -> None:
    with pytest.raises(StageError, match="comes at its own pace"):
        open_source("features:127.0.0.1:7704", 0, "fast", WallClock(), silent)


@given(words=st.binary(max_size=300))
@settings(max_examples=20, deadline=None)
def test_one_who_greets_otherwise_is_refused(words: bytes) -> None:
    with stranger(words) as port, pytest.raises(StageError, match="is no stage of this version"):
        FeaturesSource(f"127.0.0.1:{port}", WallClock(), silent)


def test_a_port_that_is_taken_is_one_line() -> None:
    with stranger() as port:
        with pytest.raises(StageError, match=f"127.0.0.1:{port} is not free"):
            FeaturesSink(swing.options("features", f"127.0.0.1:{port}"))
        socket.create_connection(("127.0.0.1", port)).close()


@given(sizes=st.lists(st.integers(100, 3 * RECORD.itemsize), min_size=1, max_size=12))
@settings(max_examples=20, deadline=None)
def test_however_the_bytes_are_cut_the_frames_are_the_same(sizes: list[int]) -> None:
    frames = heard_frames()[:12]
    whole, pieces = GREETING + b"".join(map(pack, frames)), []
    for size in cycle(sizes):
        pieces.append(whole[:size])
        if not (whole := whole[size:]):
            break
    with stranger(*pieces) as port, FeaturesSource(f"127.0.0.1:{port}", WallClock(), silent) as source:
        told = list(islice((block for block in source.blocks() if len(block)), len(frames)))
    np.testing.assert_array_equal(told, [frame.samples for frame in frames])
    assert [one.frame for one in source.told] == [frame.index for frame in frames]


READINGS = st.builds(
    beat.Reading,
    beats=st.floats(-1e6, 1e9),
    period=st.floats(0.2, 2.0),
    metre=st.integers(1, MOST_BEATS),
    origin=st.integers(-(2**50), 2**50),
    confidence=st.floats(0.0, 1.0),
    music=st.booleans(),
)


@given(reading=READINGS, index=st.integers(0, 2**62))
def test_a_record_comes_back_as_it_was(reading: beat.Reading, index: int) -> None:
    frame = swing.frame(0)
    frame.index, frame.reading, frame.features = index, reading, np.ones(len(FEATURE_NAMES), np.float32)
    told = unpack(pack(frame))
    assert told is not None
    assert (told.frame, told.reading, told.energy) == (index, reading, frame.energy)
    np.testing.assert_array_equal(told.values, frame.features)


@given(head=st.binary(max_size=128), rest=st.sampled_from([b"\0", b"\xff", b"\x7f", b"?"]))
def test_any_bytes_are_a_frame_that_can_be_danced_or_none(head: bytes, rest: bytes) -> None:
    told = unpack(head.ljust(RECORD.itemsize, rest))
    if told is not None:
        now = beat.predict(beat.told(beat.init(), told.reading), 0.1)
        assert math.isfinite(now.bpm)


def test_a_stage_that_sends_what_no_stage_would_is_left_and_that_is_said() -> None:
    lines: list[str] = []
    with stranger(GREETING, b"\xff" * RECORD.itemsize) as port:
        source = FeaturesSource(f"127.0.0.1:{port}", WallClock(), lines.append)
        block = next(source.blocks())
        source.close()
    assert not len(block)
    assert lines == [f"the stage at 127.0.0.1:{port} sends what no stage would: waiting for it to come again"]


def test_a_stage_that_has_gone_is_waited_for() -> None:
    lines: list[str] = []
    frame = heard_frames()[0]
    with met(lines) as (sink, source):
        blocks = source.blocks()
        sink.send(frame)
        assert len(next(blocks)) == 1600
        host, _, port = sink.address.rpartition(":")
        sink.close()
        while not lines:
            assert not len(next(blocks))
        again = FeaturesSink(swing.options("features", f"{host}:{port}"))
        done = threading.Event()

        def tell() -> None:
            while not done.wait(0.01):
                again.send(frame)

        thread = threading.Thread(target=tell)
        thread.start()
        assert any(len(next(blocks)) for _ in range(200))
        done.set()
        thread.join()
        again.close()
    assert [line.split(": ")[0].split(" ", 4)[-1] for line in lines[:2]] == ["has gone", "is there again"]


def test_one_who_does_not_listen_is_let_go_and_the_others_miss_nothing() -> None:
    frames = heard_frames()
    with met() as (sink, source):
        deaf = socket.socket()
        deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        host, _, port = sink.address.rpartition(":")
        deaf.connect((host, int(port)))
        blocks, told = source.blocks(), 0
        while not told or len(sink._stages) > 1:
            sink.send(frames[told % len(frames)])
            while not len(block := next(blocks)):
                pass
            np.testing.assert_array_equal(block, frames[told % len(frames)].samples)
            told += 1
        deaf.close()
    assert told > 15
