"""OSC in: a performer's faders and keys become commands for the next frame; every message is answered.

Whoever sends to the port gets `/dance/status` back at the port they sent from: the value as it was taken (clamped), or
why it was not. Nothing that arrives can raise, block the stage or fill the screen.
"""

import contextlib
import logging
import math
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

from pythonosc.osc_packet import OscPacket

from realtime import takes, tap
from realtime.controls import (
    Command,
    CommandQueue,
    Controls,
    Freeze,
    Nudge,
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
from realtime.osc_commands import RecallPreset, Record, RecordPreset, Released, command_for, pressed
from realtime.osc_wire import Argument, message, split_target
from realtime.presets import Presets

HOST, PORT = "127.0.0.1", 7701
DATAGRAMS_A_SECOND = 2000  # above it they are dropped unread: a flood must not take the stage's processor
WARN_SECONDS = 10.0
POLL_SECONDS = 0.2
ECHO = 80  # characters of a sender's own words in an answer

Address = tuple[Any, ...]

# python-osc tells the root logger about every odd datagram; that would fill the performer's screen
logging.getLogger().addFilter(lambda record: "pythonosc" not in record.pathname)


def read_messages(datagram: bytes) -> list[tuple[str, list[Any]]]:
    """(address, arguments) of every message of a datagram, bundles opened. Raises StageError for what is not OSC."""
    try:
        return [(timed.message.address, timed.message.params) for timed in OscPacket(datagram).messages]
    except Exception as err:  # python-osc answers odd bytes with many kinds of error
        raise StageError(f"{len(datagram)} bytes that are not OSC ({type(err).__name__})") from None


class Limit:
    """So many a second; the count begins anew a second after its first."""

    def __init__(self, per_second: int) -> None:
        self._per_second = per_second
        self._began = -math.inf
        self._count = 0

    def allows(self, now: float) -> bool:
        """Whether one more may pass at `now` seconds."""
        if now - self._began >= 1.0:
            self._began, self._count = now, 0
        self._count += 1
        return self._count <= self._per_second


class ControlServer:
    """Listens on one UDP port, on a thread of its own, until it is closed."""

    def __init__(
        self,
        target: str,
        commands: CommandQueue,
        controls: Controls,
        hello: Callable[[Address], bytes],
        warn: Callable[[str], None],
        clock: Callable[[], float] = time.perf_counter,
        refuse: Callable[[Command], None] = lambda command: None,
        presets: Presets | None = None,
        desk: takes.RecordingDesk | None = None,
    ) -> None:
        """target: [HOST:]PORT, "" for 127.0.0.1:7701. hello: the message that answers /dance/hello, by who asks.

        clock: the stage's own, in seconds; what comes is stamped by it at once, so that taps are exact.
        refuse: raises StageError for what the show of this moment would not obey. desk: begins and ends recordings.

        warn gets one line now and then about what could not be read. Raises StageError when the port cannot be had.
        """
        self.garbage = 0  # datagrams that were not OSC
        self.dropped = 0  # datagrams of a flood
        self._commands, self._controls, self._hello, self._warn, self._clock = commands, controls, hello, warn, clock
        self._refuse, self._presets, self._desk = refuse, presets, desk
        self._limit = Limit(DATAGRAMS_A_SECOND)
        self._taps: tap.Row = ()
        self._warned = -math.inf
        self._socket = _bind(*split_target(target, HOST, PORT))
        bound, self.port = self._socket.getsockname()
        self.host: str = "127.0.0.1" if bound == "0.0.0.0" else bound  # as this machine reaches it
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="osc-control", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop listening and give the port back."""
        self._closing.set()
        with contextlib.suppress(OSError):  # wakes the thread at once; the time-out would do it later
            self._socket.sendto(b"", self._socket.getsockname())
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._closing.is_set():
            try:
                datagram, sender = self._socket.recvfrom(65536)
            except OSError:  # the time-out that lets `close` be seen, or a sender that is gone (Windows)
                continue
            at = self._clock()
            if self._closing.is_set():
                return
            if self._limit.allows(at):
                self._take(datagram, sender, at)
            else:
                self.dropped += 1
                self._say(f"control: more than {DATAGRAMS_A_SECOND} datagrams a second, the others are dropped")

    def _take(self, datagram: bytes, sender: Address, at: float) -> None:
        try:
            messages = read_messages(datagram)
        except StageError as err:
            self.garbage += 1
            self._say(f"control: ignored {err} from {sender[0]}")
            return
        for address, arguments in messages:
            self._answer(sender, *self._obey(address, arguments, at))
            if address.strip("/") == "dance/hello":
                self._send(sender, self._hello(sender))
                self._answer(sender, "styles", *self._controls.styles)
                self._answer(sender, "controls", *self._controls.names)

    def _obey(self, address: str, arguments: list[Any], at: float) -> tuple[Argument, ...]:
        """Queue what a message asks for; what to answer."""
        name = address.strip("/").removeprefix("dance/")
        try:
            if address.strip("/") == "dance/tap":
                return (name, *self._tap(at)) if pressed(address, arguments) else (name, 0)
            asked = command_for(address, arguments, at)
            if asked is None:
                return (f"unknown {address[:ECHO]}",)
            if isinstance(asked, Released):
                return (name, 0)
            if isinstance(asked, Record):
                return (name, self._record(asked.on))
            if isinstance(asked, RecallPreset | RecordPreset):
                return (name, self._preset(asked))
            self._refuse(asked)
            self._commands.put(asked)
        except StageError as err:
            reason = str(err).removeprefix(f"{address} ")
            return (f"refused {address[:ECHO]}: {reason[: 4 * ECHO]}",)
        return (name, *self._taken(asked))

    def _record(self, on: bool) -> int:
        """Begin or end a take; the number of the one that runs, or 0."""
        if self._desk is None:
            raise StageError(takes.NOTHING_RECORDED)
        return self._desk.record(on)

    def _preset(self, asked: RecallPreset | RecordPreset) -> str:
        """Recall or record; the preset's name."""
        if self._presets is None:
            raise StageError("this show keeps no presets")
        if isinstance(asked, RecordPreset):
            self._presets.record(asked.name)
        else:
            self._commands.put(self._presets.recall(asked.name))
        return asked.name

    def _tap(self, at: float) -> tuple[Argument, ...]:
        """One more tap. The answer: how many there are in the row, and their tempo; from the fourth on it is obeyed."""
        self._taps = tap.add(self._taps, at)
        found = tap.fit(self._taps)
        if found is None:
            return (len(self._taps),)
        if found.trusted:
            tapped = Tapped(found.bpm, found.beat)
            self._refuse(tapped)
            self._commands.put(tapped)
        return (found.taps, found.bpm)

    def _taken(self, command: Command) -> tuple[Argument, ...]:
        """The value of a command as the dancers will have it."""
        match command:
            case SetControl(name, value, _):
                spec = self._controls.specs[self._controls.names.index(name)]
                return (float(min(max(value, spec.low), spec.high)),)
            case SetStyle(style, weight, _):
                return (style, float(weight))
            case SetSeed(seed, _):
                return (seed if seed < 2**31 else str(seed),)
            case SetCrew():
                return tuple(value for value in vars(command).values() if value is not None)
            case Freeze(on):
                return (int(on),)
            case SetLead(ms) | Nudge(ms):
                return (float(ms),)
            case SetTempo(bpm):
                return (float(bpm or 0.0),)
            case SetPhase(phase, _):
                return (float(phase),)
            case SetRange(slowest, fastest):
                return (float(slowest), float(fastest))
        return ()

    def _answer(self, sender: Address, *arguments: Argument) -> None:
        self._send(sender, message("/dance/status", *arguments).data)

    def _send(self, sender: Address, data: bytes) -> None:
        with contextlib.suppress(OSError):  # who asks and does not listen gets no answer
            self._socket.sendto(data, sender)

    def _say(self, line: str) -> None:
        now = self._clock()
        if now - self._warned >= WARN_SECONDS:
            self._warned = now
            self._warn(line)


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.settimeout(POLL_SECONDS)
    try:
        sock.bind((host, port))
    except OSError as err:
        sock.close()
        why = err.strerror or err
        raise StageError(f"control port {host}:{port} is not free ({why}): choose another, or --control off") from None
    return sock
