"""Many dancers to three targets at 60 poses a second from one core, while receivers misbehave.

    python -m tools.bench_receivers [--dancers 8] [--seconds 60] [--core 0] [CASE ...]

Each case is a live show of its own, pinned to a core, over demo music: /dance, VMC and bisnad. The bisnad receiver is
always well and counts what it gets; the other two are as the case says. A line each: poses, late ones, poses skipped,
lateness of the sending, share of the core, what the good receiver got of what it should.
"""

import argparse
import contextlib
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from realtime.sinks.view import free_port

RATE = 60
TURN = 3.0  # s that a receiver is there, and then away
GARBAGE = (b"", b"\0" * 7, b"/dance/set/energy\0\0\0,f\0\0\x7f\xc0\0\0", b"#bundle\0" + b"\xff" * 40, bytes(range(256)))
FLOOD = 1000  # datagrams a second of each that floods


def _stay(ears: Sequence["Counter | socket.socket"], until: threading.Event, seconds: float | None = None) -> None:
    """Be there until then, or for so many seconds."""
    until.wait(seconds)
    for ear in ears:
        ear.close()


def well(port: int, dancers: int, control: int, until: threading.Event) -> None:
    """Reads all that comes, on a port for each dancer from `port` on."""
    _stay([Counter(port + n) for n in range(dancers)], until)


def vanished(port: int, dancers: int, control: int, until: threading.Event) -> None:
    """Nobody is there."""


def restarted(port: int, dancers: int, control: int, until: threading.Event) -> None:
    """There for three seconds, away for three."""
    while not until.is_set():
        _stay([Counter(port + n) for n in range(dancers)], until, TURN)
        until.wait(TURN)


def slow(port: int, dancers: int, control: int, until: threading.Event) -> None:
    """Listens and never reads: its buffers are full at once."""
    _stay([bound(port + n) for n in range(dancers)], until)


def garbage(port: int, dancers: int, control: int, until: threading.Event) -> None:
    """Answers each datagram with nonsense."""
    ear = bound(port)
    ear.settimeout(1.0)
    while not until.is_set():
        with contextlib.suppress(TimeoutError):
            _, sender = ear.recvfrom(65536)
            for piece in GARBAGE:
                ear.sendto(piece, sender)
    ear.close()


def flood(port: int, dancers: int, control: int, until: threading.Event) -> None:
    """Never reads, and sends nonsense to the control port, a thousand datagrams a second."""
    ear = bound(port)
    while not until.wait(len(GARBAGE) / FLOOD):
        for piece in GARBAGE:
            ear.sendto(piece, ("127.0.0.1", control))
    ear.close()


CASES: dict[str, Callable[[int, int, int, threading.Event], None]] = {
    "well": well, "vanished": vanished, "restarted": restarted, "slow": slow, "garbage": garbage,
    "flood": flood,
}  # fmt: skip


def bound(port: int) -> socket.socket:
    """A UDP socket on this port of the loopback."""
    ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    ear.bind(("127.0.0.1", port))
    return ear


class Counter:
    """Reads a port on a thread of its own and counts datagrams."""

    def __init__(self, port: int) -> None:
        self.count = 0
        self._ear = bound(port)
        self._ear.settimeout(0.2)
        self._closing = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._closing:
            try:
                self._ear.recv(65536)
                self.count += 1
            except TimeoutError:
                continue

    def close(self) -> None:
        """Give the port back."""
        self._closing = True
        self._thread.join()
        self._ear.close()


def run(case: str, dancers: int, seconds: float, core: int) -> str:
    """One show; its line."""
    osc, bisnad, control = (free_port() for _ in range(3))
    vmc = 40000 + free_port() % 10000
    until = threading.Event()
    bad = [threading.Thread(target=CASES[case], args=(port, count, control, until))
           for port, count in ((osc, 1), (vmc, dancers))]  # fmt: skip
    good = Counter(bisnad)
    for thread in bad:
        thread.start()
    with tempfile.TemporaryDirectory() as folder:
        stats = Path(folder) / "stats.json"
        sinks = [f"--sink={kind}:127.0.0.1:{port},rate={RATE}" for kind, port in (("osc", osc), ("bisnad", bisnad))]
        sinks.append(f"--sink=vmc:127.0.0.1:{vmc},rate={RATE}")
        show = [sys.executable, "-m", "realtime.run", "--device", "demo", "--duration", str(seconds)]
        words = ["--dancers", str(dancers), "--control", str(control), "--stats", str(stats), *sinks]
        began = time.monotonic()
        stage = subprocess.Popen(
            [*show, *words], stdout=subprocess.DEVNULL, preexec_fn=partial(os.sched_setaffinity, 0, {core})
        )
        _, status, used = os.wait4(stage.pid, 0)
        wall, told = time.monotonic() - began, json.loads(stats.read_text()) if status == 0 else {}
    until.set()
    for thread in bad:
        thread.join()
    good.close()
    if not told:
        return f"{case:<10} the stage ended with {status}"
    smooth, frame = told["smooth"], told["ms"]["frame"]
    due = told["frames"] * RATE // 15 * dancers * 2
    cells = {
        "poses": told["frames"],
        "late": told["late"],
        "p50": round(frame["p50"], 1),
        "p99": round(frame["p99"], 1),
        "smooth": smooth["sent"],
        "skipped": smooth["skipped"],
        "due p50": round(smooth["after_due_ms"]["p50"], 2),
        "due p99": round(smooth["after_due_ms"]["p99"], 1),
        "core %": round(100 * (used.ru_utime + used.ru_stime) / wall),
        "arrived %": round(100 * good.count / due, 2),
        "errors": sum(told["sink_errors"].values()),
    }
    return f"{case:<10} " + "  ".join(f"{name} {cell}" for name, cell in cells.items())


def main(argv: Sequence[str] | None = None) -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench_receivers", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("cases", nargs="*", choices=[*CASES, []], metavar="CASE", help=", ".join(CASES))
    parser.add_argument("--dancers", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--core", type=int, default=0)
    wanted = parser.parse_args(argv)
    for case in wanted.cases or CASES:
        print(run(case, wanted.dancers, wanted.seconds, wanted.core), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
