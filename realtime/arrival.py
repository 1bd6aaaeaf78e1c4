"""Audio time against a receiver's or sender's clock, from when frames came.

Frames are held up on their way, never hurried: the earliest of the last ones tells where audio time lies.
"""

from collections import deque

WINDOW = 60  # frames over which the earliest arrival counts: clocks that drift apart stay together
MOVED = 8  # so many frames in a row that are late by more than JITTER_LIMIT: the stream itself has moved
JITTER_LIMIT = 0.06  # s
FORGOTTEN = 0.02  # of the jitter that is over, each frame


class ArrivalClock:
    """Feed it the arrival of each frame; before the first one it knows nothing."""

    def __init__(self) -> None:
        self._offsets: deque[float] = deque(maxlen=WINDOW)
        self.jitter = 0.0  # s that frames come late now and then

    def came(self, now: float, audio_time: float) -> None:
        """A frame with this audio time came at `now`."""
        self._offsets.append(now - audio_time)
        newest = list(self._offsets)[-MOVED:]
        if len(newest) == MOVED and min(newest) > self.offset + JITTER_LIMIT:
            self._offsets.clear()
            self._offsets.extend(newest)
        late = min(now - audio_time - self.offset, JITTER_LIMIT)
        self.jitter = max(late, self.jitter + FORGOTTEN * (late - self.jitter))

    @property
    def known(self) -> bool:
        """Whether a frame came yet."""
        return len(self._offsets) > 0

    @property
    def offset(self) -> float:
        """What to add to an audio time to have the instant at which it came, had nothing held it up."""
        return min(self._offsets)
