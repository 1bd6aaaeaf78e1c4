"""What sinks that write files share: frames are gathered for half a second, and a thread of its own writes them.

So a slow disk costs the show nothing, and a killed process loses less than a second: what is handed over is in the file
a moment later, and every file is whole after each of its writes. A disk that fails ends the recording, not the show.
"""

import queue
import threading
from pathlib import Path
from typing import BinaryIO

import numpy as np

from motion.rotation import Floats
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import Sink

BATCH_SECONDS = 0.5
MOST_WAITING = 240  # batches: two minutes that a disk may hang


class Recorder(Sink):
    """Base of the sinks that write files; each says how to `record` frames, how to `finish` and how to `discard`."""

    keeps_late = True

    def __init__(self, rate: float) -> None:
        """Call this last: the thread begins here."""
        self.rate = rate
        self._gathered: list[StageFrame] = []
        self._waiting: queue.Queue[list[StageFrame] | None] = queue.Queue(MOST_WAITING)
        self._failure: Exception | None = None
        self._lead: float | None = None
        self._thread = threading.Thread(target=self._write_all, name=type(self).__name__, daemon=True)
        self._thread.start()

    def record(self, frames: list[StageFrame]) -> None:
        """Bring some frames into the file, which is whole before and after. Called on the recorder's thread."""
        raise NotImplementedError

    def finish(self) -> None:
        """Complete and close the file; called once, also after `record` has failed."""
        raise NotImplementedError

    def discard(self) -> None:
        """Close the file and leave nothing behind."""
        raise NotImplementedError

    def timed(self, frames: list[StageFrame]) -> tuple[list[StageFrame], Floats]:
        """The frames whose poses are for an instant of the sound, and these instants [T] in seconds of it.

        By the lead that the recording began with: whoever changes it in the show does so for a receiver's sake.
        """
        if self._lead is None:
            self._lead = frames[0].lead
        times = np.array([frame.audio_time + self._lead for frame in frames])
        return [frame for frame, time in zip(frames, times, strict=True) if time >= 0], times[times >= 0]

    def send(self, frame: StageFrame) -> None:
        """Take one frame. Raises what the disk has said since, from then on with every frame."""
        if self._failure:
            raise self._failure
        self._gathered.append(frame)
        if len(self._gathered) >= self.rate * BATCH_SECONDS:
            self._hand_over()

    def close(self) -> None:
        """Write what is left and complete the file."""
        if self._gathered and not self._failure:
            self._hand_over()
        self._end_thread()
        try:
            self.finish()
        finally:
            if self._failure:
                raise self._failure

    def abandon(self) -> None:
        """Remove what was begun."""
        self._end_thread()
        self.discard()

    def _hand_over(self) -> None:
        try:
            self._waiting.put_nowait(self._gathered)
        except queue.Full:
            self._failure = StageError("the disk has not answered for minutes")
            raise self._failure from None
        self._gathered = []

    def _end_thread(self) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _write_all(self) -> None:
        while (frames := self._waiting.get()) is not None:
            if self._failure:
                continue
            try:
                self.record(frames)
            except Exception as err:  # the next `send` tells it
                self._failure = err


def write_at(file: BinaryIO, at: int, data: bytes) -> None:
    """All of the data at a place of an unbuffered file, however little the disk takes at once. Raises OSError."""
    file.seek(at)
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def one_each(path: Path, dancers: int) -> list[Path]:
    """The file of each dancer, where a file holds but one: `path` itself, or NAME_0, NAME_1 ... beside it."""
    if dancers == 1:
        return [path]
    return [path.with_name(f"{path.stem}_{n}{path.suffix}") for n in range(dancers)]
