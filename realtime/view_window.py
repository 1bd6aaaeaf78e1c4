"""The window itself: which monitor, how large, full screen and back."""

import os
import sys

import pygame

from realtime.frame import StageError
from realtime.sinks.view import has_display

os.environ.setdefault("SDL_VIDEO_ALLOW_SCREENSAVER", "0")  # nobody touches a key during a long show

LARGEST = (1920, 1080)  # drawn in full screen; a larger monitor gets it scaled up


def open_display() -> None:
    """Start SDL's video. Raises StageError where nothing could be shown."""
    try:
        if not has_display():  # SDL would fall back to a driver that shows nothing
            raise pygame.error("neither DISPLAY nor WAYLAND_DISPLAY is set")
        if sys.platform == "linux" and os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
            os.environ.setdefault("SDL_VIDEODRIVER", "x11")  # the same where the X server cannot be reached
        pygame.display.init()
        pygame.font.init()
    except pygame.error as err:
        remedy = "use --sink terminal, or SDL_VIDEODRIVER=dummy for pictures alone"
        raise StageError(f"there is no display ({err}): {remedy}") from None


def monitors() -> list[str]:
    """What each monitor is, from 0."""
    return [f"{n}: {width}x{height}" for n, (width, height) in enumerate(pygame.display.get_desktop_sizes())]


class Window:
    """Where pictures are shown. Nothing of it is remembered after it closes."""

    def __init__(self, size: tuple[int, int], monitor: int, fullscreen: bool) -> None:
        known = monitors()
        if not 0 <= monitor < len(known):
            raise StageError(f"there is no monitor {monitor}: this computer has {', '.join(known)}")
        self._size, self._monitor = size, monitor
        self.fullscreen = fullscreen
        pygame.display.set_caption("dance")
        self._show()

    @property
    def picture(self) -> pygame.Surface:
        """The surface to draw on; its size changes with the window's."""
        surface = pygame.display.get_surface()
        if surface is None:
            raise StageError("the window is gone")
        return surface

    def toggle_fullscreen(self) -> None:
        """Fill the monitor, or go back to a window."""
        if not self.fullscreen:
            self._size = self.picture.get_size()
        self.fullscreen = not self.fullscreen
        self._show()

    def _show(self) -> None:
        try:
            if not self.fullscreen:
                pygame.display.set_mode(self._size, pygame.RESIZABLE, display=self._monitor)
            elif (size := within(pygame.display.get_desktop_sizes()[self._monitor])) is None:
                pygame.display.set_mode((0, 0), pygame.FULLSCREEN, display=self._monitor)
            else:
                pygame.display.set_mode(size, pygame.FULLSCREEN | pygame.SCALED, display=self._monitor)
        except pygame.error as err:
            raise StageError(f"no window can be opened ({err})") from None
        pygame.mouse.set_visible(not self.fullscreen)


def within(desktop: tuple[int, int]) -> tuple[int, int] | None:
    """The size to draw for a monitor that is larger than LARGEST, of its shape; None: draw its own."""
    share = min(LARGEST[0] / desktop[0], LARGEST[1] / desktop[1])
    return None if share >= 1 else (round(desktop[0] * share), round(desktop[1] * share))
