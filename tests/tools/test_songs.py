"""Songs in a folder: what is written is what is heard, and bad wishes are told in one line."""

import json
import subprocess
import sys
from pathlib import Path

import librosa
import mir_eval
import numpy as np
import pytest
import soundfile

from audio import room
from audio.config import RATE
from model.beat_listening import read_folder
from model.ear import material
from tools import songs

KINDS = ["steady", "waltz", "cut", "noise"]


def folder(out: Path, *more: str) -> Path:
    assert songs.main([str(out), "--songs", "4", "--seconds", "20", "--kind", *KINDS, *more]) == 0
    return out


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder(tmp_path_factory.mktemp("songs"))


def test_each_song_has_its_sound_its_beats_and_a_line_that_says_what_it_is(written: Path) -> None:
    rows = json.loads((written / "songs.json").read_text())
    assert [row["kind"] for row in rows] == KINDS
    assert [row["seed"] for row in rows] == [1000, 1001, 1002, 1003]
    assert rows[1]["metre"] == 3
    for row in rows:
        samples, rate = soundfile.read(written / f"{row['name']}.wav")
        assert rate == RATE
        assert len(samples) == 20 * RATE
        beats = (written / f"{row['name']}.beats").read_text().splitlines()
        assert len(beats) == row["beats"]
    assert rows[3]["beats"] == 0
    assert rows[3]["metre"] == 0
    assert len(list(written.iterdir())) == 2 * 4 + 1


@pytest.mark.parametrize("index", [0, 1, 2])
def test_beats_and_sound_come_back_from_the_files_as_they_were_made(written: Path, index: int) -> None:
    made = material.of_kind(KINDS[index], 1000 + index, 20.0)
    name = written / f"{KINDS[index]}_{1000 + index}"
    times, labels = mir_eval.io.load_labeled_events(str(name) + ".beats", delimiter="\t")
    np.testing.assert_allclose(times, made.beats, atol=1e-6)
    assert [int(label) for label in labels] == made.positions.tolist()
    samples, _ = soundfile.read(f"{name}.wav", dtype="float32")
    np.testing.assert_allclose(samples, made.samples, atol=1.0 / 32000)


def test_the_moments_from_which_the_beat_is_found_anew_are_told() -> None:
    cut, broken, jump, steady = (material.of_kind(kind, 7, 60.0) for kind in ("cut", "break", "jump", "steady"))
    (told,) = songs.events(cut)
    assert told["kind"] == "cut"
    assert 0.34 * 60.0 < told["seconds"] < 0.61 * 60.0
    for event in songs.events(broken):
        assert event["kind"] == "break"
        music = broken.music[int(event["seconds"] * 15) + 1 :][:30]
        assert music.all(), "the band plays on from there"
    assert songs.events(broken)
    for event in songs.events(jump):
        before, after = (
            np.diff(jump.beats[side]) for side in (jump.beats < event["seconds"], jump.beats > event["seconds"])
        )
        assert event["kind"] == "jump"
        assert abs(np.log(before[-1] / after[0])) > material.LEAST_JUMP
    assert songs.events(jump)
    assert songs.events(steady) == []


def test_a_moment_with_too_few_beats_after_it_is_left_out() -> None:
    beats, nothing = np.arange(0.5, 30.0, 0.5), np.zeros(0, bool)
    happened = ((0.0, "start"), (8.0, "cut"), (12.0, "over"), (17.0, "break"), (19.0, "return"), (23.5, "cut"))
    made = material.Example(np.zeros(30 * RATE, np.float32), beats, beats.astype(int), nothing, "x", events=happened)
    assert songs.events(made) == [{"seconds": 8.0, "kind": "cut"}]


def test_the_measurement_of_the_beat_engine_reads_them(tmp_path: Path) -> None:
    assert songs.main([str(tmp_path / "cut"), "--songs", "1", "--seconds", "40", "--kind", "cut"]) == 0
    (told,), _ = read_folder(tmp_path / "cut")
    happened = material.of_kind("cut", 1000, 40.0).events
    assert [(round(seconds, 3), kind) for seconds, kind in happened[1:]] == list(told.events)
    assert [kind for _, kind in told.events] == ["cut"]


def test_the_same_command_writes_the_same_bytes(written: Path, tmp_path: Path) -> None:
    again = folder(tmp_path / "again")
    for path in written.iterdir():
        assert (again / path.name).read_bytes() == path.read_bytes()


def test_flac_and_a_room_for_all(written: Path, tmp_path: Path) -> None:
    out = folder(tmp_path / "phone", "--format", "flac", "--room", "phone")
    clean, _ = soundfile.read(written / "steady_1000.wav")
    heard, _ = soundfile.read(out / "steady_1000.flac")
    lows = [np.abs(librosa.stft(s.astype(np.float32)))[:10].mean() for s in (clean, heard)]  # to 105 Hz
    assert lows[1] < 0.05 * lows[0]
    assert (out / "steady_1000.beats").read_bytes() == (written / "steady_1000.beats").read_bytes()
    assert json.loads((out / "songs.json").read_text())[0]["room"] == "phone"


def test_a_style_by_its_name_makes_songs_in_it(tmp_path: Path) -> None:
    assert songs.main([str(tmp_path), "--songs", "1", "--seconds", "5", "--kind", "ballad 12/8"]) == 0
    (row,) = json.loads((tmp_path / "songs.json").read_text())
    assert (row["name"], row["kind"], row["style"]) == ("ballad_12-8_1000", "ballad 12/8", "ballad 12/8")
    assert (tmp_path / "ballad_12-8_1000.wav").is_file()


@pytest.mark.parametrize(
    ("wishes", "told"),
    [
        (["--kind", "polonaise"], "--kind polonaise: is none of"),
        (["--room", "bathroom"], "--room bathroom: is none of"),
        (["--songs", "0"], "--songs 0 must be"),
        (["--seconds", "1"], "--seconds 1 must be"),
        (["--seconds", "nan"], "--seconds nan must be"),
        (["--seed", "-1"], "--seed -1 must be"),
        (["--kit", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_bad_wishes_are_told_in_one_line_and_nothing_is_written(
    wishes: list[str], told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert songs.main([str(tmp_path / "out"), *wishes]) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"tools.songs: {told}")
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "precious").write_text("mine")
    assert songs.main([str(tmp_path)]) == 2
    assert "is not empty" in capsys.readouterr().err
    assert songs.main([str(tmp_path / "precious")]) == 2
    assert "is a file" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["precious"]


def test_the_help_teaches_every_kind_and_every_room() -> None:
    done = subprocess.run([sys.executable, "-m", "tools.songs", "--help"], capture_output=True, text=True, check=True)
    for name in [*material.KINDS, *room.ROOMS]:
        assert name in done.stdout
    assert "python -m tools.songs out/" in done.stdout
