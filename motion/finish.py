"""The last touch on a dancing body: feet that stand stay where they stand, and joints bend as joints do.

    root, local, contacts  ─► limits ─► where do heels and toes come to lie?
        a point that is down, low and slow is held where it landed; let go, it eases back on a spring
        the hips go along with the feet that stand, a little; the legs reach for the rest by inverse kinematics
    ─► root, local, contacts as they are

Heels and toes are the four points of `motion.contacts`. For each there is an offset: where it is shown, less where the
dancer would have it. Causal, any frame rate, world axes, the floor at y = 0. The ankle stands for the heel.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motion import ik, inertia, limits, rotation
from motion.contacts import FOOT_POINTS
from motion.kinematics import rest_positions
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID

Bools = NDArray[np.bool_]

LANDS, LIFTS = 0.6, 0.4  # contact numbers
LOW, HIGH = 0.06, 0.09  # metres over its rest height: a point lands below the first, and lifts above the second
SLOW = 0.6  # m/s: faster points do not land
FARTHEST = 0.14  # metres: a point is let go when it would be held so far from where the dancer has it
TWIST = 0.05  # metres: so far may the held points of one foot pull it about
RELEASE = 0.08  # s, half-life of what is left when a point is let go
SETTLE = 0.06  # s, half-life of the height at which it was caught
FOLLOW = 0.10  # s, half-life of the hips' answer to feet that would slide
HOME = 1.0  # s, half-life of the hips' way back
CLEAR, WALKS = 0.07, (0.3, 0.7)  # metres over its rest height that a foot comes to which travels so fast, m/s

_REST = rest_positions(HUMANOID)[FOOT_POINTS, 1]
_LEGS = np.array(
    [[BONES.index(side + name) for name in ("UpperLeg", "LowerLeg", "Foot")] for side in ("left", "right")]
)
_HIP, _KNEE, _ANKLE, _TOES = (
    HUMANOID.offsets[[BONES.index(side + name) for side in ("left", "right")]]
    for name in ("UpperLeg", "LowerLeg", "Foot", "Toes")
)
_LEVEL = np.array([1.0, 0.0, 1.0])


class FinishState(NamedTuple):
    """What N dancers' feet remember."""

    begun: Bools  # [N]
    raw: Floats  # [N, 4, 3] heels and toes as the dancer had them in the frame before
    held: Bools  # [N, 4]
    place: Floats  # [N, 4, 3] where they are held, the height that of the moment they were caught
    offset: Floats  # [N, 4, 3] metres, from the shifted body
    speed: Floats  # [N, 4, 3] m/s, of the offsets
    shift: Floats  # [N, 3] metres, of the hips, level
    pace: Floats  # [N, 3] m/s, of the shift


def init(dancers: int) -> FinishState:
    """N dancers who have not been seen yet."""
    feet, hips = np.zeros((dancers, 4, 3)), np.zeros((dancers, 3))
    down = np.zeros((dancers, 4), bool)
    return FinishState(np.zeros(dancers, bool), feet, down, feet, feet, feet, hips, hips)


def step(
    state: FinishState, root: Floats, local: Floats, contacts: NDArray[Any], fps: float
) -> tuple[Floats, Floats, Floats, FinishState]:
    """One frame: root [N, 3], local [N, 22, 4], contacts [N, 4] as they are shown, and the state to go on with.

    root: [N, 3] metres. local: [N, 22, 4] unit quaternions, the hips' in the world. contacts: [N, 4] in 0 to 1, what
    the dancer says of its heels and toes; those returned are 1 where a point is held.
    """
    local = limits.limit(local.astype(np.float64, copy=False))
    legs = local[:, _LEGS]
    thigh, knee, foot = legs[:, :, 0], legs[:, :, 1], legs[:, :, 2]
    shin = rotation.multiply(thigh, knee)
    sole = rotation.multiply(shin, foot)
    ankle = _HIP + rotation.rotate(thigh, _KNEE) + rotation.rotate(shin, _ANKLE)
    axes = rotation.to_matrix(local[:, 0])
    forth = rotation.rotate(sole, _TOES)
    points = np.stack([ankle, ankle + forth], axis=2).reshape(-1, 4, 3)
    feet = root[:, None] + points @ axes.swapaxes(1, 2)
    state = _stand(state, feet, contacts, fps)
    wanted = (state.offset @ axes).reshape(-1, 2, 2, 3) + points.reshape(-1, 2, 2, 3)
    turn = rotation.shortest_arc(forth, wanted[:, :, 1] - wanted[:, :, 0])
    ankle = (wanted[:, :, 0] + wanted[:, :, 1] - rotation.rotate(turn, forth)) / 2
    thigh, knee = ik.reach(thigh, knee, _KNEE[0], _ANKLE[0], ankle - _HIP)
    foot = rotation.multiply(rotation.inverse(rotation.multiply(thigh, knee)), rotation.multiply(turn, sole))
    local[:, _LEGS] = np.stack([thigh, knee, foot], axis=2)
    return root + state.shift, local, state.held.astype(np.float64), state


