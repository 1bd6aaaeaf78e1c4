"""Takes: the recordings of a show, ended and begun anew together while it runs (`/dance/record`).

The first take begins with the show and has the name that was given; later ones are NAME_take2, NAME_take3 ... beside
it. Time 0 of all files of a take is the same instant of the sound. Files are opened and completed on other threads than
the show's own.
"""

import contextlib
import math
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from audio.config import FRAME_RATE
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import Sink, SinkOptions
from realtime.sinks.recorder import one_each

NOTICE = 2 / FRAME_RATE  # s: a take begins so long after it was asked for, that all its files are open by then
NOTHING_RECORDED = "this show records nothing: start it with a recorder, such as --sink npz:show.npz"


@dataclass
class Take:
    """What one recorder writes between two seconds of the sound."""

    recorder: Sink
    begins: float = 0.0
    ends: float = math.inf


class Takes(Sink):
    """A sink that writes one file a take, each by a recorder of its own."""

    keeps_late = True

    def __init__(self, kind: type[Sink], options: SinkOptions) -> None:
        """Open the first take. Raises StageError."""
        self._kind, self._options = kind, options
        first = kind(options)
        self.rate, self._first = first.rate, first.describe()
        self._takes = deque((Take(first),))  # the running one and those to come; ends are set on the last
        self._completing: list[threading.Thread] = []
        self._failure: Exception | None = None

    def free(self, number: int) -> bool:
        """Whether a take of this number would overwrite nothing."""
        path = self._path(number)
        return not any(one.exists() for one in (path, *one_each(path, self._options.info.dancers)))

    def open(self, number: int) -> Sink:
        """A recorder for the take of this number. Raises StageError."""
        return self._kind(replace(self._options, target=str(self._path(number))))

    def begin(self, recorder: Sink, at: float) -> None:
        """A take of this recorder begins at this second of the sound."""
        self._takes.append(Take(recorder, at))

    def end(self, at: float) -> None:
        """No frame later than this second of the sound is in the newest take."""
        self._takes[-1].ends = at

    def send(self, frame: StageFrame) -> None:
        """Give a frame to the take it belongs to. Raises what its recorder does."""
        while self._takes and frame.audio_time > self._takes[0].ends:
            self._complete(self._takes.popleft().recorder)
        if not self._takes:
            return
        take = self._takes[0]
        if not take.begins:
            take.recorder.send(frame)
        elif (time := frame.audio_time - take.begins) > 0.0:
            take.recorder.send(replace(frame, audio_time=time, index=frame.index - round(take.begins * FRAME_RATE)))

    def close(self) -> None:
        """Complete the last takes, once those before are complete. Raises what any of them does."""
        for take in self._takes:
            self._complete(take.recorder)
        for thread in self._completing:
            thread.join()
        if self._failure:
            raise self._failure

    def abandon(self) -> None:
        """The show never began: leave nothing behind."""
        self._takes[0].recorder.abandon()

    def describe(self) -> str:
        """The first take's file."""
        return self._first

    def _path(self, number: int) -> Path:
        path = Path(self._options.target).expanduser()
        return path.with_name(f"{path.stem}_take{number}{path.suffix}")

    def _complete(self, recorder: Sink) -> None:
        self._completing = [thread for thread in self._completing if thread.is_alive()]
        self._completing.append(threading.Thread(target=self._close_one, args=(recorder,), name="take"))
        self._completing[-1].start()

    def _close_one(self, recorder: Sink) -> None:
        try:
            recorder.close()
        except Exception as err:  # told when the show ends
            self._failure = err


class RecordingDesk:
    """Begins and ends the takes of all recorders together; asked on the control port's thread."""

    def __init__(self, now: Callable[[], float]) -> None:
        """now: seconds of sound that were danced."""
        self.recorders: list[Takes] = []  # once the sinks are open
        self._now = now
        self._recording, self._number = True, 1

    def record(self, on: bool) -> int:
        """Begin a take, or end it; the number of the take that runs, 0 for none. Raises StageError."""
        if not self.recorders:
            raise StageError(NOTHING_RECORDED)
        if on and not self._recording:
            self._begin()
        elif self._recording and not on:
            ends = _border(self._now() + 1 / FRAME_RATE)
            for recorder in self.recorders:
                recorder.end(ends)
        self._recording = on
        return self._number if on else 0

    def _begin(self) -> None:
        number = self._number + 1
        while not all(recorder.free(number) for recorder in self.recorders):
            number += 1
        begins = _border(self._now() + NOTICE)
        with contextlib.ExitStack() as opened:
            made = []
            for recorder in self.recorders:
                made.append(recorder.open(number))
                opened.callback(made[-1].abandon)
            opened.pop_all()
        for recorder, one in zip(self.recorders, made, strict=True):
            recorder.begin(one, begins)
        self._number = number


def _border(seconds: float) -> float:
    """The frame's border that is nearest, the same number as the frame has."""
    return round(seconds * FRAME_RATE) / FRAME_RATE
