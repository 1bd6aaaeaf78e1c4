"""What dancers leave on the floor: reflections, light and the beat's ring around them, an arrow ahead, shadows."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pygame

from motion.rotation import Floats, yaw
from motion.skeleton import BONES
from realtime.view_camera import Camera
from realtime.view_figure import Body, accent_of
from realtime.view_floor import FLOOR_FAR, FLOOR_NEAR
from realtime.view_pen import Colour, packed

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
SHADOW_EDGE = 40  # picture pixels around the joints' shadows
CONTACT_HEIGHT = 0.22  # metres above the floor at which a foot's own dark patch is gone
THROWN = np.array(((1.0, 0.0, 0.0), (0.28, 0.0, -0.30), (0.0, 0.0, 1.0)))  # a shadow's place: with height it moves away
DROPPED, MIRRORED = np.array((1.0, 0.0, 1.0)), np.array((1.0, -1.0, 1.0))
_ANGLE = np.linspace(0, 2 * np.pi, 41)
CIRCLE = np.stack((np.cos(_ANGLE), np.zeros_like(_ANGLE), np.sin(_ANGLE)), axis=-1)
RING = 0.35  # metres from which the beat's ring runs a metre outwards
ARROW = np.array(((-0.10, 0.52), (0.0, 0.64), (0.10, 0.52), (0.0, 0.57)))  # metres left and ahead
PIECES = 3  # of each bone of a reflected leg, which fades from one to the next
_PLACE = np.arange(3 * PIECES + 1) / PIECES
REFLECTED_RADII = np.interp(_PLACE, np.arange(4), (0.045, 0.045, 0.055, 0.085))
ALONG = np.maximum(np.arange(len(_PLACE)) - 1, 0), np.minimum(np.arange(len(_PLACE)) + 1, len(_PLACE) - 1)
REFLECTED = 0.8  # metres above the floor up to which it shows a leg
GLOW_REACH = 0.85  # metres
SIZE_STEP, KEPT = 8, 24  # pixels between the sizes of surfaces that are kept, and of how many sizes
_ACROSS = np.linspace(-1, 1, 64)
GLOW = np.clip(1 - np.hypot(_ACROSS[:, None], _ACROSS), 0, 1) ** 1.6
WHITE_GLOW = 26  # 0-255, on which shadows stand out
LARGEST = 4096  # pixels; what is larger is not drawn


def _reflecting() -> Floats:
    """Share [2 * places, 22] of each joint in each place along both legs, from the toes up."""
    shares = np.zeros((2, len(_PLACE), len(BONES)))
    for leg, side in enumerate(("left", "right")):
        bones = [BONES.index(f"{side}{bone}") for bone in ("Toes", "Foot", "LowerLeg", "UpperLeg")]
        shares[leg][:, bones] = np.maximum(1 - np.abs(_PLACE[:, None] - np.arange(4)), 0)
    return shares.reshape(-1, len(BONES))


REFLECTING = _reflecting()


@dataclass(frozen=True)
class Prints:
    """What the camera sees of N dancers' marks on the floor: pixels [N, ..., 2], pixels per metre there [N, ...]."""

    legs: Floats  # [N, 2 * places, 2]
    legs_scale: Floats
    depths: Floats  # [N, 2 * places] metres below the floor
    thrown: Floats  # [N, 22 + 4, 2] the joints' shadows, the floor below the soles
    thrown_scale: Floats
    close: Floats  # [N, 4] 0-1, how close a sole is to the floor
    glow: Floats  # [N, 4, 2] the ends of its two axes
    ring: Floats  # [N, 41, 2]
    arrow: Floats  # [N, 4, 2]


