"""The stage with the dancers on it: shadows, the ring that each beat sends out, the hands' trails, the figures."""

import math
from collections import deque

import numpy as np
import pygame

from motion.rotation import Floats, yaw
from motion.skeleton import BONES
from realtime.view_camera import Camera
from realtime.view_figure import Body, Colour, accent_of, draw_figures
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
SOLES = [BONES.index(f"{side}{bone}") for side in ("left", "right") for bone in ("Foot", "Toes")]
CONTACT_HEIGHT = 0.22  # metres above the floor at which a foot's own dark patch is gone
LIGHT_SLANT = np.array((0.28, 0.0, -0.30))  # metres that a shadow moves for each metre of height
TRAILED = [BONES.index("leftHand"), BONES.index("rightHand")]
TRAIL_SECONDS, TRAIL_STEP = 0.45, 1 / 40
_ANGLE = np.linspace(0, 2 * np.pi, 41)
CIRCLE = np.stack((np.cos(_ANGLE), np.zeros_like(_ANGLE), np.sin(_ANGLE)), axis=-1)
ARROW = np.array(((-0.10, 0.0, 0.52), (0.0, 0.0, 0.64), (0.10, 0.0, 0.52), (0.0, 0.0, 0.57)))
PIECES = 3  # of each bone of a reflected leg, which fades from one to the next
REFLECTED_BONES = np.array([[BONES.index(f"{side}{bone}") for bone in ("Toes", "Foot", "LowerLeg", "UpperLeg")]
                            for side in ("left", "right")])  # fmt: skip
_PLACE = np.arange(3 * PIECES + 1) / PIECES
REFLECTED_PLACES = np.maximum(1 - np.abs(_PLACE[:, None] - np.arange(4)), 0)  # share of each joint in each place
REFLECTED_RADII = np.interp(_PLACE, np.arange(4), (0.045, 0.045, 0.055, 0.085))
ALONG = np.maximum(np.arange(len(_PLACE)) - 1, 0), np.minimum(np.arange(len(_PLACE)) + 1, len(_PLACE) - 1)
REFLECTED = 0.8  # metres above the floor up to which it shows a leg
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
        self._draw_marks(picture, camera, bodies, pulse, ring)
        draw_shadows(picture, camera, bodies)
        for number, positions, _ in bodies:
            self._draw_trail(picture, camera, number, positions[TRAILED], now)
        draw_figures(picture, camera, bodies, pulse)

    def _draw_marks(
        self, picture: pygame.Surface, camera: Camera, bodies: list[Body], pulse: float, ring: float
    ) -> None:
        """On the floor: light around the feet, the beat's ring that runs outwards, an arrowhead where the hips face."""
        fade = (1 - ring) ** 2
        for number, positions, world in bodies:
            turned = float(yaw(world[0]))
            c, s = math.cos(turned), math.sin(turned)
            arrow = ARROW @ np.array(((c, 0, -s), (0, 1, 0), (s, 0, c)))
            ways = (0.85 * CIRCLE, (0.35 + ring) * CIRCLE, arrow)
            pixels, _ = camera.project(positions[0] * (1, 0, 1) + np.concatenate(ways))
            glow, outer = pixels[: len(CIRCLE)], pixels[len(CIRCLE) : -len(ARROW)]
            accent = accent_of(number)
            self._add_glow(picture, glow, accent, pulse)
            if fade > 0.02:
                colour = [int(low + (own - low) * fade * 0.8) for low, own in zip(FLOOR_NEAR, accent, strict=True)]
                pygame.draw.aalines(picture, colour, True, outer.tolist())
            colour = [int(part * (0.55 + 0.45 * pulse)) for part in accent]
            pygame.draw.polygon(picture, colour, pixels[-len(ARROW) :].tolist())

    def _add_glow(self, picture: pygame.Surface, outline: Floats, accent: Colour, pulse: float) -> None:
        """Add a light that is brightest in the middle of an outline [n, 2] of pixels and gone at its edge."""
        low = np.floor(outline.min(axis=0)).astype(int)
        size = np.ceil(outline.max(axis=0)).astype(int) - low + 1
        if (size > LARGEST).any():
            return
        light = self._glow.copy()
        strength = 0.16 + 0.34 * pulse
        light.fill([int(WHITE_GLOW + part * strength) for part in accent], special_flags=pygame.BLEND_RGB_MULT)
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


