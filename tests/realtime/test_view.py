"""The window: what it draws, what its keys say, and that it is a process the stage can lose."""

import os
import select
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from motion.kinematics import forward
from motion.skeleton import BONES, HUMANOID
from realtime.frame import StageError
from realtime.sinks.osc import OscSink
from realtime.sinks.view import ViewSink
from realtime.view_camera import BODY_HEIGHT, Camera
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages

pygame = pytest.importorskip("pygame")
ROOT = Path(__file__).resolve().parents[2]
DUMMY = {**os.environ, "SDL_VIDEODRIVER": "dummy"}


@pytest.fixture
def window(monkeypatch):
    """A view in this process, drawn without a display, with the stage's end of its wires."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    from realtime.view import View
    from realtime.view_stream import Receiver
    from realtime.view_window import Window, open_display

    open_display()
    with Ear() as free:
        port = free.port
    stage, receiver = Ear(), Receiver("127.0.0.1", port)
    view = View(receiver, f"127.0.0.1:{port}", ("127.0.0.1", stage.port), Window((640, 360), 0, False))
    view.stage, view.port = stage, port
    yield view
    receiver.close()
    stage.close()
    pygame.quit()


def feed(view, frames, dancers=1):
    """Let the stage play frames to the view, 1/15 s apart; the instant after the last."""
    sink = OscSink(options("osc", f"127.0.0.1:{view.port}", dancers))
    now = 50.0
    for k in frames:
        sink.send(frame(k, dancers))
        now += 1 / 15
        view.receive(now)
        view.draw(now, 1 / 15)
    sink.close()
    return now


def picture():
    return pygame.surfarray.array3d(pygame.display.get_surface()).astype(int)


def press(view, key, mod=0):
    view.handle(pygame.event.Event(pygame.KEYDOWN, key=key, mod=mod))


def test_a_dancer_appears_where_the_camera_sees_its_joints(window):
    window.draw(49.0, 0.0)
    empty = picture()
    now = feed(window, range(10))
    ((_, positions, _),) = window.stream.bodies(now)
    pixels, _ = window.camera.project(positions)
    for bone in ("head", "chest", "leftLowerLeg", "rightLowerArm"):
        x, y = pixels[BONES.index(bone)].astype(int)
        assert picture()[x, y].sum() > empty[x, y].sum() + 60, bone


def test_dancers_have_light_of_different_colours(window):
    feed(window, range(10), dancers=2)
    left, right = np.split(picture()[:, :270], 2)
    red, blue = ([((half[..., a] - half[..., b]) > 50).sum() for half in (left, right)] for a, b in ((0, 2), (2, 0)))
    assert red[0] > 2 * red[1]
    assert blue[1] > 2 * blue[0]


def test_the_picture_follows_the_size_of_the_window(window):
    feed(window, range(3))
    pygame.display.set_mode((900, 300), pygame.RESIZABLE)
    window.draw(60.0, 1 / 60)
    assert picture().shape == (900, 300, 3)
    assert picture().max() > 150


def test_a_silent_level_and_a_missing_stream_are_said(window):
    window.draw(49.0, 0.0)
    waiting = picture()[:, 160:200].max()
    feed(window, range(3))
    window.stream.show.loudness_db = -120.0
    window.draw(50.3, 0.0)
    amber = picture()[400:, 280:]
    assert waiting > 100
    assert ((amber[..., 0] > 200) & (amber[..., 2] < 120)).any()


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (pygame.K_SPACE, [("/dance/freeze", [1])]),
        (pygame.K_2, [("/dance/set/style", ["waack", 1.0])]),
        (pygame.K_9, []),
        (pygame.K_h, []),
    ],
)
def test_keys_go_to_the_stage_as_control_messages(window, key, said):
    window.stream.take("/dance/status", ["styles", "house", "waack"], 0.0)
    press(window, key)
    assert [m for data in window.stage.waiting() for m in messages(data)] == said


@pytest.mark.parametrize(
    ("key", "mod", "said"),
    [
        (pygame.K_t, 0, ("/dance/tap", [])),
        (pygame.K_0, 0, ("/dance/bpm", [0.0])),
        (pygame.K_COMMA, 0, ("/dance/half", [])),
        (pygame.K_PERIOD, 0, ("/dance/double", [])),
        (pygame.K_d, 0, ("/dance/downbeat", [])),
        (pygame.K_LEFT, pygame.KMOD_LSHIFT, ("/dance/nudge", [-10.0])),
        (pygame.K_RIGHT, pygame.KMOD_RSHIFT, ("/dance/nudge", [10.0])),
        (pygame.K_RIGHT, 0, None),
    ],
)
def test_keys_lay_a_hand_on_the_beat(window, key, mod, said):
    press(window, key, mod)
    assert [m for data in window.stage.waiting() for m in messages(data)] == ([said] if said else [])


def test_space_thaws_what_space_froze(window):
    press(window, pygame.K_SPACE)
    press(window, pygame.K_SPACE)
    assert [messages(data)[0][1] for data in window.stage.waiting()] == [[1], [0]]


@pytest.mark.parametrize("key", [pygame.K_q, pygame.K_ESCAPE])
def test_q_and_escape_end_the_window(window, key):
    press(window, key)
    assert not window.running


def test_s_writes_the_picture_to_a_file_named_in_the_window(window, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    feed(window, range(3))
    press(window, pygame.K_s)
    (saved,) = tmp_path.glob("dance-*.png")
    assert pygame.image.load(saved).get_size() == (640, 360)
    assert saved.name in window.panel._note


def test_h_writes_the_help_over_the_picture(window):
    window.draw(50.0, 0.0)
    before = picture()
    press(window, pygame.K_h)
    window.draw(50.0, 0.0)
    assert (np.abs(picture() - before).sum(axis=2) > 100).sum() > 1000


def test_the_left_hand_is_on_the_right_of_a_picture_from_the_front_and_a_turn_brings_it_round():
    positions, _ = forward(HUMANOID, np.array((0, 0.95, 0)), np.tile((0, 0, 0, 1.0), (22, 1)))
    hand = BONES.index("leftHand")
    front, back = Camera(), Camera(turn=np.pi)
    assert front.project(positions)[0][hand, 0] > 640 > back.project(positions)[0][hand, 0]


@pytest.mark.parametrize("size", [(1920, 1080), (400, 900), (300, 200)])
@pytest.mark.parametrize("dancers", [1, 5])
def test_the_camera_brings_all_dancers_into_the_picture(size, dancers):
    camera = Camera(width=size[0], height=size[1])
    places = np.array([(1.4 * n - 1, 0.95, -0.5 * n) for n in range(dancers)])
    for _ in range(200):
        camera.follow(places, 1 / 10)
    bodies = places[:, None] + np.array(((-0.8, -0.95, 0), (0.8, -0.95, 0), (0, 0.85, 0)))
    pixels, _ = camera.project(bodies)
    assert (pixels >= 0).all()
    assert (pixels <= size).all()
    if dancers == 1 and size == (1920, 1080):
        assert np.ptp(pixels[0, :, 1]) / size[1] == pytest.approx(1.8 / BODY_HEIGHT, abs=0.08)


def run(*arguments, env=DUMMY):
    command = [sys.executable, "-m", "realtime.view", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def test_a_screenshot_is_written_without_a_display(tmp_path):
    with Ear() as free:
        port = free.port
    shot = tmp_path / "shot.png"
    done = run("--port", str(port), "--screenshot", str(shot), "--seconds", "0.2", "--size", "320x200")
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    assert pygame.image.load(shot).get_size() == (320, 200)


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["--port", "0"], "1..65535"),
        (["--port", "127.0.0.1:many"], "many"),
        (["--size", "big"], "big"),
        (["--screenshot", "x.png"], "--seconds"),
        (["--screenshot", "no/such/folder/x.png", "--seconds", "1"], "no/such/folder"),
        (["--colour", "red"], "--colour"),
    ],
)
def test_what_cannot_be_is_one_line_and_exit_code_2(arguments, named, capsys):
    from realtime.view import main

    assert main(arguments) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("realtime.view: ")
    assert named in line


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_without_a_display_window_and_sink_say_so_in_one_line(monkeypatch):
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER"):
        monkeypatch.delenv(name, raising=False)
    done = run(env=dict(os.environ))
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    assert "display" in done.stderr
    with pytest.raises(StageError, match="display"):
        ViewSink(options("view"))


@pytest.fixture
def fed(monkeypatch):
    """A stage's view as it is in a show, with the control port that its window asks."""
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    stage = Ear()
    sink = ViewSink(options("view", size="320x200", control=stage.target))
    yield sink, stage
    sink.close()
    stage.close()


