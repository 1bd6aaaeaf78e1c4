"""Dance live to music.  python -m realtime.run --device mic --sink view --sink vmc:127.0.0.1:39539"""

import contextlib
import os
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from audio.config import FRAME_RATE, RATE, AudioError
from export.manifest import DancerFileError
from motion.skeleton import MotionError
from realtime import dancers, options
from realtime.clock import WallClock
from realtime.frame import StageError
from realtime.sinks import SINKS

if TYPE_CHECKING:
    import argparse

    from realtime.controls import Command
    from realtime.session import Session
    from realtime.sinks.open import Sinks
    from realtime.sources.base import Source
    from realtime.takes import RecordingDesk

USER_ERRORS = (StageError, AudioError, DancerFileError, MotionError)
SMOKE_SECONDS = 3.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0 when the show ended (by a signal, too), 2 with one line on stderr for bad input."""
    with _signals() as stop:
        try:
            wanted, asked = options.parse(None if argv is None else list(argv))
            if wanted.list_devices or wanted.list_dancers or wanted.list_sinks:
                return _list(wanted)
            if wanted.smoke_test:
                return _smoke_test(wanted, asked, stop)
            session = _show(wanted, asked, stop)
        except USER_ERRORS as err:
            print(f"realtime.run: {err}", file=sys.stderr)
            return 2
        if wanted.stats:
            session.stats.write(Path(wanted.stats).expanduser())
        print("\n".join(session.stats.lines(every_section=bool(wanted.stats))), flush=True)
    return 0


def say(line: str) -> None:
    """A line for whoever watches the console."""
    print(f"realtime.run: {line}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """The event that SIGINT and SIGTERM set; a second signal ends the process at once."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = {kind: signal.getsignal(kind) for kind in kinds}

    def ask(number: int, _: object) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)

    for kind in kinds:
        signal.signal(kind, ask)
    try:
        yield stop
    finally:
        for kind, handler in before.items():
            signal.signal(kind, handler)


def _show(wanted: "argparse.Namespace", asked: "list[Command]", stop: threading.Event) -> "Session":
    """Open everything, play, close everything."""
    from realtime.loop import run_stream

    began = time.perf_counter()
    with contextlib.ExitStack() as stack:
        session, source, sinks = _open(wanted, asked, stack)
        print(_banner(wanted, session, source, sinks), flush=True)
        frames = None if wanted.duration is None else max(1, round(wanted.duration * FRAME_RATE))
        session.stats.began = began
        run_stream(source, session, sinks, frames, stop.is_set)
    session.stats.sink_errors, session.stats.punctuality = sinks.errors, sinks.punctuality
    return session


def _open(
    wanted: "argparse.Namespace", asked: "list[Command]", stack: contextlib.ExitStack
) -> tuple["Session", "Source", "Sinks"]:
    """The dancer, the source, the beat's clock, the control port, then the sinks: files last, as all else is there."""
    from realtime.clocks.open import open_clock
    from realtime.engines.open import open_engine
    from realtime.session import Session
    from realtime.sinks.base import StageInfo
    from realtime.sinks.open import open_sinks
    from realtime.sources.open import open_source
    from realtime.takes import RecordingDesk

    engine = open_engine(dancers.find(wanted.dancer), wanted.engine)
    clock = WallClock()
    source = stack.enter_context(open_source(wanted.device, wanted.seed, wanted.pace, clock, say))
    beat_clock = open_clock(wanted.clock, clock) if wanted.clock else None
    if beat_clock:
        stack.callback(beat_clock.close)
    beats = (wanted.bpm_range, wanted.bpm, beat_clock, clock)
    plan = options.plan(wanted)
    begins = (plan, wanted.start_pose, source.told)
    session = Session(engine, source.rate, wanted.dancers, wanted.seed, wanted.lead_ms, *beats, *begins)
    for command in asked:
        session.commands.put(command)
    rates: dict[tuple[str, int], float] = {}  # of receivers of /dance, known once the sinks are open
    desk = RecordingDesk(lambda: session.moment.index / FRAME_RATE)
    control = _open_control(wanted, session, clock.now, rates, desk, stack) if wanted.control != "off" else ""
    manifest = engine.manifest
    info = StageInfo(manifest, wanted.dancers, wanted.seed, FRAME_RATE, session.lead, manifest.styles, control)
    sinks = open_sinks(wanted.sink or default_sinks(), info, say, clock if source.live else None)
    stack.callback(sinks.close)
    rates.update(sinks.rates())
    desk.recorders += sinks.recorders()
    stack.callback(desk.recorders.clear)  # before the sinks close: no take is begun that nobody would complete
    return session, source, sinks


