"""An .npz that can grow and is whole at every instant: where its bytes stand, and what makes its rows count.

An .npz is a zip of arrays, each after a head that says its shape; the zip's directory at the file's end says where each
is, and its checksum. Heads and directory lie on many pages, which cannot be written as one. So everything is there
twice: rows go to both sets, heads to the one that does not count, then the directory, which is one page, names that.
(PKWARE APPNOTE 6.3.10, ZIP64; NumPy's .npy format 2.0; the checksums as in zlib's crc32_combine.)
"""

import io
import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime.sinks.growing import Write

PAGE = 4096
LOCAL, ENTRY = struct.Struct("<4sHHHHHIIIHH"), struct.Struct("<4sHHHHHHIIIHHHHHII")
END64, LOCATOR, END = struct.Struct("<4sQHHIIQQQQ"), struct.Struct("<4sIQI"), struct.Struct("<4sHHHHIIH")
VERSION, DATE = 45, 33  # ZIP64; the first of January 1980
ELSEWHERE = 0xFFFFFFFF  # a number that stands in the ZIP64 part
POLYNOMIAL = 0xEDB88320  # of CRC-32, reflected
ONE = 1 << 31  # the polynomial 1


class Column(NamedTuple):
    """One growing array: its name and a row's type."""

    name: str
    row: np.dtype[Any]

    def head(self, rows: int) -> bytes:
        """The .npy head of so many rows; it is equally long for all."""
        return _npy_head(self.row.base, (rows, *self.row.shape))


class Layout:
    """Room for `capacity` rows of each column, `sets` times, and the constant arrays."""

    def __init__(
        self, capacity: int, columns: Sequence[Column], constants: Mapping[str, NDArray[Any]], sets: int = 2
    ) -> None:
        self.capacity, self._columns, self._sets = capacity, columns, sets
        self._next = 0  # the set that does not count
        self.start: list[Write] = []
        self._constants: list[bytes] = []  # their entries in the directory
        at = 0
        for name, value in constants.items():
            data = _npy_head(value.dtype, value.shape) + value.tobytes()
            checksum = zlib.crc32(data)
            self.start.append((at, _local(name, len(data), checksum) + data))
            self._constants.append(_entry(name, len(data), checksum, at))
            at += len(self.start[-1][1])
        self.columns: list[tuple[int, int]] = []
        for _ in range(sets):
            for column in columns:
                before = len(_local(column.name, 0, 0)) + len(column.head(0))
                self.columns.append((at + before, column.row.itemsize))
                at += before + capacity * column.row.itemsize
        self._directory = -(-at // PAGE) * PAGE
        nothing = [_entry(column.name, 0, 0, 0) for column in columns]
        self.size = self._directory + len(self._end(nothing))

    def marks(self, rows: int, checksums: Sequence[int]) -> list[Write]:
        """What makes the first `rows` rows count; checksums: CRC-32 of these rows of each column."""
        entries: list[bytes] = []
        writes: list[Write] = []
        first = self._next * len(self._columns)
        for column, (start, width), rows_sum in zip(self._columns, self.columns[first:], checksums, strict=False):
            head = column.head(rows)
            size = len(head) + rows * width
            checksum = join_checksums(zlib.crc32(head), rows_sum, rows * width)
            data = _local(column.name, size, checksum) + head
            writes.append((start - len(data), data))
            entries.append(_entry(column.name, size, checksum, start - len(data)))
        self._next = (self._next + 1) % self._sets
        return [*writes, (self._directory, self._end(entries))]

    def _end(self, entries: Sequence[bytes]) -> bytes:
        """The directory and what tells where it is."""
        all_entries = [*entries, *self._constants]
        directory, count = b"".join(all_entries), len(all_entries)
        end = self._directory + len(directory)
        data = directory + END64.pack(b"PK\x06\x06", END64.size - 12, VERSION, VERSION, 0, 0, count, count,
                                      len(directory), self._directory)  # fmt: skip
        data += LOCATOR.pack(b"PK\x06\x07", 0, end, 1)
        data += END.pack(b"PK\x05\x06", 0, 0, count, count, len(directory), ELSEWHERE, 0)
        assert len(data) <= PAGE
        return data


def join_checksums(first: int, second: int, length: int) -> int:
    """CRC-32 of two pieces one after the other, from that of each; length: bytes of the second."""
    shift, power, bits = ONE, _X8, length
    while bits:  # x to the power of 8 length, modulo the polynomial
        if bits & 1:
            shift = _times(power, shift)
        power = _times(power, power)
        bits >>= 1
    return _times(shift, first) ^ second


def _times(a: int, b: int) -> int:
    """The product of two polynomials modulo that of CRC-32; the highest bit is the constant."""
    product = 0
    while a:
        if a & ONE:
            product ^= b
        a = (a << 1) & ELSEWHERE
        b = b >> 1 ^ (POLYNOMIAL if b & 1 else 0)
    return product


_X8 = ONE >> 8  # the polynomial x to the power of 8


def _npy_head(kind: np.dtype[Any], shape: tuple[int, ...]) -> bytes:
    out = io.BytesIO()
    described = {"descr": np.lib.format.dtype_to_descr(kind), "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_2_0(out, described)
    return out.getvalue()


def _local(name: str, size: int, checksum: int) -> bytes:
    """What stands before an array's bytes."""
    file = f"{name}.npy".encode()
    head = (b"PK\x03\x04", VERSION, 0, 0, 0, DATE, checksum, ELSEWHERE, ELSEWHERE, len(file), 20)
    return LOCAL.pack(*head) + file + struct.pack("<HHQQ", 1, 16, size, size)


def _entry(name: str, size: int, checksum: int, at: int) -> bytes:
    """What stands in the directory of an array."""
    file = f"{name}.npy".encode()
    head = (b"PK\x01\x02", VERSION, VERSION, 0, 0, 0, DATE, checksum, ELSEWHERE, ELSEWHERE, len(file), 28)
    return ENTRY.pack(*head, 0, 0, 0, 0, ELSEWHERE) + file + struct.pack("<HHQQQ", 1, 24, size, size, at)
