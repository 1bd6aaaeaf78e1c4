"""The pose vector: what a dancer says of its body in one frame, free of place and heading.

`[height 1, velocity 2, yaw rate 1, rotations 132, contacts 4]`, float32. Height is the hips' in metres. Velocity
(x to the left, z forwards; m/s) leads from the frame before to this one, in the heading frame of the frame before;
yaw_k = yaw_{k-1} + rate_k / fps (rad/s, positive turns left). Rotations are 22 x 6D, the hips' relative to this frame's
heading, the others' to their parents. Adding up velocity and yaw rate gives the place back; the place is float64, so
hours of adding cost nothing.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motion import rotation
from motion.rotation import Floats
from motion.skeleton import BONES, CONTACT_NAMES, MotionError

ROOT_HEIGHT = slice(0, 1)
VELOCITY = slice(1, 3)
YAW_RATE = slice(3, 4)
ROTATIONS = slice(4, 4 + 6 * len(BONES))
CONTACTS = slice(ROTATIONS.stop, ROTATIONS.stop + len(CONTACT_NAMES))
POSE_SIZE = CONTACTS.stop


class PlaceState(NamedTuple):
    """Where N dancers are: x, z in metres, yaw in radians from +Z towards +X in [-pi, pi); each [N] float64."""

    x: NDArray[np.float64]
    z: NDArray[np.float64]
    yaw: NDArray[np.float64]


def init(batch: int, x: ArrayLike = 0.0, z: ArrayLike = 0.0, yaw: ArrayLike = 0.0) -> PlaceState:
    """`batch` dancers at x, z (metres) heading for yaw (radians); numbers, or [batch] arrays."""
    x, z, yaw = (np.broadcast_to(np.asarray(v, np.float64), (batch,)).copy() for v in (x, z, yaw))
    return PlaceState(x, z, _wrap(yaw))


def encode(root_position: Floats, local: Floats, contacts: Floats, fps: float) -> NDArray[np.float32]:
    """Pose vectors [T, 140] of a take.

    root_position: [T, 3] metres. local: [T, 22, 4] unit quaternions. contacts: [T, 4] in 0 to 1. fps: frames a second.
    The first frame has no velocity: `init(1, x, z, yaw)` of that frame decodes to the very place. Raises MotionError.
    """
    _check_take(root_position, local, contacts, fps)
    frames = len(local)
    root, hips = root_position.astype(np.float64), local[:, 0].astype(np.float64)
    heading = np.unwrap(rotation.yaw(hips))
    rate = (np.diff(heading, prepend=heading[0]) * fps).astype(np.float32)
    # the heading that decoding will arrive at from the rounded rates: rounding then never bends the path
    heading = heading[0] + np.cumsum(rate.astype(np.float64) / fps)
    step = np.diff(root[:, [0, 2]], axis=0, prepend=root[:1, [0, 2]])
    pose = np.empty((frames, POSE_SIZE), np.float32)
    pose[:, ROOT_HEIGHT] = root[:, 1:2]
    pose[:, VELOCITY] = _turn(step, -np.concatenate([heading[:1], heading[:-1]])) * fps
    pose[:, YAW_RATE] = rate[:, None]
    turns = local.astype(np.float64)
    turns[:, 0] = rotation.multiply(rotation.about_y(-heading), hips)
    pose[:, ROTATIONS] = rotation.to_6d(turns).reshape(frames, -1)
    pose[:, CONTACTS] = contacts
    return pose


def decode(
    pose: NDArray[Any], place: PlaceState, fps: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[Any], PlaceState]:
    """One frame of N dancers: root position [N, 3], local rotations [N, 22, 4], contacts [N, 4], the new place.

    pose: [N, 140], finite; the six numbers of a rotation need not be orthonormal. Signs of quaternions are not followed
    in time (w >= 0 in all but the hips). The result is float64, contacts as they came.
    """
    numbers = pose.astype(np.float64)
    step = _turn(numbers[:, VELOCITY] / fps, place.yaw)
    heading = _wrap(place.yaw + numbers[:, YAW_RATE][:, 0] / fps)
    moved = PlaceState(place.x + step[:, 0], place.z + step[:, 1], heading)
    root = rotation.side_by_side(moved.x, numbers[:, ROOT_HEIGHT][:, 0], moved.z)
    local = rotation.from_6d(numbers[:, ROTATIONS].reshape(len(pose), len(BONES), 6)).astype(np.float64, copy=False)
    local[:, 0] = rotation.multiply(rotation.about_y(heading), local[:, 0])
    return root, local, pose[:, CONTACTS], moved


def mirror(pose: NDArray[Any]) -> NDArray[Any]:
    """The same dance in a mirror: pose vectors [..., 140] with left and right exchanged across the x = 0 plane."""
    mirrored: NDArray[Any] = pose[..., MIRROR_PERMUTATION] * MIRROR_SIGNS.astype(pose.dtype)
    return mirrored


def _turn(steps: NDArray[np.float64], angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Steps over the floor (x, z) [..., 2] turned by angle [...] about +Y."""
    x, z, cosine, sine = steps[..., 0], steps[..., 1], np.cos(angle), np.sin(angle)
    return rotation.side_by_side(x * cosine + z * sine, z * cosine - x * sine)


def _wrap(angle: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.remainder(angle + np.pi, 2 * np.pi) - np.pi


def _check_take(root_position: Floats, local: Floats, contacts: Floats, fps: float) -> None:
    frames = len(local)
    for name, array, shape in (
        ("root positions", root_position, (frames, 3)),
        ("local rotations", local, (frames, len(BONES), 4)),
        ("contacts", contacts, (frames, len(CONTACT_NAMES))),
    ):
        if array.shape != shape or frames == 0:
            raise MotionError(f"{name} have the shape {array.shape}; a take of {frames} frames needs {shape}")
        if not np.isfinite(array).all():
            raise MotionError(f"{name} hold a number that is not finite; repair the take before encoding it")
    if not fps > 0:
        raise MotionError(f"{fps} frames a second is no frame rate; give a number above 0")


def _mirror_arrays() -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """mirror() as an index and a sign for each number: mirrored[i] = pose[permutation[i]] * sign[i]."""
    names = [_other_side(name) for name in BONES]
    partners = [BONES.index(name) for name in names]
    permutation, signs = np.arange(POSE_SIZE), np.ones(POSE_SIZE, np.float32)
    signs[VELOCITY.start] = signs[YAW_RATE.start] = -1
    permutation[ROTATIONS] = (ROTATIONS.start + 6 * np.array(partners)[:, None] + np.arange(6)).ravel()
    # a matrix reflected in x on both sides has its m10, m20, m01 (and m02) negated; 6D is m00 m10 m20, m01 m11 m21
    signs[ROTATIONS] = np.tile([1, -1, -1, -1, 1, 1], len(BONES))
    permutation[CONTACTS] = CONTACTS.start + np.array([CONTACT_NAMES.index(_other_side(n)) for n in CONTACT_NAMES])
    return permutation, signs


def _other_side(name: str) -> str:
    if name.startswith("left"):
        return "right" + name.removeprefix("left")
    return "left" + name.removeprefix("right") if name.startswith("right") else name


MIRROR_PERMUTATION, MIRROR_SIGNS = _mirror_arrays()
