"""The feature frame: librosa's quantities on real music, and finite numbers for any input."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from audio import features, mel
from audio.config import FRAME, HOP, RATE
from tests.audio.streams import F32, groove, music


def heard(samples: F32) -> list[features.FrameFeatures]:
    """Every frame of a sound."""
    state, frames = features.init(), []
    for frame in samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME):
        out, state = features.push(state, frame)
        frames.append(out)
    return frames


def table(samples: F32) -> F32:
    """The values of every frame, [n, F]."""
    return np.stack([frame.values for frame in heard(samples)])


@pytest.mark.parametrize("name", ["house124.ogg", "rhodes.mp3"])
def test_mel_power_is_librosas_on_real_music(name: str) -> None:
    samples = music(name)
    theirs = librosa.feature.melspectrogram(
        y=samples, sr=RATE, n_fft=mel.N_FFT, hop_length=HOP, center=False, n_mels=mel.MEL_BANDS,
        fmin=mel.MEL_LOW, fmax=mel.MEL_HIGH,
    ).T  # fmt: skip
    np.testing.assert_allclose(mel.mel_power(samples), theirs, rtol=1e-5, atol=1e-7)


def test_the_mel_bank_is_librosas_and_no_band_is_empty() -> None:
    theirs = librosa.filters.mel(sr=RATE, n_fft=mel.N_FFT, n_mels=mel.MEL_BANDS, fmin=mel.MEL_LOW, fmax=mel.MEL_HIGH)
    np.testing.assert_allclose(mel.mel_bank(), theirs, rtol=1e-5, atol=1e-9)
    assert (mel.mel_bank().sum(axis=1) > 0).all()


def test_onset_strength_is_librosas_on_real_music() -> None:
    log_power = np.log1p(mel.mel_power(music("house124.ogg")))
    theirs = librosa.onset.onset_strength(S=log_power.T, sr=RATE, hop_length=HOP, lag=1, max_size=1, center=False)
    np.testing.assert_allclose(mel.onset_strength(log_power[1:], log_power[0]), theirs[1:], rtol=1e-5, atol=1e-7)


def test_a_frame_hears_the_1024_samples_that_end_with_each_of_its_hops() -> None:
    samples = music("rhodes.mp3")[: 3 * FRAME]
    before = np.concatenate([np.zeros(mel.N_FFT - HOP, np.float32), samples])
    state = features.init()
    for number, frame in enumerate(samples.reshape(-1, FRAME)):
        start = number * FRAME
        expected = mel.mel_power(before[start : start + mel.N_FFT + 3 * HOP])
        _, state = features.push(state, frame)
        scaled = np.expm1(state.log_mel[-1])
        np.testing.assert_allclose(
            scaled / scaled.sum(), np.sqrt(expected[-1]) / np.sqrt(expected[-1]).sum(), rtol=1e-3
        )


def test_every_value_has_a_name_and_the_size_of_one_on_music() -> None:
    for samples in (music("house124.ogg"), music("rhodes.mp3"), groove(0).samples):
        values = table(samples)[15:]
        assert values.shape[1] == len(features.FEATURE_NAMES) == len(set(features.FEATURE_NAMES))
        assert np.abs(values).max() <= 6.0
        assert np.sqrt(np.mean(values**2)) < 1.5
        assert np.abs(values.mean(axis=0)).max() < 2.5


def test_a_quieter_recording_gives_the_same_values() -> None:
    loud, quiet = table(music("house124.ogg")), table(music("house124.ogg") * np.float32(0.1))
    steady = slice(30, None)
    same = [name not in features.SUMMARY_NAMES[:4] for name in features.FEATURE_NAMES]
    assert np.median(np.abs(loud - quiet)[steady][:, same]) < 0.02


def test_loudness_is_that_of_the_frame_in_db_of_full_scale() -> None:
    time = np.arange(2 * RATE) / RATE
    sine = (0.5 * np.sin(2 * np.pi * 440 * time)).astype(np.float32)
    assert heard(sine)[-1].loudness_db == pytest.approx(20 * np.log10(0.5 / np.sqrt(2)), abs=0.05)
    assert heard(np.zeros(FRAME, np.float32))[0].loudness_db == -100.0


def test_energy_rises_with_music_and_falls_with_silence() -> None:
    silence = np.zeros(4 * RATE, np.float32)
    frames = heard(np.concatenate([silence, music("house124.ogg")[: 6 * RATE], silence]))
    assert frames[59].energy == 0.0
    assert frames[140].energy > 0.5
    assert frames[-1].energy < 0.02


def test_the_start_of_a_stream_is_no_onset() -> None:
    hum = (0.3 * np.sin(2 * np.pi * 220 * np.arange(RATE) / RATE + 1.0)).astype(np.float32)
    assert heard(hum)[0].onsets[:3].max() == 0.0


def test_a_click_is_an_onset_in_the_hop_that_ends_after_it() -> None:
    rng = np.random.default_rng(0)
    samples = (1e-3 * rng.standard_normal(2 * RATE)).astype(np.float32)
    click = RATE + 3 * HOP + 100
    samples[click : click + 48] += 0.8
    onsets = np.concatenate([frame.onsets for frame in heard(samples)]).sum(axis=1)
    assert click // HOP <= int(onsets[10:].argmax()) + 10 <= click // HOP + 2


@pytest.mark.parametrize("style", ["house", "techno", "disco"])
def test_a_thump_outweighs_a_bass_note_in_the_linear_band(style: str) -> None:
    """The kick is on the beat, the bass between the beats; the logarithmic band hears them much alike."""
    song = groove(0, style, 20.0)
    onsets = np.concatenate([frame.onsets for frame in heard(song.samples)])
    phase = np.interp((np.arange(len(onsets)) + 1) / 60 - 0.033, song.beats, np.arange(len(song.beats))) % 1.0
    on_beat, off_beat = np.abs((phase + 0.5) % 1.0 - 0.5) < 0.06, np.abs(phase - 0.5) < 0.06
    ratio = onsets[on_beat].mean(axis=0) / onsets[off_beat].mean(axis=0)
    assert ratio[features.ONSET_BANDS.index("thump")] > 1.5
    assert ratio[features.ONSET_BANDS.index("thump")] > 1.5 * ratio[features.ONSET_BANDS.index("low")]


BAD: dict[str, F32] = {
    "silence": np.zeros(FRAME, np.float32),
    "nan": np.full(FRAME, np.nan, np.float32),
    "infinity": np.full(FRAME, -np.inf, np.float32),
    "direct current": np.ones(FRAME, np.float32),
    "clipping": np.sign(np.sin(np.arange(FRAME, dtype=np.float32))),
    "far too loud": np.float32(1e30) * np.sin(np.arange(FRAME, dtype=np.float32)),
    "denormals": np.full(FRAME, 1e-42, np.float32),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_sound_gives_finite_values_and_music_is_heard_again_after_it(name: str) -> None:
    state = features.init()
    for _ in range(150):
        frame, state = features.push(state, BAD[name])
        assert np.isfinite(frame.values).all()
        assert np.isfinite([frame.loudness_db, frame.energy]).all()
        assert np.abs(frame.values).max() <= features.LIMIT
    tiny = np.finfo(np.float32).tiny
    for kept in state:
        numbers = np.abs(np.asarray(kept, np.float64))
        assert ((numbers == 0.0) | (numbers >= tiny)).all(), "denormal numbers are slow"
    for piece in music("house124.ogg")[: 10 * RATE].reshape(-1, FRAME):
        frame, state = features.push(state, piece)
    assert frame.onsets.shape == (4, len(features.ONSET_BANDS))
    assert np.abs(frame.values).max() > 0.5


@settings(max_examples=25, deadline=None)
@given(hnp.arrays(np.float32, FRAME, elements=st.floats(width=32, allow_nan=True, allow_infinity=True)))
def test_any_samples_whatever_give_finite_values(frame: F32) -> None:
    state = features.init()
    for _ in range(3):
        out, state = features.push(state, frame)
        assert np.isfinite(out.values).all()
        assert np.isfinite(out.onsets).all()


def test_a_frame_of_another_size_is_a_defect() -> None:
    with pytest.raises(ValueError, match="1600"):
        features.push(features.init(), np.zeros(1599, np.float32))
