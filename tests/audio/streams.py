"""Streams of sound for the tests: real music, demo music, and ways to cut it into blocks."""

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio import beat, demo, features, framing, resample
from audio.files import open_blocks

F32 = NDArray[np.float32]
DATA = Path(__file__).parent / "data"

Push = Callable[[Any, F32], tuple[F32, Any]]


@lru_cache(maxsize=8)
def recording(name: str) -> tuple[int, F32]:
    """A file of tests/audio/data: rate, and the whole of it."""
    rate, blocks = open_blocks(DATA / name)
    return rate, np.concatenate(list(blocks))


@lru_cache(maxsize=8)
def music(name: str) -> F32:
    """A file of tests/audio/data at the stage rate."""
    rate, samples = recording(name)
    out, _ = resample.push(resample.init(rate), samples)
    return out


@lru_cache(maxsize=32)
def groove(seed: int, style: str | None = None, seconds: float = 40.0) -> demo.Song:
    """A demo song, made once."""
    return demo.song(seed, style=style, seconds=seconds)


def cut(samples: F32, sizes: Sequence[int]) -> Iterator[F32]:
    """Blocks of these sizes, over and over, to the end."""
    start = turn = 0
    while start < len(samples):
        yield samples[start : start + sizes[turn % len(sizes)]]
        start += sizes[turn % len(sizes)]
        turn += 1


def run(push: Push, state: Any, blocks: Iterator[F32]) -> tuple[F32, Any]:
    """All that a stage puts out for these blocks, and where it ends."""
    out = []
    for block in blocks:
        made, state = push(state, block)
        out.append(made)
    return np.concatenate(out), state


def feel(state: tuple[Any, Any, Any], block: F32) -> tuple[F32, Any]:
    """framing, features and beat behind one another; state: theirs. Puts out [n frames, features + beat vector]."""
    cutting, heard, clock = state
    frames, cutting = framing.push(cutting, block)
    rows = np.zeros((len(frames), len(features.FEATURE_NAMES) + len(beat.BEAT_NAMES)), np.float32)
    for row, frame in zip(rows, frames, strict=True):
        now, heard = features.push(heard, frame)
        clock = beat.push(clock, now)
        row[:] = np.concatenate([now.values, beat.vector(beat.predict(clock, 0.1))])
    return rows, (cutting, heard, clock)


def silence_before() -> tuple[Any, Any, Any]:
    """The start of `feel`."""
    return framing.init(), features.init(), beat.init()
