"""Sinks of the tests that want poses in between."""

from collections.abc import Callable

from realtime.clock import WallClock
from realtime.frame import StageFrame
from realtime.sinks.base import Sink
from realtime.sinks.open import Sinks
from tests.realtime.shows import Kept


def kept(rate: float, keeps_late: bool = True, on_frame: Callable[[StageFrame], None] = lambda frame: None) -> Kept:
    sink = Kept(on_frame, keeps_late)
    sink.rate = rate
    return sink


def sinks_of(*sinks: Sink, clock: WallClock | None = None, say: Callable[[str], None] = print) -> Sinks:
    return Sinks([(f"sink {n}", sink) for n, sink in enumerate(sinks)], say, clock)
