"""How late is the dance?  python -m tools.latency [--device mic] [--output DEVICE] [--clicks 60]

Clicks are played, a stage of its own hears them through the device as in a show, and its /dance stream tells which
pose was the first to know of each. Counted is from the click's leaving the output, as PortAudio tells it, to that
pose's arrival at a receiver: loudspeaker, air, microphone, buffers, waiting for the frame's end, the whole frame, the
network. Poses come 15 times a second: half a frame (33 ms) is waiting on the average, a whole one (67 ms) at worst.

Put the microphone where it will stand. Without one, the computer's own loopback tells all but the air (3 ms a metre).
"""

import argparse
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from realtime.frame import StageError
from realtime.osc_control import read_messages
from realtime.sources.devices import quiet_stderr
from realtime.sources.mic import portaudio

F64 = NDArray[np.float64]

RATE = 48_000  # Hz
CLICK_SECONDS = 0.02
FIRST, APART, JITTER = 2.0, 0.7, 0.2  # s: till the first click, between two at least, and at most so much more
LOUDER = 12.0  # dB over what is heard otherwise
LONGEST = 0.6  # s: what comes later is no answer
PATIENCE = 20.0  # s until the stage must dance


@dataclass
class Heard:
    """What the stage's stream said: when each pose came (s of time.perf_counter), and how loud it heard the room."""

    came: list[float] = field(default_factory=list)
    loudness_db: list[float] = field(default_factory=list)
    lead: float = 0.0  # s


def answers(clicks: F64, heard: Heard) -> F64:
    """Seconds [n <= clicks] from each click that was heard at all to the first pose that knows of it.

    A pose knows of a click when it is LOUDER than the middle one; clicks [n] in seconds of the same clock.
    """
    came, level = np.array(heard.came), np.array(heard.loudness_db)
    if not len(came):
        return np.zeros(0)
    loud = came[level > np.median(level) + LOUDER]
    first = np.searchsorted(loud, clicks)
    found = [loud[n] - click for n, click in zip(first, clicks, strict=True) if n < len(loud)]
    return np.array([seconds for seconds in found if seconds < LONGEST])


