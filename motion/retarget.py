"""Other bodies' motion on our skeleton: rotations, the root's path, the floor and the frame rate."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from motion import contacts, kinematics, rotation
from motion.rotation import Floats
from motion.skeleton import MotionError, Skeleton

# bones that point along a limb, and where to; the others fork or end, and have no direction to correct
_POINTS_TO = {"spine": "chest", "chest": "upperChest", "neck": "head"} | {
    side + bone: side + child
    for side in ("left", "right")
    for bone, child in (
        ("UpperArm", "LowerArm"),
        ("LowerArm", "Hand"),
        ("UpperLeg", "LowerLeg"),
        ("LowerLeg", "Foot"),
        ("Foot", "Toes"),
    )
}

# their roll cannot be seen from the places of joints, or only while the next joint is bent
_ROLLS = {"head"} | {
    side + bone
    for side in ("left", "right")
    for bone in ("UpperArm", "LowerArm", "Hand", "UpperLeg", "LowerLeg", "Foot")
}


def rest_directions(skeleton: Skeleton) -> NDArray[np.float64]:
    """Unit direction [22, 3] of each bone at rest; zeros where a bone forks or ends (hips, upperChest, head, ...)."""
    directions = np.zeros((len(skeleton.names), 3))
    for bone, child in _POINTS_TO.items():
        offset = skeleton.offsets[skeleton.index(child)]
        directions[skeleton.index(bone)] = offset / np.linalg.norm(offset)
    return directions


def rotations(
    source_world: Floats, source_directions: Floats, mask: NDArray[np.bool_], skeleton: Skeleton
) -> NDArray[np.float64]:
    """Local rotations [T, 22, 4], continuous in sign, that point our bones where the source's bones point.

    source_world: [T, 22, 4] world rotations in our axes, each the change from the source's own rest pose.
    source_directions: [22, 3] direction of each bone in the source's rest pose, our axes, any length; zeros = unknown:
    the bone is taken to rest as ours does. mask: [22] the bones that the source has; the others follow their parents.

    world_b = source_b A_b with A_b the shortest arc from our rest direction to the source's. Raises MotionError.
    """
    bones = len(skeleton.names)
    for name, shape, expected in (
        ("source rotations", source_world.shape[1:], (bones, 4)),
        ("source directions", source_directions.shape, (bones, 3)),
        ("the mask", mask.shape, (bones,)),
    ):
        if shape != expected:
            raise MotionError(f"{name} have the shape {shape} a frame; the skeleton needs {expected}")
    ours = rest_directions(skeleton)
    known = np.linalg.norm(ours, axis=-1, keepdims=True) > 0
    correction = rotation.shortest_arc(ours, np.where(known, source_directions, 0.0).astype(np.float64))
    world = rotation.multiply(rotation.normalize(source_world.astype(np.float64)), correction)
    for bone, parent in enumerate(skeleton.parents):
        if not mask[bone]:
            world[:, bone] = world[:, parent] if parent >= 0 else (0.0, 0.0, 0.0, 1.0)
    return to_local(world, skeleton)


def with_turns(local: Floats, turns: Mapping[str, Floats], skeleton: Skeleton) -> NDArray[np.float64]:
    """Local rotations [T, 22, 4] fitted to positions: limbs point as before, and roll as the source's joints do.

    turns: world rotations [T, 4] of bones, our axes, from a rest pose that nobody knows. Each is taken to lie on our
    bone as it does on the average of the take, where the fit may be trusted: a neck and a wrist are straight then.
    """
    world = kinematics.forward(skeleton, np.zeros((len(local), 3)), local.astype(np.float64))[1]
    directions = rest_directions(skeleton)
    for bone in _ROLLS & turns.keys():
        b = skeleton.index(bone)
        source = rotation.normalize(turns[bone].astype(np.float64))
        turned = rotation.multiply(source, _average(rotation.multiply(rotation.inverse(source), world[:, b])))
        points, pointed = (rotation.rotate(turn, directions[b]) for turn in (world[:, b], turned))
        world[:, b] = rotation.multiply(rotation.shortest_arc(pointed, points), turned)
    return to_local(world, skeleton)


def _average(turns: Floats) -> NDArray[np.float64]:
    """The rotation [4] nearest to all of [T, 4]: the largest eigenvector of their outer products (Markley 2007)."""
    found: NDArray[np.float64] = np.linalg.eigh(turns.T @ turns)[1][:, -1]
    return found


def to_local(world: Floats, skeleton: Skeleton) -> NDArray[np.float64]:
    """Local rotations [T, J, 4], continuous in sign, of world rotations [T, J, 4]."""
    local = world.astype(np.float64)
    local[:, 1:] = rotation.multiply(rotation.inverse(local[:, skeleton.parents[1:]]), local[:, 1:])
    return rotation.continuous(rotation.normalize(local)).astype(np.float64, copy=False)


def leg_length(skeleton: Skeleton) -> float:
    """Metres from hip joint to knee to ankle."""
    lower, foot = (skeleton.offsets[skeleton.index(name)] for name in ("leftLowerLeg", "leftFoot"))
    return float(np.linalg.norm(lower) + np.linalg.norm(foot))


def root_position(source_root: Floats, source_leg_length: float, skeleton: Skeleton) -> NDArray[np.float64]:
    """The source's root path [T, 3], scaled by the ratio of the leg lengths so that feet neither slide nor float.

    source_root: metres, our axes. source_leg_length: metres, as `leg_length`. Follow with `ground`. Raises MotionError.
    """
    if not 0 < source_leg_length < np.inf:
        raise MotionError(f"a leg of {source_leg_length} m cannot be scaled from; measure hip joint to knee to ankle")
    return source_root.astype(np.float64) * (leg_length(skeleton) / source_leg_length)


def ground(root: Floats, local: Floats, skeleton: Skeleton) -> NDArray[np.float64]:
    """The root path [T, 3] moved up or down by one amount so that planted feet stand on y = 0 (metres)."""
    positions, _ = kinematics.forward(skeleton, root, local)
    moved = root.astype(np.float64)
    moved[:, 1] -= contacts.floor_height(positions, skeleton)
    return moved


def resample(root: Floats, local: Floats, fps_in: float, fps_out: float) -> tuple[NDArray[np.float64], Floats]:
    """Root [N, 3] and local rotations [N, J, 4] at the times n / fps_out; low-passed first when the rate goes down."""
    if not (0 < fps_in < np.inf and 0 < fps_out < np.inf):
        raise MotionError(f"cannot go from {fps_in} to {fps_out} frames a second; both rates must be above 0")
    if fps_in > fps_out:
        root, local = low_pass(root, local, fps_in, fps_out)
    # a hair more than the duration, so that rounding does not drop a last frame that falls on the take's end
    frames = int((len(local) - 1) / fps_in * fps_out + 1e-6) + 1
    return at_times(root, local, fps_in, np.arange(frames) / fps_out)


def low_pass(root: Floats, local: Floats, fps_in: float, fps_out: float) -> tuple[Floats, Floats]:
    """The same frames without what `fps_out` frames a second cannot show (half amplitude at fps_out / 2).

    A Lanczos window of two lobes (Duchon 1979, J. Appl. Meteorology), on quaternions as numbers of one sign.
    """
    reach = int(2 * fps_in / fps_out)
    t = np.arange(-reach, reach + 1) * fps_out / fps_in
    kernel = np.sinc(t) * np.sinc(t / 2)
    kernel /= kernel.sum()
    return _convolve(root, kernel), rotation.normalize(_convolve(rotation.continuous(local), kernel))


def at_times(
    root: Floats, local: Floats, fps_in: float, times: NDArray[np.floating]
) -> tuple[NDArray[np.float64], Floats]:
    """Root [N, 3] (cubic) and local rotations [N, J, 4] (slerp) at any times [N] in seconds, held at both ends.

    root: [T, 3] metres, local: [T, J, 4], frame n at n / fps_in. Times may be warped; nothing is low-passed.
    """
    if not np.isfinite(times).all():
        raise MotionError("a sample time is not finite; give seconds from the take's first frame")
    last = len(local) - 1
    place = np.clip(np.asarray(times, np.float64) * fps_in, 0, last)
    before = np.minimum(place.astype(np.intp), max(last - 1, 0))
    after = np.minimum(before + 1, last)
    share = place - before
    path = root.astype(np.float64)
    slope = np.gradient(path, axis=0) if last else np.zeros_like(path)
    s = share[:, None]
    moved = (
        (1 + 2 * s) * (1 - s) ** 2 * path[before]
        + s * (1 - s) ** 2 * slope[before]
        + s**2 * (3 - 2 * s) * path[after]
        - s**2 * (1 - s) * slope[after]
    )
    return moved, rotation.continuous(rotation.slerp(local[before], local[after], s))


def _convolve(values: Floats, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """Symmetric kernel along the first axis; the ends go on as their point reflection, so a steady drift stays."""
    reach = len(kernel) // 2
    around = [(reach, reach)] + [(0, 0)] * (values.ndim - 1)
    padded = np.pad(values.astype(np.float64), around, mode="reflect", reflect_type="odd")
    out = np.zeros(values.shape)
    for i, weight in enumerate(kernel):
        out += weight * padded[i : i + len(values)]
    return out
