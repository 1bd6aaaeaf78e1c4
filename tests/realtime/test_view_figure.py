"""The dancers' mesh and how it is seen and lit, against geometry."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.kinematics import forward
from motion.rotation import about_y
from motion.skeleton import BONES, HUMANOID

pytest.importorskip("pygame")

import pygame

from realtime.view_camera import Camera
from realtime.view_figure import Figures, crowd, front_faces, lit, look
from realtime.view_mesh import SKIN, VISOR, body
from tests.realtime.swing import frame

MESHES = {"fine": body(), "coarse": body(0.75, 2)}
STILL = np.tile((0.0, 0.0, 0.0, 1.0), (22, 1))


def standing(x=0.0, z=0.0, turn=0.0):
    """Positions and world rotations of a body at rest."""
    local = STILL.copy()
    local[0] = about_y(turn)
    return forward(HUMANOID, np.array((x, 0.95, z)), local)


def points_of(mesh, positions, world):
    """The mesh's points [V, 3] in the world, by a camera that does not turn them."""
    camera = Camera(lift=0.0, target=np.zeros(3), distance=50.0)
    return look(mesh.skin.T, camera, [(0, positions, world)]).points.T


@pytest.mark.parametrize("name", MESHES)
def test_a_mesh_is_turned_outside_out_and_has_the_volume_of_a_body(name):
    mesh = MESHES[name]
    sides = np.concatenate([mesh.faces[:, [n, (n + 1) % 4]] for n in range(4)])
    sides = [tuple(side) for side in sides[sides[:, 0] != sides[:, 1]].tolist()]
    assert len(set(sides)) == len(sides)  # all are turned alike: none is walked twice the same way
    points = points_of(mesh, *standing())
    a, b, c, d = points[mesh.faces].transpose(1, 0, 2)
    volume = np.einsum("fi,fi->", (a + b + c + d) / 4, np.cross(c - a, d - b)) / 6
    assert volume == pytest.approx(0.055, rel=0.3)  # a body of about 60 kg, its corners cut where it is coarse


@pytest.mark.parametrize("name", MESHES)
def test_every_point_belongs_wholly_to_one_bone_or_two(name):
    shares = MESHES[name].skin.reshape(-1, 22, 4)[..., 3]
    assert shares.sum(axis=1) == pytest.approx(1, abs=1e-6)
    assert (np.count_nonzero(shares, axis=1) <= 2).all()


def test_a_body_at_rest_has_both_sides_alike_and_stands_on_the_floor():
    points = points_of(body(), *standing())
    mirrored = points * (-1, 1, 1)
    assert np.linalg.norm(points[:, None] - mirrored, axis=2).min(axis=1).max() < 1e-5
    assert points[:, 1].min() == pytest.approx(0, abs=1e-6)
    assert 1.7 < np.ptp(points[:, 1]) < 1.8
    assert np.ptp(points[:, 0]) == pytest.approx(1.8, abs=0.05)


def test_skin_keeps_its_distance_to_its_bone_however_the_body_bends():
    f = frame(3)
    bent = forward(HUMANOID, f.root_position[0].astype(float), f.rotations[0].astype(float))
    skin = body().skin.reshape(-1, 22, 4)
    rest, moved = points_of(body(), *standing()), points_of(body(), *bent)
    for bone in ("leftHand", "rightLowerLeg", "head", "rightUpperLeg"):
        n = BONES.index(bone)
        own = skin[:, n, 3] == 1
        assert own.any()
        before = np.linalg.norm(rest[own] - standing()[0][n], axis=1)
        assert np.linalg.norm(moved[own] - bent[0][n], axis=1) == pytest.approx(before, abs=1e-4)