def report(delays: F64, clicks: int, lead: float) -> str:
    """The table for people. Raises StageError where too few clicks were heard."""
    if len(delays) < max(1, clicks // 2):
        raise StageError(
            f"{len(delays)} of {clicks} clicks were heard: play louder, or choose another --device or --output"
        )
    middle, most = (float(np.percentile(delays, percent)) for percent in (50, 95))
    spare = (lead - middle) * 1e3
    return "\n".join(
        (
            f"{len(delays)} of {clicks} clicks heard",
            f"sound out to pose in   p50 {middle * 1e3:.0f} ms   p95 {most * 1e3:.0f} ms",
            f"the dancer answers     {lead * 1e3:.0f} ms ahead of what it hears",
            f"so a pose comes        {abs(spare):.0f} ms {'before' if spare >= 0 else 'after'} its instant",
            "a receiver that shows it later than that wants --lead-ms",
        )
    )


class Clicks:
    """Plays bursts of noise and remembers when each left the output."""

    def __init__(self, sd: Any, output: str | None, count: int) -> None:
        """Raises StageError, one line, where the output cannot be had."""
        rng = np.random.default_rng(0)
        waits = FIRST + np.cumsum(APART + rng.uniform(0.0, JITTER, count))
        self._starts: list[int] = (waits * RATE).astype(int).tolist()
        self._burst = rng.uniform(-0.9, 0.9, int(CLICK_SECONDS * RATE)).astype(np.float32)
        self._at = 0
        self.left: list[float] = []
        device = int(output) if output and output.isdecimal() else output
        try:
            self._stream = sd.OutputStream(
                samplerate=RATE, channels=1, dtype="float32", device=device, latency="high", callback=self._play
            )
        except (sd.PortAudioError, ValueError) as err:
            reason = " ".join(str(err).split())
            raise StageError(
                f"--output {output or 'default'} does not open ({reason}): python -m sounddevice lists outputs"
            ) from None

    def start(self) -> None:
        """Begin with silence."""
        self._stream.start()

    def close(self) -> None:
        """Stop and give the device back."""
        with quiet_stderr():
            self._stream.close()

    @property
    def done(self) -> bool:
        """Whether all were played and the last could be answered."""
        return self._at > self._starts[-1] + LONGEST * RATE

    def _play(self, out: NDArray[np.float32], frames: int, when: Any, _status: Any) -> None:
        out.fill(0.0)
        now = time.perf_counter()
        for start in self._starts:
            first, last = max(start, self._at), min(start + len(self._burst), self._at + frames)
            if first < last:
                out[first - self._at : last - self._at, 0] = self._burst[first - start : last - start]
                if first == start:
                    self.left.append(now + when.outputBufferDacTime - when.currentTime + (start - self._at) / RATE)
        self._at += frames


class Listener:
    """Collects a /dance stream on a thread of its own."""

    def __init__(self) -> None:
        self.heard = Heard()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.1)
        self.port: int = self._socket.getsockname()[1]
        self._ends = threading.Event()
        self._thread = threading.Thread(target=self._listen, name="latency", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening."""
        self._ends.set()
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        while not self._ends.is_set():
            try:
                datagram = self._socket.recv(65536)
            except TimeoutError:
                continue
            now, told = time.perf_counter(), dict(read_messages(datagram))
            if "/dance/level" in told and "/dance/frame" in told:
                self.heard.came.append(now)
                self.heard.loudness_db.append(told["/dance/level"][0])
                self.heard.lead = told["/dance/frame"][2]


def measure(arguments: argparse.Namespace) -> str:
    """Play, listen, and tell. Raises StageError."""
    clicks, listener = Clicks(portaudio(), arguments.output, arguments.clicks), Listener()
    stage = subprocess.Popen(
        [sys.executable, "-m", "realtime.run", "--device", arguments.device, "--control", "off",
         "--sink", f"osc:127.0.0.1:{listener.port}", *(["--dancer", arguments.dancer] if arguments.dancer else [])],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        _wait(stage, listener)
        clicks.start()
        with tqdm(total=arguments.clicks, unit="click", disable=None, leave=False) as bar:
            while not clicks.done:
                _check(stage)
                bar.update(len(clicks.left) - bar.n)
                time.sleep(0.05)
    finally:
        clicks.close()
        stage.terminate()
        stage.wait()
        listener.close()
    return report(answers(np.array(clicks.left), listener.heard), arguments.clicks, listener.heard.lead)


def _wait(stage: "subprocess.Popen[str]", listener: Listener) -> None:
    began = time.perf_counter()
    while not listener.heard.came:
        _check(stage)
        if time.perf_counter() - began > PATIENCE:
            raise StageError(f"the stage has not danced for {PATIENCE:g} s: does the device give any sound?")
        time.sleep(0.05)


def _check(stage: "subprocess.Popen[str]") -> None:
    if stage.poll() is not None:
        told = stage.stderr.read().strip().splitlines() if stage.stderr else []
        raise StageError(told[-1].removeprefix("realtime.run: ") if told else "the stage has ended")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with one line on stderr."""
    about, _, more = (__doc__ or "").partition("\n")
    p = argparse.ArgumentParser(
        prog="python -m tools.latency",
        description=about,
        epilog=more,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    p.add_argument("--device", default="mic", help="what the stage hears: as realtime.run has it (default: mic)")
    p.add_argument("--output", metavar="INDEX|NAME", help="where clicks are played (default: the system's)")
    p.add_argument("--clicks", type=int, default=60, metavar="N", help="how many (default: 60, about a minute)")
    p.add_argument("--dancer", metavar="NAME|FILE", help="a shipped dancer or a file (default: the best one)")
    arguments = p.parse_args(argv)
    try:
        if arguments.clicks < 1:
            raise StageError(f"--clicks {arguments.clicks} must be 1 or more")
        print(measure(arguments))
    except StageError as err:
        print(f"tools.latency: {err}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
