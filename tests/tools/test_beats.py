"""The beats of a song on the command line: the stage's own, on paper, to the ear and to the eye."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.announce import announcements
from tests.audio.streams import DATA, music
from tools.beats import main

SONG = str(DATA / "house124.ogg")


def test_out_holds_the_announcements_and_none_seems_too_late(tmp_path: Path) -> None:
    assert main([SONG, "--out", str(tmp_path / "b.txt"), "--ahead-ms", "150"]) == 0
    table = np.loadtxt(tmp_path / "b.txt")
    said = announcements(music("house124.ogg"), 0.15)
    np.testing.assert_allclose(table, [(one.time, one.position_in_bar, one.known_at) for one in said], atol=2e-5)
    assert (table[:, 2] <= table[:, 0] - 0.15).all()
    assert (np.diff(table[:, 0]) > 0.0).all()
    assert (tmp_path / "b.txt").read_text().splitlines()[0].count("\t") == 2
    assert [path.name for path in tmp_path.iterdir()] == ["b.txt"]


def test_without_out_each_beat_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([SONG]) == 0
    lines = capsys.readouterr().out.splitlines()
    said = announcements(music("house124.ogg"), 0.0)
    assert [float(line.split()[0]) for line in lines] == pytest.approx([one.time for one in said], abs=6e-4)
    assert all("bpm" in line and "confidence" in line for line in lines)


def test_clicks_lie_over_the_song_on_its_beats_downbeats_higher(tmp_path: Path) -> None:
    assert main([SONG, "--click", str(tmp_path / "c.wav"), "--out", str(tmp_path / "b.txt")]) == 0
    song, rate = soundfile.read(SONG)
    mixed, rate_out = soundfile.read(tmp_path / "c.wav")
    assert rate_out == rate
    assert len(mixed) == len(song)
    clicks = mixed - 0.5 * np.clip(song, -1.0, 1.0)
    beats = np.loadtxt(tmp_path / "b.txt")
    beats = beats[beats[:, 0] < len(song) / rate - 0.05]
    loud = np.abs(clicks) > 1e-3
    heard = [np.flatnonzero(loud[round((time - 0.005) * rate) :])[0] / rate - 0.005 for time in beats[:, 0]]
    np.testing.assert_allclose(heard, 0.0, atol=1e-3)
    pitch = [np.abs(np.fft.rfft(clicks[round(time * rate) :][: rate // 25], rate)).argmax() for time in beats[:, 0]]
    np.testing.assert_allclose(pitch, np.where(beats[:, 1] == 1, 1600, 1000), atol=40)


@pytest.mark.parametrize("suffix", ["png", "svg"])
def test_a_plot_is_a_picture(tmp_path: Path, suffix: str) -> None:
    assert main([SONG, "--plot", str(tmp_path / f"p.{suffix}")]) == 0
    head = (tmp_path / f"p.{suffix}").read_bytes()[:400]
    assert head.startswith(b"\x89PNG") if suffix == "png" else b"<svg" in head or b"svg" in head
    assert len(list(tmp_path.iterdir())) == 1


def test_the_performers_range_is_kept(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([SONG, "--bpm-range", "56:80"]) == 0
    tempi = [float(line.split()[4]) for line in capsys.readouterr().out.splitlines()]
    assert 54.0 < min(tempi) <= max(tempi) < 82.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.ogg"], "no such file"),
        ([SONG, "--ahead-ms", "-1"], "choose from 0 to 2000 ms"),
        ([SONG, "--ahead-ms", "nan"], "choose from 0 to 2000 ms"),
        ([SONG, "--out", "nowhere/b.txt"], "there is no folder"),
        ([SONG, "--out", "."], "is a folder"),
        ([SONG, "--click", SONG], "is the song itself"),
        ([SONG, "--click", "c.mp3"], "should end in .wav"),
        ([SONG, "--plot", "p.gif"], "should end in .png"),
        ([SONG, "--plot", "x.svg", "--out", "x.svg"], "the same name"),
        ([SONG, "--bpm-range", "fast"], "give two tempi"),
        ([SONG, "--bpm-range", "160:80"], "the lower one first"),
    ],
)
def test_bad_input_is_answered_by_one_line_and_leaves_nothing(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_reader_who_has_seen_enough_ends_it_without_a_complaint() -> None:
    command = f"{sys.executable} -m tools.beats {SONG} | head -1"
    done = subprocess.run(command, shell=True, cwd=DATA.parents[2], capture_output=True, text=True, check=True)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
