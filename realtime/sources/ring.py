"""The ring between the audio callback and the loop: one writer, one reader, no lock, no allocation while it runs."""

import numpy as np

from realtime.frame import F32


class Ring:
    """Sound on its way: the writer alone moves `written`, the reader alone moves `read`. Counts never wrap."""

    def __init__(self, capacity: int, channels: int) -> None:
        self._data: F32 = np.zeros((capacity, channels), np.float32)
        self.written = 0  # frames of all channels, since the start
        self.read = 0
        self.overflowed = 0  # frames that found no room

    def __len__(self) -> int:
        """Frames that wait for the reader."""
        return self.written - self.read

    def write(self, frames: F32) -> None:
        """Copy [n, channels] in; what finds no room is counted, never waited for."""
        n, capacity = len(frames), len(self._data)
        if n > capacity - len(self):
            self.overflowed += n
            return
        at = self.written % capacity
        first = min(n, capacity - at)
        self._data[at : at + first] = frames[:first]
        self._data[: n - first] = frames[first:]
        self.written += n  # last, so the reader never sees what is not there yet

    def take(self, n: int) -> F32:
        """The mean over the channels of the oldest n <= len(self) frames, [n]; they are gone from the ring."""
        capacity = len(self._data)
        at = self.read % capacity
        first = min(n, capacity - at)
        mono = np.empty(n, np.float32)
        self._data[at : at + first].mean(axis=1, out=mono[:first])
        self._data[: n - first].mean(axis=1, out=mono[first:])
        self.read += n
        return mono

    def skip(self, n: int) -> None:
        """Forget the oldest n <= len(self) frames."""
        self.read += n
