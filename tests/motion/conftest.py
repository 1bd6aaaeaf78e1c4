"""Real and made-up dances on our skeleton."""

from pathlib import Path

import numpy as np
import pytest

from motion import retarget, rotation
from motion.skeleton import BONES, HUMANOID

DATA = Path(__file__).resolve().parents[3] / "shared" / "data"
# SMPL's first 22 joints by our names
SMPL = (
    "hips",
    "leftUpperLeg",
    "rightUpperLeg",
    "spine",
    "leftLowerLeg",
    "rightLowerLeg",
    "chest",
    "leftFoot",
    "rightFoot",
    "upperChest",
    "leftToes",
    "rightToes",
    "neck",
    "leftShoulder",
    "rightShoulder",
    "head",
    "leftUpperArm",
    "rightUpperArm",
    "leftLowerArm",
    "rightLowerArm",
    "leftHand",
    "rightHand",
)


@pytest.fixture(scope="session")
def aist():
    """A street jazz take of AIST++ at 60 fps: root [T, 3], local [T, 22, 4], COCO key points [T, 17, 3] in metres."""
    path = DATA / "aistpp" / "gJS_sBM_cAll_d03_mJS2_ch07.npz"
    if not path.exists():
        pytest.skip("the AIST++ takes are not beside this checkout (shared/data/aistpp)")
    take = np.load(path)
    turns = rotation.from_axis_angle(take["smpl_poses"].reshape(-1, 24, 3).astype(np.float64))
    local = np.zeros((len(turns), len(BONES), 4))
    for joint, name in enumerate(SMPL):
        local[:, HUMANOID.index(name)] = turns[:, joint]
    root = retarget.root_position(take["smpl_trans"] / take["smpl_scaling"], 0.80, HUMANOID)
    return retarget.ground(root, local, HUMANOID), rotation.continuous(local), take["keypoints3d_optim"] / 100.0


@pytest.fixture(scope="session")
def wander():
    """Five minutes at 15 fps on a path over the floor with many whole turns: root [T, 3], local [T, 22, 4]."""
    rng = np.random.default_rng(7)
    frames = 15 * 300
    root = np.cumsum(rng.normal(0, 0.05, (frames, 3)), axis=0)
    root[:, 1] = 0.95 + 0.1 * np.sin(np.arange(frames) / 9)
    local = rotation.from_axis_angle(rng.normal(0, 0.4, (frames, len(BONES), 3)))
    heading = rotation.about_y(np.cumsum(rng.normal(0.1, 0.4, frames)))
    local[:, 0] = rotation.multiply(heading, local[:, 0])
    return root, local
