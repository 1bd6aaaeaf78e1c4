"""From what a command line says of data sets to their takes."""

import importlib
import re
from dataclasses import replace
from pathlib import Path

from model.datasets import DATASETS
from model.datasets.take import Take
from motion.skeleton import MotionError

_FOLD = re.compile(r"(.*)#(\d+)/(\d+)")


def read_takes(specs: list[str]) -> list[Take]:
    """Load every `NAME:PATH[@style,style][#K/N]`; raises MotionError naming what cannot be read.

    #K/N, for cross-validation: of each style every Nth song, from the Kth on, is held out (split val), whatever
    the set itself says; training on the others and measuring on these for K = 1 ... N holds every song out once.
    """
    return [take for spec in specs for take in _read(spec)]


def _read(spec: str) -> list[Take]:
    name, _, rest = spec.partition(":")
    if name not in DATASETS:
        raise MotionError(f"unknown data set {name!r}; there are {', '.join(sorted(DATASETS))}")
    fold = _FOLD.fullmatch(rest)
    path, _, styles = (fold[1] if fold else rest).partition("@")
    module, function = DATASETS[name].split(":")
    found: list[Take] = getattr(importlib.import_module(module), function)(Path(path))
    if styles:
        found = [take for take in found if take.style in styles.split(",")]
    if not found:
        raise MotionError(f"{spec}: no takes" + (f" of style {styles}" if styles else ""))
    return folded(found, int(fold[2]), int(fold[3])) if fold else found


def folded(takes: list[Take], fold: int, folds: int) -> list[Take]:
    """The takes with the songs of fold 1 ... folds held out; raises MotionError where there is no such fold.

    Takes to one song, or cut from one recording, stay together; takes that drift away from their songs train only.
    """
    if not 1 <= fold <= folds or folds < 2:
        raise MotionError(f"there is no fold {fold}/{folds}: write 1/4, 2/4, 3/4, 4/4 for four of them")
    songs: dict[str, list[str]] = {}
    for take in takes:
        if take.in_time and _song(take) not in songs.setdefault(take.style, []):
            songs[take.style].append(_song(take))
    held_out = {song for ordered in songs.values() for song in sorted(ordered)[fold - 1 :: folds]}
    return [replace(take, split="val" if _song(take) in held_out else "train") for take in takes]


def _song(take: Take) -> str:
    return str(take.audio or take.name)
