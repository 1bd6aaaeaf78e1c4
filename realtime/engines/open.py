"""Choosing the engine for a dancer file, and holding the file against this stage."""

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from audio import beat, config, features
from export.manifest import DancerFileError, Manifest
from motion.skeleton import BONES
from realtime.engines import ENGINES
from realtime.engines.base import Engine
from realtime.frame import StageError

SUFFIXES = {".onnx": "onnx", ".pt": "torchscript"}
PACKAGES = {"onnx": "onnxruntime", "torchscript": "torch"}


def open_engine(path: Path, choice: str = "auto", device: str = "auto") -> Engine:
    """Load a dancer file. choice: auto or a name of ENGINES. Raises StageError or DancerFileError, one line."""
    path = _twin(path, choice)
    engine: Engine = _load(ENGINES[SUFFIXES[path.suffix]])(path, device)
    try:
        check_fits(engine.manifest)
    except DancerFileError as err:
        raise DancerFileError(f"{path} does not fit this stage: {err}") from None
    return engine


def _twin(path: Path, choice: str) -> Path:
    """The file that the chosen engine reads: this one, or its twin beside it."""
    if path.suffix not in SUFFIXES:
        raise StageError(f"{path} is no dancer file: they end in {' or '.join(SUFFIXES)}")
    if not path.is_file():
        raise StageError(f"there is no dancer file {path}")
    own = SUFFIXES[path.suffix]
    twins = {name: path.with_suffix(suffix) for suffix, name in SUFFIXES.items()}
    if choice == "auto":
        there = [name for name, twin in twins.items() if twin.is_file() and find_spec(PACKAGES[name])]
        choice = own if own in there or not there else there[0]
    if choice not in twins:
        raise StageError(f"there is no engine {choice!r}: use auto, {', '.join(ENGINES)}")
    if not twins[choice].is_file():
        raise StageError(f"--engine {choice} reads {twins[choice].name}, which is not beside {path}")
    return twins[choice]


def _load(entry: str) -> type:
    module, _, name = entry.partition(":")
    loaded: type = getattr(import_module(module), name)
    return loaded


def check_fits(manifest: Manifest) -> None:
    """Raise DancerFileError naming the first thing in which this stage hears, counts or moves differently."""
    numbers = (
        ("rate", manifest.rate, config.RATE),
        ("hop", manifest.hop, config.HOP),
        ("fps", manifest.fps, config.FRAME_RATE),
    )
    for name, theirs, ours in numbers:
        if theirs != ours:
            raise DancerFileError(f"its {name} is {theirs}, this stage has {ours}; export it again")
    lists = (
        ("feature", manifest.feature_names, features.FEATURE_NAMES),
        ("beat input", manifest.beat_names, beat.BEAT_NAMES),
        ("bone", manifest.bones, BONES),
    )
    for name, found, wanted in lists:
        if tuple(found) != tuple(wanted):
            place = next(
                (i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]),
                min(len(found), len(wanted)),
            )
            pair = [repr(names[place]) if place < len(names) else "none" for names in (found, wanted)]
            raise DancerFileError(f"its {name} {place} is {pair[0]}, this stage has {pair[1]}; train it again")
