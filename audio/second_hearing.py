"""A second hearing: while the network doubts the tempo, another one, which knows nothing of before, listens along.

A network with a memory clings to the song it knows: after a cut or a jump of tempo it may go on hearing the old beat
for ten seconds where one that begins there hears the new one within three. Both say how sure they are: when the one
that heard only the last seconds knows its tempo better, and its beats stand out no less, its memory and its belief take
the place of the first one's. Where the song goes on, three seconds of it hardly ever teach more than all of it.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio import activation, bar_pointer
from audio.activation import Ear
from audio.beat_clock import SAME_TEMPO
from audio.config import FRAME_RATE

F32 = NDArray[np.float32]

DOUBT = 2.3  # nats: of the tempo's entropy, from which on a second one listens
DOUBT_GAIN = 1.0 / (0.47 * FRAME_RATE)
MEAN_GAIN = 1.0 / (1.33 * FRAME_RATE)  # of what the two are compared by
SURER = 0.15  # nats: by so much less entropy
SETTLED_FRAMES = 10 * FRAME_RATE  # so long a memory is not doubted
LEAST_FRAMES, MOST_FRAMES = 3 * FRAME_RATE, 5 * FRAME_RATE  # for which the second one listens
LEAST_PROBABILITY = 1e-9


class Signs(NamedTuple):
    """Running means of how sure a network is."""

    unsure: float  # nats: entropy of its tempo
    clear: float  # nats a frame: what its beats say that their share in all hops does not


class Rival(NamedTuple):
    """The network that listens along, where `age` is above 0."""

    activation: activation.ActivationState
    belief: F32  # bar_pointer.SHAPE
    signs: Signs
    age: int  # frames


class Second(NamedTuple):
    """Both hearings, compared."""

    age: int  # frames of the first one's memory
    doubt: float  # nats: running entropy of its tempo
    signs: Signs
    rival: Rival


def init() -> Second:
    """A memory that has just begun."""
    unborn = Rival(activation.init(), np.zeros(bar_pointer.SHAPE, np.float32), Signs(0.0, 0.0), 0)
    return Second(0, 0.0, Signs(0.0, 0.0), unborn)


def hear(second: Second, chances: list[float], tempo: F32) -> Second:
    """What the first one said of a frame: each hop's chance of a beat [4], each tempo's [TEMPO_BINS + 1]."""
    unsure = _entropy(tempo)
    doubt = second.doubt + DOUBT_GAIN * (unsure - second.doubt)
    return second._replace(
        age=second.age + 1, doubt=doubt, signs=_mean(second.signs, Signs(unsure, _information(chances)))
    )


def listen(second: Second, ear: Ear, log_mel: F32, prior: bar_pointer.Prior, silent: bool) -> Second:
    """Let the second one hear the frame [4, 40], where there is doubt; in silence nobody does."""
    rival = second.rival
    if silent or rival.age >= MOST_FRAMES:
        return second._replace(rival=rival._replace(age=0))
    if not rival.age:
        if second.doubt < DOUBT or second.age < SETTLED_FRAMES:
            return second
        rival = rival._replace(activation=activation.init(), belief=prior.first, signs=second.signs)
    heard, memory = activation.push(ear, rival.activation, log_mel)
    chances, tempo = bar_pointer.chance(heard.beats[0]).tolist(), activation.tempo(heard)
    belief = bar_pointer.move(rival.belief, chances, tempo, prior, silent)
    signs = _mean(rival.signs, Signs(_entropy(tempo), _information(chances)))
    return second._replace(rival=Rival(memory, belief, signs, rival.age + 1))


def is_better(second: Second, period: float) -> bool:
    """Whether the second one knows better than the first, and another tempo than this period's (s).

    At the same tempo on another beat it is believed less than who has heard the whole song.
    """
    rival = second.rival
    if rival.age < LEAST_FRAMES or rival.signs.unsure > second.signs.unsure - SURER:
        return False
    other, _, _ = bar_pointer.best(rival.belief)
    return rival.signs.clear > second.signs.clear and abs(math.log(other / period)) > SAME_TEMPO


def taken(second: Second) -> Second:
    """The second one has become the first."""
    rival = second.rival
    return Second(rival.age, rival.signs.unsure, rival.signs, rival._replace(age=0))


def _mean(before: Signs, now: Signs) -> Signs:
    return Signs(
        before.unsure + MEAN_GAIN * (now.unsure - before.unsure), before.clear + MEAN_GAIN * (now.clear - before.clear)
    )


def _entropy(tempo: F32) -> float:
    return -float(tempo @ np.log(tempo + LEAST_PROBABILITY))


def _information(chances: list[float]) -> float:
    """Kullback and Leibler's divergence of each hop's chance from the share that beats have in all hops, summed."""
    usual = bar_pointer.BEAT_SHARE
    return sum(p * math.log(p / usual) + (1.0 - p) * math.log((1.0 - p) / (1.0 - usual)) for p in chances)
