"""The drum kits of the demo music: bass drums, snares, hats and cymbals, from a studio's to a games console's."""

import numpy as np

from audio.config import RATE
from audio.demo_voices import F32, F64, Hit, Rng, band, clock, decay, modes, noise, peak


def _falling(time: F64, floor: float, top: float, fall: float) -> F64:
    """A sine from `floor` + `top` Hz that falls to `floor` in `fall` s."""
    return np.asarray(np.sin(2 * np.pi * (floor * time + top * fall * (1.0 - np.exp(-time / fall)))))


def in_room(hit: Hit, seconds: float, level: float) -> Hit:
    """The same drum in a room that rings for `seconds`."""

    def play(rng: Rng) -> F32:
        dry = hit(rng).astype(np.float64)
        time = clock(len(dry) / RATE + 1.5 * seconds)
        ring = noise(rng, time, 120.0, 5_000.0, 1) * decay(time, 0.4 * seconds) * np.minimum(1.0, time / 0.012)
        size = 1 << (2 * len(time) - 1).bit_length()
        wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(ring, size), size)[: len(time)]
        wet *= level * np.abs(dry).max() / np.abs(wet).max()
        wet[: len(dry)] += dry
        return peak(wet * np.minimum(1.0, np.arange(len(wet), 0, -1) / 480.0))

    return play


def through(hit: Hit, low: float, high: float, drive: float = 1.0, bits: int = 0) -> Hit:
    """The same drum through a narrower, dirtier channel: a band (Hz), an overload, a coarse converter."""

    def play(rng: Rng) -> F32:
        made = np.tanh(drive * hit(rng).astype(np.float64))
        if bits:
            made = np.round(made * 2 ** (bits - 1)) / 2 ** (bits - 1)
        return peak(band(made, low, high, 1))

    return play


# ---- bass drums


def kick_909(rng: Rng) -> F32:
    """A sine that falls from about 180 Hz to 50, with a click."""
    deep = rng.uniform(0.0, 1.0)
    time = clock(0.22 + 0.2 * deep)
    body = _falling(time, rng.uniform(46.0, 56.0), rng.uniform(110.0, 170.0), 0.028) * decay(time, 0.09 + 0.12 * deep)
    return peak(np.tanh(1.8 * body) + 0.08 * noise(rng, time, 1500.0) * decay(time, 0.004))


def kick_808(rng: Rng) -> F32:
    """A long low sine."""
    length = rng.uniform(0.18, 0.5)
    time = clock(2.2 * length)
    body = _falling(time, rng.uniform(42.0, 54.0), rng.uniform(60.0, 140.0), rng.uniform(0.008, 0.02))
    return peak(np.tanh(rng.uniform(1.0, 2.5) * body * decay(time, length)))


def kick_acoustic(rng: Rng) -> F32:
    """Two modes of a head, a beater of felt or wood."""
    length, floor = rng.uniform(0.05, 0.14), rng.uniform(50.0, 74.0)
    time = clock(4.0 * length)
    body = _falling(time, floor, rng.uniform(40.0, 110.0), 0.012) * decay(time, length)
    second = np.sin(2 * np.pi * floor * rng.uniform(1.6, 2.4) * time) * decay(time, 0.4 * length)
    skin = noise(rng, time, 90.0, 700.0) * decay(time, 0.02)
    beater = noise(rng, time, 1_500.0, rng.uniform(3_000.0, 6_500.0)) * decay(time, 0.004)
    return peak(body + 0.35 * second + 0.12 * skin + rng.uniform(0.03, 0.16) * beater)


def kick_metal(rng: Rng) -> F32:
    """Short and clicking, to be heard in a wall of guitars."""
    time = clock(0.2)
    body = _falling(time, rng.uniform(52.0, 64.0), 120.0, 0.008) * decay(time, rng.uniform(0.04, 0.07))
    click = noise(rng, time, rng.uniform(2_200.0, 3_500.0), 8_000.0) * decay(time, 0.006)
    return peak(body + rng.uniform(0.2, 0.4) * click)


def kick_soft(rng: Rng) -> F32:
    """A feathered bass drum of a jazz player: no click, and not deep."""
    time = clock(0.3)
    body = _falling(time, rng.uniform(58.0, 84.0), 20.0, 0.02) * np.minimum(1.0, time / 0.004)
    return peak(body * decay(time, rng.uniform(0.05, 0.09)) + 0.08 * noise(rng, time, 80.0, 900.0) * decay(time, 0.03))


