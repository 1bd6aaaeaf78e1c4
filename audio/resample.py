"""From any device or file rate to the stage rate, by a short polyphase FIR.

Output sample n stands at the input position n * rate_in / 24000. A windowed sinc (Kaiser), one phase per fractional
position, weighs the `2 * half` newest inputs: J. O. Smith, Digital Audio Resampling. The products of a sample are
added in a fixed binary tree, so a sample has the same bits however the stream is cut into blocks.
"""

from functools import lru_cache
from math import gcd
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import RATE, AudioError

F32 = NDArray[np.float32]

LOWEST_RATE, HIGHEST_RATE = 8_000, 192_000  # Hz
KAISER_BETA = 8.0  # stop band below -80 dB
ROLL_OFF = 0.94  # -6 dB point as a part of the lower Nyquist frequency
CHUNK = 4096  # outputs computed at a time: bounds the memory of a push of a whole song


class ResampleState(NamedTuple):
    """Where the stream stands: the newest `2 * half - 1` inputs, and the counts of samples in and out."""

    rate_in: int
    history: F32
    consumed: int
    produced: int


def half_width(rate_in: int) -> int:
    """Half the length of the filter in input samples, a power of two: about 0.7 ms at 44.1 and 48 kHz."""
    half = 16
    while half < rate_in * 0.0005:
        half *= 2
    return half


def delay_seconds(rate_in: int) -> float:
    """How far the output lags behind the input, in seconds (0 for 24 kHz)."""
    check_rate(rate_in)
    return 0.0 if rate_in == RATE else half_width(rate_in) / rate_in


def check_rate(rate_in: int) -> None:
    """Raise AudioError for a rate outside of 8 to 192 kHz."""
    if rate_in != int(rate_in) or not LOWEST_RATE <= rate_in <= HIGHEST_RATE:
        raise AudioError(f"sample rate {rate_in} Hz: use a rate from {LOWEST_RATE} to {HIGHEST_RATE} Hz")


@lru_cache(maxsize=8)
def phases(rate_in: int) -> F32:
    """The filter bank [up, 2 * half], newest input last; each phase sums to 1."""
    up, half = RATE // gcd(RATE, rate_in), half_width(rate_in)
    fraction = np.arange(up)[:, None] / up
    distance = np.arange(1 - half, half + 1)[None, :] - fraction  # inputs, from the point that is computed
    cutoff = ROLL_OFF * min(1.0, RATE / rate_in)
    window = np.i0(KAISER_BETA * np.sqrt(np.maximum(0.0, 1.0 - (distance / half) ** 2)))
    bank = np.sinc(cutoff * distance) * window
    return np.asarray(bank / bank.sum(axis=1, keepdims=True), np.float32)


def init(rate_in: int) -> ResampleState:
    """The start of a stream at `rate_in` Hz (silence before it). Raises AudioError outside of 8 to 192 kHz."""
    check_rate(rate_in)
    return ResampleState(int(rate_in), np.zeros(2 * half_width(rate_in) - 1, np.float32), 0, 0)


def push(state: ResampleState, block: F32) -> tuple[F32, ResampleState]:
    """Take a mono block [n >= 0] at `rate_in`; return the samples at 24 kHz that it completes and the next state.

    After N inputs in all, ceil(N * 24000 / rate_in) outputs have come.
    """
    block = np.asarray(block, np.float32)
    rate_in = state.rate_in
    consumed = state.consumed + len(block)
    if rate_in == RATE:
        return block.copy(), ResampleState(rate_in, state.history, consumed, consumed)
    step = gcd(RATE, rate_in)
    up, down = RATE // step, rate_in // step
    produced = -(-consumed * up // down)
    samples = np.concatenate([state.history, block])
    parts = [
        _weigh(samples, state.consumed, np.arange(start, min(start + CHUNK, produced)), up, down, phases(rate_in))
        for start in range(state.produced, produced, CHUNK)
    ]
    history = samples[len(samples) - len(state.history) :].copy()
    out = np.concatenate(parts) if parts else np.zeros(0, np.float32)
    return out, ResampleState(rate_in, history, consumed, produced)


def _weigh(samples: F32, first: int, outputs: NDArray[np.int64], up: int, down: int, bank: F32) -> F32:
    """The outputs of these numbers; `samples` begins `taps - 1` inputs before input number `first`."""
    position = outputs * down
    taps, size = bank.shape[1], samples.itemsize  # sliding_window_view says the same in ten times as long
    windows = np.ndarray((len(samples) - taps + 1, taps), samples.dtype, samples, strides=(size, size))
    terms: F32 = windows[position // up - first] * bank[position % up]
    middle = terms.shape[1] // 2
    terms = (terms[:, :middle] + terms[:, middle:]).T.copy()  # long rows add faster than short ones
    while len(terms) > 1:
        middle = len(terms) // 2
        terms = terms[:middle] + terms[middle:]
    return np.asarray(terms[0])
