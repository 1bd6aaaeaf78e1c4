"""The measurement of the beat engine: exact songs of known kinds, known mistakes, real anchors."""

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio import announce
from audio.activation import SHIPPED
from audio.config import RATE
from model import evaluate as command
from model.beat_anchors import ANCHORS, LATENESS, Anchor
from model.beat_evaluation import calibration, evaluate, fault, right_frames, score
from model.beat_listening import Engines, Found, Frames, Heard, Song, listen, read_folder
from tests.audio.streams import DATA, groove, music

GRID = np.arange(0.5, 60.0, 0.5)
POSITIONS = np.arange(len(GRID)) % 4 + 1.0
TIME = np.arange(1, 901) / 15.0
OURS, EARLY = "ours, 0 ms", "ours, 150 ms"


def song(name: str = "club_one", events: tuple[tuple[float, str], ...] = ()) -> Song:
    return Song(Path(f"{name}.ogg"), name.split("_")[0], GRID, POSITIONS, events)


def frames(shift: float, tempo: float = 1.0, confidence: float = 0.85) -> Frames:
    """A clock that is so late and so fast against GRID."""
    nearest = np.round((TIME - shift) / 0.5) * 0.5 + shift
    return Frames(TIME, np.full(len(TIME), confidence), nearest, np.full(len(TIME), 0.5 / tempo))


