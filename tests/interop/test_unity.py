"""The Unity package, run by mono on UnityEngine stubs, hears our real stream and moves characters by it."""

import itertools
import socket
import struct
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.kinematics import forward
from motion.rotation import rotate
from motion.skeleton import BONES, HUMANOID
from realtime.osc_wire import message
from realtime.sinks.osc import OscSink
from realtime.sinks.vmc import VmcSink
from realtime.sinks.vmc_pose import to_unity
from tests.interop.unity import avatars
from tests.interop.unity.harness import MCS, MONO, Harness
from tests.interop.unity.shows import danced, datagrams, followed, free_ports, perform, pose_datagrams
from tests.realtime.swing import FPS, frame, options
from tests.realtime.udp_ear import Ear, messages

MILLIMETRE = 1e-3
SECONDS = 3  # of the show
SIDES = ("left", "right")
LIMBS = [BONES.index(side + part) for side in SIDES for part in ("UpperArm", "LowerArm", "UpperLeg", "LowerLeg")]
SPARSE = ("chest", "upperChest", "neck", *(side + part for side in SIDES for part in ("Shoulder", "Toes")))
WHOLE = [data for kind, name in ((OscSink, "osc"), (VmcSink, "vmc")) for data in datagrams(kind, name, [frame(1)])]

pytestmark = pytest.mark.skipif(not (MCS and MONO), reason="mono (mono-mcs, mono-runtime) is not installed")


class Show(NamedTuple):
    """What three characters did in one show, and the frames of it."""

    frames: list
    found: list
    reports: list


@pytest.fixture(scope="module")
def show(unity_program, tmp_path_factory):
    folder = tmp_path_factory.mktemp("show")
    *ports, control = free_ports(4)
    harnesses = [Harness(unity_program) for _ in ports]
    bodies = (avatars.ours(), avatars.turned(), avatars.posed())
    for n, (harness, body) in enumerate(zip(harnesses, bodies, strict=True)):
        harness.ask("rig", body.write(folder / f"avatar{n}.txt"))
        harness.ask("open", ports[n], control, 0)
        harness.tell("until", SECONDS - 0.1)
    record = folder / "show.npz"
    sinks = (f"osc:127.0.0.1:{ports[0]}", f"vmc:127.0.0.1:{ports[1]},rate=15,listen=off", f"osc:127.0.0.1:{ports[2]}")
    words = [word for sink in (*sinks, f"npz:{record}") for word in ("--sink", sink)]
    perform(*words, "--control", str(control), seconds=SECONDS)
    found = [harness.answer() for harness in harnesses]
    reports = [harness.ask("report") for harness in harnesses]
    for harness in harnesses:
        harness.close()
    return Show(danced(record), found, reports)


@pytest.fixture
def dance(show):
    return show.frames


def joints(found):
    """World positions [T, 22, 3] of what the harness answered, in our axes."""
    return to_unity(np.array([pose["joints"] for pose in found], float), np.zeros(4))[0]


def degrees(a, b):
    """Between directions [..., 3]."""
    cosine = np.sum(a * b, -1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b, axis=-1)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


def soles(places, world, ankle, toe):
    """Heights [T, 4] of heels and balls: places [T, 22, 3], world rotations [T, 22, 4], the joints' heights at rest."""
    heights = []
    for side in SIDES:
        for part, height in (("Foot", ankle), ("Toes", toe)):
            bone = BONES.index(side + part)
            down = np.broadcast_to((0.0, -height, 0.0), places[:, bone].shape)
            heights.append((places[:, bone] + rotate(world[:, bone].astype(float), down))[:, 1])
    return np.stack(heights, -1)


def bodies_of(frames):
    """World positions [T, 22, 3] and rotations [T, 22, 4] of the first dancer."""
    local = np.stack([shown.rotations[0] for shown in frames]).astype(float)
    return forward(HUMANOID, np.stack([shown.root_position[0] for shown in frames]).astype(float), local)


