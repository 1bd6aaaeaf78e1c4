"""tools.replay: a recorded show goes to sinks again as it was."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import beat
from tests.realtime import toy_dancer
from tests.realtime.udp_ear import Ear, messages
from tools.replay import main

ROOT = Path(__file__).resolve().parents[2]
FPS, SECONDS = 15, 4


@pytest.fixture(scope="module")
def show(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dancer, and with a show of two of them in every kind of file."""
    folder = tmp_path_factory.mktemp("show")
    dancer = toy_dancer.write(folder / "toy.onnx")
    sinks = [word for kind in ("npz", "wav", "bvh", "glb") for word in ("--sink", f"{kind}:{folder}/show.{kind}")]
    command = ["--device", "demo", "--pace", "fast", "--duration", str(SECONDS), "--dancers", "2", "--control", "off"]
    subprocess.run(
        [sys.executable, "-m", "realtime.run", *command, "--dancer", str(dancer), *sinks],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return folder


def replayed(show: Path, *more: str) -> int:
    return main([f"{show}/show.npz", "--dancer", f"{show}/toy.onnx", "--pace", "fast", *more])


def test_a_replayed_show_makes_the_files_that_the_show_made(show: Path, tmp_path: Path) -> None:
    sinks = [word for kind in ("npz", "wav", "bvh", "glb") for word in ("--sink", f"{kind}:{tmp_path}/show.{kind}")]
    assert replayed(show, "--sound", f"{show}/show.wav", *sinks) == 0
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == ["show.npz", "show.wav", "show_0.bvh", "show_0.glb", "show_1.bvh", "show_1.glb"]
    for name in made[1:]:
        assert (tmp_path / name).read_bytes() == (show / name).read_bytes(), name
    with np.load(show / "show.npz") as was, np.load(tmp_path / "show.npz") as now:
        assert set(was.files) == set(now.files)
        for name in was.files:
            np.testing.assert_array_equal(was[name], now[name])


def test_a_receiver_is_sent_what_the_show_sent(show: Path) -> None:
    with Ear() as ear:
        assert replayed(show, "--sink", f"osc:{ear.target}", "--sound", f"{show}/show.wav") == 0
        told = [message for datagram in ear.waiting() for message in messages(datagram)]
    with np.load(show / "show.npz") as file:
        for number in (0, 1):
            sent = [arguments for address, arguments in told if address == f"/dance/{number}/positions"]
            assert len(sent) > 2 * FPS, "as many as the socket holds"
            np.testing.assert_allclose(np.reshape(sent, (-1, 22, 3)), file["positions"][: len(sent), number], atol=1e-6)
    levels = [arguments[0] for address, arguments in told if address == "/dance/level"]
    assert max(levels) > -30


@given(
    st.floats(0, 1, exclude_max=True),
    st.integers(1, 4),
    st.floats(60, 200),
    st.floats(0, 1),
    st.booleans(),
)
def test_the_beat_is_read_back_from_what_the_network_was_told(
    phase: float, place: int, bpm: float, confidence: float, music: bool
) -> None:
    period = 60 / bpm
    in_bar = (place - 1 + phase) / 4
    said = beat.Beat(phase, in_bar, period, bpm, confidence, place, music, (1 - phase) * period, 4, 0.0)
    read = beat.from_vector(beat.vector(said))
    assert abs((read.beat_phase - phase + 0.5) % 1 - 0.5) < 1e-4
    assert abs((read.bar_phase - in_bar + 0.5) % 1 - 0.5) < 1e-4
    assert read.bpm == pytest.approx(bpm, rel=1e-5)
    assert read.confidence == pytest.approx(confidence, abs=1e-6)
    assert read.music == music
    if 1e-3 < phase < 1 - 1e-3:
        assert read.beat_in_bar == place


def test_a_dancer_that_is_not_there_is_named(show: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main([f"{show}/show.npz", "--sink", "null"]) == 2
    assert "toy" in capfd.readouterr().err, "the shipped dancers do not know it"


@pytest.mark.parametrize("sort", ["text", "empty", "other", "shape", "nan", "pickle", "missing"])
def test_what_is_no_recording_is_refused_in_one_line(
    show: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], sort: str
) -> None:
    path = tmp_path / "bad.npz"
    with np.load(show / "show.npz") as file:
        arrays = dict(file)
    if sort == "text":
        path.write_text(json.dumps({"pose": 1}))
    elif sort == "empty":
        path.write_bytes(b"")
    elif sort != "missing":
        change = {
            "other": {"pose": np.zeros(3)},
            "shape": {"positions": arrays["positions"][:-1]},
            "nan": {"rotations": arrays["rotations"] * np.nan},
            "pickle": {"pose": np.array([{}], object)},
        }[sort]
        np.savez(path, **(arrays | change))
    assert main([str(path), "--sink", "null", "--dancer", f"{show}/toy.onnx"]) == 2
    told = capfd.readouterr().err
    assert told.startswith(f"tools.replay: {path} is no recording (")
    assert told.count("\n") == 1
