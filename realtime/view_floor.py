"""The empty stage: wall, floor and its grid. Drawn anew only when the camera has moved."""

import numpy as np
import pygame

from realtime.view_camera import Camera

WALL_TOP, WALL_LOW = np.array((7, 7, 14)), np.array((28, 25, 44))
FLOOR_NEAR, FLOOR_FAR = np.array((14, 13, 22)), np.array((30, 27, 46))
GRID = np.array((92, 88, 138))
REACH, PIECES = 0.9, 6  # metres of grid for each metre of the camera's distance, pieces in which a line fades
FAINTEST = 0.07  # share of the grid's brightness
CLOSE = 0.4  # metres from the eye within which nothing is drawn


class Floor:
    """Keeps the last empty stage."""

    def __init__(self) -> None:
        self.grid = True
        self._size = (0, 0)
        self._wall = self._floor = self._stage = pygame.Surface((1, 1))
        self._seen: tuple[object, ...] = ()

    def draw(self, picture: pygame.Surface, camera: Camera) -> None:
        """Fill the picture with the stage as the camera sees it."""
        if picture.get_size() != self._size:
            self._size, self._seen = picture.get_size(), ()
            self._wall, self._floor = (half.convert(picture) for half in halves(self._size))
            self._stage = pygame.Surface(self._size).convert(picture)
        seen = (camera.turn, camera.lift, camera.distance, *camera.target.tolist(), self.grid)
        if seen != self._seen:
            self._seen = seen
            self._draw_stage(camera)
        picture.blit(self._stage, (0, 0))

    def _draw_stage(self, camera: Camera) -> None:
        width, height = self._size
        far = camera.target * (1, 0, 1) - 60 * camera.axes()[2] * (1, 0, 1)
        horizon = min(max(int(camera.project(far)[0][1]), 0), height)
        self._stage.blit(self._wall, (0, 0), (0, height - horizon, width, horizon))
        self._stage.blit(self._floor, (0, horizon), (0, 0, width, height - horizon))
        if self.grid:
            draw_grid(self._stage, camera)


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
    reach = REACH * camera.distance
    middle, count = np.round(camera.target), int(reach)
    along, across = np.meshgrid(np.linspace(-reach, reach, PIECES + 1), np.arange(-count, count + 1))
    x, z = np.stack((across, along)), np.stack((along, across))
    points = np.stack((middle[0] + x, np.zeros_like(x), middle[2] + z), axis=-1)  # [2, lines, PIECES + 1, 3]
    pixels, _ = camera.project(points)
    near = (points[..., 1:, :] + points[..., :-1, :]) / 2 - camera.target
    level = np.clip(1 - np.hypot(near[..., 0], near[..., 2]) / reach, 0, 1) ** 1.4
    colours = (FLOOR_FAR + level[..., None] * (GRID - FLOOR_FAR)).astype(int)
    behind = camera.depth(points) < CLOSE
    shown = (level > FAINTEST) & ~(behind[..., 1:] | behind[..., :-1])
    ends = np.stack((pixels[..., :-1, :], pixels[..., 1:, :]), axis=-2)[shown].tolist()
    for colour, (start, end) in zip(colours[shown].tolist(), ends, strict=True):
        pygame.draw.aaline(picture, colour, start, end)
