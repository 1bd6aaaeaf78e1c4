"""A folder of one's own: every X.bvh, with the song it was danced to beside it as X.wav (or .flac .ogg .mp3 .m4a).

Motion and song begin together. A subfolder is a style; what lies in the folder itself has the style "default".
"""

from pathlib import Path

from model.datasets import bone_names, from_bvh, humanoid
from model.datasets.take import Take
from motion import bvh, fitting, retarget
from motion.skeleton import HUMANOID, MotionError

_AUDIO = (".wav", ".flac", ".ogg", ".mp3", ".m4a")
_EVERY = 10  # one take of so many is kept for validation,
_FEWEST = 2  # if there are as many as this


def load(path: Path) -> list[Take]:
    """All takes under the folder `path`, in the order of their names; raises MotionError naming the file at fault.

    Any unit, either up axis; joints called as by Mixamo, VRM, Unity, Rokoko, Xsens, Daz or CMU. Every tenth take is for
    validation, and of two to nine the last. A take without a song is allowed.
    """
    if not path.is_dir():
        raise MotionError(f"data set bvh_wav: {path} is not a folder; give a folder of .bvh files")
    found = sorted(file for file in path.rglob("*") if file.suffix.lower() == ".bvh")
    if not found:
        raise MotionError(f"data set bvh_wav: there is no .bvh file under {path}")
    return [_take(file, path, _split(number, len(found))) for number, file in enumerate(found)]


def _split(number: int, count: int) -> str:
    last_of_its_ten = number % _EVERY == _EVERY - 1
    only_one = _FEWEST <= count < _EVERY and number == count - 1
    return "val" if last_of_its_ten or only_one else "train"


def _take(file: Path, folder: Path, split: str) -> Take:
    motion = bvh.read(file)
    name = file.relative_to(folder).with_suffix("").as_posix()
    skipped = 0
    if from_bvh.stands(motion, file.name):
        body = from_bvh.capture(motion, file.name)
        root, local, mask = humanoid.to_humanoid(body, motion.fps)
        skipped = len(motion.data) - len(root)
    else:
        points = from_bvh.points(motion, file.name)
        _, fitted = fitting.fit(points, HUMANOID)
        local = retarget.with_turns(fitted, from_bvh.turns(motion, file.name), HUMANOID)
        hip_centre = (points["leftUpperLeg"] + points["rightUpperLeg"]) / 2
        root = retarget.ground(humanoid.place_root(hip_centre, local[:, 0]), local, HUMANOID)
        mask = humanoid.known(set(bone_names.match(motion.names))) & humanoid.moved(local)
    audio = next((song for song in _beside(file) if song.is_file()), None)
    return Take(
        name=name,
        dataset="bvh_wav",
        style=name.partition("/")[0] if "/" in name else "default",
        split=split,
        terms="your own",
        fps=motion.fps,
        root=root,
        rotations=local,
        mask=mask,
        audio=audio,
        audio_offset=skipped / motion.fps,
    )


def _beside(file: Path) -> list[Path]:
    return [file.with_suffix(ending) for suffix in _AUDIO for ending in (suffix, suffix.upper())]
