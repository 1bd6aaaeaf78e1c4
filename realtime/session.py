"""All that a running show remembers, in one object that can be reset, saved and restored bit for bit."""

import copy
from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio import beat, config, features, framing, resample
from motion import pose
from realtime.controls import CommandQueue, Controls, Freeze, Hello, Reset, SetControl, SetLead, SetSeed, SetStyle
from realtime.engines.base import Engine, EngineState
from realtime.frame import F32
from realtime.noise import Noise
from realtime.stats import Stats

SPACING = 1.4  # metres between dancers
ROW = 8  # dancers side by side


@dataclass
class Moment:
    """The state between two frames. Everything that the next pose depends on, besides the sound to come."""

    resample: resample.ResampleState
    framing: framing.FramingState
    waiting: deque[F32]  # frames [1600] that are complete but not danced yet
    features: features.FeatureState
    beat: Any
    body: EngineState
    place: pose.PlaceState
    rotations: NDArray[np.floating]  # [N, 22, 4] the last ones: a quaternion's sign goes on from them
    index: int  # of the next frame
    pose: F32  # [N, 140] the last one
    controls: F32  # [N, C]
    seed: int
    lead_ms: float
    frozen: bool


class Session:
    """N dancers of one engine that hear one source of `rate` Hz."""

    def __init__(
        self, engine: Engine, rate: int = config.RATE, dancers: int = 1, seed: int = 0, lead_ms: float = 0.0
    ) -> None:
        self.engine = engine
        self.rate = rate
        self.dancers = dancers
        self.controls = Controls(engine.manifest, dancers)
        self.commands = CommandQueue(self.controls)
        self.noise = Noise(dancers, engine.manifest.noise_size)
        self.stats = Stats()
        self.hello_wanted = False
        self._begin = {"seed": seed, "lead_ms": lead_ms}
        self.moment = self._first(seed, lead_ms)

    @property
    def lead(self) -> float:
        """Seconds from the end of the frame heard to the instant that its pose is for."""
        return self.engine.manifest.lead_frames / config.FRAME_RATE + self.moment.lead_ms / 1e3

    def reset(self) -> None:
        """As at the beginning, controls apart: those stay as they are."""
        self.moment = self._first(int(self._begin["seed"]), self._begin["lead_ms"])

    def save(self) -> Moment:
        """A copy of the state that nothing else touches."""
        return copy.deepcopy(self.moment)

    def restore(self, saved: Moment) -> None:
        """Go on from a saved state; it can be restored again."""
        self.moment = copy.deepcopy(saved)
        self.controls.values = self.moment.controls

    def apply_commands(self) -> None:
        """Bring in what was asked for since the last frame; called at each frame's border."""
        moment, controls = self.moment, self.controls
        for command in self.commands.drain():
            match command:
                case SetControl(name, value, dancer):
                    controls.set(name, value, dancer)
                case SetStyle(style, weight, dancer):
                    controls.set_style(style, weight, dancer)
                case SetSeed(seed):
                    moment.seed = seed
                case SetLead(ms):
                    moment.lead_ms = ms
                case Freeze(on):
                    moment.frozen = on
                    moment.pose = standing_still(moment.pose) if on else moment.pose
                case Reset():
                    self.begin_dancers()
                case Hello():
                    self.hello_wanted = True

    def begin_dancers(self) -> None:
        """Put the dancers back to their first state and place; what was heard stays."""
        self.moment.body = self.engine.init_state(self.dancers)
        self.moment.place = _formation(self.dancers)

    def _first(self, seed: int, lead_ms: float) -> Moment:
        return Moment(
            resample=resample.init(self.rate),
            framing=framing.init(),
            waiting=deque(),
            features=features.init(),
            beat=beat.init(),
            body=self.engine.init_state(self.dancers),
            place=_formation(self.dancers),
            rotations=np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (self.dancers, len(self.engine.manifest.bones), 1)),
            index=0,
            pose=_standing(self.dancers),
            controls=self.controls.values,
            seed=seed,
            lead_ms=lead_ms,
            frozen=False,
        )


def _formation(dancers: int) -> pose.PlaceState:
    """Rows of at most ROW dancers beside each other, centred, the first row in front."""
    n = np.arange(dancers)
    in_row = np.minimum(dancers - n // ROW * ROW, ROW)
    x = (n % ROW - (in_row - 1) / 2) * SPACING
    return pose.init(dancers, x=x, z=-(n // ROW) * SPACING)


def standing_still(poses: F32) -> F32:
    """The same poses [N, 140] on the spot."""
    still = poses.copy()
    still[:, pose.VELOCITY] = still[:, pose.YAW_RATE] = 0.0
    return still


def _standing(dancers: int) -> F32:
    """The T-pose at rest, shown until the first step."""
    stand = np.zeros((dancers, pose.POSE_SIZE), np.float32)
    stand[:, pose.ROOT_HEIGHT] = 0.95
    stand[:, pose.ROTATIONS] = np.tile(np.array([1, 0, 0, 0, 1, 0], np.float32), 22)
    return stand
