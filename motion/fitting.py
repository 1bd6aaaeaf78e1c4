"""Rotations from joint positions alone: pose estimators, marker sets, key points.

Points say where a limb goes, not how it is twisted. The twist of a thigh or an upper arm comes from the plane in which
the next joint bends, for knees are hinges and elbows nearly so; that of a straight leg from where the foot points.
Rolls of forearms and hands cannot be seen and stay 0.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motion import kinematics, retarget, rotation
from motion.rotation import Floats
from motion.skeleton import MotionError, Skeleton

# points on the body that are no joint of ours, where they are at rest (metres, 1.70 m adult)
MARKS = {
    "belly": (0.0, 1.045, 0.05),
    "nose": (0.0, 1.58, 0.11),
    "leftEar": (0.075, 1.605, 0.01),
    "rightEar": (-0.075, 1.605, 0.01),
    "headEnd": (0.0, 1.70, 0.01),
    "leftHandEnd": (0.88, 1.41, 0.0),
    "rightHandEnd": (-0.88, 1.41, 0.0),
}
_ARMS = ("leftUpperArm", "rightUpperArm")
_THIGHS = ("leftUpperLeg", "rightUpperLeg")
_EARS = ("leftEar", "rightEar")
_NEEDED = (*_ARMS, *_THIGHS, "leftLowerLeg", "rightLowerLeg", "leftFoot", "rightFoot")
_STRAIGHT, _BENT = np.radians(10.0), np.radians(25.0)


class _Line(NamedTuple):
    """From some points to others: at rest (metres [3]) and as seen ([T, 3])."""

    rest: NDArray[np.float64]
    seen: NDArray[np.float64]


class _Body:
    """The points that are known, at rest and as seen; lines between them."""

    def __init__(self, points: Mapping[str, Floats], skeleton: Skeleton) -> None:
        rest = kinematics.rest_positions(skeleton)
        scale = rest[skeleton.index("head"), 1] / 1.535
        self.rest = {name: rest[i] for i, name in enumerate(skeleton.names)}
        self.rest |= {name: np.array(place) * scale for name, place in MARKS.items()}
        _check(points, set(self.rest))
        self.seen = {name: np.asarray(track, np.float64) for name, track in points.items()}

    def line(self, start: str | tuple[str, ...], end: str | tuple[str, ...]) -> _Line | None:
        """From the middle of some points to the middle of others; None when one of them is not known."""
        groups = [(names,) if isinstance(names, str) else names for names in (start, end)]
        if not all(name in self.seen for names in groups for name in names):
            return None
        ends = [[np.mean([where[n] for n in names], axis=0) for names in groups] for where in (self.rest, self.seen)]
        return _Line(ends[0][1] - ends[0][0], ends[1][1] - ends[1][0])

    def first(self, *choices: tuple[str | tuple[str, ...], str | tuple[str, ...]]) -> _Line:
        """The first line of which all points are known; the last choice always is."""
        return next(found for start, end in choices if (found := self.line(start, end)) is not None)


def fit(points: Mapping[str, Floats], skeleton: Skeleton) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Root positions [T, 3] and local rotations [T, 22, 4], continuous in sign, that follow the points.

    points: world tracks [T, 3], metres, our axes, under the name of the bone that begins there ("leftUpperArm" is the
    shoulder joint, "leftHand" the wrist) or of one of MARKS. Shoulder joints, hip joints, knees and ankles are needed,
    the rest is used where it is given: without it spine and neck share what lies between, hands and feet follow.
    Our bones keep their lengths; the path is scaled by the length of the legs. The floor is `retarget.ground`'s.
    Raises MotionError.
    """
    body = _Body(points, skeleton)
    world = _trunk(body)
    for side in ("left", "right"):
        _arm(body, side, world)
        _leg(body, side, world)
    turns = np.stack([world[name] for name in skeleton.names], axis=1)
    local = retarget.to_local(turns, skeleton)
    return _root(body, world["hips"], local, skeleton), local


