"""The patch of docs/receivers in Pure Data hears and shows our real stream, and its faders reach the stage."""

import itertools
import shutil
from pathlib import Path

import numpy as np
import pytest

from motion.skeleton import BONES
from tests.interop.listener import Listener, real_show
from tests.interop.unity.harness import ROOT
from tests.interop.unity.shows import free_ports
from tests.realtime.udp_ear import Ear, messages

HERE = Path(__file__).parent
PATCH = ROOT / "docs" / "receivers" / "streaming_dancer.pd"
PD = shutil.which("pd")
FRAMES, DANCERS = 120, 2
SIX_DIGITS = 1e-5  # as Pd prints numbers up to 10

pytestmark = pytest.mark.skipif(PD is None, reason="Pure Data (puredata-core) is not installed")


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """What Pd printed of a show, a list of words each; the show's frames; what its faders sent."""
    folder = tmp_path_factory.mktemp("pd")
    info, frames = real_show(FRAMES, DANCERS)
    with Ear() as stage:
        (port,) = free_ports(1)
        patch = folder / PATCH.name
        patch.write_text(PATCH.read_text().replace("7700", str(port)).replace("7701", str(stage.port)))
        command = [PD, "-nogui", "-noaudio", "-nomidi", "-stderr", "-open", patch, "-open", HERE / "receive.pd"]
        by_hand = ["-send", "dance-energy 0.75", "-send", "dance-tap bang"]
        pd = Listener([*command, *by_hand], folder / "printed.txt")
        try:
            pd.until("ready: bang")
            faders = [told for _ in range(2) for told in messages(stage.datagram())]
            pd.hear(port, info, frames, f"dance: {DANCERS - 1} contacts")
        finally:
            pd.close()
    return [line.replace(":", "", 1).split() for line in pd.lines], frames, faders


def rows(show, *words):
    """What follows these words, in the lines that begin with them."""
    return [line[len(words) :] for line in show[0] if line[: len(words)] == list(words)]


def test_every_message_arrives_whole(show):
    sizes = {("frame",): 3, ("beat",): 6, ("level",): 2}
    per_dancer = {"root": 7, "rotations": 88, "positions": 66, "contacts": 4}
    sizes |= {(str(n), name): size for n in range(DANCERS) for name, size in per_dancer.items()}
    for address, size in sizes.items():
        assert [len(row) for row in rows(show, "dance", *address)] == [size] * FRAMES, address
    assert rows(show, "dance", "hello")[0] == ["1", str(DANCERS), "15", *BONES]


def test_every_joint_is_where_the_show_has_it_and_every_rotation_is_a_unit_quaternion(show):
    _, frames, _ = show
    for n in range(DANCERS):
        places = np.array(rows(show, "dance", str(n), "positions"), float).reshape(FRAMES, -1, 3)
        assert np.abs(places - [frame.positions[n] for frame in frames]).max() < SIX_DIGITS
        turns = np.array(rows(show, "dance", str(n), "rotations"), float).reshape(FRAMES, -1, 4)
        assert np.abs(turns - [frame.rotations[n] for frame in frames]).max() < SIX_DIGITS
        assert np.abs(np.linalg.norm(turns, axis=-1) - 1).max() < SIX_DIGITS


def test_the_patch_shows_the_left_hand_of_the_first_dancer(show):
    _, frames, _ = show
    hand = np.array(rows(show, "left-hand"), float)
    assert np.abs(hand - [frame.positions[0, BONES.index("leftHand")] for frame in frames]).max() < SIX_DIGITS


def test_the_patch_gives_a_bang_on_each_beat_while_there_is_music(show):
    counts = [(int(row[4]), row[5] == "1") for row in rows(show, "dance", "beat")]
    beats = [after for before, after in itertools.pairwise(counts) if before[0] != after[0] and after[1]]
    assert len(rows(show, "beat")) == len(beats) > 5


def test_its_faders_reach_the_stage(show):
    assert show[2] == [("/dance/set/energy", [0.75]), ("/dance/tap", [])]
