"""How much a network trains on its own output: Dance Revolution's dynamic auto-condition, and its plain ends.

A sequence is cut into rounds of p frames on which the network is fed its own previous output, then q frames on which
it is fed the truth (Huang et al., "Dance Revolution", ICLR 2021, section 4.3). The schedule says how p grows. Each
grows to the same last p, so that schedules can be compared; the paper's own rates are not comparable ones.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.checkpoint import ModelError

# share of the last p, by share of the training done (both 0..1); `last` only bends the exponential
GROWTH = {
    "constant": lambda done, last: last,
    "linear": lambda done, last: last * done,
    "square": lambda done, last: last * done**2,
    "exponential": lambda done, last: math.expm1(done * math.log1p(last)),
}
SCHEDULES = ("teacher", *GROWTH, "free")


@dataclass(frozen=True)
class Schedule:
    """kind: one of SCHEDULES. last: frames p at the end of training. given: frames q of truth in each round."""

    kind: str = "linear"
    last: int = 60
    given: int = 10

    @staticmethod
    def parse(text: str) -> "Schedule":
        """`KIND[:LAST[:GIVEN]]`, such as `linear:60:10`; raises ModelError."""
        kind, *numbers = text.split(":")
        if kind not in SCHEDULES:
            raise ModelError(f"unknown schedule {kind!r}; there are {', '.join(SCHEDULES)}")
        if len(numbers) > 2 or not all(n.isdecimal() for n in numbers) or "0" in numbers[1:]:
            raise ModelError(f"schedule {text!r} is not KIND[:LAST[:GIVEN]], such as linear:60:10")
        return Schedule(kind, *map(int, numbers))

    def predicted(self, done: float) -> int:
        """The p of this moment; `done` is the share of the training that is over, 0..1. Free has no end: -1."""
        if self.kind == "teacher":
            return 0
        if self.kind == "free":
            return -1
        # the small addend keeps floor(100 * 0.29) at 29
        return math.floor(GROWTH[self.kind](done, self.last) + 1e-9)

    def own(self, done: float, frames: int) -> NDArray[np.bool_]:
        """[frames] True where the network is fed its own previous output, False where it is fed the truth."""
        return own_mask(self.predicted(done), self.given, frames)


def own_mask(predicted: int, given: int, frames: int) -> NDArray[np.bool_]:
    """`predicted` frames True, `given` frames False, over and over, [frames]; all True where predicted is negative."""
    if predicted < 0:
        return np.ones(frames, bool)
    return np.arange(frames) % (predicted + given) < predicted
