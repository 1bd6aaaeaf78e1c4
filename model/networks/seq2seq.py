"""The reference dancer: a sliding-window audio encoder and an autoregressive decoder that samples motion codes.

    features, beat ──► encoder (local attention, ring cache) ──► context ─┐
    previous pose, context, beat, controls ──► listener GRU ──► prior over two motion codes (legs, arms)
                                                    │                 │ sampled with the host's noise
                                                    └──► mover GRU ◄──┘ ──► next pose

An average of possible dances shrinks and freezes, so the decoder does not regress: in training an encoder that sees a
few frames ahead tells, in two small FSQ codes, which of the possible poses came; the prior learns to draw them.
Training alternates own and recorded history after Dance Revolution (model/curriculum.py).
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional

from export.manifest import POSE_SIZE, StateSpec
from model.kinematics import contact_slide, heading_positions
from model.networks.attention import SlidingAttention
from model.networks.fsq import FSQ
from motion.pose import CONTACTS, MIRROR_PERMUTATION, MIRROR_SIGNS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE

FPS = 15.0
STAGE_RADIUS = 1.2  # m: inside it the dancer walks as it likes
LIMIT = 10.0  # standard deviations: no pose is stranger, whatever happens
TETHER = 0.5  # 1/s: pull towards the stage beyond the radius


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
    hidden: int = 320
    levels: tuple[int, ...] = (8, 8, 8)
    dropout: float = 0.1
    code_noise: float = 0.05  # share of codes replaced at random in training


class GRUCell(nn.Module):
    """Gated recurrent unit, Cho et al. 2014, written out so that every exporter knows its operators."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__()
        self.of_input = nn.Linear(size, 3 * hidden)
        self.of_state = nn.Linear(hidden, 3 * hidden)

    def forward(self, x: Tensor, h: Tensor) -> Tensor:
        """x [B, size], h [B, hidden] -> next h [B, hidden]."""
        xr, xz, xn = self.of_input(x).chunk(3, dim=-1)
        hr, hz, hn = self.of_state(h).chunk(3, dim=-1)
        z = torch.sigmoid(xz + hz)
        n = torch.tanh(xn + torch.sigmoid(xr + hr) * hn)
        return n + z * (h - n)


class EncoderLayer(nn.Module):
    """Pre-norm transformer layer with causal local attention."""

    def __init__(self, width: int, heads: int, window: int, dropout: float) -> None:
        super().__init__()
        self.norm_attention = nn.LayerNorm(width)
        self.attention = SlidingAttention(width, heads, window)
        self.feed = nn.Sequential(
            nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width)
        )
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        """x [B, T, width] -> [B, T, width]."""
        x = x + self.dropout(self.attention(self.norm_attention(x)))
        return x + self.dropout(self.feed(x))

    def step(self, x: Tensor, window: Tensor, age: Tensor) -> tuple[Tensor, Tensor]:
        """One frame: x [B, width], ring window and ages -> (y [B, width], new ring row)."""
        y, row = self.attention.step(self.norm_attention(x), window, age)
        x = x + y
        return x + self.feed(x), row


