"""What the view hears: the /dance stream, brought to a smooth movement that can be asked for at any instant.

Poses come 15 times a second with the network's jitter. They are shown one frame late (later still when the dancer leads
by more), so that there is always a next pose to move to; the movement between two poses is a cubic whose speed does not
jump. Rotations are interpolated, not positions: limbs keep their length.
"""

import contextlib
import math
import socket
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from motion.kinematics import forward
from motion.rotation import Floats, normalize
from motion.skeleton import HUMANOID
from realtime.frame import F32, StageError
from realtime.osc_control import read_messages

KEYS = 6  # poses remembered for each dancer
EARLY = 0.09  # s that a pose should still be ahead when shown: sound takes some to come in, and early looks right
JITTER_LIMIT = 0.06  # s
CLOCK_WINDOW = 60  # frames over which the earliest arrival sets the clock
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


@dataclass
class Key:
    """One pose: what is interpolated, [3 + 22 * 4] root position and local rotations, and its speed once known."""

    time: float
    values: Floats
    speed: Floats | None = None


class Track:
    """The last poses of one dancer."""

    def __init__(self) -> None:
        self._keys: deque[Key] = deque(maxlen=KEYS)

    def add(self, time: float, root: F32, local: F32) -> None:
        """A new pose: root [3] metres, local [22, 4] xyzw."""
        if self._keys:
            before = self._keys[-1].values[3:].reshape(local.shape)
            local = np.where(np.sum(local * before, axis=-1, keepdims=True) < 0, -local, local)
        self._keys.append(Key(time, np.concatenate((root, local.ravel()))))

    def at(self, time: float) -> tuple[Floats, Floats] | None:
        """World positions [22, 3] and rotations [22, 4] at `time`; the nearest pose outside what is known."""
        keys = self._keys
        if not keys:
            return None
        after = next((n for n, key in enumerate(keys) if key.time >= time), None)
        if after is None or after == 0:
            values = keys[-1 if after is None else 0].values
        else:
            a, b = keys[after - 1], keys[after]
            speeds = self._speed(after - 1), self._speed(after)
            values = hermite(a.values, speeds[0], b.values, speeds[1], b.time - a.time, time - a.time)
        return forward(HUMANOID, values[:3], normalize(values[3:].reshape(-1, 4)))

    def _speed(self, n: int) -> Floats:
        """Speed at key n, kept once used, so that no later pose changes a movement midway.

        The central difference where the next pose is known; else that of the parabola through the last three.
        """
        key = self._keys[n]
        if key.speed is None:
            if 0 < n < len(self._keys) - 1:
                key.speed = self._slope(n - 1, n + 1)
            elif n >= 2:
                key.speed = 1.5 * self._slope(n - 1, n) - 0.5 * self._slope(n - 2, n - 1)
            else:
                key.speed = self._slope(max(n - 1, 0), max(n, 1))
        return key.speed

    def _slope(self, n: int, m: int) -> Floats:
        a, b = self._keys[n], self._keys[m]
        slope: Floats = (b.values - a.values) / (b.time - a.time)
        return slope


def hermite(a: Floats, speed_a: Floats, b: Floats, speed_b: Floats, span: float, at: float) -> Floats:
    """Cubic from a to b over `span` seconds with these speeds at its ends, `at` seconds after a (Hermite basis)."""
    u = at / span
    curve: Floats = (
        (1 + 2 * u) * (1 - u) ** 2 * a
        + u * (1 - u) ** 2 * span * speed_a
        + u * u * (3 - 2 * u) * b
        + u * u * (u - 1) * span * speed_b
    )
    return curve


def _numbers(arguments: list[Any], count: int) -> bool:
    """Whether these are so many finite numbers."""
    return len(arguments) == count and all(isinstance(n, int | float) and math.isfinite(n) for n in arguments)


@dataclass
class Stream:
    """Everything heard so far. Feed it messages with their arrival time, ask it at any `now` (seconds, same clock)."""

    show: Show = field(default_factory=Show)
    tracks: dict[int, Track] = field(default_factory=dict)
    fps: float = 15.0
    dancers: int = 0
    styles: tuple[str, ...] = ()
    status: str = ""
    lost: int = 0
    arrived: float = -np.inf
    _offsets: deque[float] = field(default_factory=lambda: deque(maxlen=CLOCK_WINDOW))
    _jitter: float = 0.0
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
                self.tracks.setdefault(int(n), Track()).add(show.audio_time, self._root, local)

    def _frame(self, index: int, audio_time: float, lead: float, now: float) -> None:
        show = self.show
        if audio_time <= show.audio_time or now - self.arrived > SILENT_SECONDS:  # another show has begun
            self.tracks.clear()
            self._offsets.clear()
            self._jitter = 0.0
        else:
            self.lost += max(index - show.index - 1, 0)
        show.index, show.audio_time, show.lead = index, audio_time, lead
        self.arrived = now
        self._offsets.append(now - audio_time)
        late = min(self._offsets[-1] - min(self._offsets), JITTER_LIMIT)
        self._jitter = max(late, self._jitter + 0.02 * (late - self._jitter))

    def _hello(self, dancers: int, fps: float) -> None:
        self.fps = fps if fps > 0 else self.fps
        if dancers != self.dancers:
            self.dancers = dancers
            self.tracks = {n: track for n, track in self.tracks.items() if n < dancers}

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
        return max(1.0 / self.fps + self._jitter, min(self.show.lead - EARLY, KEYS / 2 / self.fps))

    def shown_time(self, now: float) -> float:
        """Audio time of the pose to show now."""
        return now - min(self._offsets, default=now) - self.delay

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
        time = self.shown_time(now)
        found = [(n, track.at(time)) for n, track in sorted(self.tracks.items())]
        return [(n, *body) for n, body in found if body is not None]


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
