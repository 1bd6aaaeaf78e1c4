"""Acclaim ASF skeletons and AMC motion, the format of the CMU Graphics Lab motion capture database.

The ASF rest pose is a T pose with the legs apart. A bone's turn is given as M in its own axes C: its turn since rest in
the world is G = G_parent C M C^-1, and its end lies at start + G direction length. "axis XYZ" means x first: Rz Ry Rx.
Source: http://research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff/ASF-AMC.html
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motion import rotation
from motion.rotation import Floats
from motion.skeleton import MotionError

Array = NDArray[np.float64]
_INCH = 0.0254


@dataclass(frozen=True)
class Asf:
    """A skeleton of J bones, the root (without length) first, parents before children.

    names: J. parents: (J,) -1 for the root. reach: (J, 3) metres from a bone's start to its end in the rest pose.
    axes: (J, 4) xyzw, C. euler: per bone the order, "XYZ" = x first. dofs: per bone its numbers in the AMC, in order,
    such as ("tx", ..., "rx", ...). metre: metres a file unit. degrees: whether the AMC's angles are degrees.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    reach: Array
    axes: Array
    euler: tuple[str, ...]
    dofs: tuple[tuple[str, ...], ...]
    metre: float
    degrees: bool


@dataclass(frozen=True)
class AsfMotion:
    """T frames, at a rate the file does not know. world: (T, J, 4) turns since rest. starts, ends: (T, J, 3) metres."""

    skeleton: Asf
    world: Floats
    starts: Floats
    ends: Floats


def read(asf: Path, amc: Path) -> AsfMotion:
    """Read a motion with its skeleton; raises MotionError in one line, with the line number, where it is broken."""
    return parse_amc(_text(amc), parse_asf(_text(asf), Path(asf).name), Path(amc).name)


def parse_asf(text: str, name: str = "ASF text") -> Asf:
    """Parse the text of a skeleton file; `name` stands in the error messages. Raises MotionError."""
    sections = _sections(text)
    for needed in ("root", "bonedata", "hierarchy"):
        if needed not in sections:
            raise MotionError(f"{name}: there is no :{needed} section; this is not a whole ASF file")
    units = {words[0]: words[1] for _, words in sections.get("units", []) if len(words) > 1}
    try:
        metre = _INCH / float(units.get("length", "1.0"))
    except (ValueError, ZeroDivisionError):
        raise MotionError(f"{name}: the unit of length {units['length']!r} is not a number above 0") from None
    degrees = not units.get("angle", "deg").lower().startswith("rad")
    root = {words[0]: words[1:] for _, words in sections["root"]}
    order = tuple(word.lower() for word in root.get("order", ["TX", "TY", "TZ", "RX", "RY", "RZ"]))
    bones = {"root": _Bone(dofs=order, euler="".join(root.get("axis", ["XYZ"])).upper())}
    bones["root"].axis = _floats(root.get("orientation", ["0", "0", "0"]), name, 0)
    bones.update(_bones(sections["bonedata"], name))
    names, parents = _tree(sections["hierarchy"], bones, name)
    ordered = [bones[n] for n in names]
    reach = np.array([np.multiply(bone.direction, bone.length) for bone in ordered]) * metre
    angles = [np.radians(b.axis) if degrees else np.asarray(b.axis) for b in ordered]
    axes = np.array([_turn(bone.euler, angle) for bone, angle in zip(ordered, angles, strict=True)])
    return Asf(
        names, parents, reach, axes, tuple(b.euler for b in ordered), tuple(b.dofs for b in ordered), metre, degrees
    )


def parse_amc(text: str, skeleton: Asf, name: str = "AMC text") -> AsfMotion:
    """Parse the text of a motion file that belongs to `skeleton`. Raises MotionError."""
    values, frames = _amc_values(text, skeleton, name)
    count = len(skeleton.names)
    world = np.empty((frames, count, 4))
    starts, ends = np.empty((frames, count, 3)), np.empty((frames, count, 3))
    for j, parent in enumerate(skeleton.parents):
        dofs, numbers = skeleton.dofs[j], values[j]
        angles = np.zeros((frames, 3))
        for axis, letter in enumerate(skeleton.euler[j]):
            if "r" + letter.lower() in dofs:
                angles[:, axis] = numbers[:, dofs.index("r" + letter.lower())]
        turn = _turn(skeleton.euler[j], np.radians(angles) if skeleton.degrees else angles)
        turn = rotation.multiply(rotation.multiply(skeleton.axes[j], turn), rotation.inverse(skeleton.axes[j]))
        if parent < 0:
            world[:, j] = turn
            place = [numbers[:, dofs.index(t)] if t in dofs else np.zeros(frames) for t in ("tx", "ty", "tz")]
            starts[:, j] = np.stack(place, axis=-1) * skeleton.metre
        else:
            world[:, j] = rotation.multiply(world[:, parent], turn)
            starts[:, j] = ends[:, parent]
        ends[:, j] = starts[:, j] + rotation.rotate(world[:, j], skeleton.reach[j])
    return AsfMotion(skeleton, world, starts, ends)


