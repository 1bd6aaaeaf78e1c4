"""What file formats for one figure share: a file for each dancer, all made when the show begins or none."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

import numpy as np

from motion.rotation import Floats
from realtime.frame import StageError, StageFrame
from realtime.sinks.recorder import Recorder, one_each


class Take(Protocol):
    """The file of one dancer."""

    def add(self, times: Floats, root: Floats, local: Floats) -> None:
        """Poses root [T, 3] metres, local [T, J, 4] for times [T] s."""

    def close(self) -> None:
        """Complete the file; without any pose there is none."""

    def discard(self) -> None:
        """Leave nothing behind."""


class EachRecorder(Recorder):
    """Base of the sinks that write such formats."""

    def __init__(self, kind: str, path: Path, dancers: int, rate: float, begin: Callable[[Path], Take]) -> None:
        """kind: the sink's name. begin: makes a file, or raises OSError."""
        self._kind, self._paths = kind, one_each(path, dancers)
        self._takes: list[Take] = []
        try:
            for one in self._paths:
                self._takes.append(begin(one))
        except OSError as err:
            self.discard()
            raise StageError(f"--sink {kind} cannot write {self._paths[0]}: {err.strerror}") from None
        super().__init__(rate)

    def record(self, frames: list[StageFrame]) -> None:
        """Add their poses."""
        frames, times = self.timed(frames)
        for dancer, take in enumerate(self._takes):
            root = np.array([frame.root_position[dancer] for frame in frames])
            take.add(times, root, np.array([frame.rotations[dancer] for frame in frames]))

    def finish(self) -> None:
        """Complete all files."""
        for take in self._takes:
            take.close()

    def discard(self) -> None:
        """Remove all files."""
        for take in self._takes:
            take.discard()

    def describe(self) -> str:
        """Which files."""
        more = f" to {self._paths[-1].name}" if len(self._paths) > 1 else ""
        return f"{self._kind} {self._paths[0]}{more}"
