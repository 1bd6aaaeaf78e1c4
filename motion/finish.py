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

from motion import ik, inertia, limits, rotation, small
from motion.contacts import FOOT_POINTS
from motion.kinematics import rest_positions
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID

Bools = NDArray[np.bool_]

LANDS, LIFTS = 0.6, 0.4  # contact numbers
LOW, HIGH = 0.06, 0.09  # metres over its rest height: a point lands below the first, and lifts above the second
SLOW, RESTS = 0.8, 0.3  # m/s: faster points do not land; points that rest so stand, whatever the dancer says
FARTHEST = 0.18  # metres: a point is let go when it would be held so far from where the dancer has it,
STRAY = 0.8  # metres: and the sooner the nearer the hips are to so great a shift
GLIDES = 1.2  # m/s: and when the dancer means to glide
TWIST = 0.08  # metres: so far may the held points of one foot pull it about
RELEASE = 0.07  # s, half-life of what is left when a point is let go
SETTLE = 0.08  # s, half-life of the height at which it was caught
FOLLOW = 0.15  # s, half-life of the hips' answer to feet that would slide
HOME = 1.0  # s, half-life of the hips' way back in the air
CREEP = 0.2  # of that way a second goes with the feet that stand: nobody sees it, and nobody leaves the stage
CLEAR, WALKS = 0.085, (0.2, 0.4)  # metres over its rest height that a foot comes to which travels so fast, m/s

_SIDES = ("left", "right")
_POINTS = np.array(FOOT_POINTS).reshape(2, 2)
_REST = rest_positions(HUMANOID)[_POINTS, 1]
_LEGS = np.array([[BONES.index(side + name) for name in ("UpperLeg", "LowerLeg", "Foot")] for side in _SIDES])
_HIP = HUMANOID.offsets[_LEGS[:, 0]]
_KNEE, _ANKLE = HUMANOID.offsets[_LEGS[0, 1:]]
_TOES = HUMANOID.offsets[_POINTS[0, 1]]
_FOOT = float(np.linalg.norm(_TOES))
_LEVEL = np.array([1.0, 0.0, 1.0])


class FinishState(NamedTuple):
    """What N dancers' feet remember: left and right, heel and toe of each."""

    begun: Bools  # [N]
    raw: Floats  # [N, 2, 2, 3] heels and toes as the dancer had them in the frame before
    held: Bools  # [N, 2, 2]
    place: Floats  # [N, 2, 2, 3] where they are held
    offset: Floats  # [N, 2, 2, 3] metres, from where the shifted body has them
    speed: Floats  # [N, 2, 2, 3] m/s, of the offsets
    shift: Floats  # [N, 3] metres, of the hips, level
    pace: Floats  # [N, 3] m/s, of the shift


def init(dancers: int) -> FinishState:
    """N dancers who have not been seen yet."""
    feet, hips = np.zeros((dancers, 2, 2, 3)), np.zeros((dancers, 3))
    down = np.zeros((dancers, 2, 2), bool)
    return FinishState(np.zeros(dancers, bool), feet, down, feet, feet, feet, hips, hips)


def step(
    state: FinishState, root: Floats, local: Floats, contacts: NDArray[Any], fps: float
) -> tuple[Floats, Floats, Floats, FinishState]:
    """One frame: root [N, 3], local [N, 22, 4], contacts [N, 4] as they are shown, and the state to go on with.

    root: [N, 3] metres. local: [N, 22, 4] unit quaternions, the hips' in the world. contacts: [N, 4] in 0 to 1, what
    the dancer says of its heels and toes; those returned are 1 where a point is held.
    """
    local = limits.limit(local.astype(np.float64, copy=False))
    axes = small.to_matrix(local[:, 0])[:, None]  # the hips': legs are thought of in them
    legs = local[:, _LEGS]
    thigh, shin, sole = _chain(small.to_matrix(legs))
    ankle = _HIP + thigh @ _KNEE + shin @ _ANKLE
    forth = sole @ _TOES
    points = np.empty((*ankle.shape[:2], 2, 3))
    points[:, :, 0], points[:, :, 1] = ankle, ankle + forth
    state = _stand(state, root[:, None, None] + points @ axes.swapaxes(2, 3), contacts.reshape(-1, 2, 2), fps)
    wanted = points + state.offset @ axes
    along = wanted[:, :, 1] - wanted[:, :, 0]
    unit = along / np.maximum(small.length(along), rotation.TINY)[..., None]
    ankle = (wanted[:, :, 0] + wanted[:, :, 1] - _FOOT * unit) / 2
    local[:, _LEGS] = _legs(legs, ankle - _HIP, small.shortest_arc(forth, along))
    return root + state.shift, local, state.held.reshape(-1, 4).astype(np.float64), state


def _chain(legs: Floats) -> tuple[Floats, Floats, Floats]:
    """Thigh, shin and foot in the hips' axes, [N, 2, 3, 3] each, of their matrices [N, 2, 3, 3, 3]."""
    thigh = legs[:, :, 0]
    shin = thigh @ legs[:, :, 1]
    return thigh, shin, shin @ legs[:, :, 2]


