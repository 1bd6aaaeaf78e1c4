"""The stage around the dancers: backdrop, floor, soft shadows, the ring that each beat sends out, the hands' trails."""

from collections import deque

import numpy as np
import pygame

from motion.rotation import Floats, yaw
from motion.skeleton import BONES
from realtime.view_camera import Camera
from realtime.view_figure import ACCENTS, Colour, Figure

BACKDROP_TOP, BACKDROP_LOW = np.array((8, 8, 15)), np.array((25, 23, 40))
FLOOR_NEAR, FLOOR_FAR = np.array((17, 16, 26)), np.array((27, 25, 42))
GRID = np.array((74, 72, 112))
GRID_STEP, GRID_REACH = 0.5, 6.0  # metres
SHADOW_SCALE = 6  # picture pixels for each pixel of the shadow, which is blurred anyway
SHADOW_LIMBS = (  # bone to bone and metres of width
    ("hips", "neck", 0.26), ("neck", "head", 0.16), ("leftUpperArm", "leftLowerArm", 0.1),
    ("leftLowerArm", "leftHand", 0.09), ("rightUpperArm", "rightLowerArm", 0.1), ("rightLowerArm", "rightHand", 0.09),
    ("leftUpperLeg", "leftLowerLeg", 0.16), ("leftLowerLeg", "leftFoot", 0.12), ("leftFoot", "leftToes", 0.1),
    ("rightUpperLeg", "rightLowerLeg", 0.16), ("rightLowerLeg", "rightFoot", 0.12), ("rightFoot", "rightToes", 0.1),
)  # fmt: skip
LIGHT_SLANT = np.array((0.28, 0.0, -0.30))  # metres that a shadow moves for each metre of height
TRAILED = (BONES.index("leftHand"), BONES.index("rightHand"))
TRAIL_SECONDS = 0.45
DETAIL_PIXELS = 130_000  # figure pixels that a computer draws in time; more are drawn softer
CIRCLE = np.linspace(0, 2 * np.pi, 65)

Body = tuple[int, Floats, Floats]  # dancer, positions [22, 3], world rotations [22, 4]


class Scene:
    """Draws everything but the words."""

    def __init__(self) -> None:
        self._figures: dict[int, Figure] = {}
        self._trails: dict[int, deque[tuple[float, Floats]]] = {}
        self._backdrop = pygame.Surface((1, 1))
        self._backdrop_key: tuple[int, int, int] = (0, 0, 0)

    def draw(
        self, picture: pygame.Surface, camera: Camera, bodies: list[Body], now: float, pulse: float, ring: float
    ) -> None:
        """Draw the bodies; pulse 0-1 is the beat's flash, ring 0-1 how far its ring has run."""
        self._draw_backdrop(picture, camera)
        draw_grid(picture, camera)
        for number, positions, world in bodies:
            accent = accent_of(number)
            draw_ring(picture, camera, positions[0], accent, ring, pulse)
            draw_heading(picture, camera, positions[0], float(yaw(world[0])), accent, pulse)
        for _, positions, _ in bodies:
            draw_shadow(picture, camera, positions)
        detail = self._detail(picture, camera, bodies)
        for number, positions, world in sorted(bodies, key=lambda body: -camera.depth(body[1][0])):
            self._draw_trail(picture, camera, number, positions[list(TRAILED)], now)
            figure = self._figures.setdefault(number, Figure(accent_of(number)))
            figure.draw(picture, camera, positions, world, pulse, detail)

    def _draw_backdrop(self, picture: pygame.Surface, camera: Camera) -> None:
        size = picture.get_size()
        horizon = int(camera.project(camera.target * (1, 0, 1) - 60 * camera.axes()[2] * (1, 0, 1))[0][1])
        key = (size[0], size[1], horizon)
        if self._backdrop_key != key:
            self._backdrop_key, self._backdrop = key, backdrop(size, horizon)
        picture.blit(self._backdrop, (0, 0))

    def _draw_trail(self, picture: pygame.Surface, camera: Camera, number: int, hands: Floats, now: float) -> None:
        trail = self._trails.setdefault(number, deque(maxlen=64))
        trail.append((now, hands))
        while now - trail[0][0] > TRAIL_SECONDS:
            trail.popleft()
        if len(trail) < 3:
            return
        pixels, scale = camera.project(np.stack([at for _, at in trail]))
        ages = np.array([now - at for at, _ in trail]) / TRAIL_SECONDS
        accent = np.array(accent_of(number))
        for hand in range(hands.shape[0]):
            for n in range(len(trail) - 1):
                strength = (1 - ages[n]) ** 2
                shine = pygame.Color(*(int(c) for c in accent * 0.5 * strength))
                width = max(int(scale[n, hand] * 0.03 * (1 - ages[n])), 1)
                _add_line(picture, shine, pixels[n, hand], pixels[n + 1, hand], width)

    def _detail(self, picture: pygame.Surface, camera: Camera, bodies: list[Body]) -> float:
        area = 0.0
        for _, positions, _ in bodies:
            pixels, scale = camera.project(positions)
            size = np.clip(pixels.max(axis=0) - pixels.min(axis=0) + 0.3 * scale.mean(), 1, picture.get_size())
            area += float(size.prod())
        return float(min(1.0, (DETAIL_PIXELS / max(area, 1.0)) ** 0.5))


