"""A page for browsers and OBS: `realtime.web` as a process of its own, fed with /dance over loopback."""

import subprocess
from pathlib import Path

from realtime.frame import StageError, StageFrame
from realtime.osc_wire import split_target
from realtime.sinks import child
from realtime.sinks.base import Sink, SinkOptions
from realtime.sinks.osc import OscSink
from realtime.web import ANYWHERE, HOST, PORT, url
from realtime.web_files import BUILT, PAGE, TYPES

HELP = f"a page for browsers and OBS; [HOST:]PORT ({HOST}:{PORT}); open=1 opens it, avatar=FILE.vrm (after `make web`)"


class WebSink(Sink):
    """Starts the server and feeds it. A server that is slow or dead, and slow browsers, cost the show nothing."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only("open", "avatar")
        self._host, self._port = split_target(options.target, HOST, PORT)
        wanted = ["--port", _target(self._host, self._port)]
        wanted += ["--open"] if options.choice("open", "0", "0", "1") == "1" else []
        if not PAGE.is_dir():
            raise StageError(f"--sink web: the page is missing ({PAGE}): install from a checkout with pip install -e .")
        if avatar := options.options.get("avatar"):
            wanted += ["--avatar", str(_avatar(avatar))]
        self.process, feed = _start(wanted)
        self._stream = OscSink(SinkOptions("web", f"{HOST}:{feed}", {}, options.info))

    def send(self, frame: StageFrame) -> None:
        """Feed the server; if it is gone, nothing happens."""
        self._stream.send(frame)

    def hello(self) -> None:
        """Introduce the show to the page again."""
        self._stream.hello()

    def close(self) -> None:
        """End the server and wait for it; one that does not answer is killed."""
        self._stream.close()
        child.end(self.process)

    def describe(self) -> str:
        """Where the page is."""
        return f"web at {url(self._host, self._port)}" + (
            " (and for other computers)" if self._host in ANYWHERE else ""
        )


def _target(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _avatar(text: str) -> Path:
    """The avatar's file. Raises StageError for one that could not be shown."""
    path = Path(text).expanduser().resolve()
    if path.suffix.lower() not in TYPES or not path.is_file():
        raise StageError(f"--sink web: avatar={text} should be a .vrm file that is there")
    if not (BUILT / "avatar.js").is_file():
        raise StageError(
            "--sink web: avatar= needs the page's avatar part: run `make web` once, or, in the folder web, `npm ci`, "
            "`npm run build` (Node.js)"
        )
    return path


def _start(wanted: list[str]) -> tuple[subprocess.Popen[str], int]:
    """The server's process once it listens, and the port it is fed at. Raises StageError with its own words if not."""
    process = child.start("realtime.web", *wanted, answers=True)
    assert process.stdout
    first = process.stdout.readline().strip()
    if not first.isdecimal():
        process.communicate()
        raise StageError(f"--sink web: {first or 'its server did not start'}")
    return process, int(first)