def prints(camera: Camera, bodies: list[Body], ring: float) -> Prints:
    """Project all of it at once; ring 0-1 is how far the beat's ring has run."""
    positions = np.stack([positions for _, positions, _ in bodies])
    turned = yaw(np.stack([world[0] for _, _, world in bodies]))[:, None]
    c, s = np.cos(turned), np.sin(turned)
    right, _, towards = camera.axes()
    marks = np.empty((len(bodies), 4 + len(CIRCLE) + len(ARROW), 3))
    marks[:, :4] = GLOW_REACH * np.stack((-right, right, -towards, towards))
    marks[:, 4 : -len(ARROW)] = (RING + ring) * CIRCLE
    marks[:, -len(ARROW) :, 0] = c * ARROW[:, 0] + s * ARROW[:, 1]
    marks[:, -len(ARROW) :, 2] = c * ARROW[:, 1] - s * ARROW[:, 0]
    marks += positions[:, :1]
    marks[..., 1] = 0.0
    soles = positions[:, SOLES]
    legs = REFLECTING @ positions * MIRRORED
    points = np.concatenate((legs, positions @ THROWN, soles * DROPPED, marks), axis=1)
    pixels, scale = camera.project(points)
    first = len(REFLECTING)
    second = first + positions.shape[1] + len(SOLES)
    close = np.minimum(np.maximum(1 - soles[..., 1] / CONTACT_HEIGHT, 0), 1)
    return Prints(
        pixels[:, :first], scale[:, :first], legs[..., 1], pixels[:, first:second], scale[:, first:second], close,
        pixels[:, second : second + 4], pixels[:, second + 4 : -len(ARROW)], pixels[:, -len(ARROW) :],
    )  # fmt: skip


def draw_ground(picture: pygame.Surface, camera: Camera, bodies: list[Body], pulse: float, ring: float) -> None:
    """Draw all of it; pulse 0-1 is the beat's flash."""
    if not bodies:
        return
    seen = prints(camera, bodies, ring)
    accents = [accent_of(number) for number, _, _ in bodies]
    draw_reflections(picture, seen, accents)
    for n, accent in enumerate(accents):
        _add_glow(picture, seen.glow[n], accent, pulse)
        _draw_marks(picture, seen.ring[n], seen.arrow[n], accent, pulse, (1 - ring) ** 2)
    for n in range(len(bodies)):
        _draw_shadow(picture, seen.thrown[n], seen.thrown_scale[n], seen.close[n])


def draw_reflections(picture: pygame.Surface, seen: Prints, accents: list[Colour]) -> None:
    """The legs upside down in a dull floor, fading with the distance from it."""
    shape = (2 * len(accents), len(_PLACE))  # legs and places
    pixels = seen.legs.reshape(*shape, 2)
    way = pixels[:, ALONG[1]] - pixels[:, ALONG[0]]
    wide = REFLECTED_RADII * seen.legs_scale.reshape(shape) / (np.hypot(way[..., 0], way[..., 1]) + 1e-6)
    side = way[..., ::-1] * (wide[..., None] * (-1, 1))
    share = np.maximum(1 + seen.depths.reshape(shape) / REFLECTED, 0) ** 2
    tints = np.repeat(np.array(accents) * 0.6 + 60, 2, axis=0)
    colours = packed(picture, (FLOOR_FAR + 0.16 * share[..., None] * tints[:, None]).reshape(-1, 3)).reshape(shape)
    rims = (pixels - side).tolist(), (pixels + side).tolist()
    for one, other, colour, shown in zip(*rims, colours.tolist(), (share > 0.02).tolist(), strict=True):
        for n in range(len(_PLACE) - 1, 0, -1):
            if shown[n]:
                pygame.draw.polygon(picture, colour[n], (one[n - 1], other[n - 1], other[n], one[n]))


def _draw_marks(
    picture: pygame.Surface, ring: Floats, arrow: Floats, accent: Colour, pulse: float, fade: float
) -> None:
    """The beat's ring that runs outwards, an arrowhead where the hips face."""
    if fade > 0.02:
        colour = [int(low + (own - low) * fade * 0.8) for low, own in zip(FLOOR_NEAR.tolist(), accent, strict=True)]
        pygame.draw.aalines(picture, colour, True, ring.tolist())
    pygame.draw.polygon(picture, [int(part * (0.55 + 0.45 * pulse)) for part in accent], arrow.tolist())


