"""The step alone, a dancer's against Dance Revolution's at its published size, both run in the same way."""

import itertools
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from audio.config import FRAME_RATE
from export import onnx
from export.manifest import INPUTS, ControlSpec, Manifest
from model.networks.dance_revolution import PUBLISHED, DanceRevolution
from realtime.engines.base import Engine, EngineState, first_shapes, renew
from realtime.engines.torchscript import TorchScriptEngine
from realtime.frame import F32
from realtime.stats import Histogram

WARM_UP, TURN = 10, 50  # steps
GPU_CROWD = (1, 64, 256, 1024, 4096)
Step = Callable[[], None]  # makes one step and keeps its state to itself


def compare(path: Path, engines: list[Engine], folder: Path, frames: int, paced_frames: int) -> list[dict[str, Any]]:
    """Rows of engine, dancers, pace, ms, reference_ms and ratio (reference over dancer, of the p50)."""
    reference = Reference(folder)
    pairs = [
        (engine.provider, 1, engine_step(engine, 1), reference.step(engine.provider.split()[0], "cpu", 1))
        for engine in engines
    ]
    script = path.with_suffix(".pt")
    if torch.cuda.is_available() and script.is_file():
        gpu = TorchScriptEngine(script, "cuda")
        pairs += [
            (gpu.provider, batch, engine_step(gpu, batch), reference.step("torchscript", "cuda", batch))
            for batch in GPU_CROWD
        ]
    rows = []
    for name, batch, own, other in pairs:
        for pace, count in (("fast", frames), ("paced", paced_frames)):
            ms, reference_ms = timed((own, other), pace, count)
            ratio = round(reference_ms["p50"] / ms["p50"], 3)
            row = {"engine": name, "dancers": batch, "pace": pace, "ms": ms, "reference_ms": reference_ms}
            rows.append(row | {"ratio": ratio})
    return rows


def timed(steps: Sequence[Step], pace: str, frames: int) -> list[dict[str, float]]:
    """Milliseconds (p50, p99, max) of each step; pace "paced" sleeps to each next 1/15 s.

    They take turns of TURN frames, so that a machine that is busy for a while is busy for all.
    """
    histograms = [Histogram() for _ in steps]
    for first in range(0, frames, TURN):
        for step, histogram in zip(steps, histograms, strict=True):
            for _ in range(WARM_UP):
                step()
            _turn(step, pace, min(TURN, frames - first), histogram)
    return [histogram.summary_ms() for histogram in histograms]


def _turn(step: Step, pace: str, frames: int, histogram: Histogram) -> None:
    start = time.perf_counter()
    for frame in range(frames):
        if pace == "paced":
            time.sleep(max(0.0, start + frame / FRAME_RATE - time.perf_counter()))
        before = time.perf_counter()
        step()
        histogram.add(time.perf_counter() - before)


def engine_step(engine: Engine, batch: int) -> Step:
    """The stage's own step of `batch` dancers on music of two beats a second, all else constant."""
    given, state = _inputs(engine.manifest, batch), engine.init_state(batch)
    cos, sin, music = (engine.manifest.beat_names.index(name) for name in ("beat_cos", "beat_sin", "music"))
    given[1][:, music] = 1.0
    frames = itertools.count()

    def step() -> None:
        nonlocal state
        turn = 2.0 * math.pi * (2.0 * next(frames) / FRAME_RATE)
        given[1][:, cos], given[1][:, sin] = math.cos(turn), math.sin(turn)
        _, state = engine.step(*given, state)

    return step


class Reference:
    """Dance Revolution's network with random weights, on which speed does not depend.

    Its pose is not ours, so no engine of the stage takes it: it is stepped here as they step, state included.
    """

    def __init__(self, folder: Path) -> None:
        torch.manual_seed(0)
        self._network = DanceRevolution(PUBLISHED).eval()
        self._manifest = _reference_manifest(self._network)
        self._path = folder / "reference.onnx"
        onnx.write(self._network, self._manifest, self._path)

    def step(self, runtime: str, device: str, batch: int) -> Step:
        """A step of `batch` dancers in onnxruntime or torchscript, state on the device."""
        return self._in_onnxruntime(batch) if runtime == "onnxruntime" else self._in_torch(device, batch)

    def _in_onnxruntime(self, batch: int) -> Step:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        session = onnxruntime.InferenceSession(str(self._path), options, providers=["CPUExecutionProvider"])
        manifest = self._manifest
        given, state = dict(zip(INPUTS, _inputs(manifest, batch), strict=True)), _state(manifest, batch)

        def step() -> None:
            _, *outputs = session.run(list(manifest.output_names), given | state.tensors)
            renew(state, manifest.states, outputs)

        return step

    def _in_torch(self, device: str, batch: int) -> Step:
        manifest = self._manifest
        given, state = _inputs(manifest, batch), _state(manifest, batch)
        state.tensors = {name: torch.from_numpy(array).to(device) for name, array in state.tensors.items()}
        graph = onnx.StepGraph(self._network).to(device).eval()
        example = [torch.from_numpy(array).to(device) for array in given]
        traced = torch.jit.trace(graph, (*example, *state.tensors.values()), check_trace=False)

        def step() -> None:
            with torch.inference_mode():
                moved = [torch.from_numpy(array).to(device) for array in given]
                pose, *outputs = traced(*moved, *state.tensors.values())
                renew(state, manifest.states, outputs)
            pose.cpu().numpy()

        return step


def _inputs(manifest: Manifest, batch: int) -> tuple[F32, F32, F32, F32]:
    rng = np.random.default_rng(0)
    names = (manifest.feature_names, manifest.beat_names, manifest.controls, range(manifest.noise_size))
    features, beat, controls, noise = (rng.random((batch, len(name)), np.float32) for name in names)
    return features, beat, controls, noise


def _state(manifest: Manifest, batch: int) -> EngineState:
    shapes = [item for spec in manifest.states for item in first_shapes(spec, batch).items()]
    return EngineState({name: np.full(shape, value, np.float32) for name, (shape, value) in shapes})


def _reference_manifest(network: DanceRevolution) -> Manifest:
    controls: tuple[ControlSpec, ...] = ()
    return Manifest(
        name="reference",
        network="dance_revolution",
        rate=24_000,
        hop=400,
        fps=FRAME_RATE,
        feature_names=tuple(f"feature_{n}" for n in range(PUBLISHED.features)),
        beat_names=(),
        controls=controls,
        noise_size=network.noise_size,
        states=network.states,
        bones=(),
        lead_frames=network.lead_frames,
        styles=(),
        training_data=(),
        metrics={},
        revision="",
    )
