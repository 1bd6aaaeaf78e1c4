"""A headless Chromium under test: loads a page, runs scripts in it, takes pictures, drops files, notes requests."""

import base64
import contextlib
import io
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless=new", "--no-sandbox", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
    "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--hide-scrollbars", "--mute-audio", "--remote-debugging-port=0",
)  # fmt: skip
PATIENCE = 120.0  # s
PICTURES = 40  # until a scene is at rest, at most


def drawn(browser: "Browser") -> None:
    """Wait until the page has drawn what it knows now."""
    seen = browser.run("dance.pictures")
    browser.until(f"dance.pictures > {seen} + 1")


def steady(browser: "Browser") -> np.ndarray:
    """The picture of a scene at rest: what is drawn may reach the screen some pictures later on a busy machine."""
    now = browser.picture()
    for _ in range(PICTURES):
        before = now
        drawn(browser)
        now = browser.picture()
        if np.array_equal(before, now):
            return now
    raise AssertionError("the scene never comes to rest")


class GoneError(RuntimeError):
    """The page was left while it was asked something."""


class Browser:
    """One tab, driven over the DevTools protocol."""

    def __init__(self, width: int = 640, height: int = 360) -> None:
        from websockets.sync.client import connect

        self.requests: list[str] = []
        self.errors: list[str] = []
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        profile = Path(self._folder.name)
        command = [
            str(CHROMIUM),
            *FLAGS,
            f"--user-data-dir={profile}",
            f"--window-size={width},{height}",
            "about:blank",
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        port = self._port(profile / "DevToolsActivePort")
        self._opened = contextlib.ExitStack()
        wire = connect(f"ws://127.0.0.1:{port[0]}{port[1]}", max_size=None, compression=None)
        self._wire = self._opened.enter_context(wire)
        self._numbers = itertools.count(1)
        self._session: str | None = None
        (page,) = [t for t in self.call("Target.getTargets")["targetInfos"] if t["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=page["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Network", "Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def _port(self, file: Path) -> tuple[str, str]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until and self._process.poll() is None:
            if file.exists() and len(lines := file.read_text().splitlines()) == 2:
                return lines[0], lines[1]
            time.sleep(0.05)
        raise RuntimeError("Chromium did not start")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One command of the protocol, and what it gives back."""
        number = next(self._numbers)
        said = {"id": number, "method": method, "params": params}
        self._wire.send(json.dumps(said | ({"sessionId": self._session} if self._session else {})))
        while True:
            heard = json.loads(self._wire.recv(timeout=PATIENCE))
            if heard.get("id") == number:
                if "error" in heard:
                    kind = GoneError if "navigated" in heard["error"]["message"] else RuntimeError
                    raise kind(f"{method}: {heard['error']['message']}")
                result: dict[str, Any] = heard["result"]
                return result
            self._note(heard.get("method"), heard.get("params", {}))

    def _note(self, method: str | None, params: dict[str, Any]) -> None:
        if method in ("Network.requestWillBeSent", "Network.webSocketCreated"):
            self.requests.append(params.get("url") or params["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description") or details["text"])
        elif method == "Log.entryAdded" and params["entry"]["level"] == "error":
            self.errors.append(f"{params['entry']['text']} {params['entry'].get('url', '')}")

    def open(self, url: str) -> None:
        """Load a page."""
        self.call("Page.navigate", url=url)
        self.until(f"location.href === {json.dumps(url)} && document.readyState === 'complete'")

    def run(self, script: str) -> Any:
        """What an expression in the page gives; promises are waited for."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in done:
            raise RuntimeError(done["exceptionDetails"].get("exception", {}).get("description", "script failed"))
        return done["result"].get("value")

    def until(self, script: str) -> Any:
        """What the expression gives as soon as that is true."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            with contextlib.suppress(GoneError):
                if found := self.run(script):
                    return found
            time.sleep(0.05)
        raise TimeoutError(f"never true: {script}; errors: {self.errors}")

    def png(self) -> bytes:
        """The picture as a PNG; where nothing is drawn it is transparent."""
        self.call("Emulation.setDefaultBackgroundColorOverride", color={"r": 0, "g": 0, "b": 0, "a": 0})
        return base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"])

    def jpeg(self) -> bytes:
        """The picture as a JPEG."""
        return base64.b64decode(self.call("Page.captureScreenshot", format="jpeg", quality=85)["data"])

    def picture(self) -> np.ndarray:
        """The picture as [height, width, RGBA] 0-255."""
        import pygame

        surface = pygame.image.load(io.BytesIO(self.png()), "shot.png")
        width, height = surface.get_size()
        return np.frombuffer(pygame.image.tobytes(surface, "RGBA"), np.uint8).reshape(height, width, 4)

    def drop(self, *files: Path, at: tuple[int, int] = (300, 200)) -> None:
        """Drag files onto the page and let them go."""
        data = {"items": [], "files": [str(file) for file in files], "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.call("Input.dispatchDragEvent", type=kind, x=at[0], y=at[1], data=data)

    def close(self) -> None:
        """End it."""
        self._opened.close()
        self._process.terminate()
        self._process.wait()
        self._folder.cleanup()

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
