"""The reference dancer: a sliding-window audio encoder and an autoregressive decoder that samples its intentions.

    features, beat ──► encoder (local attention, ring cache) ──► context ─┐
    previous pose, context, beat, controls ──► listener GRU ──► prior over the intention z
                                                    │           ▲     │ drawn with the host's noise
                                                    └──► mover GRU ◄──┘ ──► next pose

An average of possible dances shrinks and freezes, so the decoder does not regress: in training a posterior that sees a
few frames ahead tells in z which of the possible poses came, the divergence from the prior keeps z to what cannot be
foreseen, and the prior learns to draw it (variational RNN, Chung et al. 2015; per frame as in Motion VAE, Ling et al.
2020; the two sides of the divergence priced apart as in DreamerV2, Hafner et al. 2021). Training alternates own and
recorded history after Dance Revolution (model/curriculum.py).
"""

import math
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.manifest import POSE_SIZE, StateSpec
from model.kinematics import contact_slide, heading_positions
from model.networks.hearing import Hearing
from model.networks.layers import GRUCell
from model.networks.staging import FPS, on_stage
from motion.pose import CONTACTS

LIMIT = 10.0  # standard deviations: no pose is stranger, whatever happens


@dataclass(frozen=True)
class Seq2SeqConfig:
    """Sizes of the network; widths in numbers, window in frames."""

    features: int = 64
    beat: int = 8
    control_names: tuple[str, ...] = ("energy", "temperature", "mirror")
    lead_frames: int = 2
    encoder_width: int = 96
    encoder_layers: int = 2
    encoder_heads: int = 4
    window: int = 60  # 4 s
    hidden: int = 256
    latent: int = 24  # numbers of an intention, even
    divergence: float = 0.003  # price to the posterior of a nat that the prior could not foresee
    foresight: float = 0.03  # price to the prior of the same nat: it shall listen, the posterior need not simplify
    dropout: float = 0.1


