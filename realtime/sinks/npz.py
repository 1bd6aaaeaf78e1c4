"""Records the dance: one .npz with the arrays of docs/design.md, section 5; frame k of the show is row k."""

import zlib
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME_RATE
from motion.pose import POSE_SIZE
from motion.skeleton import BONES
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import SinkOptions, StageInfo
from realtime.sinks.growing import GrowingFile
from realtime.sinks.npz_layout import Column, Layout
from realtime.sinks.recorder import Recorder


class NpzSink(Recorder):
    """One file for all dancers, 15 poses a second, as they were danced."""

    HELP = "all poses and what led to them, FILE.npz"

    def __init__(self, options: SinkOptions) -> None:
        options.only()
        self._path = options.file(".npz")
        self._columns = columns(options.info)
        self._checksums = [0] * len(self._columns)
        self._lay = partial(Layout, columns=self._columns, constants=constants(options.info))
        try:
            self._file = GrowingFile(self._path, self._lay)
        except OSError as err:
            raise StageError(f"--sink npz cannot write {self._path}: {err.strerror}") from None
        super().__init__(FRAME_RATE)

    def record(self, frames: list[StageFrame]) -> None:
        """Append them."""
        parts = [
            np.array([getattr(frame, column.name) for frame in frames], column.row.base).tobytes()
            for column in self._columns
        ]
        rows = self._file.rows + len(frames)
        sums = [zlib.crc32(part, before) for part, before in zip(parts, self._checksums, strict=True)]
        self._file.append(len(frames), [*parts, *parts], lambda layout: layout.marks(rows, sums))
        self._checksums = sums

    def finish(self) -> None:
        """Complete the file."""
        rows = self._file.rows
        self._file.close(partial(self._lay, sets=1), lambda layout: layout.marks(rows, self._checksums))

    def discard(self) -> None:
        """Remove the file."""
        self._file.discard()

    def describe(self) -> str:
        """Which file."""
        return f"npz {self._path}"


def columns(info: StageInfo) -> list[Column]:
    """What each frame has."""
    n, manifest = info.dancers, info.manifest
    rows: dict[str, Any] = {
        "audio_time": "<f8",
        "pose": ("<f4", (n, POSE_SIZE)),
        "positions": ("<f4", (n, len(BONES), 3)),
        "rotations": ("<f4", (n, len(BONES), 4)),
        "contacts": ("<f4", (n, 4)),
        "beat": ("<f4", (len(manifest.beat_names),)),
        "controls": ("<f4", (n, len(manifest.controls))),
    }
    return [Column(name, np.dtype(row)) for name, row in rows.items()]


def constants(info: StageInfo) -> dict[str, NDArray[Any]]:
    """What is the same for all frames."""
    manifest = info.manifest
    values = {
        "bones": list(BONES),
        "beat_names": list(manifest.beat_names),
        "control_names": [control.name for control in manifest.controls],
        "fps": info.fps,
        "lead_frames": manifest.lead_frames,
        "dancer": manifest.name,
        "seed": info.seed,
    }
    return {name: np.array(value) for name, value in values.items()}
