"""Examples as the network meets them, kept in files of many: npz without pickles."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from audio.config import AudioError


@dataclass(frozen=True)
class Heard:
    """One example as the network meets it."""

    log_mel: NDArray[np.float16]  # [T, 4, 40]
    beats: NDArray[np.float64]  # s
    positions: NDArray[np.int64]  # in the bar
    music: NDArray[np.bool_]  # [T]
    kind: str


def write_part(path: Path, examples: list[Heard]) -> None:
    """One npz without pickles; the ragged beats lie end to end."""
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(
            file,
            log_mel=np.stack([e.log_mel for e in examples]),
            music=np.stack([e.music for e in examples]),
            beats=np.concatenate([e.beats for e in examples]),
            positions=np.concatenate([e.positions for e in examples]),
            counts=np.array([len(e.beats) for e in examples]),
            kinds=np.array([e.kind for e in examples]),
        )
    temporary.rename(path)


def read(folder: Path) -> list[Heard]:
    """All examples of a corpus. Raises AudioError where there are none."""
    found: list[Heard] = []
    for path in sorted(folder.glob("part_*.npz")):
        try:
            found += _read_part(path)
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise AudioError(f"{path} is no part of a corpus ({error}); remove it and make it again") from error
    if not found:
        raise AudioError(f"{folder} holds no part_*.npz; python -m model.ear.corpus makes them")
    return found


def _read_part(path: Path) -> Iterator[Heard]:
    with np.load(path, allow_pickle=False) as file:
        data = {name: file[name] for name in file.files}
    ends = np.cumsum(data["counts"])
    for i, end in enumerate(ends):
        part = slice(end - data["counts"][i], end)
        yield Heard(
            data["log_mel"][i], data["beats"][part], data["positions"][part], data["music"][i], str(data["kinds"][i])
        )
