"""Time for those who must wait. The stream itself knows no clock: it counts samples."""

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds from an arbitrary zero that never go back."""

    def now(self) -> float:
        """Seconds."""

    def sleep(self, seconds: float) -> None:
        """Wait at least this long; no wait for zero or less."""


class WallClock:
    """The computer's monotonic clock."""

    def now(self) -> float:
        """Seconds of `time.perf_counter`."""
        return time.perf_counter()

    def sleep(self, seconds: float) -> None:
        """Give the processor away for so long."""
        if seconds > 0:
            time.sleep(seconds)


class ManualClock:
    """A clock that moves only when told to: sleeping moves it, and so does `advance`."""

    def __init__(self) -> None:
        self._now = 0.0

    def now(self) -> float:
        """Seconds told so far."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Arrive at once where a sleeper would wake up."""
        self.advance(max(seconds, 0.0))

    def advance(self, seconds: float) -> None:
        """Let time pass, as if something had taken so long."""
        self._now += seconds
