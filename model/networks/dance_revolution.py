"""Dance Revolution's seq2seq network (Huang et al., ICLR 2021), made causal so that it can run on a stage.

Encoder: transformer layers with local attention; decoder: three LSTM cells fed with the previous pose; the pose is read
from the last cell and the encoder's frame. Kept: every size of the published "v2" network. Changed, and why: the
attention window looks back only (the original waits 6.7 s for its right half), inputs and poses are normalised, the
LSTM starts from zeros (noise in its start was the original's only variety), and each cell reads the new state of the
cell below; `old_hidden` restores the original's wiring, which reads the state of the frame before.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from export.manifest import POSE_SIZE, StateSpec
from model.networks.attention import SlidingAttention

CELLS = 3


@dataclass(frozen=True)
class DanceRevolutionConfig:
    """Sizes; features, beat and controls all enter the encoder side by side."""

    features: int = 64
    beat: int = 8
    controls: int = 4
    pose: int = POSE_SIZE
    lead_frames: int = 2
    width: int = 200
    layers: int = 1
    heads: int = 8
    head_width: int = 64
    window: int = 100  # frames back
    hidden: int = 1024
    pose_width: int = 50
    dropout: float = 0.1
    old_hidden: bool = False


PUBLISHED = DanceRevolutionConfig(features=438, beat=0, controls=0, pose=50)


class EncoderLayer(nn.Module):
    """Post-norm transformer layer, Vaswani et al. 2017."""

    def __init__(self, c: DanceRevolutionConfig) -> None:
        super().__init__()
        self.attention = SlidingAttention(c.width, c.heads, c.window, c.head_width, relative=False)
        self.attention_norm = nn.LayerNorm(c.width)
        self.widen, self.narrow = nn.Linear(c.width, c.hidden), nn.Linear(c.hidden, c.width)
        self.feed_norm = nn.LayerNorm(c.width)
        self.dropout = nn.Dropout(c.dropout)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, T, width] -> [B, T, width]."""
        return self._after(x, self.attention(x))

    def step(self, x: Tensor, window: Tensor, age: Tensor) -> tuple[Tensor, Tensor]:
        """One frame: x [B, width], ring and ages -> (y [B, width], new ring row)."""
        y, row = self.attention.step(x, window, age)
        return self._after(x, y), row

    def _after(self, x: Tensor, attended: Tensor) -> Tensor:
        x = self.attention_norm(x + self.dropout(attended))
        fed: Tensor = self.feed_norm(x + self.dropout(self.narrow(torch.relu(self.widen(x)))))
        return fed


