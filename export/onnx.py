"""A network's `step` as an ONNX graph with its manifest inside."""

import warnings
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from export.branch import branch
from export.manifest import KEY, DancerFileError, Manifest

OPSET = 17


class StepGraph(nn.Module):
    """`network.step` as a forward, which is what exporters follow."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        """Inputs and outputs in the manifest's order."""
        outputs: tuple[Tensor, ...] = self.network.step(*inputs)  # type: ignore[operator]
        return outputs


def example(manifest: Manifest, batch: int = 2) -> tuple[Tensor, ...]:
    """Inputs of the right shapes in the manifest's order: random numbers, rings half full."""
    generator = torch.Generator().manual_seed(0)
    sizes = (len(manifest.feature_names), len(manifest.beat_names), len(manifest.controls), manifest.noise_size)
    inputs = [torch.rand(batch, size, generator=generator) for size in sizes]
    for state in manifest.states:
        inputs.append(torch.rand(batch, *state.shape, generator=generator))
        if state.kind == "ring":
            window = state.shape[1]
            age = torch.arange(window, 0, -1, dtype=torch.float32)
            inputs.append(torch.where(age > (window + 1) // 2, -1.0, age).expand(batch, window).clone())
    return tuple(inputs)


def write(network: nn.Module, manifest: Manifest, path: Path) -> None:
    """Export `network.step` to one self-contained file: any batch, standard operators only.

    Raises DancerFileError where the network's graph does not have the inputs and outputs of its manifest.
    """
    named = [*manifest.input_names, *manifest.output_names]
    if twice := [name for name in named if named.count(name) > 1]:
        raise DancerFileError(f"network {manifest.network} has two tensors called {twice[0]!r}: rename its state")
    with warnings.catch_warnings():
        # the newer exporter needs every batch-dependent shape annotated; this one follows the step as it runs
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            StepGraph(network).eval(),
            example(manifest),
            str(path),
            input_names=list(manifest.input_names),
            output_names=list(manifest.output_names),
            dynamic_axes={name: {0: "B"} for name in named},
            opset_version=OPSET,
            dynamo=False,
            do_constant_folding=False,  # engines fold as they load; folded here, a repertoire is written several times
        )
    model = onnx.load(str(path))
    branch(model)
    _restore_inputs(model, manifest)
    _check(model, manifest)
    onnx.helper.set_model_props(model, {KEY: manifest.to_json()})
    onnx.checker.check_model(model, full_check=True)
    onnx.save_model(model, str(path), save_as_external_data=False)


def _restore_inputs(model: onnx.ModelProto, manifest: Manifest) -> None:
    """The exporter drops an input that the step does not read; the contract has all of them, in order."""
    kept = {value.name: value for value in model.graph.input}
    for name, tensor in zip(manifest.input_names, example(manifest), strict=True):
        if name not in kept:
            shape = ["B", *tensor.shape[1:]]
            kept[name] = onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape)
    ordered = [kept.pop(name) for name in manifest.input_names] + list(kept.values())
    del model.graph.input[:]
    model.graph.input.extend(ordered)


def _check(model: onnx.ModelProto, manifest: Manifest) -> None:
    inputs = tuple(value.name for value in model.graph.input)
    outputs = tuple(value.name for value in model.graph.output)
    if inputs != manifest.input_names or outputs != manifest.output_names:
        raise DancerFileError(f"the exported graph maps {inputs} to {outputs}; its manifest says otherwise")
    if foreign := {node.op_type for node in model.graph.node if node.domain not in ("", "ai.onnx")}:
        raise DancerFileError(f"the graph uses operators that are not standard: {', '.join(sorted(foreign))}")
