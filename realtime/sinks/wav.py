"""Records what the stage heard: float32 mono WAV at 24 kHz, valid even when the process is killed.

WAVE_FORMAT_IEEE_FLOAT with a fact chunk (Microsoft RIFF, multimedia standards update 1994, rev. 3).
"""

import struct

import numpy as np

from audio.config import FRAME_RATE, RATE
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import SinkOptions
from realtime.sinks.recorder import Recorder, write_at

HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
LARGEST = 0xFFFFFFFF - HEADER.size  # bytes of samples a WAV can count: 12 hours


class WavSink(Recorder):
    """One file; late frames are in it, too: it is what was heard."""

    HELP = "the heard sound, FILE.wav"

    def __init__(self, options: SinkOptions) -> None:
        options.only()
        self._path = options.file(".wav")
        self._bytes = 0
        try:
            self._file = self._path.open("wb", buffering=0)
            self._write_header()
        except OSError as err:
            raise StageError(f"--sink wav cannot write {self._path}: {err.strerror}") from None
        super().__init__(FRAME_RATE)

    def record(self, frames: list[StageFrame]) -> None:
        """Append their samples, then make the header true."""
        data = np.concatenate([frame.samples for frame in frames]).astype("<f4").tobytes()
        if self._bytes + len(data) > LARGEST:
            raise StageError("a WAV cannot be longer than 12 hours")
        write_at(self._file, HEADER.size + self._bytes, data)
        self._bytes += len(data)
        self._write_header()

    def finish(self) -> None:
        """Cut off what a full disk left of a block."""
        self._file.truncate(HEADER.size + self._bytes)
        self._file.close()

    def discard(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink()

    def describe(self) -> str:
        """Which file."""
        return f"wav {self._path}"

    def _write_header(self) -> None:
        riff = (b"RIFF", HEADER.size - 8 + self._bytes, b"WAVE")
        form = (b"fmt ", 18, 3, 1, RATE, RATE * 4, 4, 32, 0)
        write_at(self._file, 0, HEADER.pack(*riff, *form, b"fact", 4, self._bytes // 4, b"data", self._bytes))
