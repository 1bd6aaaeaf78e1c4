"""What a picture of the window costs: the shipped dancer over demo music, drawn as in a show but as fast as it goes.

    python -m tools.bench_view [--size 1280x720] [--dancers 1 3 8] [--pictures 600]

Without a display it draws into memory alone; with one the last column is what showing the picture takes. A machine that
is busy with something else is slower in everything: the figure to compare is the ratio to a plain copy of a picture.
"""

import argparse
import gc
import os
import sys
import time
from collections.abc import Sequence
from functools import partial

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import numpy as np
import pygame

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

PARTS = ("hear", "draw", "show")
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


def measure(info: StageInfo, frames: list[StageFrame], size: tuple[int, int], pictures: int) -> Floats:
    """Seconds [pictures, 4] of hearing, drawing, showing, and of a plain copy of the picture."""
    port = free_port()
    receiver, where = Receiver("127.0.0.1", port), f"127.0.0.1:{port}"
    view = View(receiver, where, ("127.0.0.1", 9), Window(size, 0, False))
    sink = OscSink(SinkOptions("osc", where, {}, info))
    plain, spent = pygame.Surface(size).convert(), np.zeros((pictures, 4))
    gc.freeze()
    gc.set_threshold(GARBAGE_EVERY, 50, 100)
    for n in range(pictures):
        if n * FRAME_RATE % PICTURES_A_SECOND < FRAME_RATE:
            sink.send(frames[n * FRAME_RATE // PICTURES_A_SECOND])
        now = n / PICTURES_A_SECOND
        marks = [time.perf_counter()]
        for part in (partial(view.receive, now), partial(view.draw, now, 1 / PICTURES_A_SECOND), pygame.display.flip):
            part()
            marks.append(time.perf_counter())
        view.window.picture.blit(plain, (0, 0))
        marks.append(time.perf_counter())
        pygame.event.pump()
        spent[n] = np.diff(marks)
    sink.close()
    receiver.close()
    return spent[min(WARM_UP, pictures // 2) :]


def main(argv: Sequence[str] | None = None) -> int:
    """Print a table of milliseconds; 0, or 2 with one line for bad input."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_view", description="What a picture of the view costs.")
    parser.add_argument("--size", nargs="+", default=["960x540", "1280x720"], metavar="WxH")
    parser.add_argument("--dancers", nargs="+", type=int, default=[1, 3, 8], metavar="N")
    parser.add_argument("--pictures", type=int, default=600, metavar="N")
    wanted = parser.parse_args(argv)
    if not has_display():
        os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        sizes = [window_size(text) for text in wanted.size]
        open_display()
        print(f"SDL draws by {pygame.display.get_driver()}; milliseconds, p50 / p95 of {wanted.pictures} pictures")
        print(
            f"{'size':>10} {'dancers':>7} "
            + " ".join(f"{part:>13}" for part in PARTS)
            + "  draw in copies of a picture"
        )
        for count in wanted.dancers:
            info, frames = show(count, wanted.pictures)
            for size in sizes:
                spent = measure(info, frames, size, wanted.pictures) * 1e3
                middle, high = np.median(spent, axis=0), np.quantile(spent, 0.95, axis=0)
                parts = " ".join(f"{middle[n]:6.2f} /{high[n]:5.1f}" for n in range(3))
                shape = f"{size[0]}x{size[1]}"
                print(f"{shape:>10} {count:>7} {parts}  {np.median(spent[:, 1] / spent[:, 3]):6.1f}", flush=True)
    except StageError as err:
        print(f"tools.bench_view: {err}", file=sys.stderr)
        return 2
    finally:
        pygame.quit()
    return 0


if __name__ == "__main__":
    sys.exit(main())
