"""The dancers as lit meshes: everything is computed for all of them at once, then drawn as polygons from far to near.

A white light falls from the upper left; each dancer's own coloured light shines from behind and grows with the beat.
The outlines are drawn once more as smooth lines, so that a figure has no stairs at its edge.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import pygame
from numpy.typing import NDArray

from motion.rotation import Floats, to_matrix
from realtime.frame import F32
from realtime.view_camera import NEAR, Camera
from realtime.view_mesh import Mesh, body

Colour = tuple[int, int, int]
Body = tuple[int, Floats, Floats]  # dancer, positions [22, 3], world rotations [22, 4]

ACCENTS: tuple[Colour, ...] = (
    (255, 84, 66),
    (40, 170, 255),
    (178, 104, 255),
    (255, 180, 40),
    (50, 220, 150),
    (255, 90, 180),
    (120, 230, 255),
    (190, 230, 60),
)
# right, up, towards the eye
LIGHT = np.array((-0.42, 0.56, 0.71), np.float32)
BACK_LIGHT = np.array((0.86, 0.18, -0.30), np.float32)
HALFWAY = np.array((-0.23, 0.30, 0.925), np.float32)  # between it and the eye
# for each material of the mesh: its own colour, how much of the dancer's is in it, light that it sends out, gloss
PLAIN = np.array(((58, 54, 58), (66, 66, 88), (206, 196, 198), (216, 216, 222), (26, 26, 36), (44, 40, 52)), np.float32)
OWN = np.array((0.66, 0.04, 0.0, 0.0, 0.0, 0.10), np.float32)
GLOW = np.array((0.0, 0.0, 0.0, 0.0, 0.8, 0.0), np.float32)
GLOSS = np.array((36, 30, 46, 50, 120, 50), np.float32)
COARSE = (0.65, 2)  # the mesh of dancers who are less high than FINE_PIXELS
FINE_PIXELS = 300


def accent_of(number: int) -> Colour:
    """The colour of dancer `number`."""
    return ACCENTS[number % len(ACCENTS)]


@dataclass(frozen=True)
class Crowd:
    """One mesh for each of N dancers: faces [4, N*F] and edges [4, N*E] in numbers of all their points and faces."""

    skin: F32  # [V, 88]
    faces: NDArray[np.intp]
    edges: NDArray[np.intp]
    material: NDArray[np.intp]  # [N*F]
    who: NDArray[np.intp]  # [N*F]


@cache
def crowd(mesh: Mesh, dancers: int) -> Crowd:
    """The mesh for so many dancers."""
    number = np.arange(dancers)[:, None]
    points, faces = len(mesh.skin), len(mesh.faces)
    shift = (points, points, faces, faces)
    return Crowd(
        mesh.skin,
        np.stack([(mesh.faces[:, n] + number * points).ravel() for n in range(4)]),
        np.stack([(mesh.edges[:, n] + number * shift[n]).ravel() for n in range(4)]),
        np.tile(mesh.material, dancers),
        np.repeat(np.arange(dancers), faces),
    )


@dataclass(frozen=True)
class Seen:
    """What the camera sees of M points: right, up, towards the eye [3, M] in metres; pixels [2, M]; depth [M]."""

    points: F32
    pixels: F32
    depth: F32


def look(skin: F32, camera: Camera, bodies: list[Body]) -> Seen:
    """Move the mesh's points with each dancer's bones."""
    positions = np.stack([positions for _, positions, _ in bodies])
    turned = to_matrix(np.stack([world for _, _, world in bodies]))
    moves = np.concatenate((np.swapaxes(turned, -1, -2), positions[..., None, :]), axis=-2)  # [N, 22, 4, 3]
    moves[..., 3, :] -= camera.target
    axes = np.stack(camera.axes(), axis=-1)  # [3, 3]
    table = (moves @ axes).transpose(0, 3, 1, 2).reshape(len(bodies), 3, -1).astype(np.float32)
    points = np.concatenate([skin @ part.T for part in table]).T.copy()
    depth = np.maximum(np.float32(camera.distance) - points[2], np.float32(NEAR))
    scale = np.float32(camera.focal) / depth
    pixels = np.stack(
        (points[0] * scale + np.float32(camera.width / 2), np.float32(camera.height / 2) - points[1] * scale)
    )
    return Seen(points, pixels, depth)


def front_faces(faces: NDArray[np.intp], pixels: F32) -> NDArray[np.bool_]:
    """Which faces [4, F] turn their outside to the eye."""
    x, y = pixels
    a, b, c, d = faces
    front: NDArray[np.bool_] = (x[c] - x[a]) * (y[d] - y[b]) < (y[c] - y[a]) * (x[d] - x[b])
    return front


def normals(corners: NDArray[np.intp], points: F32) -> F32:
    """Unit vectors [3, F] out of faces with these corners [4, F]."""
    a, b, c, d = (points[:, corner] for corner in corners)
    u, v = c - a, d - b
    out = np.stack((u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]))
    unit: F32 = out / (np.sqrt((out * out).sum(axis=0)) + np.float32(1e-12))
    return unit


def lit(normal: F32, material: NDArray[np.intp], accent: F32, pulse: float) -> F32:
    """Colours [F, 3], 0-255 and above, of faces that look along `normal` [3, F] (right, up, to the eye)."""
    key = np.maximum(LIGHT @ normal, 0)
    back = np.maximum(BACK_LIGHT @ normal, 0)
    edge = (1 - np.minimum(np.maximum(normal[2], 0), 1)) ** 3
    shine = np.maximum(HALFWAY @ normal, 0) ** 24
    white = 0.16 + 0.10 * normal[1] + 0.90 * key
    tint = (0.55 + 0.6 * pulse) * back + (0.16 + 0.35 * pulse) * edge + GLOW[material] * (0.6 + 0.9 * pulse)
    tint += OWN[material] * white
    colours: F32 = PLAIN[material] * white[:, None] + (GLOSS[material] * shine)[:, None] + accent * tint[:, None]
    return colours


def draw_figures(picture: pygame.Surface, camera: Camera, bodies: list[Body], pulse: float) -> None:
    """Draw the dancers from far to near; pulse 0-1 brightens their own light."""
    if not bodies:
        return
    _, scale = camera.project(np.stack([positions[0] for _, positions, _ in bodies]))
    mesh = body() if 1.7 * float(scale.mean()) > FINE_PIXELS else body(*COARSE)
    many = crowd(mesh, len(bodies))
    seen = look(many.skin, camera, bodies)
    front = front_faces(many.faces, seen.pixels)
    shown = np.flatnonzero(front)
    corners, who = many.faces[:, shown], many.who[shown]
    accents = np.array([accent_of(number) for number, _, _ in bodies], np.float32)
    colours = lit(normals(corners, seen.points), many.material[shown], accents[who], pulse)
    far = seen.depth[corners].mean(axis=0)
    middle = seen.depth.reshape(len(bodies), -1).mean(axis=1)
    colours *= np.minimum(np.maximum(1 - 0.35 * (far - middle[who]), 0.6), 1.1)[:, None]
    first, second = front[many.edges[2]], front[many.edges[3]]
    outline = np.flatnonzero(first != second)
    bounded = np.where(first[outline], many.edges[2, outline], many.edges[3, outline])
    owner = (np.cumsum(front) - 1)[bounded]
    lines = seen.pixels[:, many.edges[:2, outline]]
    _paint(picture, seen.pixels[:, corners], colours, far, lines, owner)


def _paint(picture: pygame.Surface, pixels: F32, colours: F32, depth: F32, lines: F32, owner: NDArray[np.intp]) -> None:
    """Faces [2, 4, F] with their colours [F, 3] and depth [F]; lines [2, 2, E] after the face [E] that they bound."""
    polygon, line = pygame.draw.polygon, pygame.draw.aaline
    paint = np.minimum(colours, 255).astype(int).tolist()
    shapes, ends, owners = pixels.transpose(2, 1, 0).tolist(), lines.transpose(2, 1, 0).tolist(), owner.tolist()
    count = len(shapes)
    for n in np.argsort(np.concatenate((-depth, 1e-4 - depth[owner])), kind="stable").tolist():
        if n < count:
            polygon(picture, paint[n], shapes[n])
        else:
            line(picture, paint[owners[n - count]], *ends[n - count])
