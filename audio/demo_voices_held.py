"""Instruments of the demo music that hold a note: organ, bowed and blown, voices, synthesisers, games consoles."""

import numpy as np

from audio.config import RATE
from audio.demo_voices import (
    F32,
    F64,
    Notes,
    Play,
    Rng,
    clock,
    cycle,
    decay,
    even,
    harmonics,
    hertz,
    noise,
    pitch_of,
    read,
    together,
    wave,
)

VOWELS = {  # Hz of three formants
    "a": (750.0, 1_200.0, 2_600.0),
    "o": (460.0, 820.0, 2_500.0),
    "u": (330.0, 720.0, 2_300.0),
    "e": (480.0, 1_800.0, 2_500.0),
    "i": (300.0, 2_200.0, 2_900.0),
}


def _formants(pitch: float, formants: tuple[float, ...], width: float) -> F32:
    """One cycle of a voice at `pitch` with these resonances, `width` of their frequency wide."""
    order = harmonics(pitch)
    gains = sum(
        (0.6**k) / (1.0 + ((order * pitch - f) / (width * f + 40.0)) ** 2) for k, f in enumerate(formants)
    ) + np.asarray(0.02)
    return cycle(gains / order**0.7)


def plain(shape: str, attack: float, length: float, partials: int = 40, detune: float = 0.0) -> Play:
    """A plain wave: up in `attack` s, to 1/e in `length` s; `detune` (part) adds a second one beside it."""

    def note(midi: float, seconds: float) -> F32:
        time = clock(seconds)
        table = wave(shape, min(partials, int(9_000.0 / hertz(midi))))
        phase = time * hertz(midi)
        tone = read(table, phase)
        if detune:
            tone = 0.5 * (tone + read(table, phase * (1.0 + detune)))
        return np.asarray(tone * np.exp(-time / length) * np.minimum(1.0, time / attack), np.float32)

    return together(note)


def organ(rng: Rng) -> Play:
    """Drawbars, a click of the keys, sometimes a turning loudspeaker and overdrive."""
    bars = rng.uniform(0.0, 1.0, 9) * np.array([1, 1, 1, 0.9, 0.7, 0.6, 0.5, 0.4, 0.4])
    gains = np.zeros(16)
    gains[np.array([1, 3, 2, 4, 6, 8, 10, 12, 16]) - 1] = bars + np.array([0.6, 0, 0.4, 0, 0, 0, 0, 0, 0])
    click, rate, depth = rng.uniform(0.0, 0.5), rng.uniform(0.7, 6.8), rng.uniform(0.0, 0.3)
    drive = rng.choice([0.0, 0.0, 2.0])

    def note(midi: float, seconds: float) -> F64:
        time = clock(seconds)
        pitch = hertz(midi - 12.0)
        tone = read(cycle(gains[: max(2, int(9_000.0 / pitch))]), time * pitch).astype(np.float64)
        tone *= 1.0 + depth * np.sin(2 * np.pi * rate * time)
        tone += click * tone * np.exp(-time / 0.004)
        return np.asarray((np.tanh(drive * tone) if drive else tone) * np.minimum(1.0, time / 0.003))

    return together(note)


def _bow(rng: Rng, attack: float, brightness: float, players: int) -> Play:
    """Bowed strings: some players, each a little out of tune, up in `attack` s."""
    apart, rates = rng.normal(0.0, 0.06, players), rng.uniform(4.5, 6.2, players)
    phases = rng.random(players)

    def note(midi: float, seconds: float) -> F64:
        time = clock(seconds)
        table = cycle(1.0 / harmonics(hertz(midi), 40) ** brightness)
        sound = np.zeros(len(time))
        for out, rate, phase in zip(apart, rates, phases, strict=True):
            sound += read(table, phase + pitch_of(midi + out, time, 0.15, rate))
        return np.asarray(sound * np.minimum(1.0, time / attack) ** 1.5)

    return together(note)


def slow_strings(rng: Rng) -> Play:
    """A string section without an onset: it swells for 0.05-0.3 s."""
    return _bow(rng, rng.uniform(0.05, 0.3), rng.uniform(1.2, 1.8), 3)


def fiddle(rng: Rng) -> Play:
    """One bowed string, up in 20-60 ms."""
    return _bow(rng, rng.uniform(0.02, 0.06), rng.uniform(0.8, 1.2), 1)


def brass(rng: Rng) -> Play:
    """Brass: 20-50 ms of attack in which it brightens, scooped from below."""
    attack, bright, scoop = rng.uniform(0.02, 0.05), rng.uniform(0.7, 1.3), rng.uniform(-0.6, 0.0)

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 40)
        phase = pitch_of(midi, time, 0.1, 5.0, scoop, 0.03)
        share = np.minimum(1.0, time / (2.0 * attack)) * np.exp(-time / 1.2)
        sharp, dull = read(cycle(1.0 / order**bright), phase), read(cycle(1.0 / order**2.2), phase)
        return np.asarray((share * sharp + (1.0 - share) * dull) * np.minimum(1.0, time / attack))

    return together(note)


