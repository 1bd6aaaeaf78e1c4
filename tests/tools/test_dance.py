"""The offline dance: the stage's own poses, in files."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from motion import bvh
from motion.skeleton import BONES
from realtime.run import main as stage
from tests.realtime import toy_dancer
from tests.realtime.shows import music
from tools.dance import main


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("offline")
    toy_dancer.write(made / "toy.onnx")
    soundfile.write(made / "song.wav", music(), 24_000, subtype="FLOAT")
    return made


def danced(folder: Path, out: Path, *arguments: str) -> int:
    return main([str(folder / "song.wav"), str(out), "--dancer", str(folder / "toy.onnx"), *arguments])


def test_the_offline_dance_is_the_stages_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    words = ["--seed", "3", "--style", "wild", "--dancers", "2"]
    assert danced(folder, tmp_path / "a.npz", *words) == 0
    sound = ["--device", f"file:{folder / 'song.wav'}", "--pace", "fast", "--control", "off"]
    assert stage([*sound, "--dancer", str(folder / "toy.onnx"), "--sink", f"npz:{tmp_path}/b.npz", *words]) == 0
    with np.load(tmp_path / "a.npz") as offline, np.load(tmp_path / "b.npz") as live:
        assert offline.files == live.files
        for name in offline.files:
            np.testing.assert_array_equal(offline[name], live[name])


def test_a_bvh_holds_the_same_motion(folder: Path, tmp_path: Path) -> None:
    assert danced(folder, tmp_path / "a.bvh") == 0
    assert danced(folder, tmp_path / "a.npz") == 0
    read = bvh.read(tmp_path / "a.bvh")
    assert read.names[: len(BONES)] == BONES
    with np.load(tmp_path / "a.npz") as file:
        np.testing.assert_allclose(bvh.positions(read) / 100, file["positions"][:, 0], atol=1e-4)  # centimetres
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bvh", "a.npz"]


@pytest.mark.parametrize(
    ("out", "arguments", "words"),
    [
        ("a.mp4", [], ".mp4 files come in a later version"),
        ("a.txt", [], "should end in .npz or .bvh"),
        ("nowhere/a.npz", [], "there is no folder"),
        ("a.bvh", ["--dancers", "2"], "a .bvh holds one dancer"),
        ("a.npz", ["--dancers", "0"], "--dancers 0 must be 1 or more"),
        ("a.npz", ["--style", "polka"], "no style 'polka'"),
    ],
)
def test_bad_input_is_answered_by_one_line_and_leaves_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, arguments: list[str], words: str
) -> None:
    assert danced(folder, tmp_path / out, *arguments) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
