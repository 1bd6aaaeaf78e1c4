"""The instruments of the demo music: they begin when they should, are in tune, and sound like what they are named."""

import librosa
import numpy as np
import pytest
from scipy import signal

from audio import demo_voices, demo_voices_held, demo_voices_struck
from audio.config import RATE
from audio.demo_band import LEVELS
from audio.demo_instruments import KITS, ROLES, drum_of, glockenspiel, marimba
from audio.demo_voices import F32

SWELLING = {"shaker", "brush"}  # a grain or a sweep, not a stroke
DRUMS = [(kit, voice) for kit in KITS for voice in LEVELS if kit == "acoustic" or voice in KITS[kit].hits]
STRUCK = ["piano", "guitar", "nylon", "electric_piano", "finger_bass", "fm_bell", "harp", "banjo", "power_guitar"]
HELD = {  # s within which half of the loudness is there, at least and at most
    "organ": (0.0, 0.01),
    "pulse": (0.0, 0.005),
    "brass": (0.005, 0.05),
    "flute": (0.005, 0.06),
    "reed": (0.005, 0.04),
    "voice": (0.015, 0.12),
    "slow_strings": (0.02, 0.3),
    "choir": (0.03, 0.3),
    "swell": (0.04, 0.5),
}


def envelope(samples: F32) -> F32:
    """RMS over the 2 ms before each sample, of the first 0.6 s."""
    power = np.square(samples[: int(0.6 * RATE)].astype(np.float64))
    return np.sqrt(np.convolve(power, np.full(48, 1 / 48))[: len(power)]).astype(np.float32)


def reaches(samples: F32, share: float) -> float:
    """When (s) the envelope first reaches this share of its greatest."""
    level = envelope(samples)
    return float(np.argmax(level >= share * level.max())) / RATE


def centroid(samples: F32) -> float:
    power, bins = np.abs(np.fft.rfft(samples.astype(np.float64))) ** 2, np.fft.rfftfreq(len(samples), 1 / RATE)
    return float((power * bins).sum() / power.sum())


@pytest.mark.parametrize(("kit", "voice"), DRUMS)
def test_a_drum_is_struck_within_five_milliseconds_of_its_time_and_ends_in_silence(kit: str, voice: str) -> None:
    for seed in range(3):
        made = drum_of(kit, voice)(np.random.default_rng(seed))
        assert np.isfinite(made).all()
        assert np.abs(made).max() == pytest.approx(1.0)
        assert abs(made[-1]) < 0.02
        if voice not in SWELLING and drum_of(kit, voice) not in (drum_of("tiny", "hat"), drum_of("cocktail", "snare")):
            assert reaches(made, 0.3) <= 0.005


@pytest.mark.parametrize("kit", KITS)
def test_a_kick_is_low_a_snare_in_the_middle_and_a_hat_high(kit: str) -> None:
    kick, snare, hat = (centroid(drum_of(kit, v)(np.random.default_rng(1))) for v in ("kick", "snare", "hat"))
    assert 40 < kick < 200
    assert kick < snare
    assert 300 < snare < 7_000
    assert 2_500 < hat < 10_000


@pytest.mark.parametrize("name", STRUCK)
def test_a_string_or_a_key_sounds_within_five_milliseconds(name: str) -> None:
    play = getattr(demo_voices_struck, name)(np.random.default_rng(2))
    midi = 40.0 if "bass" in name else 60.0
    made = play((midi,), 1.0)
    assert reaches(made, 0.5) <= 0.005
    late = np.sqrt(np.mean(made[-RATE // 10 :] ** 2))
    assert late < 0.95 * np.sqrt(np.mean(made[: RATE // 10] ** 2)), "and it rings out"


@pytest.mark.parametrize("name", HELD)
def test_a_held_tone_takes_the_time_that_its_kind_takes(name: str) -> None:
    for seed in range(4):
        made = getattr(demo_voices_held, name)(np.random.default_rng(seed))((60.0,), 1.5)
        shortest, longest = HELD[name]
        assert shortest <= reaches(made, 0.5) <= longest


MAKERS = sorted({maker for makers in ROLES.values() for maker in makers}, key=lambda maker: maker.__qualname__)


@pytest.mark.parametrize("maker", MAKERS, ids=lambda maker: maker.__qualname__)
def test_an_instrument_is_even_finite_and_the_same_for_the_same_call(maker: demo_voices.Maker) -> None:
    play = maker(np.random.default_rng(3))
    for notes in ((45.0,), (60.0, 64.0, 67.0)):
        made = play(notes, 0.7)
        assert len(made) == round(0.7 * RATE)
        assert np.isfinite(made).all()
        assert np.abs(made).max() < 3.0
        assert abs(float(made.mean())) < 0.02
        np.testing.assert_array_equal(made, play(notes, 0.7))


@pytest.mark.parametrize("name", ["piano", "guitar", "upright_bass"])
@pytest.mark.parametrize("midi", [40.0, 52.0])
def test_a_string_is_in_tune(name: str, midi: float) -> None:
    made = getattr(demo_voices_struck, name)(np.random.default_rng(5))((midi,), 1.5)
    heard = librosa.yin(made.astype(np.float64), fmin=60, fmax=500, sr=RATE, frame_length=4096)[4:20]
    assert 12 * np.log2(np.median(heard) / librosa.midi_to_hz(midi)) == pytest.approx(0.0, abs=0.3)


def test_modes_are_damped_sines() -> None:
    tones, gains, decays = np.array([220.0, 3_511.0]), np.array([1.0, 0.3]), np.array([0.5, 0.02])
    time = np.arange(RATE) / RATE
    sines = sum(
        g * np.exp(-time / d) * np.sin(2 * np.pi * f * time) for f, g, d in zip(tones, gains, decays, strict=True)
    )
    made = demo_voices.modes(tones, gains, decays, 1.0)
    np.testing.assert_allclose(made[:-240], sines[:-240], atol=1e-5)


@pytest.mark.parametrize("maker", [marimba, glockenspiel])
def test_the_first_partial_of_a_bar_is_its_note(maker: demo_voices.Maker) -> None:
    made = maker(np.random.default_rng(0))((69.0,), 1.0)
    bins, power = signal.periodogram(made, RATE)
    assert bins[np.argmax(power)] == pytest.approx(440.0, abs=2.0)
