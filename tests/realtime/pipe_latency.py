"""Sound in to pose out by a clock that is surely right: python -m tests.realtime.pipe_latency

tools.latency trusts PortAudio on when a click leaves. Here clicks are written into PulseAudio's pipe source at the
instant that their samples are due, so that nothing of an output is in the figure.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from tests.realtime.pipe_microphone import RATE, pipe_microphone
from tools.latency import APART, CLICK_SECONDS, JITTER, Listener, answers, report

ROOT = Path(__file__).resolve().parents[2]
CLICKS = 60
FIRST = 3.0  # s: the first seconds of a stage are not those of a show


def main() -> None:
    """Print the table of tools.latency."""
    rng = np.random.default_rng(1)
    starts = ((FIRST + np.cumsum(APART + rng.uniform(0.0, JITTER, CLICKS))) * RATE).astype(int)
    sound = np.full(starts[-1] + RATE, 1e-5, np.float32)
    for start in starts:
        sound[start : start + int(CLICK_SECONDS * RATE)] = rng.uniform(-0.9, 0.9, int(CLICK_SECONDS * RATE))
    with tempfile.TemporaryDirectory() as folder, pipe_microphone(Path(folder)) as microphone:
        listener = Listener()
        words = [
            "-m",
            "realtime.run",
            "--device",
            "mic",
            "--control",
            "off",
            "--sink",
            f"osc:127.0.0.1:{listener.port}",
        ]
        with subprocess.Popen(
            [sys.executable, "-u", *words],
            cwd=ROOT,
            env=microphone.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as stage:
            assert stage.stdout is not None
            while "Ctrl-C" not in stage.stdout.readline():
                assert stage.poll() is None
            while not listener.heard.came:  # what is written before the device is read would wait in the pipe for ever
                microphone.play(sound[: RATE // 10])
            time.sleep(1.0)
            began = time.perf_counter()
            microphone.play(sound)
            stage.terminate()
            stage.communicate()
        listener.close()
    print(report(answers(began + starts / RATE, listener.heard), CLICKS, listener.heard.lead))


if __name__ == "__main__":
    main()
