"""The stage's own window: `realtime.view` as a process of its own, fed with /dance over loopback."""

import os
import socket
import sys

from realtime.frame import StageError, StageFrame
from realtime.sinks import child
from realtime.sinks.base import Sink, SinkOptions, StageInfo
from realtime.sinks.osc import OscSink

HELP = (
    "a window of its own; size=WIDTHxHEIGHT, fullscreen=1, monitor=N, control=HOST:PORT (where its keys go, this stage)"
)


def has_display() -> bool:
    """Whether a window could be shown here."""
    names = ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")
    return sys.platform in ("win32", "darwin") or any(os.environ.get(name) for name in names)


class ViewSink(Sink):
    """Starts the window and feeds it. A window that is closed, slow or dead costs the show nothing."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only("size", "fullscreen", "monitor", "control")
        options.no_target()
        full = options.choice("fullscreen", "0", "0", "1") == "1"
        if not has_display():
            raise StageError(
                "--sink view: there is no display here; use --sink terminal, or --sink osc to another machine"
            )
        self._port = free_port()
        info = options.info
        trim = 1e3 * info.lead - 1e3 * info.manifest.lead_frames / info.manifest.fps
        given = {"control": info.control, "lead-ms": f"{trim:.0f}", **options.options}
        wanted = [f"--{name}={given[name]}" for name in ("size", "monitor", "control", "lead-ms") if given.get(name)]
        wanted += ["--fullscreen"] if full else []
        self.process = child.start("realtime.view", "--port", str(self._port), *wanted)
        self._stream = _loopback(self._port, options.info)

    def send(self, frame: StageFrame) -> None:
        """Feed the window; if it is gone, nothing happens."""
        if self.process.poll() is None:
            self._stream.send(frame)

    def hello(self) -> None:
        """Send /dance/hello to the window."""
        self._stream.hello()

    def close(self) -> None:
        """Close the window and wait for it; one that does not answer is killed."""
        self._stream.close()
        child.end(self.process)

    def describe(self) -> str:
        """That there is a window, and its help key."""
        return "view (press H there for its keys)"


def free_port() -> int:
    """A UDP port of this computer that nobody has."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _loopback(port: int, info: StageInfo) -> OscSink:
    return OscSink(SinkOptions("view", f"127.0.0.1:{port}", {}, info))
