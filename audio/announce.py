"""Announcing beats before they sound: what the engine says of a coming beat, once, and never revises.

A beat is announced in the last frame that ends at least `ahead` seconds before it, as it is predicted there.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio import beat, features, framing, resample
from audio.beat import BeatState
from audio.config import FRAME_RATE, RATE, AudioError
from audio.features import FrameFeatures

F32 = NDArray[np.float32]

LONGEST_AHEAD = 2.0  # s
NEAREST_PERIODS = 0.5  # between two announced beats, after a jump, too
SLIPPED_SECONDS = 0.035  # a beat that a correction has just moved out of reach is announced this much late at most
MARGIN_SECONDS = 1e-4  # so that writing a time in decimals makes no announcement too late


class Announcement(NamedTuple):
    """A beat to come, times in seconds of audio."""

    time: float
    position_in_bar: int  # 1 is the downbeat
    known_at: float  # how much audio had been heard; at most time - ahead
    confidence: float  # 0-1


class AnnounceState(NamedTuple):
    """How far ahead to announce (s), and the last beat that was announced (s)."""

    ahead: float
    last: float


class Heard(NamedTuple):
    """The stream after one frame."""

    audio_time: float  # s: all that was heard
    features: FrameFeatures
    clock: BeatState


def init(ahead_seconds: float) -> AnnounceState:
    """Nothing announced yet. Raises AudioError for less than 0 or more than 2 seconds ahead."""
    if not 0.0 <= ahead_seconds <= LONGEST_AHEAD:
        raise AudioError(f"{ahead_seconds * 1e3:g} ms ahead: choose from 0 to {LONGEST_AHEAD * 1e3:g} ms")
    return AnnounceState(float(ahead_seconds), -np.inf)


def push(state: AnnounceState, clock: BeatState, audio_time: float) -> tuple[list[Announcement], AnnounceState]:
    """What is to be announced at the end of the frame at `audio_time`: the beats that the next frame would miss.

    A beat that is already nearer than `ahead` (or 35 ms more: then it is announced for the first lawful instant)
    is left out, and so is one within half a period of the last.
    """
    made: list[Announcement] = []
    now = beat.predict(clock, state.ahead)
    earliest, last = audio_time + state.ahead, state.last
    since = now.beat_phase * now.period
    if since <= SLIPPED_SECONDS and earliest - since - last >= NEAREST_PERIODS * now.period:
        to_beat = -since
    else:
        to_beat = now.time_to_beat
    while to_beat < 1.0 / FRAME_RATE:
        time = earliest + max(MARGIN_SECONDS, to_beat)
        if time - last >= NEAREST_PERIODS * now.period:
            inside = beat.predict(clock, state.ahead + to_beat + 0.5 * now.period)  # clear of the beat's own instant
            made.append(Announcement(time, inside.beat_in_bar, audio_time, now.confidence))
            last = time
        to_beat += now.period
    return made, state._replace(last=last)


def hear(rate: int, blocks: Iterable[F32], clock: BeatState | None = None) -> Iterator[Heard]:
    """The engine at the end of every frame of a stream of mono blocks at `rate` Hz, as the stage hears it."""
    sound, cutting, heard = resample.init(rate), framing.init(), features.init()
    clock = beat.init() if clock is None else clock
    number = 0
    for block in blocks:
        samples, sound = resample.push(sound, block)
        frames, cutting = framing.push(cutting, samples)
        for frame in frames:
            now, heard = features.push(heard, frame)
            clock = beat.push(clock, now)
            number += 1
            yield Heard(number / FRAME_RATE, now, clock)


def announcements(samples: F32, ahead_seconds: float = 0.0) -> list[Announcement]:
    """Every beat of a song [n] at 24 kHz as it is announced."""
    state, made = init(ahead_seconds), []
    for heard in hear(RATE, [samples]):
        new, state = push(state, heard.clock, heard.audio_time)
        made += new
    return made
