"""The contract of what runs a dancer file, and the state between its steps; export/manifest.py names the tensors."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from export.manifest import Manifest, StateSpec
from realtime.frame import F32

WARM_UP_STEPS = 20


@dataclass
class EngineState:
    """The dancers' memory: one array for each graph input that carries state, [B, *shape], and the steps made.

    Arrays of the engine's own kind (numpy, or torch on the engine's device). `copy.deepcopy` saves it, bit for bit.
    """

    tensors: dict[str, Any]
    steps: int = 0


class Engine(Protocol):
    """A dancer that can be stepped. A step may write into the state it is given: go on with the one it returns."""

    manifest: Manifest
    provider: str  # what computes, for the banner

    def init_state(self, batch: int) -> EngineState:
        """The first state of `batch` dancers."""

    def step(self, features: F32, beat: F32, controls: F32, noise: F32, state: EngineState) -> tuple[F32, EngineState]:
        """features [B,F], beat [B,K], controls [B,C], noise [B,Z] in (0,1) -> pose [B,140] and the next state."""


def first_shapes(spec: StateSpec, batch: int) -> dict[str, tuple[tuple[int, ...], float]]:
    """For each input of this state: its shape with the batch, and the value it is filled with at first."""
    shapes = {spec.name: ((batch, *spec.shape), 0.0)}
    if spec.kind == "ring":
        shapes[f"{spec.name}_age"] = ((batch, spec.shape[1]), -1.0)
    return shapes


def renew(state: EngineState, specs: tuple[StateSpec, ...], outputs: list[Any]) -> None:
    """Put a step's state outputs (in table order) into the state: a carry is replaced, a ring gets one row.

    The row of step k goes to slot k mod W. Ages count frames from 1 as the next step sees them.
    """
    for spec, value in zip(specs, outputs, strict=True):
        if spec.kind == "carry":
            state.tensors[spec.name] = value
            continue
        slot = state.steps % spec.shape[1]
        age = state.tensors[f"{spec.name}_age"]
        age += age >= 0
        age[:, slot] = 1
        state.tensors[spec.name][:, :, slot] = value
    state.steps += 1


def warm_up(engine: Engine, batch: int) -> None:
    """Run a few steps on a state that is thrown away, so that the first real one is as fast as the others."""
    manifest = engine.manifest
    sizes = (len(manifest.feature_names), len(manifest.beat_names), len(manifest.controls), manifest.noise_size)
    features, beat, controls, noise = (np.full((batch, size), 0.5, np.float32) for size in sizes)
    state = engine.init_state(batch)
    for _ in range(WARM_UP_STEPS):
        _, state = engine.step(features, beat, controls, noise, state)
