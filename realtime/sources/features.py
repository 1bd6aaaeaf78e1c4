"""What another stage hears, in place of a sound of our own: `--device features:HOST:PORT`."""

import contextlib
import os
import socket
from collections import deque
from collections.abc import Callable, Iterator

import numpy as np

from audio.config import FRAME_RATE, RATE
from realtime.analysis import GREETING, HOST, PORT, RECORD, Analysis, unpack
from realtime.clock import Clock
from realtime.frame import F32, StageError
from realtime.osc_wire import split_target
from realtime.sources.base import MOST_BEHIND, Source

ANSWERS = 3.0  # s: a stage greets at its next frame
PATIENCE = 0.05  # s without a frame until the reader gets an empty block
AGAIN = 1.0  # s between looks for a stage that has gone
CHUNK = 1 << 18  # bytes read at once


class FeaturesSource(Source):
    """The frames of another stage; `told` holds its analysis of each. Where it goes away it is waited for."""

    live = True
    rate = RATE

    def __init__(self, where: str, clock: Clock, say: Callable[[str], None]) -> None:
        """Connect. Raises StageError where nobody answers, or one who speaks otherwise."""
        self._address = split_target(where, HOST, PORT)
        self._clock = clock
        self._say = say
        self.name = f"what the stage at {self._address[0]}:{self._address[1]} hears"
        self.told: deque[Analysis] = deque()
        self._rows: deque[Analysis] = deque()  # that have come and were not handed out
        self._bytes = bytearray()
        self._stage: socket.socket | None = self._connect(ANSWERS)

    def blocks(self) -> Iterator[F32]:
        """The sound of each frame [1600] as it comes; empty blocks while nothing comes."""
        while True:
            if not self._rows:
                self._read(PATIENCE)
            excess = len(self._rows) - round(MOST_BEHIND * FRAME_RATE)
            for _ in range(excess):
                self.dropped += len(self._rows.popleft().samples)
            if not self._rows:
                yield np.zeros(0, np.float32)
                continue
            row = self._rows.popleft()
            self.told.append(row)
            yield row.samples

    def behind(self) -> float:
        """Seconds of frames that are there."""
        self._read(0.0)
        return len(self._rows) / FRAME_RATE

    def close(self) -> None:
        """Leave the other stage."""
        if self._stage:
            self._stage.close()

    def _read(self, patience: float) -> None:
        """Take what has come, waiting so many seconds for the first of it; look for the stage if it has gone."""
        if not self._stage:
            if patience:
                self._look_again()
            return
        self._stage.settimeout(patience)
        try:
            came = self._stage.recv(CHUNK)
        except (TimeoutError, BlockingIOError):
            return
        except OSError:
            came = b""
        if not came:
            self._lost("has gone")
            return
        self._bytes += came
        while len(self._bytes) >= RECORD.itemsize:
            row = unpack(bytes(self._bytes[: RECORD.itemsize]))
            del self._bytes[: RECORD.itemsize]
            if row is None:
                self._lost("sends what no stage would")
                return
            self._rows.append(row)

    def _lost(self, why: str) -> None:
        assert self._stage
        self._stage.close()
        self._stage = None
        self._bytes.clear()
        self._say(f"the stage at {self._address[0]}:{self._address[1]} {why}: waiting for it to come again")

    def _look_again(self) -> None:
        try:
            self._stage = self._connect(AGAIN)
        except StageError:
            self._clock.sleep(PATIENCE)
            return
        self._say(f"the stage at {self._address[0]}:{self._address[1]} is there again")

    def _connect(self, seconds: float) -> socket.socket:
        """A stage that has greeted as we would. Raises StageError."""
        place = "{}:{}".format(*self._address)
        try:
            stage = socket.create_connection(self._address, seconds)
        except OSError as err:
            why = os.strerror(err.errno) if err.errno and err.errno > 0 else str(err)
            remedy = f"start that stage with --sink features:{place}"
            raise StageError(f"--device features: nobody answers at {place} ({why}): {remedy}") from None
        greeting = bytearray()
        with contextlib.suppress(OSError):
            while len(greeting) < len(GREETING) and (came := stage.recv(len(GREETING) - len(greeting))):
                greeting += came
        if bytes(greeting) != GREETING:
            stage.close()
            raise StageError(f"--device features: {place} is no stage of this version: run the same on both sides")
        return stage
