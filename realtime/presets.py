"""Presets: what a performer had set, kept under names in one TOML file that people can read and edit.

    [verse]
    formation = "circle"
    canon = 2.0
    [verse.controls]
    energy = 0.4
    [verse.dancer.1]
    energy = 0.9

A config file has the same two tables, `[controls]` and `[dancer.N]`.
"""

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from realtime.controls import Command, Controls, Recall, SetControl, SetCrew, SetSeed, SetStyle
from realtime.crew import UNISON, Plan
from realtime.frame import StageError

FILE = Path("~/.streaming-dancer/presets.toml")
NAME = re.compile(r"[\w .-]{1,40}")  # without quotation marks: it becomes a TOML key

Scene = dict[str, Any]  # as TOML reads it


def commands(scene: Scene) -> list[Command]:
    """What a scene asks for, the crew first. Raises StageError, one line, for what no scene may have."""
    found: list[Command] = []
    crew = SetCrew()
    for word, value in scene.items():
        match word, value:
            case "controls", dict():
                found += _settings("[controls]", value, None)
            case "dancer", dict():
                for number, settings in value.items():
                    if not (number.isdecimal() and isinstance(settings, dict)):
                        raise StageError(f"[dancer.{number}] should be [dancer.N], N counted from 0")
                    found += _settings(f"[dancer.{number}]", settings, int(number))
            case "formation", str():
                crew = replace(crew, formation=value)
            case "unison", str() if value in UNISON:
                crew = replace(crew, unison=UNISON.index(value))
            case "spacing", int() | float():
                crew = replace(crew, spacing=float(value))
            case "canon", int() | float():
                crew = replace(crew, canon=float(value))
            case _:
                raise StageError(f"{word} = {value!r} is nothing that a preset holds"[:200])
    return [crew, *found]


def _settings(where: str, table: dict[str, Any], dancer: int | None) -> list[Command]:
    found: list[Command] = []
    for name, value in table.items():
        match name, value:
            case "style", str() if dancer is not None:
                found.append(SetStyle(value, 1.0, dancer))
            case "seed", int() if dancer is not None and type(value) is int:
                found.append(SetSeed(value, dancer))
            case _ if type(value) in (int, float):
                found.append(SetControl(name, float(value), dancer))
            case _:
                words = "names and numbers" if dancer is None else "numbers, a style and a seed"
                raise StageError(f"{where} should hold {words}")
    return found


def scene_of(plan: Plan, controls: Controls) -> Scene:
    """What is set now. Dancer 0's controls stand for all; another one's follow where they differ."""
    values = controls.values.copy()
    dancers = {}
    for n in range(1, len(values)):
        differ = np.flatnonzero(values[n] != values[0])
        if len(differ):
            dancers[str(n)] = {controls.names[c]: _short(values[n, c]) for c in differ}
    return {
        "formation": plan.formation,
        "spacing": plan.spacing,
        "canon": plan.canon,
        "unison": UNISON[plan.unison],
        "controls": {name: _short(value) for name, value in zip(controls.names, values[0], strict=True)},
        "dancer": dancers,
    }


def _short(value: np.float32) -> float:
    """The shortest decimal that is this float32."""
    return float(str(value))


def to_toml(scenes: dict[str, Scene]) -> str:
    """The text of a presets file."""
    return "\n".join(line for name, scene in scenes.items() for line in [*_table([name], scene), ""])


def _table(path: list[str], table: dict[str, Any]) -> list[str]:
    plain = [f"{_quoted(key)} = {_value(value)}" for key, value in table.items() if not isinstance(value, dict)]
    lines = [f"[{'.'.join(map(_quoted, path))}]", *plain] if plain else []
    for key, value in table.items():
        if isinstance(value, dict):
            lines += _table([*path, key], value)
    return lines


def _quoted(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def _value(value: str | float) -> str:
    if not isinstance(value, str):
        return repr(value)
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08x}" for c in escaped) + '"'


class Presets:
    """The presets of one file, for one dancer."""

    def __init__(self, file: Path | None, controls: Controls, now: Callable[[], Scene]) -> None:
        """file: None for the user's own, which need not be there yet. now: what is set. Raises StageError."""
        self._file, self._controls, self._now = (file or FILE).expanduser(), controls, now
        self._scenes = self._read(needed=file is not None)

    def recall(self, name: str) -> Recall:
        """The preset as one command; what this dancer does not have is left out. Raises StageError."""
        if name not in self._scenes:
            known = f"there are {', '.join(self._scenes)}" if self._scenes else "none was recorded yet"
            raise StageError(f"no preset is called {name[:40]!r}: {known}")
        return Recall(name, tuple(command for command in commands(self._scenes[name]) if self._fits(command)))

    def record(self, name: str) -> None:
        """Keep what is set now under this name, in the file, too; it is there whole or as before. Raises StageError."""
        if not NAME.fullmatch(name):
            raise StageError(f"{name[:40]!r} cannot be a preset's name: use up to 40 letters, digits, spaces, . - _")
        scenes = self._scenes | {name: self._now()}
        part = self._file.with_name(self._file.name + ".part")
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(to_toml(scenes), "utf-8")
            os.replace(part, self._file)
        except OSError as err:
            raise StageError(f"cannot write {self._file}: {err.strerror}") from None
        self._scenes = scenes

    def _fits(self, command: Command) -> bool:
        try:
            self._controls.check(command)
        except StageError:
            return False
        return True

    def _read(self, needed: bool) -> dict[str, Scene]:
        try:
            scenes = tomllib.loads(self._file.read_text("utf-8"))
        except FileNotFoundError:
            if needed and not self._file.parent.is_dir():
                raise StageError(f"--presets: there is no folder {self._file.parent}: make it first") from None
            return {}
        except OSError as err:
            raise StageError(f"--presets cannot read {self._file}: {err.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise StageError(f"--presets {self._file} is not TOML: {err}") from None
        for name, scene in scenes.items():
            if not isinstance(scene, dict):
                raise StageError(f"--presets {self._file}: {name} should be a table, [{name}]")
            try:
                commands(scene)
            except StageError as err:
                raise StageError(f"--presets {self._file}: {name}: {err}") from None
        return scenes