def _open_control(
    wanted: "argparse.Namespace",
    session: "Session",
    now: Callable[[], float],
    rates: dict[tuple[str, int], float],
    desk: "RecordingDesk",
    stack: contextlib.ExitStack,
) -> str:
    """The control port, its presets, and OSCQuery where it is wanted; HOST:PORT of the control port.

    rates: poses a second that each receiver is sent; who is none and asks is told how many are danced.
    """
    from realtime.osc_control import ControlServer
    from realtime.presets import Presets, scene_of
    from realtime.sinks import osc

    controls = session.controls
    kept = Presets(wanted.presets, controls, lambda: scene_of(session.moment.crew.plan, controls))

    def hello(asker: tuple[str, int]) -> bytes:
        return osc.hello(wanted.dancers, rates.get(asker, FRAME_RATE))

    server = ControlServer(wanted.control, session.commands, controls, hello, say, now, session.refuse, kept, desk)
    stack.callback(server.close)
    if wanted.oscquery:
        from realtime.oscquery import OscQueryServer

        stack.callback(OscQueryServer(session, server.host, server.port, wanted.oscquery, say).close)
    return f"{server.host}:{server.port}"


def default_sinks() -> list[str]:
    """A window where there is a display, else the terminal; and /dance on this machine."""
    display = sys.platform in ("win32", "darwin") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return ["view" if display else "terminal", "osc"]


def _banner(wanted: "argparse.Namespace", session: "Session", source: "Source", sinks: "Sinks") -> str:
    manifest = session.engine.manifest
    rate = f"{source.rate} Hz" + ("" if source.rate == RATE else f", heard at {RATE} Hz")
    paid = sinks.lead_to_pay(manifest.lead_frames)
    lines = [
        f"dancer   {manifest.name} x {session.dancers}, seed {session.moment.seed}"
        + (f", styles {', '.join(manifest.styles)}" if manifest.styles else ""),
        f"engine   {session.engine.provider}",
        f"source   {source.name}, {rate}",
        f"sinks    {sinks.describe()}",
        f"lead     {(session.lead + paid) * 1e3:.0f} ms: {manifest.lead_frames} frames of the dancer, "
        + (f"{paid * 1e3:.0f} ms for the poses in between, " if paid else "")
        + f"{session.moment.lead_ms:+.0f} ms of yours",
    ]
    if session.beat_clock:
        lines.append(f"beat     {session.beat_clock.describe()}; heard while it is silent")
    elif wanted.bpm is not None:
        lines.append(f"beat     {wanted.bpm:g} bpm, heard where it lies")
    if session.dancers > 1:
        lines.append(f"crew     {session.moment.crew.plan.describe()}")
    if wanted.control != "off":
        lines.append(f"control  OSC in at {wanted.control or '127.0.0.1:7701'}")
    if wanted.device == "demo":
        lines.append("         your music: --device mic, or --device file:song.mp3; --list-devices")
    if wanted.sink and not any(sink.startswith(("view", "terminal", "web")) for sink in wanted.sink):
        lines.append("         to see it here as well: --sink view, --sink web or --sink terminal")
    if not wanted.sink:
        lines.append(
            "         Unity: unity/README.md; VRM programs: --sink vmc:127.0.0.1:39539; browser: --sink web,open=1;"
        )
        lines.append("         all: --list-sinks")
    return "\n".join([*lines, "         Ctrl-C ends the show"])


def _list(wanted: "argparse.Namespace") -> int:
    if wanted.list_devices:
        from realtime.sources.devices import inputs
        from realtime.sources.mic import portaudio

        found = inputs(portaudio())
        if not found:
            print("no audio input found")
        for device in found:
            mark = "*" if device.default else " "
            print(f"{mark} {device.index:>2}  {device.label}, {device.channels} channels, {device.rate} Hz")
        print("     or: demo, file:PATH, loopback (what this computer plays)")
    if wanted.list_dancers:
        print("\n".join(map(_told, dancers.shipped())) or "no dancer is shipped yet; give --dancer FILE.onnx")
    if wanted.list_sinks:
        from realtime.sinks.open import sink_class

        for name in SINKS:
            print(f"{name:<9} {sink_class(name).HELP}")
    return 0


def _told(name: str) -> str:
    """A shipped dancer in a line."""
    from realtime.engines.open import open_engine

    path = dancers.find(name)
    default = ", the default" if path == dancers.find(None) else ""
    return f"{name:<9} {', '.join(open_engine(path).manifest.styles)}; {path.stat().st_size / 1e6:.0f} MB{default}"


def _smoke_test(wanted: "argparse.Namespace", asked: "list[Command]", stop: threading.Event) -> int:
    """Demo music through the real dancer into files, as fast as it goes; raises as a show does."""
    with tempfile.TemporaryDirectory() as folder:
        wanted.device, wanted.pace, wanted.control, wanted.duration = "demo", "fast", "off", SMOKE_SECONDS
        wanted.clock = None
        wanted.sink = ["osc", "vmc", f"npz:{folder}/smoke.npz", f"wav:{folder}/smoke.wav"]
        session = _show(wanted, asked, stop)
    stats = session.stats
    print("\n".join(stats.lines(every_section=True)))
    good = stats.frames == round(SMOKE_SECONDS * FRAME_RATE) and not stats.sink_errors and not stats.broken
    print("OK" if good else "NOT OK: see the lines above", flush=True)
    return 0 if good else 2


if __name__ == "__main__":
    try:
        sys.exit(main())
    except BrokenPipeError:  # whoever read our lines has gone, as `| head` does; all files are closed by now
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
