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
    """State `at`: beats into the loop; `started`: 0 in the first frame."""

    clips: Tensor

    def __init__(self, clips: NDArray[np.float32]) -> None:
        """clips [S, BEATS * TICKS, 140], one a style, each closed: its end leads to its beginning."""
        super().__init__()
        closed = np.concatenate([clips, clips[:, :1]], axis=1)
        self.register_buffer("clips", torch.from_numpy(closed.reshape(-1, closed.shape[-1])))
        self.styles, self.length = len(clips), closed.shape[1]
        self.noise_size, self.lead_frames = 0, LEAD_FRAMES
        self.states = (StateSpec("at", "carry", (1,)), StateSpec("started", "carry", (1,)))

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, at: Tensor, started: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """One frame; inputs and outputs in the order of `export.manifest`."""
        moved = musical_time.passed(beat, at, started)
        at = torch.remainder(at + moved, BEATS)
        clip = controls[:, : self.styles].argmax(dim=1, keepdim=True)
        row = musical_time.rows_at(self.clips, clip * self.length + at * TICKS)
        pose = musical_time.in_seconds(row, moved * (started > 0))
        return musical_time.mirrored(pose, controls[:, -1:]), at, torch.ones_like(started)


def build(takes: list[Take]) -> Dancer:
    """The loop that closes best in each style; raises ModelError."""
    found = musical_time.phrases(takes)
    styles = musical_time.styles_of(found)
    return of_module(network(found), "loop", control_table(styles, styles[0]), styles)


def network(found: list[Phrase]) -> Loop:
    """With one loop for each style, in order of name."""
    styles = musical_time.styles_of(found)
    return Loop(np.stack([best_loop([one for one in found if one.style == style]) for style in styles]))


def best_loop(found: list[Phrase]) -> NDArray[np.float32]:
    """[BEATS * TICKS, 140]: among the livelier half of all stretches, the one whose end is most like its beginning.

    Its last beat fades into the beat that came before its first, so that nothing jumps. Raises ModelError.
    """
    candidates = []
    for one in found:
        body = one.poses[:, ROTATIONS]
        for first in range(1, one.beats - BEATS + 1):
            begin, end = first * TICKS, (first + BEATS) * TICKS
            seam = float(np.abs(body[begin - TICKS : begin] - body[end - TICKS : end]).mean())
            lively = float(np.abs(np.diff(body[begin:end], axis=0)).mean())
            candidates.append((seam, lively, one, begin))
    if not candidates:
        raise ModelError(f"no take of style {found[0].style} is {BEATS + 1} beats long")
    middle = np.median([lively for _, lively, _, _ in candidates])
    _, _, one, begin = min((c for c in candidates if c[1] >= middle), key=lambda c: c[0])
    clip = one.poses[begin : begin + BEATS * TICKS].copy()
    fade = (np.arange(1, TICKS + 1, dtype=np.float32) / TICKS)[:, None]
    clip[-TICKS:] = (1 - fade) * clip[-TICKS:] + fade * one.poses[begin - TICKS : begin]
    return clip