def flute(rng: Rng) -> Play:
    """Flute, whistle or ocarina: breath, vibrato, up in 15-60 ms."""
    attack, breath, depth = rng.uniform(0.015, 0.06), rng.uniform(0.02, 0.2), rng.uniform(0.05, 0.4)
    rate, upper, seed = rng.uniform(4.5, 6.0), rng.uniform(0.05, 0.5), int(rng.integers(1 << 31))

    def note(midi: float, seconds: float) -> F64:
        time, pitch = clock(seconds), hertz(midi)
        tone = read(cycle(np.array([1.0, upper, 0.4 * upper, 0.1 * upper])), pitch_of(midi, time, depth, rate, -0.2))
        air = noise(np.random.default_rng(seed), time, 0.7 * pitch, min(9_000.0, 5.0 * pitch), 1)
        return np.asarray((tone + breath * air * (1.0 + 2.0 * np.exp(-time / 0.05))) * np.minimum(1.0, time / attack))

    return together(note)


def reed(rng: Rng) -> Play:
    """Clarinet or saxophone, up in 15-40 ms."""
    attack, odd, bright = rng.uniform(0.015, 0.04), rng.uniform(0.1, 1.0), rng.uniform(0.9, 1.6)
    depth, glide = rng.uniform(0.05, 0.25), rng.uniform(-0.8, 0.0)

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 30)
        gains = np.where(order % 2 == 1, 1.0, odd) / order**bright
        return np.asarray(
            read(cycle(gains), pitch_of(midi, time, depth, 5.2, glide, 0.04)) * np.minimum(1.0, time / attack)
        )

    return together(note)


def accordion(rng: Rng) -> Play:
    """Two reeds that beat, up in 20-40 ms."""
    attack, apart = rng.uniform(0.02, 0.04), rng.uniform(0.04, 0.2)

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 30)
        table = cycle(np.where(order % 3 == 2, 0.4, 1.0) / order**0.9)
        tone = read(table, time * hertz(midi)) + read(table, time * hertz(midi + apart))
        return np.asarray(tone * np.minimum(1.0, time / attack))

    return together(note)


def voice(rng: Rng) -> Play:
    """A singer: formants, vibrato, glides into the note; up in 40-120 ms, and only some notes have a consonant."""
    attack, depth, rate = rng.uniform(0.04, 0.12), rng.uniform(0.1, 0.5), rng.uniform(4.8, 6.4)
    glide, arrive, size = rng.uniform(-3.0, 0.5), rng.uniform(0.03, 0.1), rng.uniform(0.9, 1.2)
    vowels = rng.choice(list(VOWELS), 4)
    hiss = noise(rng, clock(0.06), 2_500.0, 8_000.0, 2) * np.sin(np.pi * clock(0.06) / 0.06) * rng.uniform(0.0, 0.15)

    def note(midi: float, seconds: float) -> F64:
        time, pitch = clock(seconds), hertz(midi)
        phase = pitch_of(midi, time, depth, rate, glide, arrive)
        turn = int(midi) % len(vowels)
        first, then = (
            _formants(pitch, tuple(size * f for f in VOWELS[v]), 0.09) for v in (vowels[turn], vowels[turn - 1])
        )
        share = np.minimum(1.0, time / 0.25)
        sung = (1.0 - share) * read(first, phase) + share * read(then, phase)
        sung *= np.minimum(1.0, time / attack)
        if turn % 2:
            sung[: len(hiss)] += hiss[: len(sung)]
        return np.asarray(sung)

    return together(note)


def choir(rng: Rng) -> Play:
    """Voices on one vowel, none quite together, up in 80-300 ms."""
    attack, vowel = rng.uniform(0.08, 0.3), VOWELS[str(rng.choice(list("aou")))]
    apart, rates = rng.normal(0.0, 0.12, 3), rng.uniform(4.5, 6.5, 3)

    def note(midi: float, seconds: float) -> F64:
        time, table = clock(seconds), _formants(hertz(midi), vowel, 0.1)
        sung = sum(read(table, pitch_of(midi + a, time, 0.25, r, 2.0 * a)) for a, r in zip(apart, rates, strict=True))
        return np.asarray(sung * np.minimum(1.0, time / attack))

    return together(note)


# ---- synthesisers


def supersaw(rng: Rng) -> Play:
    """Five saws beside one another."""
    apart = np.linspace(-1.0, 1.0, 5) * rng.uniform(0.05, 0.3)
    phases, attack, bright = rng.random(5), rng.uniform(0.002, 0.02), rng.uniform(0.9, 1.5)
    length = rng.choice([0.25, 0.6, 8.0])

    def note(midi: float, seconds: float) -> F64:
        time, table = clock(seconds), cycle(1.0 / harmonics(hertz(midi)) ** bright)
        tone = sum(read(table, p + time * hertz(midi + a)) for a, p in zip(apart, phases, strict=True))
        return np.asarray(tone * np.exp(-time / length) * np.minimum(1.0, time / attack))

    return together(note)


