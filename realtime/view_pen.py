"""Colours as pictures hold them; and a pen that writes words on pictures, and keeps those it has written."""

import numpy as np
import pygame
from numpy.typing import NDArray

Colour = tuple[int, int, int]

WRITTEN = 400  # texts kept


def packed(picture: pygame.Surface, colours: NDArray[np.floating]) -> NDArray[np.int32]:
    """Colours [n, 3], 0-255 and above, as the picture's own numbers [n]: pygame need not read three of each."""
    shifts = np.array(picture.get_shifts()[:3], np.int32)
    numbers: NDArray[np.int32] = (np.minimum(colours, 255).astype(np.int32) << shifts).sum(axis=1, dtype=np.int32)
    return numbers


class Pen:
    """The built-in face in any size; sizes are for a picture 720 pixels high and follow `scale`."""

    def __init__(self) -> None:
        self.scale = 1.0
        self._fonts: dict[int, pygame.font.Font] = {}
        self._written: dict[tuple[str, int, Colour], pygame.Surface] = {}

    def words(self, text: str, size: float, colour: Colour) -> pygame.Surface:
        """A text on nothing."""
        key = (text, max(11, round(size * self.scale)), colour)
        if key not in self._written:
            if len(self._written) > WRITTEN:  # numbers that change would fill the memory
                self._written.clear()
            # letters stand better when made large and brought down
            self._written[key] = pygame.transform.smoothscale_by(self._font(2 * key[1]).render(text, True, colour), 0.5)
        return self._written[key]

    def _font(self, size: int) -> pygame.font.Font:
        if size not in self._fonts:
            self._fonts[size] = pygame.font.Font(None, size)
        return self._fonts[size]

    def write(
        self,
        picture: pygame.Surface,
        text: str,
        at: tuple[float, float],
        size: float,
        colour: Colour,
        right: bool = False,
    ) -> int:
        """Write with the left (or right) upper corner at `at`; the width in pixels."""
        words = self.words(text, size, colour)
        wide = words.get_width()
        picture.blit(words, (at[0] - wide if right else at[0], at[1]))
        return wide
