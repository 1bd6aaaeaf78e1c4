"""Reading a data folder: its index.json and its archives, with one clear line for whatever is missing."""

import json
import zipfile
from pathlib import Path
from typing import Any

from motion.skeleton import MotionError


def read_index(path: Path, dataset: str) -> dict[str, Any]:
    """The index.json of the folder `path`; raises MotionError naming what is missing."""
    if not path.is_dir():
        raise MotionError(f"data set {dataset}: {path} is not a folder; give the folder that holds its index.json")
    file = path / "index.json"
    try:
        index: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except OSError:
        raise MotionError(f"data set {dataset}: there is no index.json in {path}; is it the right folder?") from None
    except ValueError as error:
        raise MotionError(f"data set {dataset}: {file} is not valid JSON ({error})") from None
    return index


def open_zip(path: Path, dataset: str) -> zipfile.ZipFile:
    """The archive `path`; raises MotionError when it is missing or damaged."""
    try:
        return zipfile.ZipFile(path)
    except (OSError, zipfile.BadZipFile) as error:
        raise MotionError(f"data set {dataset}: cannot open {path} ({error}); fetch the data set again") from None


def member(archive: zipfile.ZipFile, name: str) -> bytes:
    """One file of an archive; raises MotionError when it is missing or damaged."""
    try:
        return archive.read(name)
    except (KeyError, OSError, zipfile.BadZipFile) as error:
        raise MotionError(f"{archive.filename}: cannot read {name} ({error}); fetch the data set again") from None