def leg_length(points: Mapping[str, Floats]) -> float:
    """Metres from hip joint to knee to ankle, the median over the frames and both sides."""
    chains = [[points[side + bone] for bone in ("UpperLeg", "LowerLeg", "Foot")] for side in ("left", "right")]
    return float(np.median([np.linalg.norm(np.diff(chain, axis=0), axis=-1).sum(axis=0) for chain in chains]))


def _trunk(body: _Body) -> dict[str, Floats]:
    hips = _orient(
        body.first((_THIGHS[1], _THIGHS[0])),
        body.first((_THIGHS, "spine"), (_THIGHS, "belly"), (_THIGHS, "chest"), (_THIGHS, _ARMS)),
    )
    top = _orient(
        body.first(("upperChest", "neck"), ("chest", "neck"), ("spine", "neck"), ("spine", _ARMS), (_THIGHS, _ARMS)),
        body.first(("rightShoulder", "leftShoulder"), (_ARMS[1], _ARMS[0])),
    )
    world = {"hips": hips, "upperChest": top}
    for bone, end, share in (("spine", "chest", 1 / 3), ("chest", "upperChest", 2 / 3)):
        world[bone] = _aim(rotation.slerp(hips, top, np.full(len(hips), share)), body.line(bone, end))
    side, face = body.line(_EARS[1], _EARS[0]), body.line(_EARS, "nose") or body.line(_ARMS, _EARS)
    if side is not None and face is not None:
        world["head"] = _orient(side, face)
    else:
        world["head"] = _aim(top, body.line("head", "headEnd"))
    world["neck"] = _aim(rotation.slerp(top, world["head"], np.full(len(top), 0.5)), body.line("neck", "head"))
    if "head" in body.seen and side is None and "headEnd" not in body.seen:
        world["head"] = world["neck"]
    return world


def _arm(body: _Body, side: str, world: dict[str, Floats]) -> None:
    shoulder, upper, lower, hand = (side + bone for bone in ("Shoulder", "UpperArm", "LowerArm", "Hand"))
    world[shoulder] = _aim(world["upperChest"], body.line(shoulder, upper))
    # palms down at rest, an elbow bends forwards: the left forearm turns about -Y, the right one about +Y
    hinge = np.array([0.0, -1.0 if side == "left" else 1.0, 0.0])
    limb, end = body.line(upper, lower), body.line(lower, hand)
    world[upper] = _hinged(world[shoulder], limb, end, hinge, None)
    world[lower] = _aim(world[upper], end)
    world[hand] = _aim(world[lower], body.line(hand, hand + "End"))


