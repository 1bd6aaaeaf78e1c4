"""A dancer as a body of tapered capsules, shaded pixel by pixel.

The capsules are laid over each other into a relief: what is nearest to the eye at each pixel, and which way it looks.
The relief is then lit as a whole, by a warm light from the upper left and the dancer's own coloured light from behind,
so that neither joints nor crossing limbs show a seam.
"""

from dataclasses import dataclass

import numpy as np
import pygame
from numpy.typing import NDArray

from motion.rotation import Floats, rotate
from motion.skeleton import BONES
from realtime.frame import F32
from realtime.view_camera import Camera

Colour = tuple[int, int, int]
Offset = tuple[float, float, float]
End = tuple[str, Offset, float]

ACCENTS: tuple[Colour, ...] = (
    (255, 84, 66),
    (40, 170, 255),
    (178, 104, 255),
    (255, 180, 40),
    (50, 220, 150),
    (255, 90, 180),
)
REFLECTED = 0.6  # share of the body that the floor shows
FAR = -4000.0  # pixels; no farther, for float32 keeps its precision only near zero
LIGHT = np.array((-0.42, -0.50, 0.76), np.float32)  # towards the light: right, down, to the eye
BACK_LIGHT = np.array((0.80, -0.10, -0.20), np.float32)
BALL = 160  # pixels across the lit ball that surfaces take their colours from
TRUNK, SKIN, SHOE, GLASS = 0, 1, 2, 3
BLEND = (0.055, 0.022, 0.022, 0.003)  # metres over which a part flows into what it touches
ALBEDO = np.array(((232, 222, 222), (232, 222, 222), (58, 56, 74), (18, 18, 26)), np.float32)

# material, then for each end: bone (L and R for the sides), offset in its axes (x away from the middle), radius; metres
_TRUNK: tuple[tuple[int, End, End], ...] = (
    (TRUNK, ("LUpperLeg", (-0.016, 0.030, -0.008), 0.082), ("RUpperLeg", (-0.016, 0.030, -0.008), 0.082)),
    (TRUNK, ("hips", (0, 0.010, 0), 0.100), ("chest", (0, 0, 0), 0.100)),
    (TRUNK, ("chest", (0.024, -0.02, 0.002), 0.088), ("upperChest", (0.052, 0.050, 0.004), 0.092)),
    (TRUNK, ("chest", (-0.024, -0.02, 0.002), 0.088), ("upperChest", (-0.052, 0.050, 0.004), 0.092)),
    (TRUNK, ("LShoulder", (0.02, -0.02, -0.004), 0.070), ("LUpperArm", (-0.006, -0.004, 0), 0.056)),
    (TRUNK, ("RShoulder", (0.02, -0.02, -0.004), 0.070), ("RUpperArm", (-0.006, -0.004, 0), 0.056)),
    (TRUNK, ("upperChest", (0, 0.09, -0.01), 0.070), ("neck", (0, 0, 0), 0.050)),
    (SKIN, ("neck", (0, -0.03, 0), 0.058), ("head", (0, 0.02, 0), 0.050)),
    (SKIN, ("head", (0, 0.055, 0.012), 0.074), ("head", (0, 0.112, 0.004), 0.093)),
    (GLASS, ("head", (0.044, 0.092, 0.074), 0.030), ("head", (-0.044, 0.092, 0.074), 0.030)),
)
_SIDE: tuple[tuple[int, End, End], ...] = (
    (SKIN, ("UpperArm", (0, 0, 0), 0.057), ("LowerArm", (0, 0, 0), 0.042)),
    (SKIN, ("LowerArm", (0, 0, 0), 0.043), ("Hand", (0, 0, 0), 0.029)),
    (SKIN, ("Hand", (0, 0, 0), 0.030), ("Hand", (0.085, -0.004, 0), 0.034)),
    (SKIN, ("Hand", (0.085, -0.004, 0), 0.033), ("Hand", (0.165, -0.010, 0.004), 0.017)),
    (SKIN, ("Hand", (0.025, 0, 0.018), 0.018), ("Hand", (0.085, -0.006, 0.062), 0.013)),
    (TRUNK, ("UpperLeg", (-0.004, 0, 0), 0.090), ("LowerLeg", (0, 0, 0), 0.054)),
    (SKIN, ("LowerLeg", (0, -0.02, 0), 0.056), ("Foot", (0, 0, 0), 0.038)),
    (SHOE, ("Foot", (0, 0, 0), 0.040), ("Foot", (0, -0.038, -0.030), 0.038)),
    (SHOE, ("Foot", (0, -0.038, -0.030), 0.038), ("Toes", (0, 0.012, 0), 0.032)),
    (SHOE, ("Foot", (0, 0.005, 0.01), 0.042), ("Toes", (0, 0.012, 0), 0.034)),
    (SHOE, ("Toes", (0, 0.012, 0), 0.033), ("Toes", (0.006, 0.008, 0.052), 0.026)),
)


@dataclass(frozen=True)
class Capsules:
    """C capsules with two ends each: bones [C, 2], offsets [C, 2, 3] and radii [C, 2] in metres, material [C]."""

    bones: NDArray[np.intp]
    offsets: Floats
    radii: Floats
    material: tuple[int, ...]