@pytest.mark.parametrize("receiver", range(3), ids=["ours by osc", "turned by vmc", "posed by osc"])
def test_a_show_moves_every_joint_to_where_the_stage_has_it(show, receiver):
    at = {round(shown.audio_time, 3): shown.positions[0] for shown in show.frames}
    found = [pose for pose in show.found[receiver] if round(pose["time"], 3) in at]
    ours = np.array([at[round(pose["time"], 3)] for pose in found])
    assert len(found) >= 3
    assert np.abs(joints(found) - ours).max() < MILLIMETRE
    assert show.reports[receiver]["garbage"] == 0
    assert show.reports[receiver]["fault"] is None


@pytest.mark.parametrize("kind", [OscSink, VmcSink])
@pytest.mark.parametrize("a_pose", [False, True], ids=["T-pose", "A-pose"])
def test_a_body_of_other_proportions_points_its_limbs_as_ours_and_stands_on_the_floor(start_unity, dance, kind, a_pose):
    (port,) = free_ports(1)
    harness = start_unity(avatars.other(a_pose), port)
    shown = dance[::2]
    found = joints(followed(harness, kind, (kind.__name__[:3].lower(), port), shown))
    ours, world = bodies_of(shown)
    for limb in LIMBS:
        assert degrees(found[:, limb + 1] - found[:, limb], ours[:, limb + 1] - ours[:, limb]).max() < 1.0
    scale = (1.35 * 0.415 + 1.1 * np.hypot(0.41, 0.01)) / (0.415 + np.hypot(0.41, 0.01))
    lowest, wanted = soles(found, world, 0.12, 0.03).min(-1), scale * soles(ours, world, 0.08, 0.02).min(-1)
    assert np.abs(lowest - wanted).max() < 0.01


def test_a_body_that_lacks_half_the_bones_carries_its_arms_as_ours(start_unity, dance):
    (port,) = free_ports(1)
    harness = start_unity(avatars.other(missing=SPARSE), port)
    shown = dance[::4]
    found = joints(followed(harness, OscSink, ("osc", port), shown))
    ours, world = bodies_of(shown)
    for limb in LIMBS:
        assert degrees(found[:, limb + 1] - found[:, limb], ours[:, limb + 1] - ours[:, limb]).max() < 1.0
    left, right = (BONES.index(side + "UpperArm") for side in SIDES)
    chest = rotate(world[:, BONES.index("upperChest")], np.tile((1.0, 0.0, 0.0), (len(found), 1)))
    assert degrees(found[:, left] - found[:, right], chest).max() < 1.0


def test_two_dancers_on_one_port_each_show_their_own(start_unity, tmp_path):
    (port,) = free_ports(1)
    harness = start_unity(port=port)
    harness.ask("rig", avatars.turned().write(tmp_path / "second.txt"))
    harness.ask("open", port, 9, 1)
    frames = [frame(k, 2) for k in range(12)]
    for dancer in (1, 0):
        harness.ask("use", dancer)
        found = followed(harness, OscSink, ("osc", port), frames)
        assert np.abs(joints(found) - [shown.positions[dancer] for shown in frames]).max() < MILLIMETRE


def test_a_sender_that_starts_again_is_followed_again(start_unity):
    (port,) = free_ports(1)
    harness = start_unity(port=port)
    for show in (1, 2, 3):
        followed(harness, OscSink, ("osc", port), [frame(k) for k in range(12)])
        report = harness.ask("report")
        assert (report["session"], report["frames"]) == (show, 12 * show)


def test_a_port_that_another_program_holds_is_named_and_taken_once_it_is_free(start_unity):
    with Ear() as other:
        harness = start_unity()
        assert f"port {other.port} is taken by another program" in harness.ask("open", other.port, 9, 0)["problem"]
    harness.tell("follow", 1)
    sink = OscSink(options("osc", f"127.0.0.1:{other.port}"))
    frames = map(frame, itertools.count())
    while not harness.has_answered(1 / FPS):
        sink.send(next(frames))
    sink.close()
    assert len(harness.answer()) == 1


