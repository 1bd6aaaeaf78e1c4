"""When poses in between go out live, and the one thread that gives them to the sinks that show them as they come.

Audio time is laid on the computer's clock by the frames' arrivals. A pose is due `DELAY` after the sound of its own
instant came; what is overtaken by a newer pose that is due as well is skipped. The loop only leaves poses here.
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import NamedTuple

from realtime.arrival import ArrivalClock
from realtime.clock import Clock
from realtime.frame import StageFrame
from realtime.sinks.base import Sink
from realtime.smooth import DELAY
from realtime.stats import Histogram, Punctuality

WAITING = 64  # poses of one rate that may wait: far more than a movement has
CLOSE_SECONDS = 2.0


class Due(NamedTuple):
    """A pose that is to go out now."""

    rate: float
    due: float  # s of the clock
    frame: StageFrame


class Schedule:
    """Which pose goes out when. Knows no clock; one thread may add while another takes."""

    def __init__(self, rates: Iterable[float]) -> None:
        self._waiting: dict[float, deque[tuple[float, StageFrame]]] = {
            rate: deque(maxlen=WAITING) for rate in sorted(set(rates))
        }
        self._clock = ArrivalClock()
        self._delay = DELAY  # s from a pose's audio time to its due instant, but for jitter
        self._left_out = self._overtaken = 0  # poses: each counted by one thread

    @property
    def skipped(self) -> int:
        """Poses that never went out, as a newer one was due, too."""
        return self._left_out + self._overtaken

    def came(self, now: float, audio_time: float) -> None:
        """A frame for this audio time was danced at `now`, as the newest there is."""
        self._clock.came(now, audio_time)
        self._delay = self._clock.offset + DELAY

    def add(self, now: float, settled: dict[float, list[StageFrame]], late: bool) -> None:
        """The next poses of each rate, settled at `now`. Jitter beyond the pause before their first is waited for.

        late: newer ones come at once, so those that are due already would only make a burst.
        """
        for rate, frames in settled.items():
            delay = self._delay + max(0.0, self._clock.jitter - 1.0 / rate)
            dues = [(frame.audio_time + delay, frame) for frame in frames]
            ahead = [entry for entry in dues if not late or entry[0] > now]
            self._left_out += len(dues) - len(ahead)
            self._waiting[rate].extend(ahead)

    def next_due(self) -> float | None:
        """The instant at which something is to be taken; None while nothing waits."""
        return min((waiting[0][0] for waiting in self._waiting.values() if waiting), default=None)

    def take(self, now: float) -> list[Due]:
        """What is due now, one pose of a rate at most: of several the newest, so that lost time makes no burst."""
        found = []
        for rate, waiting in self._waiting.items():
            newest = None
            while waiting and waiting[0][0] <= now:
                self._overtaken += newest is not None
                newest = waiting.popleft()
            if newest:
                found.append(Due(rate, *newest))
        return found


class Sender:
    """The thread that gives up-sampled poses to sinks that show them as they come, at their due instants."""

    def __init__(
        self, sinks: Sequence[tuple[str, Sink]], clock: Clock, failed: Callable[[str, Exception], None]
    ) -> None:
        """failed: told of a sink's exception."""
        self._sinks = list(sinks)
        self._clock = clock
        self._failed = failed
        self._schedule = Schedule(sink.rate for _, sink in sinks)
        self._hello = self._closing = False
        self._wake = threading.Event()
        self._late = Histogram()
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def add(self, frame: StageFrame, settled: dict[float, list[StageFrame]], late: bool) -> None:
        """The newest frame, danced just now, and what it settled; late: a newer one waits already."""
        now = self._clock.now()
        if not late:
            self._schedule.came(now, frame.audio_time)
        self._schedule.add(now, settled, late)
        self._wake.set()

    def finish(self, settled: dict[float, list[StageFrame]]) -> None:
        """The last poses, which no frame settled."""
        self._schedule.add(self._clock.now(), settled, late=True)
        self._wake.set()

    @property
    def punctuality(self) -> Punctuality:
        """How poses went out so far."""
        return Punctuality(DELAY, self._late, self._schedule.skipped)

    def hello(self) -> None:
        """Have all introduce the show again, before their next pose."""
        self._hello = True
        self._wake.set()

    def close(self) -> None:
        """Let go out what waits, then end; a sink that hangs is left behind."""
        self._closing = True
        self._wake.set()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            if self._hello:
                self._hello = False
                for name, sink in self._sinks:
                    self._try(name, sink.hello)
            due = self._schedule.next_due()
            if due is not None:
                self._clock.sleep(due - self._clock.now())
                self._send(self._schedule.take(self._clock.now()))
            elif self._closing:
                return
            else:
                self._wake.wait()
                self._wake.clear()

    def _send(self, poses: list[Due]) -> None:
        for pose in poses:
            self._late.add(self._clock.now() - pose.due)
            for name, sink in self._sinks:
                if sink.rate == pose.rate:
                    self._try(name, partial(sink.send, pose.frame))

    def _try(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as err:  # whatever it is, the show goes on
            self._failed(name, err)
