"""One dance with the music's beats under it, and how dances are made of pose vectors and of recorded takes."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME_RATE
from model import motion_beats
from model.datasets.take import Take
from model.metrics.body import F64
from motion import finish, kinematics, pose, retarget
from motion.skeleton import HUMANOID

SHORTEST = 8  # beats, and seconds
TRIPLE = ("waltz",)  # styles danced to three beats a bar


class Dance(NamedTuple):
    """Frame k is k / fps seconds after the first; so count the beats (s), which may reach beyond both ends."""

    song: str
    style: str
    seed: int
    fps: float
    positions: F64  # [T, 22, 3] m
    beats: F64
    metre: int

    @property
    def seconds(self) -> float:
        """How long it is."""
        return len(self.positions) / self.fps

    @property
    def inside(self) -> F64:
        """The beats while it lasts."""
        return self.beats[(self.beats >= 0) & (self.beats <= self.seconds)]

    @property
    def has_beats(self) -> bool:
        """Whether there are enough to be scored by."""
        return len(self.inside) >= SHORTEST

    @property
    def tempo(self) -> float:
        """Beats a minute."""
        return 60.0 / float(np.median(np.diff(self.inside)))

    @property
    def is_steady(self) -> bool:
        """Whether the beat is a clock's: nine in ten intervals within 4 % of the middle one."""
        periods = np.diff(self.inside)
        return float(np.percentile(np.abs(periods / np.median(periods) - 1.0), 90)) < 0.04

    def part(self, start: float, seconds: float) -> "Dance":
        """The piece of so many seconds from `start`."""
        first = round(start * self.fps)
        frames = self.positions[first : first + round(seconds * self.fps)]
        return self._replace(positions=frames, beats=self.beats - first / self.fps)

    def parts(self, seconds: float, start: float = 0.0) -> list["Dance"]:
        """The whole pieces of so many seconds, one after the other."""
        count = int((self.seconds - start + 1e-6) / seconds)
        return [self.part(start + number * seconds, seconds) for number in range(count)]


def shown(poses: list[NDArray[np.float32]]) -> list[F64]:
    """World positions [T, 22, 3] of pose vectors [T, 140] at 15 Hz, finished as on the stage, from the origin."""
    longest = max(map(len, poses))
    rows = np.stack([np.concatenate([row, np.repeat(row[-1:], longest - len(row), axis=0)]) for row in poses])
    place, finished = pose.init(len(rows)), finish.init(len(rows))
    frames = []
    for now in rows.swapaxes(0, 1):
        root, local, contacts, place = pose.decode(now, place, FRAME_RATE)
        stands, turned, _, finished = finish.step(finished, root, local, contacts, FRAME_RATE)
        frames.append(kinematics.forward(HUMANOID, stands, turned)[0])
    bodies = np.stack(frames, axis=1)
    return [body[: len(row)] for body, row in zip(bodies, poses, strict=True)]


def recorded(take: Take) -> Dance:
    """A take at the dancers' 15 Hz. Where it names no beats they are found in the motion itself, which flatters it."""
    root, local = retarget.resample(take.root, take.rotations, take.fps, FRAME_RATE)
    body, _ = kinematics.forward(HUMANOID, root, local)
    if not take.in_time:
        beats = np.zeros(0)
    elif take.beats is not None:
        beats = np.asarray(take.beats, np.float64)
    else:
        full, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
        beats = np.asarray(motion_beats.estimate(full, take.fps), np.float64)
    return Dance(take.name, take.style, 0, FRAME_RATE, np.asarray(body, np.float64), beats, metre_of(take.style))


def metre_of(style: str) -> int:
    """Beats a bar of what a style is danced to."""
    return 3 if style in TRIPLE else 4
