"""The beat engine: from onsets to a clock that can be asked for any moment ahead.

A bar pointer filter (audio/bar_pointer.py) believes; a clock follows what it believes. The clock never runs backward:
small errors are spread over some frames, and it jumps, forward, only after another belief has held with confidence.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio import bar_pointer
from audio.config import FRAME_RATE, HOP_RATE, HOPS_PER_FRAME
from audio.features import FrameFeatures

F32 = NDArray[np.float32]

BEAT_NAMES: tuple[str, ...] = (
    "beat_cos",
    "beat_sin",
    "bar_cos",
    "bar_sin",
    "time_to_beat",
    "tempo",
    "confidence",
    "music",
)
BEATS_IN_BAR = 4

MUSIC_DB = -60.0  # dBFS: below it, silence
MUSIC_HOLD_FRAMES = 15  # a rest of a second is still music
PHASE_GAIN = 0.2  # of the phase error, each frame
PERIOD_GAIN = 0.15
SAME_TEMPO, SAME_PHASE = 0.06, 0.18  # within these (log period, beats) the clock follows instead of jumping
JUMP_CONFIDENCE, JUMP_FRAMES = 0.35, 7
FIRST_CONFIDENCE = 0.25  # enough for the first lock
CONFIDENCE_GAIN = 0.25
CONTRAST_SECONDS = 0.025  # around a beat
CHANCE_CONTRAST, CLEAR_CONTRAST = 1.1, 1.8  # flux on the beats against its mean: on noise, and on most music
ON_BEAT_GAIN = 1.0 / 24.0  # about eight beats
OVERALL_GAIN = 1.0 / (4.0 * HOP_RATE)
ACCENT_SECONDS = 0.07  # around a beat
ACCENT_DECAY = math.exp(-1.0 / (12.0 * FRAME_RATE))
ACCENT_MARGIN = 1.1  # another downbeat must be this much stronger


class Beat(NamedTuple):
    """The beat at one instant."""

    beat_phase: float  # 0-1, 0 on the beat
    bar_phase: float  # 0-1, 0 on the downbeat
    period: float  # s
    bpm: float
    confidence: float  # 0-1
    beat_in_bar: int  # 1-4
    music: bool
    time_to_beat: float  # s


class BeatState(NamedTuple):
    """The whole memory of the engine; every push makes a new one."""

    belief: F32  # [bar_pointer.SIZE]
    beats: float  # the clock: beats since the start, at the end of the newest frame
    period: float  # s
    confidence: float
    locked: bool
    doubt: int  # frames for which the filter has disagreed with the clock
    on_beat: float  # running mean of the flux around the beats
    overall: float  # and at all times
    quiet: int  # frames since sound was heard
    accents: F32  # [4] low-band flux on the beats, by beat number modulo 4
    downbeat: int  # beat number modulo 4 of the downbeat


def init() -> BeatState:
    """A stream of which nothing was heard."""
    return BeatState(
        belief=bar_pointer.PRIOR.copy(),
        beats=0.0,
        period=60.0 / bar_pointer.PRIOR_BPM,
        confidence=0.0,
        locked=False,
        doubt=0,
        on_beat=1.0,
        overall=1.0,
        quiet=MUSIC_HOLD_FRAMES,
        accents=np.zeros(BEATS_IN_BAR, np.float32),
        downbeat=0,
    )


def push(state: BeatState, frame: FrameFeatures) -> BeatState:
    """Hear one frame's onsets."""
    quiet = 0 if frame.loudness_db > MUSIC_DB else min(state.quiet + 1, MUSIC_HOLD_FRAMES)
    belief = state.belief
    for onsets in frame.onsets:
        belief = bar_pointer.move(belief, onsets, quiet >= MUSIC_HOLD_FRAMES)
    period, phase, confidence = bar_pointer.best(belief)
    if quiet >= MUSIC_HOLD_FRAMES:
        confidence = 0.0
    state = _follow(state._replace(belief=belief, quiet=quiet), period, phase, confidence)
    state = _listen_at_beats(state, frame.onsets)
    clear = (state.on_beat / state.overall - CHANCE_CONTRAST) / (CLEAR_CONTRAST - CHANCE_CONTRAST)
    heard = confidence * min(1.0, max(0.0, clear))
    return state._replace(confidence=state.confidence + CONFIDENCE_GAIN * (heard - state.confidence))