def _legs(legs: Floats, target: Floats, turn: Floats) -> Floats:
    """Local rotations [N, 2, 3, 4] of legs whose ankles reach for `target` [N, 2, 3] and whose feet turn, [N, 2, 4]."""
    thigh, knee, foot = legs[:, :, 0], legs[:, :, 1], legs[:, :, 2]
    sole = small.multiply(turn, small.multiply(small.multiply(thigh, knee), foot))
    bent = np.empty_like(legs)
    bent[:, :, 0], bent[:, :, 1] = ik.reach(thigh, knee, _KNEE, _ANKLE, target)
    bent[:, :, 2] = small.multiply(rotation.inverse(small.multiply(bent[:, :, 0], bent[:, :, 1])), sole)
    return bent


def _stand(state: FinishState, raw: Floats, contacts: NDArray[Any], fps: float) -> FinishState:
    """Which points of the feet raw [N, 2, 2, 3] are held from now on, and where all come to lie."""
    seconds = 1.0 / fps
    fresh = ~state.begun[:, None, None, None]
    height = raw[..., 1] + state.shift[:, 1, None, None] - _REST
    along = small.length((raw - np.where(fresh, raw, state.raw)) * _LEVEL) * fps
    stays = state.held & ((contacts >= LIFTS) | (along < RESTS)) & (height < HIGH) & (along < GLIDES)
    lands = np.where(contacts >= LANDS, along < SLOW, along < RESTS / 2) & (height < LOW)
    shift, pace = _follow(state, raw, stays, seconds)
    body = raw + shift[:, None, None]

    # as it would be if it were not held: what is left eases away, or towards what holds the other end of the foot
    drawn = _other(stays)
    goal = np.where(drawn[..., None], _other(state.offset), 0.0)
    goal[..., 1] += _clearance(height, along, stays | drawn)
    left, speed = inertia.fade(state.offset - goal, state.speed, seconds, RELEASE)
    free = _of_length(body + goal + left, drawn & ~stays)
    home = (state.shift * _LEVEL * (CREEP * seconds))[:, None, None]
    place = np.where(stays[..., None], state.place - home, free)
    place[..., 1] = _REST + (place[..., 1] - _REST) * np.where(fresh[..., 0], 0.0, 0.5 ** (seconds / SETTLE))
    pull = place - body
    far = small.length(pull)
    twisted = stays & drawn & (small.length(pull - _other(pull)) > TWIST) & (far >= _other(far))
    reach = FARTHEST * np.maximum(1.0 - small.length(shift) / STRAY, 0.0)
    held = (stays | lands) & (far < reach[:, None, None]) & ~twisted
    kept = held[..., None]
    offset = np.where(kept, pull, free - body)
    speed = np.where(fresh, 0.0, np.where(kept, (pull - state.offset) * fps, speed))
    if not state.begun.all():  # who is first seen standing has nothing to settle
        slip = _mean_slip(place, raw, held) * ~state.begun[:, None]
        shift, offset = shift + slip, offset - np.where(kept, slip[:, None, None], 0.0)
    return FinishState(np.ones_like(state.begun), raw, held, place, offset, speed, shift, pace)


def _mean_slip(place: Floats, raw: Floats, held: Bools) -> Floats:
    """[N, 3] how far the dancer would carry the held points from their places."""
    count = np.add.reduce(held, axis=(1, 2))[:, None]
    mean: Floats = np.add.reduce((place - raw) * held[..., None], axis=(1, 2)) / np.maximum(count, 1)
    return mean


def _follow(state: FinishState, raw: Floats, stays: Bools, seconds: float) -> tuple[Floats, Floats]:
    """The hips' shift and its pace: after the feet that stand, and home where none does."""
    goal, stands = _mean_slip(state.place, raw, stays), np.logical_or.reduce(stays, axis=(1, 2))[:, None]
    left, pace = inertia.fade(state.shift - goal, state.pace, seconds, np.where(stands, FOLLOW, HOME))
    return goal + left, pace


def _clearance(height: Floats, along: Floats, stands: Bools) -> Floats:
    """How much higher [N, 2, 2] the points of a foot go that is free: over the floor, not along it or through it."""
    share = np.minimum(np.maximum((along - WALKS[0]) / (WALKS[1] - WALKS[0]), 0.0), 1.0)
    lift = np.maximum(np.maximum(CLEAR - height, 0.0) * share, -height)
    both: Floats = np.maximum(lift, _other(lift))
    return both * ~stands


def _of_length(points: Floats, drawn: Bools) -> Floats:
    """The points [N, 2, 2, 3], those that are drawn by the other end of their foot at its length from it."""
    forth = points - _other(points)
    scale = _FOOT / np.maximum(small.length(forth), rotation.TINY)
    return np.where(drawn[..., None], _other(points) + forth * scale[..., None], points)


def _other(points: NDArray[Any]) -> NDArray[Any]:
    """[N, 2, 2, ...] with heel and toe of each foot exchanged."""
    return points[:, :, ::-1]
