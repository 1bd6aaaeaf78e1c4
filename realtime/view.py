"""A window that dances along: receives /dance, draws it 60 times a second, sends keys back as control messages.

    python -m realtime.view [--port 7700] [--control 127.0.0.1:7701] [--screenshot FILE.png --seconds N]

It is a process of its own and only a receiver: it may be slow, closed or killed, and the stage does not notice.
"""

import argparse
import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import numpy as np
import pygame

from realtime import view_keys
from realtime.frame import StageError
from realtime.osc_control import HOST as CONTROL_HOST
from realtime.osc_control import PORT as CONTROL_PORT
from realtime.osc_wire import Argument, message, split_target
from realtime.sinks.osc import PORT
from realtime.view_camera import Camera
from realtime.view_figure import accent_of
from realtime.view_panel import Panel
from realtime.view_scene import Scene
from realtime.view_stream import Receiver, Stream
from realtime.view_window import Window, monitors, open_display
from realtime.view_words import Words

PICTURES_A_SECOND = 60
SIZE = (1280, 720)
HELLO_SECONDS = 2.0
FADE_SECONDS = 0.8  # to black, and back
GARBAGE_EVERY = 20_000  # new objects between two collections: a picture makes thousands that need none


class View:
    """The window and all that it shows. A `view_keys.Desk`."""

    def __init__(self, receiver: Receiver, where: str, control: tuple[str, int], window: Window) -> None:
        self.stream, self.words = Stream(), Words()
        self.running = True
        self.camera, self.scene, self.panel = Camera(), Scene(), Panel(where)
        self.window = window
        self._receiver, self._control = receiver, control
        self._blackout, self._dark = False, 0.0  # wanted, and how far (0-1)
        self._asked = -HELLO_SECONDS
        self._clock = pygame.time.Clock()

    def run(self, seconds: float | None, until: threading.Event) -> None:
        """Show what comes until the window is closed, `until` is set, or so many seconds have passed."""
        end = None if seconds is None else time.monotonic() + seconds
        passed = 0.0
        while self.running and not until.is_set() and (end is None or time.monotonic() < end):
            now = time.monotonic()
            self.receive(now)
            self.obey(passed)
            self.draw(now, passed)
            pygame.display.flip()
            passed = self._clock.tick(PICTURES_A_SECOND) / 1e3

    def receive(self, now: float) -> None:
        """Take in what has arrived; ask the stage for its names until it has told them."""
        for address, arguments in self._receiver.messages():
            self.stream.take(address, arguments, now)
            self.words.take(address, arguments, now)
        if not self.stream.styles and now - self._asked > HELLO_SECONDS and self.stream.alive(now):
            self._asked = now
            self.say("/dance/hello")

    def obey(self, passed: float) -> None:
        """Do what keys and the window ask for; those held move the camera for the seconds that passed."""
        for event in pygame.event.get():
            self.handle(event)
        held = pygame.key.get_pressed()
        shift = bool(pygame.key.get_mods() & pygame.KMOD_SHIFT)
        turn, lift, zoom = view_keys.movement(lambda key: bool(held[key]), shift)
        if turn or lift or zoom:
            self.camera.move(turn * passed, lift * passed, 1 + zoom * passed)

    def handle(self, event: pygame.event.Event) -> None:
        """One event of the window."""
        if event.type == pygame.QUIT:
            self.quit()
        elif event.type == pygame.KEYDOWN:
            view_keys.press(self, event.key, bool(event.mod & pygame.KMOD_SHIFT))

    def draw(self, now: float, passed: float) -> None:
        """Draw one picture; `passed` seconds after the last."""
        picture, camera = self.window.picture, self.camera
        camera.width, camera.height = picture.get_size()
        self._fade(passed)
        bodies = self.stream.bodies(now) if self._dark < 1 else []
        if self._dark < 1:
            if bodies:
                camera.follow(np.stack([positions[0] for _, positions, _ in bodies]), passed)
            phase = self.stream.beat_phase(now)
            sure = self.stream.show.confidence * self.stream.show.music * self.stream.alive(now)
            self.scene.draw(picture, camera, bodies, now, sure * (1 - phase) ** 3, phase if sure > 0.1 else 1.0)
            self.panel.draw(picture, self.stream, self.words, now, self._clock.get_fps(), accent_of(0))
        if self._dark > 0:
            light = round(255 * (1 - self._dark) ** 2)
            picture.fill((light, light, light), special_flags=pygame.BLEND_RGB_MULT if light else 0)
        if self._dark > 0 and self.panel.help:
            self.panel.draw_help(picture, self.stream.styles)

    def _fade(self, passed: float) -> None:
        step = passed / FADE_SECONDS
        self._dark = min(max(self._dark + (step if self._blackout else -step), 0.0), 1.0)

    def say(self, address: str, *arguments: Argument) -> None:
        """Send a control message to the stage."""
        self._receiver.send(message(address, *arguments).data, self._control)

    def quit(self) -> None:
        """Close the window."""
        self.running = False

    def toggle(self, what: str) -> None:
        """Turn full screen, blackout, grid, panel or help on or off."""
        match what:
            case "fullscreen":
                self.window.toggle_fullscreen()
            case "blackout":
                self._blackout = not self._blackout
                pygame.display.set_caption("dance: black, B brings it back" if self._blackout else "dance")
            case "grid":
                self.scene.floor.grid = not self.scene.floor.grid
            case "panel":
                self.panel.on = not self.panel.on
            case "help":
                self.panel.help = not self.panel.help

    def freeze(self, on: bool | None) -> None:
        """Hold the pose, dance on, or (None) the other of the two."""
        self.words.frozen = not self.words.frozen if on is None else on
        self.say("/dance/freeze", int(self.words.frozen))

    def record(self) -> None:
        """End the take that is being recorded, or begin the next; the stage answers which, or that there is none."""
        self.say("/dance/record", int(not self.words.recording))

    def style(self, number: int) -> None:
        """Dance the style with this number, from 0, if there is one."""
        if number < len(self.stream.styles):
            self.say("/dance/set/style", self.stream.styles[number], 1.0)

    def lead(self, ms: float) -> None:
        """Dance earlier by so many milliseconds than now."""
        self.words.lead_ms += ms
        self.say("/dance/lead", self.words.lead_ms)

    def front(self) -> None:
        """Look from the front again."""
        self.camera.to_front()

    def screenshot(self) -> None:
        """Write the picture to a file in the working folder, and say where."""
        path = Path(time.strftime("dance-%Y%m%d-%H%M%S.png")).absolute()
        try:
            self.save(path)
            said = f"picture saved: {path}"
        except StageError as err:
            said = str(err)
        self.panel.say(said, time.monotonic())
        print(f"realtime.view: {said}", file=sys.stderr, flush=True)

    def save(self, path: Path) -> None:
        """Write the picture as it is. Raises StageError."""
        try:
            pygame.image.save(self.window.picture, path)
        except (pygame.error, OSError) as err:
            raise StageError(f"cannot write {path}: {err}") from None


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise StageError(f"{message}; --help shows how")