def _stand(state: FinishState, raw: Floats, contacts: NDArray[Any], fps: float) -> FinishState:
    """Which points of the feet raw [N, 4, 3] are held from now on, and where all come to lie."""
    seconds = 1.0 / fps
    fresh = ~state.begun[:, None, None]
    was = np.where(fresh, raw, state.raw)
    height = raw[..., 1] - _REST
    along = np.hypot(*np.moveaxis((raw - was)[..., ::2], -1, 0)) * fps
    lands = (contacts >= LANDS) & (height < LOW) & (along < SLOW)
    stays = state.held & (contacts >= LIFTS) & (height < HIGH)
    shift, pace = _follow(state, raw, stays, seconds)
    body = raw + shift[:, None]

    # as it would be if it were not held: what is left eases away, or towards what holds the other end of the foot
    goal = np.where(_other(stays)[..., None], _other(state.offset), 0.0)
    goal[..., 1] += _clearance(height, along, stays)
    left, speed = inertia.fade(state.offset - goal, state.speed, seconds, RELEASE)
    free = _of_length(body + goal + left, raw, stays)
    place = np.where(stays[..., None], state.place, free)
    place[..., 1] = _REST + (place[..., 1] - _REST) * np.where(fresh[..., 0], 0.0, 0.5 ** (seconds / SETTLE))
    pull = place - body
    far = _size(pull)
    twisted = stays & _other(stays) & (_size(pull - _other(pull)) > TWIST) & (far >= _other(far))
    held = (stays | lands) & (far < FARTHEST) & ~twisted
    kept = held[..., None]
    offset = np.where(kept, pull, free - body)
    speed = np.where(fresh, 0.0, np.where(kept, (pull - state.offset) * fps, speed))
    return FinishState(np.ones_like(state.begun), raw, held, place, offset, speed, shift, pace)


def _follow(state: FinishState, raw: Floats, stays: Bools, seconds: float) -> tuple[Floats, Floats]:
    """The hips' shift and its pace: after the feet that stand, and home where none does."""
    standing = stays[..., None]
    count = np.add.reduce(standing, axis=1)
    slip = np.add.reduce((state.place - raw) * standing, axis=1) * _LEVEL / np.maximum(count, 1)
    goal = np.where(count > 0, slip, 0.0)
    left, pace = inertia.fade(state.shift - goal, state.pace, seconds, np.where(count > 0, FOLLOW, HOME))
    return goal + left, pace


def _clearance(height: Floats, along: Floats, stays: Bools) -> Floats:
    """How much higher [N, 4] the points of a foot go that is free and travels: over the floor, not along it."""
    share = np.clip((along - WALKS[0]) / (WALKS[1] - WALKS[0]), 0.0, 1.0)
    lift = np.maximum(CLEAR - height, 0.0) * share
    both = np.maximum(lift, _other(lift))
    return np.where(stays | _other(stays), 0.0, both)


def _of_length(points: Floats, raw: Floats, held: Bools) -> Floats:
    """The points [N, 4, 3], those that are free as far as the foot is long from those that are held."""
    forth = points - _other(points)
    scale = _size(raw - _other(raw)) / np.maximum(_size(forth), rotation.TINY)
    return np.where((_other(held) & ~held)[..., None], _other(points) + forth * scale[..., None], points)


def _other(points: NDArray[Any]) -> NDArray[Any]:
    """Heels and toes [N, 4, ...] of each foot exchanged."""
    return points[:, [1, 0, 3, 2]]


def _size(v: Floats) -> Floats:
    size: Floats = np.sqrt(np.add.reduce(v * v, axis=-1))
    return size
