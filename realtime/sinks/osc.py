"""Our own stream: /dance/* over OSC, one bundle a frame and dancer (docs/design.md, section 5)."""

import numpy as np

from audio.config import FRAME_RATE
from motion.skeleton import BONES
from realtime.frame import StageFrame
from realtime.osc_wire import BundleTemplate, MessageTemplate, UdpOut, message, split_target
from realtime.sinks.base import Sink, SinkOptions
from realtime.sinks.osc_words import Words
from realtime.smooth import DELAY

HELP = "poses, beat and level as /dance/* over OSC; HOST:PORT (127.0.0.1:7700); rate=15-120 poses a second; broadcast=1"
WIRE_VERSION = "1"
HELLO_SECONDS = 2.0
SILENCE_DB = -120.0  # digital silence is minus infinity, which must not leave the house
HOST, PORT = "127.0.0.1", 7700
J = len(BONES)


def hello(dancers: int, fps: float) -> bytes:
    """The /dance/hello message: what a receiver must know to read the rest."""
    return message("/dance/hello", WIRE_VERSION, int(dancers), float(fps), *BONES).data


def frame_bundles(dancers: int) -> list[BundleTemplate]:
    """One bundle for each dancer; the first one's begins with what all dancers share."""
    shared = [
        message("/dance/frame", 0, 0.0, 0.0),
        message("/dance/beat", 0.0, 0.0, 0.0, 0.0, 0, 0),
        message("/dance/level", 0.0, 0.0),
    ]
    return [BundleTemplate((shared if n == 0 else []) + _dancer_messages(n)) for n in range(dancers)]


def _dancer_messages(n: int) -> list[MessageTemplate]:
    sizes = {"root": 7, "rotations": 4 * J, "positions": 3 * J, "contacts": 4}
    return [message(f"/dance/{n}/{name}", *[0.0] * size) for name, size in sizes.items()]


def write_frame(bundles: list[BundleTemplate], frame: StageFrame, held: float = 0.0) -> None:
    """Put one frame's numbers into its bundles; held: seconds from its audio time to its leaving, but for the step.

    A receiver is told the audio time at which the frame leaves, and the lead that is left.
    """
    report = frame.report
    shared = (
        *(frame.audio_time + held, frame.lead - held),
        *(report.beat_phase, report.bar_phase, report.bpm, report.confidence),
        *(max(frame.loudness_db, SILENCE_DB), frame.energy),
    )
    ints = (frame.index & 0x7FFFFFFF, report.beat_in_bar, int(report.music))
    for n, bundle in enumerate(bundles):
        rotations = frame.rotations[n].ravel()
        parts = (frame.root_position[n], rotations[:4], rotations, frame.positions[n].ravel(), frame.contacts[n])
        if n == 0:
            bundle.write(np.concatenate((np.array(shared, np.float32), *parts)), ints)
        else:
            bundle.write(np.concatenate(parts))


class OscSink(Sink):
    """Sends every frame to one receiver, and says hello at the start, every two seconds and when asked."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only("rate", "broadcast")
        host, port = split_target(options.target, HOST, PORT)
        self._out = UdpOut(host, port, broadcast=options.choice("broadcast", "0", "0", "1") == "1")
        self.rate, self.hears = options.rate(), self._out.address[:2]
        self._held = 0.0 if self.rate == FRAME_RATE else DELAY
        self._bundles = frame_bundles(options.info.dancers)
        self._hello = hello(options.info.dancers, self.rate)
        self._words = Words(options.info)
        self._hello_every = round(HELLO_SECONDS * self.rate)
        self._sent = 0

    def send(self, frame: StageFrame) -> None:
        """Write one frame to the network; never waits."""
        news = self._words.changed(frame)
        if self._sent % self._hello_every == 0:
            self.hello()
        elif news:
            self._out.send(self._words.data)
        self._sent += 1
        write_frame(self._bundles, frame, self._held)
        for bundle in self._bundles:
            self._out.send(bundle.data)

    def hello(self) -> None:
        """Send /dance/hello now, and the words that seldom change."""
        self._out.send(self._hello)
        if self._words.data:
            self._out.send(self._words.data)

    def close(self) -> None:
        """Give the socket back."""
        self._out.close()

    def describe(self) -> str:
        """Where the stream goes."""
        return f"osc to {self._out.name}"
