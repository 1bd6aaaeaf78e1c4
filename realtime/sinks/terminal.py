"""The dancer in a terminal: the skeleton from the front in braille dots, and one line of beat, level and style.

Where the output is no terminal, one line a second instead.
"""

import contextlib
import os
import shutil
import sys
import threading
from collections import deque
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from motion.rotation import Floats
from motion.skeleton import BONES, PARENTS
from realtime.frame import StageFrame
from realtime.sinks.base import Sink, SinkOptions
from realtime.sinks.osc import SILENCE_DB

HELP = "the dancer in the terminal; one line a second where the output is no terminal"
DOTS = np.array(((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80)))  # Unicode braille: [row, column]
BRAILLE = 0x2800
METRES_HIGH = 2.3
ASPECT = 1.05  # height of a braille dot over its width in usual terminal fonts
HOME, CLEAR, CLEAR_LINE, CLEAR_BELOW = "\x1b[H", "\x1b[2J", "\x1b[K", "\x1b[J"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"
COLOURS = ("\x1b[38;5;209m", "\x1b[38;5;75m", "\x1b[38;5;141m", "\x1b[38;5;221m", "\x1b[38;5;79m", "\x1b[38;5;212m")
BRIGHT, GREY, PLAIN = "\x1b[1m", "\x1b[38;5;244m", "\x1b[0m"
LIMBS = {"UpperLeg": 0.075, "LowerLeg": 0.05, "UpperArm": 0.045, "LowerArm": 0.035, "Foot": 0.035}  # radii in metres
TRUNK = (
    ("neck", "head", 0.05),
    ("leftUpperArm", "rightUpperArm", 0.05),
    ("leftUpperLeg", "rightUpperLeg", 0.07),
    ("hips", "upperChest", 0.115),
    ("upperChest", "neck", 0.09),
    ("chest", "leftUpperArm", 0.065),
    ("chest", "rightUpperArm", 0.065),
    ("spine", "leftUpperLeg", 0.075),
    ("spine", "rightUpperLeg", 0.075),
)
CLOSE_SECONDS = 1.0
BARS = " ▁▂▃▄▅▆▇█"


def draw(positions: Floats, columns: int, rows: int, colour: bool = True) -> list[str]:
    """The dancers positions [N, 22, 3] in metres from the front: `rows` lines of `columns` characters."""
    wide, high = columns * 2, rows * 4
    middle = float(positions[:, 0, 0].mean())
    spread = float(np.ptp(positions[:, 0, 0])) + 1.9
    scale = min(high / METRES_HIGH, wide / ASPECT / spread)
    owner = np.full((high, wide), -1)
    # in dots, x narrowed so that a dot is as wide as it is high
    points = np.stack((positions[..., 0] - middle, -positions[..., 1]), axis=-1) * scale
    points += (wide / 2 / ASPECT, high - 2)
    for n in range(len(points)):
        for ends, radius in STROKES:
            _stroke(owner, points[n, ends], max(radius * scale, 0.6), n)
        head = points[n, BONES.index("head")]
        _stroke(owner, np.array((head - (0, 0.04 * scale), head - (0, 0.11 * scale))), 0.098 * scale, n)
    return _lines(owner, colour)


def _strokes() -> list[tuple[list[int], float]]:
    """([bone, bone], radius in metres) of the limbs and of the trunk."""
    found = []
    for bone, parent in enumerate(PARENTS):
        limb = BONES[parent].removeprefix("left").removeprefix("right") if parent >= 0 else ""
        if limb in LIMBS:
            found.append(([parent, bone], LIMBS[limb]))
    return found + [([BONES.index(a), BONES.index(b)], radius) for a, b, radius in TRUNK]


STROKES = _strokes()


def _stroke(owner: NDArray[np.int_], ends: Floats, radius: float, dancer: int) -> None:
    """Give the dots within `radius` of a line between two points [2, 2] to a dancer."""
    low = np.maximum(np.floor((ends.min(axis=0) - radius) * (ASPECT, 1)), 0).astype(int)
    high = np.minimum(np.ceil((ends.max(axis=0) + radius) * (ASPECT, 1)) + 1, owner.shape[::-1]).astype(int)
    if (high <= low).any():
        return
    (ax, ay), (ux, uy) = ends[0], ends[1] - ends[0]
    x = np.arange(low[0], high[0]) / ASPECT - ax
    y = np.arange(low[1], high[1])[:, None] - ay
    along = np.clip((x * ux + y * uy) / max(ux * ux + uy * uy, 1e-6), 0, 1)
    near = (x - along * ux) ** 2 + (y - along * uy) ** 2 < radius * radius
    owner[low[1] : high[1], low[0] : high[0]][near] = dancer


