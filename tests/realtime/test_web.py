"""The web sink: its page, its stream, who may have them, and that nobody out there can hold the show up."""

import contextlib
import http.client
import re
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from audio import demo
from audio.config import RATE
from motion.skeleton import BONES
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.frame import StageError
from realtime.loop import dance
from realtime.osc_control import read_messages
from realtime.session import Session
from realtime.sinks.npz import NpzSink
from realtime.sinks.web import WebSink
from tests.realtime.swing import FPS, frame, options

ROOT = Path(__file__).resolve().parents[2]
websockets = pytest.importorskip("websockets")
from websockets.exceptions import InvalidStatus  # noqa: E402
from websockets.sync.client import connect  # noqa: E402


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def opened(dancers=1, **extra):
    port = free_port()
    sink = WebSink(options("web", str(port), dancers, **extra))
    sink.port = port
    try:
        yield sink
    finally:
        sink.close()


@pytest.fixture(scope="module")
def sink():
    """A sink whose server only answers questions."""
    with opened() as sink:
        yield sink


def browser(port, **extra):
    return connect(f"ws://127.0.0.1:{port}/stream", compression=None, **extra)


def frames_of(stream, count):
    """The next frames as {address: arguments}, one dictionary each."""
    found = []
    while len(found) < count:
        heard = dict(read_messages(stream.recv(timeout=60)))
        if "/dance/frame" in heard:
            found.append(heard)
    return found


def get(port, path="/", host=None):
    wire = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    wire.putrequest("GET", path, skip_host=True)
    wire.putheader("Host", host or f"127.0.0.1:{port}")
    wire.endheaders()
    return wire.getresponse()


def test_a_browser_gets_the_numbers_of_the_show(tmp_path):
    """The shipped dancer over demo music: each frame that arrives is the row of the same show's npz."""
    engine, out = open_engine(dancers.find(None), "onnx"), tmp_path / "show.npz"
    session, heard = Session(engine, RATE, 2, seed=0), []
    recorder = NpzSink(options("npz", str(out), 2))
    with opened(dancers=2) as sink, browser(sink.port) as stream:
        for shown in dance([demo.song(0, seconds=2.0).samples], session):
            sink.send(shown)
            recorder.send(shown)
            heard += frames_of(stream, 1)
    recorder.close()
    with np.load(out) as file:
        for k, found in enumerate(heard):
            assert found["/dance/frame"][0] == k
            for n in (0, 1):
                rotations = np.reshape(found[f"/dance/{n}/rotations"], (22, 4))
                positions = np.reshape(found[f"/dance/{n}/positions"], (22, 3))
                np.testing.assert_allclose(rotations, file["rotations"][k, n], atol=1e-6)
                np.testing.assert_allclose(positions, file["positions"][k, n], atol=1e-6)
    assert len(heard) == 30


def test_one_who_comes_later_learns_the_names_and_styles_before_the_dance():
    with opened(dancers=2) as sink, browser(sink.port) as first:
        sink.send(frame(0, 2))
        frames_of(first, 1)
        with browser(sink.port) as second:
            told = dict(message for _ in range(2) for message in read_messages(second.recv(timeout=60)))
    assert told["/dance/hello"][1:] == [2, FPS, *BONES]
    assert len(told["/dance/style"]) == 2
    assert told["/dance/clock"] == ["heard"]


