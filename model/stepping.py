"""A dancer's `step` driven frame by frame with the rules that every host keeps (export/manifest.py)."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from export.manifest import StateSpec

F32 = NDArray[np.float32]
Step = Callable[[list[F32]], list[F32]]  # inputs and outputs in the manifest's order


def torch_step(function: Callable[..., Any]) -> Step:
    """Any function of tensors, such as `network.step` or a loaded TorchScript twin."""

    def step(inputs: list[F32]) -> list[F32]:
        with torch.no_grad():
            return [value.numpy() for value in function(*map(torch.from_numpy, inputs))]

    return step


def drive(step: Step, states: tuple[StateSpec, ...], heard: list[F32]) -> F32:
    """Dance T frames from the zero state: poses [B, T, 140] from the four inputs [B, T, *].

    Row k of a ring goes to slot k mod W; the age of a slot is how many frames ago it was written, -1 if never.
    """
    batch, frames = heard[0].shape[:2]
    memory = {state.name: np.zeros((batch, *state.shape), np.float32) for state in states}
    poses = []
    for k in range(frames):
        inputs = [np.ascontiguousarray(series[:, k]) for series in heard]
        for state in states:
            inputs.append(memory[state.name])
            if state.kind == "ring":
                inputs.append(np.repeat(ages(k, state.shape[1])[None], batch, axis=0))
        pose, *renewed = step(inputs)
        poses.append(pose)
        for state, value in zip(states, renewed, strict=True):
            if state.kind == "ring":
                # a fresh array, since an engine may still look at the one it was given
                memory[state.name] = memory[state.name].copy()
                memory[state.name][:, :, k % state.shape[1]] = value
            else:
                memory[state.name] = value
    return np.stack(poses, axis=1)


def ages(k: int, window: int) -> F32:
    """[W] at frame k: slot s was written at the newest frame before k that is s mod W."""
    age = (k - 1 - np.arange(window)) % window + 1
    return np.where(age <= k, age, -1).astype(np.float32)