def accent_of(number: int) -> Colour:
    """The colour of dancer `number`."""
    return ACCENTS[number % len(ACCENTS)]


def backdrop(size: tuple[int, int], horizon: int) -> pygame.Surface:
    """Wall and floor without anything on them; `horizon` is the pixel row where they meet far away."""
    width, height = size
    y = np.arange(height, dtype=np.float32)
    wall = np.clip(y / max(horizon, 1), 0, 1)[:, None] ** 2
    floor = np.clip((y - horizon) / max(height - horizon, 1), 0, 1)[:, None] ** 0.5
    above = BACKDROP_TOP + wall * (BACKDROP_LOW - BACKDROP_TOP)
    below = FLOOR_FAR + floor * (FLOOR_NEAR - FLOOR_FAR)
    column = np.where((y < horizon)[:, None], above, below)
    x = np.linspace(-1, 1, width, dtype=np.float32)[:, None, None]
    shade = 1 - 0.55 * np.abs(x) ** 2.2
    grain = np.random.default_rng(0).uniform(0, 1, (width, height, 1)).astype(np.float32)  # hides the bands of 8 bits
    surface = pygame.Surface(size)
    pygame.surfarray.blit_array(surface, (column[None] * shade + grain).astype(np.uint8))
    return surface


def draw_grid(picture: pygame.Surface, camera: Camera) -> None:
    """Lines on the floor every half metre, fading out around the middle of the picture."""
    middle = np.round(camera.target / GRID_STEP) * GRID_STEP
    steps = np.arange(-GRID_REACH, GRID_REACH + GRID_STEP / 2, GRID_STEP)
    cells = np.linspace(-GRID_REACH, GRID_REACH, 17)
    along, across = np.meshgrid(cells, steps)
    for flip in (False, True):
        x, z = (across, along) if flip else (along, across)
        points = np.stack((middle[0] + x, np.zeros_like(x), middle[2] + z), axis=-1)
        pixels, _ = camera.project(points)
        visible = camera.depth(points) > 0.4
        radius = np.hypot(points[..., 0] - camera.target[0], points[..., 2] - camera.target[2])
        strength = np.clip(1 - radius / GRID_REACH, 0, 1) ** 1.5
        whole = np.abs(points[..., 2 if not flip else 0][:, 0] % 1.0) < 1e-6
        for row in range(len(steps)):
            for n in range(len(cells) - 1):
                level = (strength[row, n] + strength[row, n + 1]) / 2 * (0.8 if whole[row] else 0.4)
                if level > 0.03 and visible[row, n] and visible[row, n + 1]:
                    colour = FLOOR_FAR + level * (GRID - FLOOR_FAR)
                    pygame.draw.aaline(picture, [int(c) for c in colour], pixels[row, n], pixels[row, n + 1])


