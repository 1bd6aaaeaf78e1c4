"""A dancer in musical time: at each half-beat it draws the next step from its repertoire, and plays it by the phase.

    features, beat ──► encoder (local attention, ring cache) ──► context ─┐   style, energy ─┐
    the step that ends ──► planner GRU ────────────────────► where the next step will lie ◄──┘   at each half-beat
                                                                        │ + how well it joins, what is asked, how new
    this step and the last ──► repertoire(place between borders) ──► pose                        at each frame

Tempo is playback: movement was learned on half-beats of music, whatever they last, so a pose falls where the predicted
phase says and the dance cannot leave the beat. What is drawn was danced by somebody: it has the size, the weight and
the feet of dance, where an average would shrink and slide. The planner learns which step comes next, as language
models learn words; in learning, a step counts as right as far as it resembles the recorded one, so it learns ways to go
on that nobody recorded. Where no beat is heard the last tempo runs on; a break holds the pose, and where the music is
over the dance sinks into a sway.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional

from audio.beat import BEAT_NAMES
from export.manifest import ControlSpec, StateSpec
from model.networks import musical_clock, wishes
from model.networks.half_beats import TICKS, HalfBeats, half_beats
from model.networks.hearing import Hearing
from model.networks.layers import GRUCell
from model.networks.only_if import only_if
from model.networks.repertoire import HALF, Repertoire, learn
from model.networks.staging import FPS, frontward, homeward, on_stage
from motion.pose import VELOCITY, YAW_RATE

UNLIKELY = 0.003  # of the likeliest step's chance: rarer steps are never drawn
REST_SIZE = 0.12  # what is left of a movement without music
AMPLE, USUAL = 0.4, 0.7  # how much larger movement is for all of the energy; the energy at which it is as recorded
RESEMBLES = 3.0  # squared distance at which a step is right by 1/e
JOINS = 5.0  # nats for a squared distance between how one step ends and how the next begins
WANDER = 0.004  # of the way round all recordings, which its taste goes in a half-beat
MEMORY = 0.99  # of a step's being shown, which is left at each half-beat
FORGET, BLUR = 0.06, 1.0  # training: chance of a forgotten past at a half-beat, noise on what was danced last
OWN = 0.5  # training: share of dancers that are told their own draw where the schedule says so
CANDIDATES = 2048  # training: steps that the planner chooses from at a time
HIDDEN = ((0.10, 0.0, 0.0), (0.06, 0.0, 1.0), (0.08, 1.0, 0.0))  # training: chance, music heard, something asked


@dataclass(frozen=True)
class PhraserConfig:
    """Sizes of the network; widths in numbers, window in frames."""

    features: int = 64
    beat: int = 8
    control_names: tuple[str, ...] = ("energy", "temperature", "mirror", "guidance", "tightness")
    lead_frames: int = 2
    encoder_width: int = 64
    encoder_layers: int = 2
    encoder_heads: int = 4
    window: int = 60  # 4 s
    hidden: int = 256
    code: int = 32  # principal components of a half-beat
    guesses: int = 2  # places where the next step may lie
    steps: int = 2  # of the repertoire; it tells when it has studied
    rows: int = 13
    dropout: float = 0.35
    energy: float = 170.0  # nats, as wishes.Strict has them
    tempo: float = 6.0  # more where the beats of some takes were heard at twice the tempo of others
    feet: float = 65.0
    front: float = 16.0  # none for dances that turn all the time
    sway: float = 7.0


class Moment(NamedTuple):
    """What a dancer remembers besides the music, [B, ...]."""

    steps: Tensor  # [B, 2] the step that ends with this half-beat, the one that begins with it
    planner: Tensor  # [B, hidden]
    clock: Tensor  # [B, 6] see musical_clock
    place: Tensor  # [B, 3] x, z (m), yaw (rad)
    shown: Tensor  # [B, 2 * steps] how lately each step was shown
    taste: Tensor  # [B, 1] which recordings it likes best, of all in a circle, 0-1


class Phraser(Hearing):
    """See the module's drawing."""

    Config: ClassVar[type] = PhraserConfig
    CONTROLS: ClassVar[tuple[ControlSpec, ...]] = (
        ControlSpec("guidance", 0.0, 4.0, 1.5, "how much it heeds style, energy and music; 1: as it learned to"),
        ControlSpec("tightness", 0.0, 1.0, 0.6, "how strictly its feet keep to the beat"),
    )

    def __init__(self, config: PhraserConfig) -> None:
        c = config
        super().__init__(
            c.features, c.beat, c.control_names, c.encoder_width, c.encoder_layers, c.encoder_heads, c.window, c.dropout
        )
        self.config = config
        self.lead_frames, self.noise_size = c.lead_frames, 1
        self.drop = nn.Dropout(c.dropout)
        self.planner = GRUCell(2 * c.code + c.beat, c.hidden)
        self.trunk = nn.Linear(c.hidden + c.encoder_width + c.beat + len(c.control_names) + 2, 256)
        self.guess = nn.Linear(256, c.guesses * (2 * c.code + 2))
        self._know(Repertoire(c.steps, c.rows, c.code, len(self._styles())))

    def study(self, takes: list[dict[str, Any]]) -> None:
        """Learn the steps of whole takes, each with `pose` [T, 140], `beat` [T, 8] and its `style`."""
        styles = self._styles()
        told = [take | {"style": styles.index(f"style_{take['style']}")} for take in takes]
        self._know(learn(told, self.config.code, len(styles)))

    def _know(self, repertoire: Repertoire) -> None:
        steps = len(repertoire.first)
        self.config = c = replace(self.config, steps=steps, rows=len(repertoire.table))
        self.repertoire = repertoire
        self.states = (
            StateSpec("steps", "carry", (2,)),
            StateSpec("planner", "carry", (c.hidden,)),
            StateSpec("clock", "carry", (musical_clock.SIZE,)),
            StateSpec("place", "carry", (3,)),
            StateSpec("shown", "carry", (2 * steps,)),
            StateSpec("taste", "carry", (1,)),
            *self.rings(),
        )

    def _styles(self) -> list[str]:
        return [name for name in self.control_names if name.startswith("style_")]

    # --- on the stage ---------------------------------------------------------------------------------------------

    def forward(self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor) -> Tensor:
        """Dance freely from the zero state: features [B,T,F], beat, controls, noise [B,T,Z] -> poses [B,T,140]."""
        context = self.encode(features, beat)
        moment = Moment(
            *(features.new_zeros(features.shape[0], *spec.shape) for spec in self.states[: len(Moment._fields)])
        )
        poses = []
        for t in range(features.shape[1]):
            pose, moment = self._dance(context[:, t], beat[:, t], controls[:, t], noise[:, t], moment)
            poses.append(pose)
        return torch.stack(poses, dim=1)

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        """One frame on the stage; inputs and outputs in the order of `export.manifest`."""
        count = len(Moment._fields)
        before, rings = Moment(*state[:count]), list(state[count:])
        context, rows = self.encode_step(features, beat, rings)
        pose, moment = self._dance(context, beat, controls, noise, before)
        return pose, *moment, *rows

    def _dance(
        self, context: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, before: Moment
    ) -> tuple[Tensor, Moment]:
        """One frame: move the clock on, draw a step where it crosses a border, and show."""
        large = 1.0 + AMPLE * (self.control(controls, "energy") - USUAL)
        clock, moved, crossed = musical_clock.tick(before.clock, beat, large)
        begun = before.clock[:, 2:3]  # 0 at the very first frame: there is nothing to go on from
        known = self.repertoire.code
        code = known[before.steps[:, 1].long()] * begun
        state = self.planner(torch.cat([code, beat], dim=-1), before.planner)
        logits = self._guided(state, code, known, context, beat, controls)
        joins = _apart(code[:, self.config.code :], known[:, : self.config.code])
        taste = torch.where(begun > 0.5, before.taste, noise)
        own = wishes.own(self.repertoire, before.steps[:, 1:], begun, before.shown, taste)
        logits = logits + own - JOINS * begun * joins
        temperature = self.control(controls, "temperature").clamp(min=0.05).unsqueeze(-1)
        drawn = _pick(logits / temperature + self._wishes(controls, beat, clock[:, 1:2], before.place), noise)
        border = crossed.unsqueeze(-1) > 0.5
        new = border.to(drawn.dtype)
        drawn = only_if(new, drawn)
        follows = torch.where(begun > 0.5, before.steps[:, 1:], drawn)
        steps = torch.where(border, torch.cat([follows, drawn], dim=-1), before.steps)
        planner = torch.where(border, state, before.planner)
        one = (torch.arange(before.shown.shape[1], device=drawn.device) == drawn).to(drawn.dtype)
        shown = before.shown * (1.0 - (1.0 - MEMORY) * new) + one * new
        # speeds are taken in the middle between this frame and the last, so that the way walked is that of the feet
        middle = clock[:, 0] - 0.5 * moved
        old = (middle < 0.0) & (begun[:, 0] > 0.5)
        whose = torch.cat([steps, torch.where(old.unsqueeze(-1), before.steps, steps)])
        where = torch.cat([clock[:, 0], torch.where(old, middle + 1.0, middle)])
        size = (REST_SIZE + (1.0 - REST_SIZE) * clock[:, 3]) * clock[:, 6]
        here, there = self.repertoire.join(whose[:, 0], whose[:, 1], where).chunk(2)
        pose = self._body(here, there, moved, size)
        pose, place = on_stage(pose, before.place)
        return self.mirrored(pose, controls), Moment(steps, planner, clock, place, shown, taste + WANDER * new)

    def _body(self, here: Tensor, there: Tensor, moved: Tensor, size: Tensor) -> Tensor:
        """The 140 numbers of a frame that moved so many half-beats on, about the mean in so many times its size."""
        size = size.unsqueeze(-1)
        pose = self.mean + size * (here - self.mean)
        pace = (moved * (FPS / 4.0)).unsqueeze(-1) * size  # half-beats a frame at 120 bpm: 4 / FPS
        way = [pose[:, :1], there[:, VELOCITY] * pace, there[:, YAW_RATE] * pace, pose[:, YAW_RATE.stop :]]
        return torch.cat(way, dim=-1)

    def _guided(
        self, state: Tensor, last: Tensor, known: Tensor, context: Tensor, beat: Tensor, controls: Tensor
    ) -> Tensor:
        """The planner's nats [B, 2 * steps] for each step; guidance as in Ho and Salimans 2022."""
        heard, asked = torch.ones_like(beat[:, :2]), controls * self.asked
        full = self._thought(state, context, beat, asked, heard)
        bare = self._thought(state, context * 0.0, beat, asked * 0.0, heard * 0.0)
        nats, unheard = self._nats(torch.cat([full, bare]), torch.cat([last, last]), known).chunk(2)
        return unheard + self.control(controls, "guidance").unsqueeze(-1) * (nats - unheard)

    def _wishes(self, controls: Tensor, beat: Tensor, half: Tensor, place: Tensor) -> Tensor:
        """Nats [B, 2 * steps] by which each step meets what is asked, and leads home and to the front."""
        c = self.config
        weight = controls[:, [self.control_names.index(name) for name in self._styles()]]
        share = weight.clamp(min=0.0) / weight.sum(dim=1, keepdim=True).clamp(min=1e-3)
        energy, tightness = (self.control(controls, name).unsqueeze(-1) for name in ("energy", "tightness"))
        tempo = beat[:, BEAT_NAMES.index("tempo") : BEAT_NAMES.index("tempo") + 1]
        strict = wishes.Strict(c.energy, c.tempo, c.feet, c.front, c.sway)
        return wishes.asked(
            self.repertoire,
            strict,
            wishes.Asked(share, energy, tightness, tempo, half, homeward(place), frontward(place)),
        )

    def _thought(self, state: Tensor, context: Tensor, beat: Tensor, controls: Tensor, flag: Tensor) -> Tensor:
        """What the next step is guessed from [..., 256]; flag [..., 2]: 1 where music is heard, and where one asks."""
        return functional.gelu(self.trunk(torch.cat([self.drop(state), context, beat, controls, flag], dim=-1)))

    def _nats(self, thought: Tensor, last: Tensor, code: Tensor) -> Tensor:
        """Nats [B, N] of steps that `code` [N, 2 * code] describes: a mixture of round normal densities."""
        c = self.config
        guess = self.guess(self.drop(thought)).unflatten(-1, (c.guesses, 2 * c.code + 2))
        # at first it guesses that the next step begins as the last one ends
        ahead = torch.cat([last[:, c.code :], torch.zeros_like(last[:, c.code :])], dim=-1)
        place = (ahead.unsqueeze(1) + guess[..., : 2 * c.code]).flatten(0, 1)
        away = _apart(place, code).unflatten(0, (-1, c.guesses))
        nats, *others = (guess[..., -1:] - functional.softplus(guess[..., -2:-1]) * away).unbind(dim=1)
        for other in others:  # the logarithm of the sum of both; engines are slow at it over so short an axis
            nats = torch.maximum(nats, other) + torch.log(1.0 + torch.exp(-(other - nats).abs()))
        return nats

    # --- in training ----------------------------------------------------------------------------------------------

    def loss(self, batch: dict[str, Tensor], own: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """Divergence, in nats, of the planner's chances from how much each step resembles the recorded one.

        own [T]: where a frame is True, half of the dancers are told their own draw instead of the recorded step.
        """
        ticks = half_beats(batch)
        movement = ticks.pose.unfold(1, HALF, TICKS).transpose(2, 3)
        half = self.repertoire.read(movement)
        recorded = torch.cat([half[:, :-1], half[:, 1:]], dim=-1)
        there = (ticks.there[:, 1:] * ticks.there[:, :-1])[:, 1:]
        code = self.repertoire.code
        if self.training:  # some of the repertoire at a time
            code = code[torch.randperm(len(code), device=code.device)[:CANDIDATES]]
        thoughts, lasts = (series[there > 0.5] for series in self._plan(recorded, batch, ticks, own, code))
        wanted = recorded[:, 1:][there > 0.5]
        right = torch.log_softmax(-_apart(wanted, code) / RESEMBLES, dim=-1)
        chance = torch.log_softmax(self._nats(thoughts, lasts, code), dim=-1)
        surprise = (right.exp() * (right - chance)).sum() / max(len(wanted), 1)  # a short crop may hold no whole step
        return surprise, {"surprise": surprise.detach()}

    def _plan(
        self, recorded: Tensor, batch: dict[str, Tensor], ticks: HalfBeats, own: Tensor, code: Tensor
    ) -> tuple[Tensor, Tensor]:
        """The planner's thoughts [B, K - 2, 256] before each step but the first, and what it was told was last."""
        size, count = recorded.shape[:2]
        rows = torch.arange(size, device=recorded.device).unsqueeze(-1)
        frames = ticks.frames[:, :count]
        context = self.encode(batch["features"], batch["beat"])[rows, frames]
        beat, controls = batch["beat"][rows, frames], batch["controls"][rows, frames] * self.asked
        flag = torch.ones(size, 1, 2, device=recorded.device)
        if self.training:
            flag = _hidden(size).to(recorded.device)
        context, controls, flag = context * flag[..., :1], controls * flag[..., 1:], flag.expand(-1, count, -1)
        told, keep, seen = self._past(recorded, own[frames])
        state = recorded.new_zeros(size, self.config.hidden)
        thoughts, lasts, drawn = [], [], recorded[:, 0]
        for k in range(1, count):
            last = torch.where(told[:, k - 1 : k], drawn, seen[:, k - 1]) * keep[:, k]
            state = self.planner(torch.cat([last, beat[:, k]], dim=-1), state * keep[:, k])
            thoughts.append(self._thought(state, context[:, k], beat[:, k], controls[:, k], flag[:, k]))
            lasts.append(last)
            if bool(told[:, k].any()):
                drawn = self._own(thoughts[-1], last, code)
        return torch.stack(thoughts, dim=1), torch.stack(lasts, dim=1)

    def _past(self, recorded: Tensor, own: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """What the planner is told of the past: where its own draw, where nothing (0), and the recorded steps."""
        if not self.training:
            return torch.zeros_like(own), torch.ones_like(recorded[..., :1]), recorded
        chance = torch.rand(*recorded.shape[:2], 3, device=recorded.device)
        told = own & (chance[:, :1, 0] < OWN)
        keep = (chance[..., 1:2] > FORGET).to(recorded.dtype)
        return told, keep, recorded + BLUR * chance[..., 2:] * torch.randn_like(recorded)

    @torch.no_grad()
    def _own(self, thought: Tensor, last: Tensor, code: Tensor) -> Tensor:
        """What describes a step drawn at temperature 1."""
        chance = torch.softmax(self._nats(thought, last, code), dim=-1)
        return code[torch.multinomial(chance, 1)[:, 0]]


def _apart(a: Tensor, b: Tensor) -> Tensor:
    """Squared distances [A, B] of a [A, n] and b [B, n]."""
    return a.square().sum(-1, keepdim=True) + b.square().sum(-1) - 2.0 * a @ b.T


def _pick(logits: Tensor, noise: Tensor) -> Tensor:
    """A step [B, 1] drawn by uniform numbers [B, 1], those never that are far less likely than the likeliest."""
    chance = torch.softmax(logits, dim=-1)
    chance = torch.where(chance < UNLIKELY * chance.amax(-1, keepdim=True), torch.zeros_like(chance), chance)
    reached = torch.cumsum(chance, dim=-1)
    below = reached < noise * reached[:, -1:]
    return below.to(reached.dtype).sum(-1, keepdim=True).clamp(max=logits.shape[1] - 1.0)


def _hidden(size: int) -> Tensor:
    """Flags [size, 1, 2]: whether each sequence hears the music, and whether anything is asked of it."""
    chances = torch.tensor([row[0] for row in HIDDEN])
    flags = torch.tensor([*(row[1:] for row in HIDDEN), (1.0, 1.0)])
    kind = torch.bucketize(torch.rand(size), torch.cumsum(chances, dim=0))
    return flags[kind].unsqueeze(1)
