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
from tests.motion.made_avatars import Made
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear

OSCDUMP, STDBUF = shutil.which("oscdump"), shutil.which("stdbuf")
FRAMES = 10

pytestmark = pytest.mark.skipif(not (OSCDUMP and STDBUF), reason="oscdump (liblo-tools) or stdbuf is not installed")
READY, END = b"/ready\0\0,\0\0\0", b"/end\0\0\0\0,\0\0\0"


def heard(kind, name, dancers, **extra):
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
        sink = kind(options(name, f"127.0.0.1:{port}", dancers, **extra))
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


WHOLE_VMC = {
    ("/VMC/Ext/OK", "i"): FRAMES,
    ("/VMC/Ext/T", "f"): FRAMES,
    ("/VMC/Ext/Root/Pos", "sfffffff"): FRAMES,
    ("/VMC/Ext/Bone/Pos", "sfffffff"): 22 * FRAMES,
}


@pytest.mark.parametrize("bundle", ["split", "whole", "none"])
def test_the_vmc_stream_arrives_whole_with_every_number_an_f_in_bundles_and_alone(bundle):
    assert heard(VmcSink, "vmc", 1, bundle=bundle, listen="off") == WHOLE_VMC


def test_the_stream_for_an_avatar_has_the_bones_of_its_file(tmp_path):
    made = Made("1", missing=("upperChest", "leftToes", "rightToes"))
    file = str(made.write(tmp_path / "avatar.vrm"))
    found = heard(VmcSink, "vmc", 1, avatar=file, profile="rotation", travel="root", mirror="1", listen="off")
    assert found == WHOLE_VMC | {("/VMC/Ext/Bone/Pos", "sfffffff"): 19 * FRAMES}
