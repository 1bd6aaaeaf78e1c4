"""What is marked to count only sometimes is inside an `If` of the graph, and the graph says the same without it."""

import io
import warnings

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from torch import Tensor, nn

from export.branch import branch
from model.networks.only_if import MARK, only_if
from realtime import dancers

SIZE = 5


class Chooser(nn.Module):
    """A thought that the mark alone needs, one that the output needs too, and a table that no input changes."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.table = nn.Parameter(torch.randn(40, SIZE))

    def forward(self, condition: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        shared = torch.tanh(x)
        alone = torch.softmax(shared @ torch.exp(self.table).T, dim=-1)
        drawn = only_if(condition, torch.cumsum(alone, dim=-1)[:, 20:21])
        return condition * drawn, shared + 0.0 * drawn


@pytest.fixture(scope="module")
def graph() -> onnx.ModelProto:
    written = io.BytesIO()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.onnx.export(
            Chooser().eval(),
            (torch.ones(2, 1), torch.ones(2, SIZE)),
            written,  # type: ignore[arg-type]
            input_names=["condition", "x"],
            output_names=["drawn", "shared"],
            dynamic_axes={name: {0: "B"} for name in ("condition", "x", "drawn", "shared")},
            opset_version=17,
            dynamo=False,
            do_constant_folding=False,
        )
    model = onnx.load_from_string(written.getvalue())
    branch(model)
    onnx.checker.check_model(model, full_check=True)
    return model


def then_branch(choice: onnx.NodeProto) -> list[onnx.NodeProto]:
    return next(list(attribute.g.node) for attribute in choice.attribute if attribute.name == "then_branch")


@pytest.fixture(scope="module")
def session(graph: onnx.ModelProto) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])


def test_only_what_nothing_else_needs_is_inside_and_what_never_changes_is_outside(graph: onnx.ModelProto) -> None:
    outside = [node.op_type for node in graph.graph.node]
    (choice,) = (node for node in graph.graph.node if node.op_type == "If")
    inside = [node.op_type for node in then_branch(choice)]
    assert {"Softmax", "CumSum"} <= set(inside)
    assert not {"Softmax", "CumSum", MARK} & set(outside)
    assert {"Tanh", "Exp"} <= set(outside)
    assert not {"Tanh", "Exp"} & set(inside)


@settings(max_examples=40, deadline=None)
@given(
    condition=arrays.arrays(np.float32, st.tuples(st.integers(1, 6), st.just(1)), elements=st.sampled_from([0.0, 1.0]))
)
def test_the_graph_says_what_the_network_says_whoever_it_counts_for(
    session: onnxruntime.InferenceSession, condition: np.ndarray
) -> None:
    x = np.random.default_rng(len(condition)).normal(size=(len(condition), SIZE)).astype(np.float32)
    found = session.run(None, {"condition": condition, "x": x})
    with torch.no_grad():
        wanted = Chooser()(torch.from_numpy(condition), torch.from_numpy(x))
    for mine, theirs in zip(found, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs.numpy(), atol=1e-6)


def test_the_shipped_dancer_plans_inside_an_if() -> None:
    graph = onnx.load(str(dancers.find("steps"))).graph
    (choice,) = (node for node in graph.node if node.op_type == "If")
    assert "CumSum" in {node.op_type for node in then_branch(choice)}
    assert "CumSum" not in {node.op_type for node in graph.node}
