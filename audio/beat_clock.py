"""The beat's clock: it follows what is believed, smoothly, and never runs backward.

Small errors are spread over some frames; a jump, always forward, is a decision that another belief has to earn.
"""

import math
from typing import NamedTuple

from audio.config import FRAME_RATE

PHASE_GAIN = 0.3  # of the phase error, each frame
PERIOD_GAIN = 0.3
FREE_GAIN = 0.7  # of both, where the tempo bends
MOST_CORRECTION = 0.5  # of a frame's own advance: the clock runs at half to one and a half times its pace
SAME_TEMPO, SAME_PHASE = 0.06, 0.18  # within these (log period, beats) the clock follows instead of jumping
FREE_TEMPO = 0.12  # in place of SAME_TEMPO where the tempo bends
JUMP_CONFIDENCE, JUMP_BEATS = 0.35, 0.6  # so sure for so long: between two beats another phase may seem likelier
FIRST_CONFIDENCE = 0.25  # enough for the first lock


class Clock(NamedTuple):
    """Where the beat is at the end of the newest frame."""

    beats: float  # since the start
    period: float  # s
    locked: bool
    doubt: int  # frames for which belief has disagreed


def init(period: float) -> Clock:
    """A clock that waits for its first lock."""
    return Clock(beats=0.0, period=period, locked=False, doubt=0)


def follow(clock: Clock, period: float, phase: float, confidence: float, free: float = 0.0) -> tuple[Clock, bool]:
    """Move on by one frame, toward the believed `period` (s) and `phase` (0-1) at its end; True if that was a jump.

    `free` (0-1) is how far the tempo bends: a clock that dawdles would be late in rubato.
    """
    advance = 1.0 / (FRAME_RATE * clock.period)
    clock = clock._replace(beats=clock.beats + advance)
    error = phase_error(clock, phase)
    if not clock.locked:
        return leap(clock, period, phase)._replace(locked=confidence > FIRST_CONFIDENCE), True
    same_tempo = SAME_TEMPO + free * (FREE_TEMPO - SAME_TEMPO)
    if abs(math.log(period / clock.period)) < same_tempo and abs(error) < SAME_PHASE:
        weight = min(1.0, 2.0 * confidence)
        most = MOST_CORRECTION * advance
        phase_gain, period_gain = (gain + free * (FREE_GAIN - gain) for gain in (PHASE_GAIN, PERIOD_GAIN))
        step = min(max(phase_gain * weight * error, -most), most)
        period = clock.period + period_gain * weight * (period - clock.period)
        return clock._replace(beats=clock.beats + step, period=period, doubt=0), False
    doubt = clock.doubt + 1 if confidence > JUMP_CONFIDENCE else max(0, clock.doubt - 1)
    if doubt < JUMP_BEATS * FRAME_RATE * clock.period:
        return clock._replace(doubt=doubt), False
    return leap(clock, period, phase), True


def leap(clock: Clock, period: float, phase: float) -> Clock:
    """Forward to the next instant of this phase, at this period."""
    return Clock(clock.beats + phase_error(clock, phase) % 1.0, period, True, 0)


def phase_error(clock: Clock, phase: float) -> float:
    """How far the clock is behind a phase, -0.5 to 0.5 beats."""
    return (phase - clock.beats + 0.5) % 1.0 - 0.5