def kick_hard(rng: Rng) -> F32:
    """A techno kick driven into its limits, sometimes with a rumble behind it."""
    time = clock(0.42)
    body = _falling(time, rng.uniform(44.0, 54.0), rng.uniform(160.0, 260.0), 0.02) * decay(time, 0.14)
    rumble = rng.uniform(0.0, 0.5) * noise(rng, time, 40.0, 160.0) * np.sin(np.pi * np.minimum(1.0, time / 0.42)) ** 2
    return peak(np.tanh(rng.uniform(3.0, 8.0) * body + rumble * 0.4) * decay(time, 0.5))


def kick_chip(rng: Rng) -> F32:
    """A coarse triangle that falls fast."""
    time = clock(rng.uniform(0.08, 0.16))
    turns = 45.0 * time + rng.uniform(200.0, 420.0) * 0.025 * (1.0 - np.exp(-time / 0.025))
    triangle = 4.0 * np.abs(turns % 1.0 - 0.5) - 1.0
    return peak(np.round(triangle * 7.5) / 7.5 * decay(time, 0.5))


# ---- snares


def _snare(rng: Rng, tone: float, ring: float, rattle: float, brightness: float, share: float) -> F32:
    """Two modes (`tone` Hz, 1/e in `ring` s) and wires (1/e in `rattle` s, up to `brightness` Hz)."""
    time = clock(4.0 * max(ring, rattle))
    head = np.sin(2 * np.pi * tone * time) + 0.6 * np.sin(2 * np.pi * tone * rng.uniform(1.5, 1.9) * time)
    wires = noise(rng, time, rng.uniform(500.0, 1_500.0), brightness, 2) * decay(time, rattle)
    stick = noise(rng, time, 2_000.0, 9_000.0) * decay(time, 0.003)
    return peak(share * head * decay(time, ring) + (1.0 - share) * 0.5 * wires + 0.15 * stick)


def snare_acoustic(rng: Rng) -> F32:
    """A wooden or a metal shell, tuned low or high, damped or open."""
    return _snare(rng, rng.uniform(150.0, 260.0), rng.uniform(0.03, 0.09), rng.uniform(0.05, 0.14), 9_000.0, 0.5)


def snare_808(rng: Rng) -> F32:
    """Two sines and a hiss."""
    return _snare(rng, rng.uniform(165.0, 195.0), 0.06, rng.uniform(0.04, 0.1), 12_000.0, rng.uniform(0.4, 0.7))


def snare_909(rng: Rng) -> F32:
    """Short and bright."""
    return _snare(rng, rng.uniform(180.0, 230.0), 0.045, rng.uniform(0.05, 0.09), 12_000.0, 0.45)


def snare_metal(rng: Rng) -> F32:
    """Tuned high, cracking."""
    return _snare(rng, rng.uniform(210.0, 300.0), 0.05, rng.uniform(0.05, 0.1), 11_000.0, 0.35)


def snare_chip(rng: Rng) -> F32:
    """The noise channel of a games console."""
    return chip_noise(rng, rng.uniform(0.05, 0.12), rng.uniform(3_000.0, 9_000.0))


def chip_noise(rng: Rng, seconds: float, clocked: float) -> F32:
    """Random bits at `clocked` Hz, in sixteen steps of loudness."""
    time = clock(2.5 * seconds)
    bits = np.sign(rng.standard_normal(int(time[-1] * clocked) + 2))[(time * clocked).astype(np.int64)]
    return peak(bits * np.ceil(15.0 * np.exp(-time / seconds)) / 15.0 * decay(time, 10.0))


def snare_brush(rng: Rng) -> F32:
    """A tap with a brush, which has no crack."""
    time = clock(0.24)
    wires = noise(rng, time, 700.0, 6_000.0, 1) * np.minimum(1.0, time / 0.006) * decay(time, rng.uniform(0.03, 0.06))
    return peak(wires + 0.5 * np.sin(2 * np.pi * rng.uniform(170.0, 230.0) * time) * decay(time, 0.03))


def snare_gated(rng: Rng) -> F32:
    """A big room that is cut off after 0.2 s."""
    time = clock(rng.uniform(0.16, 0.26))
    burst = noise(rng, time, 180.0, 7_000.0, 1) * np.exp(-time / 0.25)
    return peak(burst * (0.5 * decay(time, 10.0) + decay(time, 0.04)))


