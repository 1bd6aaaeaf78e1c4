"""Any BVH file on our bones: names, axes, unit and rest pose are worked out from the file itself."""

import numpy as np
from numpy.typing import NDArray

from model.datasets import bone_names
from model.datasets.humanoid import Captured, known
from motion import rotation
from motion.bvh import Bvh, forward, positions
from motion.retarget import leg_length, rest_directions
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID, MotionError

Array = NDArray[np.float64]
_LIMBS = [i for i, bone in enumerate(BONES) if bone.endswith(("Arm", "Leg"))]
_JUMP = np.radians(40.0)


def capture(bvh: Bvh, name: str) -> Captured:
    """The body of a BVH file in our axes, without a T pose that its exporter put before the motion.

    The unit cancels out, since the way is scaled by the legs. Raises MotionError where the skeleton is not understood.
    """
    joints = _joints(bvh, name)
    rest = _rest_positions(bvh)
    if not _stands(rest, joints):
        raise MotionError(f"{name}: with all angles at zero this skeleton does not stand; export it from a T pose")
    to_ours = _rest_axes(rest, joints)
    places, turns = forward(bvh)
    upright = rotation.multiply(_upright(rotation.rotate(to_ours, places), joints), to_ours)
    world = np.zeros((len(places), len(BONES), 4))
    world[..., 3] = 1.0
    for bone, joint in joints.items():
        turned = rotation.multiply(rotation.multiply(upright, turns[:, joint]), rotation.inverse(to_ours))
        world[:, BONES.index(bone)] = turned
    hips = [joints["leftUpperLeg"], joints["rightUpperLeg"]]
    start = _first_frame(world)
    return Captured(
        world=world[start:],
        known=known(set(joints)),
        directions=rotation.rotate(to_ours, _directions(bvh, rest, joints)),
        hip_centre=rotation.rotate(upright, places[start:, hips].mean(axis=1)),
        leg=_leg(rest, joints, name),
    )


def stands(bvh: Bvh, name: str) -> bool:
    """Whether the pose with all angles at zero is a person standing, so that turns since then mean something."""
    return _stands(_rest_positions(bvh), _joints(bvh, name))


def points(bvh: Bvh, name: str) -> dict[str, Floats]:
    """Tracks (T, 3) of our bones' joints with +Y up, metres for a leg like ours: for skeletons that do not stand."""
    joints = _joints(bvh, name)
    places = positions(bvh)
    tracks = rotation.rotate(_upright(places, joints), places)
    thigh, knee, ankle = (places[:, joints["left" + bone]] for bone in ("UpperLeg", "LowerLeg", "Foot"))
    leg = np.median(np.linalg.norm(thigh - knee, axis=-1) + np.linalg.norm(knee - ankle, axis=-1))
    if leg <= 0.0:
        raise MotionError(f"{name}: the legs have no length, and sizes are measured by them")
    return {bone: tracks[:, joint] * (leg_length(HUMANOID) / leg) for bone, joint in joints.items()}


def turns(bvh: Bvh, name: str) -> dict[str, Floats]:
    """World rotations (T, 4) of our bones' joints with +Y up, from a rest pose that the file does not tell."""
    joints = _joints(bvh, name)
    places, world = forward(bvh)
    upright = _upright(places, joints)
    return {bone: rotation.multiply(upright, world[:, joint]) for bone, joint in joints.items()}


def _joints(bvh: Bvh, name: str) -> dict[str, int]:
    try:
        return {bone: bvh.index(joint) for bone, joint in bone_names.match(bvh.names).items()}
    except MotionError as error:
        raise MotionError(f"{name}: {error}") from None


def _rest_positions(bvh: Bvh) -> Array:
    places = np.zeros((len(bvh.names), 3))
    for joint, parent in enumerate(bvh.parents):
        if parent >= 0:
            places[joint] = places[parent] + bvh.offsets[joint]
    return places


