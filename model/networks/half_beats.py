"""Movement in musical time: frames at 15 a second become half-beats of a few places each."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from audio.beat import BEAT_NAMES

TICKS = 4  # places in a half-beat at which training compares
TICK_FPS = 2.0 * 2 * TICKS  # ticks a second at 120 bpm, the tempo at which speeds are learned


class HalfBeats(NamedTuple):
    """Movement in musical time: K half-beats of TICKS places each."""

    pose: Tensor  # [B, K * TICKS, 140] speeds as at 120 bpm
    weight: Tensor  # [B, K * TICKS, 140]
    there: Tensor  # [B, K] 1 where the half-beat lies inside the recording
    frames: Tensor  # [B, K] the frame that begins it
    places: Tensor  # [TICKS] where in a half-beat the ticks lie, 0-1
    shape: tuple[int, int]  # B, K


def half_beats(batch: dict[str, Tensor]) -> HalfBeats:
    """Resample frames [B, T, ...] to the half-beats that their beat input counts."""
    beat, pose = batch["beat"], batch["pose"]
    angle = torch.atan2(beat[..., 1], beat[..., 0])
    turn = angle.diff(dim=1)
    turn = torch.remainder(turn + 0.5 * math.pi, 2.0 * math.pi) - 0.5 * math.pi  # a clock that runs forward
    count = torch.cumsum(torch.cat([torch.remainder(angle[:, :1], 2.0 * math.pi), turn], dim=1), dim=1) / math.pi
    count = count.contiguous()
    first = torch.ceil(count[:, :1])
    size = int(torch.floor(count[:, -1] - first[:, 0]).max().clamp(min=4.0))
    places = (torch.arange(TICKS, device=pose.device) + torch.rand((), device=pose.device)) / TICKS
    borders = first + torch.arange(size, device=pose.device)
    wanted = (borders.unsqueeze(-1) + places).flatten(1).contiguous()
    after = torch.searchsorted(count, wanted).clamp(1, pose.shape[1] - 1)
    rows = torch.arange(pose.shape[0], device=pose.device).unsqueeze(-1)
    before = after - 1
    share = ((wanted - count[rows, before]) / (count[rows, after] - count[rows, before]).clamp(min=1e-6)).clamp(
        0.0, 1.0
    )
    pace = torch.pow(2.0, -beat[..., BEAT_NAMES.index("tempo")]).unsqueeze(-1)  # of 120 bpm over its own
    slow = torch.cat([pose[..., :1], pose[..., 1:4] * pace, pose[..., 4:]], dim=-1)
    resampled = slow[rows, before] + share.unsqueeze(-1) * (slow[rows, after] - slow[rows, before])
    weight = batch["weight"][rows, after]
    there = (borders + 1.0 <= count[:, -1:]).to(pose.dtype)
    frames = torch.searchsorted(count, borders.contiguous()).clamp(max=pose.shape[1] - 1)
    return HalfBeats(resampled, weight, there, frames, places, (pose.shape[0], size))
