"""The stage with the dancers on it: the floor and what they leave there, their hands' trails, the figures."""

from collections import deque

import numpy as np
import pygame

from motion.rotation import Floats
from motion.skeleton import BONES
from realtime.view_camera import Camera
from realtime.view_figure import Body, Figures, accent_of
from realtime.view_floor import FLOOR_FAR, Floor
from realtime.view_ground import draw_ground
from realtime.view_pen import packed

TRAILED = [BONES.index("leftHand"), BONES.index("rightHand")]
TRAIL_SECONDS, TRAIL_STEP = 0.45, 1 / 40


class Scene:
    """Draws everything but the words."""

    def __init__(self) -> None:
        self.floor, self._figures = Floor(), Figures()
        self._trails: dict[int, deque[tuple[float, Floats]]] = {}

    def draw(
        self, picture: pygame.Surface, camera: Camera, bodies: list[Body], now: float, pulse: float, ring: float
    ) -> None:
        """Draw the bodies; pulse 0-1 is the beat's flash, ring 0-1 how far its ring has run."""
        self.floor.draw(picture, camera)
        draw_ground(picture, camera, bodies, pulse, ring)
        for number, positions, _ in bodies:
            self._draw_trail(picture, camera, number, positions[TRAILED], now)
        self._figures.draw(picture, camera, bodies, pulse)

    def _draw_trail(self, picture: pygame.Surface, camera: Camera, number: int, hands: Floats, now: float) -> None:
        """The hands' way through the last moment, hands [2, 3]; older is thinner and darker."""
        trail = self._trails.setdefault(number, deque(maxlen=64))
        if not trail or not 0 <= now - trail[-1][0] < TRAIL_STEP:
            trail.append((now, hands))
        while not 0 <= now - trail[0][0] <= TRAIL_SECONDS:
            trail.popleft()
            if not trail:
                return
        pixels, scale = camera.project(np.array([at for _, at in trail] + [hands]))
        youth = 1 - (now - np.array([at for at, _ in trail])) / TRAIL_SECONDS
        colours = FLOOR_FAR + (np.array(accent_of(number)) * 0.75 - FLOOR_FAR) * youth[:, None] ** 2
        widths = np.maximum(scale[1:] * 0.03 * youth[:, None], 1).astype(int).tolist()
        points, paint, line = pixels.tolist(), packed(picture, colours).tolist(), pygame.draw.line
        for n, colour in enumerate(paint):
            for start, end, width in zip(points[n], points[n + 1], widths[n], strict=True):
                line(picture, colour, start, end, width)
