"""A real UDP receiver on loopback for tests of what is sent."""

import socket

from pythonosc.osc_packet import OscPacket


class Ear:
    """Hears one port; everything sent before a read has already arrived (loopback delivers within sendto)."""

    def __init__(self, port: int = 0) -> None:
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", port))
        self.socket.settimeout(10)
        self.port = self.socket.getsockname()[1]
        self.target = f"127.0.0.1:{self.port}"

    def datagram(self) -> bytes:
        """The next datagram; waits for it."""
        return self.socket.recvfrom(65536)[0]

    def waiting(self) -> list[bytes]:
        """All datagrams that have arrived."""
        self.socket.setblocking(False)
        heard = []
        try:
            while True:
                heard.append(self.socket.recvfrom(65536)[0])
        except BlockingIOError:
            self.socket.settimeout(10)
            return heard

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "Ear":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def messages(datagram: bytes) -> list[tuple[str, list]]:
    """(address, arguments) of each message, read by python-osc."""
    return [(m.message.address, m.message.params) for m in OscPacket(datagram).messages]


def tags(datagram: bytes) -> list[tuple[str, str]]:
    """(address, type tags) of each message of a bundle, read straight from the bytes."""
    found = []
    at = 16 if datagram.startswith(b"#bundle\0") else -4
    while at < len(datagram):
        size = int.from_bytes(datagram[at : at + 4], "big") if at >= 0 else len(datagram)
        body = datagram[at + 4 : at + 4 + size]
        address, rest = body.split(b"\0", 1)
        found.append((address.decode(), rest[rest.index(b",") + 1 :].split(b"\0", 1)[0].decode()))
        at += 4 + size
    return found