@pytest.mark.parametrize(
    ("port", "control", "address", "named"),
    [
        (77000, 7701, "127.0.0.1", "Port 77000"),
        (7700, 77010, "127.0.0.1", "Control Port 77010"),
        (7700, 7701, "stage.local", "stage.local"),
        (7700, 7701, "::1", "::1"),
    ],
)
def test_a_slip_of_the_finger_in_the_inspector_is_named_and_can_be_mended(start_unity, port, control, address, named):
    good, other = free_ports(2)
    harness = start_unity(port=good, control=other)
    assert named in harness.ask("ports", port, control, address)["problem"]
    assert named not in harness.ask("ports", good, other, "127.0.0.1")["problem"]
    frames = [frame(k) for k in range(12)]
    assert len(followed(harness, OscSink, ("osc", good), frames)) == 12


def test_an_animator_that_is_switched_off_is_named(start_unity):
    harness = start_unity(port=free_ports(1)[0])
    assert harness.ask("animator", "on")["problem"] == ""
    assert "switched off" in harness.ask("animator", "off")["problem"]


def test_a_fader_in_unity_moves_the_stage_which_answers(start_unity):
    (port,) = free_ports(1)
    with Ear() as control:
        harness = start_unity(port=port, control=control.port)
        assert messages(control.datagram()) == [("/dance/hello", [])]  # nothing is heard: it asks who is there
        harness.ask("say", "energy", 0.75)
        data, sender = control.socket.recvfrom(65536)
        assert messages(data) == [("/dance/set/energy", [0.75])]
        control.socket.sendto(message("/dance/status", "set/energy", 0.75).data, sender)
        harness.ask("say", "tap")
        assert messages(control.datagram()) == [("/dance/tap", [])]
    followed(harness, OscSink, ("osc", port), [frame(0)])
    assert harness.ask("report")["answer"] == "set/energy 0.75"


def test_garbage_of_every_kind_is_counted_and_the_dance_goes_on(start_unity):
    (port,) = free_ports(1)
    harness = start_unity(port=port)
    rng = np.random.default_rng(0)
    bad = [rng.bytes(size) for size in (*range(1, 64), 1400, 5000, 65507)]
    bad += [data[:size] for data in WHOLE for size in range(0, len(data), 7)]
    bad += [b"#bundle\0" + bytes(8) + size.to_bytes(4, "big") + b"/a\0\0" for size in (0, 4, 5, 2**31 - 1, 2**32 - 1)]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for n, data in enumerate(bad):
            sender.sendto(data, ("127.0.0.1", port))
            if n % 20 == 0:
                harness.ask("report")  # time to read: what the system drops tests nothing
    harness.ask("until", 0)  # a bundle that was cut after its rotations is a pose, too
    frames = [frame(k) for k in range(200, 212)]
    at = {round(shown.audio_time, 3): shown.positions[0] for shown in frames}
    found = [pose for pose in followed(harness, OscSink, ("osc", port), frames) if round(pose["time"], 3) in at]
    assert len(found) == 12
    assert np.abs(joints(found) - [at[round(pose["time"], 3)] for pose in found]).max() < MILLIMETRE
    report = harness.ask("report")
    assert report["garbage"] > 100
    assert report["fault"] is None


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_bytes_whatever_make_the_reader_throw(unity_by_hand, data):
    changed = bytearray(data.draw(st.sampled_from(WHOLE)))
    places = st.integers(0, len(changed) - 1)
    for at, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=12)):
        changed[at] = value
    cut = changed[: data.draw(st.integers(1, len(changed)))]
    for datagram in (bytes(cut), data.draw(st.binary(min_size=1, max_size=200))):
        assert unity_by_hand.ask("take", 1.0, datagram.hex())["frames"] >= 0


@pytest.mark.parametrize("number", [np.nan, np.inf])
def test_a_number_that_is_none_never_reaches_the_character(start_unity, number):
    (port,) = free_ports(1)
    harness = start_unity(port=port)
    good = followed(harness, OscSink, ("osc", port), [frame(k) for k in range(12)])
    (spoilt,) = pose_datagrams([frame(12)])
    at = spoilt.index(b"/dance/0/rotations") + 200
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(spoilt[:at] + struct.pack(">f", number) + spoilt[at + 4 :], ("127.0.0.1", port))
    more = followed(harness, OscSink, ("osc", port), [frame(k) for k in range(13, 16)])
    times = [frame(k).audio_time for k in (*range(12), *range(13, 16))]
    assert [pose["time"] for pose in good + more] == pytest.approx(times)
    assert np.isfinite(joints(more)).all()
