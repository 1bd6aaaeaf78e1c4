"""One frame as a stage has heard it, and the same as bytes: so that one stage listens for many (`--device features:`).

A stream begins with one line of JSON, GREETING; then comes one record of RECORD.itemsize bytes a frame, little-endian.
Nothing in it is executed or unpickled; the greeting of another version is refused.
"""

import json
from typing import NamedTuple

import numpy as np

from audio.beat import Reading
from audio.config import FRAME, FRAME_RATE, RATE
from audio.features import FEATURE_NAMES
from realtime.frame import F32, StageFrame

HOST, PORT = "127.0.0.1", 7704
CONTRACT = 1
MOST_BEATS = 16  # in a bar
SHORTEST, LONGEST = 0.05, 20.0  # s, of a beat
RECORD = np.dtype(
    [
        ("frame", "<i8"),
        ("reading", "<f8", len(Reading._fields)),
        ("loudness_db", "<f8"),
        ("energy", "<f8"),
        ("values", "<f4", len(FEATURE_NAMES)),
        ("samples", "<f4", FRAME),
    ]
)
_WORDS = {
    "dance_features": CONTRACT,
    "rate": RATE,
    "fps": FRAME_RATE,
    "frame": FRAME,
    "reading": Reading._fields,
    "features": FEATURE_NAMES,
}
GREETING = json.dumps(_WORDS).encode() + b"\n"


class Analysis(NamedTuple):
    """What the dancers need to know of one frame, and its sound for those who record it."""

    frame: int  # as the stage that heard it counts
    reading: Reading
    loudness_db: float
    energy: float  # 0-1
    values: F32  # [F]
    samples: F32  # [1600]


def pack(frame: StageFrame) -> bytes:
    """The record of a frame, RECORD.itemsize bytes."""
    told = (frame.index, frame.reading, frame.loudness_db, frame.energy, frame.features, frame.samples)
    return np.array(told, RECORD).tobytes()


def unpack(record: bytes) -> Analysis | None:
    """The frame of a record; None for one that no stage could have sent: what is not finite or not possible."""
    frame, numbers, loudness_db, energy, values, samples = np.frombuffer(record, RECORD)[0]
    if not all(np.isfinite(part).all() for part in (numbers, loudness_db, energy, values, samples)):
        return None
    beats, period, metre, origin, confidence, music = numbers.tolist()
    possible = LONGEST > period > SHORTEST and 1.0 <= metre <= MOST_BEATS and 0.0 <= confidence <= 1.0
    if not (possible and max(abs(beats), abs(origin)) < 2.0**53):
        return None
    reading = Reading(beats, period, int(metre), int(origin), confidence, bool(music))
    return Analysis(int(frame), reading, float(loudness_db), float(energy), values, samples)
