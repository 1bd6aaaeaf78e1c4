"""The dances of the CMU Graphics Lab motion capture database, as BVH (Daz-friendly conversion) or as ASF/AMC.

The data was obtained from mocap.cs.cmu.edu, created with funding from NSF EIA-0196217, and is free for all uses. The
rates in the files' headers are not always true; those of an index are.
"""

import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from model.datasets import bone_names, files, from_bvh, humanoid
from model.datasets.take import Take
from motion import asf_amc, bvh
from motion.asf_amc import Asf, AsfMotion
from motion.retarget import rest_directions
from motion.skeleton import BONES, HUMANOID, MotionError

_TERMS = "CMU Graphics Lab mocap: free for all uses; acknowledge mocap.cs.cmu.edu and NSF EIA-0196217"
_FILTER_EDGE = (
    9  # the Daz-friendly converter put a T pose in front, then smoothed: so many frames swing into the motion
)
_AMC_RATE = 120.0  # AMC files carry no rate; the laboratory's cameras ran at 120


def load(path: Path) -> list[Take]:
    """All takes in the folder `path`; raises MotionError.

    With an index.json that lists them: the BVH archive (styles salsa, indian, martial) or the AMC archive (modern,
    salsa, party, expressive, folk). Without: every .bvh, and every .amc with its .asf (SUBJECT.asf for
    SUBJECT_NN.amc, or the only one) beside it, style "default". notes["partner"] names the other take of a pair.
    """
    if not (path / "index.json").is_file():
        return _folder(path)
    index = files.read_index(path, "cmu")
    entries: list[dict[str, Any]] = index.get("takes", [])
    if index.get("set") == "cmu":
        with files.open_zip(path / str(index["container"]).split()[0], "cmu") as archive:
            return [_bvh_entry(entry, archive) for entry in entries]
    entries = [entry for entry in entries if entry.get("format") == "AMC/ASF"]
    if not entries:
        raise MotionError(f"data set cmu: index.json in {path} lists neither the CMU BVH files nor AMC takes")
    return _amc_entries(entries, path)


def _bvh_entry(entry: dict[str, Any], archive: zipfile.ZipFile) -> Take:
    name = entry["file"]
    motion = bvh.parse(files.member(archive, name).decode("utf-8", errors="replace"), name)
    fps = float(entry["fps_true"])
    return _take(_capture_bvh(motion, name), Path(name).stem, entry["category"], entry["split"], fps, entry)


def _amc_entries(entries: list[dict[str, Any]], path: Path) -> list[Take]:
    takes, skeletons = [], {}
    for entry in entries:
        with files.open_zip(path / entry["container"], "cmu") as archive:
            asf = entry["skeleton"]
            if asf not in skeletons:
                skeletons[asf] = asf_amc.parse_asf(files.member(archive, asf).decode("utf-8", errors="replace"), asf)
            text = files.member(archive, entry["file"]).decode("utf-8", errors="replace")
        motion = asf_amc.parse_amc(text, skeletons[asf], entry["file"])
        style = re.split(r"[/ (]", entry["style"])[0]
        takes.append(_take(_capture(motion), entry["name"], style, entry["split"], float(entry["fps_true"]), entry))
    return takes


def _folder(path: Path) -> list[Take]:
    if not path.is_dir():
        raise MotionError(f"data set cmu: {path} is not a folder; give a folder of .bvh or of .asf and .amc files")
    takes = []
    for file in sorted(path.glob("*.bvh")):
        motion = bvh.read(file)
        takes.append(_take(_capture_bvh(motion, file.name), file.stem, "default", "train", motion.fps, {}))
    for file in sorted(path.glob("*.amc")):
        body = _capture(asf_amc.read(_skeleton_of(file), file))
        takes.append(_take(body, file.stem, "default", "train", _AMC_RATE, {}))
    if not takes:
        raise MotionError(f"data set cmu: there is no index.json, .bvh or .amc file in {path}")
    return takes


def _skeleton_of(amc: Path) -> Path:
    asfs = sorted(amc.parent.glob("*.asf"))
    own = [asf for asf in asfs if asf.stem == amc.stem.partition("_")[0]]
    if not own and len(asfs) != 1:
        raise MotionError(f"{amc}: its skeleton is not there; put {amc.stem.partition('_')[0]}.asf beside it")
    return (own or asfs)[0]


def _capture_bvh(motion: bvh.Bvh, name: str) -> humanoid.Captured:
    if "lShldr" in motion.names and len(motion.data) > 2 * _FILTER_EDGE:
        motion = replace(motion, data=motion.data[_FILTER_EDGE:])
    return from_bvh.capture(motion, name)


def _capture(motion: AsfMotion) -> humanoid.Captured:
    """ASF axes are ours; its rest pose is a T pose with the legs apart."""
    joints = {bone: _joint(motion.skeleton, name) for bone, name in bone_names.both_sides(bone_names.CMU_ASF).items()}
    world = motion.world[:, [joints[bone] for bone in BONES]]
    directions = motion.skeleton.reach[[joints[bone] for bone in BONES]]
    directions = directions * rest_directions(HUMANOID).any(axis=-1, keepdims=True)
    thighs = [joints["leftUpperLeg"], joints["rightUpperLeg"]]
    bones = [joints[side + bone] for side in ("left", "right") for bone in ("UpperLeg", "LowerLeg")]
    return humanoid.Captured(
        world=world,
        known=humanoid.known(set(joints)),
        directions=directions,
        hip_centre=motion.starts[:, thighs].mean(axis=1),
        leg=float(np.linalg.norm(motion.skeleton.reach[bones], axis=-1).sum() / 2),
    )


def _joint(skeleton: Asf, name: str) -> int:
    if name not in skeleton.names:
        raise MotionError(
            f"the ASF skeleton has no bone {name!r}; only the skeletons of the CMU database are understood"
        )
    return skeleton.names.index(name)


def _take(body: humanoid.Captured, name: str, style: str, split: str, fps: float, entry: dict[str, Any]) -> Take:
    root, local, mask = humanoid.to_humanoid(body, fps)
    notes = {key: str(entry[key]) for key in ("partner", "description", "use") if entry.get(key)}
    return Take(name, "cmu", style, split, entry.get("licence", _TERMS), fps, root, local, mask, notes=notes)
