"""The script of docs/receivers in SuperCollider keeps our stream, in the types of its table; the stage hears it."""

import itertools
import json
import shutil
import socket
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from motion.skeleton import BONES
from realtime.osc_wire import message
from tests.interop.listener import Listener, real_show
from tests.interop.unity.harness import ROOT
from tests.interop.unity.shows import free_ports
from tests.realtime.udp_ear import Ear, messages

HERE = Path(__file__).parent
SCRIPT = ROOT / "docs" / "receivers" / "streaming_dancer.scd"
SCLANG = shutil.which("sclang")
FRAMES, DANCERS = 120, 2
HEADLESS = {"QT_QPA_PLATFORM": "offscreen", "QTWEBENGINE_DISABLE_SANDBOX": "1"}

pytestmark = pytest.mark.skipif(SCLANG is None, reason="SuperCollider (supercollider-language) is not installed")


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """What sclang printed of a show as JSON, the show's frames, and what the script sent to the stage."""
    folder = tmp_path_factory.mktemp("sclang")
    info, frames = real_show(FRAMES, DANCERS)
    with Ear() as stage:
        (port,) = free_ports(1)
        script, main = folder / SCRIPT.name, folder / "main.scd"
        script.write_text(SCRIPT.read_text().replace("7700", str(port)).replace("7701", str(stage.port)))
        main.write_text(f'"{script}".load; "{HERE / "receive.scd"}".load;')
        sclang = Listener([SCLANG, "-i", "none", main], folder / "printed.txt", **HEADLESS)
        try:
            sclang.until('{"ready"')
            asked = [told for _ in range(2) for told in messages(stage.datagram())]
            sclang.hear(port, info, frames, f'{{"message": ["/dance/{DANCERS - 1}/contacts"')
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                out.sendto(message("/dance/end").data, ("127.0.0.1", port))
            sclang.until('{"feet"')
        finally:
            sclang.close()
    return [json.loads(line) for line in sclang.lines if line.startswith("{")], frames, asked


def kept(show, kind):
    """Everything of one kind that was printed."""
    return [line[kind] for line in show[0] if kind in line]


def test_every_message_arrives_in_the_types_of_its_table(show):
    found = Counter((address, *types) for address, types, _ in kept(show, "message"))
    tags = {"frame": "iff", "beat": "ffffii", "level": "ff"}
    per_dancer = {"root": "f" * 7, "rotations": "f" * 88, "positions": "f" * 66, "contacts": "f" * 4}
    tags |= {f"{n}/{name}": tag for n in range(DANCERS) for name, tag in per_dancer.items()}
    classes = {"i": "Integer", "f": "Float", "s": "Symbol"}
    for name, tag in tags.items():
        assert found[f"/dance/{name}", *(classes[letter] for letter in tag)] == FRAMES, name
    assert found["/dance/hello", *(classes[letter] for letter in "sif" + "s" * len(BONES))] > 0


def test_every_joint_is_where_the_show_has_it_and_every_rotation_is_a_unit_quaternion(show):
    _, frames, _ = show
    for n in range(DANCERS):
        heard = {name: [values for address, _, values in kept(show, "message") if address == f"/dance/{n}/{name}"]
                 for name in ("positions", "rotations")}  # fmt: skip
        places, turns = (np.array(heard[name]).reshape(FRAMES, len(BONES), -1) for name in heard)
        assert np.abs(places - [frame.positions[n] for frame in frames]).max() < 1e-6
        assert np.abs(turns - [frame.rotations[n] for frame in frames]).max() < 1e-6
        assert np.abs(np.linalg.norm(turns, axis=-1) - 1).max() < 1e-6


def test_the_script_keeps_the_newest_pose_by_name(show):
    _, frames, _ = show
    assert kept(show, "hand")[0] == pytest.approx(frames[-1].positions[1, BONES.index("leftHand")], abs=1e-6)
    assert np.array(kept(show, "turns")[0]) == pytest.approx(frames[-1].rotations[1], abs=1e-6)
    assert kept(show, "feet")[0] == pytest.approx(frames[-1].contacts[1], abs=1e-6)


def test_the_script_calls_on_each_beat_while_there_is_music(show):
    counts = [values[4:] for address, _, values in kept(show, "message") if address == "/dance/beat"]
    beats = [after[0] for before, after in itertools.pairwise(counts) if before[0] != after[0] and after[1]]
    assert kept(show, "beat") == beats
    assert len(beats) > 5


def test_it_asks_the_stage_for_names_and_turns_its_controls(show):
    assert show[2] == [("/dance/hello", []), ("/dance/set/energy", [1.5])]