def play_until_heard(sink, stage):
    """Send frames until the window, which hears them, asks the stage for its names."""
    k = 0
    while not select.select([stage.socket], [], [], 1 / 15)[0]:
        sink.send(frame(k))
        k += 1
        assert k < 600, "the window never answered"
    return messages(stage.datagram())[0][0]


def test_the_stages_window_hears_the_stage_and_ends_with_it(fed):
    sink, stage = fed
    assert play_until_heard(sink, stage) == "/dance/hello"
    sink.close()
    assert sink.process.returncode == 0


def test_a_window_that_dies_costs_the_stage_nothing(fed):
    sink, stage = fed
    play_until_heard(sink, stage)
    sink.process.kill()
    sink.process.wait()
    for k in range(100):
        sink.send(frame(k))
    sink.hello()


def test_a_window_of_its_own_ends_cleanly_when_asked_by_a_signal():
    with Ear() as free, Ear() as stage:
        port = free.port
        free.close()
        command = [
            sys.executable,
            "-m",
            "realtime.view",
            f"--port={port}",
            f"--control={stage.target}",
            "--size=320x200",
        ]
        with subprocess.Popen(command, cwd=ROOT, env=DUMMY, stderr=subprocess.PIPE, text=True) as view:
            play_until_heard(OscSink(options("osc", f"127.0.0.1:{port}")), stage)
            view.send_signal(signal.SIGTERM)
            assert view.wait(30) == 0
            assert view.stderr.read() == ""


def test_a_sink_refuses_what_it_does_not_know():
    with pytest.raises(StageError, match="colour"):
        ViewSink(options("view", colour="red"))
    with pytest.raises(StageError, match="target"):
        ViewSink(options("view", "127.0.0.1:7700"))
