"""The empty stage: wall, floor and its grid. Drawn anew only when the camera has moved."""

import numpy as np
import pygame

from motion.rotation import Floats
from realtime.view_camera import Camera
from realtime.view_pen import packed

WALL_TOP, WALL_LOW = np.array((7, 7, 14)), np.array((28, 25, 44))
FLOOR_NEAR, FLOOR_FAR = np.array((14, 13, 22)), np.array((30, 27, 46))
GRID = np.array((92, 88, 138))
REACH, PIECES = 0.9, 6  # metres of grid for each metre of the camera's distance, pieces in which a line fades
FAINTEST = 0.07  # share of the grid's brightness
LEVEL = 0.02  # pixels between the ends of a line that lies level
CLOSE = 0.4  # metres from the eye within which nothing is drawn


class Floor:
    """Keeps the last empty stage."""

    def __init__(self) -> None:
        self.grid = True
        self._size = (0, 0)
        self._wall = self._floor = self._stage = pygame.Surface((1, 1))
        self._seen: tuple[object, ...] = ()
        self._kept = False  # whether _stage is what the camera sees

    def draw(self, picture: pygame.Surface, camera: Camera) -> None:
        """Fill the picture with the stage as the camera sees it."""
        if picture.get_size() != self._size:
            self._size, self._seen = picture.get_size(), ()
            self._wall, self._floor = (half.convert(picture) for half in halves(self._size))
            self._stage = pygame.Surface(self._size).convert(picture)
        seen = (camera.turn, camera.lift, camera.distance, *camera.target.tolist(), self.grid)
        if seen != self._seen:
            self._seen, self._kept = seen, False  # while the camera moves none is worth keeping
            self._draw_stage(picture, camera)
            return
        if not self._kept:
            self._kept = True
            self._draw_stage(self._stage, camera)
        picture.blit(self._stage, (0, 0))

    def _draw_stage(self, picture: pygame.Surface, camera: Camera) -> None:
        width, height = self._size
        far = camera.target * (1, 0, 1) - 60 * camera.axes()[2] * (1, 0, 1)
        horizon = min(max(int(camera.project(far)[0][1]), 0), height)
        picture.blit(self._wall, (0, 0), (0, height - horizon, width, horizon))
        picture.blit(self._floor, (0, horizon), (0, 0, width, height - horizon))
        if self.grid:
            draw_grid(picture, camera)


def halves(size: tuple[int, int]) -> tuple[pygame.Surface, pygame.Surface]:
    """Wall and floor, each as large as the picture; the wall's lowest row and the floor's highest are the horizon."""
    width, height = size
    up = np.arange(height, dtype=np.float32)[:, None] / height  # from the horizon
    wall = WALL_TOP + (WALL_LOW - WALL_TOP) * np.exp(-up[::-1] / 0.22)
    floor = FLOOR_FAR + (FLOOR_NEAR - FLOOR_FAR) * np.minimum(up / 0.75, 1) ** 0.5
    across = np.linspace(-1, 1, width, dtype=np.float32)[:, None, None]
    shade = 1 - 0.55 * np.abs(across) ** 2.2
    grain = np.random.default_rng(0).uniform(0, 1, (width, height, 1)).astype(np.float32)  # hides the bands of 8 bits
    made = []
    for column in (wall, floor):
        surface = pygame.Surface(size)
        pygame.surfarray.blit_array(surface, (column[None] * shade + grain).astype(np.uint8))
        made.append(surface)
    return made[0], made[1]


def draw_grid(picture: pygame.Surface, camera: Camera) -> None:
    """Lines on the floor every metre, fading out around the middle of the picture."""
    starts, ends, level = grid_lines(camera)
    light = level[:, None] * (GRID - FLOOR_FAR)
    slanted = np.abs(starts[:, 1] - ends[:, 1]) > LEVEL
    colours = packed(picture, FLOOR_FAR + light[slanted]).tolist()
    for colour, start, end in zip(colours, starts[slanted].tolist(), ends[slanted].tolist(), strict=True):
        pygame.draw.aaline(picture, colour, start, end)
    if slanted.all():
        return
    # level lines are brighter rows: ten times quicker
    left, right = np.sort(np.stack((starts[~slanted, 0], ends[~slanted, 0])), axis=0).astype(int)
    row, share = np.divmod(starts[~slanted, 1:], 1.0)
    above, below = packed(picture, light[~slanted] * (1 - share)), packed(picture, light[~slanted] * share)
    parts = (left, row[:, 0].astype(int), right - left, above, below)
    for x, y, wide, first, second in zip(*(part.tolist() for part in parts), strict=True):
        picture.fill(first, (x, y, wide, 1), pygame.BLEND_RGB_ADD)
        picture.fill(second, (x, y + 1, wide, 1), pygame.BLEND_RGB_ADD)


def grid_lines(camera: Camera) -> tuple[Floats, Floats, Floats]:
    """Pieces of lines: starts [n, 2] and ends [n, 2] in pixels, and how bright each is [n], 0-1."""
    reach, (x, _, z) = REACH * camera.distance, camera.target.tolist()
    along, metres = np.linspace(-reach, reach, PIECES + 1), np.arange(-int(reach), int(reach) + 1)
    aside = np.stack((round(z) - z + metres, round(x) - x + metres))[..., None]  # from the middle
    points = np.zeros((2, len(metres), PIECES + 1, 3))  # the lines along x, and along z
    points[0, :, :, ::2] = np.stack(np.broadcast_arrays(x + along, z + aside[0]), axis=-1)
    points[1, :, :, ::2] = np.stack(np.broadcast_arrays(x + aside[1], z + along), axis=-1)
    pixels, scale = camera.project(points)
    level = np.maximum(1 - np.hypot((along[1:] + along[:-1]) / 2, aside) / reach, 0) ** 1.4
    seen = scale < camera.focal / CLOSE
    shown = (level > FAINTEST) & seen[..., 1:] & seen[..., :-1]
    return pixels[..., :-1, :][shown], pixels[..., 1:, :][shown], level[shown]