def draw_ring(picture: pygame.Surface, camera: Camera, hips: Floats, accent: Colour, ring: float, pulse: float) -> None:
    """The ring that runs outwards on the floor from each beat, and the light around the feet."""
    floor = hips * (1, 0, 1)
    glow = 0.25 + 0.75 * pulse
    for radius, strength in ((0.62, 0.07), (0.50, 0.08), (0.38, 0.10), (0.27, 0.12)):
        _add_polygon(picture, np.array(accent) * strength * glow, camera.project(floor + _circle(radius))[0])
    fade = (1 - ring) ** 2
    if fade > 0.02 and pulse >= 0:
        for width in (0.0, 0.012, 0.024):
            pixels = camera.project(floor + _circle(0.35 + 1.0 * ring + width))[0]
            colour = FLOOR_NEAR + (np.array(accent) - FLOOR_NEAR) * fade * 0.8
            pygame.draw.aalines(picture, [int(c) for c in colour], True, pixels)


def draw_heading(
    picture: pygame.Surface, camera: Camera, hips: Floats, heading: float, accent: Colour, pulse: float
) -> None:
    """An arrowhead on the floor, before the feet, where the hips face."""
    shape = np.array(((-0.10, 0.0, 0.52), (0.0, 0.0, 0.64), (0.10, 0.0, 0.52), (0.0, 0.0, 0.57)))
    c, s = np.cos(heading), np.sin(heading)
    turned = shape @ np.array(((c, 0, -s), (0, 1, 0), (s, 0, c)))
    pixels = camera.project(hips * (1, 0, 1) + turned)[0]
    pygame.draw.polygon(picture, [int(c * (0.55 + 0.45 * pulse)) for c in accent], pixels)


def draw_shadow(picture: pygame.Surface, camera: Camera, positions: Floats) -> None:
    """The body's shadow on the floor, from a light above and before it; softer than it is dark."""
    points = (positions + np.maximum(positions[:, 1:2], 0) * LIGHT_SLANT) * (1, 0, 1)
    pixels, scale = camera.project(points)
    low = (pixels.min(axis=0) - 40).astype(int)
    size = np.ceil((pixels.max(axis=0) + 40 - low) / SHADOW_SCALE).astype(int) + 1
    if (size > 600).any():
        return
    small = pygame.Surface(size.tolist(), pygame.SRCALPHA)
    for a, b, width in SHADOW_LIMBS:
        i, j = BONES.index(a), BONES.index(b)
        start, end = (pixels[i] - low) / SHADOW_SCALE, (pixels[j] - low) / SHADOW_SCALE
        pygame.draw.line(small, (4, 3, 8, 165), start, end, max(int(width * scale[i] * 0.55 / SHADOW_SCALE), 2))
        pygame.draw.circle(small, (4, 3, 8, 165), end, max(width * scale[j] * 0.3 / SHADOW_SCALE, 1))
    soft = pygame.transform.smoothscale_by(pygame.transform.box_blur(small, 2), SHADOW_SCALE)
    picture.blit(soft, low.tolist())


def _circle(radius: float) -> Floats:
    return np.stack((radius * np.cos(CIRCLE), np.zeros_like(CIRCLE), radius * np.sin(CIRCLE)), axis=-1)


def _add_polygon(picture: pygame.Surface, colour: Floats, pixels: Floats) -> None:
    """Add light to a filled polygon."""
    low = np.floor(pixels.min(axis=0)).astype(int)
    size = np.ceil(pixels.max(axis=0)).astype(int) - low + 1
    if (size > 4096).any():
        return
    light = pygame.Surface(size.tolist())
    pygame.draw.polygon(light, [int(c) for c in np.clip(colour, 0, 255)], pixels - low)
    picture.blit(light, low.tolist(), special_flags=pygame.BLEND_RGB_ADD)


def _add_line(picture: pygame.Surface, colour: pygame.Color, a: Floats, b: Floats, width: int) -> None:
    """Add light to a thick line."""
    low = np.floor(np.minimum(a, b)).astype(int) - width
    size = np.ceil(np.maximum(a, b)).astype(int) + width - low + 1
    if (size > 2048).any():
        return
    light = pygame.Surface(size.tolist())
    pygame.draw.line(light, colour, a - low, b - low, width)
    pygame.draw.circle(light, colour, b - low, width / 2)
    picture.blit(light, low.tolist(), special_flags=pygame.BLEND_RGB_ADD)
