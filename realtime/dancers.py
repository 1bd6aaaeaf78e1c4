"""The dancers that are shipped in the folder `dancers/`, found by name."""

from pathlib import Path

from realtime.frame import StageError

FOLDER = Path(__file__).resolve().parent.parent / "dancers"
DEFAULT = "default.txt"  # in it, the name of the best one
SUFFIXES = (".onnx", ".pt")


def shipped(folder: Path = FOLDER) -> list[str]:
    """Names of all shipped dancers, in order."""
    return sorted({path.stem for suffix in SUFFIXES for path in folder.glob(f"*{suffix}")})


def find(text: str | None, folder: Path = FOLDER) -> Path:
    """The file of a name, of a path, or (None) of the best dancer. Raises StageError, one line."""
    if text is None:
        named = folder / DEFAULT
        if not named.is_file():
            raise StageError("no dancer is shipped here yet: name one by --dancer FILE.onnx")
        text = named.read_text().strip()
    if text.endswith(SUFFIXES):
        path = Path(text).expanduser()
        if not path.is_file():
            raise StageError(f"there is no dancer file {text}")
        return path
    for suffix in SUFFIXES:
        path = folder / f"{text}{suffix}"
        if "/" not in text and path.is_file():
            return path
    there = f"shipped: {', '.join(shipped(folder)) or 'none'}"
    if Path(text).is_file():
        raise StageError(f"{text} is no dancer file: those end in .onnx or .pt; {there}")
    raise StageError(f"no dancer is called {text!r}; {there}; or give a file that ends in .onnx or .pt")
