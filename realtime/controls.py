"""Live controls: the table of the dancer, its values for every dancer, and the queue of changes from outside.

Changes are put from any thread and applied at a frame's border, in order, so a show can be repeated exactly.
"""

import math
from collections import deque
from dataclasses import dataclass

import numpy as np

from export.manifest import ControlSpec, Manifest
from realtime.crew import CANON_RANGE, UNISON, Plan
from realtime.formation import SPACING_RANGE, places
from realtime.frame import F32, StageError

QUEUE_LENGTH = 4096  # commands; a flood drops the oldest


@dataclass(frozen=True)
class SetControl:
    """Set one control, for one dancer (counted from 0) or for all. Clamped to the control's range."""

    name: str
    value: float
    dancer: int | None = None


@dataclass(frozen=True)
class SetStyle:
    """Give a style this weight (0-1); the other styles share the rest in the ratio they had."""

    style: str
    weight: float = 1.0
    dancer: int | None = None


@dataclass(frozen=True)
class SetSeed:
    """Draw the noise from this seed from the next frame on; one dancer alone, or all of them."""

    seed: int
    dancer: int | None = None


@dataclass(frozen=True)
class SetCrew:
    """Change what is named of the crew's plan; the rest stays."""

    formation: str | None = None
    spacing: float | None = None
    canon: float | None = None
    unison: int | None = None

    def onto(self, plan: Plan) -> Plan:
        """The plan with this change, numbers cut to their ranges."""
        wanted = {name: value for name, value in vars(self).items() if value is not None}
        changed = plan._replace(**wanted)
        return changed._replace(
            spacing=min(max(changed.spacing, SPACING_RANGE[0]), SPACING_RANGE[1]),
            canon=min(max(changed.canon, CANON_RANGE[0]), CANON_RANGE[1]),
            unison=min(max(int(changed.unison), 0), len(UNISON) - 1),
        )


@dataclass(frozen=True)
class Recall:
    """A preset: all of these at one frame's border."""

    name: str
    commands: tuple["Command", ...]


@dataclass(frozen=True)
class Freeze:
    """Hold the pose (on) or dance on (off); hearing goes on in both."""

    on: bool


@dataclass(frozen=True)
class Reset:
    """Bring the dancers back to their first state and place; hearing goes on."""


@dataclass(frozen=True)
class SetLead:
    """Trim of the lead in milliseconds, on top of the dancer's own."""

    ms: float


@dataclass(frozen=True)
class Tapped:
    """A row of taps: this tempo, and a beat at `at`, in seconds of the stage's clock (offline: of the sound)."""

    bpm: float
    at: float


@dataclass(frozen=True)
class SetTempo:
    """Hold this tempo, to hear the phase alone; None: the tempo is heard again."""

    bpm: float | None


@dataclass(frozen=True)
class SetPhase:
    """The beat phase (0-1) was this at `at`."""

    phase: float
    at: float


@dataclass(frozen=True)
class ScaleTempo:
    """The beat is twice as fast (2.0) or half as fast (0.5)."""

    factor: float


@dataclass(frozen=True)
class Nudge:
    """Bring the beat forward by so many milliseconds."""

    ms: float


@dataclass(frozen=True)
class Downbeat:
    """The beat nearest to `at` is the first of its bar."""

    at: float


@dataclass(frozen=True)
class SetRange:
    """Look for the tempo between these, in bpm."""

    slowest: float
    fastest: float


@dataclass(frozen=True)
class Hello:
    """Ask the sinks to introduce the show again."""


BeatCommand = Tapped | SetTempo | SetPhase | ScaleTempo | Nudge | Downbeat | SetRange
Command = SetControl | SetStyle | SetSeed | SetCrew | Recall | Freeze | Reset | SetLead | Hello | BeatCommand
LEAD_MS_RANGE = (-500.0, 1000.0)
NUDGE_MS_RANGE = (-500.0, 500.0)
BPM_RANGE = (55.0, 215.0)  # what the ear looks for
SEED_LIMIT = 2**63


