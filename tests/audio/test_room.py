"""A microphone in a room: beats stay where they are, noise is as loud as asked, bands are as wide as asked."""

from collections.abc import Callable

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from audio import room
from audio.config import RATE
from audio.room import ROOMS, Room
from tests.audio.streams import F32, groove


def rng() -> np.random.Generator:
    return np.random.default_rng(11)


def power_db(samples: F32) -> float:
    return float(10 * np.log10(np.mean(np.square(samples.astype(np.float64)))))


def click(length: int = 2 * RATE, place: int = RATE) -> F32:
    samples = np.zeros(length, np.float32)
    samples[place] = 0.5
    return samples


@pytest.mark.parametrize("name", ["reverb", "hall"])
def test_reverb_is_silent_before_the_sound_and_begins_on_the_same_sample(name: str) -> None:
    heard = room.hear(click(), ROOMS[name], rng())
    assert np.abs(heard[:RATE]).max() < 1e-5 * np.abs(heard).max()
    assert np.abs(heard).argmax() == RATE
    assert np.abs(heard[RATE + 2400 :]).max() > 1e-3 * np.abs(heard).max(), "there is a tail"


@pytest.mark.parametrize("name", ROOMS)
def test_no_room_moves_the_sound_by_a_millisecond(name: str) -> None:
    dry = 0.1 * rng().standard_normal(10 * RATE, np.float32)  # no period that could be mistaken for a delay
    heard = room.hear(dry, ROOMS[name], rng())
    across = signal.correlate(heard, dry, method="fft")
    lags = signal.correlation_lags(len(heard), len(dry))
    near = np.abs(lags) < RATE // 20
    assert abs(lags[near][np.abs(across[near]).argmax()]) <= RATE // 1000


@pytest.mark.parametrize("seconds", [0.3, 0.8, 1.6])
def test_the_tail_falls_by_sixty_decibels_in_the_time_asked_for(seconds: float) -> None:
    response = room.impulse_response(Room(reverb=seconds, direct=-20.0), rng())
    left = 10 * np.log10(
        np.cumsum(np.square(response.astype(np.float64))[::-1])[::-1] / np.sum(response**2)
    )  # Schroeder
    one, other = np.argmax(left < -15.0), np.argmax(left < -35.0)
    assert 3.0 * (other - one) / RATE == pytest.approx(seconds, rel=0.25)


def test_the_direct_sound_stands_over_its_reflections_as_asked() -> None:
    response = room.impulse_response(Room(reverb=0.8, direct=3.0), rng()).astype(np.float64)
    assert 10 * np.log10(response[0] ** 2 / np.sum(response[1:] ** 2)) == pytest.approx(3.0, abs=0.2)


def test_convolution_is_that_of_scipy() -> None:
    draw = rng()
    samples, kernel = draw.standard_normal(50_000, np.float32), draw.standard_normal(7_001, np.float32)
    want = signal.oaconvolve(samples.astype(np.float64), kernel.astype(np.float64))[: len(samples)]
    np.testing.assert_allclose(room.convolve(samples, kernel), want, atol=2e-3)


@pytest.mark.parametrize("made", [lambda db: Room(noise=db), lambda db: Room(hum=db), lambda db: Room(crowd=db)])
@pytest.mark.parametrize("decibels", [20.0, 10.0, 0.0])
def test_noise_lies_as_far_below_the_music_as_asked(made: Callable[[float], Room], decibels: float) -> None:
    dry = 0.2 * groove(3, "rock", 20.0).samples
    bed = room.hear(dry, made(decibels), rng()) - dry
    assert power_db(dry) - power_db(bed) == pytest.approx(decibels, abs=0.5)


def test_a_telephone_passes_300_to_3400_hertz() -> None:
    noise = 0.1 * rng().standard_normal(20 * RATE, np.float32)
    heard = room.hear(noise, ROOMS["phone"], rng())
    hertz, density = signal.welch(heard, RATE, nperseg=4096)
    _, before = signal.welch(noise, RATE, nperseg=4096)
    gain = 10 * np.log10(density / before)
    assert np.abs(gain[(hertz > 450) & (hertz < 2600)]).max() < 1.0
    assert np.interp([300.0, 3400.0], hertz, gain) == pytest.approx([-3.0, -3.0], abs=0.8)
    assert gain[(hertz > 10) & (hertz < 150)].max() < -20.0
    assert gain[hertz > 6800].max() < -20.0


def test_an_input_that_is_driven_hard_is_cut_flat() -> None:
    dry = groove(3, "house", 10.0).samples
    heard = room.hear(dry, ROOMS["clipped"], rng())
    assert np.mean(np.abs(heard) > 0.999 * np.abs(heard).max()) > 0.01
    assert np.mean(np.abs(dry) > 0.999 * np.abs(dry).max()) < 1e-4


def test_automatic_level_brings_quiet_and_loud_together() -> None:
    dry = groove(3, "house", 20.0).samples * np.repeat([0.05, 1.0], 10 * RATE).astype(np.float32)
    heard = room.hear(dry, Room(agc=0.7), rng())
    half = 10 * RATE
    apart = power_db(heard[half + RATE :]) - power_db(heard[RATE:half])
    assert apart < 0.5 * (power_db(dry[half:]) - power_db(dry[:half]))


def test_a_room_that_does_nothing_gives_the_same_samples() -> None:
    dry = groove(3, "house", 20.0).samples
    np.testing.assert_array_equal(room.hear(dry, Room(), rng()), dry)
    assert len(room.hear(np.zeros(0, np.float32), ROOMS["terrible"], rng())) == 0


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**31), length=st.integers(1, 60_000), level=st.floats(0.0, 1.0))
def test_any_room_gives_as_many_finite_samples_below_full_scale_and_the_same_for_a_seed(
    seed: int, length: int, level: float
) -> None:
    dry = np.float32(level) * groove(3, "house", 20.0).samples[:length]
    drawn = room.draw(np.random.default_rng(seed))
    heard, again = (room.hear(dry, drawn, np.random.default_rng(seed)) for _ in range(2))
    assert heard.dtype == np.float32
    assert len(heard) == length
    assert np.isfinite(heard).all()
    assert np.abs(heard).max() <= 0.9801 or np.abs(dry).max() > 0.98
    np.testing.assert_array_equal(heard, again)


@pytest.mark.parametrize("name", ["reverb", "noise10", "phone", "laptop"])
def test_beats_can_still_be_heard_at_their_places(name: str) -> None:
    song = groove(2, "house")
    heard = room.hear(song.samples, ROOMS[name], rng())
    strength = librosa.onset.onset_strength(y=heard, sr=RATE, hop_length=240)
    at = np.array([strength[max(0, f - 3) : f + 6].max() for f in (song.beats[1:-1] * 100).astype(int)])
    other = np.array([strength[max(0, f - 3) : f + 6].max() for f in ((song.beats[1:-1] + 0.13) * 100).astype(int)])
    assert at.mean() > 1.2 * other.mean()
