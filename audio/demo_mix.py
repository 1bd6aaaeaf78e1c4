"""The mixing desk of the demo music."""

import numpy as np
from numpy.typing import NDArray

from audio import demo_effects
from audio.config import RATE
from audio.demo_production import CLEAN, Production

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

ROOM = ((0.011, 0.22), (0.019, 0.18), (0.031, 0.14), (0.047, 0.1), (0.067, 0.07))  # s, gain: first reflections
SENDS = {"kick": 0.0, "bass": 0.05, "drums": 0.6}  # how much of a bus goes into the room; of others all
THIN = 16  # the limiter measures every 16th sample


class Mix:
    """One bus for each kind of voice, mono, and a master at the end."""

    def __init__(self, length: int, production: Production = CLEAN) -> None:
        self.length = length
        self.production = production
        self.buses: dict[str, F32] = {}
        self.ducking = np.ones(length, np.float32)

    def add(self, bus: str, samples: F32, start: float, gain: float) -> None:
        """Lay samples on a bus at `start` seconds; what lies outside of the song is dropped."""
        track = self.buses.get(bus)
        if track is None:
            track = self.buses[bus] = np.zeros(self.length, np.float32)
        first = round(start * RATE)
        part = samples[max(0, -first) : max(0, self.length - first)]
        first = max(0, first)
        track[first : first + len(part)] += np.float32(gain) * part

    def duck(self, kicks: F64) -> None:
        """Make room for the kicks (s): chords, pad and bass fall and come back."""
        fall = self.production.duck_seconds * RATE
        dip = (1.0 - self.production.duck * np.exp(-np.arange(int(3 * fall)) / fall)).astype(np.float32)
        for start in np.round(kicks * RATE).astype(np.int64).tolist():
            part = self.ducking[max(0, start) : start + len(dip)]
            np.minimum(part, dip[: len(part)], out=part)

    def master(self, level: float, rng: np.random.Generator, first: float = 0.0, beat: float = 0.5) -> F32:
        """Sum, effects, and a soft limit: RMS `level`, peaks below 1. Echoes follow the `beat` (s).

        Noise of the medium begins with the music, `first` s.
        """
        settings = self.production
        dry, send = np.zeros(self.length, np.float32), np.zeros(self.length, np.float32)
        for name, track in self.buses.items():
            if settings.echo and name in settings.echo_on:
                track = demo_effects.echoed(track, settings.echo_beats * beat, settings.echo, settings.echo_feedback)
            if settings.duck and name not in ("kick", "drums"):
                track = track * self.ducking
            dry += track
            share = SENDS.get(name, 1.0)
            if share:
                send += np.float32(share) * track
        if settings == CLEAN or settings == Production(duck=settings.duck):
            return limited(_reflected(dry, send), level)
        total = self._filtered(dry, send, rng)
        if settings.ratio > 1.0:
            total = demo_effects.compressed(total, settings.ratio, settings.release)
        if settings.wow:
            total = demo_effects.wowed(total, rng, settings.wow)
        if settings.crackle or settings.hiss:
            begin = min(self.length, round(first * RATE))
            medium = demo_effects.crackle(rng, self.length - begin, settings.crackle) * np.float32(4.0)
            if settings.hiss:
                medium += np.float32(settings.hiss) * rng.standard_normal(self.length - begin, np.float32)
            total[begin:] += np.float32(_rms(total)) * medium
        total = limited(total, level, settings.drive)
        if settings.bits:
            total = np.round(total * 2 ** (settings.bits - 1)) / np.float32(2 ** (settings.bits - 1))
        return np.asarray(np.clip(total, -0.98, 0.98), np.float32)

    def _filtered(self, dry: F32, send: F32, rng: np.random.Generator) -> F32:
        """The channel's equaliser over everything, and the room."""
        s = self.production
        tone = demo_effects.fir(
            (1.0, s.low / 2, s.low, 100.0, 250.0, 900.0, 3_000.0, 0.7 * s.high, s.high, 12_001.0),
            (
                -60.0,
                -15.0,
                -2.0,
                -0.5 * s.tilt,
                -0.3 * s.tilt + s.bumps[0],
                s.bumps[1],
                0.25 * s.tilt + s.bumps[2],
                0.4 * s.tilt,
                0.5 * s.tilt - 6.0 * (s.high < 12_000.0),
                0.5 * s.tilt - 24.0 * (s.high < 12_000.0),
            ),
        )
        if not s.reverb:
            return demo_effects.convolved([(dry, tone)])
        tail = demo_effects.room(rng, s.reverb_seconds, s.pre_delay, 4_000.0)
        tail = np.asarray(np.convolve(tail, tone[:64]) * np.sqrt(s.reverb), np.float32)
        return demo_effects.convolved([(dry, tone), (send, tail)])


def _reflected(dry: F32, send: F32) -> F32:
    """A dry room: five reflections."""
    for seconds, gain in ROOM:
        late = round(seconds * RATE)
        if late < len(dry):
            dry[late:] += np.float32(gain) * send[:-late]
    return dry


def limited(samples: F32, level: float, drive: float = 1.0) -> F32:
    """Peaks bent so that all stay below 0.98 and the RMS is `level`; `drive` bends them before, too."""
    total = np.asarray(samples)
    if drive > 1.0:
        total = np.tanh(total * np.float32(drive * level / _rms(total)))
    low, high = -8.0, 12.0  # nepers around the plain gain
    thin = total[::THIN].astype(np.float64)
    plain = level / _rms(total)
    for _ in range(20):
        middle = 0.5 * (low + high)
        if _rms(np.tanh(thin * (plain * np.exp(middle)))) < level / 0.98:
            low = middle
        else:
            high = middle
    return np.asarray(np.tanh(total * np.float32(plain * np.exp(low))) * np.float32(0.98), np.float32)


def _rms(samples: NDArray[np.floating]) -> float:
    return max(1e-9, float(np.sqrt(np.mean(np.square(samples), dtype=np.float64))))
