"""A microphone without hardware: PulseAudio's module-pipe-source, whose sound is what is written into a FIFO."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

RATE = 48_000  # Hz
BLOCK = 480  # samples, 10 ms
MISSING = "needs apt install libportaudio2 pulseaudio pulseaudio-utils libasound2-plugins"


def available() -> bool:
    return shutil.which("pulseaudio") is not None and shutil.which("pactl") is not None


@dataclass
class PipeMicrophone:
    """The writer's end, and the environment in which a process hears it as its default input."""

    fifo: int
    environment: dict[str, str]

    def play(self, samples: NDArray[np.float32]) -> None:
        """Write the samples at their true pace; 10 ms are written as soon as they would have been recorded."""
        data = samples.astype("<f4").tobytes()
        start, size = time.perf_counter(), BLOCK * 4
        for n, at in enumerate(range(0, len(data), size), start=1):
            time.sleep(max(0.0, start + n * BLOCK / RATE - time.perf_counter()))
            rest = memoryview(data)[at : at + size]
            while rest:
                try:
                    rest = rest[os.write(self.fifo, rest) :]
                except BlockingIOError:
                    time.sleep(0.001)


@contextmanager
def pipe_microphone(folder: Path) -> Iterator[PipeMicrophone]:
    run = folder / "run"
    run.mkdir(mode=0o700)
    fifo = folder / "mic.fifo"
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(run),
        "PULSE_RUNTIME_PATH": str(run / "pulse"),
        "PULSE_STATE_PATH": str(run / "state"),
    }
    source = f"module-pipe-source source_name=dance_pipe file={fifo} format=float32le rate={RATE} channels=1"
    modules = ("module-native-protocol-unix", source, "module-always-sink")
    loads = [word for module in modules for word in ("-L", module)]
    server = subprocess.Popen(
        ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", *loads],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        chosen = ["pactl", "set-default-source", "dance_pipe"]
        for _ in range(100):
            if subprocess.run(chosen, env=environment, capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("PulseAudio does not answer")
        writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        try:
            yield PipeMicrophone(writer, environment)
        finally:
            os.close(writer)
    finally:
        server.terminate()
        server.wait()
