"""The network that hears beats: convolution over hops, two GRUs over frames, from the past alone.

It is small enough to run in NumPy on the stage (audio/activation.py, which holds the same function for inference).
"""

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor, nn

from audio.activation import (
    CHANNELS,
    DIFFERENCE_HOPS,
    HIDDEN,
    KERNEL_HOPS,
    MEMORY_HOPS,
    RISE_GAIN,
    TEMPO_BINS,
)
from audio.config import HOPS_PER_FRAME
from audio.features import MEL_MEAN, MEL_SCALE
from audio.mel import MEL_BANDS

DROPOUT = 0.1  # in training
WEIGHTS, ABOUT = "model.safetensors", "checkpoint.json"  # of a run's folder


class Heard(NamedTuple):
    """Logits of every frame [B, T, ...]."""

    beat: Tensor  # [B, T, 4] a hop of the frame is the one after a beat
    downbeat: Tensor  # [B, T, 4]
    tempo: Tensor  # [B, T, TEMPO_BINS + 1]; the last is "no beat here"


class EarNetwork(nn.Module):
    """log-mel hops -> beat, downbeat and tempo logits."""

    def __init__(self, channels: int = CHANNELS, hidden: int = HIDDEN) -> None:
        super().__init__()
        self.convolution = nn.Linear(KERNEL_HOPS * 2 * MEL_BANDS, channels)
        self.first = nn.GRU(HOPS_PER_FRAME * channels, hidden, batch_first=True)
        self.second = nn.GRU(hidden, hidden, batch_first=True)
        self.drop = nn.Dropout(DROPOUT)
        self.head = nn.Linear(2 * hidden + HOPS_PER_FRAME * channels, 2 * HOPS_PER_FRAME + TEMPO_BINS + 1)
        self.mean: Tensor
        self.scale: Tensor
        self.register_buffer("mean", torch.from_numpy(MEL_MEAN), persistent=False)
        self.register_buffer("scale", torch.from_numpy(MEL_SCALE), persistent=False)
        nn.init.constant_(self.head.bias[: 2 * HOPS_PER_FRAME], -3.0)

    def forward(
        self, log_mel: Tensor, before: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Heard, tuple[Tensor, Tensor]]:
        """`log_mel` [B, T * 4, 40] after the hops `before` [B, MEMORY_HOPS, 40]; `state` two of [1, B, hidden]."""
        hops = torch.cat([before, log_mel], dim=1)
        rise = torch.relu(hops[:, DIFFERENCE_HOPS:] - hops[:, :-DIFFERENCE_HOPS])
        seen = torch.cat([(hops[:, DIFFERENCE_HOPS:] - self.mean) / self.scale, RISE_GAIN * rise], dim=2)
        count = log_mel.shape[1]
        windows = torch.cat([seen[:, i : i + count] for i in range(KERNEL_HOPS)], dim=2)
        onsets = torch.relu(self.convolution(windows)).reshape(log_mel.shape[0], count // HOPS_PER_FRAME, -1)
        onsets = self.drop(onsets)
        lower, first = self.first(onsets, state[0])
        lower = self.drop(lower)
        upper, second = self.second(lower, state[1])
        upper = self.drop(upper)
        out = self.head(torch.cat([lower, upper, onsets], dim=2))
        n = HOPS_PER_FRAME
        return Heard(out[..., :n], out[..., n : 2 * n], out[..., 2 * n :]), (first, second)

    def first_state(self, batch: int) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Silence before the stream: (hops [B, MEMORY_HOPS, 40], GRU states)."""
        hidden = self.first.hidden_size
        zeros = torch.zeros(1, batch, hidden)
        return torch.zeros(batch, MEMORY_HOPS, MEL_BANDS), (zeros, zeros.clone())


def widened(narrow: Mapping[str, Tensor], network: EarNetwork) -> dict[str, Tensor]:
    """Weights of `network` that answer as those of a network with fewer hidden units do (Net2Net, Chen et al. 2016).

    The units that are added hear as they were first drawn; nothing listens to them yet.
    """
    old, new = narrow["first.weight_hh_l0"].shape[1], network.first.hidden_size
    weights = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    rows = torch.cat([torch.arange(old) + gate * new for gate in range(3)])
    for unit, heard in (("first", None), ("second", old)):
        for kind in ("ih", "hh"):
            weight = weights[f"{unit}.weight_{kind}_l0"]
            weight[rows] = 0.0
            weight[rows, : heard if kind == "ih" else old] = narrow[f"{unit}.weight_{kind}_l0"]
            weights[f"{unit}.bias_{kind}_l0"][rows] = narrow[f"{unit}.bias_{kind}_l0"]
    head = torch.zeros_like(weights["head.weight"])
    lower, upper, onsets = narrow["head.weight"].split([old, old, narrow["head.weight"].shape[1] - 2 * old], dim=1)
    head[:, :old], head[:, new : new + old], head[:, 2 * new :] = lower, upper, onsets
    same = ("convolution.weight", "convolution.bias", "head.bias")
    return weights | {"head.weight": head} | {name: narrow[name].clone() for name in same}
