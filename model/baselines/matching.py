"""Motion matching on the beat (Clavet 2016): every few beats the recorded beat that goes on best is found and played.

All takes lie in musical time, so a jump from beat to beat keeps the beat. A cost weighs how far the body would have to
leap, the style and the energy asked for, the tempo of the recording, how lately it was shown, and chance. The join is
inertialised: what is left of the old pose dies away on a critically damped spring (Bollo 2018).
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from audio.config import FRAME_RATE
from export.manifest import POSE_SIZE, StateSpec
from model.baselines import musical_time
from model.baselines.musical_time import TICKS, TRAVEL, Phrase
from model.datasets.take import Take
from model.evaluation.performing import Dancer, of_module
from model.kinematics import heading_positions
from model.pairing import control_table
from motion.pose import CONTACTS, ROTATIONS
from motion.skeleton import BONES

HOLD = 4  # beats that a choice lasts, and that must be left of a take
LEAD_FRAMES = 2
NOISE = 8
LIMBS = [BONES.index(side + bone) for side in ("left", "right") for bone in ("Foot", "Toes", "Hand")]
HALF_LIFE = 0.12  # s of the join
STYLE, ENERGY, BENT, SHOWN, CHANCE, CLOSED = 400.0, 60.0, 4000.0, 30.0, 4.0, 1e6
EASY_TEMPO = 0.15  # log: tempi so near cost nothing
MEMORY = 0.97  # of what was shown, from choice to choice
SAME = 1e-2  # in the numbers of a pose: rounding of the place in the table


class Matching(nn.Module):
    """States: where it plays (`base`, beats `at` since, `pace`), what is left of an old pose, and what was shown."""

    table: Tensor
    body: Tensor
    style: Tensor
    energy: Tensor
    tempo: Tensor
    closed: Tensor
    chance: Tensor

    def __init__(self, found: list[Phrase], styles: tuple[str, ...]) -> None:
        super().__init__()
        tables = [_padded(one) for one in found]
        whole = np.concatenate(tables)
        energy = np.concatenate([_energy(one) for one in found])
        for name, value in (
            ("table", whole),
            ("body", _features(whole)),
            ("style", np.repeat([[float(o.style == s) for s in styles] for o in found], _lengths(found), axis=0)),
            ("energy", energy.argsort().argsort() / len(energy)),
            ("tempo", np.repeat([one.tempo for one in found], _lengths(found))),
            ("closed", np.concatenate([np.arange(one.beats + 1) > one.beats - HOLD for one in found])),
            ("chance", np.random.default_rng(0).normal(size=(len(energy), NOISE))),
        ):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(value, np.float32)))
        self.noise_size, self.lead_frames = NOISE, LEAD_FRAMES
        sizes = {
            "base": 1,
            "at": 1,
            "pace": 1,
            "started": 1,
            "offset": POSE_SIZE,
            "drift": POSE_SIZE,
            "last": POSE_SIZE,
        }
        self.states = tuple(StateSpec(n, "carry", (s,)) for n, s in (sizes | {"shown": len(energy)}).items())

    def step(
        self, features: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, *state: Tensor
    ) -> tuple[Tensor, ...]:
        """One frame; inputs and outputs in the order of `export.manifest`."""
        base, at, pace, started, offset, drift, last, shown = state
        moved = musical_time.hurried(musical_time.passed(beat, at, started), beat, started)
        now = at + moved
        chooses = (started < 0.5) | (now.floor() >= HOLD)
        old = musical_time.rows_at(self.table, base + now * pace * TICKS)
        here = base / TICKS + (now.floor() * pace).floor()  # number of the beat that it would go on from
        found = self._best(here, beat, controls, noise, shown, started)
        base = torch.where(chooses, found * TICKS, base)
        now = torch.where(chooses, now - now.floor(), now)
        ahead = musical_time.faster(beat, self.tempo[found[:, 0].long()][:, None])
        pace = torch.where(chooses, musical_time.pace(ahead), pace)
        row = musical_time.rows_at(self.table, base + now * pace * TICKS)
        # where the choice is to go on, old and new are the same row and nothing is left over
        beats = pace * moved * (started > 0)
        leap = torch.where(chooses & (started > 0.5), musical_time.in_seconds(old - row, beats), 0.0)
        before = musical_time.rows_at(self.table, base + (now - moved) * pace * TICKS)
        rate = torch.where(leap.abs().amax(dim=1, keepdim=True) > SAME, (old - last - row + before) * FRAME_RATE, 0.0)
        rate = torch.cat([rate[:, : TRAVEL.start], 0.0 * rate[:, TRAVEL], rate[:, TRAVEL.stop :]], dim=1)
        offset, drift = _decay(offset + leap, drift + rate)
        chosen = torch.nn.functional.one_hot(found[:, 0].long(), shown.shape[1])
        shown = torch.where(chooses, shown * MEMORY + chosen, shown)
        pose = musical_time.in_seconds(row, beats) + _without_contacts(offset)
        pose = musical_time.mirrored(pose, controls[:, -1:])
        return pose, base, now, pace, torch.ones_like(started), offset, drift, row, shown

    def _best(
        self, here: Tensor, beat: Tensor, controls: Tensor, noise: Tensor, shown: Tensor, started: Tensor
    ) -> Tensor:
        """Number of the cheapest beat to go on from, [B, 1]."""
        own = self.body[here[:, 0].clamp(max=self.body.shape[0] - 1).long()]
        leap = (own**2).sum(dim=1, keepdim=True) + (self.body**2).sum(dim=1) - 2 * own @ self.body.T
        styles = self.style.shape[1]
        weight = controls[:, :styles] / controls[:, :styles].sum(dim=1, keepdim=True).clamp(min=1e-3)
        energy, temperature = controls[:, styles : styles + 1], controls[:, styles + 1 : styles + 2]
        ahead = musical_time.faster(beat, self.tempo)
        bent = (ahead + musical_time.pace(ahead).log()).abs()
        luck = (noise - 0.5) * math.sqrt(12.0) @ self.chance.T
        cost = (
            leap * started
            + STYLE * (1.0 - weight @ self.style.T)
            + ENERGY * (self.energy - energy) ** 2
            + BENT * (bent - EASY_TEMPO).clamp(min=0.0) ** 2
            + SHOWN * shown
            + CHANCE * temperature * luck
            + CLOSED * self.closed
        )
        return cost.argmin(dim=1, keepdim=True).float()


def build(takes: list[Take]) -> Dancer:
    """All takes of the training split as one database; raises ModelError."""
    found = musical_time.phrases(takes)
    styles = musical_time.styles_of(found)
    return of_module(network(found), "matching", control_table(styles, styles[0]), styles)


def network(found: list[Phrase]) -> Matching:
    """Over all phrases."""
    return Matching(found, musical_time.styles_of(found))


def _decay(offset: Tensor, drift: Tensor) -> tuple[Tensor, Tensor]:
    """One frame of a critically damped spring toward 0."""
    pull = 2 * math.log(2.0) / HALF_LIFE
    push = drift + pull * offset
    fade = math.exp(-pull / FRAME_RATE)
    return (offset + push / FRAME_RATE) * fade, (drift - push * pull / FRAME_RATE) * fade


def _without_contacts(offset: Tensor) -> Tensor:
    """An offset whose contacts are those of the new take at once."""
    kept = torch.ones(POSE_SIZE)
    kept[CONTACTS] = 0.0
    return offset * kept


def _padded(one: Phrase) -> NDArray[np.float32]:
    """Rows up to a whole number of beats, so that row / TICKS is the number of a beat in the whole table."""
    return np.concatenate([one.poses, np.repeat(one.poses[-1:], TICKS - 1, axis=0)])


def _lengths(found: list[Phrase]) -> list[int]:
    return [one.beats + 1 for one in found]


def _energy(one: Phrase) -> NDArray[np.float64]:
    """[beats + 1] how much the body moves a second in the HOLD beats to come."""
    change = np.abs(np.diff(one.poses[:, ROTATIONS], axis=0)).mean(axis=1).reshape(one.beats, TICKS).sum(axis=1)
    speed = change / one.periods
    return np.array([speed[beat : beat + HOLD].mean() for beat in range(one.beats)] + [speed[-1]])


def _features(table: NDArray[np.float32]) -> NDArray[np.float64]:
    """[beats, D] where hands and feet are at each beat and how they move, in units of their spread."""
    local = heading_positions(torch.from_numpy(table.astype(np.float64))).numpy()
    place = local[:, [0, *LIMBS]]
    velocity = np.gradient(place, axis=0) * TICKS
    at = slice(None, None, TICKS)
    columns = [place[at, :1, 1], table[at, TRAVEL].astype(np.float64)]
    groups = [*columns, place[at, 1:].reshape(len(place[at]), -1), velocity[at, 1:].reshape(len(place[at]), -1)]
    return np.concatenate([(g - g.mean(axis=0)) / max(float(g.std(axis=0).mean()), 1e-3) for g in groups], axis=1)
