"""A picture of what the beat engine heard and said: the song in rows of 20 s, from top to bottom."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio import beat
from audio.announce import Announcement, Heard
from audio.config import HOP_RATE

F64 = NDArray[np.float64]

SUFFIXES = (".png", ".pdf", ".svg")
ROW_SECONDS, MOST_ROWS = 20.0, 15
STRONGEST = 99.5  # percentile of the onset strength that fills a panel


class Point(NamedTuple):
    """One frame of the picture."""

    time: float  # s
    onsets: list[float]  # [4] strength at 60 Hz, mean of the bands
    phase: float  # 0-1
    bpm: float
    confidence: float


def point(heard: Heard) -> Point:
    """What is drawn of a frame."""
    now = beat.predict(heard.clock, 0.0)
    onsets: list[float] = heard.features.onsets.mean(axis=1).tolist()
    return Point(heard.audio_time, onsets, now.beat_phase, now.bpm, now.confidence)


def draw(trace: list[Point], said: list[Announcement], title: str, path: Path, kind: str) -> None:
    """Two panels a row, into a file of this kind (png, pdf, svg)."""
    from matplotlib.figure import Figure  # optional, and slow to import

    length = trace[-1].time if trace else ROW_SECONDS
    seconds = max(ROW_SECONDS, length / MOST_ROWS)
    rows = max(1, int(np.ceil(length / seconds - 1e-9)))
    figure = Figure(figsize=(15, 2.6 * rows + 0.8), layout="constrained")
    axes = figure.subplots(2 * rows, 1, squeeze=False, height_ratios=[2.2, 1.0] * rows)[:, 0]
    frames = np.array([(one.time, one.phase, one.bpm, one.confidence) for one in trace], np.float64).reshape(-1, 4)
    onsets = np.array([one.onsets for one in trace], np.float64).ravel()
    strongest = max(1e-6, float(np.percentile(onsets, STRONGEST))) if len(onsets) else 1.0
    tempi = np.percentile(frames[:, 2], [1, 99]) if len(frames) else np.array([60.0, 180.0])
    for above, below, row in zip(axes[::2], axes[1::2], range(rows), strict=True):
        start, end = row * seconds, (row + 1) * seconds
        here = frames[(frames[:, 0] >= start) & (frames[:, 0] <= end)]
        _draw_beats(above, onsets / strongest, here, [one for one in said if start <= one.time <= end])
        _draw_tempo(below, here)
        above.set(xlim=(start, end))
        below.set(xlim=(start, end), ylim=(0.93 * tempi[0], 1.07 * tempi[1]))
    axes[-1].set_xlabel("seconds")
    meaning = "onset strength (grey), beat phase (blue), announced beats (orange, downbeats red), tempo, confidence"
    figure.suptitle(f"{title}: {meaning}", fontsize=10)
    figure.savefig(path, dpi=100, format=kind)


def _draw_beats(axes: Any, onsets: F64, here: F64, said: list[Announcement]) -> None:
    times = (np.arange(len(onsets)) + 0.5) / HOP_RATE
    axes.fill_between(times, np.minimum(1.0, onsets), color="0.7", linewidth=0)
    wraps = np.flatnonzero(np.diff(here[:, 1]) < 0.0) + 1  # the line breaks there
    axes.plot(np.insert(here[:, 0], wraps, np.nan), np.insert(here[:, 1], wraps, np.nan), "tab:blue", linewidth=0.8)
    for one in said:
        colour, width = ("tab:red", 2.0) if one.position_in_bar == 1 else ("tab:orange", 1.2)
        axes.axvline(one.time, color=colour, linewidth=width)
    axes.set(ylim=(0, 1.05), yticks=[])
    axes.tick_params(labelbottom=False)
    axes.set_ylabel("beats", fontsize=8)


def _draw_tempo(axes: Any, here: F64) -> None:
    sure = axes.twinx()
    sure.fill_between(here[:, 0], here[:, 3], color="tab:purple", alpha=0.2, linewidth=0)
    sure.set(ylim=(0, 1), yticks=[0, 1])
    sure.set_ylabel("confidence", color="tab:purple", fontsize=8)
    axes.plot(here[:, 0], here[:, 2], color="tab:green", linewidth=1.2)
    axes.set_ylabel("bpm", color="tab:green", fontsize=8)
