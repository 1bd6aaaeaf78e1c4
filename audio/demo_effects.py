"""What a studio does to the demo music: filters, rooms, echoes, compression, tape, vinyl. All of it causal."""

import numpy as np
from numpy.typing import NDArray

from audio.config import RATE

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Rng = np.random.Generator

BLOCK = 240  # samples: 10 ms


def fir(frequencies: tuple[float, ...], decibels: tuple[float, ...], taps: int = 4096) -> F32:
    """The minimum-phase filter with these gains at these frequencies (Hz, rising), straight between them in log f."""
    size = 4 * taps
    bins = np.maximum(np.fft.rfftfreq(size, 1.0 / RATE), 1.0)
    gain = np.interp(np.log(bins), np.log(frequencies), decibels) * np.log(10.0) / 20.0
    cepstrum = np.fft.irfft(gain)
    cepstrum[1 : size // 2] *= 2.0
    cepstrum[size // 2 + 1 :] = 0.0
    made = np.fft.irfft(np.exp(np.fft.rfft(cepstrum)))[:taps]
    made[-taps // 4 :] *= np.linspace(1.0, 0.0, taps // 4)
    return made.astype(np.float32)


def room(rng: Rng, seconds: float, pre_delay: float, brightness: float) -> F32:
    """A reverberation of unit energy: noise that falls by 60 dB in `seconds`, begun after `pre_delay` s."""
    time = np.arange(int(seconds * RATE)) / RATE
    tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / seconds)
    dull = np.fft.irfft(
        np.fft.rfft(tail) / (1.0 + (np.fft.rfftfreq(len(tail), 1.0 / RATE) / brightness) ** 2), len(tail)
    )
    share = np.minimum(1.0, time / (0.3 * seconds))  # the highs die first
    tail = (1.0 - share) * tail + share * dull
    tail = np.concatenate([np.zeros(int(pre_delay * RATE)), tail])
    return np.asarray(tail / np.sqrt(np.sum(tail * tail)), np.float32)


def convolved(pairs: list[tuple[F32, F32]]) -> F32:
    """The sum of signals of one length, each through its filter; cut to that length."""
    length = len(pairs[0][0])
    size = -(-(length + max(len(kernel) for _, kernel in pairs)) // 16_384) * 16_384
    total = sum(np.fft.rfft(signal, size) * np.fft.rfft(kernel, size) for signal, kernel in pairs)
    return np.asarray(np.fft.irfft(total, size)[:length], np.float32)


def echoed(samples: F32, seconds: float, level: float, feedback: float) -> F32:
    """Samples and their repeats every `seconds`, the first at `level`."""
    out, late, gain = samples.copy(), round(seconds * RATE), level
    for turn in range(1, 6):
        if gain < 0.04 or turn * late >= len(samples):
            break
        out[turn * late :] += np.float32(gain) * samples[: -turn * late]
        gain *= feedback
    return out


def compressed(samples: F32, ratio: float, release: float) -> F32:
    """What is louder than the average by n dB comes out louder by n / `ratio`; 10 ms of attack, `release` s."""
    count = -(-len(samples) // BLOCK)
    power = np.square(np.pad(samples, (0, count * BLOCK - len(samples)))).reshape(count, BLOCK).mean(axis=1)
    fall = np.exp(-np.arange(int(6 * release * RATE / BLOCK) + 1) * BLOCK / (release * RATE))
    level = np.sqrt(np.convolve(power, fall / fall.sum())[:count] + 1e-12)
    gain = np.minimum(1.0, (np.sqrt(power.mean() + 1e-12) / level) ** (1.0 - 1.0 / ratio))
    places = np.arange(len(samples)) / BLOCK
    return np.asarray(samples * np.interp(places, np.arange(count) + 1.0, gain), np.float32)


def wowed(samples: F32, rng: Rng, depth: float) -> F32:
    """Tape whose speed sways: nothing is moved by more than `depth` s."""
    time = np.arange(0, len(samples), BLOCK) / RATE
    sway = 0.9 * np.sin(2 * np.pi * rng.uniform(0.4, 1.6) * time + rng.uniform(0, 6.3))
    sway += 0.1 * np.sin(2 * np.pi * rng.uniform(4.0, 8.0) * time)
    places = np.arange(len(samples))
    shift = np.interp(places, time * RATE, sway * depth * RATE)
    return np.interp(places + shift, places, samples).astype(np.float32)


def crackle(rng: Rng, length: int, a_second: float) -> F32:
    """Vinyl: pops of many sizes, `a_second` of them."""
    out = np.zeros(length, np.float32)
    count = int(rng.poisson(a_second * length / RATE))
    places, sizes = (
        rng.integers(0, max(1, length - 8), count),
        rng.standard_normal(count) * rng.exponential(0.12, count),
    )
    for tap, gain in enumerate((1.0, -0.7, 0.4, -0.2, 0.1)):
        np.add.at(out, np.minimum(places + tap, length - 1), (sizes * gain).astype(np.float32))
    return np.asarray(out, np.float32)
