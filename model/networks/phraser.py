"""A dancer in musical time: it plans half-beats of movement as tokens and plays them by the predicted phase.

    features, beat ──► encoder (local attention, ring cache) ──► context ─┐   style, energy ─┐
    half-beat now ──► planner GRU ──────────────────────────────► heads: four draws of 625 ◄─┘   at each half-beat
                                                                        │ token of the half-beat after the next border
    tokens of three half-beats ──► renderer(place between borders) ──► pose                      at each frame

Tempo is playback: movement was learned on half-beats of music, whatever they last, so a pose falls where the predicted
phase says and the dance cannot leave the beat. A token is what finite scalar quantisation (Mentzer et al., ICLR 2024)
leaves of half a beat of movement; draws from a distribution over tokens keep their size, where an average would shrink.
Where no beat is heard the last tempo runs on, and without music the dance sinks into a small sway.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from audio.beat import BEAT_NAMES
from export.manifest import POSE_SIZE, StateSpec
from model.kinematics import contact_slide, heading_positions
from model.networks.half_beats import TICK_FPS, TICKS, HalfBeats, half_beats
from model.networks.layers import EncoderLayer, GRUCell
from model.networks.staging import FPS, on_stage
from motion.pose import CONTACTS, MIRROR_PERMUTATION, MIRROR_SIGNS, VELOCITY, YAW_RATE

LEVELS, GROUP, GROUPS = 5, 4, 4  # levels of a digit, digits drawn together, draws of a token
DIGITS, CHOICES = GROUP * GROUPS, LEVELS**GROUP
CATCH_UP = 0.5  # of the phase error, each frame
SLOWEST_PLAY, FASTEST_PLAY = 0.5, 1.7  # of the tempo, while it catches up
UNLIKELY = 0.03  # of the likeliest choice's chance: rarer choices are never drawn
REST_SIZE, REST_SECONDS = 0.12, 0.8  # what is left of a movement without music, and how fast it gets there
FORGET, CORRUPT = 0.08, 0.1  # training: chance of a forgotten past at a half-beat, of a wrong digit group in it
HIDDEN = ((0.10, 0.0, 0.0), (0.06, 0.0, 1.0), (0.08, 1.0, 0.0))  # training: chance, music heard, something asked


@dataclass(frozen=True)
class PhraserConfig:
    """Sizes of the network; widths in numbers, window in frames."""

    features: int = 64
    beat: int = 8
    control_names: tuple[str, ...] = ("energy", "temperature", "mirror")
    lead_frames: int = 2
    encoder_width: int = 64
    encoder_layers: int = 2
    encoder_heads: int = 4
    window: int = 60  # 4 s
    hidden: int = 320
    renderer: int = 288
    dropout: float = 0.15
    guidance: float = 1.5  # how much more the draw heeds style, energy and music than it learned to


class Moment(NamedTuple):
    """What a dancer remembers besides the music, [B, ...]."""

    tokens: Tensor  # [B, 3 * DIGITS] of the half-beat before, this one and the next
    planner: Tensor  # [B, hidden]
    clock: Tensor  # [B, 4] place in the half-beat 0-1, which half 0 or 1, dancing yet 0 or 1, presence 0-1
    place: Tensor  # [B, 3] x, z (m), yaw (rad)


class Phraser(nn.Module):
    """See the module's drawing. Poses inside are normalised by group, their speeds those of 120 bpm."""

    Config: ClassVar[type] = PhraserConfig
    mean: Tensor
    scale: Tensor
    feature_mean: Tensor
    feature_scale: Tensor
    asked: Tensor
    mirror_index: Tensor
    mirror_signs: Tensor
    powers: Tensor

    def __init__(self, config: PhraserConfig) -> None:
        super().__init__()
        c = self.config = config
        width, hidden, controls = c.encoder_width, c.hidden, len(c.control_names)
        self.lead_frames, self.noise_size = c.lead_frames, GROUPS
        self._register_buffers(controls)
        self.listen = nn.Linear(c.features + c.beat, width)
        layers = [EncoderLayer(width, c.encoder_heads, c.window, c.dropout) for _ in range(c.encoder_layers)]
        self.encoder = nn.ModuleList(layers)
        self.states = (
            StateSpec("tokens", "carry", (3 * DIGITS,)),
            StateSpec("planner", "carry", (hidden,)),
            StateSpec("clock", "carry", (4,)),
            StateSpec("place", "carry", (3,)),
            *(layer.attention.state(f"heard{i}") for i, layer in enumerate(layers)),
        )
        self.drop = nn.Dropout(c.dropout)
        self.planner = GRUCell(DIGITS + c.beat, hidden)
        self.trunk = nn.Linear(hidden + width + c.beat + controls + 2, 256)
        self.mixers = nn.ModuleList([nn.Linear(256 + GROUP * n, 128) for n in range(GROUPS)])
        self.heads = nn.ModuleList([nn.Linear(128, CHOICES) for _ in range(GROUPS)])
        sizes = (2 * DIGITS + 9, c.renderer, c.renderer, c.renderer)
        hiddens = [m for a, b in pairwise(sizes) for m in (nn.Linear(a, b), nn.GELU())]
        self.renderer = nn.Sequential(*hiddens, nn.Linear(c.renderer, POSE_SIZE))
        self.writer = nn.Sequential(
            nn.Conv1d(2 * POSE_SIZE, 192, 5, padding=2),
            nn.GELU(),
            nn.Conv1d(192, 192, 5, padding=2),
            nn.GELU(),
            nn.Conv1d(192, DIGITS, 2 * TICKS, stride=TICKS, padding=TICKS // 2),
        )

    def _register_buffers(self, controls: int) -> None:
        c = self.config
        self.register_buffer("mean", torch.zeros(POSE_SIZE))
        self.register_buffer("scale", torch.ones(POSE_SIZE))
        self.register_buffer("feature_mean", torch.zeros(c.features))
        self.register_buffer("feature_scale", torch.ones(c.features))
        # temperature and mirror act on the draw and on the output, so the planner must not hear them
        asked = [float(name not in ("temperature", "mirror")) for name in c.control_names]
        self.register_buffer("asked", torch.tensor(asked), persistent=False)
        self.register_buffer("mirror_index", torch.as_tensor(MIRROR_PERMUTATION).long(), persistent=False)
        self.register_buffer("mirror_signs", torch.as_tensor(MIRROR_SIGNS).float(), persistent=False)
        powers = torch.tensor([float(LEVELS**n) for n in range(GROUP)])
        self.register_buffer("powers", powers, persistent=False)

    def set_statistics(self, statistics: dict[str, Tensor]) -> None:
        """Normalise by the corpus: pose_mean, pose_scale [140] (one scale a group), feature_mean, feature_scale [F]."""
        self.mean.copy_(statistics["pose_mean"])
        self.scale.copy_(statistics["pose_scale"])
        self.feature_mean.copy_(statistics["feature_mean"])
        self.feature_scale.copy_(statistics["feature_scale"])

    # --- on the stage ---------------------------------------------------------------------------------------------

    def forward(self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor) -> Tensor:
        """Dance freely from the zero state: features [B,T,F], beat, controls, noise [B,T,Z] -> poses [B,T,140]."""
        context = self._encode(features, beat)
        shape = features.shape[0]
        moment = Moment(*(features.new_zeros(shape, n) for n in (3 * DIGITS, self.config.hidden, 4, 3)))
        poses = []
        for t in range(features.shape[1]):
            pose, moment = self._dance(context[:, t], beat[:, t], controls[:, t], noise[:, t], moment)
            poses.append(pose)
        return torch.stack(poses, dim=1)

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        """One frame on the stage; inputs and outputs in the order of `export.manifest`."""
        tokens, planner, clock, place, *rings = state
        x = self._audio(features, beat)
        rows = []
        for i, layer in enumerate(self.encoder):
            assert isinstance(layer, EncoderLayer)
            x, row = layer.step(x, rings[2 * i], rings[2 * i + 1])
            rows.append(row)
        pose, moment = self._dance(x, beat, controls, noise, Moment(tokens, planner, clock, place))
        return pose, *moment, *rows

    def _dance(
        self, context: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, before: Moment
    ) -> tuple[Tensor, Moment]:
        """One frame: move the clock on, plan where it crosses a border, and render."""
        clock, moved, crossed = _tick(before.clock, beat)
        temperature = self._control(controls, "temperature")
        state = self.planner(torch.cat([before.tokens[:, 2 * DIGITS :], beat], dim=-1), before.planner)
        drawn = self._draw(state, context, beat, controls * self.asked, temperature, noise)
        border = crossed.unsqueeze(-1) > 0.5
        tokens = torch.where(border, torch.cat([before.tokens[:, DIGITS:], drawn], dim=-1), before.tokens)
        planner = torch.where(border, state, before.planner)
        # speeds are taken in the middle between this frame and the last, so that the way walked is that of the feet
        middle = clock[:, 0] - 0.5 * moved
        old = (middle < 0.0).unsqueeze(-1)
        there = self._render(torch.where(old, before.tokens, tokens), torch.where(middle < 0.0, middle + 1.0, middle))
        here = self._render(tokens, clock[:, 0])
        pose = self._body(here, there, moved, clock[:, 3])
        pose, place = on_stage(pose, before.place)
        mirrored = pose[:, self.mirror_index] * self.mirror_signs
        pose = torch.where(self._control(controls, "mirror").unsqueeze(-1) > 0.5, mirrored, pose)
        return pose, Moment(tokens, planner, clock, place)

    def _body(self, here: Tensor, there: Tensor, moved: Tensor, presence: Tensor) -> Tensor:
        """The 140 numbers of a frame that moved so many half-beats on; small about the mean where no music is."""
        size = (REST_SIZE + (1.0 - REST_SIZE) * presence).unsqueeze(-1)
        pose = self.mean + size * (here * self.scale)
        speed = self.mean + there * self.scale
        pace = (moved * (FPS / 4.0)).unsqueeze(-1) * size  # half-beats a frame at 120 bpm: 4 / FPS
        way = [pose[:, :1], speed[:, VELOCITY] * pace, speed[:, YAW_RATE] * pace, pose[:, YAW_RATE.stop :]]
        return torch.cat(way, dim=-1)

    def _render(self, tokens: Tensor, place: Tensor) -> Tensor:
        """Normalised pose [B, 140] at `place` 0-1 of the middle one of three half-beats."""
        fade = (place * place * (3.0 - 2.0 * place)).unsqueeze(-1)
        ending = self._span(tokens[..., : 2 * DIGITS], 1.0 + place)
        beginning = self._span(tokens[..., DIGITS:], place)
        return ending + fade * (beginning - ending)

    def _span(self, pair: Tensor, place: Tensor) -> Tensor:
        """The movement that two half-beats share, at `place` 0-2 of them."""
        angle = math.pi * place.unsqueeze(-1)
        waves = [f(n * angle) for n in (0.5, 1.0, 2.0, 3.0) for f in (torch.sin, torch.cos)]
        rendered: Tensor = self.renderer(torch.cat([pair, place.unsqueeze(-1) - 1.0, *waves], dim=-1))
        return rendered

    def _draw(
        self, state: Tensor, context: Tensor, beat: Tensor, controls: Tensor, temperature: Tensor, noise: Tensor
    ) -> Tensor:
        """A token [B, DIGITS], group by group, from uniform numbers [B, GROUPS]."""
        flag = torch.ones_like(noise[:, :2])
        full = self._thought(state, context, beat, controls, flag)
        bare = self._thought(state, context * 0.0, beat, controls * 0.0, flag * 0.0)
        token = state[:, :0]
        for n in range(GROUPS):
            asked, unasked = self._choices(full, token, n), self._choices(bare, token, n)
            logits = unasked + self.config.guidance * (asked - unasked)
            chance = torch.softmax(logits / temperature.clamp(min=0.05).unsqueeze(-1), dim=-1)
            chance = torch.where(chance < UNLIKELY * chance.amax(-1, keepdim=True), torch.zeros_like(chance), chance)
            reached = torch.cumsum(chance, dim=-1)
            below = reached < noise[:, n : n + 1] * reached[:, -1:]
            choice = below.to(reached.dtype).sum(-1, keepdim=True).clamp(max=CHOICES - 1.0)
            token = torch.cat([token, self._digits(choice)], dim=-1)
        return token

    def _digits(self, choice: Tensor) -> Tensor:
        """Numbers [..., 1] below CHOICES -> their digits [..., GROUP], -1 to 1."""
        over = torch.floor((choice + 0.5) / self.powers)
        return (over - LEVELS * torch.floor((over + 0.5) / LEVELS)) / (LEVELS // 2) - 1.0

    def _thought(self, state: Tensor, context: Tensor, beat: Tensor, controls: Tensor, flag: Tensor) -> Tensor:
        """What the heads draw from; flag [..., 2] is 1 where the music is heard, where something is asked."""
        return functional.gelu(self.trunk(torch.cat([self.drop(state), context, beat, controls, flag], dim=-1)))

    def _choices(self, thought: Tensor, token: Tensor, group: int) -> Tensor:
        mixed = functional.gelu(self.mixers[group](torch.cat([thought, token], dim=-1)))
        logits: Tensor = self.heads[group](self.drop(mixed))
        return logits

    def _control(self, controls: Tensor, name: str) -> Tensor:
        return controls[..., self.config.control_names.index(name)]

    def _audio(self, features: Tensor, beat: Tensor) -> Tensor:
        return self.listen(torch.cat([(features - self.feature_mean) / self.feature_scale, beat], dim=-1))

    def _encode(self, features: Tensor, beat: Tensor) -> Tensor:
        x = self._audio(features, beat)
        for layer in self.encoder:
            x = layer(x)
        return x

    # --- in training ----------------------------------------------------------------------------------------------

    def loss(self, batch: dict[str, Tensor], own: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Reconstruction of half-beats through their tokens, and the surprise of the planner at each next token.

        own [T]: where a frame is True, the planner may be told its own draw instead of the recorded token.
        """
        ticks = half_beats(batch)
        target = (ticks.pose - self.mean) / self.scale
        tokens = self._tokens(target * ticks.weight, ticks.shape)
        losses = self._movement(tokens, target, ticks)
        losses["surprise"] = self._surprise(tokens.detach(), batch, ticks, own)
        factors = {"pose": 1.0, "speed": 2.0, "joints": 4.0, "slide": 0.3, "surprise": 0.05}
        total = sum((factors[name] * value for name, value in losses.items()), torch.zeros((), device=target.device))
        return total, {name: value.detach() for name, value in losses.items()}

    def _tokens(self, target: Tensor, shape: tuple[int, int]) -> Tensor:
        """Movement [B, K * TICKS, 140] -> digits [B, K, DIGITS], rounded, with the gradient of the unrounded."""
        change = functional.pad(target.diff(dim=1), (0, 0, 1, 0))
        raw = self.writer(torch.cat([target, 2.0 * change], dim=-1).transpose(1, 2)).transpose(1, 2)
        half = (LEVELS - 1) / 2
        bounded = torch.tanh(raw[:, : shape[1]]) * half
        return (bounded + (bounded.round() - bounded).detach()) / half

    def _movement(self, tokens: Tensor, target: Tensor, ticks: HalfBeats) -> dict[str, Tensor]:
        """How far the rendered half-beats, all but the first and the last, are from the recorded ones."""
        batch, count = ticks.shape
        if self.training:  # a beginning has no past
            kept = (torch.rand(batch, count, 1, device=tokens.device) > 0.5 * FORGET).to(tokens.dtype)
        else:
            kept = torch.ones_like(tokens[..., :1])
        three = torch.cat([tokens[:, :-2] * kept[:, :-2], tokens[:, 1:-1], tokens[:, 2:]], dim=-1)
        place = ticks.places.view(1, 1, TICKS).expand(batch, count - 2, TICKS).flatten(1)
        made = self._render(three.repeat_interleave(TICKS, dim=1), place)
        inner = slice(TICKS, -TICKS)
        weight, real = ticks.weight[:, inner], ticks.pose[:, inner]
        there = ticks.there.repeat_interleave(TICKS, dim=1)[:, inner].unsqueeze(-1)
        pose = made * self.scale + self.mean
        at, wanted = heading_positions(pose), heading_positions(real)
        share = there.mean().clamp(min=1e-3)
        both = there[:, 1:] * there[:, :-1]
        missed = functional.smooth_l1_loss(made, target[:, inner], reduction="none", beta=0.5) * weight * there
        change = (made.diff(dim=1) - target[:, inner].diff(dim=1)).abs() * weight[:, 1:] * both
        jump = ((at.diff(dim=1) - wanted.diff(dim=1)).norm(dim=-1) * both).mean()
        return {
            "pose": missed.mean() / share,
            "speed": change.mean() / share,
            "joints": (((at - wanted).norm(dim=-1) * there).mean() + 2.0 * jump) / share,
            "slide": contact_slide(pose, at, real[..., CONTACTS] * there, TICK_FPS),
        }

    def _surprise(self, tokens: Tensor, batch: dict[str, Tensor], ticks: HalfBeats, own: Tensor) -> Tensor:
        """Mean nats of a token's four draws, given what came before; at times the music or what is asked is hidden."""
        size, count = ticks.shape
        rows = torch.arange(size, device=tokens.device).unsqueeze(-1)
        context = self._encode(batch["features"], batch["beat"])[rows, ticks.frames]
        beat = batch["beat"][rows, ticks.frames]
        controls = batch["controls"][rows, ticks.frames] * self.asked
        flag = torch.ones(size, 1, 2, device=tokens.device)
        if self.training:
            flag = _hidden(size).to(tokens.device)
        context, controls, flag = context * flag[..., :1], controls * flag[..., 1:], flag.expand(-1, count, -1)
        told = own[ticks.frames] if self.training else torch.zeros_like(ticks.frames, dtype=torch.bool)
        state = tokens.new_zeros(size, self.config.hidden)
        thoughts, drawn = [], tokens[:, 0]
        forget = torch.rand(size, count, 1, device=tokens.device) < (FORGET if self.training else 0.0)
        for k in range(count - 1):
            token = torch.where(told[:, k : k + 1], drawn, self._corrupted(tokens[:, k]))
            keep = (~forget[:, k]).to(tokens.dtype)
            state = self.planner(torch.cat([token * keep, beat[:, k]], dim=-1), state * keep)
            thoughts.append(self._thought(state, context[:, k], beat[:, k], controls[:, k], flag[:, k]))
            drawn = self._own(thoughts[-1], tokens[:, k + 1]) if bool(told.any()) else drawn
        thought, wanted = torch.stack(thoughts, dim=1), tokens[:, 1:]
        valid = ticks.there[:, 1:]
        nats = torch.zeros_like(valid)
        for n in range(GROUPS):
            group = wanted[..., n * GROUP : (n + 1) * GROUP]
            choice = (((group + 1.0) * (LEVELS // 2)).round() * self.powers).sum(-1).long()
            logits = self._choices(thought, wanted[..., : n * GROUP], n)
            missed = functional.cross_entropy(logits.flatten(0, 1), choice.flatten(), reduction="none")
            nats = nats + missed.view_as(nats)
        return (nats * valid).sum() / valid.sum().clamp(min=1.0)

    def _corrupted(self, token: Tensor) -> Tensor:
        """Some digits a level off, as a history that was drawn might be."""
        if not self.training:
            return token
        step = (2.0 * torch.randint(0, 2, token.shape, device=token.device) - 1.0) / (LEVELS // 2)
        off = (torch.rand_like(token) < CORRUPT).to(token.dtype)
        return (token + off * step).clamp(-1.0, 1.0)

    def _own(self, thought: Tensor, recorded: Tensor) -> Tensor:
        """Half of the dancers are told the first group of their own draw and the rest as recorded."""
        with torch.no_grad():
            chance = torch.softmax(self._choices(thought, recorded[:, :0], 0), dim=-1)
            mine = self._digits(torch.multinomial(chance, 1).to(recorded.dtype))
            changed = torch.cat([mine, recorded[:, GROUP:]], dim=-1)
            return torch.where(torch.rand_like(recorded[:, :1]) < 0.5, changed, recorded)


def _hidden(size: int) -> Tensor:
    """Flags [size, 1, 2]: whether each sequence hears the music, and whether anything is asked of it."""
    chances = torch.tensor([row[0] for row in HIDDEN])
    flags = torch.tensor([*(row[1:] for row in HIDDEN), (1.0, 1.0)])
    kind = torch.bucketize(torch.rand(size), torch.cumsum(chances, dim=0))
    return flags[kind].unsqueeze(1)


def _tick(clock: Tensor, beat: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Move a dancer's clock [B, 4] on by a frame: (clock, half-beats moved [B], 1 where it crossed a border [B])."""
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
    first = torch.remainder(half + place + pace + error, 2.0)  # at the very start it jumps to the music's place
    total = torch.where(dancing > 0.5, half + place + moved, first)
    crossed = torch.floor(total) - torch.where(dancing > 0.5, half, torch.floor(total))
    half = torch.remainder(torch.floor(total), 2.0)
    presence = presence + (music - presence) * (1.0 - math.exp(-1.0 / (FPS * REST_SECONDS)))
    presence = torch.where(dancing > 0.5, presence, music)
    clock = torch.stack([total - torch.floor(total), half, torch.ones_like(dancing), presence], dim=-1)
    return clock, moved, crossed