def _directions(bvh: Bvh, rest: Array, joints: dict[str, int]) -> Array:
    """Where each bone points at rest (22, 3), in the file's axes; a foot without toes points to its end site."""
    directions = np.zeros((len(BONES), 3))
    pointing = np.abs(rest_directions(HUMANOID)).sum(axis=-1) > 0
    for bone, joint in joints.items():
        b = BONES.index(bone)
        tips = [t for t in range(len(BONES)) if HUMANOID.parents[t] == b and BONES[t] in joints]
        if pointing[b] and tips:
            directions[b] = rest[joints[BONES[tips[0]]]] - rest[joint]
        elif pointing[b] and bone.endswith("Foot") and joint in bvh.end_sites:
            directions[b] = bvh.end_sites[joint]
    return directions


def _stands(rest: Array, joints: dict[str, int]) -> bool:
    up, left = _up_and_left(rest, joints)
    arms = rest[joints["leftUpperArm"]] - rest[joints["rightUpperArm"]]
    trunk = (rest[joints["leftUpperArm"]] + rest[joints["rightUpperArm"]]) / 2 - rest[joints["hips"]]
    return _cosine(up, trunk) > 0.8 and _cosine(left, arms) > 0.8 and abs(_cosine(up, left)) < 0.3


def _rest_axes(rest: Array, joints: dict[str, int]) -> Floats:
    """The turn (4,) from the axes of the file's rest pose to ours: up the body +Y, its left +X."""
    up, left = _up_and_left(rest, joints)
    y, x = _axis(up), _axis(left)
    return rotation.from_matrix(np.stack([x, y, np.cross(x, y)]))


def _up_and_left(rest: Array, joints: dict[str, int]) -> tuple[Array, Array]:
    hips = rest[[joints["leftUpperLeg"], joints["rightUpperLeg"]]]
    feet = rest[[joints["leftFoot"], joints["rightFoot"]]]
    return (hips - feet).mean(axis=0), hips[0] - hips[1]


def _upright(places: Floats, joints: dict[str, int]) -> Floats:
    """The turn (4,) that makes the up axis of (T, J, 3) +Y: people dance on their feet most of the time."""
    hips = places[:, [joints["leftUpperLeg"], joints["rightUpperLeg"]]].mean(axis=1)
    feet = places[:, [joints["leftFoot"], joints["rightFoot"]]].mean(axis=1)
    return rotation.shortest_arc(_axis(np.median(hips - feet, axis=0)), np.array([0.0, 1.0, 0.0]))


def _first_frame(world: Floats) -> int:
    """1 where frame 0 is a pose that the exporter put in front: a limb leaps from it as no limb can."""
    if len(world) < 3:
        return 0
    steps = rotation.multiply(rotation.inverse(world[:2, _LIMBS]), world[1:3, _LIMBS])
    angles = 2 * np.arcsin(np.clip(np.linalg.norm(steps[..., :3], axis=-1), 0.0, 1.0)).max(axis=1)
    return int(angles[0] > _JUMP and angles[0] > 3 * angles[1])


def _leg(rest: Array, joints: dict[str, int], name: str) -> float:
    lengths = [
        np.linalg.norm(rest[joints[side + a]] - rest[joints[side + b]])
        for side in ("left", "right")
        for a, b in (("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))
    ]
    if min(lengths) <= 0.0:
        raise MotionError(f"{name}: a thigh or a shin has no length; the legs are what sizes are measured by")
    return float(sum(lengths)) / 2


def _axis(vector: Floats) -> Array:
    """The coordinate axis nearest to `vector`."""
    out = np.zeros(3)
    largest = int(np.argmax(np.abs(vector)))
    out[largest] = np.sign(vector[largest])
    return out


def _cosine(a: Array, b: Array) -> float:
    return float(a @ b / max(float(np.linalg.norm(a) * np.linalg.norm(b)), 1e-12))
