"""Dance with Melody: cha-cha, rumba, waltz and tango as 23 points on the body, with the songs they were danced to.

Tang, Jia, Mao 2018 (ACM MM). No licence is stated: for research inside the project; neither the data nor weights
trained on it may be published. The points have no names; those below were worked out from distances and movement.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from model.datasets import files, humanoid
from model.datasets.take import Take
from motion import fitting, kinematics, level, retarget
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
_FEET = [BONES.index("leftFoot"), BONES.index("rightFoot")]
_FROZEN_FRAMES = 10  # as many equal frames are a gap in the tracking, not a pose that is held
_SHORTEST = 3.0  # seconds of a piece worth keeping
_SPIKE = 0.10  # metres off the neighbours' middle: a tracking error


class _Recording(NamedTuple):
    """A dance as a whole, before it is cut."""

    entry: dict[str, Any]
    step: float  # s a frame
    root: Array
    rotations: Array
    pieces: list[slice]
    waves: tuple[complex, complex]  # of its feet's speed: once a beat, and once in the beats that its steps take


def load(path: Path) -> list[Take]:
    """All takes of the folder `path` (index.json, takes/, audio/), cut where the tracking froze; raises MotionError.

    Time runs as fast as the steps follow the beat where the index trusts its own measure of it. beats are the song's.
    The offset between song and motion is known to half a beat only, and differs: see `_later`.
    """
    index = files.read_index(path, "tang2018")
    entries = index.get("takes", [])
    if index.get("set") != "tang2018" or not entries:
        raise MotionError(f"data set tang2018: index.json in {path} does not list its takes")
    terms = str(index.get("terms", "no licence stated; research use only"))
    recordings = [_recording(entry, path) for entry in entries]
    later = _later(recordings)
    return [take for one, late in zip(recordings, later, strict=True) for take in _takes(one, late, path, terms)]


def _recording(entry: dict[str, Any], path: Path) -> _Recording:
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
    feet = kinematics.forward(HUMANOID, root, local)[0][:, _FEET]
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1).mean(axis=1)
    speed = np.minimum(speed, np.percentile(speed, 98))
    beat = ((np.arange(len(speed)) + 0.5) * step - float(entry["first_audio_beat_after_start_s"])) / _beat(entry)
    one, whole = (
        complex(np.mean((speed - speed.mean()) * np.exp(2j * np.pi * beat / period)))
        for period in (1, int(entry["beats_per_step_period"]))
    )
    return _Recording(entry, step, root, local, pieces, (one, whole))


def _beat(entry: dict[str, Any]) -> float:
    return 60.0 / float(entry["bpm_measured"])


def _later(recordings: list[_Recording]) -> list[float]:
    """By how much of a beat, -0.5 to 0.5, each dance is to begin later, for its feet to rest on the beat.

    A dance shows its place in the beat best by the whole period of its steps. How the feet's slowing down once a beat
    lies in that is a matter of the style, and told by all dances of it.
    """
    later = []
    for recording in recordings:
        alike = [one for one in recordings if one.entry["style"] == recording.entry["style"] and _trusted(one.entry)]
        style = sum((one.waves[0] * np.conj(_in_beat(one)) for one in alike), 0j)
        fastest = np.angle(_in_beat(recording) * style) / (2.0 * np.pi)
        later.append((0.5 - fastest + 0.5) % 1.0 - 0.5 if _trusted(recording.entry) else 0.0)
    return later


def _trusted(entry: dict[str, Any]) -> bool:
    return bool(entry["tempo_trusted"])


def _in_beat(recording: _Recording) -> complex:
    """Where in the beat the whole period's wave is highest, as a complex number."""
    return complex(recording.waves[1] ** int(recording.entry["beats_per_step_period"]))


def _takes(recording: _Recording, later: float, path: Path, terms: str) -> Iterator[Take]:
    entry, step, beat = recording.entry, recording.step, _beat(recording.entry)
    first = (float(entry["first_audio_beat_after_start_s"]) - later * beat) % beat
    for number, piece in enumerate(recording.pieces):
        start, stop = piece.start * step, piece.stop * step
        beats = np.arange(first, stop, beat) - start
        yield Take(
            name=entry["id"] + (f"_{number}" if len(recording.pieces) > 1 else ""),
            dataset="tang2018",
            style=entry["style"],
            split=entry["split"],
            terms=terms,
            fps=1.0 / step,
            root=recording.root[piece],
            rotations=recording.rotations[piece],
            mask=~humanoid.known(set(_UNSEEN)),
            audio=path / entry["audio"],
            audio_offset=float(entry["motion_start_in_clip_s"]) + later * beat + start,
            beats=beats[beats >= 0.0],
            in_time=_trusted(entry),
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
