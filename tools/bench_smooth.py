"""Up-sampling to 60 poses a second for three receivers: what a pose costs, and how punctually it goes out."""

import contextlib
import socket
import time
from collections.abc import Iterator
from typing import Any

from audio.config import FRAME_RATE
from export.manifest import Manifest
from realtime.clock import WallClock
from realtime.engines.base import Engine
from realtime.frame import StageFrame
from realtime.loop import dance, run_stream
from realtime.session import Session
from realtime.sinks.base import Sink, SinkOptions, StageInfo
from realtime.sinks.open import Sinks
from realtime.sinks.osc import OscSink
from realtime.smooth import Upsampler
from realtime.sources.base import PacedSource
from realtime.sources.demo import DemoSource
from realtime.stats import Histogram

CROWD = (1, 8)  # dancers
TARGETS = 3
RATE = 60.0


def measure(engine: Engine, frames: int) -> list[dict[str, Any]]:
    """Rows of dancers, pose_ms (up-sampling and sends, a pose), core (share of one, whole stage), after_due_ms."""
    return [_paced(engine, dancers, frames) | {"pose_ms": _cost(engine, dancers, frames)} for dancers in CROWD]


def report(rows: list[dict[str, Any]]) -> list[str]:
    """The table for people."""
    title = f"{RATE:.0f} poses a second to {TARGETS} receivers"
    lines = [f"{title:<38}{'a pose p50':>11}{'p99':>9}{'of a core':>11}{'after due p50':>15}{'p99':>9}{'skipped':>9}"]
    for row in rows:
        ms, late = row["pose_ms"], row["after_due_ms"]
        lines.append(
            f"{row['dancers']:>7} dancers{'':<23}{ms['p50']:11.3f}{ms['p99']:9.3f}{row['core']:11.1%}"
            f"{late['p50']:15.3f}{late['p99']:9.3f}{row['skipped']:>9}"
        )
    return lines


def _paced(engine: Engine, dancers: int, frames: int) -> dict[str, Any]:
    """The whole stage at the pace of the clock, sending to three ports of this machine."""
    clock = WallClock()
    with _receivers() as ports:
        opened = [(f"osc:{port}", _sink(engine.manifest, dancers, port)) for port in ports]
        sinks = Sinks(opened, print, clock)
        with PacedSource(DemoSource(0, lambda line: None), clock) as source:
            session = Session(engine, source.rate, dancers)
            start, busy = time.perf_counter(), time.process_time()
            run_stream(source, session, sinks, frames)
            sinks.close()
        core = (time.process_time() - busy) / (time.perf_counter() - start)
    found = sinks.punctuality
    assert found, "there is a clock and there are sinks of a higher rate"
    return {"dancers": dancers, "core": round(core, 4)} | found.as_dict()


def _cost(engine: Engine, dancers: int, frames: int) -> dict[str, float]:
    """Milliseconds (p50, p99, max) that a pose costs, all three sends and its share of the up-sampling."""
    with DemoSource(0, lambda line: None) as source, _receivers() as ports:
        danced = _first(dance(source.blocks(), Session(engine, source.rate, dancers)), frames)
        sinks = [_sink(engine.manifest, dancers, port) for port in ports]
        upsampler, histogram = Upsampler([RATE]), Histogram()
        for frame in danced:
            start = time.perf_counter()
            poses = upsampler.push(frame)[RATE]
            for pose in poses:
                for sink in sinks:
                    sink.send(pose)
            if poses:
                histogram.add((time.perf_counter() - start) / len(poses))
        for sink in sinks:
            sink.close()
    return histogram.summary_ms()


def _first(frames: Iterator[StageFrame], count: int) -> list[StageFrame]:
    return [next(frames) for _ in range(count)]


def _sink(manifest: Manifest, dancers: int, port: int) -> Sink:
    info = StageInfo(manifest, dancers, 0, FRAME_RATE, 0.0, manifest.styles)
    return OscSink(SinkOptions("osc", f"127.0.0.1:{port}", {"rate": f"{RATE:g}"}, info))


@contextlib.contextmanager
def _receivers() -> Iterator[list[int]]:
    """Ports that somebody holds, and never reads."""
    with contextlib.ExitStack() as stack:
        ports = []
        for _ in range(TARGETS):
            receiver = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            receiver.bind(("127.0.0.1", 0))
            ports.append(int(receiver.getsockname()[1]))
        yield ports