def heard(found: dict[str, np.ndarray], of: Song | None = None, clock: Frames | None = None) -> Heard:
    beats = {name: Found(times, np.resize(POSITIONS, len(times))) for name, times in found.items()}
    return Heard(of or song(), 0.0, beats, clock or frames(0.0), {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recording, a sequenced song and two sounds without beat."""
    made = tmp_path_factory.mktemp("songs")
    for name in ("house124.ogg", "house124.beats"):
        shutil.copy(DATA / name, made / f"real_{name}")
    sequenced = groove(0)
    soundfile.write(made / "demo_disco.wav", sequenced.samples[: 20 * RATE], RATE, subtype="FLOAT")
    kept = sequenced.beats < 20.0
    np.savetxt(made / "demo_disco.beats", np.column_stack([sequenced.beats, sequenced.positions])[kept], "%.4f\t%d")
    soundfile.write(made / "hush.wav", np.zeros(6 * RATE, np.float32), RATE)
    shutil.copy(made / "hush.wav", made / "talk.wav")
    (made / "talk.beats").touch()
    told = [{"name": "demo_disco", "kind": "sequenced", "events": [{"seconds": 10.0, "kind": "cut"}]}]
    (made / "songs.json").write_text(json.dumps(told))
    return made


@pytest.mark.parametrize(
    ("beats", "name"),
    [
        (GRID, "right"),
        (GRID[::2], "half tempo"),
        (GRID[1::2] + 0.25, "half tempo, off-beat"),
        (GRID + 0.25, "off-beat"),
        (np.arange(0.5, 60.0, 0.25), "double tempo"),
        (np.arange(0.5, 60.0, 1.0 / 3.0), "3:2"),
        (np.arange(0.5, 60.0, 0.75), "2:3"),
        (GRID + 0.1, "late"),
        (GRID - 0.1, "early"),
        (np.concatenate([GRID[:30] + 0.2, GRID[30:]]), "locks after 16 s"),
        (np.cumsum(np.random.default_rng(0).uniform(0.3, 0.9, 95)), "no lock"),
    ],
)
def test_a_mistake_is_called_by_its_name(beats: np.ndarray, name: str) -> None:
    lock = score(heard({OURS: beats}), Found(beats, 0 * beats)).lock
    assert fault(GRID, beats, lock).split(" (")[0] == name


def test_frames_are_right_within_70_ms_and_8_percent() -> None:
    for shift, tempo, right in ((0.0, 1.0, 1), (0.065, 1.0, 1), (0.075, 1.0, 0), (0.0, 1.07, 1), (0.0, 2.0, 0)):
        confidence, told = right_frames(song(), frames(shift, tempo))
        assert told.mean() == right
        assert len(confidence) == len(told) == 885  # of 8/15 s to 892/15 s


def test_the_calibration_error_is_the_gap_between_what_is_said_and_what_is_so() -> None:
    good, bad = heard({}, clock=frames(0.0, confidence=0.85)), heard({}, clock=frames(0.2, confidence=0.85))
    measured = calibration([good, good, good, bad])
    assert measured["right"] == pytest.approx(0.75)
    assert measured["ece"] == pytest.approx(0.10)
    assert [b["frames"] > 0 for b in measured["bins"]] == [i == 8 for i in range(10)]


def test_every_engine_has_its_line_its_kinds_and_its_time_to_lock_again() -> None:
    one = song("club_one", ((20.0, "cut"), (40.0, "break")))
    after = np.where((GRID > 20) & (GRID < 23), GRID + 0.2, GRID)
    report = evaluate(
        [heard({OURS: after, EARLY: after + 0.01}, one), heard({OURS: GRID, EARLY: GRID[::2]}, song("hall_two"))],
        {"hush": 0.0},
        EARLY,
    )
    assert report["engines"][OURS]["songs"] == 2
    assert report["kinds"][OURS]["hall"]["f"] == 1.0
    assert report["kinds"][EARLY]["hall"]["f"] == pytest.approx(2 / 3, abs=0.01)
    assert report["kinds"][EARLY]["hall"]["octave"] == 1.0
    assert report["kinds"][EARLY]["club"]["error_ms"] == pytest.approx(10.0)
    assert report["kinds"][EARLY]["hall"]["lock"] is None
    assert report["relock"][OURS] == {"break": 0.0, "cut": 3.0}
    assert report["loss_ahead"] == pytest.approx(1 / 6, abs=0.01)
    assert report["worst"][0]["song"] == "club_one"
    json.dumps(report, allow_nan=False)


def test_ours_is_what_is_announced_and_two_processes_say_the_same(folder: Path) -> None:
    songs, others = read_folder(folder)
    assert [(one.path.stem, one.kind) for one in songs] == [("demo_disco", "sequenced"), ("real_house124", "real")]
    assert songs[0].events == ((10.0, "cut"),)
    assert [path.stem for path in others] == ["hush", "talk"]
    alone = list(listen(songs, Engines(rooms=("noise10",))))
    said = announce.announcements(music("house124.ogg"), 0.15)
    np.testing.assert_array_equal(alone[1].found[EARLY].times, [one.time for one in said])
    assert set(alone[1].found) == {OURS, EARLY, "ours, noise10"}
    for one, other in zip(alone, listen(songs, Engines(), jobs=2), strict=True):
        for name in (OURS, EARLY):
            np.testing.assert_array_equal(one.found[name], other.found[name])


def test_the_command_prints_the_table_and_writes_what_it_prints(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["--beats", str(folder), "--ahead-ms", "100", "--out", str(tmp_path / "made")]
    assert command.main(arguments) == 0
    shown = capsys.readouterr().out
    for words in ("ours, 0 ms", "ours, 100 ms", "sequenced", "cut", "worst songs", "calibration", "hush"):
        assert words in shown
    written = json.loads((tmp_path / "made" / "beats.json").read_text())
    assert set(written["songs"]) == {"demo_disco", "real_house124"}
    assert written["negatives"] == {"hush": 0.0, "talk": 0.0}
    assert "| ours, 100 ms | 2 |" in (tmp_path / "made" / "beats.md").read_text()
    assert (tmp_path / "made" / "calibration.png").read_bytes().startswith(b"\x89PNG")


def test_another_ear_can_be_measured(folder: Path, tmp_path: Path) -> None:
    """One whose weights are all 0 hears nothing; the shipped one hears the song."""
    deaf, alone = tmp_path / "deaf.npz", tmp_path / "songs"
    with np.load(SHIPPED) as shipped:
        arrays = {name: shipped[name] for name in shipped.files}
    np.savez(deaf, **{name: array if name == "about" else 0.0 * array for name, array in arrays.items()})
    alone.mkdir()
    for name in ("demo_disco.wav", "demo_disco.beats"):
        shutil.copy(folder / name, alone / name)
    scores = []
    for ear in ([], ["--ear", str(deaf)]):
        assert command.main(["--beats", str(alone), *ear, "--out", str(tmp_path / "made")]) == 0
        written = json.loads((tmp_path / "made" / "beats.json").read_text())
        scores.append(written["engines"][OURS]["f"])
    assert scores[0] > 0.8
    assert scores[1] < 0.5


def test_librosa_finds_the_beats_and_is_late_by_what_is_undone() -> None:
    sequenced = groove(5, "techno", 20.0)
    anchor = Anchor("librosa")
    times, positions = anchor.beats(sequenced.samples)
    anchor.close()
    assert "librosa" in anchor.about
    assert not positions.any()
    errors = score(heard({}, Song(Path("a"), "a", sequenced.beats, positions, ())), Found(times, positions)).errors
    assert np.median(errors) == pytest.approx(LATENESS["librosa"], abs=0.015)


def test_an_anchor_that_is_not_there_is_named_and_no_error() -> None:
    for name in set(ANCHORS) - {"librosa"}:
        anchor = Anchor(name, sys.executable)
        assert bool(anchor.about) != bool(anchor.missing)
        anchor.close()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--beats", "nowhere"], "no such folder"),
        (["--beats", "."], "holds no sound files"),
        (["--beats", ".", "--anchors", "metronome"], "choose from librosa, aubio"),
        (["--beats", ".", "--room", "attic"], "choose from clean"),
        (["--beats", ".", "--ahead-ms", "-5"], "choose from 0"),
        (["--beats", ".", "--jobs", "0"], "must be 1 or more"),
        (["--beats", ".", "--ear", "nowhere.npz"], "nowhere.npz is no ear file"),
    ],
)
def test_bad_input_is_answered_by_one_line(
    arguments: list[str],
    words: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert command.main(arguments) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1


def test_a_table_of_beats_that_is_none_is_refused(folder: Path, tmp_path: Path) -> None:
    for text, words in (("one two\n", "is no table of beats"), ("2.0\t1\n1.0\t2\n", "rising in time")):
        shutil.copy(folder / "hush.wav", tmp_path / "song.wav")
        (tmp_path / "song.beats").write_text(text)
        assert command.main(["--beats", str(tmp_path)]) == 2
        with pytest.raises(ValueError, match=words):
            read_folder(tmp_path)
