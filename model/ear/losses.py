"""How far the ear is from the truth."""

import torch
from torch import Tensor
from torch.nn import functional as fn

from model.ear.network import Heard
from model.ear.streams import Chunk

BEAT_WEIGHT = 3.0  # a hop on the beat counts so much more than one beside it
DOWNBEAT_SHARE, TEMPO_SHARE = 1.0, 0.05


def of_rows(heard: Heard, chunk: Chunk) -> dict[str, Tensor]:
    """Binary cross-entropy of beats and downbeats, cross-entropy of the tempo: means over a stream's frames, [B]."""
    weight = torch.tensor(BEAT_WEIGHT)
    parts = {
        name: fn.binary_cross_entropy_with_logits(logits, true, pos_weight=weight, reduction="none").mean((1, 2))
        for name, logits, true in (
            ("beat", heard.beat, chunk.beat),
            ("downbeat", heard.downbeat, chunk.downbeat),
        )
    }
    return parts | {"tempo": -(chunk.tempo * fn.log_softmax(heard.tempo, dim=-1)).sum(-1).mean(1)}


def total(parts: dict[str, Tensor]) -> Tensor:
    """What is minimised."""
    return parts["beat"] + DOWNBEAT_SHARE * parts["downbeat"] + TEMPO_SHARE * parts["tempo"]
