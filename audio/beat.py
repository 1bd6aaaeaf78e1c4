"""The beat engine: from what the network hears to a clock that can be asked for any moment ahead.

    log-mel hops ─► activation.push ─► bar_pointer.move ─► beat_clock.follow ─► predict(now + ahead)
                        │ downbeats ─────────────────────► bar.listen ──────────────┘

The filter believes, the clock follows it. The performer's hand (`audio/beat_hand.py`) moves both.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio import activation, bar, bar_pointer, beat_clock, beat_confidence, tempo_bend
from audio.activation import SHOWN_AFTER_HOPS, Ear
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

SLOWEST_BPM, FASTEST_BPM = 55.0, 215.0  # the range by default
MUSIC_DB = -60.0  # dBFS: below it, silence
MUSIC_HOLD_FRAMES = 15  # a rest of a second is still music
CONFIDENCE_GAIN = 0.25
NEAR_SECONDS = 0.035  # hops so near to a beat of the clock say whether it is a downbeat
GIVEN_HOLD_FRAMES = 30  # an outside clock that says nothing for two seconds is gone


class Beat(NamedTuple):
    """The beat at one instant."""

    beat_phase: float  # 0-1, 0 on the beat
    bar_phase: float  # 0-1, 0 on the downbeat
    period: float  # s
    bpm: float
    confidence: float  # 0-1
    beat_in_bar: int  # from 1
    music: bool
    time_to_beat: float  # s
    metre: int  # beats in a bar
    time_to_downbeat: float  # s


class Reading(NamedTuple):
    """What the engine knows at the end of a frame: all that `predict` needs, and small enough to be told to others."""

    beats: float  # since the start
    period: float  # s
    metre: int  # beats in a bar
    origin: int  # number of a downbeat
    confidence: float  # 0-1
    music: bool


class BeatState(NamedTuple):
    """The whole memory of the engine; every push makes a new one."""

    ear: Ear  # never changes
    activation: activation.ActivationState
    belief: F32  # bar_pointer.SHAPE
    limits: tuple[float, float]  # bpm: the performer's range
    prior: bar_pointer.Prior  # and what it means for the filter
    held: float  # s: a period that somebody gave, or 0
    clock: beat_clock.Clock
    bend: tempo_bend.Bend
    bar: bar.Bar
    evidence: beat_confidence.Evidence
    confidence: float
    quiet: int  # frames since sound was heard
    given: int  # frames for which an outside clock still rules
    outside: tuple[float, float]  # its period (s), and its phase (0-1) at the end of the newest frame


def init(slowest_bpm: float = SLOWEST_BPM, fastest_bpm: float = FASTEST_BPM, ear: Ear | None = None) -> BeatState:
    """A stream of which nothing was heard, with the performer's range of tempi; `ear` is the shipped one by default."""
    prior = bar_pointer.within(slowest_bpm, fastest_bpm)
    clock = beat_clock.init(bar_pointer.best(prior.first)[0])
    return BeatState(
        ear=ear or activation.shipped(),
        activation=activation.init(),
        belief=prior.first.copy(),
        limits=(slowest_bpm, fastest_bpm),
        prior=prior,
        held=0.0,
        clock=clock,
        bend=tempo_bend.init(clock.period),
        bar=bar.init(),
        evidence=beat_confidence.init(),
        confidence=0.0,
        quiet=MUSIC_HOLD_FRAMES,
        given=0,
        outside=(1.0, 0.0),
    )


def push(state: BeatState, frame: FrameFeatures) -> BeatState:
    """Hear one frame."""
    quiet = 0 if frame.loudness_db > MUSIC_DB else min(state.quiet + 1, MUSIC_HOLD_FRAMES)
    silent = quiet >= MUSIC_HOLD_FRAMES
    heard, memory = activation.push(state.ear, state.activation, frame.log_mel)
    beats, downs = bar_pointer.chance(heard.beats).tolist()
    tempo = np.exp(heard.tempo - heard.tempo.max())
    tempo /= tempo.sum()
    bend = tempo_bend.hear(state.bend, beats)
    belief = bar_pointer.move(state.belief, beats, tempo, state.prior, silent, tempo_bend.now(bend))
    state = state._replace(activation=memory, belief=belief, bend=bend, quiet=quiet)
    state = _follow(state, float(tempo[-1]), silent)
    state = _listen(state, beats, downs)
    sure = 0.0 if silent else beat_confidence.chance(state.evidence, state.ear.confidence)
    if state.given:
        sure = 1.0
    return state._replace(confidence=state.confidence + CONFIDENCE_GAIN * (sure - state.confidence))


