"""`--start-pose FILE.npz[@SECONDS]`: a pose of a recorded dance, in which the next one begins."""

from pathlib import Path

import numpy as np

from audio.config import FRAME_RATE
from motion.opening import still
from realtime import recording
from realtime.frame import F32, StageError


def read(text: str) -> F32:
    """The pose [140] of dancer 0 at so many seconds of a recording; on the spot. Raises StageError, one line."""
    name, at, place = text.rpartition("@")
    try:
        seconds = float(place) if at else 0.0
        poses = recording.read(Path(name if at else text).expanduser())["pose"]
    except ValueError as err:  # StageError is one, too
        raise StageError(f"--start-pose {text}: {err}; write FILE.npz@SECONDS") from None
    if not 0.0 <= seconds < len(poses) / FRAME_RATE:
        raise StageError(f"--start-pose {text}: the recording has {len(poses) / FRAME_RATE:.1f} s")
    return still(np.asarray(poses[int(seconds * FRAME_RATE), 0], np.float32))
