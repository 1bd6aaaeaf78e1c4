"""Causal sliding-window attention, written twice: over a whole sequence (training) and one frame at a time (stage).

Frame t attends to frames t - W ... t. Positions are relative only: one learned bias per head and age, so a stream never
runs out of positions. The stage's window is a ring whose slots come in any order; their ages tell them apart.
"""

import torch
from torch import Tensor, nn

from export.manifest import StateSpec


class SlidingAttention(nn.Module):
    """Multi-head attention of `width` numbers over `window` past frames and the frame itself."""

    bias: Tensor

    def __init__(
        self, width: int, heads: int, window: int, head_width: int | None = None, relative: bool = True
    ) -> None:
        """head_width is width // heads unless given; raises ValueError where that is no whole number.

        relative=False leaves the bias of the age out, for networks that have positions of their own.
        """
        super().__init__()
        if head_width is None and width % heads:
            raise ValueError(f"a width of {width} cannot be split between {heads} heads")
        self.heads, self.window = heads, window
        self.head_width = head_width or width // heads
        inner = heads * self.head_width
        self.query_key_value = nn.Linear(width, 3 * inner)
        self.out = nn.Linear(inner, width)
        bias = torch.zeros(heads, window + 1)  # by age, 0 = the frame itself
        if relative:
            self.bias = nn.Parameter(bias)
        else:
            self.register_buffer("bias", bias, persistent=False)

    def state(self, name: str) -> StateSpec:
        """The ring that `step` needs: shape (heads, window, 2 * head_width), keys before values."""
        return StateSpec(name, "ring", (self.heads, self.window, 2 * self.head_width))

    def forward(self, x: Tensor) -> Tensor:
        """x [B, T, width] -> [B, T, width]; time and memory linear in T.

        Queries are cut into blocks of S frames; each block sees its own keys and the W before them.
        """
        batch, length, _ = x.shape
        block = min(length, self.window)
        tail = -length % block
        qkv = self.query_key_value(nn.functional.pad(x, (0, 0, 0, tail)))
        q, k, v = qkv.view(batch, length + tail, 3, self.heads, self.head_width).permute(2, 0, 3, 1, 4)
        q = q.unflatten(2, (-1, block))
        k, v = (
            nn.functional.pad(a, (0, 0, self.window, 0)).unfold(2, self.window + block, block).transpose(-1, -2)
            for a in (k, v)
        )
        y = nn.functional.scaled_dot_product_attention(q, k, v, attn_mask=self._band(block, q.shape[2]).to(q.dtype))
        y = y.flatten(2, 3)[:, :, :length].transpose(1, 2).flatten(2)
        mixed: Tensor = self.out(y)
        return mixed

    def _band(self, block: int, blocks: int) -> Tensor:
        """Additive mask [heads, blocks, S, W + S]: the bias of the age inside the window, -inf outside it."""
        device = self.bias.device
        key = torch.arange(self.window + block, device=device)
        age = torch.arange(block, device=device).unsqueeze(1) + self.window - key
        seen = (age >= 0) & (age <= self.window)
        first = torch.arange(blocks, device=device).view(-1, 1, 1) * block  # its keys begin W frames earlier
        seen = seen & (first + key >= self.window)
        bias = self.bias[:, age.clamp(0, self.window)].unsqueeze(1)
        return torch.where(seen, bias, -torch.inf)

    def step(self, x: Tensor, window: Tensor, age: Tensor) -> tuple[Tensor, Tensor]:
        """One frame, equal to `forward`: x [B, width], ring window [B, H, W, 2 D], age [B, W] (frames ago, -1 = empty).

        Returns (y [B, width], row [B, H, 2 D]); the host writes the row into its ring.
        """
        q, k, v = self.query_key_value(x).view(-1, 3, self.heads, self.head_width).unbind(1)
        past_k, past_v = window[..., : self.head_width], window[..., self.head_width :]
        scale = self.head_width**-0.5
        index = age.clamp(min=0).long()
        bias = self.bias[:, index].transpose(0, 1)  # [B, H, W]
        past = torch.matmul(past_k, q.unsqueeze(-1)).squeeze(-1) * scale + bias
        past = torch.where((age < 0).unsqueeze(1), torch.full_like(past, -torch.inf), past)
        own = (q * k).sum(-1, keepdim=True) * scale + self.bias[:, :1]
        weight = torch.softmax(torch.cat([past, own], dim=-1), dim=-1)
        y = torch.matmul(weight[..., :-1].unsqueeze(-2), past_v).squeeze(-2) + weight[..., -1:] * v
        return self.out(y.flatten(1)), torch.cat([k, v], dim=-1)
