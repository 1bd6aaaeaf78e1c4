"""What the window draws: of a swinging figure, and of the shipped dancer over demo music."""

import dataclasses

import numpy as np
import pytest

from audio import demo
from motion.kinematics import forward
from motion.skeleton import BONES, HUMANOID
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.loop import dance
from realtime.session import Session

pytest.importorskip("pygame")

import pygame

from realtime.view_camera import Camera
from realtime.view_figure import accent_of
from realtime.view_ground import draw_reflections, prints
from realtime.view_scene import Scene
from tests.realtime.swing import FPS, frame
from tests.realtime.view_rig import BEGAN, feed, opened, picture, press

SECONDS = 8


@pytest.fixture
def window():
    with opened() as view:
        yield view


@pytest.fixture(scope="module")
def shipped():
    """Eight seconds of three dancers, each in a style of its own where there are so many."""
    engine = open_engine(dancers.find(None), "auto")
    session = Session(engine, dancers=3, seed=1)
    for n, style in enumerate(engine.manifest.styles[:3]):
        session.controls.set_style(style, 1.0, n)
    song = demo.song(5, seconds=SECONDS + 1).samples
    return list(dance(np.split(song[: SECONDS * FPS * 1600], SECONDS * FPS), session))


def alone(f, n=0):
    """The frame with dancer n only."""
    parts = ("controls", "pose", "root_position", "rotations", "positions", "contacts")
    return dataclasses.replace(f, **{part: getattr(f, part)[n : n + 1] for part in parts})


def bodies_seen(view, now):
    """(number, pixels [22, 2]) of each dancer."""
    return [(n, view.camera.project(positions)[0]) for n, positions, _ in view.stream.bodies(now)]


def test_the_shipped_dancer_is_in_the_picture_at_every_moment_and_painted_where_its_joints_are(window, shipped):
    window.panel.on = False
    now = BEGAN
    for k in range(0, SECONDS * FPS, 20):
        now = feed(window, [alone(f) for f in shipped[k : k + 20]], began=now)
        ((_, pixels),) = bodies_seen(window, now)
        assert (pixels > 0).all()
        assert (pixels < (640, 360)).all()
        shown = picture()
        window.scene.floor.draw(pygame.display.get_surface(), window.camera)
        painted = np.abs(shown - picture()).sum(axis=2)
        for bone in ("head", "chest", "hips", "leftLowerLeg", "rightUpperArm"):
            x, y = pixels[BONES.index(bone)].astype(int)
            assert np.median(painted[x - 2 : x + 3, y - 2 : y + 3]) > 12, (k, bone)


def test_the_figure_moves_with_the_stream_and_stands_still_when_it_stops(window, shipped):
    window.panel.on = False
    now = feed(window, [alone(f) for f in shipped[:40]])
    before = picture()
    now = feed(window, [alone(f) for f in shipped[40:46]], began=now)
    assert (np.abs(picture() - before).sum(axis=2) > 60).sum() > 1500
    window.draw(now + 5.0, 1.0)
    stopped = picture()
    window.draw(now + 6.0, 0.0)
    assert (picture() == stopped).all()


def test_each_dancer_wears_its_own_colour(window, shipped):
    now = feed(window, shipped[:30], dancers=3)
    shown = picture()
    for n, pixels in bodies_seen(window, now):
        x, y = pixels[BONES.index("chest")].astype(int)
        shirt = shown[x - 3 : x + 4, y - 6 : y + 7].reshape(-1, 3).mean(axis=0)
        likeness = [np.corrcoef(shirt, accent_of(m))[0, 1] for m in range(3)]
        assert int(np.argmax(likeness)) == n


