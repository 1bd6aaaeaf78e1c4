"""What the network and the beat engine hear: one vector each 1/15 s, from the past alone.

Every frame goes through the same four-hop kernel with the same shapes, live or offline: the same bits.
All running means are updated once a hop or a frame, used before they are updated, and floored above the denormals.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME, FRAME_RATE, HOP, HOP_RATE, HOPS_PER_FRAME
from audio.mel import MEL_BANDS, N_FFT, mel_power

F32 = NDArray[np.float32]

ONSET_EDGES = (0, 5, 14, 26, MEL_BANDS)  # in mel bands: about 30-420, 420-1120, 1120-3150, 3150-10000 Hz
ONSET_BANDS = ("low", "lowmid", "highmid", "high", "thump")
THUMP_BANDS = 3  # mel bands up to 260 Hz, on a linear scale: tells a kick from a bass note, which a logarithm does not
SUMMARY_NAMES = (
    "loudness_1s",  # against the mean of the last second, / 10 dB
    "loudness_10s",  # against the mean of the last ten, / 10 dB
    "loudness_peak",  # against the loudest of the last half minute, / 20 dB
    "energy",  # 0-1
    "low_share",  # of the spectrum's magnitude, centred
    "high_share",
    "brightness",  # centroid on the mel scale, centred
    "density",  # onsets of the last second
)
FEATURE_NAMES: tuple[str, ...] = (
    *(f"mel_{band:02d}" for band in range(MEL_BANDS)),
    *(f"onset_{band}_{hop}" for hop in range(HOPS_PER_FRAME) for band in ONSET_BANDS),
    *SUMMARY_NAMES,
)

LOUDEST_SAMPLE = 8.0  # a hot float file is bounded here
FAINTEST_SAMPLE = 1e-12  # below it lie the denormals, on which a processor crawls
LIMIT = 6.0  # of every value
SILENCE_DB = -100.0  # dBFS: the floor of every loudness
QUIET_MAGNITUDE = 1e-2  # mean mel magnitude of noise near -70 dBFS: the gain control lifts nothing below it
LOG_GAIN = 20.0
GAIN_DECAY = math.exp(-1.0 / (6.0 * HOP_RATE))
ONSET_DECAY = math.exp(-1.0 / (5.0 * HOP_RATE))
ONSET_FLOOR, ONSET_LIMIT = 0.02, 8.0
BLIND_HOPS = -(-N_FFT // HOP)  # windows that still hold samples from before the start
_SLOPE: F32 = np.arange(MEL_BANDS, dtype=np.float32)
MEL_MEAN: F32 = 0.5 + 3.1 * np.exp(-_SLOPE / 11.0)  # of the log-mel over music of many kinds, fitted
MEL_SCALE: F32 = 0.45 + 0.75 * np.exp(-_SLOPE / 15.0)


class FeatureState(NamedTuple):
    """What is remembered of the stream so far."""

    samples: F32  # [N_FFT - HOP] the newest
    hops: int
    gain: float  # mean mel magnitude, peak-followed
    log_mel: F32  # [2, MEL_BANDS] of the last two hops
    onset_mean: F32  # [5] running mean of the raw onset flux
    mean_1s: float  # dB
    mean_10s: float  # dB
    peak: float  # dB
    energy: float
    density: float


class FrameFeatures(NamedTuple):
    """One frame of 1/15 s."""

    values: F32  # [len(FEATURE_NAMES)], each of the order of 1
    log_mel: F32  # [4, 40] of each hop, under the gain control: what the beat's network hears
    onsets: F32  # [4, 5] hop by band of ONSET_BANDS, 0-8: flux over its running mean
    loudness_db: float  # dBFS (RMS), -100 in silence
    energy: float  # 0-1, of the last second, against the last half minute


def init() -> FeatureState:
    """The start of a stream: silence before it."""
    zeros = np.zeros
    return FeatureState(
        samples=zeros(N_FFT - HOP, np.float32),
        hops=0,
        gain=QUIET_MAGNITUDE,
        log_mel=zeros((2, MEL_BANDS), np.float32),
        onset_mean=np.full(len(ONSET_BANDS), ONSET_FLOOR, np.float32),
        mean_1s=-30.0,
        mean_10s=-30.0,
        peak=-60.0,
        energy=0.0,
        density=0.0,
    )


def push(state: FeatureState, frame: F32) -> tuple[FrameFeatures, FeatureState]:
    """Hear one frame [FRAME] of 24 kHz mono; samples that are not finite count as 0."""
    if frame.shape != (FRAME,):
        raise ValueError(f"a frame has the shape ({FRAME},), not {frame.shape}")
    finite = np.isfinite(frame)
    whole = frame if finite.all() else np.where(finite, frame, np.float32(0.0))
    clean = np.clip(whole, -LOUDEST_SAMPLE, LOUDEST_SAMPLE)
    clean[np.abs(clean) < FAINTEST_SAMPLE] = 0.0
    samples = np.concatenate([state.samples, clean], dtype=np.float32)
    magnitude = np.sqrt(mel_power(samples))
    log_mel, gain = _compress(magnitude, state.gain)
    flux = np.column_stack([onset_flux(log_mel, state.log_mel), thump_flux(log_mel, state.log_mel)])
    flux[: max(0, BLIND_HOPS - state.hops)] = 0.0
    onsets, onset_mean = _normalise(flux, state.onset_mean)
    loudness = max(SILENCE_DB, 10.0 * math.log10(float(np.add.reduce(clean * clean, dtype=np.float64)) / FRAME + 1e-12))
    state = state._replace(
        samples=samples[FRAME:].copy(),
        hops=state.hops + HOPS_PER_FRAME,
        gain=gain,
        log_mel=log_mel[-2:].copy(),
        onset_mean=onset_mean,
    )
    summary, state = _summarise(state, magnitude, onsets, loudness)
    values = np.concatenate(
        [(_mean(log_mel, 0) - MEL_MEAN) / MEL_SCALE, onsets.ravel() / 4.0, np.clip(summary, -4.0, 4.0)],
        dtype=np.float32,
    )
    np.clip(values, -LIMIT, LIMIT, out=values)
    return FrameFeatures(values, log_mel, onsets, loudness, state.energy), state


def log_mel_of(samples: F32) -> F32:
    """The log-mel hops [n, 40] of a whole recording: those of `push` (1e-5), for training in bulk."""
    hops = len(samples) // HOP
    padded = np.concatenate([np.zeros(N_FFT - HOP, np.float32), samples[: hops * HOP]])
    return _compress(np.sqrt(mel_power(padded)), QUIET_MAGNITUDE)[0]


def onset_flux(log_mel: F32, before: F32) -> F32:
    """Rise of `log_mel` [n, MEL_BANDS] over two hops, mean of each logarithmic band, [n, 4]; `before` holds two rows.

    The older row is the maximum over three neighbouring bands: a vibrato is no onset (Böck & Widmer 2013, SuperFlux).
    """
    rows = np.concatenate([before, log_mel])
    old = rows[:-2]
    widest = old.copy()
    widest[:, 1:] = np.maximum(widest[:, 1:], old[:, :-1])
    widest[:, :-1] = np.maximum(widest[:, :-1], old[:, 1:])
    rise = np.maximum(0.0, rows[2:] - widest)
    bands = [_mean(rise[:, a:b], 1) for a, b in pairwise(ONSET_EDGES)]
    return np.array(bands, np.float32).T


def thump_flux(log_mel: F32, before: F32) -> F32:
    """Rise of the linear magnitude of the lowest bands over two hops, against the gain control, [n]."""
    rows = np.expm1(np.concatenate([before, log_mel])[:, :THUMP_BANDS]) * np.float32(1.0 / LOG_GAIN)
    return _mean(np.maximum(0.0, rows[2:] - rows[:-2]), 1)


def _compress(magnitude: F32, gain: float) -> tuple[F32, float]:
    """Log magnitude under a causal gain control, a decaying peak: the level of the input drops out."""
    gains = []
    for mean in _mean(magnitude, 1).tolist():
        gain = max(mean, gain * GAIN_DECAY, QUIET_MAGNITUDE)
        gains.append(gain)
    return np.log1p(magnitude * (LOG_GAIN / np.array(gains, np.float32))[:, None]), gain


def _normalise(flux: F32, mean: F32) -> tuple[F32, F32]:
    """Each hop's flux [n, 5] over the running mean before it, at most ONSET_LIMIT; and the next mean."""
    rows = []
    for row in flux:
        rows.append(np.minimum(row / mean, ONSET_LIMIT))
        mean = np.maximum(ONSET_FLOOR, mean * np.float32(ONSET_DECAY) + row * np.float32(1.0 - ONSET_DECAY))
    return np.array(rows), mean


