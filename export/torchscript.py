"""The TorchScript twin of a dancer file: the same step, the same manifest."""

import warnings
from pathlib import Path

import torch
from torch import nn

from export.manifest import KEY, Manifest
from export.onnx import StepGraph, example

EXTRA = f"{KEY}.json"


def write(network: nn.Module, manifest: Manifest, path: Path) -> None:
    """Trace `network.step` into a file that carries the manifest as the extra file EXTRA."""
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore", DeprecationWarning)
        traced = torch.jit.trace(StepGraph(network).eval(), example(manifest), check_trace=False)
        torch.jit.save(traced, str(path), _extra_files={EXTRA: manifest.to_json()})
