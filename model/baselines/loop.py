"""One recorded clip of each style, looped on the beat: what a video player with a tempo slider does."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from export.manifest import StateSpec
from model.baselines import musical_time
from model.baselines.musical_time import TICKS, Phrase
from model.checkpoint import ModelError
from model.datasets.take import Take
from model.evaluation.performing import Dancer, of_module
from model.pairing import control_table
from motion.pose import ROTATIONS

BEATS = 8
LEAD_FRAMES = 2


class Loop(nn.Module):
    """State `at`: beats of the music, twice the loop before it begins anew; `started`: 0 in the first frame."""

    clips: Tensor
    tempo: Tensor

    def __init__(self, clips: NDArray[np.float32], tempi: list[float]) -> None:
        """clips [S, BEATS * TICKS, 140], one a style: its end leads to its beginning. tempi: those of their phrases."""
        super().__init__()
        closed = np.concatenate([clips, clips[:, :1]], axis=1)
        self.register_buffer("clips", torch.from_numpy(closed.reshape(-1, closed.shape[-1])))
        self.register_buffer("tempo", torch.tensor(tempi))
        self.styles, self.length = len(clips), closed.shape[1]
        self.noise_size, self.lead_frames = 0, LEAD_FRAMES
        self.states = (StateSpec("at", "carry", (1,)), StateSpec("started", "carry", (1,)))

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, at: Tensor, started: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One frame; inputs and outputs in the order of `export.manifest`."""
        moved = musical_time.hurried(musical_time.passed(beat, at, started), beat, started)
        at = torch.remainder(at + moved, 2 * BEATS)
        clip = controls[:, : self.styles].argmax(dim=1, keepdim=True)
        pace = musical_time.pace(musical_time.faster(beat, self.tempo[clip]))
        row = musical_time.rows_at(self.clips, clip * self.length + torch.remainder(at * pace, BEATS) * TICKS)
        pose = musical_time.in_seconds(row, pace * moved * (started > 0))
        return musical_time.mirrored(pose, controls[:, -1:]), at, torch.ones_like(started)


def build(takes: list[Take]) -> Dancer:
    """The loop that closes best in each style; raises ModelError."""
    found = musical_time.phrases(takes)
    styles = musical_time.styles_of(found)
    return of_module(network(found), "loop", control_table(styles, styles[0]), styles)


def network(found: list[Phrase]) -> Loop:
    """With one loop for each style, in order of name."""
    best = [best_loop([one for one in found if one.style == style]) for style in musical_time.styles_of(found)]
    return Loop(np.stack([clip for clip, _ in best]), [one.tempo for _, one in best])


def best_loop(found: list[Phrase]) -> tuple[NDArray[np.float32], Phrase]:
    """[BEATS * TICKS, 140] and where it is from: the stretch whose end is most like its beginning.

    Only stretches about as lively as the middle one are looked at. The last beat fades into the beat that came before
    the first, so that nothing jumps. Raises ModelError.
    """
    candidates = []
    for one in found:
        body = one.poses[:, ROTATIONS]
        for first in range(1, one.beats - BEATS + 1):
            begin, end = first * TICKS, (first + BEATS) * TICKS
            seam = float(np.abs(body[begin - TICKS : begin] - body[end - TICKS : end]).mean())
            lasts = one.periods[first : first + BEATS].sum()
            lively = float(np.abs(np.diff(body[begin:end], axis=0)).sum() / lasts)
            candidates.append((seam, lively, one, begin))
    if not candidates:
        raise ModelError(f"no take of style {found[0].style} is {BEATS + 1} beats long")
    low, high = np.percentile([lively for _, lively, _, _ in candidates], [40, 60])
    _, _, one, begin = min((c for c in candidates if low <= c[1] <= high), key=lambda c: c[0])
    clip = one.poses[begin : begin + BEATS * TICKS].copy()
    fade = (np.arange(1, TICKS + 1, dtype=np.float32) / TICKS)[:, None]
    clip[-TICKS:] = (1 - fade) * clip[-TICKS:] + fade * one.poses[begin - TICKS : begin]
    return clip, one
