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
GRID_STEP, GRID_REACH, GRID_PIECES = 0.5, 4.5, 9  # metres, metres, pieces that a line fades in
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
DETAIL_RANGE = 110_000, 1_500_000  # figure pixels; what is more than a computer draws in time is drawn softer
CIRCLE = np.linspace(0, 2 * np.pi, 65)
_ACROSS = np.linspace(-1, 1, 64)
GLOW = np.clip(1 - np.hypot(_ACROSS[:, None], _ACROSS), 0, 1) ** 1.6

Body = tuple[int, Floats, Floats]  # dancer, positions [22, 3], world rotations [22, 4]


class Scene:
    """Draws everything but the words."""

    def __init__(self) -> None:
        self._figures: dict[int, Figure] = {}
        self._trails: dict[int, deque[tuple[float, Floats]]] = {}
        self._backdrop = pygame.Surface((1, 1))
        self._backdrop_key: tuple[int, int, int] = (0, 0, 0)
        self._detail_pixels = 150_000.0

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
            if number not in self._figures:
                self._figures[number] = Figure(accent_of(number))
            self._figures[number].draw(picture, camera, positions, world, pulse, detail)

    def tune(self, spent: float, allowed: float) -> None:
        """Draw figures softer or sharper, so that a picture takes (`spent`) about the `allowed` seconds."""
        step = 0.97 if spent > allowed else 1.01
        low, high = DETAIL_RANGE
        self._detail_pixels = min(max(self._detail_pixels * step, low), high)

    def _draw_backdrop(self, picture: pygame.Surface, camera: Camera) -> None:
        size = picture.get_size()
        horizon = int(camera.project(camera.target * (1, 0, 1) - 60 * camera.axes()[2] * (1, 0, 1))[0][1])
        key = (size[0], size[1], horizon)
        if self._backdrop_key != key:
            self._backdrop_key, self._backdrop = key, backdrop(size, horizon).convert(picture)
        picture.blit(self._backdrop, (0, 0))

    def _draw_trail(self, picture: pygame.Surface, camera: Camera, number: int, hands: Floats, now: float) -> None:
        trail = self._trails.setdefault(number, deque(maxlen=64))
        trail.append((now, hands))
        while now - trail[0][0] > TRAIL_SECONDS:
            trail.popleft()
        if len(trail) < 3:
            return
        pixels, scale = camera.project(np.stack([at for _, at in trail]))
        youth = 1 - np.array([now - at for at, _ in trail]) / TRAIL_SECONDS
        colours = (np.array(accent_of(number)) * 0.6 * youth[:, None] ** 2).astype(int).tolist()
        widths = np.maximum(scale * 0.03 * youth[:, None], 1)
        for hand in range(hands.shape[0]):
            _add_ribbon(picture, colours, pixels[:, hand], widths[:, hand])

    def _detail(self, picture: pygame.Surface, camera: Camera, bodies: list[Body]) -> float:
        area = 0.0
        for _, positions, _ in bodies:
            pixels, scale = camera.project(positions)
            size = np.clip(pixels.max(axis=0) - pixels.min(axis=0) + 0.3 * scale.mean(), 1, picture.get_size())
            area += float(size.prod())
        return float(min(1.0, (self._detail_pixels / max(area, 1.0)) ** 0.5))


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
    along, across = np.meshgrid(np.linspace(-GRID_REACH, GRID_REACH, GRID_PIECES + 1), steps)
    for x, z, fixed in ((across, along, 0), (along, across, 2)):
        points = np.stack((middle[0] + x, np.zeros_like(x), middle[2] + z), axis=-1)
        pixels, _ = camera.project(points)
        whole = np.abs(points[:, :1, fixed] % 1.0) < 1e-6
        near = (points[:, 1:] + points[:, :-1]) / 2 - camera.target
        level = np.clip(1 - np.hypot(near[..., 0], near[..., 2]) / GRID_REACH, 0, 1) ** 1.4 * np.where(whole, 0.85, 0.4)
        colours = (FLOOR_FAR + level[..., None] * (GRID - FLOOR_FAR)).astype(int).tolist()
        behind = camera.depth(points) < 0.4
        shown = (level > 0.03) & ~(behind[:, 1:] | behind[:, :-1])
        for row, n in np.argwhere(shown).tolist():
            pygame.draw.aaline(picture, colours[row][n], pixels[row, n], pixels[row, n + 1])


def draw_ring(picture: pygame.Surface, camera: Camera, hips: Floats, accent: Colour, ring: float, pulse: float) -> None:
    """The ring that runs outwards on the floor from each beat, and the light around the feet."""
    floor = hips * (1, 0, 1)
    _add_glow(picture, np.array(accent) * (0.14 + 0.34 * pulse), camera.project(floor + _circle(0.85))[0])
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


def _add_glow(picture: pygame.Surface, colour: Floats, outline: Floats) -> None:
    """Add a light that is brightest in the middle of an outline [n, 2] of pixels and gone at its edge."""
    low = np.floor(outline.min(axis=0)).astype(int)
    size = np.ceil(outline.max(axis=0)).astype(int) - low + 1
    if (size > 4096).any():
        return
    light = pygame.surfarray.make_surface((GLOW[..., None] * colour).astype(np.uint8))
    picture.blit(pygame.transform.smoothscale(light, size.tolist()), low.tolist(), special_flags=pygame.BLEND_RGB_ADD)


def _add_ribbon(picture: pygame.Surface, colours: list[list[int]], points: Floats, widths: Floats) -> None:
    """Add the light of a line through points [n, 2], each piece with its colour and width in pixels."""
    margin = float(widths.max()) + 1
    low = np.floor(points.min(axis=0) - margin).astype(int)
    size = np.ceil(points.max(axis=0) + margin).astype(int) - low + 1
    if (size > 4096).any():
        return
    light = pygame.Surface(size.tolist())
    at = points - low
    for n in range(len(at) - 1):
        pygame.draw.line(light, colours[n], at[n], at[n + 1], int(widths[n]))
        pygame.draw.circle(light, colours[n + 1], at[n + 1], widths[n + 1] / 2)
    picture.blit(light, low.tolist(), special_flags=pygame.BLEND_RGB_ADD)
