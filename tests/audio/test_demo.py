"""The demo music: beats exactly where it says, any tempo and style, loud enough and never clipped."""

from functools import lru_cache

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import find_peaks

from audio import demo, mel
from audio.config import HOP, RATE
from audio.demo_arrangement import Arrangement, arrange, places
from audio.demo_styles import STYLES
from tests.audio.streams import groove

FAMILIES = {style.family: name for name, style in reversed(STYLES.items())}  # the first style of each


@lru_cache(maxsize=512)
def arranged(name: str, seed: int, bars: int = 32, halving: bool = False, from_start: bool = False) -> Arrangement:
    positions = np.arange(bars * STYLES[name].metre) % STYLES[name].metre + 1
    return arrange(STYLES[name], positions, np.random.default_rng(seed), from_start, halving)


def onsets(song: Arrangement, beats: int, steps: int) -> demo.F64:
    """How much begins on every step, [beats, steps]."""
    total = np.zeros(beats * steps)
    for hits in song.drums.values():
        total += hits.ravel()
    np.add.at(total, [tone.step for tone in song.tones], [0.4 * tone.strength for tone in song.tones])
    return total.reshape(beats, steps)


def rms_db(samples: demo.F32) -> float:
    return float(20 * np.log10(np.sqrt(np.mean(samples.astype(np.float64) ** 2))))


@pytest.mark.parametrize("style", FAMILIES.values())
def test_every_family_is_finite_loud_and_unclipped(style: str) -> None:
    song = groove(5, style, 8.0)
    assert song.samples.dtype == np.float32
    assert len(song.samples) == 8 * RATE
    assert np.isfinite(song.samples).all()
    assert np.abs(song.samples).max() < 0.99
    assert rms_db(song.samples) == pytest.approx(-14.0, abs=1.2)
    low, high = STYLES[style].bpm
    assert low - 0.1 <= song.bpm <= high + 0.1
    assert song.positions.max() == STYLES[style].metre


@pytest.mark.parametrize("style", ["disco", "house", "rock", "funk", "hiphop"])
def test_the_spectrum_is_that_of_a_band_from_bass_to_cymbals(style: str) -> None:
    power = mel.mel_power(demo.song(0, 110.0, 20.0, style).samples).mean(axis=0)
    assert power[:3].sum() > power[10:20].sum() > power[30:].sum() > 1e-6 * power.sum()


@pytest.mark.parametrize("style", ["house", "disco", "rock", "techno"])
def test_the_kick_begins_on_the_beat_to_five_milliseconds(style: str) -> None:
    song = demo.song(0, 110.0, 40.0, style)
    step = 24  # samples: 1 ms
    power = np.square(song.samples).reshape(-1, step).mean(axis=1)
    rise = np.maximum(0.0, power[8:] - power[:-8])
    near = [rise[int(b * 1000) - 60 : int(b * 1000) + 60] for b in song.beats[4:-2:2] if int(b * 1000) + 60 < len(rise)]
    lag = int(np.mean(near, axis=0).argmax()) - 60 + 8
    assert 0 <= lag <= 14, "the rise over 8 ms peaks while the kick's first cycle is played"


@pytest.mark.parametrize("style", ["house", "techno", "ska", "march"])
def test_librosa_hears_an_onset_at_almost_every_beat_of_a_machine(style: str) -> None:
    song = demo.song(0, 120.0, 20.0, style)
    strength = librosa.onset.onset_strength(y=song.samples, sr=RATE, hop_length=240)
    heard = find_peaks(strength, prominence=float(strength.std()))[0] / 100.0
    nearest = np.abs(song.beats[4:-1, None] - heard).min(axis=1)
    assert np.mean(nearest < 0.05) > 0.9


def test_there_are_styles_of_every_family_metre_and_tempo() -> None:
    assert len(STYLES) >= 40
    assert len(FAMILIES) >= 12
    assert {style.metre for style in STYLES.values()} >= {2, 3, 4, 5, 6}
    assert {style.steps for style in STYLES.values()} >= {3, 4}
    for bpm in range(60, 200, 5):
        assert sum(style.bpm[0] <= bpm <= style.bpm[1] for style in STYLES.values()) >= 3