def test_a_browser_that_reads_nothing_is_sent_little_and_then_the_newest():
    """It answers no pings: so the server knows that what was sent has not been taken, and keeps only the last frame."""
    with opened() as sink, socket.create_connection(("127.0.0.1", sink.port), timeout=60) as slow:
        slow.sendall(
            f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1:{sink.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        wire = slow.makefile("rb")
        while wire.readline() != b"\r\n":
            pass
        with browser(sink.port) as quick:
            for k in range(60):
                sink.send(frame(k))
                frames_of(quick, 1)
            heard, pings = [], []
            while len(pings) < 8:  # web_server.AHEAD
                take(wire, heard, pings)
            assert heard == sorted(heard)
            assert heard[-1] < 59
            pong = pings[0]
            slow.sendall(bytes([0x8A, 0x80 | len(pong), 0, 0, 0, 0]) + pong)
            take(wire, heard, pings)
        assert heard[-1] == 59


def take(wire, frames, pings):
    """One WebSocket message off the wire: frame numbers to `frames`, the payloads of pings to `pings`."""
    kind, size = wire.read(2)
    size = int.from_bytes(wire.read({126: 2, 127: 8}[size]), "big") if size > 125 else size
    data = wire.read(size)
    if kind == 0x89:
        pings.append(data)
    else:
        frames += [arguments[0] for address, arguments in read_messages(data) if address == "/dance/frame"]


def test_what_a_browser_says_comes_back_so_that_it_can_measure_its_distance(sink):
    with browser(sink.port) as stream:
        stream.send("12.5")
        assert stream.recv(timeout=60) == "12.5"


def test_the_page_and_all_that_it_imports_are_there_and_ask_nobody_else(sink):
    answer = get(sink.port)
    policy, page = answer.headers["Content-Security-Policy"], answer.read().decode()
    assert answer.status == 200
    assert "default-src 'self'" in policy
    assert not re.search(r"//(?!127\.0\.0\.1)[\w.]+", policy)
    waiting, seen = re.findall(r'(?:src|href)="([\w.]+)"', page), set()
    assert "main.js" in waiting
    while waiting:
        name = waiting.pop()
        seen.add(name)
        answer = get(sink.port, f"/{name}")
        text = answer.read().decode()
        assert answer.status == 200, name
        assert answer.headers["Content-Type"].startswith(
            {"js": "text/javascript", "ss": "text/css", "vg": "image/svg"}[name[-2:]]
        )
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", text), f"{name} names another computer"
        waiting += set(re.findall(r'from "\./([\w.]+)"', text)) - seen
    assert {"stream.js", "figure.js", "osc.js"} <= seen


@pytest.mark.parametrize(
    "path",
    [
        "/../realtime/run.py", "/..%2frealtime/run.py", "/%2e%2e/pyproject.toml", "//etc/passwd", "/avatar.vrm", "/.",
        "/dist/../package.json", "/package.json", "/page/main.js", "/main.js/", "/avatar/rig.js", "/dist/three/x.js",
        "/main.js%00.css", "/stream.js/../../README.md", "http://127.0.0.1/etc/passwd",
    ],
)  # fmt: skip
def test_nothing_but_the_page_is_served(sink, path):
    assert get(sink.port, path).status == 404


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "https://127.0.0.1.evil.example", "http://evil.example:7780"]
)
def test_a_page_from_elsewhere_may_not_open_the_stream(sink, origin):
    with pytest.raises(InvalidStatus, match="403"):
        browser(sink.port, origin=origin)


def test_our_own_page_may_open_the_stream_and_so_may_one_of_another_stage_on_this_computer(sink):
    for port in (sink.port, sink.port + 1):
        with browser(sink.port, origin=f"http://127.0.0.1:{port}") as stream:
            stream.send("here")
            assert stream.recv(timeout=60) == "here"


def test_a_name_of_the_net_that_leads_here_gets_nothing(sink):
    """DNS rebinding: a web site whose name is made to mean 127.0.0.1 would count as the same origin."""
    assert get(sink.port, "/", host=f"evil.example:{sink.port}").status == 403
    assert get(sink.port, "/stream", host=f"evil.example:{sink.port}").status == 403
    assert get(sink.port, "/", host=f"localhost:{sink.port}").status == 200


def test_bytes_that_are_no_http_disturb_nobody(sink, capfd):
    for data in (
        b"\0" * 400,
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"hello\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", sink.port), timeout=60) as wire:
            wire.sendall(data)
            wire.shutdown(socket.SHUT_WR)
            while wire.recv(4096):
                pass
    assert get(sink.port).status == 200
    assert capfd.readouterr().err == ""


def test_a_port_in_use_is_refused_in_one_line_before_the_show(sink, capfd):
    with pytest.raises(StageError, match=rf"^--sink web: port 127.0.0.1:{sink.port} is not free .*: choose another"):
        WebSink(options("web", str(sink.port)))
    assert capfd.readouterr().err == ""


def test_a_missing_library_is_named_with_its_remedy():
    code = (
        "import sys; sys.modules['websockets'] = None; from realtime.web import main; sys.exit(main(['--port', '1']))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == "realtime.web: websockets is not installed: pip install websockets\n"


@pytest.mark.parametrize(
    ("extra", "said"),
    [
        ({"open": "yes"}, "open=yes is unknown: use 0, 1"),
        ({"avatar": "nobody.vrm"}, "avatar=nobody.vrm should be a .vrm file that is there"),
        ({"colour": "red"}, "has no option 'colour'"),
    ],
)
def test_a_wrong_option_is_named(extra, said):
    with pytest.raises(StageError, match=re.escape(said)):
        WebSink(options("web", "", **extra))


def test_a_server_that_is_killed_costs_the_show_nothing():
    with opened() as sink:
        sink.process.kill()
        sink.process.wait()
        for k in range(3):
            sink.send(frame(k))


def test_the_server_ends_with_its_stage_even_if_that_is_killed():
    with opened() as sink:
        sink.process.stdin.close()  # what the system does when the stage dies
        assert sink.process.wait(60) == 0