def reading(state: BeatState) -> Reading:
    """What another engine must be told to predict the same."""
    clock, bar = state.clock, state.bar
    music = state.quiet < MUSIC_HOLD_FRAMES
    return Reading(clock.beats, clock.period, bar.metre, bar.origin, state.confidence, music)


def told(state: BeatState, heard: Reading) -> BeatState:
    """In place of `push`: the frame was heard by another engine, and this is its reading; the hand must go there."""
    return state._replace(
        clock=state.clock._replace(beats=heard.beats, period=heard.period, locked=True),
        bar=state.bar._replace(metre=heard.metre, origin=heard.origin),
        confidence=heard.confidence,
        quiet=0 if heard.music else MUSIC_HOLD_FRAMES,
        given=1,
    )


def predict(state: BeatState, ahead_seconds: float) -> Beat:
    """The beat at `ahead_seconds` after the end of the newest frame."""
    period, metre = state.clock.period, state.bar.metre
    beats = state.clock.beats + ahead_seconds / period
    phase, place = beats % 1.0, bar.position(state.bar, beats)
    return Beat(
        beat_phase=phase,
        bar_phase=place / metre,
        period=period,
        bpm=60.0 / period,
        confidence=state.confidence,
        beat_in_bar=int(place) + 1,
        music=state.quiet < MUSIC_HOLD_FRAMES,
        time_to_beat=(1.0 - phase) * period,
        metre=metre,
        time_to_downbeat=(metre - place) * period,
    )


def vector(beat: Beat) -> F32:
    """The network's input, as BEAT_NAMES has it: [8]."""
    on_beat, in_bar = 2.0 * math.pi * beat.beat_phase, 2.0 * math.pi * beat.bar_phase
    tempo = math.log2(beat.bpm / 120.0)
    circle = (math.cos(on_beat), math.sin(on_beat), math.cos(in_bar), math.sin(in_bar))
    return np.array([*circle, beat.time_to_beat, tempo, beat.confidence, beat.music], np.float32)


def from_vector(numbers: F32, metre: int = 4) -> Beat:
    """The beat that `vector` told; the metre, which is not in it, is given."""
    told = dict(zip(BEAT_NAMES, numbers.tolist(), strict=True))
    beat, bar = (math.atan2(told[f"{w}_sin"], told[f"{w}_cos"]) / (2.0 * math.pi) % 1.0 for w in ("beat", "bar"))
    bpm, place = 120.0 * 2.0 ** told["tempo"], bar * metre
    return Beat(
        beat_phase=beat,
        bar_phase=bar,
        period=60.0 / bpm,
        bpm=bpm,
        confidence=told["confidence"],
        beat_in_bar=int(place) % metre + 1,
        music=told["music"] > 0.5,
        time_to_beat=told["time_to_beat"],
        metre=metre,
        time_to_downbeat=(metre - place) * 60.0 / bpm,
    )


def _follow(state: BeatState, beatless: float, silent: bool) -> BeatState:
    """Move the clock on by one frame toward what the filter believes; in silence, where that fades, as it was."""
    period, phase, sure = bar_pointer.best(state.belief)
    heed = 0.0 if silent and not state.held else sure
    if state.given:
        period, sure, heed = state.outside[0], 1.0, 1.0
        phase = (state.outside[1] + 1.0 / (FRAME_RATE * period)) % 1.0
        state = state._replace(given=state.given - 1, outside=(period, phase))
        if not state.given:  # the outside clock is gone: hearing goes on from its place
            state = state._replace(belief=bar_pointer.at(period, phase))
    clock, leapt = beat_clock.follow(state.clock, state.held or period, phase, heed, tempo_bend.now(state.bend))
    told = bar.forget(state.bar, math.floor(clock.beats)) if leapt else state.bar
    evidence = beat_confidence.hear(state.evidence, sure, beatless, beat_clock.phase_error(clock, phase), leapt)
    bend = tempo_bend.follow(state.bend, clock.period, leapt)
    return state._replace(clock=clock, bend=bend, bar=told, evidence=evidence)


def _listen(state: BeatState, beats: list[float], downs: list[float]) -> BeatState:
    """Give each hop near a beat of the clock to the bar and to the confidence."""
    told, evidence, clock = state.bar, state.evidence, state.clock
    for hop in range(HOPS_PER_FRAME):
        behind = (HOPS_PER_FRAME - 1 - hop + SHOWN_AFTER_HOPS) / HOP_RATE
        place = clock.beats - behind / clock.period
        number = round(place)
        if abs(place - number) * clock.period < NEAR_SECONDS:
            before, told = told, bar.listen(told, number, downs[hop], beats[hop])
            if told.number != before.number:
                evidence = beat_confidence.hear_beat(evidence, before.beat)
    return state._replace(bar=told, evidence=evidence)
