"""OscJack, an OSC library that many Unity projects use, run by mono, reads our whole stream in the right types."""

import socket
import subprocess
from collections import Counter

import numpy as np
import pytest

from realtime.osc_wire import message
from tests.interop.unity.harness import HERE, MCS, MONO, OSC_JACK, compile_csharp
from tests.interop.unity.shows import free_ports, perform

FRAMES = 45

pytestmark = [
    pytest.mark.skipif(not (MCS and MONO), reason="mono (mono-mcs, mono-runtime) is not installed"),
    pytest.mark.skipif(not OSC_JACK.is_dir(), reason="run `npm ci` in tests/interop first"),
]


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """What OscJack printed of a show by /dance and of the same by VMC, [(address, tags, words)], and its positions."""
    folder = tmp_path_factory.mktemp("oscjack")
    sources = [HERE / "OscJackReceiver.cs", *sorted(OSC_JACK.rglob("*.cs"))]
    program = compile_csharp(folder / "oscjack.exe", sources)
    ports = free_ports(2)
    command = [MONO, str(program)]
    ears = [subprocess.Popen([*command, str(port)], stdout=subprocess.PIPE, text=True) for port in ports]
    assert [ear.stdout.readline() for ear in ears] == ["ready\n"] * 2
    record = folder / "show.npz"
    sinks = (f"osc:127.0.0.1:{ports[0]}", f"vmc:127.0.0.1:{ports[1]},rate=15,listen=off", f"npz:{record}")
    perform(*(word for sink in sinks for word in ("--sink", sink)), "--control", "off", seconds=FRAMES / 15)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
        for port in ports:
            last.sendto(message("/end").data, ("127.0.0.1", port))
    printed = [[line.split() for line in ear.communicate(timeout=60)[0].splitlines()] for ear in ears]
    with np.load(record) as recorded:
        return [[(a, tags[1:], words) for a, tags, *words in lines] for lines in printed], recorded["positions"][:, 0]


def test_oscjack_reads_every_message_of_dance_with_the_types_of_its_table(show):
    (heard, _), positions = show
    found = Counter((address, tags) for address, tags, _ in heard)
    per_frame = {"frame": "iff", "beat": "ffffii", "level": "ff", "0/root": "f" * 7, "0/rotations": "f" * 88,
                 "0/positions": "f" * 66, "0/contacts": "f" * 4}  # fmt: skip
    assert {(f"/dance/{name}", tags): found[f"/dance/{name}", tags] for name, tags in per_frame.items()} == {
        (f"/dance/{name}", tags): FRAMES for name, tags in per_frame.items()
    }
    assert found["/dance/hello", "sif" + "s" * 22] >= 1
    read = np.array([words for address, _, words in heard if address == "/dance/0/positions"], float)
    assert np.abs(read.reshape(FRAMES, 22, 3) - positions).max() < 1e-5


def test_oscjack_reads_every_bone_of_vmc_with_every_number_an_f(show):
    (_, heard), positions = show
    found = Counter((address, tags) for address, tags, _ in heard)
    assert found["/VMC/Ext/OK", "i"] == found["/VMC/Ext/T", "f"] == found["/VMC/Ext/Root/Pos", "sfffffff"] == FRAMES
    assert found["/VMC/Ext/Bone/Pos", "sfffffff"] == 22 * FRAMES
    hips = [words[1:4] for address, _, words in heard if address == "/VMC/Ext/Bone/Pos" and words[0] == "Hips"]
    assert np.abs(np.array(hips, float) - positions[:, 0] * (-1, 1, 1)).max() < 1e-5
