"""A dancer of any kind, opened and made to dance: many songs, seeds and settings side by side, frame by frame.

It runs `step` by the rules that every host keeps (`model/stepping.py`), so the dances are those of the stage.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from audio.beat import BEAT_NAMES
from audio.features import FEATURE_NAMES
from export.manifest import KEY, ControlSpec, Manifest, StateSpec
from model.checkpoint import ModelError, load_network
from model.evaluation.music import Heard
from model.stepping import Step, drive, torch_step

F32 = NDArray[np.float32]
ROWS = 64  # danced side by side


@dataclass(frozen=True)
class Dancer:
    """What is asked of a dancer: its step, and what its file says of it."""

    name: str
    step: Step
    states: tuple[StateSpec, ...]
    controls: tuple[ControlSpec, ...]
    styles: tuple[str, ...]
    noise_size: int
    lead_frames: int

    def setting(self, style: str | None = None, **values: float) -> F32:
        """[C] the controls: defaults but for the style and `values` of those that it has."""
        row = {control.name: control.default for control in self.controls}
        if style in self.styles:
            row |= {f"style_{name}": float(name == style) for name in self.styles}
        row |= {name: value for name, value in values.items() if name in row}
        return np.array(list(row.values()), np.float32)

    def has(self, control: str) -> bool:
        """Whether it has a control of this name."""
        return any(spec.name == control for spec in self.controls)


def open_dancer(path: Path) -> Dancer:
    """A checkpoint folder, or a dancer file by its TorchScript twin; raises ModelError or DancerFileError."""
    if path.is_dir():
        network, about = load_network(path)
        return of_module(network, path.name, tuple(ControlSpec(**c) for c in about["controls"]), tuple(about["styles"]))
    twin = path.with_suffix(".pt")
    if not twin.is_file():
        raise ModelError(f"{path} is no checkpoint, and there is no {twin}: build the dancer with --torchscript")
    extra: dict[str, Any] = {f"{KEY}.json": ""}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            script = torch.jit.load(str(twin), map_location="cpu", _extra_files=extra)
    except (RuntimeError, ValueError, EOFError) as err:
        raise ModelError(f"{twin} cannot be read as a dancer: build it again ({str(err).split(chr(10))[0]})") from None
    told = Manifest.from_json(extra[f"{KEY}.json"].decode())
    for what, theirs, ours in (
        ("features", told.feature_names, tuple(FEATURE_NAMES)),
        ("beat", told.beat_names, tuple(BEAT_NAMES)),
    ):
        if theirs != ours:
            raise ModelError(f"{path.name} does not hear the {what} that this ear makes: train it again")
    step = torch_step(script)
    return Dancer(path.stem, step, told.states, told.controls, told.styles, told.noise_size, told.lead_frames)


def of_module(network: Any, name: str, controls: tuple[ControlSpec, ...], styles: tuple[str, ...]) -> Dancer:
    """A network with a `step`, trained or built."""
    network.eval()
    step = torch_step(network.step)
    return Dancer(name, step, network.states, controls, styles, network.noise_size, network.lead_frames)


def perform(dancer: Dancer, heard: list[Heard], controls: list[F32], seeds: list[int], label: str) -> list[F32]:
    """Poses [T, 140] of each row: what it hears, controls [C] or [T, C], and its seed; raises ModelError.

    Rows of one seed have the same noise, so that they differ by music and controls alone.
    """
    order = sorted(range(len(heard)), key=lambda i: len(heard[i].features))
    groups = [order[i : i + ROWS] for i in range(0, len(order), ROWS)]
    total = sum(len(heard[group[-1]].features) for group in groups)
    poses: dict[int, F32] = {}
    with tqdm(total=total, desc=f"{dancer.name}: {label}", unit="frame", disable=None) as bar:

        def step(inputs: list[F32]) -> list[F32]:
            bar.update(1)
            return dancer.step(inputs)

        for group in groups:
            rows = [heard[i] for i in group]
            given = [
                _stack([row.features for row in rows]),
                _stack([row.beat for row in rows]),
                _stack([_over(controls[i], len(heard[i].features)) for i in group]),
                _stack([_noise(seeds[i], len(heard[i].features), dancer.noise_size) for i in group]),
            ]
            danced = drive(step, dancer.states, given)
            poses |= {i: danced[n, : len(heard[i].features)] for n, i in enumerate(group)}
    for i, pose in poses.items():
        if not np.isfinite(pose).all():
            raise ModelError(f"{dancer.name}: a pose of row {i} ({label}) is not finite")
    return [poses[i] for i in range(len(heard))]


def _stack(series: list[F32]) -> F32:
    """[B, T, N] of arrays [t, N], the shorter ones held on their last row."""
    longest = max(map(len, series))
    rows = [np.concatenate([s, np.repeat(s[-1:], longest - len(s), axis=0)]) for s in series]
    return np.stack(rows).astype(np.float32, copy=False)


def _over(setting: F32, frames: int) -> F32:
    return np.repeat(setting[None], frames, axis=0) if setting.ndim == 1 else setting


def _noise(seed: int, frames: int, size: int) -> F32:
    return np.random.default_rng(seed).random((frames, size), dtype=np.float32)
