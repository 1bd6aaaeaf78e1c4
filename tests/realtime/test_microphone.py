"""The microphone, heard through a real device path: sample by sample what was played, and nothing late."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from numpy.typing import NDArray

from audio import config, resample
from tests.realtime import toy_dancer
from tests.realtime.pipe_microphone import MISSING, RATE, available, pipe_microphone

ROOT = Path(__file__).resolve().parents[2]
SONG = ROOT.parent / "shared" / "data" / "music" / "gmd_disco120.ogg"
SECONDS = 60

pytestmark = [
    pytest.mark.skipif(not available(), reason=MISSING),
    pytest.mark.skipif(not SONG.is_file(), reason="needs shared/data/music"),
]


def song() -> NDArray[np.float32]:
    """A minute of real music at the microphone's rate."""
    samples, rate = soundfile.read(SONG, dtype="float32", always_2d=True)
    at_rate = soxr.resample(samples.mean(axis=1), rate, RATE).astype(np.float32)
    return np.resize(at_rate, SECONDS * RATE)


def run(*arguments: str) -> list[str]:
    return [sys.executable, "-u", "-m", "realtime.run", "--control", "off", *arguments]


def test_a_minute_of_music_through_the_microphone_is_danced_in_time_and_exactly_as_from_a_file(tmp_path: Path) -> None:
    dancer = str(toy_dancer.write(tmp_path / "toy.onnx"))
    heard, danced, stats = tmp_path / "heard.wav", tmp_path / "live.npz", tmp_path / "stats.json"
    played = song()
    with pipe_microphone(tmp_path) as microphone:
        arguments = ["--dancer", dancer, "--sink", f"npz:{danced}", "--sink", f"wav:{heard}", "--stats", str(stats)]
        stage = subprocess.Popen(
            run("--device", "mic", *arguments),
            cwd=ROOT,
            env=microphone.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert stage.stdout is not None
        while "Ctrl-C" not in stage.stdout.readline():
            assert stage.poll() is None
        microphone.play(np.concatenate([np.zeros(RATE // 2, np.float32), played, np.zeros(RATE, np.float32)]))
        stage.send_signal(signal.SIGINT)
        _, errors = stage.communicate(timeout=30)
    assert (stage.returncode, errors) == (0, "")
    account = json.loads(stats.read_text())
    assert (account["late"], account["dropped_samples"]) == (0, 0)

    samples, rate = soundfile.read(heard, dtype="float32")
    assert rate == config.RATE
    assert contains(samples, played)

    offline = tmp_path / "offline.npz"
    again = run("--device", f"file:{heard}", "--pace", "fast", "--dancer", dancer, "--sink", f"npz:{offline}")
    subprocess.run(again, cwd=ROOT, check=True, capture_output=True)
    with np.load(danced) as live, np.load(offline) as fast:
        assert len(live["pose"]) == len(samples) // config.FRAME
        for name in ("pose", "positions", "beat"):
            np.testing.assert_array_equal(live[name], fast[name])


def contains(samples: NDArray[np.float32], played: NDArray[np.float32]) -> bool:
    """Whether the recording holds the song bit for bit, as it is at 24 kHz from an even or an odd sample on."""
    first = int(np.flatnonzero(samples)[0])
    for shift in (0, 1):
        wanted, _ = resample.push(resample.init(RATE), np.concatenate([np.zeros(shift, np.float32), played]))
        begin = first - int(np.flatnonzero(wanted)[0])
        if np.array_equal(samples[begin : begin + len(wanted)], wanted):
            return True
    return False
