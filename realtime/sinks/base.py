"""What every sink is given when it opens, and what the loop asks of it."""

from dataclasses import dataclass
from pathlib import Path

from audio.config import FRAME_RATE
from export.manifest import Manifest
from realtime.frame import StageError, StageFrame

HIGHEST_RATE = 120.0  # poses a second


@dataclass(frozen=True)
class StageInfo:
    """What a sink may want to know of the show before its first frame."""

    manifest: Manifest
    dancers: int
    seed: int
    fps: int  # poses a second
    lead: float  # s, as the show begins; each frame carries its own
    styles: tuple[str, ...]
    control: str = ""  # HOST:PORT that listens to control messages, "" for none


@dataclass(frozen=True)
class SinkOptions:
    """One `--sink NAME[:TARGET][,opt=value...]`, taken apart. target is "" when none was given."""

    name: str
    target: str
    options: dict[str, str]
    info: StageInfo

    def only(self, *known: str) -> None:
        """Refuse options other than `known`; every sink calls this first. Raises StageError."""
        if unknown := sorted(self.options.keys() - set(known)):
            remedy = f"it knows {', '.join(known)}" if known else "it has none"
            raise StageError(f"--sink {self.name} has no option {unknown[0]!r}: {remedy}")

    def no_target(self) -> None:
        """Refuse a target; for sinks that have none. Raises StageError."""
        if self.target:
            raise StageError(f"--sink {self.name} takes no target: write it without {':' + self.target!r}")

    def file(self, suffix: str) -> Path:
        """The target as a file that can be made. Raises StageError naming what is wrong with it."""
        if not self.target:
            raise StageError(f"--sink {self.name} needs a file: write {self.name}:out{suffix}")
        path = Path(self.target).expanduser()
        if path.suffix.lower() != suffix:
            raise StageError(f"--sink {self.name} writes {suffix} files: {self.target} should end in {suffix}")
        if not path.parent.is_dir():
            raise StageError(f"--sink {self.name}: there is no folder {path.parent}: make it first")
        if path.is_dir():
            raise StageError(f"--sink {self.name}: {path} is a folder: name a file")
        return path

    def number(self, option: str, default: float, low: float, high: float) -> float:
        """The option as a number in [low, high]. Raises StageError."""
        text = self.options.get(option)
        if text is None:
            return default
        try:
            value = float(text)
        except ValueError:
            raise StageError(f"--sink {self.name}: {option}={text} is not a number") from None
        if not low <= value <= high:
            raise StageError(f"--sink {self.name}: {option}={text} must be {low:g} to {high:g}")
        return value

    def rate(self, default: float = FRAME_RATE) -> float:
        """The option `rate`, for sinks that take more poses a second than are danced. Raises StageError."""
        return self.number("rate", default, FRAME_RATE, HIGHEST_RATE)

    def choice(self, option: str, default: str, *known: str) -> str:
        """The option as one of `known`. Raises StageError."""
        text = self.options.get(option, default)
        if text not in known:
            raise StageError(f"--sink {self.name}: {option}={text} is unknown: use {', '.join(known)}")
        return text


class Sink:
    """Base of every sink: open in `__init__(options)`, then `send` each frame, then `close` once.

    `send` may raise: it is counted, the sink is named once and the show goes on. It must never wait. A sink that sets
    `rate` above FRAME_RATE gets frames in between (realtime/smooth.py); live, `send` and `hello` then come from another
    thread than `close`, one after the other.
    """

    HELP = ""  # one line for --list-sinks
    keeps_late = False  # True: also gets the frames that came too late to be shown (recorders)
    rate: float = FRAME_RATE  # poses a second that it wants; to be set in __init__
    hears: tuple[str, int] | None = None  # address and port that its /dance goes to, where it has one

    def __init__(self, options: SinkOptions) -> None:
        raise NotImplementedError

    def send(self, frame: StageFrame) -> None:
        """Take one frame; its arrays are read-only by agreement."""
        raise NotImplementedError

    def hello(self) -> None:
        """Introduce the show again to whoever listens; asked for by a control message."""

    def close(self) -> None:
        """Give everything back; files are complete afterwards."""

    def abandon(self) -> None:
        """Close before the show began, because something else could not be opened; leave nothing behind."""
        self.close()

    def describe(self) -> str:
        """A few words for the banner; the default says the class."""
        return type(self).__name__.removesuffix("Sink").lower()