class Seq2Seq(Hearing):
    """See the module's drawing. Poses inside are normalised by group; outside they are the plain 140 numbers."""

    Config: ClassVar[type] = Seq2SeqConfig

    def __init__(self, config: Seq2SeqConfig) -> None:
        c = self.config = config
        super().__init__(
            c.features, c.beat, c.control_names, c.encoder_width, c.encoder_layers, c.encoder_heads, c.window, c.dropout
        )
        width, hidden, controls = c.encoder_width, c.hidden, len(c.control_names)
        self.lead_frames, self.noise_size = c.lead_frames, c.latent
        self.states = (
            StateSpec("previous", "carry", (POSE_SIZE,)),
            StateSpec("listener", "carry", (hidden,)),
            StateSpec("mover", "carry", (hidden,)),
            StateSpec("place", "carry", (3,)),
            *self.rings(),
        )
        self.see = nn.Sequential(nn.Linear(POSE_SIZE, 160), nn.GELU())
        self.listener = GRUCell(160 + width + c.beat + controls, hidden)
        self.prior = nn.Sequential(
            nn.Dropout(c.dropout), nn.Linear(2 * hidden, 160), nn.GELU(), nn.Linear(160, 2 * c.latent)
        )
        self.mover = GRUCell(hidden + c.latent, hidden)
        self.pose_head = nn.Sequential(
            nn.Linear(2 * hidden + c.latent + POSE_SIZE, 256), nn.GELU(), nn.Linear(256, POSE_SIZE)
        )
        self.ahead = nn.Sequential(
            nn.Conv1d(2 * POSE_SIZE, 160, 5, padding=2), nn.GELU(), nn.Conv1d(160, 160, 5, padding=2), nn.GELU()
        )
        self.posterior = nn.Linear(160 + 2 * hidden, 2 * c.latent)
        for head in (self.prior[-1], self.pose_head[-1]):
            # at first the prior is nearly standard and a pose fades from the one before: no wild feedback to unlearn
            assert isinstance(head, nn.Linear)
            for parameter in head.parameters():
                parameter.data.mul_(0.1)

    def _listen_step(self, previous: Tensor, heard: Tensor, h: Tensor) -> Tensor:
        return self.listener(torch.cat([self.see(previous), heard], dim=-1), h)

    def _move_step(self, previous: Tensor, listener: Tensor, z: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.mover(torch.cat([listener, z], dim=-1), h)
        # the leak lets no error pile up over hours; most of a pose is the pose before
        change = self.pose_head(torch.cat([h, listener, z, previous], dim=-1))
        return (0.9 * previous + change).clamp(-LIMIT, LIMIT), h

    def _decode_step(
        self,
        context: Tensor,
        beat: Tensor,
        controls: Tensor,
        noise: Tensor,
        previous: Tensor,
        listener: Tensor,
        mover: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor]:
        listener = self._listen_step(previous, torch.cat([context, beat, controls * self.asked], dim=-1), listener)
        mean, log_deviation = _split(self.prior(torch.cat([listener, mover], dim=-1)))
        temperature = self.control(controls, "temperature").unsqueeze(-1)
        z = mean + temperature * log_deviation.exp() * _normal(noise)
        pose, mover = self._move_step(previous, listener, z, mover)
        return pose, listener, mover

    def _present(self, normal: Tensor, controls: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised pose -> the 140 numbers, kept on the stage and mirrored on request; place is x, z, yaw."""
        pose, place = on_stage(normal * self.scale + self.mean, place)
        return self.mirrored(pose, controls), place

    def forward(self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor) -> Tensor:
        """Dance freely from the zero state: features [B,T,F], beat, controls, noise [B,T,Z] -> poses [B,T,140]."""
        context = self.encode(features, beat)
        shape = features.shape[0]
        normal, listener, mover, place = (
            features.new_zeros(shape, size) for size in (POSE_SIZE, self.config.hidden, self.config.hidden, 3)
        )
        poses = []
        for t in range(features.shape[1]):
            normal, listener, mover = self._decode_step(
                context[:, t], beat[:, t], controls[:, t], noise[:, t], normal, listener, mover
            )
            pose, place = self._present(normal, controls[:, t], place)
            poses.append(pose)
        return torch.stack(poses, dim=1)

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        """One frame on the stage; inputs and outputs in the order of `export.manifest`."""
        normal, listener, mover, place, *rings = state
        context, rows = self.encode_step(features, beat, rings)
        normal, listener, mover = self._decode_step(context, beat, controls, noise, normal, listener, mover)
        pose, place = self._present(normal, controls, place)
        return pose, normal, listener, mover, place, *rows

    def loss(self, batch: dict[str, Tensor], own: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruction through z plus the divergence of posterior from prior; own [T]: fed with own history."""
        target, weight = (batch["pose"] - self.mean) / self.scale, batch["weight"]
        context = self.encode(batch["features"], batch["beat"])
        heard = torch.cat([context, batch["beat"], batch["controls"] * self.asked], dim=-1)
        predicted, known, posterior = self._teach(target, self._look_ahead(target * weight), heard, own)
        # frame 0 has no history, so it is not scored
        losses = self._pose_losses(predicted[:, 1:], batch["pose"][:, 1:], weight[:, 1:])
        posterior, prior = posterior[:, 1:], self.prior(known[:, 1:])
        losses["nats"] = _divergence(posterior, prior.detach())
        losses["foresight"] = _divergence(posterior.detach(), prior)  # the same number with the other gradient
        factors = {
            "pose": 1.0,
            "speed": 2.0,
            "joints": 4.0,
            "slide": 0.5,
            "nats": self.config.divergence,
            "foresight": self.config.foresight,
        }
        total = sum((factors[name] * value for name, value in losses.items()), torch.zeros((), device=target.device))
        return total, {name: value.detach() for name, value in losses.items() if name != "foresight"}

    def _look_ahead(self, target: Tensor) -> Tensor:
        """What the posterior sees of each frame's neighbours, four to each side: [B, T, 140] -> [B, T, 160]."""
        speed = functional.pad(target.diff(dim=1), (0, 0, 1, 0))
        seen: Tensor = self.ahead(torch.cat([target, 3.0 * speed], dim=-1).transpose(1, 2))
        return seen.transpose(1, 2)

    def _teach(self, target: Tensor, seen: Tensor, heard: Tensor, own: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Unroll the decoder over T frames; the fed-back own pose is detached, as Dance Revolution does."""
        listener = mover = target.new_zeros(target.shape[0], self.config.hidden)
        previous = torch.zeros_like(target[:, 0])
        poses: list[Tensor] = []
        knowns, posteriors = [], []
        for t in range(target.shape[1]):
            if t > 0:
                previous = poses[-1].detach() if bool(own[t]) else target[:, t - 1]
            listener = self._listen_step(previous, heard[:, t], listener)
            known = torch.cat([listener, mover], dim=-1)
            posterior = self.posterior(torch.cat([seen[:, t], known], dim=-1))
            mean, log_deviation = _split(posterior)
            z = mean + log_deviation.exp() * torch.randn_like(mean)
            pose, mover = self._move_step(previous, listener, z, mover)
            poses.append(pose)
            knowns.append(known)
            posteriors.append(posterior)
        return torch.stack(poses, dim=1), torch.stack(knowns, dim=1), torch.stack(posteriors, dim=1)

    def _pose_losses(self, predicted: Tensor, real: Tensor, weight: Tensor) -> dict[str, Tensor]:
        target = (real - self.mean) / self.scale
        pose = predicted * self.scale + self.mean
        here, there = heading_positions(pose), heading_positions(real)
        per_value = functional.smooth_l1_loss(predicted, target, reduction="none", beta=0.5) * weight
        change = (predicted.diff(dim=1) - target.diff(dim=1)).abs() * weight[:, 1:]
        return {
            "pose": per_value.mean(),
            "speed": change.mean(),
            "joints": (here - there).norm(dim=-1).mean()
            + 2.0 * (here.diff(dim=1) - there.diff(dim=1)).norm(dim=-1).mean(),
            "slide": contact_slide(pose, here, real[..., CONTACTS], FPS),
        }


def _split(raw: Tensor) -> tuple[Tensor, Tensor]:
    """Mean and log standard deviation, the latter within a range that keeps exp and divergence tame."""
    mean, log_deviation = raw.chunk(2, dim=-1)
    return mean, log_deviation.clamp(-5.0, 2.0)


def _normal(uniform: Tensor) -> Tensor:
    """Standard normal numbers from as many uniform ones [B, 2 n]; Box and Muller 1958."""
    radius, angle = uniform.chunk(2, dim=-1)
    radius = torch.sqrt(-2.0 * torch.log(radius.clamp(min=1e-7)))
    angle = 2.0 * math.pi * angle
    return torch.cat([radius * angle.cos(), radius * angle.sin()], dim=-1)


def _divergence(posterior: Tensor, prior: Tensor) -> Tensor:
    """Kullback-Leibler divergence of two diagonal normals [..., 2 n], summed over n, mean over the rest, in nats."""
    mean, log_deviation = _split(posterior)
    other, log_other = _split(prior)
    variance = (2.0 * (log_deviation - log_other)).exp()
    terms = log_other - log_deviation + 0.5 * (variance + ((mean - other) / log_other.exp()) ** 2 - 1.0)
    return terms.sum(dim=-1).mean()
