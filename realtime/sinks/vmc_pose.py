"""From poses of ours to the numbers of VMC: where each place goes, and the step into Unity's axes.

pose ─► mirror, yaw ─► the avatar's body ─► shared between Root and Hips ─► the avatar's nodes ─► Unity
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from motion.avatar_pose import AvatarPose
from motion.rotation import Floats, about_y, inverse, multiply, rotate, yaw
from motion.skeleton import BONES, HUMANOID
from realtime.frame import F32

PROFILES = ("skeleton", "rotation")
TRAVEL = ("hips", "root", "none")
NAMES = tuple(name[0].upper() + name[1:] for name in BONES)
_IDENTITY = np.array((0, 0, 0, 1), np.float32)
_MIRROR, _MIRROR_TURN = np.array((-1, 1, 1), np.float32), np.array((1, -1, -1, 1), np.float32)
_SIDES = {"left": "right", "right": "left"}
_OTHER_SIDE = [
    BONES.index(next((o + name.removeprefix(s) for s, o in _SIDES.items() if name.startswith(s)), name))
    for name in BONES
]


def to_unity(positions: Floats, quaternions: Floats) -> tuple[Floats, Floats]:
    """Our right-handed axes (left = +X) to Unity's left-handed ones (left = -X): X is mirrored.

    positions [..., 3] metres, quaternions [..., 4] xyzw; the shapes and dtypes stay.
    """
    return positions * _MIRROR.astype(positions.dtype), quaternions * _MIRROR_TURN.astype(quaternions.dtype)


def mirrored(root: F32, local: F32) -> tuple[F32, F32]:
    """The pose [..., 3], [..., 22, 4] in a mirror that stands in the middle of the stage: left and right change."""
    return root * _MIRROR, local[..., _OTHER_SIDE, :] * _MIRROR_TURN


def turned(root: F32, local: F32, degrees: float) -> tuple[F32, F32]:
    """The pose turned about the middle of the stage, clockwise as seen from above (Unity's positive Y rotation)."""
    turn = about_y(np.float32(-np.radians(degrees)))
    local = local.copy()
    local[..., 0, :] = multiply(turn, local[..., 0, :])
    return rotate(turn, root), local


def place(hips: F32, local: F32, travel: str) -> tuple[F32, F32]:
    """Share the body's place between Root and Hips: positions [..., 2, 3], rotations [..., 1 + B, 4] (Root, bones).

    hips [..., 3] metres and local[..., 0, :] are the world place of the hips. travel: "hips" leaves all of it in Hips,
    "root" moves floor position and heading into Root, "none" drops the floor position. Still in our axes.
    """
    positions = np.zeros((*hips.shape[:-1], 2, 3), np.float32)
    rotations = np.empty((*local.shape[:-2], 1 + local.shape[-2], 4), np.float32)
    positions[..., 1, :], rotations[..., 0, :], rotations[..., 1:, :] = hips, _IDENTITY, local
    if travel != "hips":
        positions[..., 1, ::2] = 0
    if travel == "root":
        positions[..., 0, ::2] = hips[..., ::2]
        rotations[..., 0, :] = about_y(yaw(local[..., 0, :]))
        rotations[..., 1, :] = multiply(inverse(rotations[..., 0, :]), local[..., 0, :])
    return positions, rotations


def rest_hips(positions: F32, rotations: F32, rest: F32) -> F32:
    """The same places [..., 2, 3] with Hips at rest [3], made up for by Root: some receivers ignore Hips' place."""
    moved = positions.copy()
    moved[..., 0, :] += rotate(rotations[..., 0, :], positions[..., 1, :] - rest)
    moved[..., 1, :] = rest
    return moved


@dataclass(frozen=True)
class Puppet:
    """How the dancers are shown. avatar: None for a body of our proportions; raw: turns as its file's nodes need them.

    profile "skeleton": the receiver takes the bones' positions; "rotation": it takes those of Root alone.
    """

    avatar: AvatarPose | None = None
    raw: bool = True
    profile: str = "skeleton"
    travel: str = "hips"
    mirror: bool = False
    yaw: float = 0.0

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The bones as the wire calls them, [B]."""
        return NAMES if self.avatar is None else tuple(NAMES[bone] for bone in self.avatar.avatar.bones)

    @cached_property
    def rest(self) -> F32:
        """Where each bone is at rest below its parent, Unity's axes, [B, 3]."""
        if self.avatar is None:
            offsets = HUMANOID.offsets
        else:
            avatar = self.avatar.avatar
            offsets = avatar.translations if self.raw else avatar.skeleton.offsets
        return to_unity(offsets.astype(np.float32), _IDENTITY)[0]

    def numbers(self, root: F32, local: F32) -> F32:
        """[N, 1 + B, 7] position and rotation of Root and of each bone, for poses [N, 3], [N, 22, 4]."""
        if self.mirror:
            root, local = mirrored(root, local)
        if self.yaw:
            root, local = turned(root, local, self.yaw)
        rest = HUMANOID.offsets[0]
        if self.avatar is not None:
            root, local = self.avatar.fit(root, local)
            rest = self.avatar.avatar.skeleton.offsets[0]
        positions, rotations = place(root, local, self.travel)
        if self.profile == "rotation":
            positions = rest_hips(positions, rotations, rest.astype(np.float32))
        if self.avatar is not None and self.raw:
            nodes = self.avatar.avatar.to_raw(positions[..., 1, :], rotations[..., 1:, :])
            positions[..., 1, :], rotations[..., 1:, :] = nodes
        out = np.empty((len(root), 1 + len(self.names), 7), np.float32)
        out[:, 2:, :3] = self.rest[1:]
        out[:, :2, :3], out[:, :, 3:] = to_unity(positions, rotations)
        return out