def test_the_floor_around_the_feet_flashes_with_the_beat(window):
    window.panel.on = False
    now, light, phases = feed(window, range(30)), [], []
    for step in range(40):
        now += 1 / 30
        if step % 2 == 0:
            feed(window, [30 + step // 2], began=now - 1 / FPS)
        window.draw(now, 0.0)
        ((_, positions, _),) = window.stream.bodies(now)
        around = 0.3 * np.array([(np.cos(a), 0, np.sin(a)) for a in np.arange(16) * np.pi / 8])
        at = window.camera.project(positions[0] * (1, 0, 1) + around)[0].astype(int)
        light.append(np.median(picture()[at[:, 0], at[:, 1], 0]))  # most of it is not hidden by legs
        phases.append(window.stream.beat_phase(now))
    light, phases = np.array(light), np.array(phases)
    assert light[phases < 0.15].mean() > 1.3 * light[phases > 0.6].mean()


def test_a_foot_on_the_floor_darkens_it_and_a_foot_in_the_air_does_not():
    local = np.tile((0, 0, 0, 1.0), (22, 1))
    seen = []
    for height in (0.95, 1.75):
        surface, camera = pygame.Surface((960, 540), 0, 32), Camera(width=960, height=540)
        positions, world = forward(HUMANOID, np.array((0, height, 0)), local)
        Scene().draw(surface, camera, [(0, positions, world)], 0.0, 0.0, 1.0)
        x, y = camera.project(np.array((0.155, 0, 0.04)))[0].astype(int)  # beside the left foot
        seen.append(sum(surface.get_at((x, y))[:3]))
    assert seen[0] < 0.8 * seen[1]


def test_the_floor_shows_the_legs_upside_down_and_less_of_a_leaping_dancer():
    shown, camera = [], Camera(width=640, height=480)
    for jump in (0.0, 0.5):
        surface = pygame.Surface((640, 480), 0, 32)
        positions, world = forward(HUMANOID, np.array((0, 0.95 + jump, 0)), np.tile((0, 0, 0, 1.0), (22, 1)))
        draw_reflections(surface, prints(camera, [(0, positions, world)], 0.0), [accent_of(0)])
        drawn = pygame.surfarray.array2d(surface) != 0
        floor = camera.project(np.zeros(3))[0][1]
        assert np.nonzero(drawn)[1].min() > floor - 8
        shown.append(drawn.sum())
    assert 0 < shown[1] < shown[0]


def test_a_dancer_beside_and_behind_the_eye_draws_without_harm():
    surface = pygame.Surface((64, 48), 0, 32)
    for z in (4.4, 4.7, 9.0):
        positions, world = forward(HUMANOID, np.array((0, 0.95, z)), np.tile((0, 0, 0, 1.0), (22, 1)))
        Scene().draw(surface, Camera(width=64, height=48), [(0, positions, world)], 0.0, 1.0, 0.3)


def test_a_scene_draws_on_any_surface_without_a_window():
    pygame.display.quit()
    positions, world = forward(HUMANOID, np.array((0, 0.95, 0)), np.tile((0, 0, 0, 1.0), (22, 1)))
    surface = pygame.Surface((320, 180), 0, 32)
    Scene().draw(surface, Camera(width=320, height=180), [(0, positions, world)], 0.0, 1.0, 0.3)
    assert pygame.surfarray.array3d(surface).max() > 180


@pytest.mark.parametrize("size", [(160, 120), (480, 270), (900, 300), (1920, 1080)])
def test_the_picture_follows_the_size_of_the_window(window, size):
    feed(window, range(3))
    pygame.display.set_mode(size, pygame.RESIZABLE)
    window.toggle("help")
    window.draw(BEGAN + 0.3, 1 / 60)
    assert picture().shape == (*size, 3)
    assert picture().max() > 130


def lit(part, red, green, blue):
    """How many pixels are about of this colour."""
    return int((np.abs(part - (red, green, blue)).sum(axis=2) < 90).sum())


def test_no_signal_a_clipping_one_and_a_healthy_one_look_different(window):
    corner, amber, alarm = (slice(360, 640), slice(290, 360)), (255, 176, 60), (255, 74, 64)
    seen = {}
    sound = {"healthy": (-18.0, 0.3), "clip": (-2.0, 1.0), "none": (-np.inf, 0.0)}
    for name, (level, peak) in sound.items():
        frames = [dataclasses.replace(frame(k), loudness_db=level, samples=np.full(1600, peak, np.float32))
                  for k in range(6)]  # fmt: skip
        window.words.clipped = -np.inf
        feed(window, frames, began=BEGAN + 10 * len(seen))
        seen[name] = picture()[corner]
    assert lit(seen["none"], *amber) > 40 > 10 > lit(seen["healthy"], *amber)
    assert lit(seen["clip"], *alarm) > lit(seen["healthy"], *alarm) + 100
    assert lit(seen["healthy"], 90, 220, 150) > 100


def test_a_stream_that_never_came_and_one_that_stopped_are_said(window):
    window.draw(49.0, 0.0)
    assert picture()[:, 160:200].max() > 120
    now = feed(window, range(4))
    alive = picture()
    window.draw(now + 2.0, 0.0)
    assert lit(picture()[:, 300:330], 255, 176, 60) > lit(alive[:, 300:330], 255, 176, 60) + 40


def test_a_show_of_nobody_draws_an_empty_stage(window):
    window.stream.take("/dance/hello", ["1", 0, 15.0], BEGAN)
    window.stream.take("/dance/frame", [0, 0.1, 0.1], BEGAN)
    window.draw(BEGAN + 0.1, 1 / 60)
    assert picture()[:, :300].max() > 20


def test_black_comes_within_a_second_and_goes_again_and_hides_everything_but_the_help(window):
    now = feed(window, range(6))
    bright = picture().sum()
    press(window, pygame.K_b)
    sums = []
    for _ in range(15):
        window.draw(now, 1 / 15)
        sums.append(picture().sum())
    assert 0.02 * bright < sums[3] < bright
    assert (np.diff(sums) <= 0).all()
    assert sums[-1] == 0
    press(window, pygame.K_h)
    window.draw(now, 1 / 60)
    assert picture().max() > 120
    press(window, pygame.K_h)
    press(window, pygame.K_b)
    window.draw(now, 1.0)
    assert picture().sum() == pytest.approx(bright, rel=0.05)


def test_h_writes_the_help_over_the_picture_and_p_takes_all_words_away(window):
    now = feed(window, range(6))
    before = picture()
    press(window, pygame.K_h)
    window.draw(now, 0.0)
    assert (np.abs(picture() - before).sum(axis=2) > 100).sum() > 1000
    press(window, pygame.K_h)
    press(window, pygame.K_p)
    window.draw(now, 0.0)
    assert (picture()[400:, 300:].max(axis=2) > 150).sum() < 20 < (before[400:, 300:].max(axis=2) > 150).sum()


def test_g_takes_the_grid_away(window):
    now = feed(window, range(6))
    with_grid = picture()
    press(window, pygame.K_g)
    window.draw(now, 0.0)
    changed = (picture() != with_grid).any(axis=2)
    assert changed[:, 200:].sum() > 1000
    assert not changed[:, :100].any()


def test_s_writes_the_picture_to_a_file_and_says_where(window, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    now = feed(window, range(3))
    shown = picture()
    press(window, pygame.K_s)
    (saved,) = tmp_path.glob("dance-*.png")
    assert (pygame.surfarray.array3d(pygame.image.load(saved)) == shown).all()
    assert str(saved) in capsys.readouterr().err
    window.panel.say(window.panel._note, now)
    window.draw(now, 0.0)
    assert (picture()[:, 25:55] != shown[:, 25:55]).any()


@pytest.mark.parametrize("key", [pygame.K_q, pygame.K_ESCAPE])
def test_q_and_escape_end_the_window(window, key):
    press(window, key)
    assert not window.running


@pytest.mark.parametrize("key", [pygame.K_f, pygame.K_F11])
def test_f_fills_the_screen_and_goes_back_to_the_size_it_had(window, key):
    pygame.display.set_mode((500, 310), pygame.RESIZABLE)
    press(window, key)
    assert pygame.display.get_surface().get_size() != (500, 310)
    now = feed(window, range(3))
    press(window, key)
    window.draw(now, 0.0)
    assert picture().shape == (500, 310, 3)
