"""A dancer file carries the trained network: the same poses, the same words, or it is not written at all."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch

from audio.beat import BEAT_NAMES
from audio.features import FEATURE_NAMES
from export import parity
from export.build import main
from export.manifest import KEY, Manifest
from model import checkpoint
from model.stepping import drive
from motion.skeleton import BONES
from tests.model.toy_corpus import CONTROLS

EAR = {"features": len(FEATURE_NAMES), "beat": len(BEAT_NAMES)}
SETTINGS: dict[str, dict[str, Any]] = {
    "dance_revolution": {
        "controls": len(CONTROLS), "width": 8, "heads": 2, "head_width": 4, "window": 6, "hidden": 10, "layers": 2,
    },
    "seq2seq": {
        "control_names": tuple(control.name for control in CONTROLS), "encoder_width": 8, "encoder_heads": 2,
        "window": 6, "hidden": 12,
    },
}  # fmt: skip


def trained(folder: Path, network: str, **more: Any) -> Any:
    """A checkpoint of random weights."""
    torch.manual_seed(0)
    net = checkpoint.build(network, {**EAR, **SETTINGS[network], **more})
    about = {
        "network": network,
        "config": dataclasses.asdict(net.config),
        "controls": [dataclasses.asdict(control) for control in CONTROLS],
        "styles": ["sway"],
        "training_data": [{"name": "toy", "terms": "none", "minutes": 0.1}],
        "step": 3,
        "metrics": {"validation_free": 0.5},
        "revision": "abc",
    }
    checkpoint.save_model(folder, net, about)
    return net


@pytest.fixture(scope="module", params=sorted(SETTINGS))
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp(request.param)
    trained(folder / "run", request.param)
    assert (
        main([str(folder / "run"), str(folder / "toy.onnx"), "--torchscript", "--report", str(folder / "r.json")]) == 0
    )
    return folder


def manifest(folder: Path) -> Manifest:
    session = onnxruntime.InferenceSession(str(folder / "toy.onnx"), providers=["CPUExecutionProvider"])
    return Manifest.from_json(session.get_modelmeta().custom_metadata_map[KEY])


def test_every_engine_dances_what_the_network_dances(built: Path) -> None:
    rows = json.loads((built / "r.json").read_text())
    assert {row["engine"] for row in rows} == {"torch step", "onnxruntime", "torchscript"}
    for row in rows:
        assert row["frames"] > 3 * 6
        assert row["greatest"] <= 1e-4


def test_the_file_says_what_the_checkpoint_said(built: Path) -> None:
    told = manifest(built)
    network, about = checkpoint.load_network(built / "run")
    assert (told.name, told.network, told.revision) == ("toy", about["network"], "abc")
    assert (told.rate, told.hop, told.fps) == (24_000, 400, 15)
    assert told.feature_names == tuple(FEATURE_NAMES)
    assert told.controls == CONTROLS
    assert told.bones == BONES
    assert told.states == network.states
    assert told.metrics == {"validation_free": 0.5}
    assert told.training_data == ({"name": "toy", "terms": "none", "minutes": 0.1},)


def test_the_twin_carries_the_same_words(built: Path) -> None:
    extra: dict[str, Any] = {f"{KEY}.json": ""}
    with pytest.warns(DeprecationWarning, match="torch.jit.load"):
        torch.jit.load(str(built / "toy.pt"), _extra_files=extra)  # type: ignore[no-untyped-call]
    assert Manifest.from_json(extra[f"{KEY}.json"].decode()) == manifest(built)


def test_the_graph_is_one_file_of_standard_operators_with_every_input_by_name(built: Path) -> None:
    model = onnx.load(str(built / "toy.onnx"), load_external_data=False)
    told = manifest(built)
    assert model.opset_import[0].version >= 17
    assert {node.domain for node in model.graph.node} <= {"", "ai.onnx"}
    assert not any(weight.external_data for weight in model.graph.initializer)
    assert tuple(value.name for value in model.graph.input) == told.input_names
    assert tuple(value.name for value in model.graph.output) == told.output_names
    for value in (*model.graph.input, *model.graph.output):
        assert value.type.tensor_type.shape.dim[0].dim_param == "B", value.name


@pytest.mark.parametrize("dancers", [1, 2, 5])
def test_dancers_side_by_side_are_the_dancers_alone(built: Path, dancers: int) -> None:
    told, step = manifest(built), parity.onnx_step(built / "toy.onnx")
    sizes = (len(told.feature_names), len(told.beat_names), len(told.controls), told.noise_size)
    rng = np.random.default_rng(dancers)
    heard: list[Any] = [rng.uniform(size=(dancers, 9, size)).astype(np.float32) for size in sizes]
    together = drive(step, told.states, heard)
    for i in range(dancers):
        alone = drive(step, told.states, [series[i : i + 1] for series in heard])
        np.testing.assert_allclose(together[i : i + 1], alone, atol=1e-4)


def test_a_step_that_departs_from_the_network_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    net = trained(tmp_path / "run", "dance_revolution")
    true_step = type(net).step

    def forgets(self: Any, *inputs: torch.Tensor) -> tuple[torch.Tensor, ...]:
        pose, frame, previous, hidden, *rest = true_step(self, *inputs)
        return pose, frame, previous, hidden * 0.9, *rest

    monkeypatch.setattr(type(net), "step", forgets)
    assert main([str(tmp_path / "run"), str(tmp_path / "toy.onnx"), "--torchscript"]) == 2
    assert "departs from the trained network" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize(
    ("more", "out", "said"),
    [
        ({}, "toy.txt", "must end in .onnx"),
        ({}, "nowhere/toy.onnx", "no folder"),
        ({"features": 3}, "toy.onnx", "trained on 3 features"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], more: dict[str, Any], out: str, said: str
) -> None:
    trained(tmp_path / "run", "dance_revolution", **more)
    assert main([str(tmp_path / "run"), str(tmp_path / out)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert said in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


def test_what_is_no_checkpoint_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path), str(tmp_path / "toy.onnx")]) == 2
    assert "is no checkpoint" in capsys.readouterr().err
