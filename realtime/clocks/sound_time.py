"""Where an instant of the stage's clock lies in the sound.

Sound comes in blocks and is read late; a hand or a DJ's clock is exact to a millisecond. The earliest that any of the
last blocks came, less the sound in it, is when the stream began, and every instant is counted from there.
"""

from collections import deque

WINDOW = 120  # blocks, two seconds: long enough for one that came at once, short enough for clocks that drift apart
BROKEN = 0.1  # s: by so much only a stream jumps that was dropped, cut off or restored


class SoundTime:
    """Clock seconds against seconds of sound. Before the first block they are the same, as they are offline."""

    def __init__(self) -> None:
        self._began: deque[float] = deque(maxlen=WINDOW)

    def came(self, now: float, sound: float) -> None:
        """At `now` on the clock, `sound` seconds of the stream had come."""
        began = now - sound
        if self._began and abs(began - min(self._began)) > BROKEN:
            self._began.clear()
        self._began.append(began)

    def when(self, sound: float) -> float:
        """The clock's seconds at which so much sound had come."""
        return sound + min(self._began, default=0.0)
