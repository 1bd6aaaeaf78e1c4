"""How far the tempo may bend at a beat: little where it has been steady, more where the clock finds it moving.

A stiff tempo carries the beat through rests and syncopes; rubato breaks it. So the filter's moves lie between stiff and
free ones, by how much the clock's period has changed of late, and only while beats are heard: a rest is no rubato.
"""

import math
from typing import NamedTuple

from audio.config import FRAME_RATE

MEMORY_BEATS = 2.0  # of the period that the clock's is held against
STEADY, MOVING = 0.01, 0.03  # log period away from it: up to here stiff, from here on free
RISE, FALL = 0.3, 0.01  # each frame: found at once, believed for some seconds
ELSEWHERE = 0.2  # log period: so far from one beat to the next it was set by somebody
HEARD_CHANCE = 0.3  # of a hop: a beat was heard
REST_FRAMES = 2 * FRAME_RATE  # without one the tempo is stiff again


class Bend(NamedTuple):
    """How freely the tempo moves."""

    share: float  # 0 stiff, 1 free
    usual: float  # s: the period of the last beats
    rest: int  # frames since a beat was heard


def init(period: float) -> Bend:
    """A steady tempo."""
    return Bend(0.0, period, 0)


def hear(bend: Bend, chances: list[float]) -> Bend:
    """One frame's chances of a beat, hop by hop."""
    return bend._replace(rest=0 if max(chances) > HEARD_CHANCE else min(bend.rest + 1, REST_FRAMES))


def follow(bend: Bend, period: float, leapt: bool) -> Bend:
    """The clock's period (s) at the end of the frame; a leap to another tempo is no bending."""
    away = abs(math.log(period / bend.usual))
    if leapt or away > ELSEWHERE:
        return bend._replace(usual=period)
    moving = min(1.0, max(0.0, (away - STEADY) / (MOVING - STEADY)))
    gain = RISE if moving > bend.share else FALL
    usual = bend.usual + (period - bend.usual) / max(1.0, MEMORY_BEATS * FRAME_RATE * period)
    return bend._replace(share=bend.share + gain * (moving - bend.share), usual=usual)


def now(bend: Bend) -> float:
    """The share of free moves, 0-1."""
    return bend.share if bend.rest < REST_FRAMES else 0.0
