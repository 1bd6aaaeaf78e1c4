"""The dance in a browser: serves the page of web/ and passes a /dance stream on to it.

    python -m realtime.web [--port 7780] [--feed 7700]

It is a process of its own and only a receiver, as the window is: it may be slow, stopped or killed, and the stage does
not notice. `--sink web` starts it; alone, it shows the stream of a stage on another computer.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import threading
import webbrowser
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from realtime.frame import StageError
from realtime.osc_wire import split_target
from realtime.sinks.osc import PORT as FEED_PORT

HOST, PORT = "127.0.0.1", 7780
ANYWHERE = ("0.0.0.0", "::")


def url(host: str, port: int) -> str:
    """Where a browser on this computer finds the page."""
    name = "127.0.0.1" if host in ANYWHERE else host
    return f"http://{f'[{name}]' if ':' in name else name}:{port}/"


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise StageError(f"{message}; --help shows how")


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m realtime.web", description="Shows a /dance stream in browsers.", allow_abbrev=False
    )
    add = parser.add_argument
    add("--port", default="", metavar="[HOST:]PORT", help=f"where browsers come (default: {HOST}:{PORT})")
    add("--feed", default="", metavar="[HOST:]PORT", help=f"where /dance comes in (default: {HOST}:{FEED_PORT})")
    add("--avatar", type=Path, metavar="FILE.vrm", help="a body for the dancers; needs `make web`")
    add("--open", action="store_true", help="open the page in this computer's browser")
    add("--attached", action="store_true", help="a stage's own: any feed port, told in the first line; ends with stdin")
    return parser.parse_args(argv)


async def _run(options: argparse.Namespace, ready: Callable[[str, int], None]) -> None:
    from realtime.web_server import serving

    host, port = split_target(options.port, HOST, PORT)
    feed = (HOST, 0) if options.attached else split_target(options.feed, HOST, FEED_PORT)
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def ask(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    for kind in (signal.SIGINT, signal.SIGTERM):
        signal.signal(kind, ask)
    if options.attached:
        threading.Thread(target=_wait_for_end, args=(ask,), daemon=True).start()
    async with serving(host, port, feed, options.avatar) as fed:
        ready(url(host, port), fed)
        if options.open:
            threading.Thread(target=webbrowser.open, args=(url(host, port),), daemon=True).start()
        await stop.wait()


def _wait_for_end(ask: Callable[[], None]) -> None:
    """Whoever started this server holds its standard input open; when that ends, so does the show."""
    while os.read(sys.stdin.fileno(), 64):  # not buffered: a buffer's lock would be missed at the interpreter's end
        pass
    with contextlib.suppress(RuntimeError):  # it has ended already
        ask()


def main(argv: list[str] | None = None) -> int:
    """Serve until a signal comes; 0 then, 2 with one line for bad input or a port in use."""
    attached = False
    try:
        options = _options(argv)
        attached = options.attached

        def ready(where: str, fed: int) -> None:
            print(fed if attached else f"the dance that comes to port {fed} is at {where}", flush=True)

        asyncio.run(_run(options, ready))
    except StageError as err:
        if attached:
            print(err, flush=True)  # for the stage, which says it as its own
        else:
            print(f"realtime.web: {err}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
