"""A dancer's own clock in half-beats: it keeps to the phase that the beat input predicts, and never runs backward."""

import math

import torch
from torch import Tensor

from audio.beat import BEAT_NAMES
from model.networks.staging import FPS

CATCH_UP = 0.1  # of the phase error, each frame
SLOWEST_PLAY, FASTEST_PLAY = 0.75, 1.25  # of the tempo, while it catches up
REST_SECONDS = 0.8  # how fast it sinks into rest where music ends


def tick(clock: Tensor, beat: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Move clocks [B, 4] on by a frame: (clock, half-beats moved [B], 1 where it crossed a border [B]).

    A clock is its place in the half-beat 0-1, which half 0 or 1, dancing yet 0 or 1, presence 0-1 (of music, smoothed).
    Its first frame takes the music's place, and counts as a border.
    """
    place, half, dancing, presence = clock.unbind(-1)
    confidence, music = beat[:, BEAT_NAMES.index("confidence")], beat[:, BEAT_NAMES.index("music")]
    pace = torch.pow(2.0, beat[:, BEAT_NAMES.index("tempo")]) * (4.0 / FPS)  # half-beats a frame
    angle = math.pi * (half + place + pace)
    cos, sin = angle.cos(), angle.sin()
    ahead = beat[:, 1] * cos - beat[:, 0] * sin  # sine and cosine of how far the music is ahead
    along = beat[:, 0] * cos + beat[:, 1] * sin
    # tangent of half the angle, in the form that is exact on each side; no exporter knows atan2
    some = torch.where(ahead.abs() < 1e-6, torch.full_like(ahead, 1e-6), ahead)
    half_angle = torch.where(along < 0.0, (1.0 - along) / some, ahead / (1.0 + along).clamp(min=0.5))
    error = 2.0 * torch.atan(half_angle) / math.pi  # half-beats, -1 to 1
    heed = CATCH_UP * music * (2.0 * confidence).clamp(max=1.0)
    moved = pace + torch.minimum(torch.maximum(heed * error, (SLOWEST_PLAY - 1.0) * pace), (FASTEST_PLAY - 1.0) * pace)
    first = torch.remainder(half + place + pace + error, 2.0)
    total = torch.where(dancing > 0.5, half + place + moved, first)
    crossed = torch.where(dancing > 0.5, torch.floor(total) - half, torch.ones_like(total))
    half = torch.remainder(torch.floor(total), 2.0)
    presence = presence + (music - presence) * (1.0 - math.exp(-1.0 / (FPS * REST_SECONDS)))
    presence = torch.where(dancing > 0.5, presence, music)
    clock = torch.stack([total - torch.floor(total), half, torch.ones_like(dancing), presence], dim=-1)
    return clock, moved, crossed
