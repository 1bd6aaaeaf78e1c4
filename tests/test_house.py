"""The rooms keep to who may import whom (docs/design.md, section 1)."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("audio", "motion", "model", "export", "realtime", "tools")

# third-party modules a room may import, and the single file that may when it is only one
ALLOWED = {
    "audio": {"numpy", "soundfile", "av"},
    "motion": {"numpy"},
    "model": {
        "numpy",
        "torch",
        "librosa",
        "scipy",
        "tqdm",
        "tensorboard",
        "matplotlib",
        "safetensors",
        "mir_eval",
        "audio",
        "motion",
        "export.manifest",
    },
    "export": {"numpy", "torch", "onnx", "onnxscript", "onnxruntime", "safetensors", "model", "audio", "motion"},
    "realtime": {
        "numpy",
        "onnxruntime",
        "torch",
        "sounddevice",
        "pythonosc",
        "pygame",
        "mido",
        "rtmidi",
        "link",
        "websockets",
        "zeroconf",
        "audio",
        "motion",
        "export.manifest",
    },
}
ONE_FILE = {
    "av": {"audio/compressed.py"},
    "soundfile": {"audio/files.py"},
    "sounddevice": {"realtime/sources/mic.py"},
    "onnxruntime": {"realtime/engines/onnx.py"},
    "torch": {"realtime/engines/torchscript.py"},
    "pythonosc": {"realtime/osc_control.py"},
    "mido": {"realtime/clocks/midi.py"},
    "link": {"realtime/clocks/link.py"},
    "websockets": {"realtime/web_server.py"},
    "zeroconf": {"realtime/oscquery.py"},
}


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """(module, whether it is imported at module level) for every import of a file."""
    tree = ast.parse(path.read_text("utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in top
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            yield node.module or "", id(node) in top


def files(room: str) -> list[Path]:
    return sorted((ROOT / room).rglob("*.py"))


def allowed(room: str, module: str) -> bool:
    top = module.split(".")[0]
    if top == room or top in sys.stdlib_module_names:
        return True
    return any(module == name or module.startswith(name + ".") for name in ALLOWED[room])


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_the_design_allows(room: str) -> None:
    wrong = [
        f"{path.relative_to(ROOT)}: {module}"
        for path in files(room)
        for module, _ in imports(path)
        if not allowed(room, module)
    ]
    assert not wrong


@pytest.mark.parametrize("module", ONE_FILE)
def test_a_heavy_library_is_known_to_one_file_of_the_live_rooms(module: str) -> None:
    users = {
        str(path.relative_to(ROOT))
        for room in ("audio", "motion", "realtime")
        for path in files(room)
        for name, _ in imports(path)
        if name.split(".")[0] == module
    }
    assert users == ONE_FILE[module]


def test_the_manifest_needs_numpy_at_most() -> None:
    modules = {module.split(".")[0] for module, _ in imports(ROOT / "export" / "manifest.py")}
    assert modules <= set(sys.stdlib_module_names) | {"numpy"}


def test_nobody_imports_the_tools() -> None:
    users = [
        path
        for room in ROOMS
        if room != "tools"
        for path in files(room)
        for module, _ in imports(path)
        if module.split(".")[0] == "tools"
    ]
    assert not users


def test_importing_the_command_loads_no_heavy_library() -> None:
    heavy = ("torch", "sounddevice", "pygame", "onnxruntime", "librosa", "pythonosc", "mido", "link")
    code = f"import sys, realtime.run; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_loop_is_short_enough_to_be_read_at_once() -> None:
    assert len((ROOT / "realtime" / "loop.py").read_text("utf-8").splitlines()) <= 150


def test_every_line_of_a_registry_names_something_that_exists() -> None:
    from model.datasets import DATASETS
    from model.networks import NETWORKS
    from realtime.clocks import CLOCKS
    from realtime.engines import ENGINES
    from realtime.sinks import SINKS
    from realtime.sources import SOURCES

    for registry in (DATASETS, NETWORKS, CLOCKS, ENGINES, SINKS, SOURCES):
        for target in registry.values():
            module, name = target.split(":")
            tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text("utf-8"))
            assert any(isinstance(node, ast.ClassDef | ast.FunctionDef) and node.name == name for node in tree.body), (
                target
            )
