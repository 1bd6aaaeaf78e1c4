"""What the view knows of the stage besides poses: who rules the beat, the styles danced, the lead's trim, clipping.

Pure: fed with messages and their arrival, asked at any instant (seconds, same clock).
"""

import math
from dataclasses import dataclass
from typing import Any

from realtime.view_stream import Show

CLIP_SECONDS = 2.0  # that the lamp stays lit
METRES = (3, 4, 5)  # beats in a bar
RULERS = {"heard": "heard", "set": "set by hand", "midi": "MIDI clock", "link": "Ableton Link"}


@dataclass
class Words:
    """The newest of each."""

    clock: str = ""  # of RULERS, "" while nobody has said
    styles: tuple[str, ...] = ()  # danced now, one for each dancer
    lead_ms: float = 0.0  # the performer's trim
    frozen: bool = False
    recording: bool = True  # a show that records does so from its beginning
    clipped: float = -math.inf  # when the sound last touched full scale
    _clipping: bool = False

    def take(self, address: str, arguments: list[Any], now: float) -> None:
        """One message; addresses that mean nothing here are passed over."""
        match address.strip("/").split("/"), arguments:
            case ["dance", "clock"], [str(word)]:
                self.clock = word
            case ["dance", "style"], names if all(isinstance(name, str) for name in names):
                self.styles = tuple(names)
            case ["dance", "clip"], [int(on)]:
                self._clipping = bool(on)
                self.clipped = now if on else self.clipped
            case ["dance", "status"], ["lead", float(ms) | int(ms)] if math.isfinite(ms):
                self.lead_ms = float(ms)
            case ["dance", "status"], ["freeze", int(on)]:
                self.frozen = bool(on)
            case ["dance", "status"], ["record", int(take)]:
                self.recording = take > 0
            case ["dance", "frame"], _ if self._clipping:
                self.clipped = now

    def clips(self, now: float) -> bool:
        """Whether the sound clips, or did a moment ago."""
        return now - self.clipped < CLIP_SECONDS

    def ruler(self) -> str:
        """What rules the beat, for reading."""
        return RULERS.get(self.clock, self.clock)

    def style(self) -> str:
        """The styles danced, for reading: each once."""
        return ", ".join(dict.fromkeys(style for style in self.styles if style))


def metre(show: Show) -> int:
    """Beats in a bar: the bar phase holds it, for beat and phase are told beside."""
    if not 0.0 < show.bar_phase < 1.0:
        return 4
    beats = (show.beat_in_bar - 1 + show.beat_phase) / show.bar_phase
    return min(METRES, key=lambda n: abs(n - beats))


def bar_position(show: Show, passed: float) -> tuple[int, float]:
    """(beats in a bar, position in the bar in beats from 0) `passed` seconds after the frame's own instant."""
    beats = metre(show)
    return beats, (show.bar_phase * beats + passed * show.bpm / 60.0) % beats
