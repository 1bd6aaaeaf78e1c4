"""The dance as OpenPose sees people: BODY_25 keypoints in the pixels of a camera.

It is OpenPose's output format 1.3 (CMU Perceptual Computing Lab). Faces, heels and toes, which our bones lack, stand
where they are on a head and a shoe. What a body hides is told all the same.

The camera looks from the front, -Z, at a point FLOOR_TO_EYE above the floor; it neither tilts nor moves. A pixel is
x = width / 2 + f X / depth, y = height / 2 - f (Y - FLOOR_TO_EYE) / depth, depth = distance - Z, f = FOCAL * height:
our left is on the picture's right, y grows downwards.
"""

import json
from dataclasses import dataclass

import numpy as np

from motion.kinematics import forward
from motion.rotation import Floats, rotate
from motion.skeleton import HUMANOID, Skeleton

FOCAL = 1.55  # heights of the picture: 36 degrees upright
FLOOR_TO_EYE = 0.9  # metres
NEAREST = 0.1  # metres before the camera; what is nearer is not seen
# BODY_25 in its own order: the bones whose middle it is, and the offset in metres in the first one's axes
_SIDES: tuple[tuple[str, tuple[str, ...], tuple[float, float, float]], ...] = (
    ("Nose", ("head",), (0.0, 0.060, 0.110)),
    ("Neck", ("leftUpperArm", "rightUpperArm"), (0.0, 0.0, 0.0)),
    ("RShoulder", ("rightUpperArm",), (0.0, 0.0, 0.0)),
    ("RElbow", ("rightLowerArm",), (0.0, 0.0, 0.0)),
    ("RWrist", ("rightHand",), (0.0, 0.0, 0.0)),
    ("LShoulder", ("leftUpperArm",), (0.0, 0.0, 0.0)),
    ("LElbow", ("leftLowerArm",), (0.0, 0.0, 0.0)),
    ("LWrist", ("leftHand",), (0.0, 0.0, 0.0)),
    ("MidHip", ("leftUpperLeg", "rightUpperLeg"), (0.0, 0.0, 0.0)),
    ("RHip", ("rightUpperLeg",), (0.0, 0.0, 0.0)),
    ("RKnee", ("rightLowerLeg",), (0.0, 0.0, 0.0)),
    ("RAnkle", ("rightFoot",), (0.0, 0.0, 0.0)),
    ("LHip", ("leftUpperLeg",), (0.0, 0.0, 0.0)),
    ("LKnee", ("leftLowerLeg",), (0.0, 0.0, 0.0)),
    ("LAnkle", ("leftFoot",), (0.0, 0.0, 0.0)),
    ("REye", ("head",), (-0.032, 0.092, 0.092)),
    ("LEye", ("head",), (0.032, 0.092, 0.092)),
    ("REar", ("head",), (-0.075, 0.075, 0.005)),
    ("LEar", ("head",), (0.075, 0.075, 0.005)),
    ("LBigToe", ("leftToes",), (-0.025, -0.010, 0.060)),
    ("LSmallToe", ("leftToes",), (0.035, -0.010, 0.040)),
    ("LHeel", ("leftFoot",), (0.0, -0.065, -0.050)),
    ("RBigToe", ("rightToes",), (0.025, -0.010, 0.060)),
    ("RSmallToe", ("rightToes",), (-0.035, -0.010, 0.040)),
    ("RHeel", ("rightFoot",), (0.0, -0.065, -0.050)),
)
BODY_25 = tuple(name for name, _, _ in _SIDES)
_NOTHING: dict[str, list[float]] = {
    "face_keypoints_2d": [],
    "hand_left_keypoints_2d": [],
    "hand_right_keypoints_2d": [],
    "pose_keypoints_3d": [],
    "face_keypoints_3d": [],
    "hand_left_keypoints_3d": [],
    "hand_right_keypoints_3d": [],
}
_OFFSETS = np.array([offset for _, _, offset in _SIDES])


@dataclass(frozen=True)
class Camera:
    """The documented camera: size in pixels, distance in metres from the middle of the stage."""

    width: int
    height: int
    distance: float

    def project(self, points: Floats) -> Floats:
        """Pixels and visibility [..., 3] of points [..., 3]: x, y, 1; or 0, 0, 0 for what is not in the picture."""
        depth = self.distance - points[..., 2]
        scale = FOCAL * self.height / np.maximum(depth, NEAREST)
        x = self.width / 2 + points[..., 0] * scale
        y = self.height / 2 - (points[..., 1] - FLOOR_TO_EYE) * scale
        seen = (depth > NEAREST) & (x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)
        pixels: Floats = np.stack([x, y, np.ones_like(x)], axis=-1) * seen[..., None]
        return pixels


def points(root: Floats, local: Floats, skeleton: Skeleton = HUMANOID) -> Floats:
    """The 25 points [..., 25, 3] in metres of bodies: root [..., 3], local [..., J, 4]."""
    positions, world = forward(skeleton, root, local)
    first = [skeleton.index(bones[0]) for _, bones, _ in _SIDES]
    last = [skeleton.index(bones[-1]) for _, bones, _ in _SIDES]
    middle = (positions[..., first, :] + positions[..., last, :]) / 2
    found: Floats = middle + rotate(world[..., first, :], _OFFSETS.astype(positions.dtype))
    return found


def text(people: Floats) -> str:
    """One frame as OpenPose writes it: people [N, 25, 3] of x, y, confidence; each is called by its number."""
    rows = [np.round(person.reshape(-1).astype(np.float64), 3).tolist() for person in people]
    found = [{"person_id": [n], "pose_keypoints_2d": row} | _NOTHING for n, row in enumerate(rows)]
    return json.dumps({"version": 1.3, "people": found}, separators=(",", ":"))
