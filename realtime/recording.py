"""Reading what `--sink npz` and tools.dance wrote (docs/design.md, section 5). Nothing is unpickled."""

import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from audio.beat import BEAT_NAMES
from motion.pose import POSE_SIZE
from motion.skeleton import BONES
from realtime.frame import StageError

SHAPES: dict[str, tuple[Any, ...]] = {  # of each array after the frames: N dancers, C controls
    "pose": ("N", POSE_SIZE), "positions": ("N", len(BONES), 3), "rotations": ("N", len(BONES), 4),
    "contacts": ("N", 4), "beat": (len(BEAT_NAMES),), "controls": ("N", "C"), "audio_time": (),
}  # fmt: skip


def read(path: Path) -> dict[str, Any]:
    """All arrays of a recording of one pose or more, finite and of their shapes. Raises StageError, one line."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        frames, dancers = arrays["pose"].shape[:2]
        sizes = {"N": dancers, "C": arrays["controls"].shape[-1]}
        for name, shape in SHAPES.items():
            wanted = (frames, *(sizes.get(size, size) for size in shape))
            if arrays[name].shape != wanted or not np.isfinite(arrays[name]).all():
                raise ValueError(f"{name} is {arrays[name].shape} or not finite, not {wanted}")
        str(arrays["dancer"])
    except (OSError, ValueError, KeyError, IndexError, EOFError, zipfile.BadZipFile) as err:
        raise StageError(f"{path} is no recording ({err}): --sink npz:FILE makes one") from None
    if not frames:
        raise StageError(f"{path} holds no pose")
    return arrays
