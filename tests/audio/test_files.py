"""Reading songs: real bytes of every kind, whole, cut off, and none at all."""

import builtins
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from audio.config import AudioError
from audio.files import BLOCK, open_blocks
from tests.audio.streams import DATA, recording

SECONDS = {"house124.ogg": 20.0, "rhodes.mp3": 20.0, "salsa.flac": 3.0, "salsa.wav": 1.5, "salsa.m4a": 3.0}


def refusal(path: Path) -> str:
    """The line that a path is refused with."""
    with pytest.raises(AudioError) as caught:
        open_blocks(path)
    line = str(caught.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


@pytest.mark.parametrize("name", SECONDS)
def test_a_song_is_read_whole_in_mono_blocks_without_a_warning(name: str) -> None:
    warnings: list[str] = []
    rate, blocks = open_blocks(DATA / name, warnings.append)
    total = 0
    for block in blocks:
        assert block.ndim == 1
        assert block.dtype == np.float32
        assert 1 <= len(block) <= BLOCK
        assert np.abs(block).max() <= 1.2
        total += len(block)
    assert total / rate == pytest.approx(SECONDS[name], abs=0.05)
    assert warnings == []


def test_lossless_files_come_out_as_soundfile_reads_them() -> None:
    np.testing.assert_array_equal(recording("salsa.flac")[1], soundfile.read(DATA / "salsa.flac", dtype="float32")[0])


def test_an_m4a_sounds_as_the_flac_it_was_made_of() -> None:
    flac, m4a = recording("salsa.flac")[1], recording("salsa.m4a")[1]
    lags = np.fft.irfft(np.fft.rfft(m4a, 2**18) * np.conj(np.fft.rfft(flac, 2**18)))
    assert lags.max() > 0.95 * np.sqrt(np.sum(flac**2) * np.sum(m4a**2))


def test_channels_are_averaged(tmp_path: Path) -> None:
    _, left = recording("salsa.wav")
    soundfile.write(tmp_path / "two.wav", np.stack([left, -0.5 * left], axis=1), 44_100, subtype="FLOAT")
    _, blocks = open_blocks(tmp_path / "two.wav")
    np.testing.assert_allclose(np.concatenate(list(blocks)), 0.25 * left, atol=1e-7)


def test_a_file_is_read_as_it_is_played(tmp_path: Path) -> None:
    soundfile.write(tmp_path / "long.wav", np.zeros(44_100 * 60, np.float32), 44_100)
    _, blocks = open_blocks(tmp_path / "long.wav")
    next(blocks)
    (tmp_path / "long.wav").write_bytes((tmp_path / "long.wav").read_bytes()[:100_000])
    assert sum(map(len, blocks)) < 44_100 * 10, "the rest was not in memory"


@pytest.mark.parametrize("name", SECONDS)
@pytest.mark.parametrize("part", [0.35, 0.7])
def test_a_file_that_is_cut_off_plays_to_its_last_good_sample_and_says_so_once(
    name: str, part: float, tmp_path: Path
) -> None:
    raw = (DATA / name).read_bytes()
    (tmp_path / name).write_bytes(raw[: int(part * len(raw))])
    warnings: list[str] = []
    rate, blocks = open_blocks(tmp_path / name, warnings.append)
    samples = np.concatenate(list(blocks))
    assert part * SECONDS[name] * 0.7 < len(samples) / rate < part * SECONDS[name] + 1.0
    whole = recording(name)[1]
    np.testing.assert_array_equal(samples[: len(samples) - 4096], whole[: len(samples) - 4096])
    assert len(warnings) == 1
    assert "\n" not in warnings[0]
    assert f"{tmp_path / name}: is cut off; played " in warnings[0]


def test_a_hole_in_an_mp3_does_not_stop_the_show(tmp_path: Path) -> None:
    raw = bytearray((DATA / "rhodes.mp3").read_bytes())
    raw[100_000:104_000] = bytes(4_000)
    (tmp_path / "hole.mp3").write_bytes(raw)
    warnings: list[str] = []
    rate, blocks = open_blocks(tmp_path / "hole.mp3", warnings.append)
    assert sum(map(len, blocks)) / rate > 8.0
    assert len(warnings) == 1


def test_what_is_no_song_is_refused_in_one_line(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.wav") == "no such file; check the spelling and the folder"
    assert refusal(tmp_path).startswith("is a folder; ")
    (tmp_path / "empty.mp3").touch()
    assert refusal(tmp_path / "empty.mp3").startswith("is empty (0 bytes); ")
    (tmp_path / "text.wav").write_text("Dear reader, this is not a sound.\n" * 9)
    assert refusal(tmp_path / "text.wav") == "is not a sound file that can be read; use wav, flac, ogg, mp3, or m4a"
    soundfile.write(tmp_path / "none.wav", np.zeros(0, np.float32), 44_100)
    assert refusal(tmp_path / "none.wav").startswith("holds no audio samples; ")
    (tmp_path / "broken.m4a").write_bytes(b"\0\0\0\x20ftypM4A " + bytes(300))
    assert refusal(tmp_path / "broken.m4a").startswith("is damaged or of an unknown kind; ")
    (tmp_path / "broken.ogg").write_bytes(b"OggS" + bytes(range(256)))
    assert refusal(tmp_path / "broken.ogg").startswith("is damaged or of an unknown kind; ")


def test_a_file_with_the_wrong_ending_is_read_for_what_it_is(tmp_path: Path) -> None:
    shutil.copy(DATA / "salsa.m4a", tmp_path / "salsa.wav")
    _, blocks = open_blocks(tmp_path / "salsa.wav")
    np.testing.assert_array_equal(np.concatenate(list(blocks)), recording("salsa.m4a")[1])


def test_without_pyav_an_m4a_names_the_package_and_other_files_play(monkeypatch: pytest.MonkeyPatch) -> None:
    real_import = builtins.__import__

    def import_without_av(name: str, *rest: Any, **words: Any) -> Any:
        if name == "av":
            raise ImportError(name)
        return real_import(name, *rest, **words)

    monkeypatch.setattr(builtins, "__import__", import_without_av)
    assert "pip install av" in refusal(DATA / "salsa.m4a")
    assert open_blocks(DATA / "rhodes.mp3")[0] == 44_100
