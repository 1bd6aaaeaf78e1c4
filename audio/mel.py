"""Short-time spectra as librosa defines them, from the past alone: a window ends where its hop ends."""

import numpy as np
from numpy.typing import NDArray

from audio.config import HOP, RATE

F32 = NDArray[np.float32]

N_FFT = 1024  # samples: 43 ms
MEL_BANDS = 40
MEL_LOW, MEL_HIGH = 30.0, 10_000.0  # Hz

# The periodic Hann window, as scipy.signal.get_window("hann", N_FFT, fftbins=True)
WINDOW: F32 = np.asarray(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(N_FFT) / N_FFT), np.float32)


def hz_to_mel(hertz: NDArray[np.float64]) -> NDArray[np.float64]:
    """Slaney's scale (Auditory Toolbox): linear, 200/3 Hz a mel, below 1 kHz; then 27 mels for each factor of 6.4."""
    log_part = 15.0 + 27.0 * np.log(np.maximum(hertz, 1000.0) / 1000.0) / np.log(6.4)
    return np.asarray(np.where(hertz < 1000.0, hertz * 3.0 / 200.0, log_part))


def mel_to_hz(mel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The inverse of `hz_to_mel`."""
    return np.asarray(np.where(mel < 15.0, mel * 200.0 / 3.0, 1000.0 * np.exp(np.log(6.4) * (mel - 15.0) / 27.0)))


def mel_bank(bands: int = MEL_BANDS, low: float = MEL_LOW, high: float = MEL_HIGH) -> F32:
    """Triangles of unit area over the FFT bins, [bands, N_FFT // 2 + 1]: librosa.filters.mel with its defaults."""
    ends = hz_to_mel(np.array([low, high]))
    edges = mel_to_hz(np.linspace(ends[0], ends[1], bands + 2))
    bins = np.arange(N_FFT // 2 + 1) * RATE / N_FFT
    rise = (bins - edges[:-2, None]) / np.diff(edges)[:-1, None]
    fall = (edges[2:, None] - bins) / np.diff(edges)[1:, None]
    area = 2.0 / (edges[2:] - edges[:-2])
    return np.asarray(np.maximum(0.0, np.minimum(rise, fall)) * area[:, None], np.float32)


BANK_T: F32 = np.ascontiguousarray(mel_bank().T)


def mel_power(samples: F32) -> F32:
    """Power mel spectra [n, MEL_BANDS] of `samples` [(n - 1) * HOP + N_FFT]: one window each HOP samples.

    Equal (1e-5) to librosa.feature.melspectrogram(y=samples, sr=RATE, n_fft=N_FFT, hop_length=HOP, center=False,
    n_mels=MEL_BANDS, fmin=MEL_LOW, fmax=MEL_HIGH).T
    """
    samples = np.ascontiguousarray(samples)
    size = samples.itemsize  # sliding_window_view says the same in ten times as long
    windows = np.ndarray(((len(samples) - N_FFT) // HOP + 1, N_FFT), samples.dtype, samples, strides=(HOP * size, size))
    spectrum = np.fft.rfft(windows * WINDOW)
    power = spectrum.real**2 + spectrum.imag**2
    return np.asarray(power @ BANK_T, np.float32)


def onset_strength(log_power: F32, before: F32) -> F32:
    """Mean over the bands of the rise since the hop before, [n]: `log_power` [n, bands], `before` [bands] in front.

    librosa.onset.onset_strength(S=log_power.T, lag=1, max_size=1, center=False), which has 0 for its first frame.
    """
    rise = np.diff(np.concatenate([before[None], log_power]), axis=0)
    return np.asarray(np.maximum(0.0, rise).mean(axis=1), np.float32)
