"""liblo, the reference OSC library in C, reads both streams: every message, with the types that the tables promise."""

import re
import select
import shutil
import socket
import subprocess
from collections import Counter

import pytest

from realtime.sinks.osc import OscSink
from realtime.sinks.vmc import VmcSink
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear

OSCDUMP, STDBUF = shutil.which("oscdump"), shutil.which("stdbuf")
FRAMES = 10

pytestmark = pytest.mark.skipif(not (OSCDUMP and STDBUF), reason="oscdump (liblo-tools) or stdbuf is not installed")
READY, END = b"/ready\0\0,\0\0\0", b"/end\0\0\0\0,\0\0\0"


def heard(kind, name, dancers):
    """Counter of (address, tags) of what oscdump prints of FRAMES frames."""
    with Ear() as free:
        port = free.port
    command = [STDBUF, "-oL", OSCDUMP, str(port)]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as dump,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as knock,
    ):
        while not select.select([dump.stdout], [], [], 0.05)[0]:  # what is sent before it listens is lost
            knock.sendto(READY, ("127.0.0.1", port))
        sink = kind(options(name, f"127.0.0.1:{port}", dancers))
        for k in range(FRAMES):
            sink.send(frame(k, dancers))
        sink.close()
        knock.sendto(END, ("127.0.0.1", port))
        found = Counter()
        for line in dump.stdout:
            address, tags = re.match(r"\S+ (/\S+) ?(\w*)", line).groups()
            if address == "/end":
                break
            found[address, tags] += address != "/ready"
        dump.terminate()
    return +found


def test_the_dance_stream_arrives_whole_in_the_types_of_its_table():
    found = heard(OscSink, "osc", 2)
    per_dancer = {"root": 7, "rotations": 88, "positions": 66, "contacts": 4}
    expected = {(f"/dance/{n}/{name}", "f" * size): FRAMES for n in (0, 1) for name, size in per_dancer.items()}
    expected |= {("/dance/frame", "iff"): FRAMES, ("/dance/beat", "ffffii"): FRAMES, ("/dance/level", "ff"): FRAMES}
    expected |= {("/dance/hello", "sif" + "s" * 22): 1, ("/dance/clock", "s"): 1, ("/dance/style", "ss"): 1}
    expected |= {("/dance/clip", "i"): 1}
    assert found == expected


def test_the_vmc_stream_arrives_whole_with_every_number_an_f():
    found = heard(VmcSink, "vmc", 1)
    assert found == {
        ("/VMC/Ext/OK", "i"): FRAMES,
        ("/VMC/Ext/T", "f"): FRAMES,
        ("/VMC/Ext/Root/Pos", "sfffffff"): FRAMES,
        ("/VMC/Ext/Bone/Pos", "sfffffff"): 22 * FRAMES,
    }