@dataclass
class _Bone:
    direction: tuple[float, ...] = (0.0, 0.0, 0.0)
    length: float = 0.0
    axis: tuple[float, ...] = (0.0, 0.0, 0.0)
    euler: str = "XYZ"
    dofs: tuple[str, ...] = ()


def _text(path: Path) -> str:
    try:
        return Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise MotionError(f"cannot read {path}: {error.strerror or error}") from None


def _turn(order: str, angles: Floats) -> Floats:
    """Angles (..., 3) in the order's order, first applied first -> quaternions (..., 4)."""
    return rotation.from_euler(order[::-1], angles[..., ::-1])


def _sections(text: str) -> dict[str, list[tuple[int, list[str]]]]:
    """The lines of each ":name" section as (line number, words)."""
    sections: dict[str, list[tuple[int, list[str]]]] = {}
    lines: list[tuple[int, list[str]]] = []
    for n, line in enumerate(text.splitlines(), 1):
        words = line.partition("#")[0].split()
        if words and words[0].startswith(":"):
            lines = sections.setdefault(words[0][1:].lower(), [])
        elif words:
            lines.append((n, words))
    return sections


def _floats(words: list[str], name: str, line: int) -> tuple[float, ...]:
    try:
        return tuple(float(word) for word in words)
    except ValueError:
        raise MotionError(f"{name}, line {line}: {' '.join(words)!r} should be numbers") from None


def _bones(lines: list[tuple[int, list[str]]], name: str) -> Iterator[tuple[str, _Bone]]:
    bone, bone_name = _Bone(), ""
    for n, (key, *words) in lines:
        if key == "begin":
            bone, bone_name = _Bone(), ""
        elif key == "name" and words:
            bone_name = words[0]
        elif key == "direction":
            bone.direction = _floats(words[:3], name, n)
        elif key == "length":
            bone.length = _floats(words[:1], name, n)[0]
        elif key == "axis":
            bone.axis, bone.euler = _floats(words[:3], name, n), (words[3].upper() if len(words) > 3 else "XYZ")
        elif key == "dof":
            bone.dofs = tuple(word.lower() for word in words)
        elif key == "end":
            if not bone_name:
                raise MotionError(f"{name}, line {n}: this bone has no name")
            if sorted(bone.euler) != ["X", "Y", "Z"] or len(bone.direction) != 3 or len(bone.axis) != 3:
                raise MotionError(
                    f"{name}, line {n}: the bone {bone_name} needs a direction and an axis of three numbers"
                )
            yield bone_name, bone


def _tree(
    lines: list[tuple[int, list[str]]], bones: dict[str, _Bone], name: str
) -> tuple[tuple[str, ...], tuple[int, ...]]:
    names, parents = ["root"], [-1]
    for n, words in lines:
        if words[0] in ("begin", "end"):
            continue
        for word in words:
            if word not in bones:
                raise MotionError(f"{name}, line {n}: the hierarchy names {word!r}, which is not among the bones")
        if words[0] not in names:
            raise MotionError(f"{name}, line {n}: {words[0]!r} has children before it has a parent")
        above = names.index(words[0])
        for word in words[1:]:
            if word in names:
                raise MotionError(f"{name}, line {n}: {word!r} has two parents")
            names.append(word)
            parents.append(above)
    return tuple(names), tuple(parents)


def _amc_values(text: str, skeleton: Asf, name: str) -> tuple[list[Array], int]:
    """-> per bone (T, its numbers), zero where a frame does not name it; T."""
    rows: list[list[tuple[int, list[str], int]]] = [[] for _ in skeleton.names]
    index = {bone: j for j, bone in enumerate(skeleton.names)}
    frames = 0
    for n, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0][0] in "#:":
            continue
        if len(words) == 1 and words[0].isdigit():
            frames += 1
            continue
        j = index.get(words[0])
        if j is None or frames == 0:
            raise MotionError(f"{name}, line {n}: no bone of the skeleton is called {words[0]!r}; is it the right ASF?")
        if len(words) - 1 != len(skeleton.dofs[j]):
            expected = len(skeleton.dofs[j])
            raise MotionError(
                f"{name}, line {n}: {len(words) - 1} numbers for {words[0]}, the skeleton asks for {expected}"
            )
        rows[j].append((frames - 1, words[1:], n))
    if frames == 0:
        raise MotionError(f"{name}: there is no frame in it; this is not an AMC file")
    return [_bone_table(row, frames, len(dofs), name) for row, dofs in zip(rows, skeleton.dofs, strict=True)], frames


def _bone_table(rows: list[tuple[int, list[str], int]], frames: int, width: int, name: str) -> Array:
    table = np.zeros((frames, width))
    if rows:
        try:
            numbers = np.array([words for _, words, _ in rows], dtype=np.float64)
        except ValueError:
            numbers = np.full((len(rows), width), np.nan)
        if not np.isfinite(numbers).all():
            bad = next((n, words) for _, words, n in rows if not all(_finite(w) for w in words))
            raise MotionError(f"{name}, line {bad[0]}: {' '.join(bad[1])!r} should be finite numbers")
        table[[frame for frame, _, _ in rows]] = numbers
    return table


def _finite(word: str) -> bool:
    try:
        return bool(np.isfinite(float(word)))
    except ValueError:
        return False
