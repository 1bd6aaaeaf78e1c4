"""From the texts of `--sink` to open sinks, and sending to all of them whatever one does."""

import contextlib
from collections.abc import Callable, Sequence
from importlib import import_module

from realtime.frame import StageError, StageFrame
from realtime.sinks import SINKS
from realtime.sinks.base import Sink, SinkOptions, StageInfo


def sink_class(name: str) -> type[Sink]:
    """The class behind a name of SINKS. Raises StageError."""
    if name not in SINKS:
        raise StageError(f"there is no sink {name!r}: there are {', '.join(SINKS)}")
    module, _, attribute = SINKS[name].partition(":")
    found: type[Sink] = getattr(import_module(module), attribute)
    return found


def parse(text: str, info: StageInfo) -> SinkOptions:
    """Take NAME[:TARGET][,option=value...] apart. Raises StageError."""
    head, *pairs = text.split(",")
    name, _, target = head.partition(":")
    options: dict[str, str] = {}
    for pair in pairs:
        key, equals, value = pair.partition("=")
        if not equals or not key:
            raise StageError(f"--sink {text}: {pair!r} should be option=value")
        if key in options:
            raise StageError(f"--sink {text}: option {key!r} is there twice")
        options[key] = value
    return SinkOptions(name, target, options, info)


class Sinks:
    """All sinks of a show. One that fails is named once and counted; the others and the dance go on."""

    def __init__(self, sinks: Sequence[tuple[str, Sink]], say: Callable[[str], None]) -> None:
        self._sinks = list(sinks)
        self.say = say
        self.errors: dict[str, int] = {}

    def send(self, frame: StageFrame, late: bool) -> None:
        """Give the frame to all; a late one only to recorders."""
        for name, sink in self._sinks:
            if late and not sink.keeps_late:
                continue
            try:
                sink.send(frame)
            except Exception as err:  # whatever it is, the show goes on
                self._failed(name, err)

    def hello(self) -> None:
        """Ask all to introduce the show again."""
        for name, sink in self._sinks:
            try:
                sink.hello()
            except Exception as err:
                self._failed(name, err)

    def close(self) -> None:
        """Close all, even if one cannot."""
        for name, sink in self._sinks:
            try:
                sink.close()
            except Exception as err:
                self._failed(name, err)

    def describe(self) -> str:
        """All of them in a few words."""
        return ", ".join(sink.describe() for _, sink in self._sinks)

    def _failed(self, name: str, err: Exception) -> None:
        if name not in self.errors:
            reason = " ".join(f"{type(err).__name__}: {err}".split())
            self.say(f"sink {name} failed ({reason}); the dance goes on without it")
        self.errors[name] = self.errors.get(name, 0) + 1


def open_sinks(texts: Sequence[str], info: StageInfo, say: Callable[[str], None]) -> Sinks:
    """Open all, or none: what was open is closed again before a StageError leaves."""
    if double := [text for text in texts if texts.count(text) > 1]:
        raise StageError(f"--sink {double[0]} is there twice")
    chosen = [(text, sink_class(text.split(",")[0].partition(":")[0]), parse(text, info)) for text in texts]
    chosen.sort(key=lambda entry: entry[1].keeps_late)  # files last: they are made only when all else is there
    with contextlib.ExitStack() as opened:
        sinks: list[tuple[str, Sink]] = []
        for text, kind, options in chosen:
            sink = kind(options)
            opened.callback(sink.abandon)
            sinks.append((text, sink))
        opened.pop_all()
    return Sinks(sinks, say)
