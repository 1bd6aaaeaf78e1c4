"""Instruments of the demo music that are plucked or struck, and ring out: strings, keys, bars of wood and metal."""

import numpy as np

from audio.config import RATE
from audio.demo_voices import (
    F32,
    F64,
    Maker,
    Notes,
    Play,
    Rng,
    band,
    clock,
    cycle,
    decay,
    even,
    harmonics,
    hertz,
    modes,
    noise,
    read,
    together,
)


def string(
    rng: Rng,
    brightness: tuple[float, float],
    ring: tuple[float, float],
    stiffness: float = 4e-5,
    strum: float = 0.0,
    plectrum: float = 0.2,
) -> Play:
    """A plucked string: `brightness` (Hz) is where its partials fall off, `ring` (s) how long A2 rings."""
    place, bright, length = rng.uniform(0.09, 0.35), rng.uniform(*brightness), rng.uniform(*ring)
    scrape = noise(rng, clock(0.02), 1_500.0, 8_000.0, 2) * decay(clock(0.02), 0.004) * plectrum * rng.uniform(0.3, 1.5)

    def note(midi: float, seconds: float) -> F64:
        pitch = hertz(midi)
        order = harmonics(pitch, 40)
        tones = pitch * order * np.sqrt(1.0 + stiffness * order**2)
        gains = np.sin(np.pi * order * place) / order / (1.0 + (tones / bright) ** 2)
        decays = length * np.sqrt(110.0 / pitch) / (1.0 + tones / 1_800.0)
        made = modes(tones, gains, decays, seconds)
        made[: len(scrape)] += scrape[: len(made)] * np.abs(gains).max()
        return made

    return together(note, strum)


def guitar(rng: Rng) -> Play:
    """A steel-strung guitar, its chords strummed."""
    return string(rng, (1_800.0, 5_000.0), (0.8, 2.0), strum=rng.uniform(0.006, 0.018))


def nylon(rng: Rng) -> Play:
    """A nylon-strung guitar."""
    return string(rng, (700.0, 1_600.0), (0.4, 1.0), 1e-5, rng.uniform(0.002, 0.02), 0.1)


def clean_guitar(rng: Rng) -> Play:
    """An electric guitar without overdrive, struck almost at once."""
    return string(rng, (1_500.0, 3_500.0), (1.2, 3.0), strum=rng.uniform(0.001, 0.008))


def banjo(rng: Rng) -> Play:
    """Bright and short; also mandolin and ukulele."""
    return string(rng, (2_500.0, 6_000.0), (0.15, 0.4), strum=rng.uniform(0.002, 0.012), plectrum=0.4)


def harp(rng: Rng) -> Play:
    """Harp or pizzicato, dark and round."""
    return string(rng, (500.0, 1_500.0), (0.3, 1.4), 1e-5, rng.uniform(0.0, 0.03), 0.05)


def finger_bass(rng: Rng) -> Play:
    """An electric bass played with fingers."""
    return string(rng, (350.0, 1_000.0), (0.7, 1.6), plectrum=0.06)


def pick_bass(rng: Rng) -> Play:
    """An electric bass played with a plectrum, sometimes overdriven."""
    play = string(rng, (900.0, 2_600.0), (0.7, 1.6), plectrum=0.3)
    return amplified(play, rng.uniform(0.8, 5.0), 3_500.0)


def slap_bass(rng: Rng) -> Play:
    """A thumb that throws the string on the frets."""
    return string(rng, (1_500.0, 3_500.0), (0.3, 0.7), plectrum=0.8)


def upright_bass(rng: Rng) -> Play:
    """A double bass plucked: it thumps, and blooms within 10-20 ms."""
    bright, length, bloom = rng.uniform(220.0, 520.0), rng.uniform(0.25, 0.6), rng.uniform(0.006, 0.02)
    thump = noise(rng, clock(0.06), 60.0, 500.0, 2) * decay(clock(0.06), 0.012) * rng.uniform(0.05, 0.25)

    def note(midi: float, seconds: float) -> F64:
        tones = hertz(midi) * harmonics(hertz(midi), 16)
        gains = 1.0 / (1.0 + (tones / bright) ** 2)
        made = modes(tones, gains, length / (1.0 + tones / 600.0), seconds)
        made *= 1.0 - 0.6 * np.exp(-np.arange(len(made)) / (bloom * RATE))
        made[: len(thump)] += thump[: len(made)]
        return made

    return together(note)


def amplified(play: Play, drive: float, top: float, low: float = 70.0) -> Play:
    """An instrument through an overdriven amplifier and its loudspeaker: the notes of a chord beat with one another."""

    def loud(notes: Notes, seconds: float) -> F32:
        made = np.tanh(drive * 4.0 * play(notes, seconds).astype(np.float64))
        return even(band(made, low, top, 2) * np.minimum(1.0, np.arange(len(made), 0, -1) / 240.0))

    return loud


def power_guitar(rng: Rng) -> Play:
    """A distorted guitar that holds."""
    open_string = string(rng, (2_500.0, 6_000.0), (2.5, 5.0), strum=rng.uniform(0.0, 0.004))
    return amplified(open_string, rng.uniform(4.0, 16.0), rng.uniform(3_000.0, 6_000.0), 90.0)


def muted_guitar(rng: Rng) -> Play:
    """A distorted guitar: short notes are damped with the palm, long ones ring."""
    ringing, drive, top = power_guitar(rng), rng.uniform(2.0, 6.0), rng.uniform(2_500.0, 4_500.0)
    damped = amplified(string(rng, (900.0, 2_000.0), (0.12, 0.25), plectrum=0.5), drive, top, 80.0)
    shortest = rng.uniform(0.2, 0.45)

    def play(notes: Notes, seconds: float) -> F32:
        return (damped if seconds < shortest else ringing)(notes, seconds)

    return play