def _mean(rows: F32, axis: int) -> F32:
    """The mean along an axis: what `rows.mean(axis)` returns, without its detours."""
    mean: F32 = np.add.reduce(rows, axis) / np.float32(rows.shape[axis])
    return mean


def _follow(mean: float, value: float, seconds: float) -> float:
    """One step of an exponential mean at the frame rate."""
    return mean + (value - mean) * (1.0 - math.exp(-1.0 / (seconds * FRAME_RATE)))


def _summarise(state: FeatureState, magnitude: F32, onsets: F32, loudness: float) -> tuple[list[float], FeatureState]:
    """The values of SUMMARY_NAMES, and the state with its slow means moved on."""
    heard = max(loudness, -60.0)
    peak = max(heard, state.peak + (-60.0 - state.peak) * (1.0 - math.exp(-1.0 / (30.0 * FRAME_RATE))))
    level = min(1.0, max(0.0, (heard - peak + 24.0) / 24.0)) * min(1.0, max(0.0, (loudness + 60.0) / 12.0))
    energy = _follow(state.energy, level, 0.5)
    bands = _mean(magnitude, 0)
    total = float(bands.sum()) + 1e-6
    centroid = float(bands @ np.arange(MEL_BANDS, dtype=np.float32)) / (total * MEL_BANDS)
    density = _follow(state.density, float(onsets.mean()), 1.0)
    summary = [
        (heard - state.mean_1s) / 10.0,
        (heard - state.mean_10s) / 10.0,
        (heard - peak) / 20.0,
        energy,
        4.0 * (float(bands[:5].sum()) / total - 0.55),
        8.0 * (float(bands[26:].sum()) / total - 0.075),
        8.0 * (centroid - 0.19),
        density - 1.0,
    ]
    return summary, state._replace(
        mean_1s=_follow(state.mean_1s, heard, 1.0),
        mean_10s=_follow(state.mean_10s, heard, 10.0),
        peak=peak,
        energy=energy,
        density=density,
    )
