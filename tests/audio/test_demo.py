"""The demo music: beats exactly where it says, any tempo and style, loud enough and never clipped."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import demo, mel
from audio.config import HOP, RATE
from audio.demo_styles import STYLES
from tests.audio.streams import groove


def rms_db(samples: demo.F32) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(np.float64) ** 2))))


@pytest.mark.parametrize("style", STYLES)
def test_every_style_is_finite_loud_and_unclipped(style: str) -> None:
    song = groove(5, style)
    assert song.samples.dtype == np.float32
    assert len(song.samples) == 40 * RATE
    assert np.isfinite(song.samples).all()
    assert np.abs(song.samples).max() < 0.99
    assert rms_db(song.samples) == pytest.approx(-14.0, abs=1.2)
    low, high = STYLES[style].bpm
    assert low - 0.1 <= song.bpm <= high + 0.1
    assert song.positions.max() == STYLES[style].metre


@pytest.mark.parametrize("style", STYLES)
def test_the_spectrum_is_that_of_a_band_from_bass_to_cymbals(style: str) -> None:
    power = mel.mel_power(groove(5, style).samples).mean(axis=0)
    assert power[:3].sum() > power[10:20].sum() > power[30:].sum() > 1e-6 * power.sum()


@pytest.mark.parametrize("style", ["house", "disco", "rock", "techno"])
def test_the_kick_begins_on_the_beat_to_five_milliseconds(style: str) -> None:
    song = groove(2, style)
    step = 24  # samples: 1 ms
    power = np.square(song.samples).reshape(-1, step).mean(axis=1)
    rise = np.maximum(0.0, power[8:] - power[:-8])
    near = [rise[int(b * 1000) - 60 : int(b * 1000) + 60] for b in song.beats[4:-2:2] if int(b * 1000) + 60 < len(rise)]
    lag = int(np.mean(near, axis=0).argmax()) - 60 + 8
    assert 0 <= lag <= 14, "the rise over 8 ms peaks while the kick's first cycle is played"


def test_the_same_seed_is_the_same_song_and_another_is_another() -> None:
    one, two, other = (demo.song(seed, seconds=10.0) for seed in (7, 7, 8))
    np.testing.assert_array_equal(one.samples, two.samples)
    assert one.name == two.name
    assert not np.array_equal(one.samples, other.samples)


def test_seed_0_is_disco_at_118() -> None:
    song = groove(0)
    assert song.style == "disco"
    assert song.bpm == pytest.approx(118.0)
    np.testing.assert_allclose(np.diff(song.beats), 60 / 118)
    np.testing.assert_array_equal(song.positions[:5], [1, 2, 3, 4, 1])


def test_a_tempo_may_follow_a_curve_and_the_metre_may_be_chosen() -> None:
    song = demo.song(4, bpm=lambda time: 90.0 + 2.0 * time, seconds=20.0, style="disco", metre=3)
    tempo = 60.0 / np.diff(song.beats)
    np.testing.assert_allclose(tempo, 90.0 + 2.0 * song.beats[:-1])
    assert song.positions.max() == 3


@settings(max_examples=12, deadline=None)
@given(
    lengths=st.lists(st.floats(0.05, 2.5), min_size=1, max_size=12),
    first=st.floats(0.0, 3.0),
    metre=st.integers(1, 7),
    seed=st.integers(0, 2**31),
)
def test_a_groove_is_played_on_any_beats(lengths: list[float], first: float, metre: int, seed: int) -> None:
    beats = first + np.concatenate([[0.0], np.cumsum(lengths)])
    positions = np.arange(len(beats)) % metre + 1
    samples = demo.render(beats, positions, seed)
    assert len(samples) == round((2 * beats[-1] - beats[-2]) * RATE)
    assert np.isfinite(samples).all()
    assert np.abs(samples).max() < 0.99
    assert rms_db(samples) > -25.0
    assert np.abs(samples[: max(0, int(first * RATE) - 480)]).max(initial=0.0) < 1e-3


def test_music_is_laid_under_beats_that_a_dance_gives() -> None:
    rng = np.random.default_rng(3)
    beats = 0.7 + np.cumsum(rng.uniform(0.42, 0.58, 60))
    samples = demo.render(beats, np.arange(60) % 4 + 1, 1, "house")
    log_power = np.log1p(100 * mel.mel_power(samples))
    strength = mel.onset_strength(log_power[1:, :3], log_power[0, :3])
    ends = ((np.arange(len(strength)) + 1) * HOP + mel.N_FFT) / RATE
    place = np.interp(ends - 0.02, beats, np.arange(60)) % 1.0
    on, off = np.abs((place + 0.5) % 1 - 0.5) < 0.06, np.abs(place - 0.25) < 0.06
    assert strength[on].mean() > 2.0 * strength[off].mean()


@pytest.mark.parametrize("beats", [[0.0], [0.0, 0.0, 1.0], [1.0, 0.5]])
def test_beats_that_do_not_increase_are_a_defect(beats: list[float]) -> None:
    with pytest.raises(ValueError, match="strictly increasing"):
        demo.render(np.array(beats), np.ones(len(beats), np.int64), 0)


def test_an_unknown_style_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="use one of house, disco"):
        demo.song(0, style="polka")
