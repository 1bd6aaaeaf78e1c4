"""What receivers ask of us in VMC: /VMC/Ext/Set/Period (how often) and /VMC/Ext/Set/Req (everything, now).

One port for all VMC sinks of the process, read without waiting when a pose is sent: no thread, a few datagrams a pose.
A wish counts for the target it came from, or for all targets on its machine when it came from another port of it.
"""

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from realtime.frame import StageError
from realtime.osc_control import read_messages

HOST, PORT = "127.0.0.1", 39540
DATAGRAMS_A_POSE = 8  # the rest waits, or is dropped by the system: a flood costs no late frame
LONGEST = 512  # bytes; a wish has under 100
LONGEST_PERIOD = 3600  # frames, a minute at 60 poses a second


@dataclass
class Wishes:
    """What the receiver at `address` asked for. periods: status, Root, bones each so many frames, 0 for never."""

    address: tuple[Any, ...]
    periods: tuple[int, int, int] = (1, 1, 1)
    everything: bool = False


class RequestPort:
    """Listens for as long as somebody's wishes are wanted."""

    def __init__(self, host: str, port: int) -> None:
        """Raises OSError when the port cannot be had."""
        self.wishes: list[Wishes] = []
        self.closed = False
        self._lock = threading.Lock()  # sinks of different rates may send from different threads
        self._socket = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        try:
            self._socket.bind((host, port))
        except OSError:
            self._socket.close()
            raise
        self.port: int = self._socket.getsockname()[1]

    def read(self) -> None:
        """Take what has arrived; never waits."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            for _ in range(DATAGRAMS_A_POSE):
                datagram, sender = self._socket.recvfrom(2048)
                if len(datagram) <= LONGEST and b"/VMC/Ext/Set/" in datagram:
                    self._take(datagram, sender)
        except OSError:  # nothing more is there, or the socket was closed
            pass
        finally:
            self._lock.release()

    def close(self) -> None:
        """Give the port back."""
        self.closed = True
        self._socket.close()

    def _take(self, datagram: bytes, sender: tuple[Any, ...]) -> None:
        exact = [wish for wish in self.wishes if wish.address[:2] == sender[:2]]
        asked = exact or [wish for wish in self.wishes if wish.address[0] == sender[0]]
        with contextlib.suppress(StageError):  # not OSC
            for address, arguments in read_messages(datagram):
                for wish in asked:
                    _obey(wish, address, arguments)


def _obey(wish: Wishes, address: str, arguments: list[Any]) -> None:
    if address == "/VMC/Ext/Set/Req":
        wish.everything = True
    elif address == "/VMC/Ext/Set/Period" and len(arguments) >= 6 and all(type(n) is int for n in arguments[:6]):
        status, root, bones = (min(max(n, 0), LONGEST_PERIOD) for n in arguments[:3])
        wish.periods = (status, root, bones)


class Exchange:
    """The ports of a process: those that it listens to, shared by its sinks, and those that are receivers' own."""

    def __init__(self) -> None:
        self._open: dict[tuple[str, int], RequestPort] = {}
        self._receivers: Counter[int] = Counter()

    def join(self, host: str, port: int, wishes: list[Wishes]) -> RequestPort | None:
        """Have these wishes noted at a port; None when it is the port of one of our receivers. Raises OSError."""
        if self._receivers[port]:
            return None
        requests = self._open.get((host, port)) or RequestPort(host, port)
        self._open[host, port] = requests
        requests.wishes = requests.wishes + wishes
        return requests

    def leave(self, requests: RequestPort, wishes: list[Wishes]) -> None:
        """Forget these wishes; the last one closes the port."""
        requests.wishes = [wish for wish in requests.wishes if not any(wish is gone for gone in wishes)]
        if not requests.wishes:
            self._close(requests)

    def keep_clear(self, ports: Iterable[int]) -> None:
        """We send to these ports: whoever receives there must be able to have them, so nobody here listens to them."""
        self._receivers.update(ports)
        for requests in [known for (_, port), known in self._open.items() if self._receivers[port]]:
            self._close(requests)

    def release(self, ports: Iterable[int]) -> None:
        """We no longer send to these ports."""
        self._receivers.subtract(ports)

    def _close(self, requests: RequestPort) -> None:
        requests.close()
        self._open = {key: known for key, known in self._open.items() if known is not requests}


EXCHANGE = Exchange()
