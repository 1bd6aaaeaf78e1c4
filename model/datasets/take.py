"""One recorded (or made) dance, as every data set hands it over."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray


@dataclass
class Take:
    """T frames of one dancer at `fps`, on the 22 bones of `motion.skeleton.HUMANOID`.

    root: [T, 3] metres, hips in the world, floor at y = 0. rotations: [T, 22, 4] xyzw, local, unit.
    mask: [22] True where the source really moved the bone. audio: the song danced to, if any; the take's first
    frame falls `audio_offset` seconds into it. beats: [n] seconds from the first frame, if the source knows them.
    """

    name: str
    dataset: str
    style: str
    split: str  # train | val | test
    terms: str  # the licence, as its owner words it
    fps: float
    root: NDArray[np.float64]
    rotations: NDArray[np.float64]
    mask: NDArray[np.bool_]
    audio: Path | None = None
    audio_offset: float = 0.0
    beats: NDArray[np.float64] | None = None
    in_time: bool = True  # False where the dance is known to drift away from its song
    notes: dict[str, str] = field(default_factory=dict)
