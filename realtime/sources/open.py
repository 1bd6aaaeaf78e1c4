"""From the text of `--device` to a source."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from realtime.clock import Clock
from realtime.frame import StageError
from realtime.sources import SOURCES
from realtime.sources.base import PacedSource, Source

LIVE = ("mic", "loopback", "features")  # they come at their own pace
SONGS = (".wav", ".flac", ".ogg", ".mp3", ".m4a", ".aac", ".opus", ".aif", ".aiff")


def open_source(text: str, seed: int, pace: str, clock: Clock, say: Callable[[str], None]) -> Source:
    """Open mic, mic:NAME, loopback, demo, file:PATH, features:HOST:PORT, an index or a part of a device's name.

    pace: "live" lets recordings come at the clock's pace, "fast" as fast as they are read. Raises StageError or
    AudioError, one line.
    """
    kind, _, rest = text.partition(":")
    if kind not in SOURCES:
        if Path(text).is_file():
            raise StageError(f"--device {text} is a file: write --device file:{text}")
        if Path(text).suffix.lower() in SONGS:
            raise StageError(f"--device {text}: there is no such file; a song is written --device file:PATH")
        kind, rest = "mic", text
    if kind in LIVE:
        if pace == "fast":
            raise StageError(f"--pace fast needs --device file:PATH or demo: {text!r} comes at its own pace")
        live: Source = _class(kind)(rest, clock, say)
        return live
    if kind == "file" and not rest:
        raise StageError("--device file: needs a path: write --device file:song.wav")
    recording: Source = _class("file")(Path(rest).expanduser(), say) if kind == "file" else _demo(rest, seed, say)
    return PacedSource(recording, clock) if pace == "live" else recording


def _demo(rest: str, seed: int, say: Callable[[str], None]) -> Source:
    if rest and not rest.isdecimal():
        raise StageError(f"--device demo:{rest} should name a song by number: write demo or demo:3")
    made: Source = _class("demo")(int(rest) if rest else seed, say)
    return made


def _class(name: str) -> Any:
    module, _, attribute = SOURCES[name].partition(":")
    return getattr(import_module(module), attribute)
