"""What training eats: aligned arrays of features, beats, controls and poses, and what they say of themselves."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from export.manifest import ControlSpec
from motion.pose import CONTACTS, ROOT_HEIGHT, ROTATIONS, VELOCITY, YAW_RATE

F32 = NDArray[np.float32]
GROUPS = (ROOT_HEIGHT, VELOCITY, YAW_RATE, ROTATIONS, CONTACTS)


@dataclass
class Sequence:
    """T frames of one take under one song; pose [T, 140] is for lead_frames after the features [T, F]."""

    name: str
    style: str
    split: str
    features: F32
    beat: F32
    controls: F32
    pose: F32
    weight: F32  # [140] below 1 where the source did not record


@dataclass
class Corpus:
    """All sequences with their styles, controls and the terms of the data."""

    sequences: list[Sequence]
    styles: tuple[str, ...]
    controls: tuple[ControlSpec, ...]
    training_data: list[dict[str, Any]]
    lead_frames: int

    def split(self, name: str) -> list[Sequence]:
        """The sequences of one split, `train` or `val`."""
        return [sequence for sequence in self.sequences if sequence.split == name]

    def statistics(self) -> dict[str, F32]:
        """Mean and scale of the training split; poses have one scale a group, so that still joints are not blown up."""
        train = self.split("train")
        pose = np.concatenate([sequence.pose for sequence in train])
        features = np.concatenate([sequence.features for sequence in train])
        mean = pose.mean(axis=0)
        scale = np.ones_like(mean)
        for group in GROUPS:
            scale[group] = max(float(np.sqrt(pose[:, group].var(axis=0).mean())), 1e-3)
        return {
            "pose_mean": mean,
            "pose_scale": scale,
            "feature_mean": features.mean(axis=0),
            "feature_scale": np.maximum(features.std(axis=0), 1e-2),
        }

    def with_controls(self, more: tuple[ControlSpec, ...]) -> "Corpus":
        """The same with controls that this network adds, at their defaults."""
        if not more:
            return self
        row = np.array([control.default for control in more], np.float32)
        sequences = [
            replace(s, controls=np.hstack([s.controls, np.tile(row, (len(s.controls), 1))])) for s in self.sequences
        ]
        return replace(self, sequences=sequences, controls=(*self.controls, *more))

    def save(self, path: Path) -> None:
        """Write everything into one npz (no pickle)."""
        about = {
            "sequences": [[s.name, s.style, s.split] for s in self.sequences],
            "styles": self.styles,
            "controls": [asdict(control) for control in self.controls],
            "training_data": self.training_data,
            "lead_frames": self.lead_frames,
        }
        arrays = {
            f"{name}{i}": getattr(s, name)
            for i, s in enumerate(self.sequences)
            for name in ("features", "beat", "controls", "pose", "weight")
        }
        with path.open("wb") as out:
            np.savez(out, about=np.array(json.dumps(about)), **arrays)

    @staticmethod
    def load(path: Path) -> "Corpus":
        """Read what `save` wrote."""
        with np.load(path, allow_pickle=False) as data:
            about = json.loads(str(data["about"]))
            sequences = [
                Sequence(*row, *(data[f"{name}{i}"] for name in ("features", "beat", "controls", "pose", "weight")))
                for i, row in enumerate(about["sequences"])
            ]
        controls = tuple(ControlSpec(**control) for control in about["controls"])
        return Corpus(sequences, tuple(about["styles"]), controls, about["training_data"], about["lead_frames"])
