"""From the datagrams of a /dance stream to packets for browsers: one for each frame, with all its dancers."""

import struct

from realtime.frame import StageError
from realtime.osc_control import read_messages
from realtime.osc_wire import BUNDLE_HEAD

FRAME = "frame"  # the name under which whole frames are told; all else goes by its address
OPENING = b"/dance/frame\0"  # how the first bundle of every frame begins, after its head and a size
OF_A_FRAME = (OPENING, *(b"/dance/%d" % digit for digit in range(10)))  # and the others
MOST_PARTS = 1024  # bundles of a frame
MOST_KEPT = 2048  # addresses remembered for those who come later


class Feed:
    """Puts the bundles of a frame together, and remembers what a newcomer must know: names, styles, the avatar."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}
        self._dancers = 0
        self._parts: list[bytes] = []

    def take(self, datagram: bytes) -> list[tuple[str, bytes]]:
        """(name, OSC packet) of what this datagram completes."""
        first = datagram[len(BUNDLE_HEAD) + 4 :]
        if not datagram.startswith(BUNDLE_HEAD) or not first.startswith(OF_A_FRAME):
            return self._words(datagram)
        begins = first.startswith(OPENING)
        told = self._whole() if begins else []  # one of the last frame's bundles was lost
        if begins or 0 < len(self._parts) < MOST_PARTS:
            self._parts.append(datagram)
        return told + (self._whole() if len(self._parts) == self._dancers else [])

    def _words(self, datagram: bytes) -> list[tuple[str, bytes]]:
        """What is said seldom; it goes by its first address."""
        try:
            (address, arguments), *_ = read_messages(datagram)
        except (StageError, ValueError):
            return []
        if address == "/dance/hello" and len(arguments) > 1 and isinstance(arguments[1], int):
            self._dancers = arguments[1]
        if address in self.kept or len(self.kept) < MOST_KEPT:
            self.kept[address] = datagram
        return [(address, datagram)]

    def _whole(self) -> list[tuple[str, bytes]]:
        """The frame gathered so far as one bundle of bundles."""
        parts, self._parts = self._parts, []
        if not parts:
            return []
        packet = parts[0] if len(parts) == 1 else BUNDLE_HEAD + b"".join(map(_sized, parts))
        return [(FRAME, packet)]


def _sized(part: bytes) -> bytes:
    return struct.pack(">i", len(part)) + part
