"""What every take of a dancer has to be, and where takes to test with lie."""

import json
from pathlib import Path

import numpy as np
import pytest

from model.datasets.take import Take
from motion import contacts, kinematics, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID

ROOT = Path(__file__).resolve().parents[2]
SMALL = ROOT / "tests" / "motion" / "data"
SHARED = ROOT.parent / "shared" / "data"
LIMBS = [
    (side + bone, side + tip)
    for side in ("left", "right")
    for bone, tip in (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))
]


def places(take: Take) -> Floats:
    return kinematics.forward(HUMANOID, take.root, take.rotations)[0]


def track(take: Take, bone: str) -> Floats:
    return places(take)[:, BONES.index(bone)]


def degrees_between(a: Floats, b: Floats) -> Floats:
    a, b = (v / np.linalg.norm(v, axis=-1, keepdims=True) for v in (a, b))
    return np.asarray(np.degrees(2 * np.arcsin(np.clip(np.linalg.norm(a - b, axis=-1) / 2, 0, 1))))


def check_is_a_dancer(take: Take) -> None:
    """What every take of a standing dancer has to be."""
    frames = len(take.root)
    assert take.root.shape == (frames, 3)
    assert take.rotations.shape == (frames, 22, 4)
    assert take.mask.shape == (22,)
    assert take.mask.dtype == np.bool_
    assert np.isfinite(take.root).all()
    np.testing.assert_allclose(np.linalg.norm(take.rotations, axis=-1), 1.0, atol=1e-9)
    assert (np.sum(take.rotations[1:] * take.rotations[:-1], axis=-1) > -1e-9).all(), "signs follow time"
    where = places(take)
    assert 0.5 < np.median(where[:, 0, 1]) < 1.1, take.name
    assert np.median(where[:, BONES.index("head"), 1] - where[:, 0, 1]) > 0.4, take.name
    feet = where[:, contacts.FOOT_POINTS, 1] - kinematics.rest_positions(HUMANOID)[contacts.FOOT_POINTS, 1]
    assert abs(np.median(feet.min(axis=1))) < 0.03, f"{take.name}: the lower foot is on the floor"
    level = rotation.inverse(rotation.about_y(rotation.yaw(take.rotations[:, 0])))
    for left, right in (("leftHand", "rightHand"), ("leftUpperLeg", "rightUpperLeg")):
        apart = where[:, BONES.index(left)] - where[:, BONES.index(right)]
        assert np.median(rotation.rotate(level, apart)[:, 0]) > 0.05, f"{take.name}: {left} is on the left"
    foot, toes, thigh, knee = (
        np.stack([where[:, BONES.index(side + bone)] for side in ("left", "right")], axis=1)
        for bone in ("Foot", "Toes", "UpperLeg", "LowerLeg")
    )
    ahead = rotation.rotate(level[:, None], toes - foot)[..., 2]
    assert np.median(ahead.max(axis=1)) > 0.05, f"{take.name}: the toes of the leg that stands point ahead"
    bend = rotation.rotate(level[:, None], knee - (thigh + foot) / 2)[..., 2]
    assert np.median(bend.max(axis=1)) > 0.0, f"{take.name}: knees bend ahead"


def some_of(folder: str, tmp_path: Path, names: set[str]) -> Path:
    """A folder whose index lists only `names`, its containers linked."""
    source = SHARED / folder
    if not source.is_dir():
        pytest.skip(f"needs shared/data/{folder}")
    index = json.loads((source / "index.json").read_text())
    index["takes"] = [t for t in index["takes"] if t.get("name", t.get("id", t.get("file"))) in names]
    assert len(index["takes"]) == len(names)
    for file in source.iterdir():
        if file.name != "index.json":
            (tmp_path / file.name).symlink_to(file)
    (tmp_path / "index.json").write_text(json.dumps(index))
    return tmp_path
