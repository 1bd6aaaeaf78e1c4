"""Material for the ear: every example exact, drawn from its seed, of the kind that it says."""

import json
from collections import Counter
from functools import lru_cache
from pathlib import Path

import librosa
import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from audio import room
from audio.config import FRAME, RATE, AudioError
from audio.demo_styles import STYLES
from model.ear import kits, material
from model.ear.kits import Kits
from model.ear.material import KINDS, Example

CC0 = Path(__file__).resolve().parents[3] / "shared" / "data" / "cc0_samples"


@lru_cache(maxsize=1)
def recorded() -> Kits:
    if not CC0.is_dir():
        pytest.skip("needs shared/data/cc0_samples")
    return kits.load(CC0)


def check(made: Example, seconds: float) -> None:
    assert made.samples.dtype == np.float32
    assert len(made.samples) == round(seconds * RATE)
    assert np.isfinite(made.samples).all()
    assert np.abs(made.samples).max() < 1.0
    assert len(made.music) == len(made.samples) // FRAME
    assert len(made.beats) == len(made.positions)
    assert (np.diff(made.beats) > 0.1).all()
    assert ((made.beats >= 0.0) & (made.beats < seconds)).all()
    if len(made.positions):
        assert made.positions.min() >= 1


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**31), seconds=st.floats(2.0, 15.0))
def test_any_example_is_exact_finite_and_the_same_for_its_seed(seed: int, seconds: float) -> None:
    made, again = material.example(seed, seconds), material.example(seed, seconds)
    check(made, seconds)
    np.testing.assert_array_equal(made.samples, again.samples)
    np.testing.assert_array_equal(made.beats, again.beats)
    assert made.kind in material.SHARES


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_made_and_says_so(kind: str) -> None:
    made = material.of_kind(kind, 4, 10.0)
    check(made, 10.0)
    assert made.kind == kind
    silent = kind in ("not music", "silence", "noise", "speech", "applause")
    assert (len(made.beats) == 0) == silent
    assert made.music.any() != silent


def test_seeds_draw_all_sorts_at_levels_from_forty_decibels_down_to_full_scale() -> None:
    made = [material.example(seed, 2.0) for seed in range(24)]
    kinds = Counter(one.kind for one in made)
    assert set(kinds) == set(material.SHARES)
    assert kinds["song"] + kinds["improvised"] + kinds["plain"] > 12
    peaks = [20 * np.log10(np.abs(one.samples).max()) for one in made if one.kind != "not music"]
    assert -40.5 < min(peaks) < -25.0
    assert -8.0 < max(peaks) < 0.0
    tempi = [one.bpm for one in made if one.kind in ("song", "improvised", "plain")]
    assert min(tempi) < 80.0
    assert max(tempi) > 150.0


def test_kinds_are_what_their_names_say() -> None:
    slow, fast, waltz = ([material.of_kind(kind, seed, 8.0) for seed in range(2)] for kind in ("slow", "fast", "waltz"))
    assert all(54.0 < 60.0 / np.diff(one.beats).mean() < 81.0 for one in slow)
    assert all(159.0 < 60.0 / np.diff(one.beats).mean() < 211.0 for one in fast)
    assert all(one.positions.max() == 3 for one in waltz)
    jump = [60.0 / np.diff(material.of_kind("jump", seed, 30.0).beats) for seed in range(2)]
    assert all(tempo.max() / tempo.min() > 1.05 for tempo in jump)
    steady = np.diff(material.of_kind("steady", 1, 15.0).beats)
    assert steady.std() < 1e-6


def test_an_upbeat_song_is_loud_between_the_beats_and_its_lows_keep_them() -> None:
    """The oracle is scipy's filters: how loud what is above 300 Hz, and below 150 Hz, begins on beats and between."""
    lows, highs = [], []
    for seed in range(5):
        made = material.of_kind("upbeat", seed, 16.0)
        between = 0.5 * (made.beats[1:] + made.beats[:-1])
        for found, edge, side in ((lows, 150.0, "low"), (highs, 300.0, "high")):
            band = signal.sosfilt(signal.butter(4, edge, side, fs=RATE, output="sos"), made.samples)
            on, off = (_begins(band, times) for times in (made.beats, between))
            found.append(on / (on + off))
    assert max(highs) < 0.5
    assert np.median(lows) > 0.7


def _begins(band: np.ndarray, times: np.ndarray) -> float:
    """Mean rise of the level (RMS) from the 30 ms before these moments to the 60 ms after."""
    starts = np.round(times[1:-1] * RATE).astype(int)
    before = np.array([np.sqrt(np.mean(band[start - 720 : start] ** 2)) for start in starts])
    after = np.array([np.sqrt(np.mean(band[start : start + 1440] ** 2)) for start in starts])
    return float(np.maximum(after - before, 0.0).mean()) + 1e-6


@pytest.mark.parametrize("seed", [2, 11])
def test_a_cut_loses_no_sample_to_rounding(seed: int) -> None:
    made = material.of_kind("cut", seed, 6.0)
    assert len(made.samples) == 6 * RATE
    assert len(made.music) == 90


def test_a_style_by_its_name_is_a_kind() -> None:
    made = material.of_kind("afro-cuban 12/8", 3, 10.0)
    check(made, 10.0)
    assert (made.kind, made.style) == ("afro-cuban 12/8", "afro-cuban 12/8")


def test_compound_songs_have_three_steps_to_the_beat() -> None:
    made = {material.of_kind("compound", seed, 2.0).style for seed in range(20)}
    assert {"jig", "afro 12/8"} <= made
    assert all(STYLES[name].steps == 3 for name in made)


