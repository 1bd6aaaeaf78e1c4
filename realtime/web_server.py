"""Serves the page and the stream: HTTP and WebSocket on one port, fed with /dance over UDP on this computer.

A browser gets the newest frame. While it cannot take more, what it misses is dropped, never queued.
"""

import asyncio
import contextlib
import logging
import os
from collections import deque
from collections.abc import AsyncIterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

from realtime.frame import StageError
from realtime.osc_wire import message
from realtime.web_feed import Feed
from realtime.web_files import AVATAR_PATH, Files, headers, is_ours, may_listen

try:
    from websockets.asyncio.server import Server, ServerConnection, serve
    from websockets.datastructures import Headers
    from websockets.exceptions import ConnectionClosed
    from websockets.http11 import Request, Response
except ImportError:
    raise StageError("websockets is not installed: pip install websockets") from None

STREAM = "/stream"
MOST_BROWSERS = 64
MOST_TEXT = 256  # characters of a browser's message, which comes back as it is: so it measures its distance
AHEAD = 8  # packets that may be on their way to a browser before it must have answered the first

_LOG = logging.getLogger("websockets.quiet")  # a stranger's odd bytes must not fill the performer's screen
_LOG.addHandler(logging.NullHandler())
_LOG.propagate = False


class Inbox:
    """What one browser is still to be told; of each name only the newest."""

    def __init__(self, packets: dict[str, bytes]) -> None:
        self._packets = packets
        self._ready = asyncio.Event()
        self._ready.set()

    def put(self, name: str, packet: bytes) -> None:
        """Something new, in place of what was not yet taken."""
        self._packets[name] = packet
        self._ready.set()

    async def take(self) -> list[bytes]:
        """All of it; waits until there is something."""
        await self._ready.wait()
        self._ready.clear()
        packets, self._packets = self._packets, {}
        return list(packets.values())


class Hub(asyncio.DatagramProtocol):
    """Hears the stream and tells every browser."""

    def __init__(self, avatar: Path | None) -> None:
        self._feed = Feed()
        self._files = Files(avatar)
        self._inboxes: set[Inbox] = set()
        if avatar:
            self._feed.kept["/dance/avatar"] = message("/dance/avatar", AVATAR_PATH).data

    def datagram_received(self, data: bytes, _address: Any) -> None:
        """One datagram of the stream."""
        for name, packet in self._feed.take(data):
            for inbox in self._inboxes:
                inbox.put(name, packet)

    def answer(self, _connection: ServerConnection, request: Request) -> Response | None:
        """A file, a refusal, or None: go on to the stream."""
        host, path = request.headers.get("Host", ""), request.path.partition("?")[0]
        if not is_ours(host):
            return _refusal(HTTPStatus.FORBIDDEN, "Call this computer by its address or its own name.")
        if path == STREAM:
            if not may_listen(request.headers.get("Origin"), host):
                return _refusal(HTTPStatus.FORBIDDEN, "This page comes from elsewhere.")
            full = len(self._inboxes) >= MOST_BROWSERS
            return _refusal(HTTPStatus.SERVICE_UNAVAILABLE, "Too many browsers look on.") if full else None
        if found := self._files.find(path):
            kind, file = found
            return Response(HTTPStatus.OK, "OK", Headers(headers(kind, host)), file.read_bytes())
        return _refusal(HTTPStatus.NOT_FOUND, "There is no such page.")

    async def talk(self, browser: ServerConnection) -> None:
        """Tell one browser all that comes, and echo what it says, until it goes."""
        inbox = Inbox(dict(self._feed.kept))
        self._inboxes.add(inbox)
        teller = asyncio.create_task(_tell(browser, inbox))
        try:
            with contextlib.suppress(ConnectionClosed):
                async for text in browser:
                    await browser.send(text)
        finally:
            self._inboxes.discard(inbox)
            teller.cancel()


async def _tell(browser: ServerConnection, inbox: Inbox) -> None:
    """Send what comes. The browser's pongs say how far it is, so that no buffer between fills with old frames."""
    pongs: deque[Any] = deque()
    with contextlib.suppress(ConnectionClosed):
        while True:
            for packet in await inbox.take():
                await browser.send(packet)
            pongs.append(await browser.ping())
            if len(pongs) == AHEAD:
                await pongs.popleft()


def _refusal(status: HTTPStatus, why: str) -> Response:
    return Response(status, status.phrase, Headers({"Content-Type": "text/plain; charset=utf-8"}), f"{why}\n".encode())


@contextlib.asynccontextmanager
async def serving(host: str, port: int, feed: tuple[str, int], avatar: Path | None) -> AsyncIterator[int]:
    """Listen at host:port and hear the stream at `feed` (port 0: any); yields the port of the stream.

    Raises StageError when a port cannot be had.
    """
    hub, loop = Hub(avatar), asyncio.get_running_loop()
    try:
        wire, _ = await loop.create_datagram_endpoint(lambda: hub, feed)
    except OSError as err:
        raise StageError(f"port {feed[0]}:{feed[1]} is not free ({_why(err)}): choose another with --feed") from None
    try:
        server: Server = await serve(
            hub.talk, host, port, process_request=hub.answer, compression=None, max_size=MOST_TEXT, logger=_LOG
        )
    except OSError as err:
        wire.close()
        raise StageError(f"port {host}:{port} is not free ({_why(err)}): choose another, as in web:7790") from None
    async with server:
        yield wire.get_extra_info("sockname")[1]
    wire.close()


def _why(err: OSError) -> str:
    """The system's own word; asyncio's goes on about the address."""
    return os.strerror(err.errno) if err.errno and err.errno > 0 else str(err.strerror or err)
