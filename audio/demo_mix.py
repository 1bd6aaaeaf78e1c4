"""The mixing desk of the demo music."""

import numpy as np
from numpy.typing import NDArray

from audio import demo_voices
from audio.config import RATE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

ROOM = ((0.011, 0.22), (0.019, 0.18), (0.031, 0.14), (0.047, 0.1), (0.067, 0.07))  # s, gain: first reflections
DRY = ("kick", "bass")
DUCK_SECONDS = 0.12


class Mix:
    """One bus for each kind of voice, mono, and a master at the end."""

    def __init__(self, length: int) -> None:
        self.length = length
        self.buses: dict[str, F32] = {}
        self.ducking = np.ones(length, np.float32)
        self._notes: dict[tuple[float, int, str, float], F32] = {}

    def note(
        self, midi: float, seconds: float, shape: str, attack: float, decay: float, partials: int, detune: float = 0.0
    ) -> F32:
        """As demo_voices.note; the same note is made once."""
        key = (midi, round(seconds * 200), shape, decay)
        if key not in self._notes:
            self._notes[key] = demo_voices.note(midi, key[1] / 200, shape, attack, decay, partials, detune)
        return self._notes[key]

    def add(self, bus: str, samples: F32, start: float, gain: float) -> None:
        """Lay samples on a bus at `start` seconds; what lies outside of the song is dropped."""
        track = self.buses.setdefault(bus, np.zeros(self.length, np.float32))
        first = round(start * RATE)
        part = samples[max(0, -first) : max(0, self.length - first)]
        first = max(0, first)
        track[first : first + len(part)] += np.float32(gain) * part

    def duck(self, kicks: F64, depth: float) -> None:
        """Make room for the kicks (s): chords, pad and bass fall by `depth` (0-1) and come back."""
        length = int(3 * DUCK_SECONDS * RATE)
        dip = (1.0 - depth * np.exp(-np.arange(length) / (DUCK_SECONDS * RATE))).astype(np.float32)
        for start in np.round(kicks * RATE).astype(np.int64).tolist():
            part = self.ducking[start : start + length]
            np.minimum(part, dip[: len(part)], out=part)

    def master(self, level: float) -> F32:
        """Sum, room, and a soft limit: RMS `level`, peaks below 1."""
        dry, wet = np.zeros(self.length, np.float32), np.zeros(self.length, np.float32)
        for name, track in self.buses.items():
            track = track if name in ("kick", "drums") else track * self.ducking
            (dry if name in DRY else wet)[:] += track
        total = dry + wet
        for seconds, gain in ROOM:
            late = round(seconds * RATE)
            if late < self.length:
                total[late:] += np.float32(gain) * wet[:-late]
        for _ in range(3):
            rms = float(np.sqrt(np.mean(np.square(total), dtype=np.float64)))
            total = np.tanh(total * np.float32(level / max(rms, 1e-9)))
        return np.asarray(total * np.float32(0.98), np.float32)
