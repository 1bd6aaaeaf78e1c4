"""A window that dances along: receives /dance, draws it 60 times a second, sends keys back as control messages.

    python -m realtime.view [--port 7700] [--control 127.0.0.1:7701] [--screenshot FILE.png --seconds N]

It is a process of its own and only a receiver: it may be slow, closed or killed, and the stage does not notice.
"""

import argparse
import contextlib
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

from motion.skeleton import BONES
from realtime.frame import StageError
from realtime.osc_control import HOST as CONTROL_HOST
from realtime.osc_control import PORT as CONTROL_PORT
from realtime.osc_wire import Argument, message, split_target
from realtime.sinks.osc import PORT
from realtime.sinks.view import has_display
from realtime.view_camera import Camera
from realtime.view_panel import Panel
from realtime.view_scene import Scene, accent_of
from realtime.view_stream import Receiver, Stream

PICTURES_A_SECOND = 60
BUSY = 0.8  # share of a picture's time that drawing may take
SIZE = (1280, 720)
HELLO_SECONDS = 2.0
TURN, LIFT, ZOOM = 1.2, 0.6, 0.8  # radians and factors a second while a key is held
NUDGE_MS = 10.0
BEAT_KEYS: dict[int, tuple[str] | tuple[str, float]] = {
    pygame.K_t: ("/dance/tap",),
    pygame.K_0: ("/dance/bpm", 0.0),
    pygame.K_COMMA: ("/dance/half",),
    pygame.K_PERIOD: ("/dance/double",),
    pygame.K_d: ("/dance/downbeat",),
}
LIFT_RANGE, ZOOM_RANGE = (-0.05, 1.3), (0.4, 3.0)


