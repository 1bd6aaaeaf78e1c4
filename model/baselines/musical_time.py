"""Recorded takes in musical time: poses at even ticks of their own beat, travel counted a beat instead of a second.

Played back by the predicted phase such a phrase is on the beat at any tempo, and its feet stand as they were recorded,
because what the body travels depends on the beats that pass and not on the seconds.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from audio.beat import BEAT_NAMES
from audio.config import FRAME_RATE
from model import motion_beats
from model.checkpoint import ModelError
from model.datasets.take import Take
from motion import contacts, kinematics, pose, repair, retarget
from motion.pose import MIRROR_PERMUTATION, MIRROR_SIGNS, VELOCITY, YAW_RATE
from motion.skeleton import HUMANOID

TICKS = 12  # a beat
FEWEST_BEATS = 8
TRAVEL = slice(VELOCITY.start, YAW_RATE.stop)  # of the pose vector: what is counted a beat
_PERMUTATION, _SIGNS = torch.from_numpy(MIRROR_PERMUTATION), torch.from_numpy(MIRROR_SIGNS)
COS, SIN = BEAT_NAMES.index("beat_cos"), BEAT_NAMES.index("beat_sin")
TEMPO = BEAT_NAMES.index("tempo")
HALF_TIME = math.log(math.sqrt(2.0))  # music so much faster than the recording is danced at half time
LONGEST_STEP = 0.5  # beats a frame: a greater jump of the clock is a jump back
HURRY = 1.5  # times the tempo: so fast a dancer makes up for what the clock leapt ahead


@dataclass(frozen=True)
class Phrase:
    """Row k is tick k of a take, `TICKS` to the beat, row 0 on a beat; the rows end on a beat, too."""

    name: str
    style: str
    poses: NDArray[np.float32]  # [beats * TICKS + 1, 140], travel a beat
    periods: NDArray[np.float64]  # [beats] s

    @property
    def tempo(self) -> float:
        """Natural logarithm of its tempo over 120 bpm."""
        return math.log(0.5 / float(np.median(self.periods)))

    @property
    def beats(self) -> int:
        """How many whole beats it lasts."""
        return len(self.periods)


def phrases(takes: list[Take]) -> list[Phrase]:
    """The takes that have a pulse, those of the training split alone; raises ModelError where none is left."""
    found = [phrase(take) for take in takes if take.split == "train"]
    if not (kept := [one for one in found if one is not None]):
        raise ModelError("no take of the training split has a beat to play it by")
    return kept


def phrase(take: Take) -> Phrase | None:
    """One take in musical time; None where its pulse is not found or ends too soon."""
    take = replace(take, rotations=repair.repair(take.rotations, take.fps))
    body, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
    beats = take.beats if take.beats is not None else motion_beats.estimate(body, take.fps)
    beats = beats[(beats >= 0) & (beats <= (len(take.root) - 1) / take.fps)]
    if len(beats) <= FEWEST_BEATS:
        return None
    times = np.interp(np.arange((len(beats) - 1) * TICKS + 1) / TICKS, np.arange(len(beats)), beats)
    rate = TICKS / float(np.median(np.diff(beats)))
    slow = retarget.low_pass(take.root, take.rotations, take.fps, min(rate, take.fps))
    placed, turned = retarget.at_times(*slow, take.fps, times)
    frames = np.minimum((times * take.fps).round().astype(int), len(body) - 1)
    down = contacts.detect(body, take.fps)[frames]
    poses = pose.encode(placed, np.asarray(turned), down, TICKS)  # a second of it is a beat
    return Phrase(take.name, take.style, poses.astype(np.float32), np.diff(beats))


def styles_of(found: list[Phrase]) -> tuple[str, ...]:
    """In order of name."""
    return tuple(sorted({one.style for one in found}))


def passed(beat: Tensor, at: Tensor, started: Tensor) -> Tensor:
    """Beats [B, 1] that passed since the last frame, 0 or more; `at` [B, 1] counts beats, beat [B, K] is the input.

    Where the clock steps back the dancer waits. In its first frame it takes the place in the beat that it hears.
    """
    heard = torch.atan2(beat[:, SIN : SIN + 1], beat[:, COS : COS + 1]) / (2 * torch.pi)
    ahead = torch.remainder(heard - at + LONGEST_STEP, 1.0) - LONGEST_STEP
    return torch.where(started > 0, ahead.clamp(min=0.0), torch.remainder(heard, 1.0))


def hurried(moved: Tensor, beat: Tensor, started: Tensor) -> Tensor:
    """The beats `passed` [B, 1] that are danced in this frame: after a leap of the clock the rest waits for the next.

    A body that leapt with the clock would slide metres in one frame.
    """
    a_frame = 2.0 / FRAME_RATE * torch.exp(math.log(2.0) * beat[:, TEMPO : TEMPO + 1])
    return torch.where(started > 0, torch.minimum(moved, HURRY * a_frame), moved)


def faster(beat: Tensor, tempo: Tensor) -> Tensor:
    """How much faster [B, n] the music is than recordings of these tempi [n] or [B, 1], a natural logarithm."""
    return beat[:, TEMPO : TEMPO + 1] * math.log(2.0) - tempo


def pace(ahead: Tensor) -> Tensor:
    """Recorded beats for each beat of the music, one or a half, where it is `faster` by so much."""
    return torch.where(ahead > HALF_TIME, 0.5, 1.0)


def rows_at(table: Tensor, place: Tensor) -> Tensor:
    """Rows of a table [N, 140] between its ticks: place [B, 1] -> [B, 140].

    The travel of row k leads from k - 1 to k, so it stands half a tick before the pose.
    """
    last = table.shape[0] - 1
    body, travel = _between(table, place, last), _between(table[:, TRAVEL], place + 0.5, last)
    return torch.cat([body[:, : TRAVEL.start], travel, body[:, TRAVEL.stop :]], dim=1)


def in_seconds(row: Tensor, beats: Tensor) -> Tensor:
    """A row [B, 140] as the pose of a frame in which so many beats [B, 1] passed."""
    travel = row[:, TRAVEL] * beats * FRAME_RATE
    return torch.cat([row[:, : TRAVEL.start], travel, row[:, TRAVEL.stop :]], dim=1)


def mirrored(row: Tensor, mirror: Tensor) -> Tensor:
    """The pose [B, 140] seen in a mirror where mirror [B, 1] is over one half."""
    other = row[:, _PERMUTATION] * _SIGNS
    return torch.where(mirror > 0.5, other, row)


def _between(table: Tensor, place: Tensor, last: int) -> Tensor:
    place = place.clamp(0, last)[:, 0]
    before = place.floor()
    share = (place - before)[:, None]
    low, high = before.long(), (before + 1).clamp(max=last).long()
    return table[low] * (1 - share) + table[high] * share
