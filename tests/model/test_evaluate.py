"""The evaluation of a checkpoint and of the file built from it, on a corpus that is its own ground truth."""

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from audio.beat import BEAT_NAMES
from export import torchscript
from export.build import manifest_of
from model import checkpoint
from model.evaluate import beat_count, dancer, evaluate, main
from model.stepping import ages
from tests.model import toy_corpus

torch.set_num_threads(1)


def trained(folder: Path) -> Path:
    """A checkpoint of random weights that hears the toy corpus, and its TorchScript twin."""
    torch.manual_seed(0)
    sizes = {"features": 6, "beat": 8, "controls": 4, "width": 8, "heads": 2, "head_width": 4, "window": 4, "hidden": 6}
    net = checkpoint.build("dance_revolution", sizes)
    net.set_statistics({name: torch.from_numpy(v) for name, v in toy_corpus.corpus().statistics().items()})
    about = {
        "network": "dance_revolution",
        "config": dataclasses.asdict(net.config),
        "controls": [dataclasses.asdict(control) for control in toy_corpus.CONTROLS],
        "styles": ["sway"],
        "training_data": [],
        "step": 0,
        "metrics": {},
        "revision": "abc",
    }
    checkpoint.save_model(folder / "run", net, about)
    manifest = manifest_of(net.eval(), about, "toy", tuple("abcdef"), tuple(BEAT_NAMES))
    torchscript.write(net, manifest, folder / "toy.pt")
    return folder / "run"


def test_a_dancer_who_dances_the_recording_scores_as_the_recording() -> None:
    sequences = toy_corpus.corpus().sequences
    result = evaluate(lambda sequence: sequence.pose, sequences)
    for name, row in result.items():
        assert row["dancer"] == row["recorded"], name
        assert row.get("ratio", 1.0) == 1.0
    assert result["freeze share"]["dancer"] == 0.0


def test_a_dancer_who_stands_still_is_found_out() -> None:
    sequences = toy_corpus.corpus().sequences
    result = evaluate(lambda sequence: np.repeat(sequence.pose[:1], len(sequence.pose), axis=0), sequences)
    assert result["freeze share"]["dancer"] == 1.0
    assert result["speed m/s"]["dancer"] < 0.05 * result["speed m/s"]["recorded"]
    assert result["rests, net"]["dancer"] == 0.0


def test_the_checkpoint_and_the_file_built_from_it_dance_alike(tmp_path: Path) -> None:
    run = trained(tmp_path)
    sequence = toy_corpus.corpus().split("val")[0]
    for name in ("toy.pt", "toy.onnx"):
        np.testing.assert_allclose(dancer(tmp_path / name, 3)(sequence), dancer(run, 3)(sequence), atol=1e-4)


def test_the_report_is_a_table_and_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = trained(tmp_path)
    out = tmp_path / "report.json"
    assert main([str(run), "--corpus", str(toy_corpus.write(tmp_path)), "--json", str(out)]) == 0
    said, numbers = capsys.readouterr().out, json.loads(out.read_text())
    assert "landings, by chance" in said
    assert set(numbers) == {line[:24].strip() for line in said.splitlines()[1:]}


def test_beats_are_counted_on_from_frame_to_frame() -> None:
    phase = np.arange(100) * 0.13
    beat = np.zeros((100, len(BEAT_NAMES)))
    beat[:, BEAT_NAMES.index("beat_cos")] = np.cos(2 * np.pi * phase)
    beat[:, BEAT_NAMES.index("beat_sin")] = np.sin(2 * np.pi * phase)
    np.testing.assert_allclose(beat_count(beat), phase, atol=1e-6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run"], "nothing to dance to"),
        (["run", "--corpus", "none.npz"], "none.npz is no prepared corpus"),
        (["run", "--dataset", "nowhere:x"], "unknown data set 'nowhere'"),
        (["run", "--corpus", "toy.pt"], "toy.pt is no prepared corpus"),
        (["none.onnx", "--corpus", "toy.npz"], "is no checkpoint"),
        (["run", "--corpus", "toy.npz", "--split", "holiday"], "no holiday split"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    trained(tmp_path)
    toy_corpus.write(tmp_path)
    assert main(words) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_ages_count_back_from_the_newest_slot() -> None:
    assert ages(0, 3).tolist() == [-1, -1, -1]
    assert ages(2, 3).tolist() == [2, 1, -1]
    assert ages(5, 3).tolist() == [2, 1, 3]
