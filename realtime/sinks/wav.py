"""Records what the stage heard: float32 mono WAV at 24 kHz, valid even when the process is killed.

WAVE_FORMAT_IEEE_FLOAT with a fact chunk (Microsoft RIFF, multimedia standards update 1994, rev. 3).
"""

import struct
from typing import BinaryIO

from audio.config import RATE
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import Sink, SinkOptions

HEADER = struct.Struct("<4sI4s4sIHHIIHHH4sII4sI")
UPDATE_FRAMES = 15  # the header is made true once a second
LARGEST = 0xFFFFFFFF - HEADER.size  # bytes of samples a WAV can count: 12 hours


class WavSink(Sink):
    """One file; late frames are in it, too: it is what was heard."""

    HELP = "the heard sound, FILE.wav"
    keeps_late = True

    def __init__(self, options: SinkOptions) -> None:
        options.only()
        self._path = options.file(".wav")
        try:
            self._file: BinaryIO = self._path.open("wb", buffering=0)
        except OSError as err:
            raise StageError(f"--sink wav cannot write {self._path}: {err.strerror}") from None
        self._bytes = 0
        self._frames = 0
        self._write_header()

    def send(self, frame: StageFrame) -> None:
        """Append the samples; past 12 hours they are left out, since no WAV can hold more."""
        data = frame.samples.astype("<f4").tobytes()
        if self._bytes + len(data) > LARGEST:
            return
        self._file.write(data)
        self._bytes += len(data)
        self._frames += 1
        if self._frames % UPDATE_FRAMES == 0:
            self._write_header()

    def close(self) -> None:
        """Write the last header."""
        self._write_header()
        self._file.close()

    def abandon(self) -> None:
        """Remove the file."""
        self._file.close()
        self._path.unlink()

    def describe(self) -> str:
        """Which file."""
        return f"wav {self._path}"

    def _write_header(self) -> None:
        end = self._file.seek(0, 2)
        self._file.seek(0)
        riff = (b"RIFF", HEADER.size - 8 + self._bytes, b"WAVE")
        form = (b"fmt ", 18, 3, 1, RATE, RATE * 4, 4, 32, 0)
        self._file.write(HEADER.pack(*riff, *form, b"fact", 4, self._bytes // 4, b"data", self._bytes))
        self._file.seek(max(end, HEADER.size))
