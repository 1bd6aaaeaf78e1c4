"""Movement in musical time: frames at 15 a second become half-beats of a few places each."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from audio.beat import BEAT_NAMES
from motion.pose import CONTACTS, VELOCITY, YAW_RATE

TICKS = 4  # places in a half-beat
TREMBLE = 0.1  # of each neighbour is mixed into a place: what trembles jerks where music is faster than the recording
CYCLE = 12.0  # half-beats that are counted: of six beats, as dances are counted in twos and in threes
TICK_FPS = 2.0 * 2 * TICKS  # ticks a second at 120 bpm, the tempo at which speeds are learned


class HalfBeats(NamedTuple):
    """Movement in musical time: K half-beats of TICKS places each, and the place where the last one ends."""

    pose: Tensor  # [B, K * TICKS + 1, 140] speeds as at 120 bpm
    there: Tensor  # [B, K] 1 where the half-beat lies inside the recording
    frames: Tensor  # [B, K] the first frame in it
    half: Tensor  # [B, K] which half-beat of six beats, 0-11: even ones begin on a beat


def half_beats(batch: dict[str, Tensor]) -> HalfBeats:
    """Resample frames `pose` [B, T, 140] to the half-beats that `beat` [B, T, 8] counts; Catmull-Rom between frames.

    Tremble is left out: of a swing that takes eight places .94 is left, of one that takes two .6.
    """
    beat, pose = batch["beat"], batch["pose"]
    angle = torch.atan2(beat[..., 1], beat[..., 0])
    turn = angle.diff(dim=1)
    turn = torch.remainder(turn + 0.5 * math.pi, 2.0 * math.pi) - 0.5 * math.pi  # a clock that runs forward
    count = torch.cumsum(torch.cat([torch.remainder(angle[:, :1], 2.0 * math.pi), turn], dim=1), dim=1) / math.pi
    count = count.contiguous()
    first = torch.ceil(count[:, :1])
    size = int(torch.floor(count[:, -1] - first[:, 0]).max().clamp(min=4.0))
    wanted = (first + torch.arange(size * TICKS + 1, device=pose.device) / TICKS).contiguous()
    pace = torch.pow(2.0, -beat[..., BEAT_NAMES.index("tempo")]).unsqueeze(-1)  # of 120 bpm over its own
    travel = pose[..., VELOCITY.start : YAW_RATE.stop] * pace
    slow = torch.cat([pose[..., : VELOCITY.start], travel, pose[..., YAW_RATE.stop :]], dim=-1)
    borders = wanted[:, :-1:TICKS].contiguous()
    there = (borders + 1.0 <= count[:, -1:]).to(pose.dtype)
    frames = torch.searchsorted(count, borders).clamp(max=pose.shape[1] - 1)
    return HalfBeats(_calm(_between(slow, count, wanted)), there, frames, torch.remainder(borders, CYCLE))


def _calm(pose: Tensor) -> Tensor:
    """Poses [B, T, 140] with a little of their neighbours; contacts stay as they are."""
    moved, contacts = pose[..., : CONTACTS.start], pose[..., CONTACTS.start :]
    inner = (1.0 - 2.0 * TREMBLE) * moved[:, 1:-1] + TREMBLE * (moved[:, :-2] + moved[:, 2:])
    return torch.cat([torch.cat([moved[:, :1], inner, moved[:, -1:]], dim=1), contacts], dim=-1)


def _between(rows: Tensor, at: Tensor, wanted: Tensor) -> Tensor:
    """Rows [B, T, N] that stand at places `at` [B, T], read at other places [B, S]."""
    last = rows.shape[1] - 1
    after = torch.searchsorted(at, wanted).clamp(1, last)
    before = after - 1
    each = torch.arange(rows.shape[0], device=rows.device).unsqueeze(-1)
    share = (wanted - at[each, before]) / (at[each, after] - at[each, before]).clamp(min=1e-6)
    s = share.clamp(0.0, 1.0).unsqueeze(-1)
    b, c = rows[each, before], rows[each, after]
    # beyond the ends it goes straight on
    a = torch.where((before > 0).unsqueeze(-1), rows[each, (before - 1).clamp(min=0)], 2.0 * b - c)
    d = torch.where((after < last).unsqueeze(-1), rows[each, (after + 1).clamp(max=last)], 2.0 * c - b)
    return b + 0.5 * s * (c - a + s * (2.0 * a - 5.0 * b + 4.0 * c - d + s * (3.0 * (b - c) + d - a)))