class Controls:
    """The values [N, C] of N dancers, each within its range."""

    def __init__(self, manifest: Manifest, dancers: int) -> None:
        self.specs: tuple[ControlSpec, ...] = manifest.controls
        self.styles = manifest.styles
        self.names = tuple(spec.name for spec in self.specs)
        self.dancers = dancers
        defaults = np.array([spec.default for spec in self.specs], np.float32)
        self.values: F32 = np.tile(defaults, (dancers, 1))

    def set(self, name: str, value: float, dancer: int | None = None) -> None:
        """Set a control, clamped to its range. Raises StageError for an unknown name or dancer."""
        column = self._column(name)
        spec = self.specs[column]
        self.values[self._rows(dancer), column] = min(max(value, spec.low), spec.high)

    def set_style(self, style: str, weight: float = 1.0, dancer: int | None = None) -> None:
        """Fade to a style: it gets `weight`, the others keep their ratio within what is left."""
        self._known_style(style)
        weight = min(max(weight, 0.0), 1.0)
        rows = self._rows(dancer)
        others = [self._column(f"style_{other}") for other in self.styles if other != style]
        block = self.values[rows]
        rest = block[:, others].sum(axis=1, keepdims=True)
        block[:, others] *= np.divide(1.0 - weight, rest, out=np.zeros_like(rest), where=rest > 0)
        block[:, self._column(f"style_{style}")] = weight

    def check(self, command: Command) -> None:
        """Raise StageError, one line, for a command that could not be applied."""
        match command:
            case SetControl(name, value, dancer):
                self._column(name)
                self._rows(dancer)
                _finite(name, value)
            case SetStyle(style, weight, dancer):
                self._known_style(style)
                self._rows(dancer)
                _finite(style, weight)
            case SetCrew():
                self._check_crew(command)
            case Recall(commands=commands):
                for one in commands:
                    self.check(one)
            case SetLead(ms):
                _finite("lead", ms)
            case Nudge(ms):
                _finite("nudge", ms)
            case SetPhase(phase, at):
                _finite("phase", phase)
                _finite("phase", at)
            case Tapped(bpm, at):
                _finite("tap", at)
                check_bpm(bpm)
            case SetTempo(bpm) if bpm is not None:
                check_bpm(bpm)
            case SetRange(slowest, fastest):
                check_bpm(slowest)
                check_bpm(fastest)
                if slowest >= fastest:
                    raise StageError(f"{slowest:g} bpm is not below {fastest:g}: the slowest comes first")
            case SetSeed(seed, dancer):
                self._rows(dancer)
                if not 0 <= seed < SEED_LIMIT:
                    raise StageError(f"seed {seed} must be 0 to {SEED_LIMIT - 1}")

    def _check_crew(self, command: SetCrew) -> None:
        for name in ("spacing", "canon", "unison"):
            _finite(name, getattr(command, name) or 0.0)
        if command.formation is not None:
            places(command.formation, self.dancers)

    def _known_style(self, style: str) -> None:
        if style not in self.styles:
            known = f"it knows {', '.join(self.styles)}" if self.styles else "it has one style only"
            raise StageError(f"this dancer has no style {style!r}: {known}")

    def _column(self, name: str) -> int:
        if name not in self.names:
            raise StageError(f"this dancer has no control {name!r}: it knows {', '.join(self.names) or 'none'}")
        return self.names.index(name)

    def _rows(self, dancer: int | None) -> slice:
        if dancer is None:
            return slice(None)
        if not 0 <= dancer < self.dancers:
            raise StageError(f"there is no dancer {dancer}: they are counted from 0 to {self.dancers - 1}")
        return slice(dancer, dancer + 1)


def _finite(name: str, value: float) -> None:
    if not math.isfinite(value):
        raise StageError(f"{name} cannot be {value}: send a finite number")


def check_bpm(bpm: float) -> None:
    """Raise StageError for a tempo that no ear looks for."""
    low, high = BPM_RANGE
    if not low <= bpm <= high:
        raise StageError(f"{bpm:.4g} bpm must be {low:g} to {high:g}")


class CommandQueue:
    """Changes from other threads, waiting for the next frame's border."""

    def __init__(self, controls: Controls) -> None:
        self._controls = controls
        self._waiting: deque[Command] = deque(maxlen=QUEUE_LENGTH)  # append and popleft are atomic

    def put(self, command: Command) -> None:
        """Queue a command from any thread. Raises StageError, one line, when it cannot be meant for this show."""
        self._controls.check(command)
        self._waiting.append(command)

    def drain(self) -> list[Command]:
        """All commands that wait, oldest first; the queue is empty afterwards."""
        commands = []
        while self._waiting:
            commands.append(self._waiting.popleft())
        return commands
