"""Sounds that are not music, synthesised: what a stage hears before, between and instead of songs.

KINDS: name -> function(rng, seconds) -> mono samples at the stage rate, at a level such a sound may have there.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from audio.config import RATE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Kind = Callable[[np.random.Generator, float], F32]

LOOP = 1 << 18  # samples of a bed of noise, 10.9 s: it goes round without a seam
TABLE = 1 << 11  # samples of one cycle of a voice
SYLLABLES = (3.0, 6.0)  # a second
# first three formants (Hz) of vowels as in father, bed, see, bought, boot, sir: Peterson and Barney 1952, men
VOWELS = (
    (730, 1090, 2440),
    (530, 1840, 2480),
    (270, 2290, 3010),
    (570, 840, 2410),
    (300, 870, 2240),
    (490, 1350, 1690),
)


def coloured(rng: np.random.Generator, length: int, slope: float, low: float = 20.0, high: float = 12_000.0) -> F32:
    """Noise [length] of RMS 1 whose power falls by `slope` dB an octave (0 white, 3 pink, 6 brown), within a band."""
    size = min(LOOP, 1 << max(8, (length - 1).bit_length()))
    hertz = np.fft.rfftfreq(size, 1.0 / RATE)[1:].astype(np.float32)
    shape = (hertz / 1000.0) ** (-slope / 6.02) / np.sqrt(1.0 + (low / hertz) ** 8) / np.sqrt(1.0 + (hertz / high) ** 8)
    spectrum = np.zeros(size // 2 + 1, np.complex64)
    spectrum[1:] = rng.standard_normal(size, np.float32).view(np.complex64) * shape
    bed = np.fft.irfft(spectrum, size)
    return _round(np.asarray(bed / np.sqrt(np.mean(np.square(bed))), np.float32), int(rng.integers(size)), length)


def _round(bed: F32, start: int, length: int) -> F32:
    """`length` samples of a bed that goes round."""
    return np.tile(bed, -(-(start + length) // len(bed)))[start : start + length]


def _samples(seconds: float) -> int:
    return round(seconds * RATE)


def _at(samples: F32, decibels: float) -> F32:
    """The same sound at this RMS (dBFS), and below full scale."""
    rms = float(np.sqrt(np.mean(np.square(samples), dtype=np.float64))) if len(samples) else 0.0
    gain = 10.0 ** (decibels / 20.0) / max(rms, 1e-9)
    return np.asarray(samples * np.float32(min(gain, 0.98 / max(float(np.abs(samples).max(initial=0.0)), 1e-9))))


def _slow(rng: np.random.Generator, length: int, seconds: float, depth: float) -> F32:
    """A level that wanders by `depth` (dB, one sigma) within about `seconds`, as a gain [length]."""
    knots = rng.normal(0.0, depth, int(length / RATE / seconds) + 3)
    places = np.arange(0, length + 240, 240) / (RATE * seconds)
    gain = (10.0 ** (np.interp(places, np.arange(len(knots)), knots) / 20.0)).astype(np.float32)
    return np.repeat(gain, 240)[:length]


def silence(rng: np.random.Generator, seconds: float) -> F32:
    """A quiet input: hiss at -95 to -70 dBFS."""
    return _at(coloured(rng, _samples(seconds), rng.uniform(0.0, 2.0)), rng.uniform(-95.0, -70.0))


def white(rng: np.random.Generator, seconds: float) -> F32:
    """White noise."""
    return _at(rng.standard_normal(_samples(seconds), np.float32), rng.uniform(-50.0, -18.0))


def pink(rng: np.random.Generator, seconds: float) -> F32:
    """Noise that falls by 2 to 5 dB an octave: rain, air conditioning."""
    return _at(coloured(rng, _samples(seconds), rng.uniform(2.0, 5.0), 40.0), rng.uniform(-50.0, -18.0))


def hum(rng: np.random.Generator, seconds: float) -> F32:
    """The mains (50 or 60 Hz) and their harmonics over hiss."""
    mains = float(rng.choice([50.0, 60.0]))
    cycle = mains * np.arange(RATE) / RATE  # whole cycles a second: one second goes round
    second = sum(rng.uniform(0, 1) / h * np.sin(2 * np.pi * (h * cycle + rng.random())) for h in range(1, 9))
    length = _samples(seconds)
    tone = _round(np.asarray(second, np.float32), 0, length)
    return _at(tone + 0.03 * coloured(rng, length, 0.0), rng.uniform(-55.0, -25.0))


def applause(rng: np.random.Generator, seconds: float) -> F32:
    """5 to 80 people, each clapping at a pace of his own and unevenly."""
    length = _samples(seconds)
    size = min(LOOP, 1 << max(12, (length - 1).bit_length()))
    hits = np.zeros((4, size), np.float32)
    for _ in range(int(rng.integers(5, 80))):
        gaps = rng.uniform(0.16, 0.34) * rng.lognormal(0.0, 0.22, size // 3000)
        when = (np.cumsum(gaps) * RATE).astype(np.int64)
        when = when[when < size]
        hits[rng.integers(4), when] += rng.uniform(0.2, 1.0) * rng.uniform(0.6, 1.0, len(when))
    time = np.arange(1200) / RATE
    bed = np.zeros(size // 2 + 1, np.complex64)
    for row in hits:
        pitch, decay = rng.uniform(700.0, 2200.0), rng.uniform(0.003, 0.009)
        hand = rng.standard_normal(len(time)) + 2 * np.sin(2 * np.pi * pitch * time)
        bed += np.fft.rfft(row) * np.fft.rfft((hand * np.exp(-time / decay)).astype(np.float32), size)
    claps = np.fft.irfft(bed, size).astype(np.float32)
    return _at(_round(claps, 0, length) * _slow(rng, length, 2.0, 2.0), rng.uniform(-38.0, -18.0))


def voice(rng: np.random.Generator, seconds: float) -> F32:
    """One person who speaks no language: syllables of gliding vowels, hisses and pops, in phrases with pauses."""
    length, pitch, rate = _samples(seconds), rng.uniform(85.0, 250.0), rng.uniform(*SYLLABLES)
    tables = [_vowel(pitch, formants, rng.uniform(0.92, 1.12)) for formants in VOWELS]
    hiss = coloured(rng, 1 << 15, -1.0, rng.uniform(1500.0, 4000.0), 9000.0)
    out = np.zeros(length, np.float32)
    now = rng.uniform(0.0, 0.8)
    while now < seconds:
        phrase = int(rng.integers(2, 14))
        for index in range(phrase):
            gap = min(0.6, rng.lognormal(0.0, 0.35) / rate)
            melody = pitch * (1.15 - 0.25 * index / phrase) * rng.uniform(0.88, 1.15)
            _lay(out, now, _syllable(rng, tables, melody, gap * rng.uniform(0.6, 1.0)) * rng.uniform(0.5, 1.0))
            if rng.random() < 0.6:  # a consonant before the vowel
                _lay(out, now - rng.uniform(0.02, 0.06), _consonant(rng, hiss))
            now += gap
        now += rng.uniform(0.15, 1.4)
    return out


def _vowel(pitch: float, formants: tuple[int, ...], size: float) -> F32:
    """One cycle [TABLE] of a voice: harmonics that fall by 9 dB an octave through resonances of 90 to 160 Hz."""
    order = np.arange(1, int(5000 / pitch) + 1)
    widths = (90.0, 110.0, 160.0)
    gain = sum(1.0 / (1.0 + ((order * pitch - f * size) / w) ** 2) for f, w in zip(formants, widths, strict=True))
    spectrum = np.zeros(TABLE // 2 + 1, np.complex64)
    spectrum[1 : len(order) + 1] = (0.02 + np.asarray(gain)) * order**-0.8 * np.exp(1j * 0.8 * order)
    cycle = np.fft.irfft(spectrum, TABLE)
    return np.asarray(cycle / np.abs(cycle).max(), np.float32)


def _syllable(rng: np.random.Generator, tables: list[F32], pitch: float, seconds: float) -> F32:
    length = max(600, _samples(seconds))
    part = np.linspace(0.0, 1.0, length, dtype=np.float32)
    hertz = pitch * (1.0 + rng.normal(0.0, 0.08) * part)
    step = (np.cumsum(hertz) * (TABLE / RATE)).astype(np.int64) & (TABLE - 1)
    one, other = rng.integers(0, len(tables), 2)
    swell = np.minimum(part / rng.uniform(0.08, 0.3), (1.0 - part) / rng.uniform(0.2, 0.5))
    return np.asarray(
        (tables[one][step] * (1 - part) + tables[other][step] * part) * np.minimum(1.0, swell), np.float32
    )


def _consonant(rng: np.random.Generator, hiss: F32) -> F32:
    length = _samples(rng.choice([rng.uniform(0.006, 0.015), rng.uniform(0.04, 0.12)]))
    start = int(rng.integers(0, len(hiss) - length))
    return np.asarray(hiss[start : start + length] * np.hanning(length) * rng.uniform(0.03, 0.25), np.float32)


def _lay(out: F32, seconds: float, samples: F32) -> None:
    start = max(0, _samples(seconds))
    out[start : start + len(samples)] += samples[: max(0, len(out) - start)]


def speech(rng: np.random.Generator, seconds: float) -> F32:
    """One to three people who talk."""
    voices = sum((voice(rng, seconds) for _ in range(int(rng.integers(1, 4)))), np.zeros(_samples(seconds), np.float32))
    room = coloured(rng, len(voices), 3.0) * np.float32(0.003)
    return _at(voices + room, rng.uniform(-38.0, -16.0))


def crowd(rng: np.random.Generator, seconds: float) -> F32:
    """A full bar: a few voices many times over, none of which can be followed, over a murmur."""
    length = _samples(seconds)
    talk = voice(rng, min(seconds, 11.0)) + voice(rng, min(seconds, 11.0))
    bed = sum(np.float32(rng.uniform(0.3, 1.0)) * np.roll(talk, int(rng.integers(len(talk)))) for _ in range(14))
    murmur = coloured(rng, length, 5.0, 200.0, 4000.0)
    many = _round(np.asarray(bed, np.float32), 0, length)
    level = float(np.sqrt(np.mean(np.square(many))))
    return _at((many + 0.5 * level * murmur) * _slow(rng, length, 3.0, 1.5), rng.uniform(-42.0, -20.0))


def knocks(rng: np.random.Generator, seconds: float) -> F32:
    """Steps, doors and things put down, at times that follow no pulse."""
    out = 0.002 * coloured(rng, _samples(seconds), 3.0)
    time = np.arange(4800) / RATE
    now = rng.uniform(0.0, 1.0)
    while now < seconds:
        modes = sum(rng.uniform(0, 1) * np.sin(2 * np.pi * f * time) for f in rng.uniform(60.0, 900.0, 4))
        dull = np.convolve(rng.standard_normal(len(time)), np.ones(12) / 12, "same")
        strike = (modes + dull) * np.exp(-time / rng.uniform(0.008, 0.05)) * rng.uniform(0.1, 1.0)
        _lay(out, now, strike.astype(np.float32))
        now += 0.12 + rng.exponential(rng.uniform(0.3, 1.2))
    return _at(out, rng.uniform(-45.0, -22.0))


def drone(rng: np.random.Generator, seconds: float) -> F32:
    """Held tones that come and go over many seconds: tuning up, a fan, feedback."""
    length = _samples(seconds)
    time = np.arange(RATE * 4) / RATE  # 4 s go round: every partial has whole cycles
    out = np.zeros(length, np.float32)
    for _ in range(int(rng.integers(1, 5))):
        base, harmonics = rng.uniform(60.0, 700.0), int(rng.integers(1, 8))
        tone = sum(
            rng.uniform(0.2, 1) / h * np.sin(2 * np.pi * (round(4 * base * h) / 4 * time + rng.random()))
            for h in range(1, harmonics + 1)
        )
        out += _round(np.asarray(tone, np.float32), 0, length) * _slow(rng, length, rng.uniform(6.0, 15.0), 5.0)
    fade = np.minimum(1.0, (np.arange(length, dtype=np.float32) + 1) / (0.5 * RATE))
    return _at(out * fade, rng.uniform(-45.0, -20.0))


def wind(rng: np.random.Generator, seconds: float) -> F32:
    """Gusts over a microphone."""
    length = _samples(seconds)
    gusts = coloured(rng, length, 6.0, 25.0) * _slow(rng, length, rng.uniform(0.7, 2.5), 6.0)
    return _at(gusts, rng.uniform(-40.0, -15.0))


KINDS: dict[str, Kind] = {
    "silence": silence,
    "white": white,
    "pink": pink,
    "hum": hum,
    "applause": applause,
    "speech": speech,
    "crowd": crowd,
    "knocks": knocks,
    "drone": drone,
    "wind": wind,
}
