"""The instruments of the demo music, synthesised: every function returns mono samples at the stage rate, about +-1."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from audio.config import RATE

F32 = NDArray[np.float32]

TABLE = 2048  # samples of one cycle of a wave
HIGHEST_PARTIAL = 9_000.0  # Hz


def _time(seconds: float) -> NDArray[np.float64]:
    return np.arange(int(seconds * RATE)) / RATE


def _decay(time: NDArray[np.float64], seconds: float) -> NDArray[np.float64]:
    """To 1/e in `seconds`, with a last fade so that nothing clicks."""
    fade = np.minimum(1.0, np.arange(len(time), 0, -1) / 120.0)
    return np.asarray(np.exp(-time / seconds) * fade)


def _high_passed(noise: NDArray[np.float64], hertz: float, top: float = 12_000.0) -> NDArray[np.float64]:
    """Noise without what lies below `hertz`, by a soft cut in the spectrum."""
    spectrum = np.fft.rfft(noise)
    bins = np.fft.rfftfreq(len(noise), 1.0 / RATE)
    gain = 1.0 / (1.0 + (hertz / np.maximum(bins, 1.0)) ** 6) / (1.0 + (bins / top) ** 4)
    return np.asarray(np.fft.irfft(spectrum * gain, len(noise)))


def _peak(samples: NDArray[np.float64]) -> F32:
    return (samples / max(1e-6, float(np.abs(samples).max()))).astype(np.float32)


def kick(rng: np.random.Generator, deep: float = 0.5) -> F32:
    """A sine that falls from about 180 Hz to 50, with a click; `deep` 0-1 lengthens it."""
    time = _time(0.22 + 0.2 * deep)
    floor, top = rng.uniform(46.0, 56.0), rng.uniform(110.0, 170.0)
    phase = 2 * np.pi * (floor * time + top * 0.028 * (1.0 - np.exp(-time / 0.028)))
    body = np.sin(phase) * _decay(time, 0.09 + 0.12 * deep)
    click = _high_passed(rng.standard_normal(len(time)), 1500.0) * _decay(time, 0.004)
    return _peak(np.tanh(1.8 * body) + 0.25 * click)


def snare(rng: np.random.Generator) -> F32:
    """Two drum modes and a rattle."""
    time = _time(0.22)
    tone = rng.uniform(170.0, 220.0)
    body = np.sin(2 * np.pi * tone * time) + 0.6 * np.sin(2 * np.pi * tone * 1.6 * time)
    rattle = _high_passed(rng.standard_normal(len(time)), 900.0)
    return _peak(0.5 * body * _decay(time, 0.045) + 0.5 * rattle * _decay(time, rng.uniform(0.05, 0.09)))


def clap(rng: np.random.Generator) -> F32:
    """Four bursts within 30 ms, then a tail; the loud one lies on the beat."""
    time = _time(0.24)
    noise = _high_passed(rng.standard_normal(len(time)), 800.0, 5_000.0)
    bursts = np.zeros_like(time)
    for start in (0.0, 0.009, 0.018):
        after = time - start
        bursts += np.where(after >= 0.0, np.exp(-np.maximum(after, 0.0) / 0.005), 0.0)
    return _peak(noise * (bursts + 0.5 * _decay(time, 0.07)))


def hat(rng: np.random.Generator, seconds: float) -> F32:
    """Closed at 0.03 s, open at 0.2 s."""
    time = _time(seconds * 3.0)
    metal = sum(np.sign(np.sin(2 * np.pi * f * time)) for f in rng.uniform(3_200.0, 8_600.0, 5))
    noise = _high_passed(rng.standard_normal(len(time)) + 0.4 * metal, 6_500.0)
    return _peak(noise * _decay(time, seconds))


def shaker(rng: np.random.Generator) -> F32:
    """A soft grain of noise."""
    time = _time(0.09)
    rise = np.minimum(1.0, time / 0.012)
    return _peak(_high_passed(rng.standard_normal(len(time)), 5_000.0) * rise * _decay(time, 0.025))


def cymbal(rng: np.random.Generator, seconds: float = 0.5) -> F32:
    """Ride at 0.15 s, crash at 0.5 s."""
    time = _time(seconds * 3.0)
    return _peak(_high_passed(rng.standard_normal(len(time)), 4_000.0) * _decay(time, seconds))


def tuned_drum(rng: np.random.Generator, hertz: float, seconds: float = 0.09) -> F32:
    """Conga, tom or bongo at `hertz`."""
    time = _time(seconds * 4.0)
    phase = 2 * np.pi * hertz * (time + 0.15 * 0.02 * (1.0 - np.exp(-time / 0.02)))
    slap = _high_passed(rng.standard_normal(len(time)), 1_200.0) * _decay(time, 0.004)
    return _peak(np.sin(phase) * _decay(time, seconds) + 0.3 * slap)


def bell(hertz: float, seconds: float) -> F32:
    """Cowbell or clave: two squared partials."""
    time = _time(seconds * 4.0)
    tones = np.tanh(3 * np.sin(2 * np.pi * hertz * time)) + np.tanh(3 * np.sin(2 * np.pi * 1.48 * hertz * time))
    return _peak(tones * _decay(time, seconds))


@lru_cache(maxsize=256)
def wave(shape: str, partials: int) -> F32:
    """One cycle [TABLE] of a band-limited wave: saw, square, organ, string (a soft saw) or soft."""
    cycle = np.arange(TABLE) / TABLE
    order = np.arange(1, max(1, partials) + 1)
    gains = {
        "saw": 1.0 / order,
        "square": (order % 2) / order,
        "organ": np.isin(order, (1, 2, 3, 4, 6, 8)) / order**0.7,
        "string": 1.0 / order**1.4,
        "soft": 1.0 / order**2.2,
    }[shape]
    cycles = np.sin(2 * np.pi * cycle[:, None] * order + 0.7 * order) @ gains
    return _peak(cycles)


def hertz(midi: float) -> float:
    """Equal temperament, A4 = 69 = 440 Hz."""
    return float(440.0 * 2.0 ** ((midi - 69.0) / 12.0))


def note(
    midi: float, seconds: float, shape: str, attack: float, decay: float, partials: int = 40, detune: float = 0.0
) -> F32:
    """A held tone: `attack` s up, 1/e in `decay` s, 15 ms release; `detune` (part) adds a second voice beside it."""
    length = int(seconds * RATE)
    if length < 2:
        return np.zeros(0, np.float32)
    pitch = hertz(midi)
    table = wave(shape, min(partials, int(HIGHEST_PARTIAL / pitch)))
    steps = np.arange(length) * (pitch * TABLE / RATE)
    tone = table[steps.astype(np.int64) & (TABLE - 1)]
    if detune:
        tone = 0.5 * (tone + table[(steps * (1.0 + detune)).astype(np.int64) & (TABLE - 1)])
    time = np.arange(length, dtype=np.float32) / RATE
    envelope = np.exp(-time / decay) * np.minimum(1.0, time / attack)
    envelope *= np.minimum(1.0, (length - np.arange(length)) / (0.015 * RATE))
    return np.asarray(tone * envelope, np.float32)
