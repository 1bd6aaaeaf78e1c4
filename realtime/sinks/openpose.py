"""Records the dance as OpenPose's own output: a folder with a JSON of BODY_25 keypoints for each picture.

Picture 0 is at the first sample of the sound. The camera is documented in motion/openpose.py.
"""

import os
from pathlib import Path

import numpy as np

from motion import openpose
from motion.rotation import Floats
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import SinkOptions
from realtime.sinks.recorder import Recorder

RATE = 30.0  # pictures a second
SIZE = (1280, 720)
NEAREST_CAMERA, FARTHEST_CAMERA = 1.5, 1000.0  # metres
MARGIN = 1.6  # metres beside the outermost dancers that are in the picture


class OpenPoseSink(Recorder):
    """FOLDER/NAME_000000000000_keypoints.json and so on; all dancers are in each."""

    HELP = "OpenPose BODY_25, a JSON for each picture, into a new FOLDER; rate=30, size=1280x720, distance=METRES"

    def __init__(self, options: SinkOptions) -> None:
        options.only("rate", "size", "distance")
        rate = options.rate(RATE)
        width, height = _size(options)
        self._distance = options.number("distance", 0.0, NEAREST_CAMERA, FARTHEST_CAMERA)
        self._size = width, height
        self._camera: openpose.Camera | None = None
        self._pictures = 0
        self.folder = _new_folder(options)
        super().__init__(rate)

    def record(self, frames: list[StageFrame]) -> None:
        """Write their pictures; the first pose of all is held from 0 s on."""
        frames, times = self.timed(frames)
        if not frames:
            return
        people = openpose.points(
            np.array([frame.root_position for frame in frames]), np.array([frame.rotations for frame in frames])
        )
        if self._camera is None:
            distance = self._distance or _far_enough(people[0], self._size)
            self._camera = openpose.Camera(*self._size, distance)
            held = round(times[0] * self.rate)
            people = np.concatenate([np.repeat(people[:1], held, axis=0), people])
        for picture in self._camera.project(people):
            self._write(openpose.text(picture))

    def finish(self) -> None:
        """Without any picture there is no folder."""
        if not self._pictures:
            self.folder.rmdir()

    def discard(self) -> None:
        """Remove what this sink has made."""
        for path in self.folder.glob(f"{self.folder.name}_*_keypoints.json"):
            path.unlink()
        self.folder.rmdir()

    def describe(self) -> str:
        """Which folder."""
        return f"openpose {self.folder}"

    def _write(self, text: str) -> None:
        path = self.folder / f"{self.folder.name}_{self._pictures:012d}_keypoints.json"
        part = path.with_suffix(".part")
        try:
            part.write_text(text)
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        self._pictures += 1


def _far_enough(people: Floats, size: tuple[int, int]) -> float:
    """Metres from which everyone at [N, 25, 3] is in the picture, with room to move."""
    reach = float(np.abs(people[..., 0]).max()) + MARGIN
    upright = reach * size[1] / size[0]
    return float(people[..., 2].max()) + openpose.FOCAL * 2 * max(upright, MARGIN)


def _size(options: SinkOptions) -> tuple[int, int]:
    text = options.options.get("size", f"{SIZE[0]}x{SIZE[1]}")
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 16 <= int(width) <= 16384 and 16 <= int(height) <= 16384):
        raise StageError(f"--sink openpose: size={text} should be WIDTHxHEIGHT, as 1280x720")
    return int(width), int(height)


def _new_folder(options: SinkOptions) -> Path:
    if not options.target:
        raise StageError("--sink openpose needs a folder: write openpose:keypoints")
    folder = Path(options.target).expanduser()
    if not folder.absolute().parent.is_dir():
        raise StageError(f"--sink openpose: there is no folder {folder.parent}: make it first")
    try:
        folder.mkdir(exist_ok=True)
        if any(folder.iterdir()):
            raise StageError(f"--sink openpose: {folder} is not empty: name a new folder")
        if not os.access(folder, os.W_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as err:
        raise StageError(f"--sink openpose cannot write into {folder}: {err.strerror}") from None
    return folder
