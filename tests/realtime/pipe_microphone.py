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
def sound_server(folder: Path, module: str, source: str) -> Iterator[dict[str, str]]:
    """A PulseAudio of its own with one module more; the environment in which `source` is the default input."""
    run = folder / "run"
    run.mkdir(mode=0o700)
    environment = os.environ | {
        "HOME": str(folder),
        "XDG_RUNTIME_DIR": str(run),
        "PULSE_RUNTIME_PATH": str(run / "pulse"),
        "PULSE_STATE_PATH": str(run / "state"),
    }
    modules = ("module-native-protocol-unix", module, "module-always-sink")
    loads = [word for module in modules for word in ("-L", module)]
    server = subprocess.Popen(
        ["pulseaudio", "--daemonize=no", "--exit-idle-time=-1", "-n", *loads],
        env=environment,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        chosen = ["pactl", "set-default-source", source]
        for _ in range(100):
            if subprocess.run(chosen, env=environment, capture_output=True, check=False).returncode == 0:
                break
            time.sleep(0.05)
        else:
            raise RuntimeError("PulseAudio does not answer")
        yield environment
    finally:
        server.terminate()
        server.wait()


@contextmanager
def pipe_microphone(folder: Path) -> Iterator[PipeMicrophone]:
    """What is written into a FIFO is what the microphone hears."""
    fifo = folder / "mic.fifo"
    module = f"module-pipe-source source_name=dance_pipe file={fifo} format=float32le rate={RATE} channels=1"
    with sound_server(folder, module, "dance_pipe") as environment:
        writer = os.open(fifo, os.O_WRONLY | os.O_NONBLOCK)
        try:
            yield PipeMicrophone(writer, environment)
        finally:
            os.close(writer)


@contextmanager
def looped_card(folder: Path) -> Iterator[dict[str, str]]:
    """The environment of a sound card whose microphone hears what it plays."""
    with sound_server(folder, f"module-null-sink sink_name=card rate={RATE}", "card.monitor") as environment:
        yield environment
