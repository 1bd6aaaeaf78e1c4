"""Records the dance: one .npz with the arrays of docs/design.md, section 5.

Frames go to FILE.npz.part as fixed records while the show runs, so memory does not grow; `close` turns them into the
.npz, which appears whole or not at all.
"""

import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motion.pose import POSE_SIZE
from motion.skeleton import BONES
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import Sink, SinkOptions, StageInfo

CHUNK = 1024  # records copied at a time
ARRAYS = ("audio_time", "pose", "positions", "rotations", "contacts", "beat", "controls")


class NpzSink(Sink):
    """One file; late frames are in it, too, so frame k is always row k."""

    HELP = "all poses and what led to them, FILE.npz"
    keeps_late = True

    def __init__(self, options: SinkOptions) -> None:
        options.only()
        self._path = options.file(".npz")
        self._part = self._path.with_name(self._path.name + ".part")
        self._info = options.info
        self._record = record_type(options.info)
        try:
            self._file = self._part.open("wb", buffering=0)
        except OSError as err:
            raise StageError(f"--sink npz cannot write {self._path}: {err.strerror}") from None

    def send(self, frame: StageFrame) -> None:
        """Append one record."""
        record = np.zeros((), self._record)
        for name in ARRAYS:
            record[name] = getattr(frame, name)
        self._file.write(record.tobytes())

    def close(self) -> None:
        """Make the .npz of the records and remove them."""
        self._file.close()
        whole = self._part.stat().st_size // self._record.itemsize  # a full disk may have cut the last one
        records: NDArray[Any] = np.zeros(0, self._record)
        if whole:
            records = np.memmap(self._part, self._record, mode="r", shape=(whole,))
        write_npz(self._path, records, constants(self._info))
        del records
        self._part.unlink()

    def abandon(self) -> None:
        """Remove what was begun."""
        self._file.close()
        self._part.unlink()

    def describe(self) -> str:
        """Which file."""
        return f"npz {self._path}"


def record_type(info: StageInfo) -> np.dtype[np.void]:
    """One frame as fixed bytes."""
    n, manifest = info.dancers, info.manifest
    return np.dtype(
        [
            ("audio_time", "<f8"),
            ("pose", "<f4", (n, POSE_SIZE)),
            ("positions", "<f4", (n, len(BONES), 3)),
            ("rotations", "<f4", (n, len(BONES), 4)),
            ("contacts", "<f4", (n, 4)),
            ("beat", "<f4", (len(manifest.beat_names),)),
            ("controls", "<f4", (n, len(manifest.controls))),
        ]
    )


def constants(info: StageInfo) -> dict[str, NDArray[Any]]:
    """What is the same for all frames."""
    manifest = info.manifest
    values = {
        "bones": list(BONES),
        "beat_names": list(manifest.beat_names),
        "control_names": [control.name for control in manifest.controls],
        "fps": info.fps,
        "lead_frames": manifest.lead_frames,
        "dancer": manifest.name,
        "seed": info.seed,
    }
    return {name: np.array(value) for name, value in values.items()}


def write_npz(path: Path, records: NDArray[Any], others: dict[str, NDArray[Any]]) -> None:
    """Write the fields of `records` [T] and the other arrays, a chunk at a time; `path` appears whole or not at all."""
    making = path.with_name(path.name + ".making")
    with zipfile.ZipFile(making, "w", zipfile.ZIP_STORED) as archive:
        for name in records.dtype.names or ():
            shape, dtype = records[name].shape, records[name].dtype
            with archive.open(f"{name}.npy", "w", force_zip64=True) as out:
                header = {"descr": np.lib.format.dtype_to_descr(dtype), "fortran_order": False, "shape": shape}
                np.lib.format.write_array_header_2_0(out, header)
                for at in range(0, len(records), CHUNK):
                    out.write(np.ascontiguousarray(records[name][at : at + CHUNK]).tobytes())
        for name, value in others.items():
            with archive.open(f"{name}.npy", "w") as out:
                np.lib.format.write_array(out, value, allow_pickle=False)
    os.replace(making, path)
