"""Processes of the stage's own: started beside it; they end when their standard input does, so with the stage, too."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLOSE_SECONDS = 3.0


def start(module: str, *arguments: str, answers: bool = False) -> subprocess.Popen[str]:
    """Run a module that takes `--attached`; with `answers` its standard output can be read."""
    paths = [str(ROOT), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-m", module, "--attached", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE if answers else None,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))},
        start_new_session=True,  # Ctrl-C is for the stage, which then ends its processes
    )


def end(process: subprocess.Popen[str]) -> None:
    """Ask it to end and wait for it; one that does not answer is killed."""
    with contextlib.suppress(OSError):
        if process.stdin:
            process.stdin.close()  # the sign to end
    try:
        process.wait(CLOSE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout:
        process.stdout.close()
