"""Hand drums, sticks, shakers and toys of the demo music."""

import numpy as np

from audio.config import RATE
from audio.demo_voices import F32, Hit, Rng, clock, decay, modes, noise, peak

HEAD = np.array([1.0, 1.59, 2.14, 2.30, 2.65, 2.92])  # modes of a round membrane


def drum(lowest: float, highest: float, shortest: float, longest: float, slap: float = 0.3) -> Hit:
    """A drum with a skin: conga, tom, bongo, timbale, surdo; its pitch (Hz), 1/e (s), how much of the hand is heard."""

    def play(rng: Rng) -> F32:
        pitch, seconds = rng.uniform(lowest, highest), rng.uniform(shortest, longest)
        time = clock(4.0 * seconds)
        fall = 2 * np.pi * pitch * (time + rng.uniform(0.0, 0.3) * 0.02 * (1.0 - np.exp(-time / 0.02)))
        gains = rng.uniform(0.05, 0.3, len(HEAD) - 1)
        upper = modes(pitch * HEAD[1:], gains, seconds * rng.uniform(0.2, 0.6, len(HEAD) - 1), len(time) / RATE)
        hand = noise(rng, time, 1_000.0, 6_000.0, 2) * decay(time, 0.004)
        return peak(np.sin(fall) * decay(time, seconds) + upper + slap * hand)

    return play


def bar(lowest: float, highest: float, seconds: float, ratios: tuple[float, ...], edge: float = 0.0) -> Hit:
    """Wood or iron: cowbell, agogo, clave, block; modes at `ratios` of the pitch, `edge` overdrives them."""

    def play(rng: Rng) -> F32:
        pitch, length = rng.uniform(lowest, highest), seconds * rng.uniform(0.6, 1.6)
        tones = pitch * np.array(ratios)
        made = modes(tones, 1.0 / np.arange(1.0, len(ratios) + 1), length / np.sqrt(ratios), 5.0 * length)
        if edge:
            made = np.tanh(edge * made)
        time = clock(5.0 * length)
        return peak(made + 0.1 * noise(rng, time, 2_000.0) * decay(time, 0.003))

    return play


cowbell = bar(520.0, 820.0, 0.06, (1.0, 1.48, 3.3), 3.0)
agogo = bar(700.0, 1_200.0, 0.09, (1.0, 2.41, 3.9))
clave = bar(1_900.0, 2_600.0, 0.018, (1.0, 2.76))
block = bar(700.0, 1_300.0, 0.02, (1.0, 2.4, 3.7))
tick = bar(2_500.0, 4_200.0, 0.006, (1.0, 1.7))


def shaker(rng: Rng) -> F32:
    """A grain of beads: it swells for some 10 ms."""
    time = clock(0.12)
    rise = np.minimum(1.0, time / rng.uniform(0.004, 0.018))
    return peak(
        noise(rng, time, rng.uniform(3_500.0, 6_500.0), 11_500.0) * rise * decay(time, rng.uniform(0.015, 0.035))
    )


def tambourine(rng: Rng) -> F32:
    """Jingles, and a few of them late."""
    time = clock(0.3)
    jingles = noise(rng, time, 6_000.0, 11_500.0) + 0.5 * np.sin(2 * np.pi * rng.uniform(7e3, 9e3) * time)
    late = np.where(time > 0.02, 0.4 * np.exp(-np.maximum(0.0, time - 0.02) / 0.03), 0.0)
    return peak(jingles * (decay(time, rng.uniform(0.03, 0.07)) + late * decay(time, 1.0)))


def guiro(rng: Rng) -> F32:
    """A scrape over ridges, loud at once."""
    time = clock(rng.uniform(0.08, 0.2))
    ridges = (time * rng.uniform(60.0, 140.0)) % 1.0
    return peak(noise(rng, time, 1_800.0, 7_000.0, 2) * np.exp(-5.0 * ridges) * decay(time, 0.15))


def brush(rng: Rng) -> F32:
    """A brush drawn over the skin: its swell of 30-60 ms is no stroke."""
    time = clock(0.35)
    rise = np.minimum(1.0, time / rng.uniform(0.03, 0.06))
    return peak(noise(rng, time, 1_200.0, 7_000.0, 1) * rise * decay(time, rng.uniform(0.06, 0.12)))


def zap(rng: Rng) -> F32:
    """A falling laser."""
    time = clock(0.2)
    turns = 200.0 * time + rng.uniform(2_000.0, 5_000.0) * 0.03 * (1.0 - np.exp(-time / 0.03))
    return peak(np.tanh(2.0 * np.sin(2 * np.pi * turns)) * decay(time, rng.uniform(0.04, 0.08)))
