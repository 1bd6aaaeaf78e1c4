"""Our dance on an avatar's body: limbs point where ours point, feet stand where ours stand, scaled to its legs.

Each of its bones takes the world rotation of the same bone of ours, so what it lacks is folded: a missing bone's turn
goes on in its children, and where the chest's top is missing, which carries the arms, the highest bone below takes its
turn. Upper and lower arms and legs are corrected by the angle between its rest pose and ours, and hands go with their
forearms; so an A-pose or bent knees at rest do no harm. Feet are not: its soles are flat where ours are.
"""

import numpy as np
from numpy.typing import NDArray

from motion import kinematics, retarget, rotation
from motion.avatar import LIMBS, Avatar
from motion.contacts import FOOT_POINTS
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID, Skeleton

_CHEST_TOP = BONES.index("upperChest")
# how much higher than the lowest a point of the feet may be and still count, metres at our size
_TOUCH = 0.004  # for the height: it differs from the lowest point's by 6 mm at most
_STAND = 0.03  # for the place: soft, so that the hips do not jump when the weight moves to the other foot


class AvatarPose:
    """Puts poses of ours on one avatar."""

    def __init__(self, avatar: Avatar) -> None:
        self.avatar = avatar
        self.scale = retarget.leg_length(avatar.skeleton) / retarget.leg_length(HUMANOID)
        self._sources = _sources(avatar)
        self._corrections = _corrections(avatar.skeleton)
        parents = np.array(avatar.skeleton.parents)
        self._children, self._parents = np.arange(1, len(parents)), parents[1:]
        self._legs, self._reach = _legs(avatar.skeleton, self.scale)
        at_rest = np.tile([0.0, 0.0, 0.0, 1.0], (len(parents), 1))
        self._rest = self._foot_points(avatar.skeleton.offsets[0], at_rest)[:, 1]
        self._our_rest = kinematics.rest_positions(HUMANOID)[FOOT_POINTS, 1]

    def fit(self, root: Floats, local: Floats) -> tuple[Floats, Floats]:
        """The avatar's hips [..., 3] (metres) and normalized local rotations [..., A, 4] for a pose of ours.

        root: [..., 3], local: [..., 22, 4], the hips' is their world rotation; the dtype stays.
        """
        ours, world = kinematics.forward(HUMANOID, root, local)
        turns = rotation.multiply(world[..., self._sources, :], self._corrections.astype(local.dtype))
        fitted = turns.copy()
        fitted[..., self._children, :] = rotation.multiply(
            rotation.inverse(turns[..., self._parents, :]), turns[..., 1:, :]
        )
        scaled = (root * self.scale).astype(root.dtype)
        moved = self._correction(ours[..., FOOT_POINTS, :] * self.scale, self._foot_points(scaled, turns))
        return scaled + moved.astype(root.dtype), fitted

    def _foot_points(self, hips: Floats, turns: Floats) -> Floats:
        """[..., 4, 3] ankle and toe joint of the left and the right foot, for world rotations [..., A, 4]."""
        ways = rotation.rotate(turns[..., self._legs, :], self._reach.astype(turns.dtype))
        points = hips[..., None, None, :] + np.cumsum(ways, axis=-2)[..., 2:, :]
        return points.reshape(*hips.shape[:-1], 4, 3)

    def _correction(self, wanted: Floats, points: Floats) -> Floats:
        """How far [..., 3] to move the hips: the lowest point comes to its height, what stands comes to its place."""
        height = wanted[..., 1] - self._our_rest * self.scale
        moved: Floats = np.sum(_share(height, _STAND * self.scale)[..., None] * (wanted - points), axis=-2)
        touch = _TOUCH * self.scale
        moved[..., 1] = _lowest(height, touch) - _lowest(points[..., 1] - self._rest, touch)
        return moved


def _sources(avatar: Avatar) -> NDArray[np.intp]:
    """Which of our bones each of its bones [A] takes its world rotation from."""
    sources = avatar.bones.copy()
    if _CHEST_TOP not in sources:
        highest = max(n for n, name in enumerate(avatar.skeleton.names) if name in ("spine", "chest"))
        sources[highest] = _CHEST_TOP
    return sources


def _corrections(skeleton: Skeleton) -> NDArray[np.float64]:
    """[A, 4] for each bone the smallest turn from where it points at rest to where ours does."""
    turns = np.tile([0.0, 0.0, 0.0, 1.0], (len(skeleton.names), 1))
    for bone, child in LIMBS.items():
        rest = skeleton.offsets[skeleton.index(child)]
        turns[skeleton.index(bone)] = rotation.shortest_arc(rest, HUMANOID.offsets[HUMANOID.index(child)])
    for side in ("left", "right"):
        turns[skeleton.index(side + "Hand")] = turns[skeleton.index(side + "LowerArm")]
    return turns


def _legs(skeleton: Skeleton, scale: float) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Hips, thigh, shin, foot of both sides [2, 4], and the way [2, 4, 3] to the next; toes it lacks are as ours."""
    ways = [HUMANOID.offsets[HUMANOID.index(side + "Toes")] * scale for side in ("left", "right")]
    legs = [["hips", side + "UpperLeg", side + "LowerLeg", side + "Foot", side + "Toes"] for side in ("left", "right")]
    reach = [
        [skeleton.offsets[skeleton.index(bone)] if bone in skeleton.names else toes for bone in leg[1:]]
        for leg, toes in zip(legs, ways, strict=True)
    ]
    return np.array([[skeleton.index(bone) for bone in leg[:4]] for leg in legs]), np.array(reach)


def _share(heights: Floats, soft: float) -> Floats:
    """Weights [..., n] that sum to 1, the larger the lower."""
    weights = np.exp((heights.min(axis=-1, keepdims=True) - heights) / soft)
    share: Floats = weights / weights.sum(axis=-1, keepdims=True)
    return share


def _lowest(heights: Floats, soft: float) -> Floats:
    """The smallest of heights [..., n], rounded off: [...], below it by soft ln n at most."""
    least = heights.min(axis=-1)
    lowest: Floats = least - soft * np.log(np.exp((least[..., None] - heights) / soft).sum(axis=-1))
    return lowest
