"""From the texts of `--sink` to open sinks, and sending to all of them whatever one does."""

import contextlib
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module

from audio.config import FRAME_RATE
from realtime.clock import Clock
from realtime.frame import StageError, StageFrame
from realtime.sender import Sender
from realtime.sinks import SINKS
from realtime.sinks.base import Sink, SinkOptions, StageInfo
from realtime.smooth import Upsampler, lead_to_pay
from realtime.stats import Punctuality
from realtime.takes import Takes


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
    """All sinks of a show. One that fails is named once and counted; the others and the dance go on.

    Those of a higher rate get the poses in between, too: recorders at once, the others from a thread of their own when
    there is a `clock` by which the show runs.
    """

    def __init__(
        self, sinks: Sequence[tuple[str, Sink]], say: Callable[[str], None], clock: Clock | None = None
    ) -> None:
        self._sinks = list(sinks)
        self.say = say
        self.errors: dict[str, int] = {}
        self._danced = [entry for entry in sinks if entry[1].rate == FRAME_RATE]
        smooth = [entry for entry in sinks if entry[1].rate != FRAME_RATE]
        live = [entry for entry in smooth if clock and not entry[1].keeps_late]
        self._upsampler = Upsampler(sink.rate for _, sink in smooth) if smooth else None
        self._sender = Sender(live, clock, self._failed) if clock and live else None
        self._at_once = [entry for entry in smooth if entry not in live]
        self._direct = self._danced + self._at_once

    def lead_to_pay(self, lead_frames: int) -> float:
        """Seconds by which a dancer of so many frames of lead has to lead more, whatever the pace."""
        shown_later = any(sink.rate != FRAME_RATE and not sink.keeps_late for _, sink in self._sinks)
        return lead_to_pay(lead_frames) if shown_later else 0.0

    def rates(self) -> dict[tuple[str, int], float]:
        """Poses a second that each receiver of /dance is sent, by its address and port."""
        return {sink.hears: sink.rate for _, sink in self._sinks if sink.hears}

    def recorders(self) -> list[Takes]:
        """Those that write files."""
        return [sink for _, sink in self._sinks if isinstance(sink, Takes)]

    @property
    def punctuality(self) -> Punctuality | None:
        """How up-sampled poses went out; None where none does by a clock."""
        return self._sender.punctuality if self._sender else None

    def send(self, frame: StageFrame, late: bool) -> None:
        """Give the frame to all; a late one not to those that show it as it comes."""
        for name, sink in self._danced:
            if not late or sink.keeps_late:
                self._try(name, partial(sink.send, frame))
        if self._upsampler:
            settled = self._upsampler.push(frame)
            self._record(settled)
            if self._sender:
                self._sender.add(frame, settled, late)

    def hello(self) -> None:
        """Ask all to introduce the show again."""
        for name, sink in self._direct:
            self._try(name, sink.hello)
        if self._sender:
            self._sender.hello()

    def close(self) -> None:
        """Close all, even if one cannot, once the last poses in between are out."""
        if self._upsampler:
            settled = self._upsampler.flush()
            self._record(settled)
            if self._sender:
                self._sender.finish(settled)
                self._sender.close()
        for name, sink in self._sinks:
            self._try(name, sink.close)

    def describe(self) -> str:
        """All of them in a few words."""
        return ", ".join(
            sink.describe() + (f" at {sink.rate:g} poses a second" if sink.rate != FRAME_RATE else "")
            for _, sink in self._sinks
        )

    def _record(self, settled: dict[float, list[StageFrame]]) -> None:
        for name, sink in self._at_once:
            for frame in settled[sink.rate]:
                self._try(name, partial(sink.send, frame))

    def _try(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as err:  # whatever it is, the show goes on
            self._failed(name, err)

    def _failed(self, name: str, err: Exception) -> None:
        if name not in self.errors:
            reason = " ".join(f"{type(err).__name__}: {err}".split())
            self.say(f"sink {name} failed ({reason}); the dance goes on without it")
        self.errors[name] = self.errors.get(name, 0) + 1


def open_sinks(texts: Sequence[str], info: StageInfo, say: Callable[[str], None], clock: Clock | None = None) -> Sinks:
    """Open all, or none: what was open is closed again before a StageError leaves. clock: as in `Sinks`."""
    if double := [text for text in texts if texts.count(text) > 1]:
        raise StageError(f"--sink {double[0]} is there twice")
    chosen = [(text, sink_class(text.split(",")[0].partition(":")[0]), parse(text, info)) for text in texts]
    chosen.sort(key=lambda entry: entry[1].keeps_late)  # files last: they are made only when all else is there
    with contextlib.ExitStack() as opened:
        sinks: list[tuple[str, Sink]] = []
        for text, kind, options in chosen:
            sink = Takes(kind, options) if kind.keeps_late else kind(options)
            opened.callback(sink.abandon)
            sinks.append((text, sink))
        opened.pop_all()
    return Sinks(sinks, say, clock)
