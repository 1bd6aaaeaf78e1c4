"""A file of columns that grow together, whole at every instant: a killed process leaves what it last marked.

Formats such as glTF and npz want each column's numbers side by side. So each column has room for `capacity` rows: rows
are written where nothing counts them yet, then the marks make them count, the last of which alone decides. When the
room is used up, the file is laid out anew with twice of it under another name, which then takes the place of the
old one: all in all, each row is copied twice at most. The room not used yet takes no space on most disks.
"""

import os
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import BinaryIO, Generic, Protocol, TypeVar

from realtime.sinks.recorder import write_at

FIRST_CAPACITY = 256  # rows
COPIED = 1 << 20  # bytes at a time

Write = tuple[int, bytes]  # where in the file, and what


class Layout(Protocol):
    """The places of everything in the file, with room for so many rows."""

    capacity: int
    size: int  # of the whole file in bytes
    start: list[Write]  # what stays as it is
    columns: list[tuple[int, int]]  # where each begins, and the bytes of a row


L = TypeVar("L", bound=Layout)


class NewFile:
    """Made under the name PATH.part, so that PATH itself appears whole; unbuffered."""

    def __init__(self, path: Path, begin: Callable[[BinaryIO], None]) -> None:
        """begin: writes what is there without any row. Raises OSError, and then leaves nothing."""
        self.path, self.part = path, path.with_name(path.name + ".part")
        self.file: BinaryIO = self.part.open("w+b", buffering=0)
        self._there = False
        try:
            begin(self.file)
        except OSError:
            self.discard()
            raise

    def take_place(self) -> None:
        """Make PATH.part PATH. Closed in between, since some systems give no new name to an open file."""
        self.file.close()
        os.replace(self.part, self.path)
        self.file = self.path.open("r+b", buffering=0)
        self._there = True

    def discard(self) -> None:
        """Leave nothing behind."""
        self.file.close()
        self.part.unlink(missing_ok=True)
        if self._there:
            self.path.unlink(missing_ok=True)


class GrowingFile(Generic[L]):
    """PATH appears with the first rows."""

    def __init__(self, path: Path, lay: Callable[[int], L]) -> None:
        """lay: the layout with room for a number of rows. Raises OSError."""
        self.rows = 0
        self._lay, self._layout = lay, lay(FIRST_CAPACITY)
        self._new = NewFile(path, partial(_begin, self._layout))

    def append(self, rows: int, parts: Sequence[bytes], marks: Callable[[L], Sequence[Write]]) -> None:
        """Add rows, their bytes in `parts` for each column. marks: what makes them count. Raises OSError."""
        if self.rows + rows > self._layout.capacity:
            self._lay_anew(self._lay(2 * (self.rows + rows)), parts, marks)
        else:
            self._add(self._new.file, self._layout, parts, marks)
            if not self.rows:
                self._new.take_place()
        self.rows += rows

    def close(self, lay: Callable[[int], L], marks: Callable[[L], Sequence[Write]]) -> None:
        """Lay the file out for the last time, without spare room.

        Raises OSError where there is no room for that: the file then stays as it was last marked.
        """
        try:
            self._lay_anew(lay(self.rows), (), marks)
        finally:
            self._new.file.close()
            self._new.part.unlink(missing_ok=True)

    def discard(self) -> None:
        """Leave nothing behind."""
        self._new.discard()

    def _add(self, file: BinaryIO, layout: L, parts: Sequence[bytes], marks: Callable[[L], Sequence[Write]]) -> None:
        for (start, width), part in zip(layout.columns, parts, strict=False):
            write_at(file, start + self.rows * width, part)
        for mark in marks(layout):
            write_at(file, *mark)

    def _lay_anew(self, layout: L, parts: Sequence[bytes], marks: Callable[[L], Sequence[Write]]) -> None:
        old = self._new.file
        with self._new.part.open("w+b", buffering=0) as file:
            _begin(layout, file)
            for (before, width), (after, _) in zip(self._layout.columns, layout.columns, strict=False):
                for at in range(0, self.rows * width, COPIED):
                    old.seek(before + at)
                    write_at(file, after + at, old.read(min(COPIED, self.rows * width - at)))
            self._add(file, layout, parts, marks)
        self._layout = layout
        self._new.take_place()


def _begin(layout: Layout, file: BinaryIO) -> None:
    file.truncate(layout.size)
    for write in layout.start:
        write_at(file, *write)
