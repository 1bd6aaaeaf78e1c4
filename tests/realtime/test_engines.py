"""What runs the dancer file: the contract of its state, and files that do not fit."""

import copy
import dataclasses
import sys
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from audio.beat import BEAT_NAMES
from audio.features import FEATURE_NAMES
from export.manifest import DancerFileError, Manifest
from realtime.engines.base import Engine, EngineState
from realtime.engines.onnx import OnnxEngine
from realtime.engines.open import check_fits, open_engine
from realtime.frame import StageError
from tests.realtime import toy_dancer
from tests.realtime.shows import toy_engine
from tests.realtime.toy_dancer import DEPTH, HEADS, MANIFEST, MEMORY, NOISE, WINDOW

F32 = NDArray[np.float32]


def inputs(step: int, batch: int) -> tuple[F32, F32, F32, F32]:
    rng = np.random.default_rng([step])
    sizes = (len(FEATURE_NAMES), len(BEAT_NAMES), len(MANIFEST.controls), NOISE)
    features, beat, controls, noise = (rng.random((batch, size), np.float32) for size in sizes)
    return features, beat, controls, noise


def poses(engine: Engine, steps: int, batch: int = 2, state: EngineState | None = None) -> F32:
    state = state or engine.init_state(batch)
    out = []
    for step in range(steps):
        pose, state = engine.step(*inputs(step, batch), state)
        out.append(pose)
    return np.array(out)


def test_carries_and_rings_are_what_the_contract_says_by_onnxs_own_reference() -> None:
    graph: Any = ReferenceEvaluator(toy_dancer.build(MANIFEST.to_json()))
    batch, made = 2, poses(toy_engine(), steps=3 * WINDOW + 1)
    memory = np.zeros((batch, MEMORY), np.float32)
    rows: list[F32] = []  # of every step there was
    for step, pose in enumerate(made):
        past = np.zeros((batch, HEADS, WINDOW, DEPTH), np.float32)
        age = np.full((batch, WINDOW), -1, np.float32)
        for ago, row in enumerate(reversed(rows[-WINDOW:]), start=1):
            past[:, :, (step - ago) % WINDOW] = row
            age[:, (step - ago) % WINDOW] = ago
        names = ("features", "beat", "controls", "noise")
        feeds = dict(zip(names, inputs(step, batch), strict=True))
        feeds |= {"memory": memory, "past": past, "past_age": age}
        wanted, memory, row = graph.run(None, feeds)
        rows.append(row)
        np.testing.assert_allclose(pose, wanted, atol=1e-5)


def test_a_state_that_was_copied_goes_on_bit_for_bit() -> None:
    engine, state = toy_engine(), toy_engine().init_state(2)
    for step in range(10):
        _, state = engine.step(*inputs(step, 2), state)
    saved = copy.deepcopy(state)
    first = poses(engine, 5, state=state)
    np.testing.assert_array_equal(poses(engine, 5, state=saved), first)


def test_the_state_is_used(tmp_path: Path) -> None:
    engine, state = toy_engine(), toy_engine().init_state(2)
    first, state = engine.step(*inputs(0, 2), state)
    second, _ = engine.step(*inputs(0, 2), state)
    assert (first != second).any()


def refused(path: Path) -> str:
    with pytest.raises((StageError, DancerFileError)) as caught:
        open_engine(path)
    line = str(caught.value)
    assert "\n" not in line
    return line


def test_a_file_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    path = toy_dancer.write(tmp_path / "toy.onnx")
    path.write_bytes(path.read_bytes()[:-1000])
    assert "is no ONNX file, or it is cut short" in refused(path)


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "song.onnx"
    path.write_bytes(b"RIFF" + bytes(range(256)) * 4)
    assert "is no ONNX file, or it is cut short" in refused(path)


def test_a_network_that_is_no_dancer_is_refused(tmp_path: Path) -> None:
    model = toy_dancer.build(MANIFEST.to_json())
    del model.metadata_props[:]
    onnx.save(model, tmp_path / "other.onnx")
    assert "is a network but no dancer" in refused(tmp_path / "other.onnx")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 16_000}, "its rate is 16000, this stage has 24000"),
        ({"hop": 512}, "its hop is 512"),
        ({"fps": 30}, "its fps is 30"),
        ({"feature_names": ("other", *FEATURE_NAMES[1:])}, "its feature 0 is 'other', this stage has 'mel_00'"),
        ({"beat_names": tuple(reversed(BEAT_NAMES))}, "its beat input 0 is"),
        ({"bones": (*MANIFEST.bones[:-1], "tail")}, "its bone 21 is 'tail'"),
        ({"feature_names": FEATURE_NAMES[:-1]}, "input 'features' is"),
        ({"noise_size": 9}, "input 'noise' is"),
        ({"states": MANIFEST.states[:1]}, "input 'past' is unknown"),
        ({"states": (dataclasses.replace(MANIFEST.states[0], name="dream"), MANIFEST.states[1])}, "'dream' is missing"),
        ({"states": (MANIFEST.states[0], dataclasses.replace(MANIFEST.states[1], shape=(2, 9, 5)))}, "'past' is"),
    ],
)
def test_a_dancer_that_does_not_fit_is_refused_by_what_does_not_fit(
    tmp_path: Path, change: dict[str, object], words: str
) -> None:
    path = toy_dancer.write(tmp_path / "toy.onnx", dataclasses.replace(MANIFEST, **change))  # type: ignore[arg-type]
    assert words in refused(path)


