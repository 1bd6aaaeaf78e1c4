"""From an OSC address and its arguments to what a performer asks for (docs/design.md, section 5). Pure."""

import math
from dataclasses import dataclass
from typing import Any

from realtime.controls import (
    BPM_RANGE,
    LEAD_MS_RANGE,
    NUDGE_MS_RANGE,
    Command,
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
)
from realtime.crew import CANON_RANGE, UNISON
from realtime.formation import SPACING_RANGE
from realtime.frame import StageError


class Released:
    """A button that was let go: known, and nothing is asked for."""


@dataclass(frozen=True)
class RecallPreset:
    """The preset of this name, please."""

    name: str


@dataclass(frozen=True)
class RecordPreset:
    """Keep what is set now as the preset of this name."""

    name: str


@dataclass(frozen=True)
class Record:
    """Begin a take of all recordings, or end it."""

    on: bool


Request = Command | Released | RecallPreset | RecordPreset | Record


def command_for(address: str, arguments: list[Any], at: float) -> Request | None:
    """What a message asks for; None for an address nobody knows. `at`: when it came, in seconds.

    Raises StageError for bad arguments.
    """
    match address.strip("/").split("/"):
        case ["dance", "set", "style"]:
            return _style(address, arguments, None)
        case ["dance", "set", "dancer", n, "style"] if n.isdecimal():
            return _style(address, arguments, int(n))
        case ["dance", "set", "dancer", n, "seed"] if n.isdecimal():
            return SetSeed(int(_number(address, arguments)), int(n))
        case ["dance", "set", "dancer", n, name] if n.isdecimal():
            return SetControl(name, _number(address, arguments), int(n))
        case ["dance", "set", name]:
            return SetControl(name, _number(address, arguments))
        case ["dance", "mirror"]:
            return SetControl("mirror", _number(address, arguments))
        case ["dance", "seed"]:
            return SetSeed(int(_number(address, arguments)))
        case ["dance", "formation"]:
            return SetCrew(formation=_text(address, arguments, "line, circle, grid or X,Z;X,Z;..."))
        case ["dance", "spacing"]:
            return SetCrew(spacing=float(_cut(_number(address, arguments), SPACING_RANGE)))
        case ["dance", "canon"]:
            return SetCrew(canon=float(_cut(_number(address, arguments), CANON_RANGE)))
        case ["dance", "unison"]:
            return SetCrew(unison=int(_cut(_number(address, arguments), (0, len(UNISON) - 1))))
        case ["dance", "preset"] if len(arguments) > 1 and arguments[0] == "record":
            return RecordPreset(_text(address, arguments[1:], "a name"))
        case ["dance", "preset", "record"]:
            return RecordPreset(_text(address, arguments, "a name"))
        case ["dance", "preset"]:
            return RecallPreset(_text(address, arguments, "the name of a preset"))
        case ["dance", "record"]:
            return Record(_number(address, arguments) != 0)
        case ["dance", "freeze"]:
            return Freeze(_number(address, arguments) != 0)
        case ["dance", "lead"]:
            return SetLead(_cut(_number(address, arguments), LEAD_MS_RANGE))
        case ["dance", "bpm"]:
            bpm = _number(address, arguments)
            return SetTempo(None if bpm == 0 else _cut(bpm, BPM_RANGE))
        case ["dance", "phase"]:
            return SetPhase(_cut(_number(address, arguments), (0.0, 1.0)), at)
        case ["dance", "range"]:
            slowest, fastest = (_cut(_number(address, arguments, n), BPM_RANGE) for n in (0, 1))
            return SetRange(slowest, fastest)
        case ["dance", "nudge"]:
            return Nudge(_cut(_number(address, arguments), NUDGE_MS_RANGE))
        case ["dance", "half" | "double" | "downbeat" as word]:
            if not pressed(address, arguments):
                return Released()
            return Downbeat(at) if word == "downbeat" else ScaleTempo(2.0 if word == "double" else 0.5)
        case ["dance", "reset"]:
            return Reset()
        case ["dance", "hello"]:
            return Hello()
    return None


def _number(address: str, arguments: list[Any], at: int = 0) -> float:
    value = arguments[at] if len(arguments) > at else None
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise StageError(f"{address} needs a number")
    return value


def _text(address: str, arguments: list[Any], what: str) -> str:
    if not arguments or not isinstance(arguments[0], str):
        raise StageError(f"{address} needs {what}, as text")
    return arguments[0]


def _cut(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def pressed(address: str, arguments: list[Any]) -> bool:
    """Whether a button goes down: surfaces send 1, then 0; others send nothing but the address, or OSC's nil."""
    return not arguments or arguments[0] is None or _number(address, arguments) != 0


def _style(address: str, arguments: list[Any], dancer: int | None) -> SetStyle:
    if not arguments or not isinstance(arguments[0], str):
        raise StageError(f"{address} needs the name of a style, then its weight")
    weight = _number(address, arguments, 1) if len(arguments) > 1 else 1.0
    return SetStyle(arguments[0], _cut(weight, (0.0, 1.0)), dancer)
