"""Outgoing OSC 1.0 from prebuilt bytes: a datagram is built once, then only its numbers are written in place.

    template = BundleTemplate([message("/dance/level", 0.0, 0.0), ...])
    template.write(floats, ints)          # all `f` arguments in order, all `i` arguments in order
    out.send(template.data)

Big-endian, strings padded with zeros to 4 bytes, bundles with the time tag "immediately" (OSC 1.0 specification,
opensoundcontrol.stanford.edu/spec-1_0.html). Every argument starts on a 4-byte boundary, so one array of words over the
datagram reaches them all.
"""

import socket
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from realtime.frame import F32, StageError

BUNDLE_HEAD = b"#bundle\0" + struct.pack(">Q", 1)  # time tag 1: immediately
MAX_DATAGRAM = 1400  # bytes: one Ethernet frame with room for tunnels; a lost fragment would lose the pose

Argument = str | int | float


@dataclass(frozen=True)
class MessageTemplate:
    """One OSC message as bytes, and where its numbers lie (word = 4 bytes, counted from the message's start)."""

    data: bytes
    float_words: tuple[int, ...]
    int_words: tuple[int, ...]


def message(address: str, *arguments: Argument) -> MessageTemplate:
    """Build a message; the Python type of an argument is its tag: str `s`, int `i`, float `f` (32 bits both)."""
    tags, body, floats, ints = ",", b"", [], []
    start = len(_padded(address)) + len(_padded("," + "x" * len(arguments)))
    for argument in arguments:
        word = (start + len(body)) // 4
        if isinstance(argument, str):
            tags, body = tags + "s", body + _padded(argument)
        elif isinstance(argument, int):
            tags, body = tags + "i", body + struct.pack(">i", argument)
            ints.append(word)
        else:
            tags, body = tags + "f", body + struct.pack(">f", argument)
            floats.append(word)
    return MessageTemplate(_padded(address) + _padded(tags) + body, tuple(floats), tuple(ints))


def _padded(text: str) -> bytes:
    data = text.encode()
    return data + b"\0" * (4 - len(data) % 4)


class BundleTemplate:
    """A bundle of messages whose numbers are rewritten in place; `data` is the datagram, always ready to be sent.

    `parts` are its messages, each a datagram of its own, for receivers that cannot read bundles.
    """

    def __init__(self, messages: Sequence[MessageTemplate]) -> None:
        self.data = bytearray(BUNDLE_HEAD)
        float_words: list[int] = []
        int_words: list[int] = []
        self._runs: list[slice] = []  # which of all floats belong to each message
        for part in messages:
            word = len(self.data) // 4 + 1
            self.data += struct.pack(">i", len(part.data)) + part.data
            self._runs.append(slice(len(float_words), len(float_words) + len(part.float_words)))
            float_words += [word + n for n in part.float_words]
            int_words += [word + n for n in part.int_words]
        self._float_words: NDArray[np.intp] = np.array(float_words, np.intp)
        self._int_words: NDArray[np.intp] = np.array(int_words, np.intp)
        self._as_floats = np.frombuffer(self.data, ">f4")
        self._as_ints = np.frombuffer(self.data, ">i4")
        ends = np.cumsum([len(BUNDLE_HEAD), *(4 + len(part.data) for part in messages)])
        whole = memoryview(self.data)
        self.parts = [whole[start + 4 : end] for start, end in pairwise(ends)]

    def write(self, floats: F32, ints: Sequence[int] = ()) -> None:
        """Write all `f` arguments [n_floats] and all `i` arguments, in the order of the messages.

        A message with a NaN or an infinity among its floats keeps its last good ones: receivers do not check.
        """
        if np.isfinite(floats).all():
            self._as_floats[self._float_words] = floats
        else:
            for run in self._runs:
                if np.isfinite(floats[run]).all():
                    self._as_floats[self._float_words[run]] = floats[run]
        if len(ints):
            self._as_ints[self._int_words] = ints


def split_target(text: str, host: str, port: int) -> tuple[str, int]:
    """Read "HOST:PORT", "HOST", ":PORT", "PORT" or "" (what is missing comes from `host` and `port`).

    An IPv6 address stands in brackets. Raises StageError for a port that is no number in 1..65535.
    """
    head, colon, tail = text.rpartition(":") if not text.endswith("]") else (text, "", "")
    if not colon and text.isdecimal():
        head, tail = "", text
    elif not colon:
        head, tail = text, ""
    name = head.strip("[]") or host
    if not tail:
        return name, port
    if not tail.isdecimal() or not 1 <= int(tail) <= 65535:
        raise StageError(f"{text!r} names no port: write [HOST:]PORT with a port in 1..65535")
    return name, int(tail)


class UdpOut:
    """Non-blocking UDP to one address, from any free port; a full buffer or a dead network costs the caller nothing.

    Never connected: a connected socket reports the receiver's absence as an error on the next send.
    """

    def __init__(self, host: str, port: int, broadcast: bool = False) -> None:
        if not 1 <= port <= 65535:
            raise StageError(f"port {port} does not exist: use one in 1..65535")
        family, self.address = _resolve(host, port)
        self.name = f"{host}:{port}"
        self.lost = 0  # datagrams that the system did not take
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        if broadcast:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)

    def send(self, data: bytes | bytearray | memoryview) -> None:
        """Hand one datagram to the system, or count it as lost."""
        try:
            self._socket.sendto(data, self.address)
        except OSError:
            self.lost += 1

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    """The address of `host`, IPv4 before IPv6 (most receivers listen on IPv4 alone)."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)
    except (OSError, UnicodeError):
        raise StageError(f"no machine is called {host!r}: check the name or give its address") from None
    family, _, _, _, address = min(found, key=lambda entry: entry[0] != socket.AF_INET)
    return family, address
