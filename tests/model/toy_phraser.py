"""A small dancer in musical time, and what it hears and learns from."""

from typing import Any

import numpy as np
import torch
from torch import Tensor

from audio.beat import BEAT_NAMES
from model.networks.phraser import Phraser, PhraserConfig
from motion.pose import POSE_SIZE

NAMES = ("style_a", "style_b", "energy", "temperature", "mirror", "guidance", "tightness")
TOY = PhraserConfig(
    features=6,
    control_names=NAMES,
    encoder_width=8,
    encoder_heads=2,
    window=5,
    hidden=12,
    code=5,
)
FPS = 15


def takes(seed: int = 0, count: int = 4, frames: int = 90) -> list[dict[str, Any]]:
    """Bodies that swing at the beat and at parts of it, each in its own way."""
    rng = torch.Generator().manual_seed(seed)
    made = []
    for n in range(count):
        beat = beats(95.0 + 8 * n, frames)
        swing = torch.cat([beat[:, :4], beat[:, :2] * beat[:, 2:4]], dim=1) @ torch.randn(6, POSE_SIZE, generator=rng)
        pose = 0.1 * swing + 0.02 * torch.randn(frames, POSE_SIZE, generator=rng)
        pose[:, 4:136] += torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(22)
        pose[:, 0] = 0.9 + 0.1 * pose[:, 0]
        made.append({"pose": pose, "beat": beat, "style": "ab"[n % 2]})
    return made


def fitted(config: PhraserConfig = TOY) -> Phraser:
    torch.manual_seed(0)
    network = Phraser(config)
    network.study(takes())
    return network


def beats(bpm: float, frames: int, start: float = 0.0, confidence: float = 1.0, music: float = 1.0) -> Tensor:
    """The beat input [frames, 8] of a steady tempo; `start` is the phase before the first frame."""
    count = start + (np.arange(frames) + 1) * bpm / 60 / FPS
    rows = np.zeros((frames, len(BEAT_NAMES)), np.float32)
    for cycles, at in ((1.0, 0), (0.25, 2)):
        rows[:, at], rows[:, at + 1] = np.cos(2 * np.pi * cycles * count), np.sin(2 * np.pi * cycles * count)
    rows[:, 4] = (1 - count % 1) * 60 / bpm
    rows[:, 5], rows[:, 6], rows[:, 7] = np.log2(bpm / 120), confidence, music
    return torch.from_numpy(rows)


def show(seed: int = 0, frames: int = 40, bpm: float = 110.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    controls = torch.tensor([1.0, 0.0, 0.5, 1.0, 0.0, 1.5, 0.5]).expand(2, frames, len(NAMES)).clone()
    heard = torch.randn(2, frames, 6, generator=rng)
    beat = torch.stack([beats(bpm, frames), beats(bpm * 1.3, frames, 0.4)])
    return heard, beat, controls, torch.rand(2, frames, 1, generator=rng)
