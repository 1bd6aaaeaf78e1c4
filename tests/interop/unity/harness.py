"""The component under mono: compiled once a session with warnings as errors, then driven line by line."""

import json
import os
import select
import shutil
import subprocess
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[2]
PACKAGE = ROOT / "unity"
OSC_JACK = HERE.parent / "node_modules" / "jp.keijiro.osc-jack" / "Runtime" / "Base"
MCS, MONO = shutil.which("mcs"), shutil.which("mono")
STUBS = ("Maths.cs", "Scene.cs", "Screen.cs", "Editor.cs")


def compile_csharp(out: Path, sources: list[Path], *flags: str) -> Path:
    """Compile; what the compiler says is in the exception."""
    command = [MCS, "-langversion:7", f"-out:{out}", *flags, *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return out


def package_sources() -> list[Path]:
    """Every C# file of the package: runtime, editor and samples."""
    return sorted(PACKAGE.rglob("*.cs"))


class Harness:
    """One running harness."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [MONO, str(program)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            env={**os.environ, "MONO_GC_PARAMS": "nursery-size=256k"},  # so that little garbage makes it collect
        )

    def tell(self, *words: object) -> None:
        """Send a command and do not wait."""
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()

    def answer(self) -> Any:
        """The answer to the oldest command without one."""
        line = self._process.stdout.readline()
        assert line, "the harness has ended"
        return json.loads(line)

    def has_answered(self, seconds: float) -> bool:
        """Wait for an answer for so long at most."""
        return bool(select.select([self._process.stdout], [], [], seconds)[0])

    def ask(self, *words: object) -> Any:
        """Send a command and wait for its answer."""
        self.tell(*words)
        return self.answer()

    def close(self) -> None:
        """End it; it must end by itself, with all threads."""
        self._process.stdin.close()
        assert self._process.wait(10) == 0
