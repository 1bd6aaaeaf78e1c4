"""BVH files: read whatever exporters write, rebuild world rotations and positions, write our own.

A channel list is also the multiplication order: `Zrotation Xrotation Yrotation` means R = Rz Rx Ry on column vectors,
in degrees. Axes and unit are the file's; bringing them to ours is the caller's work.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motion import bvh_write, rotation
from motion.bvh_text import CHANNELS, Array, Hierarchy, frames_of, motion_header
from motion.rotation import Floats
from motion.skeleton import MotionError


@dataclass(frozen=True)
class Bvh:
    """A parsed file: J joints, T frames, C channels.

    names: J, as in the file. parents: (J,) -1 for the root, parents before children. offsets: (J, 3) file units.
    channels: per joint ("Xposition", ..., "Zrotation") in file order. data: (T, C), degrees and file units, as written.
    frame_time: seconds as written; fps: the rate meant by it. end_sites: joint index -> offset (3,).
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: Array
    channels: tuple[tuple[str, ...], ...]
    data: Array
    frame_time: float
    fps: float
    end_sites: dict[int, Array]

    def index(self, name: str) -> int:
        """Index of the joint `name`; raises MotionError when there is none."""
        if name not in self.names:
            raise MotionError(f"no joint is called {name!r}; the joints are {', '.join(self.names)}")
        return self.names.index(name)


def read(path: Path) -> Bvh:
    """Read a BVH file; raises MotionError in one line, with the line number, where it is broken."""
    try:
        raw = Path(path).read_bytes()
    except OSError as error:
        raise MotionError(f"cannot read {path}: {error.strerror or error}") from None
    return parse(raw.decode("utf-8-sig", errors="replace"), Path(path).name)


def parse(text: str, name: str = "BVH text") -> Bvh:
    """Parse the text of a BVH file; `name` stands in the error messages. Raises MotionError."""
    lines = text.replace("\x00", " ").splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip().upper() == "MOTION"), None)
    if start is None:
        raise MotionError(f"{name}: there is no MOTION line; this is not a whole BVH file")
    tree = Hierarchy(lines[:start], name)
    width = sum(len(c) for c in tree.channels)
    frames, frame_time, fps, first = motion_header(lines, start + 1, name)
    data = frames_of(lines, first, frames, width, name)
    offsets = np.array(tree.offsets, dtype=np.float64)
    return Bvh(
        tuple(tree.names), tuple(tree.parents), offsets, tuple(tree.channels), data, frame_time, fps, tree.end_sites
    )


def local_transforms(bvh: Bvh) -> tuple[Floats, Floats]:
    """-> (local positions (T, J, 3) in file units, local rotations (T, J, 4) xyzw), each in the parent's axes.

    Position channels replace the joint's offset, as the exporters that give every joint six channels mean them;
    the root's are its place in the world.
    """
    count, joints = len(bvh.data), len(bvh.names)
    place = np.tile(bvh.offsets, (count, 1, 1))
    turn = np.zeros((count, joints, 4))
    column = 0
    for joint, channels in enumerate(bvh.channels):
        values = bvh.data[:, column : column + len(channels)]
        column += len(channels)
        kinds = [CHANNELS[channel.lower()] for channel in channels]
        for value, (kind, axis) in zip(values.T, kinds, strict=True):
            if kind == "position":
                place[:, joint, axis] = value
        angles = np.radians(values[:, [kind == "rotation" for kind, _ in kinds]])
        order = "".join("XYZ"[axis] for kind, axis in kinds if kind == "rotation")
        turn[:, joint] = rotation.from_euler(order, angles)
    return place, turn


def forward(bvh: Bvh) -> tuple[Floats, Floats]:
    """-> (positions (T, J, 3) in file units, world rotations (T, J, 4) xyzw)."""
    place, turn = local_transforms(bvh)
    places, world = np.empty_like(place), np.empty_like(turn)
    for joint, parent in enumerate(bvh.parents):
        if parent < 0:
            places[:, joint], world[:, joint] = place[:, joint], turn[:, joint]
            continue
        places[:, joint] = places[:, parent] + rotation.rotate(world[:, parent], place[:, joint])
        world[:, joint] = rotation.multiply(world[:, parent], turn[:, joint])
    return places, world


def world_rotations(bvh: Bvh) -> Floats:
    """-> world rotations (T, J, 4) xyzw."""
    return forward(bvh)[1]


def positions(bvh: Bvh) -> Floats:
    """-> joint positions (T, J, 3) in the file's unit and axes."""
    return forward(bvh)[0]


def write(
    path: Path,
    names: tuple[str, ...],
    parents: tuple[int, ...],
    offsets: Floats,
    root: Floats,
    local: Floats,
    fps: float,
    units_per_metre: float = 100.0,
) -> None:
    """Write T frames of J bones, channels Zrotation Xrotation Yrotation, in centimetres (most programs) by default.

    offsets: (J, 3) metres. root: (T, 3) metres, place of bone 0 in the world. local: (T, J, 4) xyzw. fps > 0.
    The file appears whole or not at all. Raises MotionError if it cannot be written or the numbers are not finite.
    """
    if not (np.isfinite(root).all() and np.isfinite(local).all()):
        raise MotionError(f"{path} was not written: the motion holds numbers that are not finite")
    text, at = bvh_write.head(names, parents, offsets, fps, units_per_metre)
    table = bvh_write.rows(root, local, units_per_metre=units_per_metre)[0] if len(root) else ""
    counted = bvh_write.count(len(root))
    part = Path(path).with_name(Path(path).name + ".part")
    try:
        part.write_text(text[:at] + counted + text[at + len(counted) :] + table, encoding="utf-8", newline="\n")
        part.replace(path)
    except OSError as error:
        raise MotionError(f"cannot write {path}: {error.strerror or error}") from None
