"""The keys of the window: one table, from which they work and from which the help is written."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import pygame

from realtime.osc_wire import Argument

NUDGE_MS, LEAD_MS = 10.0, 10.0
TURN, LIFT, ZOOM = 1.2, 0.6, 0.8  # radians and factors a second while a key is held


class Desk(Protocol):
    """What keys act on: the window."""

    def say(self, address: str, *arguments: Argument) -> None:
        """Send a control message to the stage."""

    def quit(self) -> None:
        """Close the window."""

    def toggle(self, what: str) -> None:
        """Turn something on or off: full screen, blackout, grid, panel or help."""

    def freeze(self, on: bool | None) -> None:
        """Hold the pose, dance on, or (None) the other of the two."""

    def record(self) -> None:
        """End the take that is being recorded, or begin the next."""

    def style(self, number: int) -> None:
        """Dance the style with this number, from 0."""

    def lead(self, ms: float) -> None:
        """Dance earlier by so many milliseconds than now."""

    def front(self) -> None:
        """Look from the front again."""

    def screenshot(self) -> None:
        """Write the picture to a file."""


@dataclass(frozen=True)
class Binding:
    """Keys that do something once, when pressed; `act` gets the number of the key among them."""

    keys: tuple[int, ...]
    act: Callable[[Desk, int], None]
    shift: bool = False


@dataclass(frozen=True)
class Row:
    """One line of the help, and all that belongs to it. held: keys that move the camera as long as they are down."""

    name: str
    meaning: str
    bindings: tuple[Binding, ...] = ()
    held: tuple[tuple[int, tuple[float, float, float]], ...] = ()  # key: turn, lift, zoom a second


def _press(act: Callable[[Desk, int], None], *keys: int, shift: bool = False) -> Binding:
    return Binding(keys, act, shift)


def _say(key: int, address: str, *arguments: Argument) -> Binding:
    return Binding((key,), lambda desk, _: desk.say(address, *arguments))


ROWS: tuple[Row, ...] = (
    Row(
        "Q  Esc",
        "close the window; the show goes on",
        (_press(lambda desk, _: desk.quit(), pygame.K_q, pygame.K_ESCAPE),),
    ),
    Row(
        "F  F11",
        "full screen, and back",
        (_press(lambda desk, _: desk.toggle("fullscreen"), pygame.K_f, pygame.K_F11),),
    ),
    Row("Space", "freeze, and dance on", (_press(lambda desk, _: desk.freeze(None), pygame.K_SPACE),)),
    Row("M", "hold the pose at once, whatever was", (_press(lambda desk, _: desk.freeze(True), pygame.K_m),)),
    Row("B", "fade to black, and back", (_press(lambda desk, _: desk.toggle("blackout"), pygame.K_b),)),
    Row(
        "1 - 9",
        "styles",
        (
            _press(lambda desk, n: desk.style(n), *range(pygame.K_1, pygame.K_9 + 1)),
            _press(lambda desk, n: desk.style(n), *range(pygame.K_KP_1, pygame.K_KP_9 + 1)),
        ),
    ),
    Row("T", "tap the tempo", (_say(pygame.K_t, "/dance/tap"),)),
    Row("0", "hear the tempo again", (_say(pygame.K_0, "/dance/bpm", 0.0), _say(pygame.K_KP_0, "/dance/bpm", 0.0))),
    Row(",  .", "half, double tempo", (_say(pygame.K_COMMA, "/dance/half"), _say(pygame.K_PERIOD, "/dance/double"))),
    Row("D", "this beat is the one", (_say(pygame.K_d, "/dance/downbeat"),)),
    Row(
        "Shift < >",
        f"beat {NUDGE_MS:.0f} ms later, earlier (arrows)",
        (
            _press(
                lambda desk, n: desk.say("/dance/nudge", (2 * n - 1) * NUDGE_MS),
                pygame.K_LEFT,
                pygame.K_RIGHT,
                shift=True,
            ),
        ),
    ),
    Row(
        "[  ]",
        f"whole dance {LEAD_MS:.0f} ms later, earlier",
        (_press(lambda desk, n: desk.lead((2 * n - 1) * LEAD_MS), pygame.K_LEFTBRACKET, pygame.K_RIGHTBRACKET),),
    ),
    Row("R", "dancers to their first place", (_say(pygame.K_r, "/dance/reset"),)),
    Row(
        "Arrows",
        "walk around, higher, lower",
        held=(
            (pygame.K_LEFT, (-TURN, 0, 0)),
            (pygame.K_RIGHT, (TURN, 0, 0)),
            (pygame.K_UP, (0, LIFT, 0)),
            (pygame.K_DOWN, (0, -LIFT, 0)),
        ),
    ),
    Row(
        "+  -",
        "nearer, farther",
        held=tuple((key, (0, 0, ZOOM)) for key in (pygame.K_PLUS, pygame.K_EQUALS, pygame.K_KP_PLUS))
        + tuple((key, (0, 0, -ZOOM)) for key in (pygame.K_MINUS, pygame.K_KP_MINUS)),
    ),
    Row("Home", "the front again", (_press(lambda desk, _: desk.front(), pygame.K_HOME),)),
    Row("G", "grid on the floor", (_press(lambda desk, _: desk.toggle("grid"), pygame.K_g),)),
    Row("P", "words and meters", (_press(lambda desk, _: desk.toggle("panel"), pygame.K_p),)),
    Row("W", "recordings: end the take, begin the next", (_press(lambda desk, _: desk.record(), pygame.K_w),)),
    Row("S", "picture to a PNG file", (_press(lambda desk, _: desk.screenshot(), pygame.K_s),)),
    Row("H  F1", "this help", (_press(lambda desk, _: desk.toggle("help"), pygame.K_h, pygame.K_F1),)),
)
STYLES_ROW = next(row for row in ROWS if row.name == "1 - 9")
PRESSED = {
    (key, binding.shift): (binding.act, number)
    for row in ROWS
    for binding in row.bindings
    for number, key in enumerate(binding.keys)
}
HELD = {key: speed for row in ROWS for key, speed in row.held}


def press(desk: Desk, key: int, shift: bool) -> None:
    """Do what a key is there for; shift matters only to keys that mean something else with it."""
    act, number = PRESSED.get((key, shift)) or PRESSED.get((key, False)) or (None, 0)
    if act:
        act(desk, number)


def movement(down: Callable[[int], bool], shift: bool) -> tuple[float, float, float]:
    """What the keys that are down move: turn, lift and zoom a second."""
    speeds = [speed for key, speed in HELD.items() if down(key) and not (shift and (key, True) in PRESSED)]
    turn, lift, zoom = (sum(speed[n] for speed in speeds) for n in range(3))
    return turn, lift, zoom
