"""A corpus small enough to train on in a test: bodies that sway, features that tell where they are in their sway."""

from pathlib import Path

import numpy as np

from export.manifest import ControlSpec
from model.corpus import Corpus, Sequence
from motion.pose import CONTACTS, POSE_SIZE, ROOT_HEIGHT, ROTATIONS

FEATURES, BEAT = 6, 8
CONTROLS = (
    ControlSpec("style_sway", 0.0, 1.0, 1.0, "how much of the style sway"),
    ControlSpec("energy", 0.0, 1.0, 0.5, "small to large"),
    ControlSpec("temperature", 0.0, 1.5, 0.8, "how freely it varies"),
    ControlSpec("mirror", 0.0, 1.0, 0.0, "left and right change places"),
)


def sequence(number: int, frames: int, split: str = "train") -> Sequence:
    """`frames` frames of one swaying body."""
    rng = np.random.default_rng(number)
    phase = 2 * np.pi * np.arange(frames) / 15 * rng.uniform(0.8, 1.2)
    pose = np.zeros((frames, POSE_SIZE))
    pose[:, ROOT_HEIGHT] = 0.95
    pose[:, ROTATIONS] = np.tile([1, 0, 0, 0, 1, 0], 22) + 0.1 * np.sin(phase[:, None] + np.arange(132))
    pose[:, CONTACTS] = np.sin(phase)[:, None] > 0
    heard = np.sin(phase[:, None] + np.arange(FEATURES + BEAT))
    weight = np.ones(POSE_SIZE, np.float32)
    weight[ROTATIONS.start : ROTATIONS.start + 6] = number % 2
    controls = np.tile([1.0, 0.5, 1.0, 0.0], (frames, 1))
    arrays = (a.astype(np.float32) for a in (heard[:, :FEATURES], heard[:, FEATURES:], controls, pose, weight))
    return Sequence(f"sway{number}", "sway", split, *arrays)


def corpus() -> Corpus:
    """Four dances to train on, one to validate."""
    sequences = [sequence(i, 40 + 7 * i) for i in range(4)] + [sequence(9, 50, "val")]
    return Corpus(sequences, ("sway",), CONTROLS, [{"name": "toy", "terms": "none", "minutes": 0.1}], 2)


def write(folder: Path) -> Path:
    """Save the toy corpus; returns the file."""
    path = folder / "toy.npz"
    corpus().save(path)
    return path
