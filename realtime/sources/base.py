"""What the loop asks of a source of sound, and the pacing that makes a live one out of a recording."""

from collections import deque
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from realtime.analysis import Analysis
from realtime.clock import Clock
from realtime.frame import F32

MOST_BEHIND = 1.0  # s: sound that waits longer than this is dropped, oldest first
BLOCKS_A_SECOND = 60  # a paced source hands out blocks of this length, as a device does


class Source:
    """Base of every source: a context manager whose `blocks()` are mono float32 [n >= 0] at `rate` Hz.

    A live source yields an empty block when nothing has come for a while, so that its reader can look around.
    """

    rate: int
    name: str  # for people; may change as the sound goes on
    live = False  # True: paced by itself
    dropped = 0  # samples lost so far
    told: deque[Analysis] | None = None  # of the blocks handed out: what another stage heard in them

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def blocks(self) -> Iterator[F32]:
        """The sound, once."""
        raise NotImplementedError

    def behind(self) -> float:
        """Seconds of sound that are there and not yet handed out; 0 for what is not live."""
        return 0.0

    def close(self) -> None:
        """Give the device or file back."""


class PacedSource(Source):
    """A recording that comes at the pace of a clock, like a device: no sample before its time.

    A reader that lags finds the sound waiting; beyond MOST_BEHIND the oldest is skipped and counted.
    """

    live = True

    def __init__(self, source: Source, clock: Clock) -> None:
        self._source = source
        self._clock = clock
        self.rate = source.rate
        self._start: float | None = None
        self._handed = 0  # samples given or skipped

    @property
    def name(self) -> str:  # type: ignore[override]
        """The recording's own name."""
        return self._source.name

    def blocks(self) -> Iterator[F32]:
        """The recording's samples, each block when its last one is due."""
        size = self.rate // BLOCKS_A_SECOND
        self._start = self._clock.now()
        for whole in self._source.blocks():
            for at in range(0, len(whole), size):
                block = whole[at : at + size]
                excess = round((self.behind() - MOST_BEHIND) * self.rate)
                if excess > 0:
                    lost = min(excess, len(block))
                    self.dropped += lost
                    self._handed += lost
                    block = block[lost:]
                self._handed += len(block)
                self._clock.sleep(-self.behind())
                yield block

    def behind(self) -> float:
        """How long the next sample has been due, in seconds; negative before its time."""
        if self._start is None:
            return 0.0
        return self._clock.now() - self._start - self._handed / self.rate

    def close(self) -> None:
        """Close the recording."""
        self._source.close()
