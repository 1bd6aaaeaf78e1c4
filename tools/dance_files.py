"""What tools.dance makes of a dance: the stage's own recorders, and two formats that need the whole dance."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from realtime.frame import StageError, StageFrame
from realtime.sinks.base import Sink, SinkOptions, StageInfo
from realtime.sinks.open import sink_class
from realtime.sinks.openpose import OpenPoseSink

FORMATS = {kind: f".{kind}" for kind in ("mp4", "npz", "glb", "vrma", "bvh", "json")}
RECORDERS = {".npz": "npz", ".glb": "glb", ".vrma": "glb", ".bvh": "bvh"}
PICTURE_RATE = 60.0
SMALLEST, LARGEST = 64, 7680  # pixels


@dataclass(frozen=True)
class Wanted:
    """The words of the command line that are not the stage's."""

    songs: tuple[Path, ...]
    out: Path
    format: str | None
    fps: float | None
    size: tuple[int, int]


def pixels(text: str) -> tuple[int, int]:
    """WIDTHxHEIGHT as numbers; even, as videos must be. Raises StageError."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal()):
        raise StageError(f"--size {text} should be WIDTHxHEIGHT, as 1280x720")
    found = int(width), int(height)
    if not all(SMALLEST <= side <= LARGEST and side % 2 == 0 for side in found):
        raise StageError(f"--size {text}: both must be even, {SMALLEST} to {LARGEST}")
    return found


def open_sink(path: Path, song: Path, info: StageInfo, wanted: Wanted, seconds: float | None) -> Sink:
    """The sink that makes `path` of what is danced to `song` (to `seconds` of it at most). Raises StageError."""
    suffix = path.suffix.lower()
    rate = {} if wanted.fps is None else {"rate": f"{wanted.fps:g}"}
    if suffix == ".mp4":
        from tools.dance_video import VideoSink  # needs pygame and ffmpeg

        rate_of_pictures = SinkOptions("mp4", str(path), rate, info).rate(PICTURE_RATE)
        return VideoSink(path, song, wanted.size, rate_of_pictures, seconds)
    if suffix == ".json":
        return JsonSink(path, info, rate | {"size": f"{wanted.size[0]}x{wanted.size[1]}"})
    if suffix == ".npz" and rate:
        raise StageError("an .npz has the poses as they were danced, 15 a second: leave --fps away")
    name = RECORDERS[suffix]
    return sink_class(name)(SinkOptions(name, str(path), rate, info))


class JsonSink(OpenPoseSink):
    """The pictures of OpenPose as one JSON array, a picture a line."""

    def __init__(self, path: Path, info: StageInfo, rest: dict[str, str]) -> None:
        self._whole = path
        super().__init__(SinkOptions("openpose", str(path.with_name("pictures")), rest, info))

    def finish(self) -> None:
        """Gather the pictures."""
        pictures = sorted(self.folder.glob("*.json"))
        with self._whole.open("w") as out:
            out.write("[" + ",\n".join(path.read_text() for path in pictures) + "]\n")
        self.discard()


class BarSink(Sink):
    """Moves the bar."""

    keeps_late = True

    def __init__(self, bar: Any) -> None:
        self._bar = bar

    def send(self, frame: StageFrame) -> None:
        """One pose further."""
        self._bar.update()
