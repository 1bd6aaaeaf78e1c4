"""The two forms of sliding-window attention are one function, and it is causal."""

import numpy as np
import onnxruntime
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.networks.attention import SlidingAttention


def attention(width: int = 8, heads: int = 2, window: int = 4, seed: int = 0) -> SlidingAttention:
    torch.manual_seed(seed)
    layer = SlidingAttention(width, heads, window)
    torch.nn.init.normal_(layer.bias)
    return layer


def stepped(layer: SlidingAttention, x: torch.Tensor) -> torch.Tensor:
    """Drive `step` with the host's ring rule: row k goes to slot k mod W."""
    ring = torch.zeros(len(x), *layer.state("memory").shape)
    age = -torch.ones(len(x), layer.window)
    out = []
    for t in range(x.shape[1]):
        y, row = layer.step(x[:, t], ring, age)
        out.append(y)
        age = torch.where(age >= 0, age + 1, age)
        ring[:, :, t % layer.window], age[:, t % layer.window] = row, 1
    return torch.stack(out, dim=1)


@settings(max_examples=15, deadline=None)
@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 99))
def test_stepping_equals_the_whole_sequence(length: int, window: int, seed: int) -> None:
    layer = attention(window=window, seed=seed)
    x = torch.randn(2, length, 8)
    with torch.no_grad():
        torch.testing.assert_close(stepped(layer, x), layer(x), atol=1e-5, rtol=0)


def test_the_sequence_form_equals_a_plain_loop_over_frames_and_heads() -> None:
    layer = attention(window=3)
    x = torch.randn(1, 7, 8)
    with torch.no_grad():
        q, k, v = layer.query_key_value(x[0]).view(7, 3, 2, 4).unbind(1)
        rows = []
        for t in range(7):
            past = range(max(0, t - 3), t + 1)
            heads = []
            for h in range(2):
                score = np.array([float(q[t, h] @ k[s, h]) / 2 + float(layer.bias[h, t - s]) for s in past])
                weight = np.exp(score - score.max())
                heads.append(np.stack([v[s, h].numpy() for s in past]).T @ (weight / weight.sum()))
            rows.append(np.concatenate(heads))
        expected = layer.out(torch.tensor(np.stack(rows), dtype=torch.float32))
        torch.testing.assert_close(layer(x)[0], expected, atol=1e-5, rtol=0)


def test_the_gradient_reaches_exactly_the_window() -> None:
    layer = attention(window=4)
    x = torch.randn(1, 16, 8, requires_grad=True)
    layer(x)[0, 10].sum().backward()
    assert x.grad is not None
    reached = x.grad[0].abs().sum(-1) > 0
    assert reached.nonzero().flatten().tolist() == [6, 7, 8, 9, 10]


def test_the_order_of_the_ring_slots_does_not_matter() -> None:
    layer = attention(window=6)
    ring, x = torch.randn(2, 2, 6, 8), torch.randn(2, 8)
    age = torch.tensor([[6.0, 5, 4, 3, 2, 1], [-1.0, -1, 4, 3, 2, 1]])
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    with torch.no_grad():
        torch.testing.assert_close(
            layer.step(x, ring, age)[0], layer.step(x, ring[:, :, order], age[:, order])[0], atol=1e-6, rtol=0
        )


def test_what_lies_in_an_empty_slot_is_never_read() -> None:
    layer = attention(window=3)
    x, age = torch.randn(1, 8), torch.tensor([[-1.0, 1.0, -1.0]])
    ring = torch.randn(1, 2, 3, 8)
    other = ring.clone()
    other[:, :, [0, 2]] = 1e6
    with torch.no_grad():
        assert torch.equal(layer.step(x, ring, age)[0], layer.step(x, other, age)[0])


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_step_exports_to_onnx_with_any_number_of_dancers(tmp_path: object) -> None:
    layer = attention().eval()
    path = f"{tmp_path}/step.onnx"

    class Step(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, *args: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return layer.step(*args)

    names = ["x", "ring", "age"]
    example = (torch.randn(2, 8), torch.randn(2, 2, 4, 8), torch.tensor([[1.0, -1, 2, 3]] * 2))
    torch.onnx.export(
        Step(), example, path, input_names=names, output_names=["y", "row"], opset_version=17, dynamo=False,
        dynamic_axes={name: {0: "B"} for name in [*names, "y", "row"]},
    )  # fmt: skip
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    feed = (torch.randn(3, 8), torch.randn(3, 2, 4, 8), torch.tensor([[2.0, 3, 4, 1]] * 3))
    y, row = session.run(None, {name: value.numpy() for name, value in zip(names, feed, strict=True)})
    with torch.no_grad():
        expected = layer.step(*feed)
    np.testing.assert_allclose(y, expected[0].numpy(), atol=1e-5)
    np.testing.assert_allclose(row, expected[1].numpy(), atol=1e-5)


def test_a_width_that_the_heads_cannot_share_is_refused() -> None:
    with pytest.raises(ValueError, match="10 cannot be split between 4 heads"):
        SlidingAttention(10, 4, 8)
