"""A sound file as a source: `--device file:PATH`, any rate."""

from collections.abc import Callable, Iterator
from pathlib import Path

from audio import files
from realtime.frame import F32
from realtime.sources.base import Source


class FileSource(Source):
    """The file from its first sample to its last good one."""

    def __init__(self, path: Path, say: Callable[[str], None]) -> None:
        """Open the file; `say` is told of damage. Raises AudioError."""
        self.rate, self._blocks = files.open_blocks(path, on_warning=say)
        self.name = path.name

    def blocks(self) -> Iterator[F32]:
        """Its blocks as they are decoded."""
        return self._blocks
