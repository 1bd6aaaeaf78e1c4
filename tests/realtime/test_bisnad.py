"""/mocap/N/joint/* as the AI-Toolbox's receivers want it, on a real socket."""

import numpy as np
import pytest
from pythonosc.dispatcher import Dispatcher
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from motion.rotation import multiply, rotate
from motion.skeleton import BONES, HUMANOID, PARENTS
from realtime.frame import StageError
from realtime.sinks.bisnad import BisnadSink
from tests.realtime.liblo_ear import needs_liblo, printed
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages, tags


@pytest.fixture
def ear():
    with Ear() as ear:
        yield ear


def sent(ear, dancers=1, k=3, **extra):
    """One frame of the swing, and the datagrams that came of it."""
    sink = BisnadSink(options("bisnad", ear.target, dancers, **extra))
    sink.send(frame(k, dancers))
    sink.close()
    return ear.waiting()


def by_address(datagrams):
    """Each address's numbers, a row for each joint."""
    found = {address: values for data in datagrams for address, values in messages(data)}
    return {address: np.array(v).reshape(len(BONES), -1) for address, v in found.items()}


def test_a_frame_is_four_flat_lists_of_floats_with_the_local_rotations_last(ear):
    assert [message for data in sent(ear) for message in tags(data)] == [
        ("/mocap/0/joint/pos_world", "f" * 66),
        ("/mocap/0/joint/pos_local", "f" * 66),
        ("/mocap/0/joint/rot_world", "f" * 88),
        ("/mocap/0/joint/rot_local", "f" * 88),
    ]


def test_every_dancer_has_its_number_and_every_datagram_fits_one_ethernet_frame(ear):
    datagrams = sent(ear, dancers=3)
    assert [messages(data)[0][0].split("/")[2] for data in datagrams] == ["0", "0", "1", "1", "2", "2"]
    assert max(map(len, datagrams)) <= 1400


def test_the_bytes_are_those_that_python_osc_would_send(ear):
    datagrams = sent(ear, dancers=2)
    found = by_address(datagrams)
    built = []
    for n in range(2):
        for kind in ("pos", "rot"):
            bundle = OscBundleBuilder(IMMEDIATELY)
            for space in ("world", "local"):
                message = OscMessageBuilder(f"/mocap/{n}/joint/{kind}_{space}")
                for value in found[message.address].ravel():
                    message.add_arg(float(value), "f")
                bundle.add_content(message.build())
            built.append(bundle.build().dgram)
    assert datagrams == built


def test_quaternions_come_w_first_and_are_those_of_the_frame(ear):
    local = by_address(sent(ear))["/mocap/0/joint/rot_local"]
    np.testing.assert_array_equal(local[:, [1, 2, 3, 0]], frame(3).rotations[0])


def test_world_follows_from_local_joint_by_joint(ear):
    found = by_address(sent(ear))
    places, turns = (found[f"/mocap/0/joint/{kind}_local"] for kind in ("pos", "rot"))
    world_place, world_turn = [places[0]], [turns[0, [1, 2, 3, 0]]]
    for joint, parent in list(enumerate(PARENTS))[1:]:
        world_place.append(world_place[parent] + rotate(world_turn[parent], places[joint]))
        world_turn.append(multiply(world_turn[parent], turns[joint, [1, 2, 3, 0]]))
    np.testing.assert_allclose(found["/mocap/0/joint/pos_world"], world_place, atol=1e-5)
    np.testing.assert_allclose(found["/mocap/0/joint/rot_world"][:, [1, 2, 3, 0]], world_turn, atol=1e-5)
    np.testing.assert_allclose(places[1:], HUMANOID.offsets[1:], atol=1e-6)


def test_centimetres_are_a_hundred_times_metres_and_turn_nothing(ear):
    metres, centimetres = by_address(sent(ear)), by_address(sent(ear, unit="cm"))
    for space in ("world", "local"):
        np.testing.assert_allclose(
            centimetres[f"/mocap/0/joint/pos_{space}"], 100 * metres[f"/mocap/0/joint/pos_{space}"], rtol=1e-5
        )
        np.testing.assert_array_equal(centimetres[f"/mocap/0/joint/rot_{space}"], metres[f"/mocap/0/joint/rot_{space}"])


def test_a_receiver_that_takes_rot_local_for_the_frame_has_all_of_it_by_then(ear):
    """The toolbox's own receivers are python-osc dispatchers that push a frame when `rot_local` comes."""
    kept, frames = {}, []
    dispatcher = Dispatcher()
    for name in ("pos_world", "pos_local", "rot_world"):
        dispatcher.map(f"/mocap/0/joint/{name}", lambda address, *values: kept.update({address: values}))
    dispatcher.map("/mocap/0/joint/rot_local", lambda _, *values: frames.append((*kept.values(), values)))
    for data in sent(ear):
        dispatcher.call_handlers_for_packet(data, ("127.0.0.1", 0))
    ((pos_world, pos_local, rot_world, rot_local),) = frames
    assert [len(part) for part in (pos_world, pos_local, rot_world, rot_local)] == [66, 66, 88, 88]


def test_a_pose_that_is_not_finite_is_never_sent(ear):
    sink = BisnadSink(options("bisnad", ear.target))
    sink.send(frame(0))
    good = by_address(ear.waiting())
    bad = frame(1)
    bad.rotations[0, 3] = np.nan
    sink.send(bad)
    found = by_address(ear.waiting())
    assert all(np.isfinite(values).all() for values in found.values())
    np.testing.assert_array_equal(found["/mocap/0/joint/rot_local"], good["/mocap/0/joint/rot_local"])
    sink.close()


@needs_liblo
def test_liblo_reads_every_number():
    def send(target):
        sink = BisnadSink(options("bisnad", target))
        sink.send(frame(3))
        sink.close()

    heard = printed(send)
    assert [(address.rsplit("/")[-1], types) for address, types, _ in heard] == [
        ("pos_world", "f" * 66), ("pos_local", "f" * 66), ("rot_world", "f" * 88), ("rot_local", "f" * 88),
    ]  # fmt: skip
    local = np.array(heard[3][2]).reshape(22, 4)
    np.testing.assert_allclose(local[:, [1, 2, 3, 0]], frame(3).rotations[0], atol=2e-6)


def test_the_rate_is_what_was_asked_for():
    assert BisnadSink(options("bisnad", rate="60")).rate == 60
    with pytest.raises(StageError, match="rate=9000"):
        BisnadSink(options("bisnad", rate="9000"))


def test_an_option_that_bisnad_does_not_have_is_refused_by_name():
    with pytest.raises(StageError, match="colour"):
        BisnadSink(options("bisnad", colour="red"))
