"""What is wished of the next step besides what the planner expects: nats for each step of a repertoire."""

import math
from typing import NamedTuple

import torch
from torch import Tensor

from model.networks.repertoire import PERIODS, Repertoire

ASKED = 60.0  # nats for another style
EASY = 0.2  # octaves of tempo that are free
EVEN, EFFORT = 0.28, 8.0  # how the rank of steps grows with the energy asked for: 0.7 is about as fast as recorded
OFFBEAT = 20.0  # nats for a step that was danced the other way on and off the beat
HOME = 60.0  # nats for a metre towards home, a metre from it
SPIN = 20.0  # nats against a step that is about to turn twice as far as is usual in its style
POISE = 20.0  # nats against a step from which one stands on one leg for two beats
HABIT = 3.0  # nats for a step of the recording that is being danced
TASTE = 10.0  # nats for the recordings that a dancer likes best
SHOWN = 6.0  # nats against a step just shown
GOLDEN = 0.618034  # of a circle lie between one recording and the next, so that they spread evenly


class Strict(NamedTuple):
    """How strictly some wishes are kept, in nats."""

    energy: float  # for all of the energy
    tempo: float  # an octave
    feet: float  # for the steps whose feet keep to the beat best, at a tightness of 1
    front: float  # a radian towards the audience, a radian from it
    sway: float  # for steps that keep to two or three beats best, and against them where they would be a beat late


class Asked(NamedTuple):
    """What is asked of the next step of B dancers."""

    style: Tensor  # [B, styles] how much of each, of 1
    energy: Tensor  # [B, 1] 0-1
    tightness: Tensor  # [B, 1] 0-1
    tempo: Tensor  # [B, 1] octaves over 120 bpm
    half: Tensor  # [B, 1] which half-beat of six beats begins, 0-11
    home: Tensor  # [B, 2] metres to the left and ahead, see `staging.homeward`
    front: Tensor  # [B, 1] radians, see `staging.frontward`


def asked(known: Repertoire, strict: Strict, a: Asked) -> Tensor:
    """[B, 2 * steps] by how each step meets what is asked of style, energy, tempo, place in its beats and on the stage.

    Squares and sines of differences are taken apart, so that all but the tempo is one product with a table, which
    onnxruntime works out once, as it loads.
    """
    off = EVEN * a.energy + (1.0 - EVEN) * a.energy.pow(EFFORT)
    told = [torch.log(a.style + math.exp(-ASKED)), off, torch.ones_like(off), a.tightness]
    fixed = -0.5 * OFFBEAT - strict.energy * known.energy.square() - SPIN * known.spin - POISE * known.poise
    traits = [2.0 * strict.energy * known.energy, fixed, strict.feet * known.lock]
    told += [a.home, a.front, (math.pi * a.half).cos()]
    traits += [
        *(HOME * known.travel).unbind(-1),
        strict.front * known.turn,
        0.5 * OFFBEAT * (math.pi * known.count).cos(),
    ]
    for period in PERIODS:
        turn, danced = math.pi / period * a.half, math.pi / period * known.count
        sway = strict.sway * known.sway * (known.period == period).to(turn.dtype)
        told += [turn.cos(), turn.sin()]
        traits += [sway * danced.cos(), sway * danced.sin()]
    table = torch.cat([known.style.T, torch.stack(traits)])
    bent = ((a.tempo - known.tempo).abs() - EASY).clamp(min=0.0)
    return torch.cat(told, dim=-1) @ table - strict.energy * off.square() - strict.tempo * bent.square()


def own(known: Repertoire, last: Tensor, begun: Tensor, shown: Tensor, taste: Tensor) -> Tensor:
    """[B, 2 * steps] of a dancer's own: to stay in a recording, to dance what it likes, and not the same again.

    last [B, 1] the step danced last, begun [B, 1] 0 where there is none yet; shown [B, 2 * steps] how lately each was
    shown; taste [B, 1] what it likes, 0-1.
    """
    same = (known.take == known.take[last.long()]).to(shown.dtype)
    likes, place = 2.0 * math.pi * taste, 2.0 * math.pi * GOLDEN * known.take
    liked = torch.cat([likes.cos(), likes.sin()], dim=-1) @ torch.stack([place.cos(), place.sin()])
    return HABIT * begun * same + TASTE * liked - SHOWN * shown
