"""The window as a process that the stage can lose: options, displays, signals, garbage, its end."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from realtime.frame import StageError
from realtime.sinks.osc import OscSink
from realtime.sinks.view import ViewSink
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages

pytest.importorskip("pygame")

import pygame

from realtime.view_window import within
from tests.realtime.view_rig import feed, opened

ROOT = Path(__file__).resolve().parents[2]
DUMMY = {**os.environ, "SDL_VIDEODRIVER": "dummy"}


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


def test_closing_the_window_ends_it_with_0_even_while_garbage_pours_in():
    with opened() as view, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
        bundle, short = b"#bundle\0" + b"\xff" * 40, b"/dance/frame\0\0\0\0,iff\0\0\0\0"
        for data in (b"", b"\0", b"garbage", bundle, short, os.urandom(900)):
            out.sendto(data, ("127.0.0.1", view.port))
        feed(view, range(3))
        pygame.event.post(pygame.event.Event(pygame.QUIT))
        view.run(None, threading.Event())
        assert not view.running


def test_a_stage_that_begins_anew_is_shown_from_its_beginning():
    with opened() as view:
        now = feed(view, range(40, 60), dancers=2)
        now = feed(view, range(8), dancers=1, began=now + 3.0)
        assert [n for n, _, _ in view.stream.bodies(now)] == [0]
        assert view.stream.alive(now)
        assert view.stream.lost == 0


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_a_display_that_cannot_be_reached_is_one_line_and_the_stage_goes_on(monkeypatch, capfd):
    monkeypatch.delenv("SDL_VIDEODRIVER", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("DISPLAY", ":987")
    sink = ViewSink(options("view"))
    assert sink.process.wait(60) == 2
    for k in range(50):
        sink.send(frame(k))
    sink.close()
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith("realtime.view: there is no display")


def test_the_sinks_options_reach_its_window(monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    sink = ViewSink(options("view", size="320x200", monitor="0", fullscreen="1"))
    assert sink.process.args[-4:] == ["--size=320x200", "--monitor=0", "--lead-ms=0", "--fullscreen"]
    sink.close()


def test_the_monitors_are_listed_and_one_that_is_not_there_is_refused_with_the_list(capsys, monkeypatch):
    from realtime.view import main

    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    assert main(["--list-monitors"]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert listed[0].startswith("0: ")
    assert main(["--monitor", "9", "--port", "7753"]) == 2
    assert listed[0] in capsys.readouterr().err


def test_help_teaches_every_option(capsys):
    from realtime.view import main

    with pytest.raises(SystemExit) as end:
        main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    for option in ("--port", "--control", "--size", "--monitor", "--list-monitors", "--fullscreen", "--screenshot"):
        assert option in text


@pytest.mark.parametrize(
    ("desktop", "drawn"),
    [((1920, 1080), None), ((1280, 800), None), ((3840, 2160), (1920, 1080)), ((2560, 1600), (1728, 1080))],
)
def test_a_monitor_larger_than_full_hd_is_drawn_smaller_in_its_own_shape(desktop, drawn):
    assert within(desktop) == drawn
