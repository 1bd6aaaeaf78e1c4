"""Finite scalar quantisation: a few bounded numbers rounded to a grid are a code book without a code book to learn.

Mentzer et al., "Finite Scalar Quantization: VQ-VAE Made Simple", 2023.
"""

import torch
from torch import Tensor, nn


class FSQ(nn.Module):
    """`len(levels)` numbers, number i on a grid of levels[i] points in [-1, 1]."""

    codebook: Tensor
    top: Tensor

    def __init__(self, levels: tuple[int, ...]) -> None:
        super().__init__()
        grids = [torch.linspace(-1.0, 1.0, n) for n in levels]
        # [size, digits]; the first digit turns slowest
        self.register_buffer("codebook", torch.cartesian_prod(*grids), persistent=False)
        self.register_buffer("top", torch.tensor([float(n - 1) for n in levels]), persistent=False)
        self.levels = levels
        self.size = int(self.codebook.shape[0])
        self.digits = len(levels)

    def forward(self, raw: Tensor) -> tuple[Tensor, Tensor]:
        """raw [..., digits] -> (values [..., digits] in [-1, 1] with straight-through gradient, index [...] int64)."""
        bounded = torch.sigmoid(raw) * self.top
        digit = bounded + (bounded.round() - bounded).detach()
        index = torch.zeros(raw.shape[:-1], dtype=torch.long, device=raw.device)
        for i, n in enumerate(self.levels):
            index = index * n + digit[..., i].detach().long()
        return digit / self.top * 2 - 1, index

    def sample(self, logits: Tensor, uniform: Tensor, temperature: Tensor) -> Tensor:
        """Draw by inverse transform: logits [B, size], uniform [B] in (0, 1), temperature [B] -> values [B, digits].

        One uniform number decides, so the same noise draws the same code in every engine.
        """
        probability = torch.softmax(logits / temperature.clamp(min=0.05).unsqueeze(-1), dim=-1)
        below = torch.cumsum(probability, dim=-1) < uniform.unsqueeze(-1)
        index = below.long().sum(dim=-1).clamp(max=self.size - 1)
        return self.codebook[index]