def test_metadata_that_are_not_json_are_refused(tmp_path: Path) -> None:
    assert "its metadata is not JSON" in refused(toy_dancer.write(tmp_path / "toy.onnx", text="{"))


def test_a_dancer_with_a_missing_feature_at_its_end_does_not_fit() -> None:
    shorter = dataclasses.replace(MANIFEST, feature_names=FEATURE_NAMES[:-1])
    with pytest.raises(DancerFileError, match="is none, this stage has 'density'"):
        check_fits(shorter)


def test_a_graph_built_for_one_dancer_says_so_when_two_shall_dance(tmp_path: Path) -> None:
    engine = OnnxEngine(toy_dancer.write(tmp_path / "toy.onnx", batch=1))
    engine.init_state(1)
    with pytest.raises(StageError, match="toy is built for 1 dancers, not 2"):
        engine.init_state(2)


@pytest.mark.parametrize(
    ("name", "words"),
    [("nobody.onnx", "there is no dancer file"), ("dancer.zip", "no dancer file: they end in .onnx or .pt")],
)
def test_a_file_that_cannot_be_a_dancer_is_refused(tmp_path: Path, name: str, words: str) -> None:
    assert words in refused(tmp_path / name)


def test_a_missing_onnxruntime_is_explained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)  # as importlib sees a package that is not there
    path = toy_dancer.write(tmp_path / "toy.onnx")
    with pytest.raises(StageError, match=r'pip install -e "\.\[cpu\]"'):
        OnnxEngine(path)


@pytest.fixture(scope="module")
def script(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The toy's arithmetic as TorchScript, beside its ONNX."""
    torch = pytest.importorskip("torch")
    folder = tmp_path_factory.mktemp("twin")
    model = onnx.load(toy_dancer.write(folder / "toy.onnx"))
    weight = {
        tensor.name: torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy()) for tensor in model.graph.initializer
    }

    class Toy(torch.nn.Module):  # type: ignore[name-defined,misc]
        def forward(self, features, beat, controls, noise, memory, past, age):  # type: ignore[no-untyped-def]
            held = torch.where(age >= 0, torch.exp(age * -0.3), torch.zeros_like(age))
            recalled = (past * held[:, None, :, None]).sum(2).reshape(-1, HEADS * DEPTH)
            joined = torch.cat([features, beat, controls, noise, memory, recalled], 1)
            pose = torch.tanh(joined @ weight["to_pose"]) * 0.1 + weight["rest"]
            row = torch.tanh(joined @ weight["to_row"]).reshape(-1, HEADS, DEPTH)
            return pose, torch.tanh(joined @ weight["to_memory"]), row

    state = (torch.zeros(2, MEMORY), torch.zeros(2, HEADS, WINDOW, DEPTH), torch.full((2, WINDOW), -1.0))
    traced = torch.jit.trace(Toy(), tuple(map(torch.from_numpy, inputs(0, 2))) + state)
    torch.jit.save(traced, str(folder / "toy.pt"), _extra_files={"dancer.json": MANIFEST.to_json()})
    return folder / "toy.pt"


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_torchscript_twin_dances_the_same(script: Path) -> None:
    twin = open_engine(script)
    assert twin.provider.startswith("torchscript")
    np.testing.assert_allclose(poses(twin, 20), poses(toy_engine(), 20), atol=2e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_either_engine_finds_its_twin_by_the_others_name(script: Path) -> None:
    assert open_engine(script, "onnx").provider.startswith("onnxruntime")
    assert open_engine(script.with_suffix(".onnx"), "torchscript").provider.startswith("torchscript")
    assert open_engine(script.with_suffix(".onnx"), "auto").provider.startswith("onnxruntime")


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_damaged_or_foreign_script_is_refused(script: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    broken = tmp_path / "broken.pt"
    broken.write_bytes(script.read_bytes()[:2000])
    assert "cannot be read as a TorchScript dancer" in refused(broken)
    module = torch.jit.load(str(script))
    torch.jit.save(module, str(tmp_path / "other.pt"))
    assert "is a network but no dancer" in refused(tmp_path / "other.pt")
    other: Manifest = dataclasses.replace(
        MANIFEST, states=(dataclasses.replace(MANIFEST.states[0], shape=(9,)), MANIFEST.states[1])
    )
    torch.jit.save(module, str(tmp_path / "misfit.pt"), _extra_files={"dancer.json": other.to_json()})
    assert "its step refuses what its metadata say" in refused(tmp_path / "misfit.pt")
