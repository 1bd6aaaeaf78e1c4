"""A program that was not written here hears a real show, step by step so that a busy computer loses nothing."""

import os
import subprocess
import time
from pathlib import Path
from typing import Any

import numpy as np

from audio import demo
from audio.config import FRAME, FRAME_RATE, RATE
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.frame import StageFrame
from realtime.loop import dance
from realtime.session import Session
from realtime.sinks.base import SinkOptions, StageInfo
from realtime.sinks.osc import OscSink

PATIENCE = 60.0  # s


def real_show(frames: int, count: int) -> tuple[StageInfo, list[StageFrame]]:
    """The shipped dancer, `count` times, to so many frames of a made-up song."""
    engine = open_engine(dancers.find(None), "auto")
    session = Session(engine, RATE, count, seed=1)
    song = demo.song(5, seconds=frames / FRAME_RATE + 1).samples[: frames * FRAME]
    info = StageInfo(engine.manifest, count, 1, FRAME_RATE, session.lead, engine.manifest.styles)
    return info, list(dance(np.split(song, frames), session))


class Listener:
    """A running program whose output, both streams, grows in a file."""

    def __init__(self, command: list[Any], output: Path, **surroundings: str) -> None:
        with output.open("wb") as out:
            self._process = subprocess.Popen(
                command, stdout=out, stderr=subprocess.STDOUT, env=os.environ | surroundings
            )

        self._printed = output.open(errors="replace")
        self.lines: list[str] = []  # as far as they were waited for

    def until(self, word: str) -> None:
        """Wait until it has printed one more line that begins so."""
        while not self._line().startswith(word):
            pass

    def _line(self) -> str:
        """The next line, once it is whole."""
        line, end = "", time.monotonic() + PATIENCE
        while not line.endswith("\n"):
            if not (more := self._printed.readline()):
                assert time.monotonic() < end, self.lines[-20:]
                assert self._process.poll() is None, self.lines[-20:]
                time.sleep(0.005)
            line += more
        self.lines.append(line.rstrip("\n"))
        return line

    def hear(self, port: int, info: StageInfo, frames: list[StageFrame], last: str) -> None:
        """Send the show to its port as /dance, each frame once `last`, the last message of a frame, was printed."""
        sink = OscSink(SinkOptions("osc", f"127.0.0.1:{port}", {}, info))
        for frame in frames:
            sink.send(frame)
            self.until(last)
        sink.close()

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        self._printed.close()
