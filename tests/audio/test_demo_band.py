"""The bands of the demo music: somebody for every part, another band for every seed, recorded drums where given."""

import numpy as np
import pytest

from audio import demo, demo_band, demo_improvise
from audio.config import RATE
from audio.demo_arrangement import Arrangement
from audio.demo_feel import Feel
from audio.demo_instruments import FAMILIES
from audio.demo_mix import Mix
from audio.demo_play import play
from audio.demo_styles import STYLES, Style

FIRST = {style.family: name for name, style in reversed(STYLES.items())}  # a style of each family


def test_every_drum_and_part_of_every_style_has_a_player() -> None:
    for name, style in STYLES.items():
        band = demo_band.choose(np.random.default_rng(1), style)
        assert set(style.drums) | {"snare", "tom", "crash"} <= set(band.drums), name
        assert set(band.parts) == {"bass", "chord", "pad", "lead", "arp", "riff", "comp"}
    assert {style.family for style in STYLES.values()} <= set(FAMILIES)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_has_many_bands(family: str) -> None:
    style = STYLES[FIRST[family]]
    bands = [demo_band.choose(np.random.default_rng(seed), style) for seed in range(12)]
    assert len({band.parts["lead"].play.__code__.co_filename + str(band.parts["lead"].gain) for band in bands}) == 12
    hats = [band.drums["hat"].gain / band.drums["kick"].gain for band in bands]
    assert max(hats) > 2.0 * min(hats), "now the hats are loud, now the kick"
    kicks = {band.drums["kick"].hit(np.random.default_rng(0)).tobytes() for band in bands}
    assert len(kicks) >= 2


def test_a_recorded_drum_is_played_instead_of_ours() -> None:
    recorded = np.zeros(1_000, np.float32)
    recorded[:500] = 0.25
    style = STYLES["house"]
    band = demo_band.choose(np.random.default_rng(0), style, {"kick": recorded})
    np.testing.assert_array_equal(band.drums["kick"].hit(np.random.default_rng(3)), 4.0 * recorded)
    beats, positions = 0.5 + 0.5 * np.arange(16), np.arange(16) % 4 + 1
    ours, theirs = (demo.render(beats, positions, 3, "house", kit=kit) for kit in (None, {"kick": recorded}))
    assert not np.array_equal(ours, theirs)


@pytest.mark.parametrize("family", FAMILIES)
def test_whatever_the_band_a_hit_and_a_note_are_heard_at_their_time_and_not_before(family: str) -> None:
    style = STYLES[FIRST[family]]
    beats = 1.0 + 0.5 * np.arange(8)
    hits = np.zeros((8, style.steps), np.float32)
    hits[[0, 4], 0] = 1.0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        mix = Mix(6 * RATE)
        play(mix, demo_band.choose(rng, style), style, Arrangement({"kick": hits}), beats, Feel({}), rng)
        level = np.abs(mix.buses["kick"])
        assert not level[:RATE].any()
        for time in (1.0, 3.0):
            near = level[int((time - 0.02) * RATE) : int((time + 0.1) * RATE)]
            assert -0.003 <= np.argmax(near > 0.5 * near.max()) / RATE - 0.02 <= 0.012


def test_an_improvised_style_is_a_song_like_any_other() -> None:
    for seed in range(1, 5):
        style: Style = demo_improvise.style(np.random.default_rng(seed))
        song = demo.song(seed, seconds=10.0, style=style, tempo="human")
        assert song.positions.max() == style.metre
        assert song.style.startswith("improvised")
        assert 20 * np.log10(song.samples.std()) == pytest.approx(-14.0, abs=0.6)
        assert (song.beats < 10.0).all()


def test_the_click_is_exact_whoever_plays() -> None:
    song = demo.song(3, 120.0, 10.0, "jazz lounge")
    np.testing.assert_allclose(song.beats, 0.25 + 0.5 * np.arange(20))


def test_an_unknown_tempo_is_refused() -> None:
    with pytest.raises(ValueError, match="use one of steady"):
        demo.song(1, tempo="sideways")
