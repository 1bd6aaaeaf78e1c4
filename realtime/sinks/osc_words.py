"""What the stage says in words, and seldom: which clock rules the beat, who dances which style, whether sound clips.

| address | arguments |
|---|---|
| `/dance/clock` | s what rules the beat: heard, set, midi, link |
| `/dance/style` | s for each dancer: its heaviest style, "mixed" where none is heaviest, "" where there is but one |
| `/dance/clip` | i 1 while the sound touches full scale |

One bundle, sent when a word changes and with every hello.
"""

import numpy as np

from realtime.frame import F32, StageFrame
from realtime.osc_wire import BundleTemplate, message
from realtime.sinks.base import StageInfo

FULL_SCALE = 0.985  # a clipped sample is a little lower after the stage's resampler
HEAVIER = 1e-3
NAMED = 64  # dancers; more names would not fit a datagram


class Words:
    """The words of the newest frame as a datagram."""

    def __init__(self, info: StageInfo) -> None:
        names = [spec.name for spec in info.manifest.controls]
        self._styles = info.styles
        self._columns = [names.index(f"style_{style}") for style in info.styles]
        self._said: tuple[str, tuple[str, ...], bool] | None = None
        self.data = b""

    def changed(self, frame: StageFrame) -> bool:
        """Take in a frame; whether there is news in `data`."""
        words = frame.report.clock, self._styles_of(frame.controls), bool(np.abs(frame.samples).max() >= FULL_SCALE)
        if words == self._said:
            return False
        self._said = words
        clock, styles, clip = words
        said = [message("/dance/clock", clock), message("/dance/style", *styles), message("/dance/clip", int(clip))]
        self.data = bytes(BundleTemplate(said).data)
        return True

    def _styles_of(self, controls: F32) -> tuple[str, ...]:
        """The heaviest style of each dancer, by controls [N, C]."""
        if not self._styles:
            return ("",) * min(len(controls), NAMED)
        found = []
        for weights in controls[:NAMED, self._columns].tolist():
            order = sorted(weights, reverse=True)
            mixed = len(order) > 1 and order[0] - order[1] < HEAVIER
            found.append("mixed" if mixed else self._styles[weights.index(order[0])])
        return tuple(found)
