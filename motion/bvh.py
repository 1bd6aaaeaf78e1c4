"""BVH files: read whatever exporters write, rebuild world rotations and positions, write our own.

A channel list is also the multiplication order: `Zrotation Xrotation Yrotation` means R = Rz Rx Ry on column vectors,
in degrees. Axes and unit are the file's; bringing them to ours is the caller's work.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion import bvh_write, rotation
from motion.rotation import Floats
from motion.skeleton import MotionError

Array = NDArray[np.float64]
_CHANNELS = {f"{axis}{kind}".lower(): (kind, i) for i, axis in enumerate("XYZ") for kind in ("position", "rotation")}
# what cameras and capture systems run at; a rounded frame time means the one of these that it was rounded from
_USUAL_RATES = (30.0, 60.0, 120.0, 24.0, 25.0, 50.0, 100.0, 90.0, 72.0, 240.0, 30e3 / 1001, 60e3 / 1001, 120e3 / 1001)


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
    tree = _Hierarchy(lines[:start], name)
    width = sum(len(c) for c in tree.channels)
    frames, frame_time, fps, first = _motion_header(lines, start + 1, name)
    data = _frames(lines, first, frames, width, name)
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
        kinds = [_CHANNELS[channel.lower()] for channel in channels]
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


class _Hierarchy:
    """The joint tree, token by token: braces and names stand wherever the exporter put them."""

    def __init__(self, lines: list[str], name: str) -> None:
        self.file = name
        self.names: list[str] = []
        self.parents: list[int] = []
        self.offsets: list[tuple[float, ...]] = []
        self.channels: list[tuple[str, ...]] = []
        self.end_sites: dict[int, Array] = {}
        spaced = (line.replace("{", " { ").replace("}", " } ").split() for line in lines)
        self._tokens = [(token, n) for n, words in enumerate(spaced, 1) for token in words]
        self._at = 0
        if not self._tokens or self._tokens[0][0].upper() != "HIERARCHY":
            raise MotionError(f"{name}, line 1: a BVH file begins with HIERARCHY, this one does not")
        self._walk()

    def _next(self) -> str:
        if self._at >= len(self._tokens):
            raise MotionError(
                f"{self.file}: the hierarchy ends in its middle, before MOTION; a closing brace is missing"
            )
        token = self._tokens[self._at][0]
        self._at += 1
        return token

    def _fail(self, text: str) -> MotionError:
        return MotionError(f"{self.file}, line {self._tokens[self._at - 1][1]}: {text}")

    def _walk(self) -> None:
        self._at = 1
        stack: list[int] = []  # -1 for an end site
        while self._at < len(self._tokens):
            word = self._next()
            key = word.upper()
            if key == "ROOT" and self.names:
                raise self._fail("a second ROOT; one skeleton a file, please")
            if key in ("ROOT", "JOINT"):
                self._joint(stack[-1] if stack else -1)
                stack.append(len(self.names) - 1)
            elif key == "END" and stack:
                self._until_brace()
                stack.append(-1)
            elif key == "OFFSET" and stack:
                self._offset(stack)
            elif key == "CHANNELS" and stack and stack[-1] >= 0:
                self.channels[stack[-1]] = self._channel_list()
            elif key == "}" and stack:
                stack.pop()
            else:
                raise self._fail(f"{word!r} is not understood here")
        if stack or not self.names:
            raise self._fail("a joint is not closed before MOTION" if stack else "there is no ROOT")

    def _until_brace(self) -> str:
        words: list[str] = []
        while (token := self._next()) != "{":
            words.append(token)
        return " ".join(words)

    def _joint(self, parent: int) -> None:
        if self.names and parent < 0:
            raise self._fail("a JOINT outside of every other joint")
        self.names.append(self._until_brace())
        self.parents.append(parent)
        self.offsets.append((0.0, 0.0, 0.0))
        self.channels.append(())

    def _numbers(self, count: int) -> tuple[float, ...]:
        values = []
        for _ in range(count):
            token = self._next()
            try:
                values.append(float(token))
            except ValueError:
                raise self._fail(f"{token!r} is not a number") from None
        return tuple(values)

    def _offset(self, stack: list[int]) -> None:
        values = self._numbers(3)
        if stack[-1] >= 0:
            self.offsets[stack[-1]] = values
        elif len(stack) > 1:
            self.end_sites[stack[-2]] = np.array(values)

    def _channel_list(self) -> tuple[str, ...]:
        count = self._numbers(1)[0]
        if count not in (0, 1, 2, 3, 4, 5, 6):
            raise self._fail("a joint has 0 to 6 channels")
        names = tuple(self._next() for _ in range(int(count)))
        wrong = [n for n in names if n.lower() not in _CHANNELS]
        if wrong:
            raise self._fail(f"channel {wrong[0]!r} is not one of Xposition ... Zrotation")
        return names


def _motion_header(lines: list[str], at: int, name: str) -> tuple[int, float, float, int]:
    """-> (frames, frame time, fps, index of the first line of numbers)."""
    found: dict[str, str] = {}
    while at < len(lines) and len(found) < 2:
        key, _, value = lines[at].partition(":")
        key = " ".join(key.lower().split())
        if key:
            if key not in ("frames", "frame time"):
                raise MotionError(f"{name}, line {at + 1}: after MOTION come 'Frames:' and 'Frame Time:', not this")
            found[key] = value.strip()
        at += 1
    try:
        frames, frame_time = int(found["frames"]), float(found["frame time"])
    except (KeyError, ValueError):
        raise MotionError(f"{name}, line {at}: 'Frames:' and 'Frame Time:' must each give a number") from None
    if frames < 1 or not 1e-4 < frame_time < 10.0:
        raise MotionError(f"{name}, line {at}: {frames} frames of {frame_time:g} s cannot be a motion")
    return frames, frame_time, _rate(found["frame time"]), at


def _rate(written: str) -> float:
    """Frames a second meant by a rounded frame time: 0.0083333 is 120, .041667 is 24, 0.033367 is 29.97."""
    value = float(written)
    mantissa, _, exponent = written.lower().partition("e")
    last_digit = 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))
    slack = min(max(last_digit, 2e-4 * value), 0.02 * value)
    for rate in (*_USUAL_RATES, float(round(1.0 / value) or 1)):
        if abs(1.0 / rate - value) <= slack:
            return rate
    return 1.0 / value


def _frames(lines: list[str], first: int, frames: int, width: int, name: str) -> Array:
    """Rows beyond those promised are passed over: a recorder that was killed wrote them, but did not count them yet."""
    try:
        flat = np.array(" ".join(lines[first:]).split(), dtype=np.float64)
    except ValueError:
        flat = np.empty(0)
    if flat.size == frames * width and np.isfinite(flat).all():
        return flat.reshape(frames, width)
    rows = 0
    for n, line in enumerate(lines[first:], first + 1):
        words = line.split()
        if not words:
            continue
        if rows == frames:
            return _frames(lines[: n - 1], first, frames, width, name)
        rows += 1
        for word in words:
            if not _is_number(word):
                raise MotionError(f"{name}, line {n}: {word!r} is not a finite number")
        if len(words) != width:
            raise MotionError(f"{name}, line {n}: {len(words)} numbers where the channels ask for {width}")
    raise MotionError(
        f"{name}: the header promises {frames} frames, the file holds {rows}; it is cut off or was edited"
    )


def _is_number(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