def draw_reflections(picture: pygame.Surface, camera: Camera, bodies: list[Body]) -> None:
    """The legs upside down in a dull floor, fading with the distance from it."""
    if not bodies:
        return
    chains = np.stack([positions for _, positions, _ in bodies])[:, REFLECTED_BONES] * (1, -1, 1)
    points = np.einsum("pj,nljx->nlpx", REFLECTED_PLACES, chains)  # [N, legs, places, 3]
    pixels, scale = camera.project(points)
    way = pixels[..., ALONG[1], :] - pixels[..., ALONG[0], :]
    wide = REFLECTED_RADII * scale / (np.hypot(way[..., 0], way[..., 1]) + 1e-6)
    side = np.stack((-way[..., 1], way[..., 0]), axis=-1) * wide[..., None]
    share = np.maximum(1 + points[..., 1] / REFLECTED, 0) ** 2
    accents = np.array([accent_of(number) for number, _, _ in bodies]) * 0.6 + 60
    colours = FLOOR_FAR + 0.16 * share[..., None] * accents[:, None, None]
    rims, paint = np.stack((pixels - side, pixels + side), axis=-2), colours.astype(int)
    for leg, colour, shown in zip(
        *(part.reshape(-1, *part.shape[2:]).tolist() for part in (rims, paint, share)), strict=True
    ):
        for n in range(len(leg) - 1, 0, -1):
            if shown[n] > 0.02:
                pygame.draw.polygon(picture, colour[n], (*leg[n - 1], *leg[n][::-1]))


def draw_shadows(picture: pygame.Surface, camera: Camera, bodies: list[Body]) -> None:
    """The bodies' soft shadows on the floor, from a light above and before them, darkest where a sole touches."""
    if not bodies:
        return
    positions = np.stack([positions for _, positions, _ in bodies])
    height = np.maximum(positions[..., 1:2], 0)
    thrown = (positions + height * LIGHT_SLANT) * (1, 0, 1)
    pixels, scale = camera.project(np.concatenate((thrown, positions[:, SOLES] * (1, 0, 1)), axis=1))
    close = np.clip(1 - positions[:, SOLES, 1] / CONTACT_HEIGHT, 0, 1)
    for n in range(len(bodies)):
        _draw_shadow(picture, pixels[n], scale[n], close[n])


def _draw_shadow(picture: pygame.Surface, pixels: Floats, scale: Floats, close: Floats) -> None:
    """One shadow: pixels [22 + 4, 2] and pixels per metre of the joints' shadows and of the floor below the soles."""
    low = (pixels.min(axis=0) - 40).astype(int)
    size = np.ceil((pixels.max(axis=0) + 40 - low) / SHADOW_SCALE).astype(int) + 1
    if (size > LARGEST // SHADOW_SCALE).any():
        return
    small = pygame.Surface(size.tolist(), pygame.SRCALPHA)
    at, scale = (pixels - low) / SHADOW_SCALE, scale / SHADOW_SCALE
    widths = np.maximum(SHADOW_WIDTHS * scale[SHADOW_BONES[:, 1]] * 0.55, 2).tolist()
    for (start, end), width in zip(at[SHADOW_BONES].tolist(), widths, strict=True):
        pygame.draw.line(small, (*SHADOW, 150), start, end, int(width))
        pygame.draw.circle(small, (*SHADOW, 150), end, width / 2)
    for (x, y), radius, dark in zip(at[-len(SOLES) :].tolist(), scale[-len(SOLES) :].tolist(), close, strict=True):
        patch = pygame.Rect(0, 0, max(0.22 * radius, 2), max(0.09 * radius, 2))
        patch.center = int(x), int(y)
        pygame.draw.ellipse(small, (*SHADOW, int(150 + 105 * dark)), patch)
    soft = pygame.transform.smoothscale_by(pygame.transform.box_blur(small, 2), SHADOW_SCALE)
    picture.blit(soft, low.tolist())
