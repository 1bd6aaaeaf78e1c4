"""Outgoing OSC is python-osc's to the byte, and never carries a number that a receiver could choke on."""

import socket

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_packet import OscPacket

from realtime.frame import StageError
from realtime.osc_wire import BundleTemplate, UdpOut, message, split_target

FLOAT = st.floats(allow_nan=False, allow_infinity=False, width=32)
INT = st.integers(-(2**31), 2**31 - 1)
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
ARGUMENTS = st.lists(FLOAT | INT | TEXT, max_size=9)
ADDRESS = st.text("abcdefgh/", min_size=1, max_size=20).map(lambda tail: "/" + tail)


def their_message(address, arguments):
    builder = OscMessageBuilder(address)
    for argument in arguments:
        builder.add_arg(argument, {str: "s", int: "i", float: "f"}[type(argument)])
    return builder.build()


def their_bundle(messages):
    builder = OscBundleBuilder(IMMEDIATELY)
    for address, arguments in messages:
        builder.add_content(their_message(address, arguments))
    return builder.build().dgram


@given(ADDRESS, ARGUMENTS)
def test_a_message_is_the_bytes_python_osc_builds(address, arguments):
    assert message(address, *arguments).data == their_message(address, arguments).dgram


@given(st.lists(st.tuples(ADDRESS, ARGUMENTS), max_size=5), st.data())
@settings(max_examples=60)
def test_a_bundle_written_in_place_is_the_bytes_python_osc_builds_from_the_new_numbers(messages, data):
    template = BundleTemplate([message(address, *arguments) for address, arguments in messages])
    fresh = [(a, [data.draw(_same_kind(x)) for x in arguments]) for a, arguments in messages]
    every = [x for _, arguments in fresh for x in arguments]
    floats = np.array([x for x in every if type(x) is float], np.float32)
    template.write(floats, [x for x in every if type(x) is int])
    kept = [(a, [n if type(n) is not str else o for n, o in zip(new, old, strict=True)])
            for (a, new), (_, old) in zip(fresh, messages, strict=True)]  # fmt: skip
    assert bytes(template.data) == their_bundle(kept)


def _same_kind(value):
    return {str: TEXT, int: INT, float: FLOAT}[type(value)]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_message_with_a_number_that_is_not_finite_keeps_its_last_good_ones_and_the_others_move_on(bad):
    template = BundleTemplate([message("/a", 0.0, 0.0), message("/b", 0.0)])
    template.write(np.array([1, 2, 3], np.float32))
    template.write(np.array([4, bad, 5], np.float32))
    values = [m.message.params for m in OscPacket(bytes(template.data)).messages]
    assert values == [[1.0, 2.0], [5.0]]


def test_a_bundle_says_immediately():
    assert bytes(BundleTemplate([]).data) == b"#bundle\0\0\0\0\0\0\0\0\x01"


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("", ("127.0.0.1", 7700)),
        ("9000", ("127.0.0.1", 9000)),
        (":9000", ("127.0.0.1", 9000)),
        ("stage.local", ("stage.local", 7700)),
        ("stage.local:9000", ("stage.local", 9000)),
        ("10.0.0.7:65535", ("10.0.0.7", 65535)),
        ("[::1]:9000", ("::1", 9000)),
        ("[::1]", ("::1", 7700)),
    ],
)
def test_a_target_may_leave_out_what_is_usual(text, meaning):
    assert split_target(text, "127.0.0.1", 7700) == meaning


@pytest.mark.parametrize("text", ["host:0", "host:65536", "host:http", "host:-1", "0", ":70000", "99999"])
def test_a_port_that_cannot_be_is_refused_in_one_line_that_names_it(text):
    with pytest.raises(StageError, match=r"1\.\.65535") as caught:
        split_target(text, "127.0.0.1", 7700)
    assert repr(text) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_machine_that_nobody_knows_is_refused_by_name_at_opening():
    with pytest.raises(StageError, match=r"no-such-machine\.invalid"):
        UdpOut("no-such-machine.invalid", 7700)


def test_datagrams_arrive_from_a_port_that_is_not_the_receivers():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        port = receiver.getsockname()[1]
        out = UdpOut("localhost", port)
        out.send(bytearray(b"pose"))
        data, sender = receiver.recvfrom(100)
        out.close()
    assert data == b"pose"
    assert sender[1] != port


def test_a_receiver_that_is_gone_costs_nothing():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gone:
        gone.bind(("127.0.0.1", 0))
        port = gone.getsockname()[1]
    out = UdpOut("127.0.0.1", port)
    for _ in range(50):
        out.send(b"pose")
    assert out.lost == 0
    out.close()


def test_broadcast_goes_out_only_when_asked_for():
    silent, loud = UdpOut("255.255.255.255", 7700), UdpOut("127.255.255.255", 7700, broadcast=True)
    silent.send(b"pose")
    loud.send(b"pose")
    silent.close()
    loud.close()
    assert (silent.lost, loud.lost) == (1, 0)


def test_a_datagram_that_the_system_refuses_is_counted_and_does_not_raise():
    out = UdpOut("127.0.0.1", 7700)
    out.send(b"x" * 70_000)
    out.close()
    assert out.lost == 1
