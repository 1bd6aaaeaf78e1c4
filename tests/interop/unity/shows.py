"""A real dance as frames that can be sent to any port, and the bytes of it."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np

from realtime.frame import StageFrame
from realtime.sinks.base import Sink
from realtime.sinks.osc import OscSink
from tests.interop.unity.harness import ROOT, Harness
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear


def free_ports(count: int) -> list[int]:
    """Ports that were free a moment ago."""
    ears = [Ear() for _ in range(count)]
    for ear in ears:
        ear.close()
    return [ear.port for ear in ears]


def perform(*words: str, seconds: float) -> None:
    """Run the command on the built-in music; not paced, so that a busy computer leaves out nothing."""
    command = [sys.executable, "-m", "realtime.run", "--device", "demo", "--pace", "fast", "--duration", str(seconds)]
    done = subprocess.run([*command, *words], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr


def danced(record: Path) -> list[StageFrame]:
    """The frames of a recorded show, to be sent again."""
    with np.load(record) as show:
        return [
            dataclasses.replace(
                frame(k),
                audio_time=float(show["audio_time"][k]),
                root_position=show["positions"][k, :, 0],
                rotations=show["rotations"][k],
                positions=show["positions"][k],
            )
            for k in range(len(show["audio_time"]))
        ]


def datagrams(kind: type[Sink], name: str, frames: list[StageFrame], dancers: int = 1, **extra: str) -> list[bytes]:
    """Everything that a sink sends of these frames."""
    with Ear() as ear:
        sink = kind(options(name, ear.target, dancers, **extra))
        for shown in frames:
            sink.send(shown)
        sink.close()
        return ear.waiting()


def pose_datagrams(frames: list[StageFrame]) -> list[bytes]:
    """One of each frame with a single dancer, as /dance."""
    return [data for data in datagrams(OscSink, "osc", frames) if b"/dance/frame" in data]


def followed(harness: Harness, kind: type[Sink], target: tuple[str, int], frames: list[StageFrame], **extra) -> list:
    """Send frames one by one to (name, port), each once the last has been followed; the harness's answers."""
    name, port = target
    sink = kind(options(name, f"127.0.0.1:{port}", len(frames[0].rotations), **extra))
    found = []
    for shown in frames:
        harness.tell("follow", 1)
        sink.send(shown)
        found += harness.answer()
    sink.close()
    assert len(found) == len(frames)
    return found
