"""More poses a second than are danced: which instants they are for, when they go out, and in which thread.

    loop ── frame k+1 ──► Upsampler ── the poses up to frame k, on the grid m / rate of audio time
                              │                      │
                              ▼                      ▼
                     recorders, at once      Schedule ── at its due instant ──► Sender's thread ──► network sinks

A movement can begin once the key after its end is known: what goes out live is two pose frames old (`DELAY`), and the
dancer has to lead by as much more (`lead_to_pay`).
"""

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME_RATE
from motion import kinematics, rotation, upsample
from motion.skeleton import HUMANOID
from realtime.arrival import ArrivalClock
from realtime.clock import Clock
from realtime.frame import BeatReport, StageFrame
from realtime.sinks.base import Sink
from realtime.stats import Punctuality

DELAY = upsample.LOOK_AHEAD / FRAME_RATE  # s from a pose's earliest arrival to its going out
KEPT_LEAD = 1 / FRAME_RATE  # s of lead that must be left for the sound's way in, the step, the network, the receiver
WAITING = 64  # poses of one rate that may wait: far more than a movement has
CLOSE_SECONDS = 2.0
Times = NDArray[np.float64]


class Due(NamedTuple):
    """A pose that is to go out now."""

    rate: float
    due: float  # s of the clock
    frame: StageFrame
    skipped: int  # older ones of this rate that were due, too


def lead_to_pay(lead_frames: int) -> float:
    """Seconds by which a dancer of so many frames of lead must lead more, where what goes out live is up-sampled."""
    return max(0.0, DELAY + KEPT_LEAD - lead_frames / FRAME_RATE)


class Upsampler:
    """The poses of the frames that were pushed, at each of `rates` a second.

    Pose m of a rate is for the audio time m / rate; until the first frame's own instant its pose is held.
    """

    def __init__(self, rates: Iterable[float]) -> None:
        self._rates = sorted(set(rates))
        self._before: tuple[StageFrame, upsample.Key] | None = None  # the frame up to which all is out
        self._here: StageFrame | None = None  # the newest one

    def push(self, frame: StageFrame) -> dict[float, list[StageFrame]]:
        """A new frame settles the movement to the one before it: that movement's poses by rate."""
        if self._here is not None and frame.index != self._here.index + 1:  # another show
            settled = self.flush()
        else:
            settled = self._settle(frame)
        self._here = frame
        return settled

    def flush(self) -> dict[float, list[StageFrame]]:
        """What is left when nothing more comes."""
        settled = self._settle(None)
        self._before = self._here = None
        return settled

    def _settle(self, after: StageFrame | None) -> dict[float, list[StageFrame]]:
        frame = self._here
        if frame is None:
            return {rate: [] for rate in self._rates}
        previous, before = self._before or (frame, None)
        here = _key(frame, before, after)
        span = upsample.between(before, here) if before else None
        self._before = frame, here
        return {rate: _poses(span, previous, frame, rate) for rate in self._rates}


def _key(frame: StageFrame, before: upsample.Key | None, after: StageFrame | None) -> upsample.Key:
    following = after and upsample.key(after.audio_time, after.root_position, after.rotations)
    return upsample.key(frame.audio_time, frame.root_position, frame.rotations, before, following or None)


def _poses(span: upsample.Span | None, previous: StageFrame, frame: StageFrame, rate: float) -> list[StageFrame]:
    """The poses after `previous` and up to `frame`, which is itself the last one where the grid meets it."""
    first = int(frame.index * rate / FRAME_RATE) + 1
    end = (frame.index + 1) * rate / FRAME_RATE
    numbers = np.arange(first, int(end) + 1)
    met = len(numbers) > 0 and numbers[-1] == end
    times = (numbers[:-1] if met else numbers) / rate
    if span is None:
        made = [replace(frame, audio_time=float(time)) for time in times]
    elif len(times):
        made = _between(span, previous, frame, times)
    else:
        made = []
    return made + [frame] * bool(met)


