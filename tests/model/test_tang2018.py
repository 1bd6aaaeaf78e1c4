"""The ballroom takes have their song, begin on its beats, and are cut where the tracking failed."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import soundfile

from model.datasets import tang2018
from motion import kinematics
from motion.skeleton import BONES, HUMANOID, MotionError
from tests.model.dancers import check_is_a_dancer, some_of


def test_ballroom_takes_have_their_song_and_the_time_in_it(tmp_path: Path) -> None:
    takes = tang2018.load(some_of("tang2018", tmp_path, {"dance_c_2", "dance_w_30", "dance_r_8"}))
    by_name = {take.name: take for take in takes}
    for take in takes:
        check_is_a_dancer(take)
        assert take.audio is not None
        assert take.audio_offset + len(take.root) / take.fps < soundfile.info(str(take.audio)).duration + 2.0
    chacha, waltz = by_name["dance_c_2"], by_name["dance_w_30"]
    assert (chacha.style, waltz.style) == ("cha-cha", "waltz")
    assert chacha.fps == pytest.approx(1 / 0.040336)
    assert abs(chacha.audio_offset - 4.0) <= 0.5 * 60 / 125.88  # so far as to bring its steps onto the beat
    assert "no licence" in chacha.terms
    assert len(chacha.root) == 1890
    assert chacha.beats is not None
    assert (chacha.beats[0] + chacha.audio_offset - 4.46) * 125.88 / 60 % 1.0 == pytest.approx(0.0, abs=1e-6)


def test_the_feet_of_all_takes_are_fastest_between_beats(tmp_path: Path) -> None:
    for take in tang2018.load(some_of("tang2018", tmp_path, {"dance_r_2", "dance_r_5", "dance_w_30", "dance_w_1"})):
        assert take.beats is not None
        positions, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
        feet = [BONES.index("leftFoot"), BONES.index("rightFoot")]
        speed = np.linalg.norm(np.diff(positions[:, feet], axis=0), axis=-1).mean(axis=1)
        times = (np.arange(len(speed)) + 0.5) / take.fps
        beats = np.interp(times, take.beats, np.arange(len(take.beats)))
        fastest = np.angle((speed * np.exp(2j * np.pi * beats)).sum()) / (2 * np.pi) % 1.0
        assert fastest == pytest.approx(0.5, abs=0.2), take.name


def test_a_take_is_cut_where_the_tracking_froze_and_the_song_goes_on(tmp_path: Path) -> None:
    takes = tang2018.load(some_of("tang2018", tmp_path, {"dance_r_8"}))
    assert [take.name for take in takes] == [f"dance_r_8_{n}" for n in range(5)]
    ends = [(take.audio_offset, take.audio_offset + len(take.root) / take.fps) for take in takes]
    for (_, before), (after, _) in pairwise(ends):
        assert after - before > 10 * 0.04
    assert takes[0].beats is not None
    first_beat = takes[0].beats[0] + takes[0].audio_offset
    for take in takes:
        assert take.beats is not None
        beat_in_song = (take.beats + take.audio_offset - first_beat) * 90.0 / 60
        np.testing.assert_allclose(beat_in_song, np.round(beat_in_song), atol=1e-6)
        still = np.abs(np.diff(take.rotations, axis=0)).max(axis=(1, 2)) < 1e-9
        assert still.sum() < 10


def test_a_song_that_is_missing_is_named(tmp_path: Path) -> None:
    folder = some_of("tang2018", tmp_path, {"dance_c_2"})
    (folder / "audio").unlink()
    with pytest.raises(MotionError, match=r"dance_c_2\.ogg"):
        tang2018.load(folder)


def test_a_spike_of_the_tracking_is_put_back() -> None:
    world = np.cumsum(np.full((50, 23, 3), 0.01), axis=0)
    spiked = world.copy()
    spiked[20, 5] += 0.5
    np.testing.assert_allclose(tang2018.without_spikes(spiked), world, atol=1e-12)
