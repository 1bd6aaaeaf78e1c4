"""The command line: what a user types, what comes back, and a clean end at any moment."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio import demo
from realtime import dancers
from realtime.frame import StageError
from realtime.run import main
from tests.realtime import toy_dancer
from tests.realtime.shows import music

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A toy dancer and a short song."""
    made = tmp_path_factory.mktemp("stage")
    toy_dancer.write(made / "toy.onnx")
    soundfile.write(made / "song.wav", music(), 24_000, subtype="FLOAT")
    return made


def stage(folder: Path, *arguments: str) -> list[str]:
    """A command line that needs no device, no window and no free port."""
    return ["--dancer", str(folder / "toy.onnx"), "--control", "off", *arguments]


def process(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "realtime.run", *stage(folder, *arguments)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_a_file_is_danced_into_an_npz(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, stats = tmp_path / "a.npz", tmp_path / "a.json"
    song = f"file:{folder / 'song.wav'}"
    arguments = stage(folder, "--device", song, "--pace", "fast", "--sink", f"npz:{out}", "--stats", str(stats))
    assert main([*arguments, "--dancers", "2", "--style", "wild", "--seed", "6"]) == 0
    with np.load(out) as file:
        assert file["pose"].shape == (90, 2, 140)
        assert file["seed"] == 6
        np.testing.assert_array_equal(file["controls"][:, :, :2], np.broadcast_to([0, 1], (90, 2, 2)))
    assert json.loads(stats.read_text())["frames"] == 90
    shown = capsys.readouterr()
    assert shown.err == ""
    for line in ("dancer   toy x 2, seed 6", "engine   onnxruntime", "source   song.wav, 24000 Hz", "lead     200 ms"):
        assert line in shown.out


def test_the_shipped_dancers_are_listed_with_their_styles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--list-dancers"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == dancers.shipped()
    assert all("indian, salsa, street" in line for line in lines)
    assert [line.split()[0] for line in lines if "the default" in line] == [dancers.find(None).stem]


def test_without_a_device_or_window_the_smoke_test_says_ok(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(stage(folder, "--smoke-test")) == 0
    out = capsys.readouterr().out
    assert out.endswith("OK\n")
    assert "45 poses, 0 late" in out


def test_duration_is_counted_in_sound(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.npz"
    arguments = ("--device", "demo", "--pace", "fast", "--duration", "2.2", "--sink", f"npz:{out}")
    assert main(stage(folder, *arguments)) == 0
    with np.load(out) as file:
        assert len(file["pose"]) == 33


def test_the_demo_goes_on_with_another_song_and_says_its_name(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    short = demo.song
    monkeypatch.setattr(demo, "song", lambda seed: short(seed, seconds=2.0))
    arguments = ("--device", "demo:3", "--pace", "fast", "--duration", "5", "--sink", "null")
    assert main(stage(folder, *arguments)) == 0
    shown = capsys.readouterr()
    assert f"source   demo song, {short(3, seconds=2.0).name}" in shown.out
    assert [line for line in shown.err.splitlines() if "now playing" in line] == [
        f"realtime.run: now playing {short(seed, seconds=2.0).name}" for seed in (4, 5)
    ]


def test_a_config_file_speaks_where_the_command_line_is_silent(folder: Path, tmp_path: Path) -> None:
    config, out = tmp_path / "show.toml", tmp_path / "a.npz"
    words = {"device": f"file:{folder / 'song.wav'}", "pace": "fast", "seed": 3, "duration": 4}
    lines = [f"{key} = {json.dumps(value)}" for key, value in words.items()]
    config.write_text("\n".join([*lines, f'sink = ["npz:{out}", "null"]', "[controls]", "energy = 0.25"]))
    assert main(stage(folder, "--config", str(config), "--duration", "2")) == 0
    with np.load(out) as file:
        assert (len(file["pose"]), int(file["seed"])) == (30, 3)
        assert (file["controls"][:, 0, 2] == 0.25).all()


def test_a_crew_begins_as_the_command_line_and_the_config_file_say(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config, out = tmp_path / "show.toml", tmp_path / "a.npz"
    config.write_text('spacing = 2\nunison = "alike"\n[controls]\nenergy = 0.5\n[dancer.1]\nenergy = 0.25\nseed = 9\n')
    song = ("--device", f"file:{folder / 'song.wav'}", "--pace", "fast", "--duration", "3", "--sink", f"npz:{out}")
    crew = ("--dancers", "3", "--formation", "grid", "--style", "wild,calm", "--seed", "4,5")
    assert main(stage(folder, *song, *crew, "--config", str(config))) == 0
    with np.load(out) as file:
        np.testing.assert_array_equal(
            file["controls"][0], np.array([[0, 1, 0.5], [1, 0, 0.25], [0, 1, 0.5]], np.float32)
        )
        hips, turns, seed = file["positions"][:, :, 0], file["rotations"], int(file["seed"])
    assert seed == 4
    np.testing.assert_allclose(turns[20:, 1], turns[20:, 0], atol=1e-6)
    np.testing.assert_allclose(hips[20:, 1] - hips[20:, 0], [[2, 0, 0]] * 25, atol=1e-5)
    assert "crew     grid, unison alike" in capsys.readouterr().out


@pytest.mark.parametrize(("word", "low", "high"), [("bpm = 97", 94, 100), ('bpm-range = "60-75"', 58, 77)])
def test_a_hand_is_laid_on_the_beat_by_the_config_file(
    folder: Path, tmp_path: Path, word: str, low: float, high: float
) -> None:
    config, out = tmp_path / "show.toml", tmp_path / "a.npz"
    config.write_text(f'device = "file:{folder / "song.wav"}"\npace = "fast"\nsink = "npz:{out}"\n{word}')
    assert main(stage(folder, "--config", str(config))) == 0
    with np.load(out) as file:
        bpm = 120 * 2 ** file["beat"][30:, list(file["beat_names"]).index("tempo")]
    assert low < bpm.min() <= bpm.max() < high


def test_sinks_of_the_command_line_replace_those_of_the_config_file(folder: Path, tmp_path: Path) -> None:
    config = tmp_path / "show.toml"
    config.write_text(f'sink = "npz:{tmp_path}/a.npz"\ndevice = "demo"\npace = "fast"\nduration = 1')
    assert main(stage(folder, "--config", str(config), "--sink", "null", "--sink", f"npz:{tmp_path}/b.npz")) == 0
    assert (tmp_path / "b.npz").exists()
    assert not (tmp_path / "a.npz").exists()


BAD: list[tuple[list[str], str]] = [
    (["--device", "file:nowhere.wav"], "nowhere.wav"),
    (["--device", "file:"], "file: needs a path"),
    (["--device", "demo:loud"], "demo:loud should name a song by number"),
    (["--device", __file__], "is a file: write --device file:"),
    (["--device", f"file:{__file__}"], "test_command_line.py"),
    (["--device", "mic", "--pace", "fast"], "--pace fast needs --device file:PATH or demo"),
    (["--device", "demo", "--sink", "polka"], "there is no sink 'polka'"),
    (["--device", "demo", "--sink", "osc:127.0.0.1:99999"], "port"),
    (["--device", "demo", "--sink", "null", "--sink", "null"], "is there twice"),
    (["--device", "demo", "--style", "polka"], "no style 'polka': it knows calm, wild"),
    (["--device", "demo", "--dancer", "nobody"], "no dancer is called 'nobody'"),
    (["--device", "demo", "--dancer", "nowhere.onnx"], "there is no dancer file nowhere.onnx"),
    (["--device", "demo", "--dancers", "0"], "--dancers 0 must be 1 to 1024"),
    (["--device", "demo", "--dancers", "two"], "argument --dancers: invalid int value: 'two'"),
    (["--device", "demo", "--seed", "-4"], "--seed -4 must be 0 to"),
    (["--device", "demo", "--seed", "9" * 30], "must be 0 to"),
    (["--device", "demo", "--duration", "0"], "--duration 0.0 must be"),
    (["--device", "demo", "--duration", "nan"], "--duration nan must be"),
    (["--device", "demo", "--lead-ms", "5000"], "--lead-ms 5000 must be -500 to 1000"),
    (["--device", "demo", "--bpm", "400"], "--bpm: 400 bpm must be 55 to 215"),
    (["--device", "demo", "--bpm", "nan"], "--bpm: nan bpm must be"),
    (["--device", "demo", "--bpm", "fast"], "argument --bpm: invalid float value: 'fast'"),
    (["--device", "demo", "--bpm-range", "160"], "argument --bpm-range: '160' should be LOW:HIGH as in 80:160"),
    (["--device", "demo", "--bpm-range", "160:80"], "'160:80' should have the lower tempo first"),
    (["--device", "demo", "--bpm-range", "20:80"], "argument --bpm-range: 20 bpm must be 55 to 215"),
    (["--device", "demo", "--bpm-range", "80:nan"], "nan bpm must be"),
    (["--device", "demo", "--clock", "sundial"], "--clock sundial: there is no such clock: write midi"),
    (["--device", "demo", "--clock", "link:me"], "--clock link takes no name"),
    (["--device", "demo", "--clock", "link", "--pace", "fast"], "--clock link tells the time of day: it needs --pace"),
    (["--device", "demo", "--lead-ms", "nan"], "--lead-ms nan must be -500 to 1000"),
    (["--device", "demo", "--engine", "steam"], "argument --engine: invalid choice: 'steam'"),
    (["--device", "demo", "--engine", "torchscript"], "toy.pt, which is not beside"),
    (["--device", "demo", "--pace", "slow"], "argument --pace: invalid choice"),
    (["--device", "demo", "--dancers", "3", "--formation", "ring"], "--formation: no formation is 'ring'"),
    (["--device", "demo", "--dancers", "3", "--formation", "0,0;1,1"], "--formation: the formation has 2 places for 3"),
    (["--device", "demo", "--spacing", "0.1"], "--spacing 0.1 must be 0.6 to 10"),
    (["--device", "demo", "--canon", "nan"], "--canon nan must be 0 to 16"),
    (["--device", "demo", "--unison", "maybe"], "invalid choice: 'maybe'"),
    (["--device", "demo", "--seed", "1,x"], "invalid int value: '1,x'"),
    (["--device", "demo", "--seed", "1,-2"], "--seed -2 must be"),
    (["--device", "demo", "--dancers", "2", "--style", "wild,polka"], "no style 'polka'"),
    (["--device", "demo", "--oscquery"], "--oscquery tells of the control port"),
    (["--device", "demo", "--stats", "nowhere/a.json"], "there is no folder nowhere"),
    (["--device", "demo", "--control", "127.0.0.1:none"], "127.0.0.1:none"),
    (["--config", "nowhere.toml"], "--config cannot read nowhere.toml"),
    (["--config", __file__], "is not TOML"),
    (["--loud"], "unrecognized arguments: --loud"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(words) for words, _ in BAD])
def test_bad_input_is_answered_by_one_line_and_leaves_nothing(
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([*stage(folder, "--sink", "npz:a.npz", "--sink", "wav:a.wav"), *arguments]) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    assert words in shown.err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour = 1", "unknown word 'colour'"),
        ("seed = true", "seed should be a text or a number"),
        ('seed = "many"', "invalid int value: 'many'"),
        ('sink = [["null"]]', "sink should be a text"),
        ('[controls]\nenergy = "high"', "[controls] should hold names and numbers"),
        ("[controls]\nvolume = 1", "no control 'volume'"),
        ("[dancer.first]\nenergy = 1", "[dancer.first] should be [dancer.N]"),
        ("[dancer.4]\nenergy = 1", "there is no dancer 4"),
        ('[dancer.0]\nstyle = "polka"', "no style 'polka'"),
        ('unison = "maybe"', "invalid choice: 'maybe'"),
    ],
)
def test_a_bad_config_file_is_explained(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, words: str
) -> None:
    (tmp_path / "show.toml").write_text(text)
    assert main(stage(folder, "--device", "demo", "--sink", "null", "--config", str(tmp_path / "show.toml"))) == 2
    shown = capsys.readouterr()
    assert words in shown.err
    assert shown.err.count("\n") == 1


def test_a_mistake_ends_a_process_with_two_and_no_traceback(folder: Path) -> None:
    shown = process(folder, "--device", "file:nowhere.wav", "--sink", "null")
    out, errors = shown.communicate(timeout=30)
    assert (shown.returncode, out, errors.count("\n")) == (2, "", 1)


def test_a_reader_that_goes_away_is_no_error(folder: Path) -> None:
    shown = process(folder, "--device", "demo", "--pace", "fast", "--duration", "30", "--sink", "null")
    assert shown.stdout is not None
    assert shown.stderr is not None
    shown.stdout.close()
    assert shown.stderr.read() == ""
    assert shown.wait(timeout=30) == 0


@pytest.fixture
def playing(folder: Path, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A show that would go on for ever, just after its banner."""
    sinks = ("--sink", f"npz:{tmp_path}/a.npz", "--sink", f"wav:{tmp_path}/a.wav")
    shown = process(folder, "--device", "demo", *sinks)
    assert shown.stdout is not None
    while "Ctrl-C" not in shown.stdout.readline():
        assert shown.poll() is None
    yield shown
    shown.kill()
    shown.communicate()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_right_after_the_banner_ends_cleanly_and_leaves_valid_files(
    playing: subprocess.Popen[str], tmp_path: Path, number: signal.Signals
) -> None:
    playing.send_signal(number)
    _, errors = playing.communicate(timeout=30)
    assert (playing.returncode, errors) == (0, "")
    samples, _ = soundfile.read(tmp_path / "a.wav", dtype="float32")
    with np.load(tmp_path / "a.npz") as file:
        assert len(samples) == len(file["pose"]) * 1600
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.npz", "a.wav"]


def test_a_signal_in_the_middle_of_the_show_keeps_every_frame(playing: subprocess.Popen[str], tmp_path: Path) -> None:
    while len((tmp_path / "a.wav").read_bytes()) < 10 * 1600 * 4:
        assert playing.poll() is None
    playing.send_signal(signal.SIGINT)
    playing.communicate(timeout=30)
    assert playing.returncode == 0
    with np.load(tmp_path / "a.npz") as file:
        assert len(file["pose"]) >= 10
        np.testing.assert_allclose(np.diff(file["audio_time"]), 1 / 15)


def test_the_stage_computes_a_dance_without_torch(folder: Path) -> None:
    arguments = stage(folder, "--device", "demo", "--pace", "fast", "--duration", "1", "--sink", "null")
    code = f"import sys, realtime.run; realtime.run.main({arguments!r}); print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_help_teaches_by_examples(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    out = capsys.readouterr().out
    assert out.count("python -m realtime.run --") >= 5
    assert "file:song.mp3" in out


def test_shipped_dancers_are_found_by_name_and_the_best_by_none(tmp_path: Path) -> None:
    toy_dancer.write(tmp_path / "ann.onnx")
    toy_dancer.write(tmp_path / "bob.onnx")
    (tmp_path / "default.txt").write_text("bob\n")
    assert dancers.shipped(tmp_path) == ["ann", "bob"]
    assert dancers.find("ann", tmp_path) == tmp_path / "ann.onnx"
    assert dancers.find(None, tmp_path) == tmp_path / "bob.onnx"
    assert dancers.find(str(tmp_path / "ann.onnx"), tmp_path / "empty") == tmp_path / "ann.onnx"
    with pytest.raises(StageError, match="no dancer is called 'cleo'; shipped: ann, bob"):
        dancers.find("cleo", tmp_path)


def test_without_a_shipped_dancer_the_remedy_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageError, match="name one by --dancer FILE"):
        dancers.find(None, tmp_path)
