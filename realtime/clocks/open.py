"""From the text of `--clock` to a clock."""

from importlib import import_module

from realtime.clock import Clock
from realtime.clocks import CLOCKS
from realtime.clocks.base import BeatClock
from realtime.frame import StageError


def open_clock(text: str, clock: Clock) -> BeatClock:
    """Open midi, midi:PART OF A PORT'S NAME or link; `clock` is the stage's own. Raises StageError, one line."""
    name, _, rest = text.partition(":")
    if name not in CLOCKS:
        raise StageError(f"--clock {text}: there is no such clock: write midi, midi:PART OF A PORT'S NAME or link")
    module, _, attribute = CLOCKS[name].partition(":")
    opened: BeatClock = getattr(import_module(module), attribute)(rest, clock)
    return opened