def rim(rng: Rng) -> F32:
    """The stick across the rim."""
    low = rng.uniform(380.0, 600.0)
    body = modes(np.array([low, 2.7 * low, 4.9 * low]), np.array([0.6, 1.0, 0.5]), np.array([0.02, 0.012, 0.006]), 0.1)
    time = clock(0.1)
    return peak(body + 0.3 * noise(rng, time, 2_000.0) * decay(time, 0.002))


def clap(rng: Rng) -> F32:
    """Bursts within 20 ms, then a tail."""
    time = clock(0.3)
    made = noise(rng, time, rng.uniform(600.0, 1_100.0), rng.uniform(3_500.0, 8_000.0), 2)
    bursts = np.zeros_like(time)
    for start in (0.0, 0.009, 0.018)[: int(rng.integers(1, 4))]:
        bursts += np.where(time >= start, np.exp(-np.maximum(time - start, 0.0) / 0.005), 0.0)
    return peak(made * (bursts + 0.5 * decay(time, rng.uniform(0.04, 0.1))))


def snap(rng: Rng) -> F32:
    """Fingers."""
    time = clock(0.12)
    return peak(noise(rng, time, rng.uniform(1_200.0, 1_800.0), 3_600.0) * decay(time, rng.uniform(0.008, 0.02)))


# ---- hats and cymbals


def _metal(rng: Rng, time: F64, low: float) -> F64:
    """Squares that have nothing to do with one another, above `low` Hz."""
    squares = sum(np.sign(np.sin(2 * np.pi * f * time + f)) for f in rng.uniform(0.3 * low, 1.3 * low, 6))
    made = band(np.asarray(squares), low, 11_500.0)
    return np.asarray(made / max(1e-9, float(np.sqrt(np.mean(made * made)))))


def hat_of(kind: str, shortest: float, longest: float) -> Hit:
    """A hat: `machine` (squares), `acoustic` (noise with a ring), `chip`, `dull`; 1/e within these seconds."""

    def play(rng: Rng) -> F32:
        seconds = rng.uniform(shortest, longest)
        if kind == "chip":
            return chip_noise(rng, 0.6 * seconds, rng.uniform(9_000.0, 22_000.0))
        time = clock(3.5 * seconds)
        if kind == "dull":
            return peak(noise(rng, time, 2_500.0, 6_000.0, 2) * decay(time, seconds))
        if kind == "machine":
            sound = 0.5 * noise(rng, time, 6_500.0) + _metal(rng, time, rng.uniform(4_500.0, 7_500.0))
            return peak(sound * decay(time, seconds))
        sound = noise(rng, time, rng.uniform(3_500.0, 7_000.0), 11_500.0, 2) + 0.7 * _metal(rng, time, 3_500.0)
        return peak(sound * decay(time, seconds) + 0.8 * noise(rng, time, 3_000.0, 9_000.0) * decay(time, 0.003))

    return play


def crash(rng: Rng) -> F32:
    """A wash that takes a moment to open."""
    seconds = rng.uniform(0.35, 0.9)
    time = clock(2.8 * seconds)
    wash = noise(rng, time, rng.uniform(2_000.0, 4_500.0), 11_500.0, 2) * (0.4 + np.minimum(0.6, time / 0.03))
    return peak(wash * decay(time, seconds))


def china(rng: Rng) -> F32:
    """Trashy, and lower than a crash."""
    time = clock(1.2)
    return peak(np.tanh(2.0 * noise(rng, time, 900.0, 9_000.0, 1)) * decay(time, rng.uniform(0.15, 0.35)))


def ride(rng: Rng) -> F32:
    """A ping of modes on a wash, sometimes the bell."""
    seconds = rng.uniform(0.1, 0.5)
    time = clock(min(1.5, 3.5 * seconds))
    low = rng.uniform(600.0, 3_200.0)
    tones = low * rng.uniform(1.0, 3.2, 9)
    ping = modes(tones, rng.uniform(0.3, 1.0, 9) / 3.0, rng.uniform(0.3, 1.2, 9) * seconds, len(time) / RATE)
    wash = noise(rng, time, 4_000.0, 11_500.0, 2) * decay(time, seconds)
    stick = noise(rng, time, 3_000.0) * decay(time, 0.004)
    return peak(rng.uniform(0.1, 0.7) * ping + rng.uniform(0.15, 0.5) * wash + 0.4 * stick)
