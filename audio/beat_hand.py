"""The performer's hand on the beat: ranges, taps, halves and doubles, and clocks from outside that win over hearing.

Every function takes the engine's state and returns the next one; what it does holds from the next frame on. The belief
of the filter is moved, not switched off: hearing goes on within what the performer says.
"""

import math

import numpy as np

from audio import bar, bar_pointer, beat_clock
from audio.beat import FASTEST_BPM, GIVEN_HOLD_FRAMES, SLOWEST_BPM, BeatState

HELD_WIDTH = 0.03  # log tempo, around a tempo that is given or tapped
SCALED_RANGE = 1.3  # after half or double: from tempo / 1.3 to tempo * 1.3
VAGUE_PHASE = 0.15  # beats: what is left of the phase when only a tempo is given


def with_range(state: BeatState, slowest_bpm: float, fastest_bpm: float) -> BeatState:
    """Hear only tempi from `slowest_bpm` to `fastest_bpm`: a clock outside moves by octaves into it, if it can."""
    bpm = 60.0 / state.clock.period
    limits = (slowest_bpm, fastest_bpm)
    state = state._replace(prior=bar_pointer.within(*limits), limits=limits, held=0.0)
    for factor in (2.0, 0.5):
        if not slowest_bpm <= bpm <= fastest_bpm and slowest_bpm <= factor * bpm <= fastest_bpm:
            return _scaled(state, factor)
    return state._replace(belief=_weighed(state, slowest_bpm, fastest_bpm))


def with_tempo(state: BeatState, bpm: float | None) -> BeatState:
    """The tempo is known, its phase is heard; None hands back to hearing."""
    if bpm is None:
        return state._replace(prior=bar_pointer.within(*state.limits), held=0.0)
    state = state._replace(prior=bar_pointer.within(bpm, bpm, HELD_WIDTH), held=60.0 / bpm)
    clock = state.clock._replace(period=60.0 / bpm, locked=True)
    return state._replace(belief=bar_pointer.at(clock.period, clock.beats % 1.0, VAGUE_PHASE), clock=clock)


def tapped(state: BeatState, bpm: float, ago_seconds: float) -> BeatState:
    """A row of taps: this tempo, and a beat `ago_seconds` before the end of the newest frame."""
    state = state._replace(prior=bar_pointer.within(bpm, bpm, HELD_WIDTH), held=0.0)
    return _set(state, 60.0 / bpm, ago_seconds * bpm / 60.0 % 1.0)


def with_phase(state: BeatState, beat_phase: float, ago_seconds: float = 0.0) -> BeatState:
    """The beat's phase (0-1) was this, so long ago."""
    return _set(state, state.clock.period, (beat_phase + ago_seconds / state.clock.period) % 1.0)


def nudged(state: BeatState, beats: float) -> BeatState:
    """Move the beat forward (or, below 0, back) by a part of a beat."""
    return _set(state, state.clock.period, (state.clock.beats + beats) % 1.0)


def scaled(state: BeatState, factor: float) -> BeatState:
    """Twice (2.0) or half (0.5) the tempo, and hearing stays near it. ValueError where that is no tempo of ours."""
    bpm = 60.0 / state.clock.period * factor
    if not SLOWEST_BPM <= bpm <= FASTEST_BPM:
        raise ValueError(f"{bpm:.0f} bpm is outside {SLOWEST_BPM:.0f}-{FASTEST_BPM:.0f}")
    prior = bar_pointer.within(bpm / SCALED_RANGE, bpm * SCALED_RANGE)
    return _scaled(state._replace(prior=prior, held=0.0), factor)


def with_downbeat(state: BeatState, ago_seconds: float = 0.0) -> BeatState:
    """The beat nearest to that instant is a one."""
    number = round(state.clock.beats - ago_seconds / state.clock.period)
    return state._replace(bar=bar.told(number, state.bar.metre, 0))


def given(state: BeatState, bpm: float, beats: float, ago_seconds: float, metre: int = 4) -> BeatState:
    """An outside clock stood at `beats` since a downbeat, so long ago; call it each frame while that clock runs.

    It wins over what is heard; within two seconds after the last call hearing takes over, from the same place. `metre`
    is one of bar.METRES.
    """
    period = 60.0 / bpm
    there = beats + ago_seconds / period
    clock = state.clock
    if not state.given or abs(beat_clock.phase_error(clock, there % 1.0)) > beat_clock.SAME_PHASE:
        clock = beat_clock.leap(clock, period, there % 1.0)
    number = round(clock.beats - there % 1.0)
    return state._replace(
        clock=clock._replace(period=period),
        bar=bar.told(number, metre, math.floor(there) % metre),
        given=GIVEN_HOLD_FRAMES,
        outside=(period, there % 1.0),
    )


def _set(state: BeatState, period: float, phase: float) -> BeatState:
    """Clock and belief at once at this place."""
    clock, told = beat_clock.leap(state.clock, period, phase), state.bar
    if beat_clock.phase_error(state.clock, phase) < 0.0:  # back, which the clock does by going on: one beat more counts
        told = told._replace(number=told.number + 1, origin=told.origin + 1)
    return state._replace(clock=clock, bar=told, belief=bar_pointer.at(period, phase))


def _scaled(state: BeatState, factor: float) -> BeatState:
    """The clock at another octave; of two beats the one that holds the downbeat stays."""
    metre = state.bar.metre
    place = bar.position(state.bar, state.clock.beats) * factor % metre
    clock = beat_clock.leap(state.clock, state.clock.period / factor, place % 1.0)
    return state._replace(
        clock=clock,
        belief=bar_pointer.at(clock.period, place % 1.0),
        bar=bar.told(round(clock.beats - place % 1.0), metre, math.floor(place)),
    )


def _weighed(state: BeatState, slowest_bpm: float, fastest_bpm: float) -> bar_pointer.F32:
    """The belief without what lies outside the range."""
    inside = (0.97 * slowest_bpm <= bar_pointer.BPM) & (1.03 * fastest_bpm >= bar_pointer.BPM)
    belief = state.belief * inside[:, None] + 1e-6 * state.prior.first
    return np.asarray(belief / belief.sum(), np.float32)
