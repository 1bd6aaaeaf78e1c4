"""Dance with Melody: cha-cha, rumba, waltz and tango as 23 points on the body, with the songs they were danced to.

Tang, Jia, Mao 2018 (ACM MM). No licence is stated: for research inside the project; neither the data nor weights
trained on it may be published. The points have no names; those below were worked out from distances and movement.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from model.datasets import files, humanoid
from model.datasets.take import Take
from motion import fitting, level, retarget
from motion.skeleton import BONES, HUMANOID, MotionError

Array = NDArray[np.float64]
_POINTS = {
    "rightEar": 0, "leftEar": 1, "belly": 2,
    "rightUpperArm": 3, "rightLowerArm": 4, "rightHand": 5,
    "leftUpperArm": 12, "leftLowerArm": 13, "leftHand": 21,
    "rightUpperLeg": 7, "rightLowerLeg": 8, "rightFoot": 9,
    "leftUpperLeg": 16, "leftLowerLeg": 17, "leftFoot": 18,
}  # fmt: skip
_SOLES = {"rightToes": (9, 10, 11), "leftToes": (18, 19, 20)}  # ankle, heel, toe
_UNSEEN = ("leftShoulder", "rightShoulder", "leftHand", "rightHand", "leftToes", "rightToes")
_FROZEN_FRAMES = 10  # as many equal frames are a gap in the tracking, not a pose that is held
_SHORTEST = 3.0  # seconds of a piece worth keeping
_SPIKE = 0.10  # metres off the neighbours' middle: a tracking error


def load(path: Path) -> list[Take]:
    """All takes of the folder `path` (index.json, takes/, audio/), cut where the tracking froze; raises MotionError.

    Time runs as fast as the steps follow the beat where the index trusts its own measure of it. beats are the song's.
    notes["footspeed_peak_in_beats"] is where in the beat (0-1) the feet are fastest: the offset between song and motion
    is known to half a beat only.
    """
    index = files.read_index(path, "tang2018")
    entries = index.get("takes", [])
    if index.get("set") != "tang2018" or not entries:
        raise MotionError(f"data set tang2018: index.json in {path} does not list its takes")
    terms = str(index.get("terms", "no licence stated; research use only"))
    return [take for entry in entries for take in _takes(entry, path, terms)]


def _takes(entry: dict[str, Any], path: Path, terms: str) -> Iterator[Take]:
    file, audio = path / entry["motion"], path / entry["audio"]
    if not audio.is_file():
        raise MotionError(f"data set tang2018: the song {audio} is missing; fetch the data set again")
    try:
        with np.load(file, allow_pickle=False) as data:
            world = np.asarray(data["joints"], dtype=np.float64) + np.asarray(data["root"], dtype=np.float64)[:, None]
    except (OSError, KeyError, ValueError) as error:
        raise MotionError(f"data set tang2018: cannot read {file} ({error})") from None
    step = float(entry["sec_per_frame_tempo"] or entry["sec_per_frame"])
    root, local = _body(without_spikes(world), 1.0 / step)
    pieces = [p for p in _pieces(world) if (p.stop - p.start) * step >= _SHORTEST]
    beat = 60.0 / float(entry["bpm_measured"])
    for number, piece in enumerate(pieces):
        start, stop = piece.start * step, piece.stop * step
        beats = np.arange(float(entry["first_audio_beat_after_start_s"]), stop, beat) - start
        yield Take(
            name=entry["id"] + (f"_{number}" if len(pieces) > 1 else ""),
            dataset="tang2018",
            style=entry["style"],
            split=entry["split"],
            terms=terms,
            fps=1.0 / step,
            root=root[piece],
            rotations=local[piece],
            mask=~humanoid.known(set(_UNSEEN)),
            audio=audio,
            audio_offset=float(entry["motion_start_in_clip_s"]) + start,
            beats=beats[beats >= 0.0],
            notes={
                "tempo_trusted": str(bool(entry["tempo_trusted"])),
                "footspeed_peak_in_beats": str(entry["footspeed_peak_minus_beat_in_beats"]),
            },
        )


def _body(world: Array, fps: float) -> tuple[Array, Array]:
    """Points (T, 23, 3) m -> root (T, 3) and local rotations (T, 22, 4) on a level floor at y = 0."""
    tracks = {name: world[:, point] for name, point in _POINTS.items()}
    tracks |= {name: _toes(*(world[:, point] for point in points)) for name, points in _SOLES.items()}
    root, local = fitting.fit(level.level(tracks), HUMANOID)
    root = level.follow_floor(retarget.ground(root, local, HUMANOID), local, fps, HUMANOID)
    return root, humanoid.without_leaps(local, fps)


def _toes(ankle: Array, heel: Array, toe: Array) -> Array:
    """Where our toes would be, were our sole as steep as theirs: shoes with heels do not bend the foot."""
    _, down, ahead = HUMANOID.offsets[BONES.index("leftToes")]
    sole = toe - heel
    sole = sole / np.maximum(np.linalg.norm(sole, axis=-1, keepdims=True), 1e-6)
    up = np.array([0.0, 1.0, 0.0]) - sole * sole[:, 1:2]
    up = up / np.maximum(np.linalg.norm(up, axis=-1, keepdims=True), 1e-6)
    return np.asarray(ankle + ahead * sole + down * up)


def _pieces(world: Array) -> list[slice]:
    """The stretches of (T, 23, 3) between frozen ones."""
    still = np.concatenate([[False], np.abs(np.diff(world, axis=0)).max(axis=(1, 2)) < 1e-6, [False]])
    edges = np.flatnonzero(np.diff(still.astype(np.int8)))
    gaps = [(a, b) for a, b in zip(edges[::2], edges[1::2], strict=True) if b - a >= _FROZEN_FRAMES]
    starts = [0] + [int(b) for _, b in gaps]
    stops = [int(a) + 1 for a, _ in gaps] + [len(world)]
    return [slice(a, b) for a, b in zip(starts, stops, strict=True) if b > a]


def without_spikes(world: Array) -> Array:
    """Points (T, J, 3) with those put between their neighbours in time that stand out by over a hand's breadth."""
    padded = np.concatenate([world[:1], world, world[-1:]])
    middle = np.median(np.stack([padded[:-2], world, padded[2:]]), axis=0)
    off = np.linalg.norm(world - middle, axis=-1, keepdims=True) > _SPIKE
    return np.where(off, (padded[:-2] + padded[2:]) / 2, world)
