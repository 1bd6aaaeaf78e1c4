"""What the instruments of the demo music are made of: envelopes, bands of noise, cycles of waves, modes that ring.

A sound begins at its first sample, which is laid on the nominal time of the note; what it then needs to be heard (the
fall of a stick 0-5 ms, a string 1-10 ms, brass 20-50 ms, strings 50-300 ms) comes after, as with real instruments.
"""

from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audio.config import RATE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Rng = np.random.Generator
Hit = Callable[[Rng], F32]  # a drum: another one of its kind for every rng
Notes = tuple[float, ...]  # MIDI numbers that sound together
Play = Callable[[Notes, float], F32]  # an instrument: a chord held for so many seconds, the same for the same call
Maker = Callable[[Rng], Play]  # an instrument of its kind for every rng

TABLE = 2048  # samples of one cycle of a wave
HIGHEST_PARTIAL = 10_500.0  # Hz
LOUDNESS = 0.3  # RMS of the loudest 100 ms of a note


def samples_in(seconds: float) -> int:
    """Whole samples, two at least."""
    return max(2, int(seconds * RATE + 1e-6))


def clock(seconds: float) -> F64:
    """Time (s) of every sample."""
    return np.arange(samples_in(seconds)) / RATE


def decay(time: F64, seconds: float) -> F64:
    """To 1/e in `seconds`, with a last fade of 5 ms so that nothing clicks."""
    fade = np.minimum(1.0, np.arange(len(time), 0, -1) / 120.0)
    return np.asarray(np.exp(-time / seconds) * fade)


def band(samples: F64, low: float, high: float, order: int = 3) -> F64:
    """What lies between `low` and `high` Hz, with soft edges in the spectrum."""
    size = 1 << (len(samples) - 1).bit_length()
    bins = np.maximum(np.fft.rfftfreq(size, 1.0 / RATE), 1.0)
    gain = 1.0 / (1.0 + (low / bins) ** (2 * order)) / (1.0 + (bins / high) ** (2 * order))
    return np.asarray(np.fft.irfft(np.fft.rfft(samples, size) * gain, size)[: len(samples)])


def noise(rng: Rng, time: F64, low: float, high: float = 12_000.0, order: int = 3) -> F64:
    """Noise of RMS 1 between `low` and `high` Hz."""
    made = band(rng.standard_normal(len(time)), low, high, order)
    return np.asarray(made / max(1e-9, float(np.sqrt(np.mean(made * made)))))


def peak(samples: F64) -> F32:
    """Scaled to a peak of 1."""
    return (samples / max(1e-6, float(np.abs(samples).max()))).astype(np.float32)


def even(samples: F64 | F32) -> F32:
    """Scaled to the loudness of all notes, whatever their shape."""
    size = max(1, min(len(samples), RATE // 10))
    powers = np.square(samples[: len(samples) // size * size]).reshape(-1, size).mean(axis=1)
    return np.asarray(samples * (LOUDNESS / max(1e-6, float(np.sqrt(powers.max(initial=0.0))))), np.float32)


def hertz(midi: float) -> float:
    """Equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def modes(frequencies: F64, gains: F64, decays: F64, seconds: float) -> F64:
    """A struck or plucked body: sines from zero at `frequencies` (Hz), each to 1/e in its `decays` (s).

    A damped sine is a geometric series, so blocks of the sum of all modes are one product of two small matrices.
    """
    count = samples_in(seconds)
    block = int(np.sqrt(count)) + 1
    rates = np.where(frequencies < HIGHEST_PARTIAL, 1.0, 0.0) * gains
    turn = (2j * np.pi * frequencies - 1.0 / decays) / RATE
    coarse = np.exp(np.outer(np.arange(-(-count // block)) * block, turn)) * rates
    fine = np.exp(np.outer(turn, np.arange(block)))
    made = coarse.real.astype(np.float32) @ fine.imag.astype(np.float32)
    made += coarse.imag.astype(np.float32) @ fine.real.astype(np.float32)
    ring = made.ravel()[:count].astype(np.float64)
    return np.asarray(ring * np.minimum(1.0, np.arange(count, 0, -1) / 240.0))


def cycle(gains: F64) -> F32:
    """One cycle [TABLE] of a wave with these gains of its harmonics, in phases that keep its peak low."""
    order = np.arange(1, len(gains) + 1)
    spectrum = np.zeros(TABLE // 2 + 1, np.complex128)
    spectrum[order] = gains * np.exp(1j * (0.7 * order - np.pi / 2.0))
    return peak(np.fft.irfft(spectrum))


@lru_cache(maxsize=512)
def wave(shape: str, partials: int) -> F32:
    """One cycle of a band-limited wave: saw, square, organ, string (a soft saw), soft, or pulse with its duty (%)."""
    order = np.arange(1, max(1, partials) + 1)
    if shape.startswith("pulse"):
        return cycle(np.sin(np.pi * order * float(shape[5:]) / 100.0) / order)
    gains = {
        "saw": 1.0 / order,
        "square": (order % 2) / order,
        "organ": np.isin(order, (1, 2, 3, 4, 6, 8)) / order**0.7,
        "string": 1.0 / order**1.4,
        "soft": 1.0 / order**2.2,
    }[shape]
    return cycle(gains)


def harmonics(pitch: float, most: int = 60) -> F64:
    """The numbers 1, 2, ... of the harmonics of `pitch` (Hz) that are played."""
    return np.arange(1, max(2, min(most + 1, int(HIGHEST_PARTIAL / pitch) + 1)), dtype=np.float64)


def read(table: F32, phase: F64) -> F32:
    """A cycle read at `phase` (cycles)."""
    return np.asarray(table[(phase * TABLE).astype(np.int64) & (TABLE - 1)], np.float32)


def pitch_of(
    midi: float, time: F64, vibrato: float = 0.0, rate: float = 5.5, glide: float = 0.0, arrive: float = 0.06
) -> F64:
    """Phase (cycles) of a tone: a vibrato of `vibrato` semitones that sets in, from `glide` semitones to its pitch."""
    if not vibrato and not glide:
        return np.asarray(time * hertz(midi))
    bend = vibrato * np.minimum(1.0, time / 0.35) ** 2 * np.sin(2 * np.pi * rate * time) + glide * np.exp(
        -time / arrive
    )
    return np.asarray(np.cumsum(2.0 ** (bend / 12.0)) * (hertz(midi) / RATE))


def together(note: Callable[[float, float], F64 | F32], strum: float = 0.0) -> Play:
    """An instrument out of its single notes; a chord is struck at once, or `strum` s from one string to the next."""

    def play(notes: Notes, seconds: float) -> F32:
        if len(notes) == 1:
            return even(note(notes[0], seconds))
        mixed = np.zeros(samples_in(seconds))
        for place, midi in enumerate(sorted(notes)):
            late = min(int(place * strum * RATE), len(mixed) - 1)
            made = note(midi, seconds)[: len(mixed) - late]
            mixed[late : late + len(made)] += made
        return even(mixed)

    return play
