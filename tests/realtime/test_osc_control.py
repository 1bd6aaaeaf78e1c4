"""A performer's OSC reaches the command queue, is clamped, is answered; garbage costs nothing."""

import contextlib
import logging
import math
import socket
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_message_builder import OscMessageBuilder

from realtime.controls import (
    CommandQueue,
    Controls,
    Downbeat,
    Freeze,
    Hello,
    Nudge,
    Reset,
    ScaleTempo,
    SetControl,
    SetCrew,
    SetLead,
    SetPhase,
    SetRange,
    SetSeed,
    SetStyle,
    SetTempo,
    Tapped,
)
from realtime.frame import StageError
from realtime.osc_control import WARN_SECONDS, ControlServer, Limit, read_messages
from realtime.osc_wire import BundleTemplate, message
from realtime.run import main
from realtime.sinks.osc import hello
from realtime.takes import NOTHING_RECORDED, RecordingDesk
from tests.realtime.swing import manifest
from tests.realtime.udp_ear import Ear, messages


class Desk:
    """A performer's control surface, and the stage's end of it."""

    def __init__(self, refuse=lambda command: None):
        controls = Controls(manifest(), 3)
        self.commands = CommandQueue(controls)
        self.warnings, self.now = [], 0.0
        self.surface = Ear()
        with Ear() as free:
            port = free.port
        rates = {self.surface.socket.getsockname(): 60}
        self.server = ControlServer(
            f"127.0.0.1:{port}",
            self.commands,
            controls,
            lambda asker: hello(3, rates.get(asker, 15)),
            self.warnings.append,
            lambda: self.now,
            refuse,
            desk=RecordingDesk(lambda: 0.0),
        )

    def send(self, datagram):
        self.surface.socket.sendto(datagram, ("127.0.0.1", self.server.port))

    def ask(self, address, *arguments):
        """Send one message; the command that came of it and the answer."""
        builder = OscMessageBuilder(address)
        for argument in arguments:
            builder.add_arg(argument)
        self.send(builder.build().dgram)
        ((where, answer),) = messages(self.surface.datagram())
        assert where == "/dance/status"
        return self.commands.drain(), answer

    def close(self):
        self.server.close()
        self.surface.close()


@pytest.fixture
def desk():
    desk = Desk()
    yield desk
    desk.close()


