"""What the tests of the stage share: an engine, sound, and a list for a sink."""

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from audio import demo
from realtime.engines.onnx import OnnxEngine
from realtime.frame import F32, StageFrame
from realtime.session import Session
from realtime.sinks.base import Sink
from realtime.sinks.open import Sinks
from realtime.sources.base import Source
from tests.realtime import toy_dancer


@cache
def toy_engine() -> OnnxEngine:
    with TemporaryDirectory() as folder:
        return OnnxEngine(toy_dancer.write(Path(folder) / "toy.onnx"))


@cache
def music() -> F32:
    """Six seconds at 24 kHz."""
    return demo.song(5, seconds=6.0).samples[: 6 * 24_000]


def new_session(rate: int = 24_000, dancers: int = 1, seed: int = 0) -> Session:
    return Session(toy_engine(), rate, dancers, seed)


class Recording(Source):
    """Samples in memory, in the blocks they are given in."""

    name = "recording"

    def __init__(self, blocks: list[F32], rate: int = 24_000) -> None:
        self._blocks = blocks
        self.rate = rate

    def blocks(self) -> Iterator[F32]:
        return iter(self._blocks)


class Kept(Sink):
    """Keeps the frames; calls `on_frame` with each, as a slow or broken sink would do something."""

    def __init__(self, on_frame: Callable[[StageFrame], None] = lambda frame: None, keeps_late: bool = True) -> None:
        self.frames: list[StageFrame] = []
        self.keeps_late = keeps_late
        self._on_frame = on_frame

    def send(self, frame: StageFrame) -> None:
        self.frames.append(frame)
        self._on_frame(frame)

    @property
    def indices(self) -> list[int]:
        return [frame.index for frame in self.frames]


def sinks_of(*sinks: Sink, say: Callable[[str], None] = print) -> Sinks:
    return Sinks([(f"sink {n}", sink) for n, sink in enumerate(sinks)], say)


def cut(samples: F32, sizes: list[int]) -> list[F32]:
    """The samples in blocks of these sizes, over and over."""
    blocks, at, n = [], 0, 0
    while at < len(samples):
        blocks.append(samples[at : at + sizes[n % len(sizes)]])
        at, n = at + sizes[n % len(sizes)], n + 1
    return blocks


def everything(frames: list[StageFrame]) -> NDArray[np.float32]:
    """All numbers of the frames, [T, ...], to be compared bit for bit."""
    return np.array([np.concatenate([np.ravel(part) for part in _parts(frame)]) for frame in frames], np.float32)


def _parts(frame: StageFrame) -> tuple[F32 | float, ...]:
    heard = (frame.samples, frame.features, frame.beat, frame.energy, frame.report.bar_phase)
    return (*heard, frame.pose, frame.root_position, frame.rotations, frame.positions, frame.contacts)