def _lines(owner: NDArray[np.int_], colour: bool) -> list[str]:
    """Text of dots [4 * rows, 2 * columns] (the dancer each belongs to, -1 for none)."""
    rows, columns = owner.shape[0] // 4, owner.shape[1] // 2
    cells = owner.reshape(rows, 4, columns, 2)
    codes = ((cells >= 0) * DOTS[:, None, :]).sum(axis=(1, 3))
    numbers = cells.max(axis=(1, 3))
    return [_line(codes[row].tolist(), numbers[row].tolist(), colour) for row in range(rows)]


def _line(codes: list[int], numbers: list[int], colour: bool) -> str:
    text, last = "", -1
    for code, number in zip(codes, numbers, strict=True):
        if colour and code and number != last:
            text, last = text + COLOURS[number % len(COLOURS)], number
        text += chr(BRAILLE + code) if code else " "
    return text + PLAIN if last >= 0 else text


def status(frame: StageFrame, styles: tuple[tuple[int, str], ...], columns: int, colour: bool = True) -> str:
    """One line: beat, tempo, level, style, time. styles: (column of the controls, name)."""
    report = frame.report
    beats = "".join(
        "●" if report.music and n == report.beat_in_bar else "○" for n in range(1, max(4, report.beat_in_bar) + 1)
    )
    sure = f"{report.confidence:4.0%}" if report.clock == "heard" else f"{report.clock:>4}"
    tempo = f"{report.bpm:3.0f} bpm {sure}" if report.music or report.clock != "heard" else "no beat     "
    share = min(max((frame.loudness_db + 60) / 60, 0.0), 1.0)
    whole, part = divmod(round(share * 64), 8)
    meter = ("█" * whole + (BARS[part] if part else "")).ljust(8, "·")
    level = "no signal" if frame.loudness_db <= max(SILENCE_DB, -60.0) else f"{frame.loudness_db:.0f} dB"
    minutes, seconds = divmod(int(frame.audio_time), 60)
    words = [beats, tempo, f"{meter} {level}"]
    if styles:
        words.append(max(styles, key=lambda style: float(frame.controls[0, style[0]]))[1])
    line = "  ".join([*words, f"{minutes}:{seconds:02}"])[: columns - 1]
    return BRIGHT + line + PLAIN if colour else line


class TerminalSink(Sink):
    """Draws over the terminal from its upper left corner; leaves the last picture and the cursor below it.

    A thread draws the newest frame: a terminal that is slow, or stopped by Ctrl-S, shows fewer and holds up nothing.
    """

    HELP = HELP

    def __init__(self, options: SinkOptions, out: TextIO | None = None) -> None:
        options.only()
        options.no_target()
        self._out = out or sys.stdout
        self._live = self._out.isatty() and os.environ.get("TERM") != "dumb"
        self._colour = self._live and "NO_COLOR" not in os.environ
        self._every = 1 if self._live else options.info.fps
        names = [spec.name for spec in options.info.manifest.controls]
        self._styles = tuple((names.index(f"style_{style}"), style) for style in options.info.styles)
        self._sent = 0
        self._size = (0, 0)
        self._newest: deque[StageFrame] = deque(maxlen=1)
        self._wake, self._closing = threading.Event(), False
        self._thread = threading.Thread(target=self._draw_all, name="terminal", daemon=True)
        self._thread.start()

    def send(self, frame: StageFrame) -> None:
        """Leave a frame for the drawing thread; without a terminal, one a second."""
        if self._sent % self._every == 0:
            self._newest.append(frame)
            self._wake.set()
        self._sent += 1

    def close(self) -> None:
        """Draw the last frame and show the cursor again."""
        self._closing = True
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _draw_all(self) -> None:
        with contextlib.suppress(OSError, ValueError):  # whoever read it has gone
            while not self._closing:
                self._wake.wait()
                self._wake.clear()
                while self._newest:
                    self._draw(self._newest.popleft())
            if self._live and self._sent:
                self._write(SHOW + "\n")

    def _draw(self, frame: StageFrame) -> None:
        if not self._live:
            self._write(status(frame, self._styles, 200, colour=False) + "\n")
            return
        columns, rows = shutil.get_terminal_size((80, 24))
        start = HOME if (columns, rows) == self._size else HIDE + CLEAR + HOME
        self._size = columns, rows
        lines = draw(frame.positions, columns - 1, max(rows - 2, 2), self._colour)
        lines.append(status(frame, self._styles, columns, self._colour))
        self._write(start + "\n".join(line + CLEAR_LINE for line in lines) + CLEAR_BELOW)

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