def _build() -> Capsules:
    rows: list[tuple[int, End, End]] = list(_TRUNK)
    for side in "LR":
        rows += [(material, (side + a[0], *a[1:]), (side + b[0], *b[1:])) for material, a, b in _SIDE]
    ends = [(_end(a), _end(b)) for _, a, b in rows]
    return Capsules(
        np.array([[end[0] for end in pair] for pair in ends]),
        np.array([[end[1] for end in pair] for pair in ends], np.float64),
        np.array([[end[2] for end in pair] for pair in ends], np.float64),
        tuple(row[0] for row in rows),
    )


def _end(end: End) -> tuple[int, Offset, float]:
    """Bone number, offset with x along +X, radius."""
    name, (x, y, z), radius = end
    sides = {"L": ("left", 1), "R": ("right", -1)}
    side, sign = sides.get(name[0], ("", 1))
    return BONES.index(side + name[1:] if side else name), (sign * x, y, z), radius


BODY = _build()


def body_points(positions: Floats, world: Floats) -> Floats:
    """Ends [C, 2, 3] in metres of all capsules of a body with these joints [22, 3] and world rotations [22, 4]."""
    points: Floats = positions[BODY.bones] + rotate(world[BODY.bones], BODY.offsets)
    return points


class Relief:
    """At each pixel [H, W] of a window: height of the nearest surface towards the eye (pixels; FAR where none is), how
    much of the pixel it covers (0-1) and its material."""

    def __init__(self, size: tuple[int, int]) -> None:
        shape = size[1], size[0]
        self.height: F32 = np.full(shape, FAR, np.float32)
        self.cover: F32 = np.zeros(shape, np.float32)
        self.material: NDArray[np.uint8] = np.zeros(shape, np.uint8)
        self._x: F32 = np.arange(size[0], dtype=np.float32) + np.float32(0.5)
        self._y: F32 = np.arange(size[1], dtype=np.float32)[:, None] + np.float32(0.5)
        self._size = np.array(size)

    def lay(self, ends: Floats, radii: Floats, rise: Floats, material: int, blend: float) -> None:
        """Lay one capsule: ends [2, 2], radii [2], rise [2] towards the eye, all in pixels.

        It flows into what is within `blend` pixels: a polynomial smooth maximum (Quilez, iquilezles.org/articles/smin).
        """
        reach = radii[:, None] + 1
        low = np.clip(np.floor((ends - reach).min(axis=0)), 0, self._size).astype(int)
        high = np.clip(np.ceil((ends + reach).max(axis=0)), 0, self._size).astype(int)
        if (high <= low).any():
            return
        window = slice(low[1], high[1]), slice(low[0], high[0])
        (ax, ay), (bx, by) = ends.tolist()
        ux, uy, r, dr = bx - ax, by - ay, float(radii[0]), float(radii[1] - radii[0])
        x, y = self._x[window[1]] - ax, self._y[window[0]] - ay
        squared = max(ux * ux + uy * uy, 1e-6)
        along = np.minimum(np.maximum(x * (ux / squared) + y * (uy / squared), 0), 1)
        x, y, radius = x - along * ux, y - along * uy, r + along * dr
        inside = radius * radius - (x * x + y * y)
        edge = inside / (2 * radius) + 0.5  # distance to the edge, first order
        np.maximum(self.cover[window], edge, out=self.cover[window])
        height = float(rise[0]) + along * float(rise[1] - rise[0]) + np.sqrt(np.maximum(inside, 0))
        before = self.height[window]
        share = np.minimum(np.maximum((height - before) * (0.5 / blend) + 0.5, 0), 1) * (edge > 0)
        np.copyto(self.material[window], material, where=share > 0.5)
        before += share * (height - before) + blend * share * (1 - share)

    def slopes(self) -> tuple[F32, F32]:
        """Which way the surface looks, [H, W] each: right and down, parts of a unit vector."""
        right, down = np.zeros_like(self.height), np.zeros_like(self.height)
        np.subtract(self.height[:, :-2], self.height[:, 2:], out=right[:, 1:-1])
        np.subtract(self.height[:-2], self.height[2:], out=down[1:-1])
        length = np.sqrt(right * right + down * down + 4)
        return right / length, down / length