class DanceRevolution(nn.Module):
    """See the module. Zeros as the previous pose mean `start`, in normalised numbers."""

    Config: ClassVar[type] = DanceRevolutionConfig
    feature_mean: Tensor
    feature_scale: Tensor
    pose_mean: Tensor
    pose_scale: Tensor
    start: Tensor
    rates: Tensor

    def __init__(self, config: DanceRevolutionConfig) -> None:
        super().__init__()
        c = self.config = config
        self.lead_frames, self.noise_size = c.lead_frames, 0
        for name, size, value in (
            ("feature_mean", c.features, 0.0),
            ("feature_scale", c.features, 1.0),
            ("pose_mean", c.pose, 0.0),
            ("pose_scale", c.pose, 1.0),
            ("start", c.pose, 0.0),
        ):
            self.register_buffer(name, torch.full((size,), value))
        self.register_buffer("rates", angular_rates(c.width), persistent=False)
        self.listen = nn.Linear(c.features + c.beat + c.controls, c.width)
        self.layers = nn.ModuleList(EncoderLayer(c) for _ in range(c.layers))
        self.see = nn.Linear(c.pose, c.pose_width)
        self.cells = nn.ModuleList(nn.LSTMCell(c.pose_width if i == 0 else c.hidden, c.hidden) for i in range(CELLS))
        self.pose_head = nn.Linear(c.hidden + c.width, c.pose)
        self.dropout = nn.Dropout(c.dropout)
        self.states = (
            StateSpec("frame", "carry", (1,)),
            StateSpec("previous", "carry", (c.pose,)),
            StateSpec("hidden", "carry", (CELLS, c.hidden)),
            StateSpec("cell", "carry", (CELLS, c.hidden)),
            *(StateSpec(f"heard{i}", "ring", (c.heads, c.window, 2 * c.head_width)) for i in range(c.layers)),
        )

    def set_statistics(self, stats: dict[str, Tensor]) -> None:
        """Normalise by the corpus: pose_mean, pose_scale, feature_mean, feature_scale."""
        for name in ("feature_mean", "feature_scale", "pose_mean", "pose_scale"):
            getattr(self, name).copy_(stats[name])

    def encode(self, features: Tensor, beat: Tensor, controls: Tensor) -> Tensor:
        """The whole sequence at once: [B, T, *] -> [B, T, width]."""
        place = torch.arange(1, features.shape[1] + 1, device=features.device, dtype=features.dtype)
        x = self._hear(features, beat, controls) + positions(place.unsqueeze(-1), self.rates)
        for layer in self.layers:
            x = layer(x)
        return x

    def decode(self, context: Tensor, previous: Tensor, hidden: Tensor, cell: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """One frame: context [B, width], previous normalised pose, LSTM states [B, 3, hidden] -> (pose, new states)."""
        below = self.dropout(self.see(previous))
        new_hidden: list[Tensor] = []
        new_cell: list[Tensor] = []
        for i, lstm in enumerate(self.cells):
            if i:
                below = hidden[:, i - 1] if self.config.old_hidden else new_hidden[-1]
            h, c = lstm(below, (hidden[:, i], cell[:, i]))
            new_hidden.append(h)
            new_cell.append(c)
        pose = self.pose_head(torch.cat([new_hidden[-1], context], dim=-1))
        return pose, torch.stack(new_hidden, dim=1), torch.stack(new_cell, dim=1)

    def loss(self, batch: dict[str, Tensor], own: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Mean absolute error of the normalised pose, as the original; own [T]: frames fed with the own last pose."""
        target = (batch["pose"] - self.pose_mean) / self.pose_scale
        context = self.encode(batch["features"], batch["beat"], batch["controls"])
        poses = self._unroll(context, target, own)
        error = (poses - target).abs() * batch["weight"]
        loss = error.mean()
        return loss, {"pose": loss.detach()}

    def forward(self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor) -> Tensor:
        """Dance freely from the start: [B, T, *] -> poses [B, T, pose]; the noise [B, T, 0] is empty."""
        context = self.encode(features, beat, controls)
        return self._unroll(context) * self.pose_scale + self.pose_mean

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        """One frame on the stage; inputs and outputs in the order of `export.manifest`."""
        frame, previous, hidden, cell, *rings = state
        frame = frame + 1
        x = self._hear(features, beat, controls) + positions(frame, self.rates)
        rows = []
        for i, layer in enumerate(self.layers):
            assert isinstance(layer, EncoderLayer)
            x, row = layer.step(x, rings[2 * i], rings[2 * i + 1])
            rows.append(row)
        pose, hidden, cell = self.decode(x, previous + self.start, hidden, cell)
        return pose * self.pose_scale + self.pose_mean, frame, pose - self.start, hidden, cell, *rows

    def _hear(self, features: Tensor, beat: Tensor, controls: Tensor) -> Tensor:
        normal = (features - self.feature_mean) / self.feature_scale
        heard: Tensor = self.listen(torch.cat([normal, beat, controls], dim=-1))
        return heard

    def _unroll(self, context: Tensor, target: Tensor | None = None, own: Tensor | None = None) -> Tensor:
        """All frames, normalised; the own pose that is fed back carries no gradient, as in the original."""
        hidden = cell = context.new_zeros(context.shape[0], CELLS, self.config.hidden)
        previous = self.start.expand(context.shape[0], -1).to(context.dtype)
        poses: list[Tensor] = []
        for t in range(context.shape[1]):
            if t:
                taught = target is not None and own is not None and not bool(own[t])
                previous = target[:, t - 1] if taught and target is not None else poses[-1].detach()
            pose, hidden, cell = self.decode(context[:, t], previous, hidden, cell)
            poses.append(pose)
        return torch.stack(poses, dim=1)


def angular_rates(width: int) -> Tensor:
    """[width] radians a frame of each column: 10000^(-2 (j // 2) / width)."""
    return torch.tensor([10000.0 ** (-2 * (j // 2) / width) for j in range(width)])


def positions(place: Tensor, rates: Tensor) -> Tensor:
    """Sinusoids [..., width] of places [..., 1], sine on even columns and cosine on odd ones (Vaswani et al. 2017).

    The original reads them from a table that ends after 4,500 frames; computed, they do not end.
    """
    angle = place * rates
    even = torch.arange(rates.shape[0], device=rates.device) % 2 == 0
    return torch.where(even, angle.sin(), angle.cos())