def _leg(body: _Body, side: str, world: dict[str, Floats]) -> None:
    upper, lower, foot, toes = (side + bone for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"))
    sole = body.line(foot, toes)
    limb, end = body.line(upper, lower), body.line(lower, foot)
    world[upper] = _hinged(world["hips"], limb, end, np.array([1.0, 0.0, 0.0]), sole)
    world[lower] = _aim(world[upper], end)
    world[foot] = _aim(world[lower], sole)
    world[toes] = world[foot]


def _orient(primary: _Line, secondary: _Line) -> Floats:
    """The rotation [T, 4] that takes the primary line along what is seen, and the secondary as near as it can."""
    seen = rotation.from_6d(np.concatenate([primary.seen, secondary.seen], axis=-1))
    rest = rotation.from_6d(np.concatenate([primary.rest, secondary.rest]))
    return rotation.multiply(seen, rotation.inverse(rest))


def _aim(parent: Floats, line: _Line | None) -> Floats:
    """The parent's rotation [T, 4], and the smallest turn more that points the line where it is seen."""
    if line is None:
        return parent
    return rotation.multiply(
        parent, rotation.shortest_arc(line.rest, rotation.rotate(rotation.inverse(parent), line.seen))
    )


def _hinged(
    parent: Floats, limb: _Line | None, end: _Line | None, hinge: NDArray[np.float64], sole: _Line | None
) -> Floats:
    """A thigh or upper arm [T, 4]: along the limb, twisted so that `hinge` is the axis about which the end is bent.

    Where the limb is too straight to tell, and no sole tells, the twist goes evenly from the last known to the next.
    """
    swing = _aim(parent, limb)
    if limb is None or end is None:
        return swing
    along, beyond = _unit(limb.seen), _unit(end.seen)
    axis = rotation.cross(along, beyond)
    sine = np.linalg.norm(axis, axis=-1)
    bend = np.arctan2(sine, np.sum(along * beyond, axis=-1))
    trust = np.where(bend > _STRAIGHT, 1.0, 0.0)
    if sole is not None:
        trust *= np.clip((bend - _STRAIGHT) / (_BENT - _STRAIGHT), 0.0, 1.0)
    axis = _unit(axis) * trust[:, None]
    if sole is not None:
        axis = axis + rotation.cross(_unit(sole.seen), along) * (1.0 - trust[:, None])
    known = np.linalg.norm(axis, axis=-1) > np.sin(_STRAIGHT)
    return rotation.multiply(swing, _twist(rotation.rotate(swing, hinge), axis, along, known, _unit(limb.rest)))


def _twist(start: Floats, goal: Floats, along: Floats, known: NDArray[np.bool_], axis: Floats) -> Floats:
    """Turns [T, 4] about the bone's own `axis` that take direction `start` to `goal`, seen along `along`."""
    if not known.any():
        return np.tile([0.0, 0.0, 0.0, 1.0], (len(start), 1))
    angle = np.arctan2(np.sum(rotation.cross(start, goal) * along, axis=-1), np.sum(start * goal, axis=-1))
    frames = np.arange(len(angle))
    angle = np.interp(frames, frames[known], np.unwrap(angle[known]))
    return rotation.from_axis_angle(axis * angle[:, None])


def _root(body: _Body, hips: Floats, local: Floats, skeleton: Skeleton) -> NDArray[np.float64]:
    """The scaled path, moved so that the foot that stands is where the points have it: bones of noisy points vary."""
    ratio = retarget.leg_length(skeleton) / leg_length(body.seen)
    middle = np.mean([body.rest[name] for name in _THIGHS], axis=0) - body.rest["hips"]
    root = np.mean([body.seen[name] for name in _THIGHS], axis=0) * ratio - rotation.rotate(hips, middle)
    positions, _ = kinematics.forward(skeleton, root, local)
    feet = [side + "Foot" for side in ("left", "right")]
    seen = np.stack([body.seen[foot] for foot in feet], axis=1) * ratio
    error = seen - positions[:, [skeleton.index(foot) for foot in feet]]
    height = seen[..., 1] - seen[..., 1].min(axis=1, keepdims=True)
    weight = np.exp(-height / 0.05)
    moved: NDArray[np.float64] = root + np.sum(error * (weight / weight.sum(axis=1, keepdims=True))[..., None], axis=1)
    return moved


def _unit(v: Floats) -> Floats:
    unit: Floats = v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), rotation.TINY)
    return unit


def _check(points: Mapping[str, Floats], names: set[str]) -> None:
    for name in points:
        if name not in names:
            raise MotionError(f"no point is called {name!r}; the points are {', '.join(sorted(names))}")
    for name in _NEEDED:
        if name not in points:
            raise MotionError(f"the track of {name} is missing; fitting needs {', '.join(_NEEDED)}")
    shape = points[_NEEDED[0]].shape
    for name, track in points.items():
        if track.shape != shape or track.ndim != 2 or track.shape[1] != 3 or len(track) == 0:
            raise MotionError(f"the track of {name} has the shape {track.shape}; all tracks need (frames, 3)")
        if not np.isfinite(track).all():
            raise MotionError(f"the track of {name} has a gap (not finite); fill it before fitting")
