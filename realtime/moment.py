"""What a show remembers between two frames, and how it begins."""

from collections import deque
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio import beat, config, features, framing, resample
from motion import finish, opening, pose
from realtime import apart, crew, formation
from realtime.engines.base import Engine, EngineState
from realtime.frame import F32


@dataclass
class Moment:
    """The state between two frames. Everything that the next pose depends on, besides the sound to come."""

    heard: int  # samples, at the source's rate
    resample: resample.ResampleState
    framing: framing.FramingState
    waiting: deque[F32]  # frames [1600] that are complete but not danced yet
    features: features.FeatureState
    beat: Any
    bpm: float | None  # the tempo that the performer holds
    held_bpm: float | None  # the tempo that the beat engine holds: the performer's, or that of a clock without a beat
    clock: str  # what rules the beat, as the report says it
    body: EngineState
    place: pose.PlaceState  # from each dancer's place in the formation
    opening: opening.OpeningState | None  # while the dancers stand in the pose they begin in, or ease out of it
    seen: NDArray[np.floating]  # [N, 2] x, z of the hips in the world, as shown last
    apart: apart.Apart
    finish: finish.FinishState
    alone: crew.Bodies  # the last ones, finished, as each dances alone
    crew: crew.Crew
    rotations: NDArray[np.floating]  # [N, 22, 4] the last ones: a quaternion's sign goes on from them
    index: int  # of the next frame
    pose: F32  # [N, 140] the last one
    controls: F32  # [N, C]
    seed: int
    own_seeds: dict[int, int]  # dancer: seed, for those who have one of their own
    lead_ms: float
    frozen: bool


def first(
    engine: Engine,
    rate: int,
    dancers: int,
    seed: int,
    lead_ms: float,
    bpm_range: tuple[float, float],
    bpm: float | None,
    plan: crew.Plan,
    start: F32 | None,
    controls: F32,
) -> Moment:
    """Before anything was heard, N dancers standing in the pose `start` [140], or in the T-pose."""
    places = formation.places(plan.formation, dancers, plan.spacing)
    standing = _standing(dancers) if start is None else np.tile(start, (dancers, 1))
    return Moment(
        heard=0,
        resample=resample.init(rate),
        framing=framing.init(),
        waiting=deque(),
        features=features.init(),
        beat=beat.init(*bpm_range),
        bpm=bpm,
        held_bpm=None,
        clock="heard",
        body=engine.init_state(dancers),
        place=pose.init(dancers),
        opening=None if start is None else opening.init(start, dancers),
        seen=places,
        apart=apart.init(places),
        finish=finish.init(dancers),
        alone=in_place(standing),
        crew=crew.begin(plan, dancers),
        rotations=np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (dancers, len(engine.manifest.bones), 1)),
        index=0,
        pose=standing,
        controls=controls,
        seed=seed,
        own_seeds={},
        lead_ms=lead_ms,
        frozen=False,
    )


def in_place(poses: F32) -> crew.Bodies:
    """The bodies of poses [N, 140] at rest where each begins."""
    *bodies, _ = pose.decode(opening.still(poses), pose.init(len(poses)), config.FRAME_RATE)
    return crew.Bodies(*bodies)


def _standing(dancers: int) -> F32:
    """The T-pose at rest, shown until the first step."""
    stand = np.zeros((dancers, pose.POSE_SIZE), np.float32)
    stand[:, pose.ROOT_HEIGHT] = 0.95
    stand[:, pose.ROTATIONS] = np.tile(np.array([1, 0, 0, 0, 1, 0], np.float32), 22)
    return stand