def swell(rng: Rng) -> Play:
    """A synthesiser's pad, up in 0.1-0.5 s, its filter slowly turning."""
    attack, rate = rng.uniform(0.1, 0.5), rng.uniform(0.05, 0.4)
    apart, shape = rng.uniform(0.02, 0.15), rng.uniform(0.9, 1.4)

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 40)
        phase, other = time * hertz(midi), time * hertz(midi + apart)
        sharp, dull = cycle(1.0 / order**shape), cycle(1.0 / order**2.5)
        share = 0.5 + 0.5 * np.sin(2 * np.pi * rate * time)
        tone = share * (read(sharp, phase) + read(sharp, other)) + (1.0 - share) * (
            read(dull, phase) + read(dull, other)
        )
        return np.asarray(tone * np.minimum(1.0, time / attack))

    return together(note)


def acid_bass(rng: Rng) -> Play:
    """A saw through a resonant filter that falls."""
    top, floor = rng.uniform(900.0, 3_500.0), rng.uniform(120.0, 400.0)
    fall, sharpness, drive = rng.uniform(0.04, 0.25), rng.uniform(1.0, 6.0), rng.uniform(1.0, 3.0)
    steps = 24

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 60)
        tones = order * hertz(midi)
        corners = floor * (top / floor) ** (np.arange(steps) / (steps - 1.0))
        tables = np.stack(
            [
                cycle((1.0 + sharpness * np.exp(-((np.log2(tones / c) / 0.35) ** 2))) / order / (1 + (tones / c) ** 3))
                for c in corners
            ]
        )
        at = np.rint((steps - 1) * np.exp(-time / fall)).astype(np.int64)
        phase = (time * hertz(midi) * tables.shape[1]).astype(np.int64) % tables.shape[1]
        return np.asarray(np.tanh(drive * tables[at, phase]) * np.minimum(1.0, time / 0.003))

    return together(note)


def sub_bass(rng: Rng) -> Play:
    """Almost a sine, sometimes with a saw above."""
    share, length, attack = rng.uniform(0.0, 0.5), rng.choice([0.3, 1.5, 6.0]), rng.uniform(0.003, 0.02)

    def note(midi: float, seconds: float) -> F64:
        time, phase = clock(seconds), clock(seconds) * hertz(midi)
        upper = read(cycle(1.0 / harmonics(hertz(midi), 8) ** 1.2), phase)
        tone = np.tanh(1.3 * np.sin(2 * np.pi * phase)) + share * upper
        return np.asarray(tone * np.exp(-time / length) * np.minimum(1.0, time / attack))

    return together(note)


def pulse(rng: Rng) -> Play:
    """The square channels of a games console: 12.5, 25 or 50 % duty, sixteen steps of loudness, late vibrato."""
    duty, length = str(rng.choice(["pulse12.5", "pulse25", "pulse50"])), rng.choice([0.2, 0.5, 4.0])
    depth = rng.choice([0.0, 0.2, 0.4])

    def note(midi: float, seconds: float) -> F64:
        time = clock(seconds)
        tone = read(wave(duty, int(10_500.0 / hertz(midi))), pitch_of(midi, time, depth, 6.5))
        return np.asarray(tone * np.ceil(15.0 * np.exp(-time / length)) / 15.0)

    return together(note)


def chip_chord(rng: Rng) -> Play:
    """A chord on one channel: its notes in turn, 20-60 of them a second."""
    each, duty = 1.0 / rng.choice([60.0, 30.0, 20.0]), str(rng.choice(["pulse12.5", "pulse25", "pulse50"]))
    length = rng.choice([0.25, 0.6, 4.0])

    def play(notes: Notes, seconds: float) -> F32:
        time = clock(seconds)
        pitches = np.array([hertz(midi) for midi in sorted(notes)])
        turn = (time / each).astype(np.int64) % len(pitches)
        tone = read(wave(duty, int(10_500.0 / pitches.max())), np.cumsum(pitches[turn]) / RATE)
        return even(np.asarray(tone * np.exp(-time / length)) * decay(time, 1e9))

    return play


def chip_triangle(rng: Rng) -> Play:
    """The triangle channel, a coarse staircase; always as loud."""
    steps = rng.choice([7.5, 7.5, 32.0])

    def note(midi: float, seconds: float) -> F64:
        turn = (clock(seconds) * hertz(midi)) % 1.0
        return np.asarray(np.round((4.0 * np.abs(turn - 0.5) - 1.0) * steps) / steps)

    return together(note)


def hook(rng: Rng) -> Play:
    """A synthesiser's lead that glides."""
    glide, bright, depth = rng.uniform(-4.0, 0.0), rng.uniform(0.8, 1.6), rng.uniform(0.0, 0.3)
    hollow = bool(rng.integers(0, 2))

    def note(midi: float, seconds: float) -> F64:
        time, order = clock(seconds), harmonics(hertz(midi), 40)
        gains = np.where(hollow & (order % 2 == 0), 0.0, 1.0) / order**bright
        return np.asarray(
            read(cycle(gains), pitch_of(midi, time, depth, 5.5, glide, 0.03)) * np.minimum(1, time / 0.005)
        )

    return together(note)