def _between(span: upsample.Span, previous: StageFrame, frame: StageFrame, times: Times) -> list[StageFrame]:
    root, local = upsample.at(span, times)
    local = rotation.continuous(np.concatenate([previous.rotations[None], local]))[1:]
    positions, _ = kinematics.forward(HUMANOID, root, local)
    shares = 1.0 - (frame.audio_time - times) * FRAME_RATE
    contacts = previous.contacts + shares[:, None, None] * (frame.contacts - previous.contacts)
    arrays = [array.astype(np.float32) for array in (root, local, positions, contacts)]
    return [
        replace(
            frame,
            audio_time=float(time),
            report=_report(previous.report, frame.report, float(share)),
            root_position=arrays[0][n],
            rotations=arrays[1][n],
            positions=arrays[2][n],
            contacts=arrays[3][n],
        )
        for n, (time, share) in enumerate(zip(times, shares, strict=True))
    ]


def _report(before: BeatReport, after: BeatReport, share: float) -> BeatReport:
    """The beat `share` of the way from one frame's to the next one's; phases go the short way round."""
    beat = before.beat_phase + share * _round(after.beat_phase - before.beat_phase)
    bar = before.bar_phase + share * _round(after.bar_phase - before.bar_phase)
    same_beat = before.beat_phase <= beat < 1.0 and after.beat_phase < before.beat_phase
    return replace(
        after,
        beat_phase=beat % 1.0,
        bar_phase=bar % 1.0,
        beat_in_bar=before.beat_in_bar if same_beat else after.beat_in_bar,
    )


def _round(phase: float) -> float:
    """The same phase in -0.5 to 0.5."""
    return (phase + 0.5) % 1.0 - 0.5


class Schedule:
    """Which pose goes out when. Knows no clock; one thread may add while another takes."""

    def __init__(self, rates: Iterable[float]) -> None:
        self._waiting: dict[float, deque[tuple[float, StageFrame]]] = {
            rate: deque(maxlen=WAITING) for rate in sorted(set(rates))
        }
        self._clock = ArrivalClock()

    def came(self, now: float, audio_time: float) -> None:
        """A frame for this audio time was danced at `now`."""
        self._clock.came(now, audio_time)

    def add(self, settled: dict[float, list[StageFrame]]) -> None:
        """The next poses of each rate. Jitter beyond the pause before the first of them is waited for."""
        for rate, frames in settled.items():
            if not frames:
                continue
            delay = self._clock.offset + DELAY + max(0.0, self._clock.jitter - 1.0 / rate)
            self._waiting[rate].extend((frame.audio_time + delay, frame) for frame in frames)

    def next_due(self) -> float | None:
        """The instant at which something is to be taken; None while nothing waits."""
        return min((waiting[0][0] for waiting in self._waiting.values() if waiting), default=None)

    def take(self, now: float) -> list[Due]:
        """What is due now, one pose of a rate at most: of several the newest, so that lost time makes no burst."""
        found = []
        for rate, waiting in self._waiting.items():
            skipped, newest = -1, None
            while waiting and waiting[0][0] <= now:
                newest = waiting.popleft()
                skipped += 1
            if newest:
                found.append(Due(rate, *newest, skipped))
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
        self.punctuality = Punctuality(DELAY)
        self._thread = threading.Thread(target=self._run, name="sender", daemon=True)
        self._thread.start()

    def add(self, frame: StageFrame, settled: dict[float, list[StageFrame]]) -> None:
        """The newest frame, danced just now, and what it settled."""
        self._schedule.came(self._clock.now(), frame.audio_time)
        self.finish(settled)

    def finish(self, settled: dict[float, list[StageFrame]]) -> None:
        """The last poses, which no frame settled."""
        self._schedule.add(settled)
        self._wake.set()

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
            self.punctuality.sent(self._clock.now() - pose.due, pose.skipped)
            for name, sink in self._sinks:
                if sink.rate == pose.rate:
                    self._try(name, partial(sink.send, pose.frame))

    def _try(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as err:  # whatever it is, the show goes on
            self._failed(name, err)
