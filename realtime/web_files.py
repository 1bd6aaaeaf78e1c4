"""What the browser may be given: the files of web/, one avatar, and to whom."""

import ipaddress
import socket
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

WEB = Path(__file__).resolve().parents[1] / "web"
PAGE, BUILT = WEB / "page", WEB / "dist"  # as it comes; what `make web` adds
AVATAR_PATH = "/avatar.vrm"
TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".vrm": "model/gltf-binary",
    ".glb": "model/gltf-binary",
}


@dataclass(frozen=True)
class Files:
    """The files that are served, by name: a path is only ever looked up in a list, never made into a file's."""

    avatar: Path | None = None

    def find(self, path: str) -> tuple[str, Path] | None:
        """(content type, file) of a URL's path; None when there is no such page."""
        listed = {f"/{file.name}": file for file in _listed(PAGE)} | {
            f"/dist/{file.name}": file for file in _listed(BUILT)
        }
        listed["/"] = PAGE / "index.html"
        if self.avatar:
            listed[AVATAR_PATH] = self.avatar
        file = listed.get(path)
        return None if file is None else (TYPES[file.suffix.lower()], file)


def _listed(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [file for file in folder.iterdir() if file.suffix in TYPES and file.is_file()]


def headers(kind: str, host: str) -> dict[str, str]:
    """What is said with each file; the policy keeps the page from asking anyone but this computer."""
    own = f"ws://{_name(host)}:*"
    policy = f"default-src 'self'; connect-src 'self' blob: {own}; img-src 'self' blob: data:; style-src 'self'"
    return {
        "Content-Type": kind,
        "Content-Security-Policy": policy,
        "Cross-Origin-Resource-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def is_ours(host: str) -> bool:
    """Whether a Host header names this computer by its address or its own name.

    Another name that leads here is a web site's trick to be taken for us (DNS rebinding).
    """
    name = _name(host).strip("[]").lower()
    own = socket.gethostname().lower()
    if name in ("localhost", own, f"{own}.local"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def may_listen(origin: str | None, host: str) -> bool:
    """Whether a page of this origin may open the stream: one of ours, whatever its port; or no page but a program.

    "null" is refused: any web site can send it from a sandboxed frame.
    """
    return origin is None or (
        origin.startswith("http://") and urlsplit(origin).hostname == urlsplit(f"//{host}").hostname
    )


def _name(host: str) -> str:
    """HOST of HOST[:PORT]; an IPv6 address stays in its brackets."""
    return host[: host.index("]") + 1] if host.startswith("[") and "]" in host else host.partition(":")[0]
