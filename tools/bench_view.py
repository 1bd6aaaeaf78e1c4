"""What a picture of the window costs: the shipped dancer over demo music, drawn as in a show but as fast as it goes.

    python -m tools.bench_view [--size 1280x720] [--dancers 1 4 8] [--pictures 1200]

Counted is everything from a frame's arrival to the picture's being shown: hearing, obeying keys, drawing, showing; the
bare sum is `whole`. Pictures for which the camera rested and those for which it moved are told apart: then the floor is
drawn anew. All but showing is milliseconds of processor time, so that what else runs here weighs less (it still takes
the caches and half of a shared core: the lowest tenth is what a free machine comes near to). Showing is counted by the
clock; without a display there is nothing to it.
"""

import argparse
import gc
import os
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import numpy as np
import pygame
from numpy.typing import NDArray

from audio import demo
from audio.config import FRAME, FRAME_RATE, RATE
from motion.rotation import Floats
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.frame import StageError, StageFrame
from realtime.loop import dance
from realtime.session import Session
from realtime.sinks.base import SinkOptions, StageInfo
from realtime.sinks.osc import OscSink
from realtime.sinks.view import free_port, has_display
from realtime.view import GARBAGE_EVERY, PICTURES_A_SECOND, View, window_size
from realtime.view_stream import Receiver
from realtime.view_window import Window, open_display

PARTS = ("hear", "keys", "draw", "show", "whole")
WARM_UP = 60  # pictures


def show(count: int, pictures: int) -> tuple[StageInfo, list[StageFrame]]:
    """So many dancers to a song of so many pictures' length."""
    engine = open_engine(dancers.find(None), "auto")
    session = Session(engine, RATE, count, seed=1)
    frames = -(-pictures * FRAME_RATE // PICTURES_A_SECOND) + 1
    song = demo.song(5, seconds=frames / FRAME_RATE + 1).samples[: frames * FRAME]
    manifest = engine.manifest
    info = StageInfo(manifest, count, 0, FRAME_RATE, session.lead, manifest.styles)
    return info, list(dance(np.split(song, frames), session))


def measure(
    info: StageInfo, frames: list[StageFrame], size: tuple[int, int], pictures: int
) -> tuple[Floats, NDArray[np.bool_]]:
    """Seconds [pictures, 5] of each of PARTS, and for which pictures the camera moved."""
    port = free_port()
    receiver, where = Receiver("127.0.0.1", port), f"127.0.0.1:{port}"
    view = View(receiver, where, ("127.0.0.1", 9), Window(size, 0, False))
    sink = OscSink(SinkOptions("osc", where, {}, info))
    spent, moved = np.zeros((pictures, len(PARTS))), np.zeros(pictures, bool)
    passed, seen = 1 / PICTURES_A_SECOND, (view.camera.target, view.camera.distance)
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY, 50, 100)
    for n in range(pictures):
        if n * FRAME_RATE % PICTURES_A_SECOND < FRAME_RATE:
            sink.send(frames[n * FRAME_RATE // PICTURES_A_SECOND])
        now = n / PICTURES_A_SECOND
        spent[n, :-1] = (
            took(time.thread_time, partial(view.receive, now)),
            took(time.thread_time, partial(view.obey, passed)),
            took(time.thread_time, partial(view.draw, now, passed)),
            took(time.perf_counter, pygame.display.flip),
        )
        moved[n] = view.camera.target is not seen[0] or view.camera.distance != seen[1]
        seen = view.camera.target, view.camera.distance
    sink.close()
    receiver.close()
    spent[:, -1] = spent.sum(axis=1)
    begin = min(WARM_UP, pictures // 2)
    return spent[begin:], moved[begin:]


def took(clock: Callable[[], float], part: Callable[[], None]) -> float:
    """Seconds of `clock` that a part takes."""
    began = clock()
    part()
    return clock() - began


def _row(spent: Floats) -> str:
    """The table's cells of these pictures' parts."""
    quantiles = np.quantile(spent * 1e3, (0.1, 0.5, 0.95), axis=0).T
    return " ".join(f"{low:5.2f} /{middle:5.2f} /{high:5.1f}" for low, middle, high in quantiles)


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table of milliseconds; 0, or 2 with one line for bad input."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_view", description="What a picture of the view costs.")
    parser.add_argument("--size", nargs="+", default=["1280x720"], metavar="WxH")
    parser.add_argument("--dancers", nargs="+", type=int, default=[1, 4, 8], metavar="N")
    parser.add_argument("--pictures", type=int, default=1200, metavar="N")
    wanted = parser.parse_args(argv)
    if not has_display():
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        sizes = [window_size(text) for text in wanted.size]
        open_display()
        driver, pictures = pygame.display.get_driver(), wanted.pictures
        print(f"SDL draws by {driver}; milliseconds, p10 / p50 / p95 of {pictures} pictures")
        print(f"{'size':>10} {'dancers':>7} {'camera':>12} " + " ".join(f"{part:>19}" for part in PARTS))
        for count in wanted.dancers:
            info, frames = show(count, pictures)
            for size in sizes:
                spent, moved = measure(info, frames, size, pictures)
                for camera, those in (("rests", ~moved), ("moves", moved)):
                    if those.any():
                        share = f"{camera} {those.mean():.0%}"
                        print(f"{f'{size[0]}x{size[1]}':>10} {count:>7} {share:>12} {_row(spent[those])}", flush=True)
    except StageError as err:
        print(f"tools.bench_view: {err}", file=sys.stderr)
        return 2
    finally:
        pygame.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
