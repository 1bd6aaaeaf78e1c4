"""What the view hears: the /dance stream, brought to a smooth movement that can be asked for at any instant.

Poses come 15 times a second with the network's jitter. They are shown one frame late (later still when the dancer leads
by more), so that there is always a next pose to move to; the movement between two poses is the stage's own
(motion/upsample.py), but that it may have to begin before the pose after the next is there.
"""

import contextlib
import math
import socket
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, NamedTuple

import numpy as np

from motion import upsample
from motion.kinematics import forward
from motion.rotation import Floats
from motion.skeleton import HUMANOID
from realtime.arrival import ArrivalClock
from realtime.frame import F32, StageError
from realtime.osc_control import read_messages

KEYS = 6  # poses remembered for each dancer
FINER = 720  # instants a second at which a movement is known; straight between them, less than a tenth of a pixel off
EARLY = 0.09  # s that a pose should still be ahead when shown: sound takes some to come in, and early looks right
SILENT_SECONDS = 1.0


@dataclass
class Show:
    """What the last frame said to all."""

    index: int = 0
    audio_time: float = 0.0
    lead: float = 0.0
    beat_phase: float = 0.0
    bar_phase: float = 0.0
    bpm: float = 0.0
    confidence: float = 0.0
    beat_in_bar: int = 1
    music: bool = False
    loudness_db: float = -120.0
    energy: float = 0.0


class Path(NamedTuple):
    """A movement between two poses of N dancers, at S instants: all are computed at once, which takes little longer."""

    span: upsample.Span
    positions: Floats  # [S, N, 22, 3]
    rotations: Floats  # [S, N, 22, 4] world rotations

    def at(self, time: float) -> tuple[Floats, Floats]:
        """Positions [N, 22, 3] and world rotations [N, 22, 4]; outside it the nearest."""
        last = len(self.positions) - 1
        place = min(max((time - self.span.time) / self.span.seconds, 0.0), 1.0) * last
        n = min(int(place), last - 1)
        share = math.floor(place - n) if self.span.leaps.any() else place - n  # a leap takes no time
        positions = self.positions[n] + share * (self.positions[n + 1] - self.positions[n])
        rotations = self.rotations[n] + share * (self.rotations[n + 1] - self.rotations[n])
        return positions, rotations / np.sqrt(np.einsum("nji,nji->nj", rotations, rotations))[..., None]


def path(span: upsample.Span) -> Path:
    """Compute it."""
    instants = np.linspace(0, span.seconds, max(round(span.seconds * FINER), 1) + 1)
    return Path(span, *forward(HUMANOID, *upsample.at(span, span.time + instants)))


class Tracks:
    """The last poses of all dancers, the same instants for all."""

    def __init__(self) -> None:
        self._dancers: list[int] = []  # whose row is which
        self._keys: deque[upsample.Key] = deque(maxlen=KEYS)
        self._passed = -np.inf  # s: up to here speeds are settled, so that no later pose changes a movement midway
        self._path: Path | None = None  # what is shown

    def __len__(self) -> int:
        return len(self._dancers)

    def add(self, time: float, dancer: int, root: F32, local: F32) -> None:
        """A new pose: root [3] metres, local [22, 4] xyzw. Whoever has none at this instant keeps the one before."""
        alone = upsample.key(time, root[None], local[None])
        if dancer not in self._dancers:
            self._dancers.append(dancer)
            self._keys = deque((_joined(key, alone) for key in self._keys), KEYS)
        if not self._keys:
            self._keys.append(alone)
        elif self._keys[-1].time != time:
            self._keys.append(upsample.key(time, self._keys[-1].root, self._keys[-1].local))
        newest, row = self._keys[-1], self._dancers.index(dancer)
        newest.root[row], newest.local[row] = root, local
        if self._passed >= time:
            self._path = None

    def keep(self, dancers: int) -> None:
        """Forget all but the first so many."""
        rows = [row for row, dancer in enumerate(self._dancers) if dancer < dancers]
        self._dancers = [self._dancers[row] for row in rows]
        self._keys = deque((upsample.Key(key.time, *(part[rows] for part in key[1:])) for key in self._keys), KEYS)
        self._path = None

    def at(self, time: float) -> list[tuple[int, Floats, Floats]]:
        """(dancer, positions [22, 3], world rotations [22, 4]); outside what is known the nearest pose."""
        if not self._dancers:
            return []
        positions, rotations = self._around(time).at(time)
        return sorted(zip(self._dancers, positions, rotations, strict=True), key=itemgetter(0))

    def _around(self, time: float) -> Path:
        keys = self._keys
        if len(keys) == 1:
            return path(upsample.between(keys[0], keys[0]._replace(time=keys[0].time + 1 / FINER)))
        end = next((n for n, key in enumerate(keys) if n and key.time >= time), len(keys) - 1)
        if self._path is None or self._path.span.time != keys[end - 1].time:
            for n in range(end + 1):
                self._settle(n)
            self._path = path(upsample.between(keys[end - 1], keys[end]))
        return self._path

    def _settle(self, n: int) -> None:
        """Give key n its speed, from the next pose too where that has come."""
        key = self._keys[n]
        if key.time > self._passed:
            after = self._keys[n + 1] if n + 1 < len(self._keys) else None
            self._keys[n] = upsample.key(key.time, key.root, key.local, self._keys[n - 1] if n else None, after)
            self._passed = key.time


def _joined(all_others: upsample.Key, one: upsample.Key) -> upsample.Key:
    """A key of the others with the pose of one more, at rest."""
    parts = (np.concatenate(pair) for pair in zip(all_others[1:], one[1:], strict=True))
    return upsample.Key(all_others.time, *parts)


