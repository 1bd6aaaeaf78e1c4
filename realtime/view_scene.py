"""The stage with the dancers on it: shadows, the ring that each beat sends out, the hands' trails, the figures."""

from collections import deque

import numpy as np
import pygame

from motion.rotation import Floats, yaw
from motion.skeleton import BONES
from realtime.view_camera import Camera
from realtime.view_figure import Body, Colour, accent_of, draw_figures, draw_reflections
from realtime.view_floor import FLOOR_FAR, FLOOR_NEAR, Floor

SHADOW_SCALE = 6  # picture pixels for each pixel of the shadow, which is blurred anyway
SHADOW = (4, 3, 8)
SHADOW_LIMBS = (  # bone to bone and metres of width
    ("hips", "neck", 0.26), ("neck", "head", 0.16), ("leftUpperArm", "leftLowerArm", 0.1),
    ("leftLowerArm", "leftHand", 0.09), ("rightUpperArm", "rightLowerArm", 0.1), ("rightLowerArm", "rightHand", 0.09),
    ("leftUpperLeg", "leftLowerLeg", 0.16), ("leftLowerLeg", "leftFoot", 0.12), ("leftFoot", "leftToes", 0.1),
    ("rightUpperLeg", "rightLowerLeg", 0.16), ("rightLowerLeg", "rightFoot", 0.12), ("rightFoot", "rightToes", 0.1),
)  # fmt: skip
SHADOW_BONES = np.array([(BONES.index(a), BONES.index(b)) for a, b, _ in SHADOW_LIMBS])
SHADOW_WIDTHS = np.array([width for _, _, width in SHADOW_LIMBS])
SOLES = tuple(BONES.index(f"{side}{bone}") for side in ("left", "right") for bone in ("Foot", "Toes"))
CONTACT_HEIGHT = 0.22  # metres above the floor at which a foot's own dark patch is gone
LIGHT_SLANT = np.array((0.28, 0.0, -0.30))  # metres that a shadow moves for each metre of height
TRAILED = [BONES.index("leftHand"), BONES.index("rightHand")]
TRAIL_SECONDS, TRAIL_STEP = 0.45, 1 / 40
CIRCLE = np.linspace(0, 2 * np.pi, 49)
_ACROSS = np.linspace(-1, 1, 64)
GLOW = np.clip(1 - np.hypot(_ACROSS[:, None], _ACROSS), 0, 1) ** 1.6
WHITE_GLOW = 26  # 0-255, on which shadows stand out
LARGEST = 4096  # pixels; what is larger is not drawn


class Scene:
    """Draws everything but the words."""

    def __init__(self) -> None:
        self.floor = Floor()
        self._trails: dict[int, deque[tuple[float, Floats]]] = {}
        self._glow = pygame.surfarray.make_surface((GLOW[..., None] * (255, 255, 255)).astype(np.uint8))

    def draw(
        self, picture: pygame.Surface, camera: Camera, bodies: list[Body], now: float, pulse: float, ring: float
    ) -> None:
        """Draw the bodies; pulse 0-1 is the beat's flash, ring 0-1 how far its ring has run."""
        self.floor.draw(picture, camera)
        draw_reflections(picture, camera, bodies)
        for number, positions, world in bodies:
            accent = accent_of(number)
            self._add_glow(picture, camera, positions[0], accent, pulse)
            draw_ring(picture, camera, positions[0], accent, ring)
            draw_heading(picture, camera, positions[0], float(yaw(world[0])), accent, pulse)
        for _, positions, _ in bodies:
            draw_shadow(picture, camera, positions)
        for number, positions, _ in bodies:
            self._draw_trail(picture, camera, number, positions[TRAILED], now)
        draw_figures(picture, camera, bodies, pulse)

    def _add_glow(self, picture: pygame.Surface, camera: Camera, hips: Floats, accent: Colour, pulse: float) -> None:
        """Add the light around the feet: brightest in its middle, gone at its edge."""
        outline = camera.project(hips * (1, 0, 1) + _circle(0.85))[0]
        low = np.floor(outline.min(axis=0)).astype(int)
        size = np.ceil(outline.max(axis=0)).astype(int) - low + 1
        if (size > LARGEST).any():
            return
        light = self._glow.copy()
        strength = 0.16 + 0.34 * pulse
        light.fill([int(WHITE_GLOW + c * strength) for c in accent], special_flags=pygame.BLEND_RGB_MULT)
        light = pygame.transform.smoothscale(light, size.tolist())
        picture.blit(light, low.tolist(), special_flags=pygame.BLEND_RGB_ADD)

    def _draw_trail(self, picture: pygame.Surface, camera: Camera, number: int, hands: Floats, now: float) -> None:
        """The hands' way through the last moment, hands [2, 3]; older is thinner and darker."""
        trail = self._trails.setdefault(number, deque(maxlen=64))
        if not trail or not 0 <= now - trail[-1][0] < TRAIL_STEP:
            trail.append((now, hands))
        while not 0 <= now - trail[0][0] <= TRAIL_SECONDS:
            trail.popleft()
            if not trail:
                return
        pixels, scale = camera.project(np.stack([at for _, at in trail] + [hands]))
        youth = 1 - np.array([now - at for at, _ in trail]) / TRAIL_SECONDS
        colours = FLOOR_FAR + (np.array(accent_of(number)) * 0.75 - FLOOR_FAR) * youth[:, None] ** 2
        widths = np.maximum(scale[1:] * 0.03 * youth[:, None], 1).astype(int).tolist()
        points, paint = pixels.tolist(), np.maximum(colours, 0).astype(int).tolist()
        for n, colour in enumerate(paint):
            for hand in range(len(TRAILED)):
                pygame.draw.line(picture, colour, points[n][hand], points[n + 1][hand], widths[n][hand])


