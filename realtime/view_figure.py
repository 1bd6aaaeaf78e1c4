"""The dancers as lit meshes: everything is computed for all of them at once, then drawn as polygons from far to near.

A white light falls from the upper left; each dancer's own coloured light shines from behind and grows with the beat.
The outlines are drawn once more as smooth lines, so that a figure has no stairs at its edge.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from operator import itemgetter

import numpy as np
import pygame
from numpy.typing import NDArray

from motion.rotation import Floats, to_matrix
from motion.skeleton import BONES
from realtime.frame import F32
from realtime.view_camera import NEAR, Camera
from realtime.view_mesh import Mesh, body
from realtime.view_pen import Colour, packed

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
# right, up, towards the eye: the light, the coloured one from behind, halfway between the light and the eye
LIGHTS = np.array(((-0.42, 0.56, 0.71), (0.86, 0.18, -0.30), (-0.23, 0.30, 0.925)), np.float32)
# for each material of the mesh: its own colour, how much of the dancer's is in it, light that it sends out, gloss
SURFACES = np.array(
    (
        (58, 54, 58, 0.66, 0.0, 36),
        (66, 66, 88, 0.04, 0.0, 30),
        (206, 196, 198, 0.0, 0.0, 46),
        (216, 216, 222, 0.0, 0.0, 50),
        (26, 26, 36, 0.0, 0.8, 120),
        (44, 40, 52, 0.10, 0.0, 50),
    ),
    np.float32,
)
COARSE = (0.75, 2)  # the mesh of dancers who are less high than FINE_PIXELS
FINE_PIXELS, FINE_LEFT = 330, 0.9  # the share of it below which they get the coarse one back
HEIGHT = 1.7  # metres
OUTLINE_NEARER = np.float32(1e-4)  # metres that a face's outline lies before it
CAMERA_WAYS = np.array(((1,), (-1,)), np.float32)  # pixels count downwards
TURNED_ONCE, TURNED_TWICE = [1, 2, 0], [2, 0, 1]


def accent_of(number: int) -> Colour:
    """The colour of dancer `number`."""
    return ACCENTS[number % len(ACCENTS)]


Points = list[tuple[float, float]]  # pixels of all points of a crowd


@dataclass(frozen=True)
class Crowd:
    """One mesh for each of N dancers: faces [4, N*F] and edges [4, N*E] in numbers of all their points and faces."""

    skin: F32  # [88, V]
    faces: NDArray[np.intp]
    edges: NDArray[np.intp]
    material: NDArray[np.intp]  # [N*F]
    who: NDArray[np.intp]  # [N*F]
    corners: tuple[Callable[[Points], tuple[tuple[float, float], ...]], ...]  # of each face, then of each edge


@cache
def crowd(mesh: Mesh, dancers: int) -> Crowd:
    """The mesh for so many dancers."""
    number = np.arange(dancers)[:, None]
    points, faces = len(mesh.skin), len(mesh.faces)
    shift = (points, points, faces, faces)
    all_faces = np.stack([(mesh.faces[:, n] + number * points).ravel() for n in range(4)])
    all_edges = np.stack([(mesh.edges[:, n] + number * shift[n]).ravel() for n in range(4)])
    return Crowd(
        np.ascontiguousarray(mesh.skin.T),
        all_faces,
        all_edges,
        np.tile(mesh.material, dancers),
        np.repeat(np.arange(dancers), faces),
        tuple(itemgetter(*dict.fromkeys(ends)) for ends in all_faces.T.tolist() + all_edges[:2].T.tolist()),
    )


@dataclass(frozen=True)
class Seen:
    """What the camera sees of M points: right, up, towards the eye [3, M] in metres; pixels [2, M]; depth [M]."""

    points: F32
    pixels: F32
    depth: F32


def look(skin: F32, camera: Camera, bodies: list[Body]) -> Seen:
    """Move the mesh's points with each dancer's bones."""
    axes = np.stack(camera.axes(), axis=-1)  # [3, 3]
    moves = np.empty((len(bodies), len(BONES), 4, 3))
    np.matmul(np.swapaxes(to_matrix(np.stack([world for _, _, world in bodies])), -1, -2), axes, out=moves[..., :3, :])
    np.matmul(np.stack([positions for _, positions, _ in bodies]) - camera.target, axes, out=moves[..., 3, :])
    table = moves.reshape(len(bodies), -1, 3).swapaxes(1, 2).astype(np.float32)
    points = (table @ skin).swapaxes(0, 1).reshape(3, -1)
    depth = np.maximum(np.float32(camera.distance) - points[2], np.float32(NEAR))
    pixels = points[:2] * (CAMERA_WAYS * np.float32(camera.focal) / depth)
    pixels += np.array(((camera.width / 2,), (camera.height / 2,)), np.float32)
    return Seen(points, pixels, depth)


def front_faces(faces: NDArray[np.intp], pixels: F32) -> NDArray[np.bool_]:
    """Which faces [4, F] turn their outside to the eye."""
    corners = pixels.take(faces, axis=1)  # [2, 4, F]
    (ux, uy), (vx, vy) = corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1]
    front: NDArray[np.bool_] = ux * vy < uy * vx
    return front


def normals(corners: NDArray[np.intp], points: F32) -> F32:
    """Unit vectors [3, F] out of faces with these corners [4, F]."""
    at = points.take(corners, axis=1)  # [3, 4, F]
    u, v = at[:, 2] - at[:, 0], at[:, 3] - at[:, 1]
    out = u[TURNED_ONCE] * v[TURNED_TWICE] - u[TURNED_TWICE] * v[TURNED_ONCE]
    unit: F32 = out / (np.sqrt(np.einsum("if,if->f", out, out)) + np.float32(1e-12))
    return unit


def lit(normal: F32, material: NDArray[np.intp], accent: F32, pulse: float) -> F32:
    """Colours [F, 3], 0-255 and above, of faces that look along `normal` [3, F] (right, up, to the eye)."""
    surface = SURFACES.take(material, axis=0)
    own, glow, gloss = surface[:, 3:].T
    key, back, shine = np.maximum(LIGHTS @ normal, 0)
    edge = (1 - np.minimum(np.maximum(normal[2], 0), 1)) ** 3
    white = 0.16 + 0.10 * normal[1] + 0.90 * key
    tint = (0.55 + 0.6 * pulse) * back + (0.16 + 0.35 * pulse) * edge + (0.6 + 0.9 * pulse) * glow + own * white
    colours: F32 = surface[:, :3] * white[:, None] + (gloss * shine**24)[:, None] + accent * tint[:, None]
    return colours


class Figures:
    """Draws the dancers; keeps the mesh that suits their size, so that it does not flicker between two."""

    def __init__(self) -> None:
        self._fine = False

    def draw(self, picture: pygame.Surface, camera: Camera, bodies: list[Body], pulse: float) -> None:
        """Draw the dancers from far to near; pulse 0-1 brightens their own light."""
        if not bodies:
            return
        many = crowd(self._mesh(camera, bodies), len(bodies))
        seen = look(many.skin, camera, bodies)
        front = front_faces(many.faces, seen.pixels)
        shown = np.flatnonzero(front)
        corners, who = many.faces.take(shown, axis=1), many.who[shown]
        accents = np.array([accent_of(number) for number, _, _ in bodies], np.float32)
        colours = lit(normals(corners, seen.points), many.material[shown], accents[who], pulse)
        far = seen.depth.take(corners).sum(axis=0) * np.float32(0.25)
        middle = seen.depth.reshape(len(bodies), -1).mean(axis=1)
        colours *= np.minimum(np.maximum(1.0 - 0.35 * (far - middle[who]), 0.6), 1.1)[:, None]
        beside = many.edges[2:]
        first, second = front.take(beside)
        outline = np.flatnonzero(first != second)
        bounded = np.where(first.take(outline), *beside.take(outline, axis=1))
        owner = (np.cumsum(front) - 1).take(bounded)
        order = np.argsort(np.concatenate((-far, OUTLINE_NEARER - far.take(owner))))
        paint = packed(picture, colours)
        _paint(
            picture,
            list(zip(*seen.pixels.tolist(), strict=True)),
            many,
            np.concatenate((shown, outline + len(front)))[order].tolist(),
            np.concatenate((paint, paint[owner]))[order].tolist(),
        )

    def _mesh(self, camera: Camera, bodies: list[Body]) -> Mesh:
        depth = camera.depth(np.stack([positions[0] for _, positions, _ in bodies]))
        high = HEIGHT * float((camera.focal / np.maximum(depth, NEAR)).mean())
        self._fine = high > FINE_PIXELS * (FINE_LEFT if self._fine else 1.0)
        return body() if self._fine else body(*COARSE)


def _paint(picture: pygame.Surface, points: Points, many: Crowd, parts: list[int], colours: list[int]) -> None:
    """Faces and edges by their numbers among the crowd's corners, in their order, with their colours."""
    polygon, line, corners, faces = pygame.draw.polygon, pygame.draw.aaline, many.corners, len(many.who)
    for part, colour in zip(parts, colours, strict=True):
        if part < faces:
            polygon(picture, colour, corners[part](points))
        else:
            start, end = corners[part](points)
            line(picture, colour, start, end)
