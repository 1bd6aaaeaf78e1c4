"""What one tick of the stage produces, and what every sink is given."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from audio.beat import Beat, Reading

F32 = NDArray[np.float32]


class StageError(ValueError):
    """Something the user can mend; the message is one line that names the thing and the remedy."""


@dataclass(slots=True)
class BeatReport:
    """The beat as predicted for the pose's own instant (now + lead)."""

    beat_phase: float  # 0-1
    bar_phase: float  # 0-1
    bpm: float
    confidence: float  # 0-1
    beat_in_bar: int  # 1..
    music: bool
    clock: str = "heard"  # what rules: "heard", "set" (a tempo held by hand), "midi", "link", "stage" (another one)

    @classmethod
    def of(cls, beat: Beat, clock: str = "heard") -> Self:
        """What is reported of a prediction."""
        music = bool(beat.music)
        return cls(beat.beat_phase, beat.bar_phase, beat.bpm, beat.confidence, beat.beat_in_bar, music, clock)


@dataclass(slots=True)
class StageFrame:
    """Pose frame k of N dancers. Arrays belong to the frame; a sink must not write into them."""

    index: int  # k
    audio_time: float  # s, (k + 1) / 15
    lead: float  # s, the pose is for audio_time + lead
    samples: F32  # [1600] the sound of this frame at the stage rate
    features: F32  # [F]
    beat: F32  # [K] as the network was given it
    report: BeatReport
    reading: Reading  # what the beat engine knows at audio_time, without a lead
    loudness_db: float
    energy: float  # 0-1
    controls: F32  # [N, C]
    pose: F32  # [N, 140]
    root_position: F32  # [N, 3] hips in the world, metres
    rotations: F32  # [N, 22, 4] xyzw, local; the hips' is its world rotation
    positions: F32  # [N, 22, 3] world, metres
    contacts: F32  # [N, 4] 0-1
