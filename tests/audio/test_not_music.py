"""What is not music: finite, as loud as such a sound is, and without a pulse."""

import librosa
import numpy as np
import pytest
from scipy import signal

from audio import not_music
from audio.config import RATE
from audio.not_music import KINDS


def level_db(samples: not_music.F32) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(np.square(samples.astype(np.float64)))) + 1e-12))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seconds", [0.5, 7.3, 25.0])
def test_every_kind_is_finite_of_the_length_asked_for_and_below_full_scale(kind: str, seconds: float) -> None:
    samples, again = (KINDS[kind](np.random.default_rng(5), seconds) for _ in range(2))
    assert samples.dtype == np.float32
    assert len(samples) == round(seconds * RATE)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 1.0
    np.testing.assert_array_equal(samples, again)


@pytest.mark.parametrize("kind", KINDS)
def test_levels_are_those_of_a_stage(kind: str) -> None:
    levels = [level_db(KINDS[kind](np.random.default_rng(seed), 10.0)) for seed in range(8)]
    low, high = (-96.0, -69.0) if kind == "silence" else (-56.0, -14.0)
    assert low < min(levels)
    assert max(levels) < high
    assert max(levels) - min(levels) > 3.0


@pytest.mark.parametrize(("slope", "low", "high"), [(0.0, 20.0, 12_000.0), (3.0, 20.0, 12_000.0), (6.0, 100.0, 5000.0)])
def test_noise_falls_by_the_decibels_an_octave_asked_for(slope: float, low: float, high: float) -> None:
    noise = not_music.coloured(np.random.default_rng(2), 40 * RATE, slope, low, high)
    hertz, density = signal.welch(noise, RATE, nperseg=4096)
    octaves = np.array([density[np.argmin(abs(hertz - f))] for f in (250.0, 500.0, 1000.0, 2000.0)])
    assert np.polyfit(range(4), 10 * np.log10(octaves), 1)[0] == pytest.approx(-slope, abs=0.7)
    assert level_db(noise) == pytest.approx(0.0, abs=0.1)


def test_talk_has_syllables_at_three_to_six_hertz_and_pauses() -> None:
    quiet = []
    for seed in range(6):
        talk = not_music.voice(np.random.default_rng(seed), 30.0)
        loud = np.sqrt(np.square(talk).reshape(-1, 240).mean(axis=1))  # 10 ms
        hertz, density = signal.welch(loud - loud.mean(), 100.0, nperseg=512)
        assert 1.5 < hertz[1:][(hertz[1:] * density[1:]).argmax()] < 9.0
        quiet.append(np.mean(loud < 0.05 * loud.max()))
    assert 0.1 < np.mean(quiet) < 0.7


@pytest.mark.parametrize("kind", ["applause", "speech", "knocks", "crowd", "wind"])
def test_nothing_here_keeps_time_as_a_metronome_does(kind: str) -> None:
    def pulse(samples: not_music.F32) -> float:
        """The strongest return of the onset strength within 0.3 to 1.5 s, 1 is a perfect clock."""
        strength = librosa.onset.onset_strength(y=samples, sr=RATE, hop_length=240)
        strength = strength - strength.mean()
        back = signal.correlate(strength, strength, method="fft")[len(strength) - 1 :]
        return float(back[30:150].max() / back[0])

    clock = np.zeros(30 * RATE, np.float32)
    clock[:: RATE // 2] = 0.5
    others = [pulse(KINDS[kind](np.random.default_rng(seed), 30.0)) for seed in range(3)]
    assert max(others) < 0.5 * pulse(clock)
