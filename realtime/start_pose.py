"""`--start-pose FILE.npz[@SECONDS]`: a pose of a recorded dance, in which the next one begins."""

import zipfile
from pathlib import Path

import numpy as np

from audio.config import FRAME_RATE
from motion.opening import still
from motion.pose import POSE_SIZE
from realtime.frame import F32, StageError


def read(text: str) -> F32:
    """The pose [140] of dancer 0 at so many seconds of what --sink npz or tools.dance wrote; on the spot.

    Raises StageError, one line.
    """
    name, at, place = text.rpartition("@")
    path = Path(name if at else text).expanduser()
    try:
        seconds = float(place) if at else 0.0
        with np.load(path, allow_pickle=False) as file:
            poses = file["pose"]
        frames = len(poses)
        if poses.ndim != 3 or poses.shape[2] != POSE_SIZE or not poses.size:
            raise ValueError(f"its poses are {poses.shape}")
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as err:
        raise StageError(f"--start-pose {text}: no recording is there ({err}); write FILE.npz@SECONDS") from None
    if not 0.0 <= seconds < frames / FRAME_RATE:
        raise StageError(f"--start-pose {text}: the recording has {frames / FRAME_RATE:.1f} s")
    pose = still(np.asarray(poses[int(seconds * FRAME_RATE), 0], np.float32))
    if not np.isfinite(pose).all():
        raise StageError(f"--start-pose {text}: that pose is not finite; choose another second")
    return pose