@given(st.floats(-3.1, 3.1), st.floats(0, 0.6))
@settings(max_examples=25, deadline=None)
def test_a_dancer_is_seen_whole_from_every_side(turn, lift):
    surface = pygame.Surface((640, 480))
    camera = Camera(turn=turn, lift=lift, width=640, height=480)
    positions, world = standing()
    Figures().draw(surface, camera, [(0, positions, world)], 0.0)
    drawn = pygame.surfarray.array2d(surface) != 0
    pixels = look(body().skin.T, camera, [(0, positions, world)]).pixels
    x, y = np.nonzero(drawn)
    assert (x.min(), y.min()) == pytest.approx(pixels.min(axis=1), abs=3)
    assert (x.max(), y.max()) == pytest.approx(pixels.max(axis=1), abs=3)
    for bone in ("hips", "chest", "head", "leftLowerLeg", "rightUpperLeg"):  # nothing inside is left open
        at = camera.project(positions[BONES.index(bone)])[0].astype(int)
        assert drawn[at[0] - 2 : at[0] + 3, at[1] - 2 : at[1] + 3].all(), bone


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_nearer_dancer_hides_the_farther_in_any_order(order):
    surface = pygame.Surface((640, 480))
    bodies = [(0, *standing(z=0.6)), (1, *standing(z=-0.6))]
    camera = Camera(lift=0.0, width=640, height=480)
    Figures().draw(surface, camera, [bodies[n] for n in order], 0.0)
    chest = camera.project(bodies[0][1][BONES.index("chest")])[0].astype(int)
    red, _, blue, _ = surface.get_at(chest.tolist())
    assert red > 1.5 * blue


@pytest.mark.parametrize(("turn", "seen"), [(0.0, True), (np.pi, False)])
def test_the_visor_shows_which_way_a_dancer_faces(turn, seen):
    mesh = body()
    camera = Camera(lift=0.0)
    front = front_faces(mesh.faces.T, look(mesh.skin.T, camera, [(0, *standing(turn=turn))]).pixels)
    assert front[mesh.material == VISOR].all() == seen
    assert front[mesh.material == VISOR].any() == seen


def test_a_crowd_is_each_of_its_dancers():
    mesh = body(0.75, 2)
    bodies = [(n, *standing(x=1.2 * n, turn=0.7 * n)) for n in range(3)]
    camera, many = Camera(width=640, height=480), crowd(mesh, 3)
    together = look(many.skin, camera, bodies)
    front = front_faces(many.faces, together.pixels).reshape(3, -1)
    for n in range(3):
        alone = look(mesh.skin.T, camera, bodies[n : n + 1])
        size = len(mesh.skin)
        assert together.pixels[:, n * size : (n + 1) * size] == pytest.approx(alone.pixels, abs=1e-3)
        assert (front[n] == front_faces(mesh.faces.T, alone.pixels)).all()


def test_light_comes_from_the_upper_left_and_the_dancers_own_from_the_right_grows_with_the_beat():
    normal = np.array(((-0.6, 0.6, 0.53), (0.0, -0.6, 0.8), (0.9, 0.2, -0.39)), np.float32).T
    red, skin = np.tile(np.float32((255, 0, 0)), (3, 1)), np.full(3, SKIN)
    still, flash = lit(normal, skin, red, 0.0), lit(normal, skin, red, 1.0)
    assert still[0].sum() > 2 * still[1].sum()
    assert flash[2, 0] > still[2, 0] + 60
    assert flash[:, 1:] == pytest.approx(still[:, 1:])
    visor = [lit(normal, np.full(3, VISOR), red, pulse)[1, 0] for pulse in (0.0, 1.0)]
    assert visor[1] > visor[0] + 60


def test_a_dancer_beside_and_behind_the_eye_draws_without_harm():
    surface = pygame.Surface((64, 48))
    for z in (4.4, 4.7, 9.0):
        Figures().draw(surface, Camera(width=64, height=48), [(0, *standing(z=z))], 1.0)


def test_a_dancer_whose_size_wavers_keeps_its_mesh():
    def drawn(figures, distance):
        surface = pygame.Surface((640, 480), 0, 32)
        figures.draw(surface, Camera(lift=0.0, width=640, height=480, distance=distance), [(0, *standing())], 0.0)
        return pygame.surfarray.array2d(surface)

    near, far, between = 3.0, 5.0, 4.05  # 330 pixels are 3.8 m off
    grown, shrunk = Figures(), Figures()
    drawn(grown, far), drawn(shrunk, near)
    assert (drawn(grown, between) != drawn(shrunk, between)).any()
    assert (drawn(grown, near) == drawn(shrunk, near)).all()
    assert (drawn(grown, far) == drawn(shrunk, far)).all()
