"""Ears that teach: what several of them hear together is nearer to the truth than what each of them does alone.

One network is taught to answer as their mean does, beside the truth (Hinton, Vinyals & Dean 2015, arXiv:1503.02531).
They know what the learner is not told: where another song begins they begin anew.
"""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as fn

from model.ear.losses import of_rows, total
from model.ear.network import EarNetwork, Heard
from model.ear.streams import Chunk

TAUGHT = 0.5  # how much the teachers' word weighs against the truth, where it is the better one


class Teachers:
    """Networks that listen to the learner's streams; what they remember of them."""

    def __init__(self, networks: Sequence[EarNetwork], batch: int) -> None:
        self.networks = [network.eval().requires_grad_(False) for network in networks]
        self.states = [network.first_state(batch)[1] for network in networks]

    @torch.no_grad()
    def hear(self, chunk: Chunk, before: Tensor) -> Heard:
        """The mean of their logits over the next chunk after the hops `before` [B, MEMORY_HOPS, 40]."""
        keep = (1.0 - torch.maximum(chunk.forget, chunk.cut))[:, None]
        said = []
        for i, network in enumerate(self.networks):
            lower, upper = self.states[i]
            heard, self.states[i] = network(chunk.log_mel, before * keep[..., None], (lower * keep, upper * keep))
            said.append(heard)
        return Heard(*(torch.stack(logits).mean(0) for logits in zip(*said, strict=True)))


def taught(heard: Heard, teachers: Heard, chunk: Chunk) -> Tensor:
    """[B] the loss of each stream: the truth alone where the learner is nearer to it, or else both."""
    truth = total(of_rows(heard, chunk))
    better = total(of_rows(teachers, chunk)) < truth.detach()
    return torch.where(better, (1.0 - TAUGHT) * truth + TAUGHT * total(_apart(heard, teachers)), truth)


def _apart(heard: Heard, teachers: Heard) -> dict[str, Tensor]:
    """Cross-entropies [B] against what the teachers say; their logits are on the scale of the learner's already."""
    apart = {
        name: fn.binary_cross_entropy_with_logits(own, other.sigmoid(), reduction="none").mean((1, 2))
        for name, own, other in zip(("beat", "downbeat"), heard[:2], teachers[:2], strict=True)
    }
    tempo = -(teachers.tempo.softmax(-1) * fn.log_softmax(heard.tempo, dim=-1)).sum(-1).mean(1)
    return apart | {"tempo": tempo}