def test_a_corpus_of_hard_kinds_holds_them_and_no_others() -> None:
    made = [material.example(seed, 2.0, shares=material.HARD) for seed in range(12)]
    assert {one.kind for one in made} <= set(material.HARD)
    assert len({one.kind for one in made}) > 5


def test_music_is_marked_in_the_frames_whose_middle_lies_in_it() -> None:
    frames = material.music_frames(3 * RATE, ((0.5, 1.0), (2.0, 2.1)))
    assert len(frames) == 45
    middles = (np.flatnonzero(frames) + 0.5) / 15
    assert middles.min() >= 0.5
    assert ((middles < 1.0) | (middles >= 2.0)).all()
    assert frames.sum() in (8, 9, 10)
    assert not material.music_frames(3 * RATE, ()).any()


@pytest.mark.parametrize("name", [None, "reverb", "noise10"])
def test_low_onsets_stand_out_at_the_beats_through_the_room_too(name: str | None) -> None:
    """The oracle is librosa's onset strength below 200 Hz: at the beats beside a quarter of a beat later."""
    at: list[float] = []
    later: list[float] = []
    for seed, style in enumerate(["house", "disco", "techno", "trance"]):
        plan = material.Plan(style if style in STYLES else "house", (100.0, 130.0), "steady", 4)
        song = material.song(np.random.default_rng(seed), 12.0, None, plan)[0]
        samples = song.samples if name is None else room.hear(song.samples, room.ROOMS[name], np.random.default_rng(1))
        lows = librosa.feature.melspectrogram(y=samples, sr=RATE, hop_length=240, n_fft=1024, n_mels=6, fmax=200.0)
        strength = librosa.onset.onset_strength(S=librosa.power_to_db(lows), sr=RATE, hop_length=240)
        for beat, period in zip(song.beats[1:-1], np.diff(song.beats)[1:], strict=True):
            places = [int((beat + share * period) * 100) for share in (0.0, 0.25)]
            for found, place in zip((at, later), places, strict=True):
                found.append(strength[place - 2 : place + 6].max())
    assert np.mean(at) > 1.4 * np.mean(later)


def test_recorded_drums_begin_at_once_and_are_as_loud_as_can_be() -> None:
    for drum, choices in recorded().drums.items():
        for samples in choices:
            assert np.abs(samples).max() == pytest.approx(1.0, abs=1e-4), drum
            assert np.argmax(np.abs(samples) > 0.1) <= 0.002 * RATE, drum
            assert np.argmax(np.abs(samples) > 0.5) < 0.026 * RATE, drum
            assert len(samples) <= 1.6 * RATE
    drawn = recorded().draw(np.random.default_rng(1))
    assert {"kick", "snare", "hat"} <= set(recorded().drums)
    assert 5 < len(drawn) <= len(recorded().drums)


@pytest.mark.parametrize("name", kits.LOOPS)
def test_the_onsets_of_a_loop_lie_on_its_sixteenths(name: str) -> None:
    loop = next(loop for loop in recorded().loops if loop.name == name)
    strength = librosa.onset.onset_strength(y=np.tile(loop.samples, 3), sr=RATE, hop_length=120, n_fft=512)
    strength = strength[len(strength) // 3 : 2 * len(strength) // 3]
    place = np.arange(len(strength)) * 120 / len(loop.samples) * loop.beats * 4 - 0.005 * loop.bpm / 15
    away = np.abs((place + 0.5) % 1.0 - 0.5) * 15.0 / loop.bpm  # s
    assert strength[away < 0.015].mean() > 1.3 * strength[away > 0.03].mean()


def test_a_loop_is_bent_to_the_bars_of_the_song() -> None:
    """A loop that is a click on its downbeat, under bars of unequal length."""
    samples = np.zeros(2 * RATE, np.float32)
    samples[:24] = 1.0
    loop = kits.Loop("click", samples, 4)
    beats = 0.3 + np.cumsum(np.repeat([0.45, 0.5, 0.6, 0.3], 4))
    positions = np.arange(16) % 4 + 1
    laid = kits.lay_under(np.full(9 * RATE, 1e-3, np.float32), beats, positions, loop, 0.0) - 1e-3
    clicks = signal.find_peaks(laid, height=0.2 * laid.max(), distance=RATE // 5)[0] / RATE
    np.testing.assert_allclose(clicks, beats[[0, 4, 8]], atol=2e-3)  # the fourth bar has no end


def test_songs_with_recorded_drums_are_exact_too() -> None:
    for seed in range(4):
        check(material.example(seed, 6.0, recorded()), 6.0)
    with_them, without = (material.of_kind("steady", 2, 6.0, them) for them in (recorded(), None))
    assert len(with_them.samples) == len(without.samples)


def test_a_folder_without_drums_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(AudioError, match="no such folder"):
        kits.load(tmp_path / "nowhere")
    with pytest.raises(AudioError, match=r"has no index\.json"):
        kits.load(tmp_path)
    (tmp_path / "index.json").write_text("[]")
    with pytest.raises(AudioError, match="is no list"):
        kits.load(tmp_path)
    soundfile.write(tmp_path / "bd_own.wav", np.ones(100), RATE)
    row = {"file": "bd_own.wav", "licence": "CC-BY-4.0"}
    (tmp_path / "index.json").write_text(json.dumps({"files": [row]}))
    with pytest.raises(AudioError, match="none of its CC0"):
        kits.load(tmp_path)
    (tmp_path / "index.json").write_text(json.dumps({"files": [row | {"licence": "CC0-1.0"}]}))
    assert set(kits.load(tmp_path).drums) == {"kick"}