class View:
    """The window and all that it shows."""

    def __init__(self, receiver: Receiver, where: str, control: tuple[str, int], size: tuple[int, int]) -> None:
        self.stream = Stream()
        self.running = True
        self._receiver, self._control = receiver, control
        self._picture = pygame.display.set_mode(size, pygame.RESIZABLE)
        self._camera, self._scene, self._panel = Camera(), Scene(), Panel(where)
        self._frozen = False
        self._asked = -HELLO_SECONDS
        self._clock = pygame.time.Clock()
        pygame.display.set_caption("dance")

    def run(self, seconds: float | None, until: threading.Event) -> None:
        """Show what comes until the window is closed, `until` is set, or so many seconds have passed."""
        end = None if seconds is None else time.monotonic() + seconds
        passed = 0.0
        while self.running and not until.is_set() and (end is None or time.monotonic() < end):
            now = time.monotonic()
            self.receive(now)
            for event in pygame.event.get():
                self.handle(event)
            self.move(passed)
            self.draw(now, passed)
            self._scene.tune(time.monotonic() - now, BUSY / PICTURES_A_SECOND)
            pygame.display.flip()
            passed = self._clock.tick(PICTURES_A_SECOND) / 1e3

    def receive(self, now: float) -> None:
        """Take in what has arrived; ask the stage for its names until it has told them."""
        for address, arguments in self._receiver.messages():
            self.stream.take(address, arguments, now)
        if not self.stream.styles and now - self._asked > HELLO_SECONDS and self.stream.alive(now):
            self._asked = now
            self.say("/dance/hello")

    def say(self, address: str, *arguments: Argument) -> None:
        """Send a control message to the stage."""
        self._receiver.send(message(address, *arguments).data, self._control)

    def handle(self, event: pygame.event.Event) -> None:
        """One event of the window."""
        if event.type == pygame.QUIT:
            self.running = False
        elif event.type == pygame.KEYDOWN:
            self._key(event.key, bool(event.mod & pygame.KMOD_SHIFT))

    def _key(self, key: int, shift: bool) -> None:
        if key in (pygame.K_q, pygame.K_ESCAPE):
            self.running = False
        elif key == pygame.K_f:
            pygame.display.toggle_fullscreen()
        elif key == pygame.K_SPACE:
            self._frozen = not self._frozen
            self.say("/dance/freeze", int(self._frozen))
        elif key == pygame.K_h:
            self._panel.help = not self._panel.help
        elif key == pygame.K_HOME:
            self._camera.turn, self._camera.lift, self._camera.zoom = Camera().turn, Camera().lift, Camera().zoom
        elif key in BEAT_KEYS:
            self.say(*BEAT_KEYS[key])
        elif shift and key in (pygame.K_LEFT, pygame.K_RIGHT):
            self.say("/dance/nudge", NUDGE_MS if key == pygame.K_RIGHT else -NUDGE_MS)
        elif key == pygame.K_s:
            self._save_next()
        elif pygame.K_1 <= key <= pygame.K_9 and key - pygame.K_1 < len(self.stream.styles):
            self.say("/dance/set/style", self.stream.styles[key - pygame.K_1], 1.0)

    def _save_next(self) -> None:
        path = Path(time.strftime("dance-%Y%m%d-%H%M%S.png"))
        try:
            self.save(path)
            self._panel.note = f"saved {path.absolute()}"
        except StageError as err:
            self._panel.note = str(err)

    def save(self, path: Path) -> None:
        """Write the picture as it is. Raises StageError."""
        try:
            pygame.image.save(self._picture, path)
        except (pygame.error, OSError) as err:
            raise StageError(f"cannot write {path}: {err}") from None

    def move(self, seconds: float) -> None:
        """Move the camera as long as keys are held."""
        held, camera = pygame.key.get_pressed(), self._camera
        if not pygame.key.get_mods() & pygame.KMOD_SHIFT:  # with it they nudge the beat
            camera.turn += TURN * seconds * (held[pygame.K_RIGHT] - held[pygame.K_LEFT])
        camera.lift += LIFT * seconds * (held[pygame.K_UP] - held[pygame.K_DOWN])
        nearer = held[pygame.K_PLUS] or held[pygame.K_EQUALS] or held[pygame.K_KP_PLUS]
        camera.zoom *= 1 + ZOOM * seconds * (nearer - (held[pygame.K_MINUS] or held[pygame.K_KP_MINUS]))
        camera.lift = min(max(camera.lift, LIFT_RANGE[0]), LIFT_RANGE[1])
        camera.zoom = min(max(camera.zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1])

    def draw(self, now: float, passed: float) -> None:
        """Draw one picture; `passed` seconds after the last."""
        self._picture = pygame.display.get_surface() or self._picture
        camera = self._camera
        camera.width, camera.height = self._picture.get_size()
        bodies = self.stream.bodies(now)
        if bodies:
            camera.follow(np.stack([positions[BONES.index("hips")] for _, positions, _ in bodies]), passed)
        phase = self.stream.beat_phase(now)
        sure = self.stream.show.confidence * self.stream.show.music * self.stream.alive(now)
        self._scene.draw(self._picture, camera, bodies, now, sure * (1 - phase) ** 3, phase if sure > 0.1 else 1.0)
        self._panel.draw(self._picture, self.stream, now, self._clock.get_fps(), accent_of(0))


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
    add("--fullscreen", action="store_true", help="begin in full screen")
    add("--screenshot", type=Path, metavar="FILE.png", help="write the last picture there; needs --seconds")
    add("--seconds", type=float, metavar="N", help="close after so long")
    add("--attached", action="store_true", help="close when standard input does (the stage's own view)")
    options = parser.parse_args(argv)
    if options.screenshot and options.seconds is None:
        raise StageError("--screenshot needs --seconds N: how long to look before the picture")
    if options.screenshot and not options.screenshot.absolute().parent.is_dir():
        raise StageError(f"--screenshot: there is no folder {options.screenshot.parent}: make it first")
    return options


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.partition("x")
    if not (width.isdecimal() and height.isdecimal() and 160 <= int(width) <= 8192 and 120 <= int(height) <= 8192):
        raise StageError(f"--size {text} should be WIDTHxHEIGHT, at least 160x120")
    return int(width), int(height)


def _open_display() -> None:
    try:
        if not has_display():  # SDL would fall back to a driver that shows nothing
            raise pygame.error("neither DISPLAY nor WAYLAND_DISPLAY is set")
        pygame.display.init()
        pygame.font.init()
    except pygame.error as err:
        remedy = "use --sink terminal, or SDL_VIDEODRIVER=dummy for pictures alone"
        raise StageError(f"there is no display ({err}): {remedy}") from None


def main(argv: list[str] | None = None) -> int:
    """Run the window; 0 when it was closed, 2 with one line on stderr for bad input or no display."""
    try:
        options = _options(argv)
        host, port = split_target(options.port, "127.0.0.1", PORT)
        control = split_target(options.control, CONTROL_HOST, CONTROL_PORT)
        size = _size(options.size)
        _open_display()
        with contextlib.closing(Receiver(host, port)) as receiver, _signals() as until:
            if options.attached:
                threading.Thread(target=_wait_for_end, args=(until,), daemon=True).start()
            view = View(receiver, f"{host}:{port}", control, size)
            if options.fullscreen:
                pygame.display.toggle_fullscreen()
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
    while sys.stdin.buffer.read(1):
        pass
    until.set()


if __name__ == "__main__":
    sys.exit(main())