def piano(rng: Rng) -> Play:
    """Stiff strings, two to a note a little out of tune, a hammer that knocks; a grand or a tired upright."""
    hardness, spread = rng.uniform(900.0, 2_600.0), rng.uniform(0.0002, 0.0016)
    length, place = rng.uniform(0.7, 1.8), rng.uniform(0.1, 0.14)
    knock = noise(rng, clock(0.05), 80.0, 900.0, 2) * decay(clock(0.05), 0.009) * rng.uniform(0.02, 0.12)

    def note(midi: float, seconds: float) -> F64:
        pitch = hertz(midi)
        order = harmonics(pitch, 28)
        stiffness = 1.2e-4 * 2.0 ** ((midi - 48.0) / 14.0)
        tones = pitch * order * np.sqrt(1.0 + stiffness * order**2)
        gains = np.abs(np.sin(np.pi * order * place)) / order**0.6 / (1.0 + (tones / hardness) ** 1.6)
        decays = length * 2.0 ** ((60.0 - midi) / 20.0) / (1.0 + tones / 1_500.0)
        both, late = np.concatenate([tones, tones * (1.0 + spread)]), np.concatenate([0.7 * gains, 0.4 * gains])
        made = modes(both, late, np.concatenate([decays, 3.0 * decays]), seconds)
        made[: len(knock)] += knock[: len(made)] * gains.max()
        return made

    return together(note, rng.choice([0.0, 0.0, 0.004]))


def electric_piano(rng: Rng) -> Play:
    """A tine before a pickup, by frequency modulation; soft or barking, often with tremolo."""
    bark, fall, tine = rng.uniform(0.3, 1.8), rng.uniform(0.15, 0.6), rng.uniform(0.05, 0.35)
    depth, rate = rng.choice([0.0, 0.25, 0.45]), rng.uniform(3.5, 6.0)

    def note(midi: float, seconds: float) -> F64:
        time, pitch = clock(seconds), hertz(midi)
        turn = 2 * np.pi * pitch * time
        body = np.sin(turn + bark * np.exp(-time / fall) * np.sin(turn))
        high = tine * np.sin(2 * np.pi * min(5.2 * pitch, 7_000.0) * time) * np.exp(-time / 0.05)
        return np.asarray((body + high) * np.exp(-time / 1.3) * (1.0 + depth * np.sin(2 * np.pi * rate * time)))

    return together(note, 0.0)


def fm_bell(rng: Rng) -> Play:
    """The bells and glassy keys of the first digital synthesisers."""
    ratio, index, fall = rng.choice([1.41, 2.0, 3.0, 3.5, 7.0]), rng.uniform(0.8, 3.0), rng.uniform(0.1, 0.7)

    def note(midi: float, seconds: float) -> F64:
        time = clock(seconds)
        turn = 2 * np.pi * hertz(midi) * time
        return np.asarray(np.sin(turn + index * np.exp(-time / fall) * np.sin(ratio * turn)) * np.exp(-2.0 * time))

    return together(note)


def fm_bass(rng: Rng) -> Play:
    """A hard digital bass."""
    index, fall, ratio = rng.uniform(1.5, 4.0), rng.uniform(0.05, 0.25), rng.choice([1.0, 2.0, 0.5])

    def note(midi: float, seconds: float) -> F64:
        time = clock(seconds)
        turn = 2 * np.pi * hertz(midi) * time
        return np.asarray(np.sin(turn + index * np.exp(-time / fall) * np.sin(ratio * turn)) * np.exp(-time / 0.9))

    return together(note)


def clavinet(rng: Rng) -> Play:
    """Strings struck at their end before a pickup."""
    return amplified(string(rng, (2_500.0, 5_000.0), (0.4, 0.9), plectrum=0.4), rng.uniform(0.5, 1.5), 5_000.0, 150.0)


def mallet(ratios: tuple[float, ...], shortest: float, longest: float, motor: float = 0.0) -> Maker:
    """Bars: marimba, vibraphone (with its motor), glockenspiel, kalimba; modes at `ratios`, A4 to 1/e in these s."""

    def make(rng: Rng) -> Play:
        length, hard = rng.uniform(shortest, longest), rng.uniform(0.1, 0.5)
        rate = rng.uniform(3.0, 7.0)

        def note(midi: float, seconds: float) -> F64:
            gains = np.array([1.0, *(hard / np.arange(1.0, len(ratios)))])
            decays = length * 2.0 ** ((69.0 - midi) / 24.0) / np.array(ratios) ** 0.9
            made = modes(hertz(midi) * np.array(ratios), gains, decays, seconds)
            return np.asarray(made * (1.0 + motor * np.sin(2 * np.pi * rate * np.arange(len(made)) / RATE)))

        return together(note)

    return make


def synth_pluck(rng: Rng) -> Play:
    """A synthesiser with a filter that snaps shut."""
    fall, bright = rng.uniform(0.03, 0.12), rng.uniform(0.4, 1.1)
    length = rng.uniform(0.15, 0.5)

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 40)
        phase = time * hertz(midi)
        share = np.exp(-time / fall)
        dull, sharp = read(cycle(1.0 / order**2.5), phase), read(cycle(1.0 / order**bright), phase)
        return np.asarray((share * sharp + (1.0 - share) * dull) * np.exp(-time / length) * np.minimum(1, time / 0.002))

    return together(note)
