"""Where in the bar a beat lies: a probability over metre and position, moved on with each beat of the clock.

The bar pointer of Whiteley, Cemgil & Godsill (ISMIR 2006), with whole beats as its steps: what the network hears of
downbeats is gathered around each beat, and the states are the positions of every metre. The evidence is a Gaussian
for each place: the middle of a bar of four sounds more like a downbeat than its second beat does.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F32 = NDArray[np.float32]

METRES = (3, 4, 5)
METRE_PRIOR = (0.22, 0.74, 0.04)
STATES = tuple((metre, place) for metre in METRES for place in range(metre))
FIRST: F32 = np.array([METRE_PRIOR[METRES.index(m)] / m for m, _ in STATES], np.float32)
HEARD = {  # the network's log odds of a downbeat at each place of the bar, means over 64 sequenced songs
    3: (0.2, -1.8, -1.25),
    4: (0.1, -1.7, -0.9, -1.3),
    5: (0.1, -1.6, -1.2, -1.2, -1.3),  # of five there were none: in between
}
EXPECTED: F32 = np.array([HEARD[metre][place] for metre, place in STATES], np.float32)
SPREAD = 1.0  # standard deviation around them
SURENESS = 0.8  # power of one beat's evidence: beats of one song are not independent
LEAST_CHANCE = 0.03
LEAK = 0.003  # each beat: a bar may be cut short
CHANGE = 0.01  # of metre, at a bar line
CLEARLY = 2.0  # another reading of the bar must be so much likelier


class Bar(NamedTuple):
    """What is believed of the bar, about beats numbered as the clock counts them."""

    belief: F32  # [12] over STATES, of beat `number`
    number: int  # of the beat heard last
    down: float  # the strongest downbeat heard near beat number + 1 so far, 0-1
    beat: float  # and the strongest beat
    metre: int  # as told
    origin: int  # number of a downbeat, as told


def init() -> Bar:
    """Nothing heard: four in a bar."""
    return Bar(FIRST.copy(), -1, 0.0, 0.0, 4, 0)


def _moves() -> F32:
    """From state to state at a beat, [12, 12]."""
    moves = np.zeros((len(STATES), len(STATES)))
    for row, (metre, place) in enumerate(STATES):
        if place + 1 < metre:
            moves[row, STATES.index((metre, place + 1))] = 1.0
            continue
        for other, prior in zip(METRES, METRE_PRIOR, strict=True):
            moves[row, STATES.index((other, 0))] = CHANGE * prior + (1.0 - CHANGE) * (other == metre)
    return np.asarray((1.0 - LEAK) * moves + LEAK * FIRST, np.float32)


MOVES = _moves()


def listen(bar: Bar, number: int, down: float, beat: float) -> Bar:
    """Hear the chance of a downbeat and of a beat (0-1) near beat `number`."""
    if number > bar.number + 1:
        bar = _end_beat(bar, number - 1)
    if number <= bar.number:
        return bar
    return bar._replace(down=max(bar.down, down), beat=max(bar.beat, beat))


def _end_beat(bar: Bar, number: int) -> Bar:
    """Weigh what was heard near the beat that is over, and move on to `number`."""
    share = bar.down / max(bar.beat, bar.down, 0.1)
    share = min(max(share, LEAST_CHANCE), 1.0 - LEAST_CHANCE)
    belief = bar.belief
    for _ in range(min(number - bar.number, 8)):
        belief = belief @ MOVES
    away = (math.log(share / (1.0 - share)) - EXPECTED) / SPREAD
    belief = belief * np.exp(-0.5 * SURENESS * bar.beat * away**2)  # a beat that is not heard says nothing
    return _tell(bar._replace(belief=np.asarray(belief / belief.sum(), np.float32), number=number, down=0.0, beat=0.0))


def _tell(bar: Bar) -> Bar:
    """Keep to the reading that was told, until another is clearly likelier."""
    told = STATES.index((bar.metre, (bar.number - bar.origin) % bar.metre))
    likeliest = int(bar.belief.argmax())
    if bar.belief[likeliest] < CLEARLY * bar.belief[told]:
        return bar
    metre, place = STATES[likeliest]
    return bar._replace(metre=metre, origin=bar.number - place)


def forget(bar: Bar, number: int) -> Bar:
    """The clock has jumped: what was counted holds no more."""
    belief = np.asarray(0.3 * bar.belief + 0.7 * FIRST, np.float32)
    return bar._replace(belief=belief, number=number - 1, down=0.0, beat=0.0)


def told(number: int, metre: int, place: int) -> Bar:
    """Somebody knows: beat `number` is `place` (from 0) of `metre`, one of METRES."""
    belief = 0.02 * FIRST
    belief[STATES.index((metre, place % metre))] += 0.98
    return Bar(np.asarray(belief, np.float32), number, 0.0, 0.0, metre, number - place)


def position(bar: Bar, beats: float) -> float:
    """Beats since the downbeat, 0 to the metre, when the clock shows `beats`."""
    return float((beats - bar.origin) % bar.metre)
