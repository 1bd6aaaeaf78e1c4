"""What a soak listens to, and how much memory it holds meanwhile."""

import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import demo
from audio.config import FRAME, RATE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SONGS, SECONDS = 12, 90.0
PAUSE = 10.0  # s of silence after every third song
MOST_GROWTH_MB = 4.0  # of memory, from the second hour to the last
STATUS = Path("/proc/self/statm")
PAGE = resource.getpagesize()


def programme() -> tuple[F32, F64]:
    """A repertoire in one piece, and its beats."""
    parts, beats, at = [], [], 0.0
    for number in range(SONGS):
        song = demo.song(number, seconds=SECONDS)
        pause = np.zeros(round(PAUSE * RATE) if number % 3 == 2 else 0, np.float32)
        parts += [song.samples, pause]
        beats.append(song.beats + at)
        at += (len(song.samples) + len(pause)) / RATE
    return np.concatenate(parts), np.concatenate(beats)


def cut(samples: F32, hours: float, seed: int) -> Iterator[F32]:
    """The repertoire again and again, in blocks of random sizes, for exactly so many hours."""
    rng, place, left = np.random.default_rng(seed), 0, round(hours * 3600 * RATE)
    while left:
        size = min(int(rng.integers(1, 4 * FRAME)), left, len(samples) - place)
        yield samples[place : place + size]
        left, place = left - size, (place + size) % len(samples)


def resident_mb() -> float:
    """Memory held now."""
    return int(STATUS.read_text().split()[1]) * PAGE / 1e6


def growth(held: list[float]) -> list[str]:
    """What is wrong with the memory held after each hour, MB."""
    grown = held[-1] - held[1] if len(held) > 2 else 0.0
    return [f"memory grew by {grown:.1f} MB"] if grown > MOST_GROWTH_MB else []
