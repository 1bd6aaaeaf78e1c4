"""The pictures in docs/ of what a user sees: `make pictures`, or `python -m tests.interop.pictures NAME...`.

video.jpg: moments of what tools.dance made of a song. web_vrm.jpg: a live show on an avatar in the browser.
vrma.jpg: a recorded .vrma played on that avatar by three-vrm-animation.
"""

import functools
import http.server
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import soundfile

from audio import demo
from audio.config import RATE
from tests.interop.browser import Browser, drawn
from tests.realtime.test_web import free_port

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
DOCS = ROOT / "docs"
MOMENTS = (3.0, 4.5, 6.0, 7.5, 9.0)  # s of the dance
SECONDS = 10.0


def python(*words: object) -> None:
    """Run a command of ours as a user does."""
    subprocess.run([sys.executable, "-m", *map(str, words)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def song(folder: Path) -> Path:
    """A song to dance to."""
    path = folder / "song.wav"
    soundfile.write(path, demo.song(0, seconds=SECONDS).samples, RATE)
    return path


def avatar(folder: Path) -> Path:
    """A made-up VRM with a smooth skin."""
    path = folder / "avatar.vrm"
    subprocess.run(["node", HERE / "mannequin.mjs", path], check=True)
    return path


def video(folder: Path) -> None:
    """python -m tools.dance song.wav dance.mp4 --dancers 3"""
    film = folder / "dance.mp4"
    python("tools.dance", song(folder), film, "--dancers", 3)
    moments = [word for moment in MOMENTS[:4] for word in ("-ss", moment, "-i", film)]
    quarters = "".join(f"[{n}]trim=end_frame=1,scale=640:-2[q{n}];" for n in range(4))
    grid = quarters + "[q0][q1]hstack[a];[q2][q3]hstack[b];[a][b]vstack"
    ffmpeg(*moments, "-filter_complex", grid, "-frames:v", 1, "-q:v", 4, DOCS / "video.jpg")


def ffmpeg(*words: object) -> None:
    """Run ffmpeg quietly."""
    program = shutil.which("ffmpeg") or sys.exit("the picture of a video needs ffmpeg")
    subprocess.run([program, "-y", "-loglevel", "error", *map(str, words)], check=True)


def web_vrm(folder: Path) -> None:
    """python -m realtime.run --device demo --dancers 3 --sink web,avatar=avatar.vrm"""
    port = free_port()
    sink = f"web:{port},avatar={avatar(folder)}"
    command = [sys.executable, "-m", "realtime.run", "--device", "demo", "--control", "off", "--dancers", "3", "--sink"]
    with Browser(1120, 630) as browser:
        stage = subprocess.Popen([*command, sink], cwd=ROOT, stdout=subprocess.DEVNULL)
        try:
            wait_until_served(port)
            browser.open(f"http://127.0.0.1:{port}/?hud=0&fps=10")
            browser.until(
                "globalThis.dance?.stream.shownTime(performance.now() / 1000) > 9 && dance.wardrobe.joints(2)"
            )
            drawn(browser)
            (DOCS / "web_vrm.jpg").write_bytes(browser.jpeg())
        finally:
            stage.terminate()
            stage.wait()


def wait_until_served(port: int) -> None:
    """Wait for the page of a stage that is starting."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.2)
    sys.exit("the stage did not start")


def vrma(folder: Path) -> None:
    """python -m tools.dance song.wav dance.vrma"""
    python("tools.dance", song(folder), folder / "dance.vrma")
    avatar(folder)
    shutil.copy(HERE / "vrma.html", folder)
    (folder / "node_modules").symlink_to(HERE / "node_modules")
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server, Browser(1200, 400) as browser:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        times = ",".join(map(str, MOMENTS))
        browser.open(f"http://127.0.0.1:{server.server_port}/vrma.html?times={times}")
        browser.until("globalThis.drawn")
        (DOCS / "vrma.jpg").write_bytes(browser.jpeg())
        server.shutdown()


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


PICTURES: dict[str, Callable[[Path], None]] = {"video": video, "web_vrm": web_vrm, "vrma": vrma}

if __name__ == "__main__":
    for name in sys.argv[1:] or PICTURES:
        with tempfile.TemporaryDirectory() as made:
            PICTURES[name](Path(made))
        print(DOCS / f"{name}.jpg", flush=True)
