"""A figure that swings its arms and legs and walks a circle: real StageFrames without a dancer file."""

import numpy as np

from audio.beat import Reading
from export.manifest import POSE_SIZE, ControlSpec, Manifest
from motion.kinematics import forward
from motion.rotation import about_y, from_axis_angle, multiply
from motion.skeleton import BONES, HUMANOID
from realtime.frame import BeatReport, StageFrame
from realtime.sinks.base import SinkOptions, StageInfo

FPS = 15
STYLES = ("house", "waack")
SWINGS = {  # bone: axis, amplitude, offset (radians)
    "leftUpperArm": ((0.3, 0.2, 1.0), 0.7, -0.6),
    "rightUpperArm": ((0.3, 0.2, 1.0), 0.7, 0.6),
    "leftLowerArm": ((0.0, 1.0, 0.0), 0.6, -0.8),
    "rightLowerArm": ((0.0, 1.0, 0.0), 0.6, 0.8),
    "leftUpperLeg": ((1.0, 0.0, 0.0), 0.5, -0.3),
    "rightUpperLeg": ((1.0, 0.0, 0.0), -0.5, -0.3),
    "leftLowerLeg": ((1.0, 0.0, 0.0), -0.4, 0.5),
    "rightLowerLeg": ((1.0, 0.0, 0.0), 0.4, 0.5),
    "spine": ((0.0, 1.0, 0.3), 0.2, 0.0),
    "head": ((1.0, 0.4, 0.0), 0.2, 0.0),
}


def manifest() -> Manifest:
    controls = (
        ControlSpec("energy", 0.0, 2.0, 1.0, "size of the movement"),
        ControlSpec("mirror", 0.0, 1.0, 0.0, "1 swaps left and right"),
        *(ControlSpec(f"style_{style}", 0.0, 1.0, 0.5, f"weight of {style}") for style in STYLES),
    )
    return Manifest(
        name="swing", network="none", rate=24000, hop=400, fps=FPS, feature_names=("level",), beat_names=("phase",),
        controls=controls, noise_size=0, states=(), bones=BONES, lead_frames=2, styles=STYLES, training_data=(),
        metrics={}, revision="0" * 40,
    )  # fmt: skip


def options(name: str, target: str = "", dancers: int = 1, **extra: str) -> SinkOptions:
    return SinkOptions(name, target, extra, StageInfo(manifest(), dancers, 0, FPS, 2 / FPS, STYLES))


def local_rotations(seconds: float, phase: float = 0.0) -> np.ndarray:
    """Local rotations [22, 4] at one instant: two swings a second."""
    turns = np.zeros((len(BONES), 3), np.float32)
    swing = np.sin(2 * np.pi * seconds + phase)
    for bone, (axis, amplitude, offset) in SWINGS.items():
        turns[BONES.index(bone)] = np.array(axis) / np.linalg.norm(axis) * (offset + amplitude * swing)
    local = from_axis_angle(turns)
    local[0] = multiply(about_y(np.float32(0.5 * np.sin(0.7 * seconds + phase))), local[0])
    return local.astype(np.float32)


def frame(k: int, dancers: int = 1) -> StageFrame:
    """Pose frame k of a show at 120 bpm."""
    seconds = (k + 1) / FPS
    at = seconds + 2 / FPS
    local = np.stack([local_rotations(at, 0.6 * n) for n in range(dancers)])
    root = np.stack([(1.1 * n + 0.2 * np.sin(at), 0.93 + 0.03 * np.cos(4 * np.pi * at), 0.2 * np.cos(at))
                     for n in range(dancers)]).astype(np.float32)  # fmt: skip
    positions, _ = forward(HUMANOID, root, local)
    beats = at * 2
    return StageFrame(
        index=k, audio_time=seconds, lead=2 / FPS, samples=np.zeros(1600, np.float32), features=np.zeros(1, np.float32),
        beat=np.zeros(1, np.float32),
        report=BeatReport(beats % 1, beats % 4 / 4, 120.0, 0.9, int(beats % 4) + 1, True),
        reading=Reading(seconds * 2, 0.5, 4, 0, 0.9, True),
        loudness_db=-18.0 + 6 * np.cos(2 * np.pi * beats), energy=0.6, controls=np.zeros((dancers, 4), np.float32),
        pose=np.zeros((dancers, POSE_SIZE), np.float32), root_position=root, rotations=local, positions=positions,
        contacts=np.ones((dancers, 4), np.float32),
    )  # fmt: skip