def _numbers(arguments: list[Any], count: int) -> bool:
    """Whether these are so many finite numbers."""
    return len(arguments) == count and all(isinstance(n, int | float) and math.isfinite(n) for n in arguments)


@dataclass
class Stream:
    """Everything heard so far. Feed it messages with their arrival time, ask it at any `now` (seconds, same clock)."""

    show: Show = field(default_factory=Show)
    tracks: Tracks = field(default_factory=Tracks)
    fps: float = 15.0
    dancers: int = 0
    styles: tuple[str, ...] = ()
    status: str = ""
    lost: int = 0
    arrived: float = -np.inf
    _clock: ArrivalClock = field(default_factory=ArrivalClock)
    _root: F32 = field(default_factory=lambda: np.zeros(3, np.float32))  # of the dancer whose rotations come next

    def take(self, address: str, arguments: list[Any], now: float) -> None:
        """One message; addresses that mean nothing here are passed over."""
        words = address.strip("/").split("/")
        if words == ["dance", "status"] and arguments:
            self._status([f"{part:.4g}" if isinstance(part, float) else str(part) for part in arguments])
        elif words == ["dance", "hello"] and _numbers(arguments[1:3], 2):
            self._hello(int(arguments[1]), float(arguments[2]))
        elif _numbers(arguments, len(arguments)):
            self._numbers(words, arguments, now)

    def _numbers(self, words: list[str], numbers: list[float], now: float) -> None:
        show = self.show
        match words, len(numbers):
            case ["dance", "frame"], 3:
                self._frame(int(numbers[0]), numbers[1], numbers[2], now)
            case ["dance", "beat"], 6:
                show.beat_phase, show.bar_phase, show.bpm, show.confidence = numbers[:4]
                show.beat_in_bar, show.music = int(numbers[4]), bool(numbers[5])
            case ["dance", "level"], 2:
                show.loudness_db, show.energy = numbers
            case ["dance", n, "root"], 7 if n.isdecimal():
                self._root = np.array(numbers[:3], np.float32)
            case ["dance", n, "rotations"], 88 if n.isdecimal():
                local = np.array(numbers, np.float32).reshape(-1, 4)
                self.tracks.add(show.audio_time, int(n), self._root, local)

    def _frame(self, index: int, audio_time: float, lead: float, now: float) -> None:
        show = self.show
        if audio_time <= show.audio_time or now - self.arrived > SILENT_SECONDS:  # another show has begun
            self.tracks = Tracks()
            self._clock = ArrivalClock()
        else:
            self.lost += max(index - show.index - 1, 0)
        show.index, show.audio_time, show.lead = index, audio_time, lead
        self.arrived = now
        self._clock.came(now, audio_time)

    def _hello(self, dancers: int, fps: float) -> None:
        self.fps = fps if fps > 0 else self.fps
        if dancers != self.dancers:
            self.dancers = dancers
            self.tracks.keep(dancers)

    def _status(self, words: list[str]) -> None:
        if words[0] == "styles":
            self.styles = tuple(words[1:])
        elif words[0] != "controls" and words[0] != "hello":
            self.status = " ".join(words)

    def alive(self, now: float) -> bool:
        """Whether poses are coming."""
        return now - self.arrived < SILENT_SECONDS

    @property
    def delay(self) -> float:
        """Seconds from a pose's arrival to its being shown."""
        return max(1.0 / self.fps + self._clock.jitter, min(self.show.lead - EARLY, KEYS / 2 / self.fps))

    def shown_time(self, now: float) -> float:
        """Audio time of the pose to show now."""
        return (now - self._clock.offset if self._clock.known else 0.0) - self.delay

    def beat_phase(self, now: float) -> float:
        """Beat phase 0-1 of what is shown now, as the stage predicted it."""
        return self._phase(self.show.beat_phase, 1.0, now)

    def bar_phase(self, now: float) -> float:
        """Bar phase 0-1 of what is shown now (bars of four)."""
        return self._phase(self.show.bar_phase, 4.0, now)

    def _phase(self, phase: float, beats: float, now: float) -> float:
        passed = self.shown_time(now) - self.show.audio_time
        return (phase + passed * self.show.bpm / 60.0 / beats) % 1.0

    def bodies(self, now: float) -> list[tuple[int, Floats, Floats]]:
        """(dancer, positions [22, 3], world rotations [22, 4]) of everyone, at the instant to show now."""
        return self.tracks.at(self.shown_time(now))


class Receiver:
    """A UDP port that hears the stream, and through which the view talks to the stage's control port."""

    def __init__(self, host: str, port: int) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.bind((host, port))
        except OSError as err:
            self._socket.close()
            why = err.strerror or err
            raise StageError(f"port {host}:{port} is not free ({why}): choose another with --port") from None
        self._socket.setblocking(False)

    def messages(self) -> Iterator[tuple[str, list[Any]]]:
        """All that has come since the last call; what is not OSC is passed over."""
        while True:
            try:
                datagram = self._socket.recv(65536)
            except BlockingIOError:
                return
            except OSError:  # Windows tells here that an earlier message found nobody
                continue
            try:
                yield from read_messages(datagram)
            except StageError:
                continue

    def send(self, data: bytes, address: tuple[str, int]) -> None:
        """Say something to the stage; it may not be there."""
        with contextlib.suppress(OSError):
            self._socket.sendto(data, address)

    def close(self) -> None:
        """Give the port back."""
        self._socket.close()
