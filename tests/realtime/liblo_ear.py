"""oscdump, the printing receiver of liblo (the OSC library in C), as an oracle of what is sent."""

import select
import shutil
import socket
import subprocess
from collections.abc import Callable

import pytest

from tests.realtime.udp_ear import Ear

OSCDUMP, STDBUF = shutil.which("oscdump"), shutil.which("stdbuf")
needs_liblo = pytest.mark.skipif(not (OSCDUMP and STDBUF), reason="oscdump (liblo-tools) or stdbuf is not installed")
READY, END = b"/ready\0\0,\0\0\0", b"/end\0\0\0\0,\0\0\0"


def printed(send: Callable[[str], None]) -> list[tuple[str, str, list[float]]]:
    """(address, tags, numbers) of every message that `send(target)` sends, as oscdump prints it."""
    with Ear() as free:
        port = free.port
    command = [STDBUF, "-oL", OSCDUMP, str(port)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dump,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock,
    ):
        while not select.select([dump.stdout], [], [], 0.05)[0]:  # what is sent before it listens is lost
            knock.sendto(READY, ("127.0.0.1", port))
        send(f"127.0.0.1:{port}")
        knock.sendto(END, ("127.0.0.1", port))
        found = []
        for line in dump.stdout:
            _, address, *rest = line.split()
            if address == "/end":
                break
            if address != "/ready":
                found.append((address, rest[0], [float(number) for number in rest[1:]]))
        dump.terminate()
    return found
