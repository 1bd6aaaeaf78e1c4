"""Songs in disguise: another sound, the same beats."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.features import LOG_GAIN
from model.ear import disguise
from model.ear.corpus import hear
from model.ear.disguise import disguised
from model.ear.parts import Heard


@cache
def song() -> Heard:
    return hear(3, 8.0)


@cache
def talk() -> Heard:
    noise = np.random.default_rng(1).uniform(0.0, 1.0, (60, 4, 40)).astype(np.float16)
    return Heard(noise, np.zeros(0), np.zeros(0, np.int64), np.zeros(60, bool), "not music")


def loudness(heard: Heard) -> np.ndarray:
    """[40] mean power of each band."""
    return np.square(np.expm1(heard.log_mel.astype(np.float64)) / LOG_GAIN).mean(axis=(0, 1))


def always(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    for name in ("SQUEEZED", "THIN", "TALKED_OVER"):
        monkeypatch.setattr(disguise, name, float(name in names))


@given(st.integers(0, 10_000))
@settings(max_examples=30, deadline=None)
def test_whatever_is_done_to_a_song_its_beats_stay_and_its_sound_is_finite(seed: int) -> None:
    heard = disguised(song(), [talk()], np.random.default_rng(seed))
    assert heard.log_mel.shape == song().log_mel.shape
    assert np.isfinite(heard.log_mel).all()
    assert (heard.log_mel >= 0.0).all()
    for name in ("beats", "positions", "music"):
        np.testing.assert_array_equal(getattr(heard, name), getattr(song(), name))


def test_the_loudest_place_of_a_squeezed_song_is_as_loud_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    always(monkeypatch, "SQUEEZED")
    heard = disguised(song(), [], np.random.default_rng(0)).log_mel
    assert np.unravel_index(heard.argmax(), heard.shape) == np.unravel_index(song().log_mel.argmax(), heard.shape)
    np.testing.assert_allclose(heard.max(), song().log_mel.max(), rtol=2e-3)


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_thin_song_lacks_its_lows_or_its_highs_and_keeps_the_rest(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        always(patch, "THIN")
        heard = disguised(song(), [], np.random.default_rng(seed))
    share = loudness(heard) / loudness(song())
    np.testing.assert_allclose(share[13:18], 1.0, rtol=0.02)
    assert min(share[0], share[-1]) < 0.5
    assert max(share[0], share[-1]) > 0.98


@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_talk_lies_under_the_song_as_loud_as_it_is_drawn(seed: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        always(patch, "TALKED_OVER")
        heard = disguised(song(), [talk()], np.random.default_rng(seed))
    added = 10.0 * np.log10((loudness(heard).sum() - loudness(song()).sum()) / loudness(song()).sum())
    assert disguise.TALK_DB[0] - 0.5 < added < disguise.TALK_DB[1] + 0.5
