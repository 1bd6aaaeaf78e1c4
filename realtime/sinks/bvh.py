"""Records the dance as BVH, centimetres, for Blender, MotionBuilder, Unreal and most else.

Row 0 is the first sample of the sound: played together, the dance is on the beat.
"""

from pathlib import Path

import numpy as np

from motion import bvh_write
from motion.rotation import Floats
from motion.skeleton import HUMANOID
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import SinkOptions
from realtime.sinks.recorder import Recorder, one_each, write_at

RATE = 60.0  # rows a second


class BvhSink(Recorder):
    """One file for each dancer, as a BVH holds but one."""

    HELP = "BVH for Blender and others, FILE.bvh (FILE_0, FILE_1 ... for several dancers); rate=60"

    def __init__(self, options: SinkOptions) -> None:
        options.only("rate")
        rate = options.rate(RATE)
        self._paths = one_each(options.file(".bvh"), options.info.dancers)
        self._files: list[_Motion] = []
        try:
            for path in self._paths:
                self._files.append(_Motion(path, rate))
        except OSError as err:
            self.discard()
            raise StageError(f"--sink bvh cannot write {self._paths[0]}: {err.strerror}") from None
        super().__init__(rate)

    def record(self, frames: list[StageFrame]) -> None:
        """Add their rows."""
        frames, times = self.timed(frames)
        for dancer, file in enumerate(self._files):
            root = np.array([frame.root_position[dancer] for frame in frames], np.float64)
            local = np.array([frame.rotations[dancer] for frame in frames], np.float64)
            file.add(times, root, local)

    def finish(self) -> None:
        """Complete all files."""
        for file in self._files:
            file.close()

    def discard(self) -> None:
        """Remove all files."""
        for file in self._files:
            file.discard()

    def describe(self) -> str:
        """Which files."""
        more = f" to {self._paths[-1].name}" if len(self._paths) > 1 else ""
        return f"bvh {self._paths[0]}{more}"


class _Motion:
    """The file of one dancer: rows are appended, then counted in the head, in place."""

    def __init__(self, path: Path, rate: float) -> None:
        self._path, self._part, self._rate = path, path.with_name(path.name + ".part"), rate
        text, self._count_at = bvh_write.head(HUMANOID.names, HUMANOID.parents, HUMANOID.offsets, rate)
        self._file = self._part.open("wb", buffering=0)
        write_at(self._file, 0, text.encode())
        self._rows, self._end = 0, len(text)
        self._angles: Floats | None = None

    def add(self, times: Floats, root: Floats, local: Floats) -> None:
        """Rows root [T, 3] metres, local [T, J, 4] for times [T] s; the first pose of all is held from 0 s on."""
        if not len(times):
            return
        if not self._rows:
            held = round(times[0] * self._rate)
            root, local = (np.concatenate([np.repeat(part[:1], held, axis=0), part]) for part in (root, local))
        text, angles = bvh_write.rows(root, local, self._angles)
        write_at(self._file, self._end, text.encode())
        write_at(self._file, self._count_at, bvh_write.count(self._rows + len(root)).encode())
        if not self._rows:
            self._file.close()  # some systems give no new name to an open file
            self._part.replace(self._path)
            self._file = self._path.open("r+b", buffering=0)
        self._rows, self._end, self._angles = self._rows + len(root), self._end + len(text), angles

    def close(self) -> None:
        """Cut off what a full disk left of a row; without any row there is no file."""
        if not self._rows:
            return self.discard()
        self._file.truncate(self._end)
        return self._file.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._file.close()
        (self._path if self._rows else self._part).unlink(missing_ok=True)
