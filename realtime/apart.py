"""Dancers of a crew do not walk through each other: who comes close to another is led aside. Pure.

    step(state, own, seen, room, free) -> state'         own + state'.offset is where each dancer's body goes

A dancer wanders from its place as its dance has it and knows nothing of the others. What leads it aside is a share of
its own pace, so that no foot slides that stands; once there is room again it is led back in the same way.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]
Bools = NDArray[np.bool_]

ROOM, ROOM_SHARE = 0.9, 0.6  # metres from hips to hips that are kept free: at most, and of the nearest place's distance
AHEAD = 0.5  # s: they look so far ahead
GAIN = 5.0  # 1/s: how fast who is too close is led aside
HOME_SECONDS = 8.0  # in which what leads aside fades
SHARE = 1.0  # of a dancer's own pace: at most so fast it is led
SMOOTH = 0.5  # of the way to another pace, each frame
FARTHEST = 1.2  # m


class Apart(NamedTuple):
    """How far each dancer is led aside."""

    offset: Floats  # [N, 2] x, z in metres
    pace: Floats  # [N, 2] m/s, of the offset
    own: Floats  # [N, 2] where the dancers were in their own dance
    seen: Floats  # [N, 2] where they were seen in the world


def init(places: Floats) -> Apart:
    """Dancers in their places [N, 2], nobody led."""
    zeros = np.zeros_like(places)
    return Apart(zeros, zeros, zeros, places)


def room(places: Floats) -> float:
    """Metres that dancers with these places [N, 2] keep from each other."""
    far = _distances(places[:, None] - places)
    return float(min(ROOM, ROOM_SHARE * far.min())) if len(places) > 1 else 0.0


def step(state: Apart, own: Floats, seen: Floats, wide: float, free: Bools, fps: float) -> Apart:
    """One frame: own [N, 2] in each one's dance, seen [N, 2] in the world a frame ago, wide: see `room`.

    free [N]: who dances for itself; those who follow are where they are.
    """
    between = seen[:, None] - seen
    closing = (seen - state.seen) * fps
    far = _distances(between)
    soon = _distances(between + AHEAD * (closing[:, None] - closing))
    lacking = np.maximum(wide - np.minimum(far, soon), 0.0)
    aside = GAIN * (lacking / far)[..., None] * between
    wanted = (aside.sum(axis=1) - state.offset / HOME_SECONDS) * free[:, None]
    most = SHARE * np.hypot(*(own - state.own).T) * fps
    pace = state.pace + SMOOTH * (wanted - state.pace)
    pace *= np.minimum(1.0, most / np.maximum(np.hypot(*pace.T), 1e-9))[:, None]
    offset = state.offset + pace / fps
    offset *= np.minimum(1.0, FARTHEST / np.maximum(np.hypot(*offset.T), 1e-9))[:, None]
    return Apart(offset, pace, own, seen)


def _distances(between: Floats) -> Floats:
    """[N, N] lengths of [N, N, 2]; nobody is near itself."""
    far = np.hypot(between[..., 0], between[..., 1])
    np.fill_diagonal(far, np.inf)
    return np.maximum(far, 1e-6)
