"""Layers that several networks are made of, each with the function of a whole sequence and that of one frame."""

import torch
from torch import Tensor, nn

from model.networks.attention import SlidingAttention


class GRUCell(nn.Module):
    """Gated recurrent unit, Cho et al. 2014, written out so that every exporter knows its operators."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.of_input = nn.Linear(size, 3 * hidden)
        self.of_state = nn.Linear(hidden, 3 * hidden)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """x [B, size], h [B, hidden] -> next h [B, hidden]."""
        xr, xz, xn = self.of_input(x).chunk(3, dim=-1)
        hr, hz, hn = self.of_state(h).chunk(3, dim=-1)
        z = torch.sigmoid(xz + hz)
        n = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
        return n + z * (h - n)


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer with causal local attention."""

    def __init__(self, width: int, heads: int, window: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = SlidingAttention(width, heads, window)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, T, width] -> [B, T, width]."""
        x = x + self.dropout(self.attention(self.norm_attention(x)))
        return x + self.dropout(self.feed(x))

    def step(self, x: Tensor, window: Tensor, age: Tensor) -> tuple[Tensor, Tensor]:
        """One frame: x [B, width], ring window and ages -> (y [B, width], new ring row)."""
        y, row = self.attention.step(self.norm_attention(x), window, age)
        x = x + y
        return x + self.feed(x), row
