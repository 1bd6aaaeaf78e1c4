"""The studio of the demo music: filters and rooms as asked for, nothing before its time, the level it promises."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from audio import demo_effects
from audio.config import RATE
from audio.demo_mix import Mix, limited
from audio.demo_production import CLEAN, Production, draw

LEVEL = 10.0 ** (-14.0 / 20.0)


def rms(samples: demo_effects.F32) -> float:
    return float(np.sqrt(np.mean(np.square(samples, dtype=np.float64))))


def clicks(seconds: float = 6.0) -> demo_effects.F32:
    out = np.zeros(int(seconds * RATE), np.float32)
    out[RATE :: RATE // 2] = 1.0
    return out


def test_a_filter_has_the_gains_it_was_asked_for() -> None:
    wanted = {100.0: 3.0, 1_000.0: 0.0, 5_000.0: -6.0}
    made = demo_effects.fir((1.0, 50.0, *wanted, 12_000.0), (3.0, 3.0, *wanted.values(), -8.0))
    _, response = signal.freqz(made, worN=list(wanted), fs=RATE)
    np.testing.assert_allclose(20 * np.log10(np.abs(response)), list(wanted.values()), atol=0.5)
    assert np.abs(made[:48]).argmax() < 5, "and it does not delay"


@pytest.mark.parametrize("seconds", [0.3, 1.0, 2.0])
def test_a_room_dies_by_60_db_in_its_time(seconds: float) -> None:
    tail = demo_effects.room(np.random.default_rng(0), seconds, 0.02, 8_000.0).astype(np.float64)
    assert not tail[: int(0.02 * RATE)].any()
    left = 10 * np.log10(np.cumsum(np.square(tail)[::-1])[::-1][int(0.02 * RATE) :] + 1e-30)
    falls = [np.argmax(left < left[0] - db) / RATE for db in (5, 25)]  # T20 of Schroeder's integral
    assert 3.0 * (falls[1] - falls[0]) == pytest.approx(seconds, rel=0.25)


def test_convolution_is_scipy_s() -> None:
    rng = np.random.default_rng(1)
    one, two = rng.standard_normal((2, 5_000)).astype(np.float32)
    first, second = rng.standard_normal(300).astype(np.float32), rng.standard_normal(40).astype(np.float32)
    wanted = signal.fftconvolve(one, first)[:5_000] + signal.fftconvolve(two, second)[:5_000]
    np.testing.assert_allclose(demo_effects.convolved([(one, first), (two, second)]), wanted, atol=2e-4)


def test_an_echo_repeats_at_its_time() -> None:
    dry = np.zeros(RATE, np.float32)
    dry[100] = 1.0
    np.testing.assert_allclose(demo_effects.echoed(dry, 0.1, 0.5, 0.4)[100::2400][:4], [1.0, 0.5, 0.2, 0.08])


def test_tape_moves_nothing_by_more_than_its_depth() -> None:
    moved = demo_effects.wowed(clicks(), np.random.default_rng(2), 0.0025)
    for place in np.flatnonzero(clicks()):
        near = np.square(moved[place - 240 : place + 240].astype(np.float64))
        assert abs((near * np.arange(-240, 240)).sum() / near.sum()) <= 0.0026 * RATE


@settings(max_examples=20, deadline=None)
@given(density=st.floats(1e-4, 1.0), gain=st.floats(1e-3, 1e2), drive=st.floats(1.0, 3.0), seed=st.integers(0, 99))
def test_the_limiter_keeps_level_and_peaks_for_any_music(density: float, gain: float, drive: float, seed: int) -> None:
    rng = np.random.default_rng(seed)
    music = (gain * rng.standard_normal(48_000) * np.repeat(rng.random(100) < density + 0.1, 480)).astype(np.float32)
    made = limited(music + np.float32(1e-4 * gain) * rng.standard_normal(48_000).astype(np.float32), LEVEL, drive)
    assert np.abs(made).max() <= 0.981
    assert 20 * np.log10(rms(made) / LEVEL) == pytest.approx(0.0, abs=0.5)


def test_a_kick_pushes_the_chords_down_and_they_come_back() -> None:
    mix = Mix(2 * RATE, Production(duck=0.8, duck_seconds=0.1))
    mix.duck(np.array([1.0]))
    assert mix.ducking[RATE] == pytest.approx(0.2)
    assert mix.ducking[RATE - 1] == 1.0
    assert mix.ducking[RATE + int(0.3 * RATE)] == 1.0


@pytest.mark.parametrize("family", ["electronic", "lofi", "chip", "rock"])
def test_whatever_the_studio_does_a_click_stays_where_it_was(family: str) -> None:
    for seed in range(6):
        rng = np.random.default_rng([seed, 7])
        mix = Mix(6 * RATE, draw(rng, family, 0.0))
        burst = np.hanning(96).astype(np.float32) * rng.standard_normal(96).astype(np.float32)
        for start in np.arange(1.0, 5.5, 0.5):
            mix.add("drums", burst, float(start), 1.0)
        made = mix.master(LEVEL, rng, first=1.0).astype(np.float64)
        assert np.abs(made[: int(0.99 * RATE)]).max() < 1e-3, "silence before the music"
        assert np.abs(made).max() <= 0.981
        near = np.square(made).reshape(-1, 24).mean(axis=1)  # 1 ms
        lags = [int(near[at - 20 : at + 40].argmax()) - 20 for at in range(1_000, 5_500, 500)]
        assert -3 <= min(lags) <= max(lags) <= 8


def test_a_clean_mix_is_what_was_laid_on_it_and_a_small_room() -> None:
    mix = Mix(RATE, CLEAN)
    mix.add("kick", np.ones(10, np.float32), -5 / RATE, 1.0)
    mix.add("kick", np.ones(10, np.float32), 1.0 - 5 / RATE, 1.0)
    made = mix.master(LEVEL, np.random.default_rng(0))
    assert np.flatnonzero(np.abs(made) > 1e-6).tolist() == [0, 1, 2, 3, 4, *range(RATE - 5, RATE)]
