"""A dancer's own clock in half-beats: it keeps to the phase that the beat input predicts, and never runs backward.

A break in the music is a held pose, and dance goes on with the first beat after it. Where the silence lasts, the clock
runs on at the last tempo and the body sinks into rest.
"""

import math

import torch
from torch import Tensor

from audio.beat import BEAT_NAMES
from model.networks.half_beats import CYCLE
from model.networks.staging import FPS

SIZE = 7  # numbers of a clock
CATCH_UP = 0.1  # of the phase error, each frame
BRISK, SMALLER = 0.14, 1.0  # octaves over 120 bpm, beyond which one moves the less the faster: half at an octave more
SLOWEST_PLAY, FASTEST_PLAY = 0.75, 1.25  # of the tempo, while it catches up
REST_SECONDS = 0.8  # how fast it sinks into rest where music ends
SIZE_SECONDS = 0.15  # how fast movement grows or shrinks to what is wished
BREAK_SECONDS = 4.0  # of silence that are a break; longer ones are an end
ROUNDING = 4e-6  # half-beats: a beat that falls on a frame belongs to it, whatever is lost in float32
EASE = 0.35  # of what is left of the half-beat goes by in a frame, where the pose comes to be held


def tick(clock: Tensor, beat: Tensor, large: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Move clocks [B, SIZE] on by a frame: (clock, half-beats moved [B], 1 where it crossed a border [B]).

    large [B] is how large movement is wished to be, 1 as it was recorded.

    A clock is its place in the half-beat 0-1, which half-beat of six beats 0-11 (even ones begin on a beat), dancing
    yet 0 or 1, presence 0-1 (of music, less the faster it is; smoothed), seconds without music, 1 while the pose is
    held, and how large movement is (smoothed). Its first frame takes the music's place, and counts as a border.
    """
    place, half, dancing, presence, quiet, held, size = clock.unbind(-1)
    music = beat[:, BEAT_NAMES.index("music")]
    pace = torch.pow(2.0, beat[:, BEAT_NAMES.index("tempo")]) * (4.0 / FPS)  # half-beats a frame
    error = _error(half + place + pace, beat)
    heed = CATCH_UP * music * (2.0 * beat[:, BEAT_NAMES.index("confidence")]).clamp(max=1.0)
    played = pace + torch.minimum(torch.maximum(heed * error, (SLOWEST_PLAY - 1.0) * pace), (FASTEST_PLAY - 1.0) * pace)

    begun, sounds = dancing > 0.5, music > 0.5
    quiet = torch.where(sounds, torch.zeros_like(quiet), torch.where(begun, quiet + 1.0 / FPS, quiet + BREAK_SECONDS))
    pause = ~sounds & (quiet < BREAK_SECONDS)
    waits = begun & (pause | (sounds & (held > 0.5)))
    since = torch.remainder(half + place + pace + error + ROUNDING, 2.0) - ROUNDING
    heard = since.clamp(min=0.0)  # half-beats since the music's last beat
    again = waits & sounds & (since < pace - ROUNDING)
    waits = waits & ~again
    following = 2.0 * torch.floor(0.5 * half) + 2.0  # the next beat's first half
    moved = torch.where(waits, torch.minimum(played, EASE * (1.0 - place)), torch.where(again, heard, played))
    total = torch.where(again, following + heard, half + place + moved)
    crossed = torch.where(again, torch.ones_like(total), torch.floor(total) - half)
    total, crossed = torch.where(begun, total, heard), torch.where(begun, crossed, torch.ones_like(total))

    small = torch.pow(2.0, -SMALLER * (beat[:, BEAT_NAMES.index("tempo")] - BRISK).clamp(min=0.0))
    there = small * torch.maximum(music, waits.to(music.dtype))
    presence = presence + (there - presence) * (1.0 - math.exp(-1.0 / (FPS * REST_SECONDS)))
    presence = torch.where(begun, presence, small * music)
    size = torch.where(begun, size + (large - size) * (1.0 - math.exp(-1.0 / (FPS * SIZE_SECONDS))), large)
    half = torch.remainder(torch.floor(total), CYCLE)
    place = total - torch.floor(total)
    waiting = waits.to(quiet.dtype)
    clock = torch.stack([place, half, torch.ones_like(dancing), presence, quiet, waiting, size], dim=-1)
    return clock, moved, crossed


def _error(at: Tensor, beat: Tensor) -> Tensor:
    """How many half-beats, -1 to 1, the music is ahead of a clock [B] that counts half-beats."""
    cos, sin = (math.pi * at).cos(), (math.pi * at).sin()
    ahead = beat[:, 1] * cos - beat[:, 0] * sin
    along = beat[:, 0] * cos + beat[:, 1] * sin
    # tangent of half the angle, in the form that is exact on each side; no exporter knows atan2
    some = torch.where(ahead.abs() < 1e-6, torch.full_like(ahead, 1e-6), ahead)
    half_angle = torch.where(along < 0.0, (1.0 - along) / some, ahead / (1.0 + along).clamp(min=0.5))
    return 2.0 * torch.atan(half_angle) / math.pi