class Seq2Seq(nn.Module):
    """See the module's drawing. Poses inside are normalised by group; outside they are the plain 140 numbers."""

    Config: ClassVar[type] = Seq2SeqConfig
    mean: Tensor
    scale: Tensor
    feature_mean: Tensor
    feature_scale: Tensor
    heard: Tensor
    mirror_index: Tensor
    mirror_signs: Tensor

    def __init__(self, config: Seq2SeqConfig) -> None:
        super().__init__()
        c = self.config = config
        width, hidden, controls = c.encoder_width, c.hidden, len(c.control_names)
        self.lead_frames, self.noise_size = c.lead_frames, 2
        self._register_buffers(controls)
        self.listen = nn.Linear(c.features + c.beat, width)
        layers = [EncoderLayer(width, c.encoder_heads, c.window, c.dropout) for _ in range(c.encoder_layers)]
        self.encoder = nn.ModuleList(layers)
        self.states = (
            StateSpec("pose", "carry", (POSE_SIZE,)),
            StateSpec("listener", "carry", (hidden,)),
            StateSpec("mover", "carry", (hidden,)),
            StateSpec("place", "carry", (3,)),
            *(layer.attention.state(f"heard{i}") for i, layer in enumerate(layers)),
        )
        self.see = nn.Sequential(nn.Linear(POSE_SIZE, 160), nn.GELU())
        self.listener = GRUCell(160 + width + c.beat + controls, hidden)
        self.code_of_legs, self.code_of_arms = FSQ(c.levels), FSQ(c.levels)
        digits = len(c.levels)
        self.prior_legs = self._head(hidden, self.code_of_legs.size)
        self.prior_arms = self._head(hidden + digits, self.code_of_arms.size)
        self.mover = GRUCell(hidden + 2 * digits, hidden)
        self.pose_head = nn.Sequential(
            nn.Linear(2 * hidden + 2 * digits + POSE_SIZE, 320), nn.GELU(), nn.Linear(320, POSE_SIZE)
        )
        self.posterior = nn.Sequential(
            nn.Conv1d(2 * POSE_SIZE, 192, 5, padding=2), nn.GELU(),
            nn.Conv1d(192, 192, 5, padding=2), nn.GELU(),
            nn.Conv1d(192, 2 * digits, 1),
        )  # fmt: skip

    def _head(self, size: int, codes: int) -> nn.Module:
        return nn.Sequential(nn.Dropout(self.config.dropout), nn.Linear(size, 192), nn.GELU(), nn.Linear(192, codes))

    def _register_buffers(self, controls: int) -> None:
        c = self.config
        self.register_buffer("mean", torch.zeros(POSE_SIZE))
        self.register_buffer("scale", torch.ones(POSE_SIZE))
        self.register_buffer("feature_mean", torch.zeros(c.features))
        self.register_buffer("feature_scale", torch.ones(c.features))
        # temperature and mirror act on the output, so the decoder must not hear them
        heard = [float(name not in ("temperature", "mirror")) for name in c.control_names]
        self.register_buffer("heard", torch.tensor(heard), persistent=False)
        self.register_buffer("mirror_index", torch.as_tensor(MIRROR_PERMUTATION).long(), persistent=False)
        self.register_buffer("mirror_signs", torch.as_tensor(MIRROR_SIGNS).float(), persistent=False)

    def set_statistics(self, statistics: dict[str, Tensor]) -> None:
        """Normalise by the corpus: pose_mean, pose_scale [140] (one scale a group), feature_mean, feature_scale [F]."""
        self.mean.copy_(statistics["pose_mean"])
        self.scale.copy_(statistics["pose_scale"])
        self.feature_mean.copy_(statistics["feature_mean"])
        self.feature_scale.copy_(statistics["feature_scale"])

    def _control(self, controls: Tensor, name: str) -> Tensor:
        return controls[..., self.config.control_names.index(name)]

    def _audio(self, features: Tensor, beat: Tensor) -> Tensor:
        return self.listen(torch.cat([(features - self.feature_mean) / self.feature_scale, beat], dim=-1))

    def _encode(self, features: Tensor, beat: Tensor) -> Tensor:
        x = self._audio(features, beat)
        for layer in self.encoder:
            x = layer(x)
        return x

    def _listen_step(self, previous: Tensor, heard: Tensor, h: Tensor) -> Tensor:
        return self.listener(torch.cat([self.see(previous), heard], dim=-1), h)

    def _move_step(self, previous: Tensor, listener: Tensor, code: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
        h = self.mover(torch.cat([listener, code], dim=-1), h)
        # the leak lets no error pile up over hours; most of a pose is the pose before
        change = self.pose_head(torch.cat([h, listener, code, previous], dim=-1))
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
        listener = self._listen_step(previous, torch.cat([context, beat, controls * self.heard], dim=-1), listener)
        temperature = self._control(controls, "temperature")
        legs = self.code_of_legs.sample(self.prior_legs(listener), noise[:, 0], temperature)
        arms = self.code_of_arms.sample(self.prior_arms(torch.cat([listener, legs], dim=-1)), noise[:, 1], temperature)
        pose, mover = self._move_step(previous, listener, torch.cat([legs, arms], dim=-1), mover)
        return pose, listener, mover

    def _present(self, normal: Tensor, controls: Tensor, place: Tensor) -> tuple[Tensor, Tensor]:
        """Normalised pose -> the 140 numbers, kept on the stage and mirrored on request; place is x, z, yaw."""
        pose = normal * self.scale + self.mean
        x, z, yaw = place.unbind(-1)
        distance = torch.sqrt(x * x + z * z + 1e-6)
        pull = TETHER * torch.relu(distance - STAGE_RADIUS) / distance
        cos, sin = yaw.cos(), yaw.sin()
        side, ahead = pose[:, VELOCITY].unbind(-1)
        side, ahead = side - pull * (x * cos - z * sin), ahead - pull * (x * sin + z * cos)
        place = torch.stack(
            [
                x + (side * cos + ahead * sin) / FPS,
                z + (ahead * cos - side * sin) / FPS,
                yaw + pose[:, YAW_RATE].squeeze(-1) / FPS,
            ],
            dim=-1,
        )
        pose = torch.cat(
            [
                pose[:, ROOT_HEIGHT],
                torch.stack([side, ahead], dim=-1),
                pose[:, YAW_RATE],
                pose[:, ROTATIONS],
                pose[:, CONTACTS].clamp(0.0, 1.0),
            ],
            dim=-1,
        )
        mirrored = pose[:, self.mirror_index] * self.mirror_signs
        return torch.where(self._control(controls, "mirror").unsqueeze(-1) > 0.5, mirrored, pose), place

    def forward(self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor) -> Tensor:
        """Dance freely from the zero state: features [B,T,F], beat, controls, noise [B,T,2] -> poses [B,T,140]."""
        context = self._encode(features, beat)
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
        x = self._audio(features, beat)
        rows = []
        for i, layer in enumerate(self.encoder):
            assert isinstance(layer, EncoderLayer)
            x, row = layer.step(x, rings[2 * i], rings[2 * i + 1])
            rows.append(row)
        normal, listener, mover = self._decode_step(x, beat, controls, noise, normal, listener, mover)
        pose, place = self._present(normal, controls, place)
        return pose, normal, listener, mover, place, *rows

    def loss(self, batch: dict[str, Tensor], own: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruction through the codes plus the prior's cross entropy; own [T]: frames fed with own history."""
        target, weight = (batch["pose"] - self.mean) / self.scale, batch["weight"]
        codes, indices = self._posterior_codes(target, weight)
        context = self._encode(batch["features"], batch["beat"])
        heard = torch.cat([context, batch["beat"], batch["controls"] * self.heard], dim=-1)
        predicted, listeners = self._teach(target, heard, self._disturb(codes), own)
        # frame 0 has no history, so it is not scored
        losses = self._pose_losses(predicted[:, 1:], batch["pose"][:, 1:], weight[:, 1:])
        legs = self.prior_legs(listeners)
        arms = self.prior_arms(torch.cat([listeners, codes[..., : self.code_of_legs.digits].detach()], dim=-1))
        losses["prior"] = _cross_entropy(legs, indices[0]) + _cross_entropy(arms, indices[1])
        factors = {"pose": 1.0, "speed": 2.0, "joints": 4.0, "slide": 0.5, "prior": 0.1}
        total = sum((factors[name] * value for name, value in losses.items()), torch.zeros((), device=target.device))
        return total, {name: value.detach() for name, value in losses.items()}

    def _posterior_codes(self, target: Tensor, weight: Tensor) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        seen = target * weight
        speed = functional.pad(seen.diff(dim=1), (0, 0, 1, 0))
        raw = self.posterior(torch.cat([seen, 3.0 * speed], dim=-1).transpose(1, 2)).transpose(1, 2)
        legs, leg_index = self.code_of_legs(raw[..., : self.code_of_legs.digits])
        arms, arm_index = self.code_of_arms(raw[..., self.code_of_legs.digits :])
        return torch.cat([legs, arms], dim=-1), (leg_index, arm_index)

    def _disturb(self, codes: Tensor) -> Tensor:
        """Replace a few codes by others of the batch, so that an odd draw on the stage is no surprise."""
        if not self.training:
            return codes
        other = codes[torch.randperm(codes.shape[0], device=codes.device)]
        return torch.where(torch.rand_like(codes[..., :1]) < self.config.code_noise, other, codes)

    def _teach(self, target: Tensor, heard: Tensor, codes: Tensor, own: Tensor) -> tuple[Tensor, Tensor]:
        """Unroll the decoder over T frames; the fed-back own pose is detached, as Dance Revolution does."""
        listener = mover = target.new_zeros(target.shape[0], self.config.hidden)
        previous = torch.zeros_like(target[:, 0])
        poses, listeners = [], []
        for t in range(target.shape[1]):
            listener = self._listen_step(previous, heard[:, t], listener)
            pose, mover = self._move_step(previous, listener, codes[:, t], mover)
            poses.append(pose)
            listeners.append(listener)
            previous = pose.detach() if bool(own[t]) else target[:, t]
        return torch.stack(poses, dim=1), torch.stack(listeners, dim=1)

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


def _cross_entropy(logits: Tensor, index: Tensor) -> Tensor:
    """Mean over all frames but the first, which has no history: logits [B, T, N], index [B, T]."""
    return functional.cross_entropy(logits[:, 1:].flatten(0, 1), index[:, 1:].flatten())