@pytest.mark.parametrize(
    ("address", "arguments", "command", "answer"),
    [
        ("/dance/set/energy", [0.5], SetControl("energy", 0.5), ["set/energy", 0.5]),
        ("/dance/set/energy", [1], SetControl("energy", 1), ["set/energy", 1.0]),
        ("/dance/set/energy", [7.0], SetControl("energy", 7.0), ["set/energy", 2.0]),
        ("/dance/set/dancer/2/energy", [0.25], SetControl("energy", 0.25, 2), ["set/dancer/2/energy", 0.25]),
        ("/dance/set/style", ["waack", 0.5], SetStyle("waack", 0.5), ["set/style", "waack", 0.5]),
        ("/dance/set/style", ["waack"], SetStyle("waack", 1.0), ["set/style", "waack", 1.0]),
        ("/dance/set/style", ["waack", 3], SetStyle("waack", 1.0), ["set/style", "waack", 1.0]),
        ("/dance/set/dancer/1/style", ["house", 1], SetStyle("house", 1.0, 1), ["set/dancer/1/style", "house", 1.0]),
        ("/dance/mirror", [1], SetControl("mirror", 1), ["mirror", 1.0]),
        ("/dance/seed", [7], SetSeed(7), ["seed", 7]),
        ("/dance/seed", [7.0], SetSeed(7), ["seed", 7]),
        ("/dance/set/dancer/2/seed", [5], SetSeed(5, 2), ["set/dancer/2/seed", 5]),
        ("/dance/formation", ["circle"], SetCrew(formation="circle"), ["formation", "circle"]),
        ("/dance/formation", ["0,0;1,1;2,0"], SetCrew(formation="0,0;1,1;2,0"), ["formation", "0,0;1,1;2,0"]),
        ("/dance/spacing", [2], SetCrew(spacing=2.0), ["spacing", 2.0]),
        ("/dance/spacing", [-3], SetCrew(spacing=0.6), ["spacing", pytest.approx(0.6)]),
        ("/dance/canon", [0.5], SetCrew(canon=0.5), ["canon", 0.5]),
        ("/dance/canon", [1e6], SetCrew(canon=16.0), ["canon", 16.0]),
        ("/dance/unison", [1], SetCrew(unison=1), ["unison", 1]),
        ("/dance/unison", [9.0], SetCrew(unison=2), ["unison", 2]),
        ("/dance/freeze", [1], Freeze(True), ["freeze", 1]),
        ("/dance/freeze", [0.0], Freeze(False), ["freeze", 0]),
        ("/dance/lead", [60], SetLead(60), ["lead", 60.0]),
        ("/dance/lead", [-9e9], SetLead(-500.0), ["lead", -500.0]),
        ("/dance/reset", [], Reset(), ["reset"]),
        ("/dance/bpm", [128.0], SetTempo(128.0), ["bpm", 128.0]),
        ("/dance/bpm", [0], SetTempo(None), ["bpm", 0.0]),
        ("/dance/bpm", [900], SetTempo(215.0), ["bpm", 215.0]),
        ("/dance/bpm", [-1], SetTempo(55.0), ["bpm", 55.0]),
        ("/dance/phase", [0.25], SetPhase(0.25, 0.0), ["phase", 0.25]),
        ("/dance/phase", [7], SetPhase(1.0, 0.0), ["phase", 1.0]),
        ("/dance/half", [], ScaleTempo(0.5), ["half"]),
        ("/dance/double", [1.0], ScaleTempo(2.0), ["double"]),
        ("/dance/nudge", [-15], Nudge(-15), ["nudge", -15.0]),
        ("/dance/nudge", [1e6], Nudge(500.0), ["nudge", 500.0]),
        ("/dance/downbeat", [], Downbeat(0.0), ["downbeat"]),
        ("/dance/range", [80, 160.0], SetRange(80, 160.0), ["range", 80.0, 160.0]),
        ("/dance/range", [10, 1e9], SetRange(55.0, 215.0), ["range", 55.0, 215.0]),
    ],
)
def test_a_message_becomes_a_command_and_is_echoed_as_it_was_taken(desk, address, arguments, command, answer):
    assert desk.ask(address, *arguments) == ([command], answer)


@pytest.mark.parametrize(
    ("address", "arguments"),
    [
        ("/dance/clap", []),
        ("/dance", []),
        ("/dance/set", [1.0]),
        ("/dance/set/dancer/x/energy", [1.0]),
        ("/dance/set/energy/more", [1.0]),
        ("/VMC/Ext/T", [1.0]),
    ],
)
def test_an_address_nobody_knows_is_answered_by_its_name(desk, address, arguments):
    assert desk.ask(address, *arguments) == ([], [f"unknown {address}"])


