"""The resampler against soxr, which sees the whole file."""

import numpy as np
import pytest
import soxr

from audio import resample
from audio.config import RATE, AudioError
from tests.audio.streams import F32, recording

CLEAN_HERTZ = {22_050: 8_500.0, 44_100: 9_000.0, 48_000: 9_000.0, 96_000: 9_000.0}  # the pass band ends above


def band_limited(rate: int, hertz: float) -> F32:
    """Two seconds of real music at `rate` without what lies above `hertz`."""
    own, samples = recording("house124.ogg")
    high = soxr.resample(samples[own : 3 * own], own, rate, quality="VHQ")
    spectrum = np.fft.rfft(high)
    bins = np.fft.rfftfreq(len(high), 1.0 / rate)
    return np.asarray(
        np.fft.irfft(spectrum / (1.0 + np.exp(np.minimum((bins - hertz + 400.0) / 40.0, 50.0)))), np.float32
    )


def late(samples: F32, seconds: float) -> F32:
    """The same sound, a fraction of a sample or more later."""
    bins = np.fft.rfftfreq(len(samples), 1.0 / RATE)
    return np.asarray(
        np.fft.irfft(np.fft.rfft(samples) * np.exp(-2j * np.pi * bins * seconds), len(samples)), np.float32
    )


@pytest.mark.parametrize("rate", CLEAN_HERTZ)
def test_music_in_the_pass_band_comes_out_as_from_soxr_after_the_declared_delay(rate: int) -> None:
    samples = band_limited(rate, CLEAN_HERTZ[rate])
    ours, _ = resample.push(resample.init(rate), samples)
    theirs = late(soxr.resample(samples, rate, RATE, quality="VHQ"), resample.delay_seconds(rate))
    inside = slice(RATE // 10, -RATE // 10)
    error = ours[: len(theirs)][inside] - theirs[: len(ours)][inside]
    assert np.sqrt(np.mean(error**2)) < 2e-3 * np.sqrt(np.mean(theirs[inside] ** 2))


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_what_lies_above_the_new_nyquist_frequency_is_gone(rate: int) -> None:
    time = np.arange(rate) / rate
    tone = np.sin(2 * np.pi * 15_000.0 * time).astype(np.float32)
    ours, _ = resample.push(resample.init(rate), tone)
    assert np.abs(ours[500:]).max() < 2e-4


@pytest.mark.parametrize("rate", [32_000, 44_100, 48_000, 96_000, 192_000])
def test_the_delay_is_a_millisecond_at_most(rate: int) -> None:
    assert 0.0 < resample.delay_seconds(rate) <= (0.001 if rate not in (44_100, 48_000) else 0.00073)


@pytest.mark.parametrize("rate", [16_000, 44_100, 48_000])
def test_a_click_comes_out_at_its_time_plus_the_declared_delay(rate: int) -> None:
    click = np.zeros(rate, np.float32)
    click[rate // 2] = 1.0
    ours, _ = resample.push(resample.init(rate), click)
    assert abs(int(np.abs(ours).argmax()) / RATE - 0.5 - resample.delay_seconds(rate)) <= 0.6 / RATE


def test_the_stage_rate_passes_untouched() -> None:
    samples = recording("salsa.wav")[1]
    np.testing.assert_array_equal(resample.push(resample.init(RATE), samples)[0], samples)
    assert resample.delay_seconds(RATE) == 0.0


@pytest.mark.parametrize("rate", [44_100, 48_000, 22_050, 11_025])
def test_time_does_not_drift(rate: int) -> None:
    state = resample.init(rate)
    total = 0
    for _ in range(50):
        block, state = resample.push(state, np.zeros(997, np.float32))
        total += len(block)
    assert total == -(-50 * 997 * RATE // rate)


@pytest.mark.parametrize("rate", [0, 7_999, 192_001, -44_100])
def test_a_rate_out_of_range_is_refused_in_one_line(rate: int) -> None:
    with pytest.raises(AudioError, match=r"^sample rate .* use a rate from 8000 to 192000 Hz$"):
        resample.init(rate)
