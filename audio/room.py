"""A microphone in a room: what becomes of music on its way to the stage's ear.

hear(samples, room, rng)  through walls, noise, a narrow band, a nervous level and a clipping input
draw(rng)                 a room, from nearly clean to terrible
ROOMS                     rooms by name, for evaluation

Nothing is delayed: the direct sound stays where it was, so beats do, too.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import not_music
from audio.config import RATE

F32 = NDArray[np.float32]
C64 = NDArray[np.complex64]

STEP = 240  # samples: 10 ms, the grid of the levels
FILTER_SECONDS = 0.1  # until the band's own ringing is gone
NONE = float("inf")  # dB: no noise at all


@dataclass(frozen=True)
class Room:
    """How sound gets from the loudspeaker into the samples; the defaults change nothing."""

    reverb: float = 0.0  # s until the tail has fallen by 60 dB
    direct: float = 6.0  # dB of the direct sound over all its reflections: less is further away
    noise: float = NONE  # dB that the noise lies below the music
    colour: float = 3.0  # dB an octave by which the noise falls
    hum: float = NONE  # dB that the mains lie below the music
    crowd: float = NONE  # dB that people lie below the music
    low: float = 0.0  # Hz: the band that passes (-3 dB, 24 dB an octave below it)
    high: float = 12_000.0  # Hz
    agc: float = 0.0  # 0-1: how much of a change of level is taken back within half a second
    rider: float = 0.0  # dB, one sigma: a hand at the fader
    steps: float = 0.0  # sudden changes of level a minute, of up to 12 dB
    drive: float = 0.0  # dB by which peaks exceed what the input takes
    hard: bool = False  # they are cut flat, not rounded
    dropouts: float = 0.0  # a minute, each of 2 to 20 ms
    gain: float = 0.0  # dB at the end


ROOMS: dict[str, Room] = {
    "clean": Room(),
    "reverb": Room(reverb=0.7, direct=0.0),
    "hall": Room(reverb=1.8, direct=-4.0),
    "noise10": Room(noise=10.0),
    "noise0": Room(noise=0.0),
    "crowd": Room(crowd=6.0),
    "phone": Room(low=300.0, high=3400.0),
    "clipped": Room(drive=15.0, hard=True),
    "levels": Room(agc=0.6, rider=4.0, steps=6.0),
    "dropouts": Room(dropouts=60.0),
    "laptop": Room(0.4, 3.0, noise=18.0, low=150.0, high=9000.0, agc=0.5, gain=-12.0),
    "club": Room(0.6, -3.0, noise=30.0, crowd=10.0, low=50.0, high=8000.0, drive=6.0),
    "terrible": Room(1.2, -4.0, 8.0, 3.0, 20.0, 8.0, 250.0, 4500.0, 0.6, 3.0, 3.0, 9.0, True, 10.0, -20.0),
}


def draw(rng: np.random.Generator) -> Room:
    """A room: each of its evils is there or not, and they go together from nearly clean to terrible."""
    bad = float(rng.beta(1.2, 1.6))

    def now_and_then(chance: float) -> bool:
        return bool(rng.random() < chance * (0.3 + bad))

    def below(least: float) -> float:
        """dB below the music: 45 in a good room, about `least` in a terrible one."""
        return 45.0 - (45.0 - least) * min(1.0, bad + rng.uniform(0.0, 0.4))

    narrow = now_and_then(0.55)
    return Room(
        reverb=float(rng.uniform(0.15, 0.4 + 1.8 * bad)) if rng.random() < 0.8 else 0.0,
        direct=float(rng.uniform(-8.0, 12.0) * (1.0 - 0.5 * bad) - 3.0 * bad),
        noise=below(4.0) if now_and_then(1.0) else NONE,
        colour=float(rng.uniform(0.0, 6.0)),
        hum=below(10.0) if now_and_then(0.25) else NONE,
        crowd=below(4.0) if now_and_then(0.5) else NONE,
        low=float(np.exp(rng.uniform(np.log(40.0), np.log(350.0)))) if narrow else 0.0,
        high=float(np.exp(rng.uniform(np.log(3000.0), np.log(11_000.0)))) if narrow else 12_000.0,
        agc=float(rng.uniform(0.0, 0.8)) if now_and_then(0.4) else 0.0,
        rider=float(rng.uniform(0.5, 4.0)) if now_and_then(0.5) else 0.0,
        steps=float(rng.uniform(1.0, 8.0)) if now_and_then(0.25) else 0.0,
        drive=float(rng.uniform(0.0, 18.0)) if now_and_then(0.4) else 0.0,
        hard=bool(rng.random() < 0.5),
        dropouts=float(rng.uniform(1.0, 40.0)) if now_and_then(0.2) else 0.0,
        gain=float(rng.uniform(-38.0, 0.0)),
    )


def hear(samples: F32, room: Room, rng: np.random.Generator) -> F32:
    """Mono samples at the stage rate as the microphone gives them: as many, within +-1."""
    heard = np.asarray(samples, np.float32)
    if not len(heard):
        return heard
    if room.reverb > 0.0:
        wet = convolve(heard, impulse_response(room, rng))
        heard = wet * np.float32(np.sqrt(_power(heard) / _power(wet)))
    if room.low > 0.0 or room.high < 12_000.0:
        heard = convolve(heard, _band_response(room))
    heard = heard + _beds(heard, room, rng)
    heard *= _levels(heard, room, rng)
    heard = _clipped(heard, room) * np.float32(10.0 ** (room.gain / 20.0))
    _drop(heard, room, rng)
    return heard * np.float32(min(1.0, 0.98 / max(float(np.abs(heard).max()), 1e-9)))


def _power(samples: F32) -> float:
    return max(float(np.mean(np.square(samples), dtype=np.float64)), 1e-12)


def impulse_response(room: Room, rng: np.random.Generator) -> F32:
    """The direct sound (1 at sample 0), single reflections within 60 ms, and a tail whose highs die first."""
    length = max(1, round(1.1 * room.reverb * RATE))
    response = np.zeros(length, np.float32)
    if room.reverb > 0.0:
        time = np.arange(length, dtype=np.float32) / RATE
        fall = np.float32(3.0 * np.log(10.0) / room.reverb)  # of the amplitude, 1/s
        dark = not_music.coloured(rng, length, 1.0, 60.0, 4000.0) * np.exp(-fall * time)
        bright = rng.standard_normal(length, np.float32) * np.exp(-2.5 * fall * time)
        gap = rng.uniform(0.004, 0.02)  # s until the first wall answers
        response += (dark + np.float32(rng.uniform(0.1, 0.5)) * bright) * np.clip((time - gap) / 0.03, 0.0, 1.0)
        walls = gap + rng.uniform(0.0, min(0.06, 0.3 * room.reverb), int(rng.integers(4, 12)))
        places = np.minimum((walls * RATE).astype(np.int64), length - 1)
        response[places] += rng.choice([-1.0, 1.0], len(places)) * rng.uniform(1.0, 4.0) * np.exp(-fall * walls)
        response *= 10.0 ** (-room.direct / 20.0) / max(float(np.sqrt(np.sum(np.square(response)))), 1e-9)
    response[0] = 1.0
    return response


def _band_response(room: Room) -> F32:
    """Causal Butterworth filters of the fourth order, which delay by under a millisecond."""
    length = round(FILTER_SECONDS * RATE)
    return np.fft.irfft(_band(4 * length, room), 4 * length)[:length].astype(np.float32)


def _band(size: int, room: Room) -> C64:
    """The complex gain [size // 2 + 1] of both filters (bilinear transform of the analogue ones)."""
    s = 1j * np.tan(np.minimum(np.pi * np.fft.rfftfreq(size), 0.4999 * np.pi))
    gain = np.ones(len(s), np.complex128)
    for hertz, rises in ((room.low, True), (room.high, False)):
        if 0.0 < hertz < 12_000.0:
            part = s / np.tan(np.pi * hertz / RATE)
            denominator = (part**2 + 0.76536686 * part + 1.0) * (part**2 + 1.84775907 * part + 1.0)
            gain *= (part**4 if rises else 1.0) / denominator
    return gain.astype(np.complex64)


def convolve(samples: F32, kernel: F32) -> F32:
    """Samples through an impulse response, as long as the samples: overlap-add of one FFT of all blocks."""
    size = _power_of_two(max(4 * len(kernel), 1 << 14))
    hop = size - len(kernel) + 1
    blocks = -(-len(samples) // hop)
    padded = np.zeros((blocks, hop), np.float32)
    padded.ravel()[: len(samples)] = samples
    made = np.fft.irfft(np.fft.rfft(padded, size) * np.fft.rfft(kernel, size), size)
    out = np.zeros(blocks * hop + size, np.float32)
    for index, block in enumerate(made):
        out[index * hop : index * hop + size] += block
    return out[: len(samples)]


def _power_of_two(least: int) -> int:
    return 1 << (least - 1).bit_length()


def _beds(music: F32, room: Room, rng: np.random.Generator) -> F32:
    """Noise, hum and people, each so many dB below the music as it is heard here, noise within the same band."""
    power = max(_power(music), 1e-8)  # silence has noise around it, too: -80 dBFS
    length, seconds = len(music), len(music) / RATE
    out = np.zeros(length, np.float32)

    def add(below: float, bed: F32) -> None:
        out[:] += bed * np.float32(np.sqrt(power / _power(bed)) * 10.0 ** (-below / 20.0))

    if room.noise < NONE:
        add(room.noise, not_music.coloured(rng, length, room.colour, max(20.0, room.low), room.high))
    if room.hum < NONE:
        add(room.hum, not_music.hum(rng, seconds))
    if room.crowd < NONE:
        add(room.crowd, not_music.crowd(rng, seconds))
    return out


def _levels(heard: F32, room: Room, rng: np.random.Generator) -> F32 | float:
    """The gain of automatic level, a hand, and sudden steps, [samples], between points 10 ms apart."""
    if room.agc <= 0.0 and room.rider <= 0.0 and room.steps <= 0.0:
        return 1.0
    points = -(-len(heard) // STEP) + 1
    decibels = np.zeros(points)
    if room.agc > 0.0:
        power = np.zeros(points)
        whole = len(heard) // STEP
        power[:whole] = np.square(heard[: whole * STEP]).reshape(-1, STEP).mean(axis=1)
        total = np.concatenate([np.zeros(50), np.cumsum(power)])
        lately = 10.0 * np.log10((total[50:] - total[:-50]) / 50.0 + 1e-3 * power.mean() + 1e-12)
        decibels -= room.agc * (lately - lately.mean())
    if room.rider > 0.0:
        knots = rng.normal(0.0, room.rider, points // 200 + 3)
        decibels += np.interp(np.arange(points) / 200.0, np.arange(len(knots)), knots)
    for place in rng.integers(0, points, rng.poisson(room.steps * len(heard) / RATE / 60.0)):
        decibels[place:] += rng.uniform(-12.0, 12.0) - 0.5 * decibels[place]
    gain = (10.0 ** (np.clip(decibels, -24.0, 24.0) / 20.0)).astype(np.float32)
    ramp = np.arange(STEP, dtype=np.float32) / STEP
    made = gain[:-1, None] + (gain[1:] - gain[:-1])[:, None] * ramp
    return np.asarray(made, np.float32).ravel()[: len(heard)]


def _clipped(heard: F32, room: Room) -> F32:
    """Peaks `drive` dB over what the input takes; its full scale is 1."""
    if room.drive <= 0.0:
        return heard
    peak = max(float(np.abs(heard).max()), 1e-9)
    driven = heard * np.float32(10.0 ** (room.drive / 20.0) / peak)
    return np.asarray(np.clip(driven, -1.0, 1.0) if room.hard else np.tanh(driven), np.float32)


def _drop(heard: F32, room: Room, rng: np.random.Generator) -> None:
    """Samples that never arrived, in place."""
    for start in rng.integers(0, len(heard), rng.poisson(room.dropouts * len(heard) / RATE / 60.0)):
        heard[start : start + int(rng.uniform(0.002, 0.02) * RATE)] = 0.0