@pytest.mark.parametrize(
    ("address", "arguments", "named"),
    [
        ("/dance/set/gravity", [1.0], "gravity"),
        ("/dance/set/energy", [], "number"),
        ("/dance/set/energy", ["loud"], "number"),
        ("/dance/set/energy", [math.nan], "number"),
        ("/dance/set/energy", [math.inf], "number"),
        ("/dance/set/dancer/3/energy", [1.0], "dancer 3"),
        ("/dance/set/style", ["polka", 1.0], "polka"),
        ("/dance/set/style", [1.0], "style"),
        ("/dance/seed", [-1], "seed"),
        ("/dance/seed", [1e30], "seed"),
        ("/dance/freeze", [], "number"),
        ("/dance/set/dancer/3/seed", [1], "dancer 3"),
        ("/dance/formation", [1.0], "line, circle, grid"),
        ("/dance/formation", ["ring"], "no formation is 'ring'"),
        ("/dance/formation", ["0,0;1,1"], "2 places for 3 dancers"),
        ("/dance/canon", ["two"], "number"),
        ("/dance/unison", [math.nan], "number"),
        ("/dance/preset", [], "name of a preset"),
        ("/dance/preset", ["verse"], "keeps no presets"),
        ("/dance/tap", ["now"], "number"),
        ("/dance/bpm", ["fast"], "number"),
        ("/dance/bpm", [math.nan], "number"),
        ("/dance/phase", [], "number"),
        ("/dance/nudge", [math.inf], "number"),
        ("/dance/range", [80.0], "number"),
        ("/dance/range", [160.0, 80.0], "160 bpm is not below 80"),
        ("/dance/range", [1.0, 2.0], "55 bpm is not below 55"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_reason(desk, address, arguments, named):
    commands, (answer,) = desk.ask(address, *arguments)
    assert commands == []
    assert answer.startswith(f"refused {address}: ")
    assert named in answer


def test_taps_are_stamped_as_they_come_counted_in_the_answer_and_obeyed_from_the_fourth(desk):
    desk.now = 100.0
    assert desk.ask("/dance/tap") == ([], ["tap", 1])
    for count in (2, 3):
        desk.now += 0.5
        assert desk.ask("/dance/tap", 1) == ([], ["tap", count, pytest.approx(120.0)])
    for count in (4, 5):
        desk.now += 0.5
        ((command,), answer) = desk.ask("/dance/tap", 1.0)
        assert answer == ["tap", count, pytest.approx(120.0)]
        assert command.bpm == pytest.approx(120.0)
        assert command.at == pytest.approx(desk.now)
        assert isinstance(command, Tapped)


def test_taps_of_a_tempo_that_no_ear_looks_for_are_refused(desk):
    for _ in range(3):
        desk.ask("/dance/tap")
        desk.now += 0.2
    commands, (answer,) = desk.ask("/dance/tap")
    assert commands == []
    assert answer.startswith("refused /dance/tap: 300 bpm must be 55 to 215")


@pytest.mark.parametrize("word", ["tap", "half", "double", "downbeat"])
def test_a_button_that_is_let_go_asks_for_nothing(desk, word):
    assert desk.ask(f"/dance/{word}", 0.0) == ([], [word, 0])


def test_what_has_an_instant_carries_the_one_at_which_it_came(desk):
    desk.now = 3.25
    assert desk.ask("/dance/phase", 0.5)[0] == [SetPhase(0.5, 3.25)]
    assert desk.ask("/dance/downbeat")[0] == [Downbeat(3.25)]


@pytest.mark.parametrize("word", ["half", "double", "tap"])
def test_what_the_show_of_this_moment_would_not_obey_is_refused_with_its_reason(word):
    def refuse(command):
        raise StageError("320 bpm is outside 55 to 215")

    desk = Desk(refuse)
    for _ in range(4):
        commands, answer = desk.ask(f"/dance/{word}")
        desk.now += 0.5
    assert (commands, answer) == ([], [f"refused /dance/{word}: 320 bpm is outside 55 to 215"])
    desk.close()


def test_a_button_without_a_value_may_say_so_by_nil(desk):
    desk.send(b"/dance/half\0,N\0\0")
    assert messages(desk.surface.datagram())[0][1] == ["half"]
    assert desk.commands.drain() == [ScaleTempo(0.5)]


def test_hello_is_answered_with_all_that_a_receiver_must_know_and_reaches_the_sinks(desk):
    desk.send(message("/dance/hello").data)
    heard = [messages(desk.surface.datagram())[0] for _ in range(4)]
    assert [address for address, _ in heard] == ["/dance/status", "/dance/hello", "/dance/status", "/dance/status"]
    assert heard[1][1][:3] == ["1", 3, 60.0]
    assert heard[2][1] == ["styles", "house", "waack"]
    assert heard[3][1] == ["controls", "energy", "mirror", "style_house", "style_waack"]
    assert desk.commands.drain() == [Hello()]


def test_each_receiver_that_asks_is_told_the_rate_at_which_it_is_sent_poses():
    with Ear() as smooth, Ear() as plain, Ear() as other, Ear() as free:
        free.close()
        sinks = ("--sink", f"osc:{smooth.target},rate=60", "--sink", f"osc:{plain.target}")
        show = threading.Thread(
            target=main, args=(["--device", "demo", "--duration", "1", "--control", free.target, *sinks],)
        )
        show.start()
        for ear in (smooth, plain):  # the show has begun
            ear.datagram()
        for ear in (smooth, plain, other):
            ear.socket.sendto(message("/dance/hello").data, ("127.0.0.1", free.port))
        show.join()
        told = [[words[2] for data in ear.waiting() for address, words in messages(data) if address == "/dance/hello"]
                for ear in (smooth, plain, other)]  # fmt: skip
    assert [set(rates) for rates in told] == [{60.0}, {15.0}, {15.0}]
    assert [len(rates) > 1 for rates in told] == [True, True, False]  # receivers are told by their sink as well


def test_a_bundle_of_several_messages_is_obeyed_in_its_order(desk):
    desk.send(
        bytes(BundleTemplate([message("/dance/freeze", 1), message("/dance/nothing"), message("/dance/seed", 4)]).data)
    )
    answers = [messages(desk.surface.datagram())[0][1][0] for _ in range(3)]
    assert answers == ["freeze", "unknown /dance/nothing", "seed"]
    assert desk.commands.drain() == [Freeze(True), SetSeed(4)]


def test_a_flood_of_garbage_says_one_line_in_ten_seconds_and_the_port_still_answers(desk, capfd):
    for _ in range(6):
        for n in range(50):  # no more at once than the system's buffer surely holds
            desk.send(bytes([n]) * (n % 40))
        assert desk.ask("/dance/freeze", 1)[0] == [Freeze(True)]
    assert len(desk.warnings) == 1
    assert "\n" not in desk.warnings[0]
    desk.now = WARN_SECONDS
    desk.send(b"again")
    desk.ask("/dance/freeze", 0)
    assert len(desk.warnings) == 2
    assert desk.server.garbage == 301
    assert capfd.readouterr() == ("", "")


def test_a_limit_lets_so_many_pass_each_second():
    limit = Limit(3)
    assert [limit.allows(10.0 + t) for t in (0.0, 0.1, 0.2, 0.3, 0.99, 1.0, 1.1)] == [True] * 3 + [False] * 2 + [
        True
    ] * 2


def test_what_a_type_tag_says_and_nobody_can_read_stays_off_the_screen(desk, capfd, caplog):
    caplog.set_level(logging.CRITICAL)
    desk.send(b"/dance/freeze\0\0\0,Q\0\0")
    messages(desk.surface.datagram())
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []


@given(st.binary(max_size=200) | st.binary(max_size=60).map(lambda tail: b"#bundle\0" + bytes(7) + b"\1" + tail)
       | st.binary(max_size=60).map(lambda tail: b"/dance/set/energy\0\0\0" + tail))  # fmt: skip
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_read_or_refused_in_one_line(datagram):
    with contextlib.suppress(StageError):
        for address, arguments in read_messages(datagram):
            assert isinstance(address, str)
            assert isinstance(arguments, list)


def test_a_port_in_use_is_refused_in_one_line_that_names_it():
    controls = Controls(manifest(), 1)
    taken = Ear()
    with pytest.raises(StageError, match=f"127.0.0.1:{taken.port}") as caught:
        ControlServer(taken.target, CommandQueue(controls), controls, lambda asker: b"", print)
    assert "\n" not in str(caught.value)
    taken.close()


def test_a_closed_server_gives_its_port_back(desk):
    desk.server.close()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as again:
        again.bind(("127.0.0.1", desk.server.port))


def test_a_show_that_records_nothing_says_so_when_it_is_asked_for_a_take(desk):
    assert desk.ask("/dance/record", 1) == ([], [f"refused /dance/record: {NOTHING_RECORDED}"])
    assert desk.ask("/dance/record") == ([], ["refused /dance/record: needs a number"])