def draw_ring(picture: pygame.Surface, camera: Camera, hips: Floats, accent: Colour, ring: float) -> None:
    """The ring that runs outwards on the floor from each beat."""
    fade = (1 - ring) ** 2
    if fade <= 0.02:
        return
    colour = [int(c) for c in FLOOR_NEAR + (np.array(accent) - FLOOR_NEAR) * fade * 0.8]
    for width in (0.0, 0.014):
        pixels = camera.project(hips * (1, 0, 1) + _circle(0.35 + 1.0 * ring + width))[0]
        pygame.draw.aalines(picture, colour, True, pixels.tolist())


def draw_heading(
    picture: pygame.Surface, camera: Camera, hips: Floats, heading: float, accent: Colour, pulse: float
) -> None:
    """An arrowhead on the floor, before the feet, where the hips face."""
    shape = np.array(((-0.10, 0.0, 0.52), (0.0, 0.0, 0.64), (0.10, 0.0, 0.52), (0.0, 0.0, 0.57)))
    c, s = np.cos(heading), np.sin(heading)
    turned = shape @ np.array(((c, 0, -s), (0, 1, 0), (s, 0, c)))
    pixels = camera.project(hips * (1, 0, 1) + turned)[0].tolist()
    colour = [int(c * (0.55 + 0.45 * pulse)) for c in accent]
    pygame.draw.polygon(picture, colour, pixels)
    pygame.draw.aalines(picture, colour, True, pixels)


def draw_shadow(picture: pygame.Surface, camera: Camera, positions: Floats) -> None:
    """The body's soft shadow on the floor, from a light above and before it, darkest where a sole touches."""
    height = np.maximum(positions[:, 1:2], 0)
    pixels, scale = camera.project((positions + height * LIGHT_SLANT) * (1, 0, 1))
    under, near = camera.project(positions[list(SOLES)] * (1, 0, 1))
    low = (np.minimum(pixels.min(axis=0), under.min(axis=0)) - 40).astype(int)
    high = np.maximum(pixels.max(axis=0), under.max(axis=0)) + 40
    size = np.ceil((high - low) / SHADOW_SCALE).astype(int) + 1
    if (size > LARGEST // SHADOW_SCALE).any():
        return
    small = pygame.Surface(size.tolist(), pygame.SRCALPHA)
    ends = ((pixels[SHADOW_BONES] - low) / SHADOW_SCALE).tolist()
    widths = np.maximum(SHADOW_WIDTHS * scale[SHADOW_BONES[:, 1]] * 0.55 / SHADOW_SCALE, 2).tolist()
    for (start, end), width in zip(ends, widths, strict=True):
        pygame.draw.line(small, (*SHADOW, 150), start, end, int(width))
        pygame.draw.circle(small, (*SHADOW, 150), end, width / 2)
    close = np.clip(1 - positions[list(SOLES), 1] / CONTACT_HEIGHT, 0, 1)
    for (x, y), radius, dark in zip(((under - low) / SHADOW_SCALE).tolist(), near / SHADOW_SCALE, close, strict=True):
        patch = pygame.Rect(0, 0, max(0.22 * radius, 2), max(0.09 * radius, 2))
        patch.center = int(x), int(y)
        pygame.draw.ellipse(small, (*SHADOW, int(150 + 105 * dark)), patch)
    soft = pygame.transform.smoothscale_by(pygame.transform.box_blur(small, 2), SHADOW_SCALE)
    picture.blit(soft, low.tolist())


def _circle(radius: float) -> Floats:
    return np.stack((radius * np.cos(CIRCLE), np.zeros_like(CIRCLE), radius * np.sin(CIRCLE)), axis=-1)
