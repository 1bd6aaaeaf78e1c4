"""What need not be worked out at every frame: a network marks it, and its ONNX graph computes it inside an `If`."""

from typing import Any

import torch
from torch import Tensor

MARK = "OnlyIf"  # the node that `export.branch` looks for
DOMAIN = "marks"


def only_if(condition: Tensor, value: Tensor) -> Tensor:
    """`value` [B, 1], which counts only where `condition` [B, 1], 0 or 1, is 1.

    An ONNX graph gives noughts instead, and saves the work, at frames where the condition holds for no dancer.
    """
    marked: Tensor = _Mark.apply(condition, value) if torch.onnx.is_in_onnx_export() else value
    return marked


class _Mark(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, condition: Tensor, value: Tensor) -> Tensor:
        return value.clone()

    @staticmethod
    def symbolic(g: Any, condition: Any, value: Any) -> Any:
        return g.op(f"{DOMAIN}::{MARK}", condition, value).setType(value.type())