def _options(argv: list[str] | None) -> argparse.Namespace:
    parser = _Parser(
        prog="python -m realtime.view", description="A window that shows a /dance stream.", allow_abbrev=False
    )
    add = parser.add_argument
    add("--port", default=str(PORT), metavar="[HOST:]PORT", help=f"where /dance comes in (default: 127.0.0.1:{PORT})")
    add("--control", default="", metavar="HOST:PORT", help="where keys go (default: 127.0.0.1:7701)")
    add("--size", default="x".join(map(str, SIZE)), metavar="WxH", help="of the window (default: 1280x720)")
    add("--monitor", type=int, default=0, metavar="N", help="which monitor to open on, from 0 (default: 0)")
    add("--list-monitors", action="store_true", help="say which monitors there are")
    add("--fullscreen", action="store_true", help="begin in full screen")
    add("--lead-ms", type=float, default=0.0, metavar="MS", help="the stage's --lead-ms, from which [ and ] go on")
    add("--screenshot", type=Path, metavar="FILE.png", help="write the last picture there; needs --seconds")
    add("--seconds", type=float, metavar="N", help="close after so long")
    add("--attached", action="store_true", help="close when standard input does (the stage's own view)")
    options = parser.parse_args(argv)
    if options.screenshot and options.seconds is None:
        raise StageError("--screenshot needs --seconds N: how long to look before the picture")
    if options.screenshot and not options.screenshot.absolute().parent.is_dir():
        raise StageError(f"--screenshot: there is no folder {options.screenshot.parent}: make it first")
    return options


def window_size(text: str) -> tuple[int, int]:
    """Read "WIDTHxHEIGHT". Raises StageError."""
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 160 <= int(width) <= 8192 and 120 <= int(height) <= 8192):
        raise StageError(f"--size {text} should be WIDTHxHEIGHT, at least 160x120")
    return int(width), int(height)


def main(argv: list[str] | None = None) -> int:
    """Run the window; 0 when it was closed, 2 with one line on stderr for bad input or no display."""
    try:
        options = _options(argv)
        host, port = split_target(options.port, "127.0.0.1", PORT)
        control = split_target(options.control, CONTROL_HOST, CONTROL_PORT)
        size = window_size(options.size)
        open_display()
        if options.list_monitors:
            print("\n".join(monitors()))
            return 0
        with contextlib.closing(Receiver(host, port)) as receiver, _signals() as until:
            if options.attached:
                threading.Thread(target=_wait_for_end, args=(until,), daemon=True).start()
            view = View(receiver, f"{host}:{port}", control, Window(size, options.monitor, options.fullscreen))
            view.words.lead_ms = options.lead_ms
            gc.freeze()
            gc.set_threshold(GARBAGE_EVERY, 50, 100)
            view.run(options.seconds, until)
            if options.screenshot:
                view.save(options.screenshot)
    except StageError as err:
        print(f"realtime.view: {err}", file=sys.stderr)
        return 2
    finally:
        pygame.quit()
    return 0


@contextlib.contextmanager
def _signals() -> Iterator[threading.Event]:
    """The event that SIGINT and SIGTERM set."""
    until = threading.Event()
    kinds = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(kind, lambda *_: until.set()) for kind in kinds]
    try:
        yield until
    finally:
        for kind, handler in zip(kinds, before, strict=True):
            signal.signal(kind, handler)


def _wait_for_end(until: threading.Event) -> None:
    """Whoever started this view holds its standard input open; when that ends, so does the show."""
    while os.read(sys.stdin.fileno(), 64):  # unbuffered: a buffer's lock held by a daemon thread aborts the interpreter
        pass
    until.set()


if __name__ == "__main__":
    sys.exit(main())