def _add_glow(picture: pygame.Surface, axes: Floats, accent: Colour, pulse: float) -> None:
    """Add a light that is brightest in the middle of an ellipse, the ends [4, 2] of whose axes are given in pixels."""
    left, right, far, near = axes.tolist()
    wide, high = rounded(right[0] - left[0], near[1] - far[1])
    if max(wide, high) > LARGEST:
        return
    white, light = glow(wide, high)
    strength = 0.16 + 0.34 * pulse
    light.blit(white, (0, 0))
    light.fill([int(WHITE_GLOW + part * strength) for part in accent], special_flags=pygame.BLEND_RGB_MULT)
    at = (left[0] + right[0] - wide) / 2, (far[1] + near[1] - high) / 2
    picture.blit(light, at, special_flags=pygame.BLEND_RGB_ADD)


def rounded(*sizes: float) -> list[int]:
    """Sizes in pixels brought up to one of few, so that surfaces can be kept."""
    return [SIZE_STEP * (int(size) // SIZE_STEP + 1) for size in sizes]


@lru_cache(maxsize=KEPT)
def glow(width: int, height: int) -> tuple[pygame.Surface, pygame.Surface]:
    """A white light of so many pixels, gone at its edge; and another like it, to be coloured."""
    small = pygame.surfarray.make_surface((GLOW[..., None] * (255, 255, 255)).astype(np.uint8))
    white = pygame.transform.smoothscale(small, (width, height))
    return white, white.copy()


def _draw_shadow(picture: pygame.Surface, pixels: Floats, scale: Floats, close: Floats) -> None:
    """A soft shadow from a light above and before: pixels [22 + 4, 2], pixels per metre there, soles' closeness [4]."""
    across, down = pixels.T.tolist()
    left, top = int(min(across)) - SHADOW_EDGE, int(min(down)) - SHADOW_EDGE
    size = rounded(*((end + SHADOW_EDGE) / SHADOW_SCALE for end in (max(across) - left, max(down) - top)))
    if max(size) > LARGEST // SHADOW_SCALE:
        return
    sharp, blurred, soft = shades(*size)
    sharp.fill((0, 0, 0, 0))
    at, scale = (pixels - (left, top)) / SHADOW_SCALE, scale / SHADOW_SCALE
    widths = np.maximum(SHADOW_WIDTHS * scale[SHADOW_BONES[:, 1]] * 0.55, 2).tolist()
    for (start, end), width in zip(at[SHADOW_BONES].tolist(), widths, strict=True):
        pygame.draw.line(sharp, (*SHADOW, 150), start, end, int(width))
        pygame.draw.circle(sharp, (*SHADOW, 150), end, width / 2)
    places, radii = at[-len(SOLES) :].tolist(), scale[-len(SOLES) :].tolist()
    for (x, y), radius, dark in zip(places, radii, close.tolist(), strict=True):
        patch = pygame.Rect(0, 0, max(0.22 * radius, 2), max(0.09 * radius, 2))
        patch.center = int(x), int(y)
        pygame.draw.ellipse(sharp, (*SHADOW, int(150 + 105 * dark)), patch)
    pygame.transform.box_blur(sharp, 2, dest_surface=blurred)
    picture.blit(pygame.transform.smoothscale(blurred, soft.get_size(), soft), (left, top))


@lru_cache(maxsize=KEPT)
def shades(width: int, height: int) -> tuple[pygame.Surface, pygame.Surface, pygame.Surface]:
    """Surfaces for a shadow of so many of its pixels: one to draw on, one to blur it into, one as the picture's."""
    small = pygame.Surface((width, height), pygame.SRCALPHA)
    return small, small.copy(), pygame.Surface((width * SHADOW_SCALE, height * SHADOW_SCALE), pygame.SRCALPHA)