class Ball:
    """What a lit ball of each material looks like, by which way its surface looks (a "matcap")."""

    def __init__(self, accent: Colour) -> None:
        line = np.linspace(-1, 1, BALL, dtype=np.float32)
        right, down = np.meshgrid(line, line)
        out = np.sqrt(np.maximum(1 - right**2 - down**2, 0))
        key = np.maximum(right * LIGHT[0] + down * LIGHT[1] + out * LIGHT[2], 0)[..., None]
        back = np.maximum(right * BACK_LIGHT[0] + down * BACK_LIGHT[1] + out * BACK_LIGHT[2], 0)
        edge = (1 - out) ** 3
        tint = np.array(accent, np.float32)
        self._still = np.array([albedo * (0.10 + 0.98 * key**1.3) for albedo in ALBEDO], np.float32)
        self._still += np.array([46 * key**12] * GLASS + [190 * key**14], np.float32)
        self._still += (0.7 * back + 0.10 * edge)[..., None] * tint
        self._still[GLASS] += 0.25 * tint
        self._pulsing = np.array([(0.6 * back + 0.35 * edge)[..., None] * tint] * len(ALBEDO), np.float32)
        self._pulsing[GLASS] += 0.75 * tint

    def colours(self, pulse: float) -> F32:
        """[materials, BALL, BALL, 3] 0-255; down and right go from -1 to 1 along the middle two; pulse is 0-1."""
        lit: F32 = np.minimum(self._still + np.float32(pulse) * self._pulsing, 255)
        return lit


class Figure:
    """One dancer's drawing."""

    def __init__(self, accent: Colour) -> None:
        self._ball = Ball(accent)

    def draw(
        self, picture: pygame.Surface, camera: Camera, positions: Floats, world: Floats, pulse: float, detail: float
    ) -> None:
        """Draw the body and its reflection; pulse 0-1 brightens its coloured light.

        detail: pixels computed for each pixel of the picture's side, at most 1; less is quicker and softer.
        """
        points = body_points(positions, world)
        pixels, scale = camera.project(points)
        radii = BODY.radii * scale
        low = np.clip(np.floor((pixels - radii[..., None]).min(axis=(0, 1))) - 2, 0, picture.get_size()).astype(int)
        high = np.clip(np.ceil((pixels + radii[..., None]).max(axis=(0, 1))) + 2, 0, picture.get_size()).astype(int)
        if (high <= low).any():
            return
        size = tuple(int(n) for n in np.ceil((high - low) * detail))
        depth = camera.depth(points)
        rise = (depth.mean() - depth) * scale.mean() * detail
        relief, metre = Relief((size[0], size[1])), float(scale.mean()) * detail
        for n, material in enumerate(BODY.material):
            relief.lay((pixels[n] - low) * detail, radii[n] * detail, rise[n], material, BLEND[material] * metre)
        body = _surface(relief, self._ball.colours(pulse), metre)
        if detail < 1:
            body = pygame.transform.smoothscale(body, [int(n) for n in high - low])
        at = int(low[0]), int(low[1])
        floor = float(camera.project(positions[0] * (1, 0, 1))[0][1])
        _reflect(picture, body, at, floor)
        picture.blit(body, at, special_flags=pygame.BLEND_PREMULTIPLIED)


def _surface(relief: Relief, ball: F32, pixels_per_metre: float) -> pygame.Surface:
    """The lit relief as a picture with premultiplied alpha; what is farther from the eye is dimmer.

    Blue comes first, as in SDL's own surfaces: any other order is blitted forty times slower.
    """
    shown = np.flatnonzero(relief.cover > 0)
    right, down = (slope.ravel()[shown] for slope in relief.slopes())
    middle = np.float32((BALL - 1) / 2)
    column = (right * middle + (middle + np.float32(0.5))).astype(np.int32)
    row = (down * middle + (middle + np.float32(0.5))).astype(np.int32)
    looks = (relief.material.ravel()[shown].astype(np.int32) * BALL + row) * BALL + column
    cover = np.minimum(relief.cover.ravel()[shown], 1)
    bright = relief.height.ravel()[shown] / np.float32(2.2 * pixels_per_metre) + np.float32(0.86)
    bright = np.minimum(np.maximum(bright, 0.6), 1) * cover
    colours = np.empty((len(shown), 4), np.float32)
    np.multiply(ball.reshape(-1, 3).take(looks, axis=0)[:, ::-1], bright[:, None], out=colours[:, :3])
    np.multiply(cover, 255, out=colours[:, 3])
    picture = np.zeros((relief.cover.size, 4), np.uint8)
    picture[shown] = colours.astype(np.uint8)
    return pygame.image.frombuffer(picture.tobytes(), relief.cover.shape[::-1], "BGRA")


def _reflect(picture: pygame.Surface, body: pygame.Surface, at: tuple[int, int], floor: float) -> None:
    """The body upside down in a dull floor, fading with the distance from it."""
    width, height = body.get_size()
    top = int(2 * floor - at[1] - height)
    shown = min(int(REFLECTED * height), picture.get_height() - top)
    if shown <= 0:
        return
    mirrored = pygame.transform.flip(body, False, True).subsurface((0, 0, width, shown)).copy()
    fade = 0.17 * np.clip(1 - np.arange(shown) / (REFLECTED * height), 0, 1) ** 2
    dull = pygame.Surface((1, shown), pygame.SRCALPHA)
    pygame.surfarray.pixels3d(dull)[...] = (fade * 255)[None, :, None]
    pygame.surfarray.pixels_alpha(dull)[...] = (fade * 255)[None, :]
    mirrored.blit(pygame.transform.scale(dull, (width, shown)), (0, 0), special_flags=pygame.BLEND_RGBA_MULT)
    picture.blit(mirrored, (at[0], top), special_flags=pygame.BLEND_PREMULTIPLIED)