@pytest.mark.parametrize("style", STYLES)
def test_every_alternative_of_a_pattern_fills_whole_bars_or_divides_one(style: str) -> None:
    made = STYLES[style]
    bar = made.metre * made.steps
    for pattern in [*made.drums.values(), made.bass, made.chords, made.lead, made.arp, made.riff, made.comp]:
        for option in pattern.replace(" ", "").split("|"):
            assert not option or len(option) % bar == 0 or bar % len(option) == 0 or not option.strip(".")


@pytest.mark.parametrize("style", STYLES)
def test_every_style_begins_most_on_the_one_or_is_known_to_avoid_it(style: str) -> None:
    made = STYLES[style]
    bar = np.mean([onsets(arranged(style, seed), 32 * made.metre, made.steps) for seed in range(3)], axis=0)
    bar = bar.reshape(32, made.metre, made.steps).mean(axis=0)
    beats = bar[:, 0]
    if made.family not in ("latin", "reggae", "jazz") and style not in ("motown", "amapiano"):
        assert beats[0] >= 0.9 * beats.max()
    assert (beats > 0.02).all(), "every beat is played now and then"


@pytest.mark.parametrize("style", STYLES)
def test_chords_change_on_the_one(style: str) -> None:
    made, at_one, changes = STYLES[style], 0, 0
    for seed in range(2):
        last: set[float] = set()
        struck: dict[int, set[float]] = {}
        for tone in arranged(style, seed).tones:
            if tone.voice == "pad":
                struck.setdefault(tone.step, set()).add(tone.midi)
        for step in sorted(struck):
            if struck[step] != last:
                changes += 1
                at_one += step % (made.metre * made.steps) == 0
            last = struck[step]
    assert at_one == changes


@pytest.mark.parametrize("style", STYLES)
def test_nothing_is_silent_for_longer_than_three_bars(style: str) -> None:
    made = STYLES[style]
    for seed in range(2):
        sounding = onsets(arranged(style, seed), 32 * made.metre, made.steps).any(axis=1)
        silent = np.diff(np.flatnonzero(np.r_[True, sounding, True])) - 1
        assert silent.max() <= max(8, 3 * made.metre)


def test_swing_moves_the_off_beats_and_triplets_are_even() -> None:
    beats = np.array([0.0, 1.0, 2.5])
    swung = places(STYLES["swing"], beats)
    np.testing.assert_allclose(swung[:, 0], beats)
    np.testing.assert_allclose(swung[:, 2], [0.64, 1.96, 3.46])
    np.testing.assert_allclose(places(STYLES["jig"], beats)[0], [0.0, 1 / 3, 2 / 3])
    assert (np.diff(places(STYLES["garage"], beats).ravel()) > 0).all()


def test_half_time_puts_the_back_beat_on_the_three() -> None:
    half = [arranged("rock", seed, halving=True).drums.get("snare", np.zeros((128, 4))) for seed in range(12)]
    usual = [arranged("rock", seed).drums.get("snare", np.zeros((128, 4))) for seed in range(12)]
    share_half, share_usual = (np.mean([hits[2::4, 0].mean() for hits in songs]) for songs in (half, usual))
    assert share_half > share_usual + 0.1


def test_songs_of_one_style_differ_in_kit_and_form() -> None:
    songs = [arranged("house", seed) for seed in range(30)]
    assert len({frozenset(song.drums) for song in songs}) > 8
    assert any(not song.drums for song in [arranged("piano ballad", seed) for seed in range(30)])
    kicks = [song.drums["kick"].reshape(32, -1).any(axis=1) for song in songs if "kick" in song.drums]
    assert np.mean([np.count_nonzero(~played) > 2 for played in kicks]) > 0.5, "most songs have a break"


def test_the_bass_of_salsa_avoids_the_beat_and_that_of_jazz_walks_on_it() -> None:
    def on_beats(style: str) -> float:
        notes = [
            tone.step % 4 == 0 for seed in range(4) for tone in arranged(style, seed).tones if tone.voice == "bass"
        ]
        return float(np.mean(notes))

    assert on_beats("salsa") < 0.65
    assert on_beats("bebop") > 0.95


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


@settings(max_examples=8, deadline=None)
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
    samples = demo.render(beats, np.arange(60) % 4 + 1, 0, "house")
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
        demo.song(0, style="yodel")
