"""Poses between poses: a cubic through the keys whose speed does not jump.

Root positions move on a cubic Hermite curve. Rotations move on its like in the rotation group: with the cumulative
Bernstein weights B of Kim, Kim and Shin 1995 (SIGGRAPH, "A general construction scheme for unit quaternion curves")

    q(u) = q_a exp(w_1 B_1(u)) exp(w_2 B_2(u)) exp(w_3 B_3(u))    with w_1, w_3 a third of the speeds at both ends

goes through both keys with these speeds. Speeds are those of the cubic spline (continuous acceleration) through the key
before, the key and the key after, given the speed before: so one key more than the two around a span has to be known.
A curve through fewer keys overshoots where a body stops, which is what bodies do on the beat. Keys are passed exactly.

Speeds of rotations are radians a second about the bone's own axes. Everything is float64.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motion.rotation import Floats, from_axis_angle, inverse, multiply, to_axis_angle

LOOK_AHEAD = 2  # keys that must be known from the start of a span on: its end, and the one after
LEAP = 0.5  # metres of the hips from key to key: no dance but a new place, and nothing moves between


class Key(NamedTuple):
    """One pose of N dancers and the speeds with which it is passed."""

    time: float  # s
    root: Floats  # [N, 3] metres
    local: Floats  # [N, J, 4] xyzw, local rotations
    root_speed: Floats  # [N, 3]
    turn_speed: Floats  # [N, J, 3]


class Span(NamedTuple):
    """The movement between two keys."""

    time: float  # s, where it starts
    seconds: float
    root: Floats  # [4, N, 3] weights of the powers of u
    first: Floats  # [N, J, 4]
    turns: Floats  # [3, N, J, 3] rotation vectors w_1, w_2, w_3
    leaps: NDArray[np.bool_]  # [N] who is in a new place at its end, and stands still until then


def key(time: float, root: Floats, local: Floats, before: Key | None = None, after: Key | None = None) -> Key:
    """A key with its speeds, from its neighbours: all that is known; without any it is passed at rest.

    root: [N, 3], local: [N, J, 4]; of `after` only the place counts. The spline's condition at a key is linear in the
    speeds on both sides; the end after it is taken as free (no acceleration), as nothing is known beyond.
    """
    here = Key(time, root.astype(np.float64), local.astype(np.float64), np.zeros(root.shape), _no_turn(local))
    if before is None:
        return here
    rate = 1.0 / (time - before.time)
    moved, turned = _step(before, here)
    root_speed = 3 * rate * rate * moved - rate * before.root_speed
    turn_speed = 3 * rate * rate * turned - rate * before.turn_speed
    stiffness = 2 * rate
    leaps = _leaps(moved)
    if after is not None:
        rate = 1.0 / (after.time - time)
        moved, turned = _step(here, after)
        root_speed += 1.5 * rate * rate * moved
        turn_speed += 1.5 * rate * rate * turned
        stiffness += 1.5 * rate
        leaps |= _leaps(moved)
    root_speed[leaps] = turn_speed[leaps] = 0.0
    return here._replace(root_speed=root_speed / stiffness, turn_speed=turn_speed / stiffness)


def between(a: Key, b: Key) -> Span:
    """The movement from a to b with their speeds at its ends."""
    seconds = b.time - a.time
    moved = b.root - a.root
    start, end = a.root_speed * seconds, b.root_speed * seconds
    root = np.stack([a.root, start, 3 * moved - 2 * start - end, start + end - 2 * moved])
    first, last = a.turn_speed * (seconds / 3), b.turn_speed * (seconds / 3)
    ends = from_axis_angle(-np.stack([first, last]))
    middle = multiply(multiply(ends[0], multiply(inverse(a.local), b.local)), ends[1])
    turns = np.stack([first, to_axis_angle(middle), last])
    return Span(a.time, seconds, root, a.local, turns, _leaps(moved))


def at(span: Span, times: NDArray[np.float64]) -> tuple[Floats, Floats]:
    """Root positions [S, N, 3] and local rotations [S, N, J, 4] at the times [S]; the ends are held outside."""
    u = np.clip((times - span.time) / span.seconds, 0.0, 1.0)[:, None]
    u = np.where(span.leaps, np.floor(u), u)[..., None]
    a, b, c, d = span.root
    root = a + u * (b + u * (c + u * d))
    u = u[..., None]
    shares = np.stack([1 - (1 - u) ** 3, u * u * (3 - 2 * u), u * u * u])
    turns = from_axis_angle(span.turns[:, None] * shares)
    return root, multiply(multiply(multiply(span.first, turns[0]), turns[1]), turns[2])


def _step(a: Key, b: Key) -> tuple[Floats, Floats]:
    """From a to b: metres [N, 3] and the short turns [N, J, 3]."""
    return b.root - a.root, to_axis_angle(multiply(inverse(a.local), b.local))


def _leaps(moved: Floats) -> NDArray[np.bool_]:
    far: NDArray[np.bool_] = np.sum(moved * moved, axis=-1) > LEAP * LEAP
    return far


def _no_turn(local: Floats) -> Floats:
    return np.zeros((*local.shape[:-1], 3))
