"""What receivers ask for, on port 39540 as a rule: how often, and everything at once; none disturbs the others."""

import contextlib
import socket

import pytest

from realtime.osc_wire import message
from realtime.sinks.vmc import VmcSink
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages

PERIOD, REQUEST = "/VMC/Ext/Set/Period", "/VMC/Ext/Set/Req"


@pytest.fixture
def port():
    """A port that is free to listen to."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def ear():
    with Ear() as ear:
        yield ear


@pytest.fixture
def stage():
    """stage(ear, listen, dancers) opens a sink; all are closed at the end."""
    with contextlib.ExitStack() as opened:

        def open_sink(target, listen, dancers=1, **extra):
            sink = VmcSink(options("vmc", target, dancers, listen=str(listen), **extra))
            opened.callback(sink.close)
            return sink

        yield open_sink  # fmt: skip


def sent(ear, sink, k):
    """What frame k brings, as {"OK": 1, "T": 1, "Root": 1, "Bone": 22}."""
    sink.send(frame(k, 2))
    found = {}
    for data in ear.waiting():
        for address, _ in messages(data):
            kind = address.split("/")[3]
            found[kind] = found.get(kind, 0) + 1
    return found


WHOLE = {"OK": 1, "T": 1, "Root": 1, "Bone": 22}


def test_a_receiver_sets_how_often_it_gets_what(ear, stage, port):
    sink = stage(ear.target, port)
    assert sent(ear, sink, 0) == WHOLE
    ear.socket.sendto(message(PERIOD, 3, 2, 1, 1, 1, 1).data, ("127.0.0.1", port))
    found = [sent(ear, sink, k) for k in range(1, 7)]
    assert [part.get("OK", 0) for part in found] == [part.get("T", 0) for part in found] == [0, 0, 1, 0, 0, 1]
    assert [part.get("Root", 0) for part in found] == [0, 1, 0, 1, 0, 1]
    assert all(part["Bone"] == 22 for part in found)
    ear.socket.sendto(message(PERIOD, 0, 0, 0, 1, 1, 1).data, ("127.0.0.1", port))
    assert [sent(ear, sink, k) for k in range(7, 10)] == [{}, {}, {}]
    ear.socket.sendto(message(PERIOD, 1, 1, 1, 1, 1, 1).data, ("127.0.0.1", port))
    assert sent(ear, sink, 10) == WHOLE


@pytest.mark.parametrize("bundle", ["split", "whole", "none"])
def test_what_is_due_is_sent_whatever_the_bundles(ear, stage, port, bundle):
    sink = stage(ear.target, port, bundle=bundle)
    ear.socket.sendto(message(PERIOD, 1, 1, 2, 1, 1, 1).data, ("127.0.0.1", port))
    assert sent(ear, sink, 0) == WHOLE
    assert sent(ear, sink, 1) == {"OK": 1, "T": 1, "Root": 1}


def test_a_request_brings_everything_at_once_and_where_we_listen(ear, stage, port):
    sink = stage(ear.target, port)
    ear.socket.sendto(message(PERIOD, 0, 0, 0, 0, 0, 0).data, ("127.0.0.1", port))
    assert sent(ear, sink, 0) == {}
    ear.socket.sendto(message(REQUEST).data, ("127.0.0.1", port))
    sink.send(frame(1))
    said = [m for data in ear.waiting() for m in messages(data)]
    assert said[0] == ("/VMC/Ext/Rcv", [1, port])
    assert len(said) == 1 + 25
    assert sent(ear, sink, 2) == {}


def test_hello_is_a_request_of_our_own(ear, stage, port):
    sink = stage(ear.target, port)
    sink.hello()
    assert sent(ear, sink, 0) == WHOLE | {"Rcv": 1}


def test_a_receivers_wishes_are_its_own_while_dancers_and_sinks_share_the_port(stage, port):
    with Ear() as first, Ear() as second:
        sinks = [stage(ear.target, port) for ear in (first, second)]
        second.socket.sendto(message(PERIOD, 1, 1, 2, 1, 1, 1).data, ("127.0.0.1", port))
        counts = [[sent(ear, sink, k).get("Bone", 0) for ear, sink in zip((first, second), sinks, strict=True)]
                  for k in range(4)]  # fmt: skip
    assert counts == [[22, 22], [22, 0], [22, 22], [22, 0]]


def test_a_wish_from_another_port_counts_for_all_receivers_of_that_machine(ear, stage, port):
    sink = stage(ear.target, port)
    with Ear() as assistant:
        assistant.socket.sendto(message(PERIOD, 1, 1, 2, 1, 1, 1).data, ("127.0.0.1", port))
    assert [sent(ear, sink, k).get("Bone", 0) for k in range(3)] == [22, 0, 22]


@pytest.mark.parametrize("garbage", [
    b"", b"/VMC/Ext/Set/", b"#bundle\0" + b"/VMC/Ext/Set/Period\0" * 9, b"\xff" * 2000,
    message(PERIOD, 1, 2).data, message(PERIOD, 1.0, 2.0, 3.0, 1.0, 1.0, 1.0).data,
    message(PERIOD, "a", "b", "c", "d", "e", "f").data, message("/VMC/Ext/Set/Periods", 0, 0, 0, 0, 0, 0).data,
])  # fmt: skip
def test_garbage_changes_nothing(ear, stage, port, garbage):
    sink = stage(ear.target, port)
    for _ in range(30):
        ear.socket.sendto(garbage, ("127.0.0.1", port))
    assert all(sent(ear, sink, k) == WHOLE for k in range(5))


def test_periods_below_zero_or_beyond_a_minute_are_cut(ear, stage, port):
    sink = stage(ear.target, port)
    ear.socket.sendto(message(PERIOD, -5, 1, 2**31 - 1, 1, 1, 1).data, ("127.0.0.1", port))
    assert [sent(ear, sink, k) for k in range(2)] == [{"Root": 1, "Bone": 22}, {"Root": 1}]


def test_a_taken_port_is_one_line_and_the_show_goes_on(ear, stage, capsys):
    with Ear() as thief:
        sink = stage(ear.target, thief.port)
        assert sent(ear, sink, 0) == WHOLE
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"port {thief.port} is not free" in said


def test_the_port_is_given_back_when_the_last_sink_closes(ear, port):
    first, second = (VmcSink(options("vmc", ear.target, listen=str(port), yaw=yaw)) for yaw in ("0", "90"))
    first.close()
    with pytest.raises(OSError, match="in use"):
        Ear(port)
    second.close()
    Ear(port).close()


def test_a_port_that_a_dancer_is_sent_to_is_left_to_its_receiver(stage, port):
    """By default two dancers go to 39539 and 39540: the second one's receiver must be able to have its port."""
    stage(f"127.0.0.1:{port}", port)
    Ear(port).close()


def test_a_later_sink_that_sends_to_the_port_takes_it_from_us(ear, stage, port):
    sink = stage(ear.target, port)
    assert str(port) in sink.describe()
    stage(f"127.0.0.1:{port}", "off")
    Ear(port).close()
    assert str(port) not in sink.describe()
    assert sent(ear, sink, 0) == WHOLE


def test_it_listens_on_this_machine_alone_unless_told(ear, stage, port):
    sink = stage(ear.target, port)
    assert sink._requests._socket.getsockname() == ("127.0.0.1", port)