def predict(state: BeatState, ahead_seconds: float) -> Beat:
    """The beat at `ahead_seconds` after the end of the newest frame."""
    beats = state.beats + ahead_seconds / state.period
    phase = beats % 1.0
    in_bar = (beats - state.downbeat) % BEATS_IN_BAR
    return Beat(
        beat_phase=phase,
        bar_phase=in_bar / BEATS_IN_BAR,
        period=state.period,
        bpm=60.0 / state.period,
        confidence=state.confidence,
        beat_in_bar=int(in_bar) + 1,
        music=state.quiet < MUSIC_HOLD_FRAMES,
        time_to_beat=(1.0 - phase) * state.period,
    )


def vector(beat: Beat) -> F32:
    """The network's input, as BEAT_NAMES has it: [8]."""
    on_beat, in_bar = 2.0 * math.pi * beat.beat_phase, 2.0 * math.pi * beat.bar_phase
    tempo = math.log2(beat.bpm / 120.0)
    circle = (math.cos(on_beat), math.sin(on_beat), math.cos(in_bar), math.sin(in_bar))
    return np.array([*circle, beat.time_to_beat, tempo, beat.confidence, beat.music], np.float32)


def _follow(state: BeatState, period: float, phase: float, confidence: float) -> BeatState:
    """Move the clock on by one frame, toward the phase and period of the filter."""
    advance = 1.0 / (FRAME_RATE * state.period)
    beats = state.beats + advance
    error = (phase - beats + 0.5) % 1.0 - 0.5
    state = state._replace(beats=beats)
    if not state.locked:
        sure = confidence > FIRST_CONFIDENCE
        return state._replace(beats=beats + error % 1.0, period=period, locked=sure)
    if abs(math.log(period / state.period)) < SAME_TEMPO and abs(error) < SAME_PHASE:
        weight = min(1.0, 2.0 * confidence)
        step = min(max(PHASE_GAIN * weight * error, -0.5 * advance), 0.5 * advance)
        period = state.period + PERIOD_GAIN * weight * (period - state.period)
        return state._replace(beats=beats + step, period=period, doubt=0)
    doubt = state.doubt + 1 if confidence > JUMP_CONFIDENCE else max(0, state.doubt - 1)
    if doubt < JUMP_FRAMES:
        return state._replace(doubt=doubt)
    return state._replace(beats=beats + error % 1.0, period=period, doubt=0)


def _listen_at_beats(state: BeatState, onsets: F32) -> BeatState:
    """Gather the flux on the beats of the clock: how far it stands out, and which of four beats has the most bass.

    The strongest of four is the downbeat, once it is clearly so.
    """
    on_beat, overall = state.on_beat, state.overall
    accents = (state.accents * np.float32(ACCENT_DECAY)).tolist()
    lows, rest = onsets[:, 0].tolist(), onsets[:, 1:].mean(axis=1).tolist()
    for hop in range(HOPS_PER_FRAME):
        behind = (HOPS_PER_FRAME - 0.5 - hop) / HOP_RATE + bar_pointer.FLUX_DELAY_SECONDS
        beats = state.beats - behind / state.period
        number = round(beats)
        flux, distance = rest[hop], abs(beats - number) * state.period
        overall = max(1e-3, overall + OVERALL_GAIN * (flux - overall))
        if distance < CONTRAST_SECONDS:
            on_beat = max(1e-3, on_beat + ON_BEAT_GAIN * (flux - on_beat))
        if distance < ACCENT_SECONDS:
            accents[number % BEATS_IN_BAR] += lows[hop]
    strongest = accents.index(max(accents))
    downbeat = strongest if accents[strongest] > ACCENT_MARGIN * accents[state.downbeat] else state.downbeat
    return state._replace(accents=np.array(accents, np.float32), downbeat=downbeat, on_beat=on_beat, overall=overall)
