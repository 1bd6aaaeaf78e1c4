"""Records the dance as BVH, centimetres, for Blender, MotionBuilder, Unreal and most else.

Row 0 is the first sample of the sound: played together, the dance is on the beat.
"""

from functools import partial
from pathlib import Path

import numpy as np

from motion import bvh_write
from motion.rotation import Floats
from motion.skeleton import HUMANOID
from realtime.sinks.base import SinkOptions
from realtime.sinks.each import EachRecorder
from realtime.sinks.growing import NewFile
from realtime.sinks.recorder import write_at

RATE = 60.0  # rows a second


class BvhSink(EachRecorder):
    """One file for each dancer, as a BVH holds but one."""

    HELP = "BVH for Blender and others, FILE.bvh (FILE_0, FILE_1 ... for several dancers); rate=60"

    def __init__(self, options: SinkOptions) -> None:
        options.only("rate")
        rate = options.rate(RATE)
        super().__init__("bvh", options.file(".bvh"), options.info.dancers, rate, partial(_Motion, rate=rate))


class _Motion:
    """The file of one dancer: rows are appended, then counted in the head, in place."""

    def __init__(self, path: Path, rate: float) -> None:
        text, self._count_at = bvh_write.head(HUMANOID.names, HUMANOID.parents, HUMANOID.offsets, rate)
        self._new, self._rate = NewFile(path, lambda file: write_at(file, 0, text.encode())), rate
        self._rows, self._end = 0, len(text)
        self._angles: Floats | None = None

    def add(self, times: Floats, root: Floats, local: Floats) -> None:
        """Rows root [T, 3] metres, local [T, J, 4] for times [T] s; the first pose of all is held from 0 s on."""
        if not len(times):
            return
        if not self._rows:
            held = round(times[0] * self._rate)
            root, local = (np.concatenate([np.repeat(part[:1], held, axis=0), part]) for part in (root, local))
        text, angles = bvh_write.rows(root.astype(np.float64), local.astype(np.float64), self._angles)
        write_at(self._new.file, self._end, text.encode())
        write_at(self._new.file, self._count_at, bvh_write.count(self._rows + len(root)).encode())
        if not self._rows:
            self._new.take_place()
        self._rows, self._end, self._angles = self._rows + len(root), self._end + len(text), angles

    def close(self) -> None:
        """Cut off what a full disk left of a row; without any row there is no file."""
        if not self._rows:
            return self.discard()
        self._new.file.truncate(self._end)
        return self._new.file.close()

    def discard(self) -> None:
        """Leave nothing behind."""
        self._new.discard()
