"""The text of a BVH file: its head, and its rows as they come, so that it can be written while the dance goes on."""

import numpy as np

from motion import rotation
from motion.rotation import Floats

COUNT_WIDTH = 10  # characters of the number of rows, which can be overwritten in place
ORDER = "ZXY"


def head(
    names: tuple[str, ...], parents: tuple[int, ...], offsets: Floats, fps: float, units_per_metre: float = 100.0
) -> tuple[str, int]:
    """All text before the first row, for no row yet; and where in it the COUNT_WIDTH characters of `count` belong.

    offsets: (J, 3) metres; the root's is written as zero, since some programs (three.js) add it to the root's place and
    others do not. Channels are Zrotation Xrotation Yrotation, in centimetres (most programs) by default.
    """
    placed = offsets * units_per_metre * (np.array(parents) >= 0)[:, None]
    tree = "\n".join(["HIERARCHY", *_tree(names, parents, placed), "MOTION", "Frames: "])
    return f"{tree}{count(0)}\nFrame Time: {1.0 / fps:.9f}\n", len(tree)


def count(rows: int) -> str:
    """The number of rows, always equally wide."""
    return f"{rows:<{COUNT_WIDTH}}"


def rows(
    root: Floats, local: Floats, before: Floats | None = None, units_per_metre: float = 100.0
) -> tuple[str, Floats]:
    """T rows of text; and the last angles (J, 3) in radians, to be given as `before` with the rows that follow.

    root: (T, 3) metres, place of bone 0 in the world. local: (T, J, 4) xyzw, T > 0. Angles never leap a full turn.
    """
    angles = rotation.to_euler(ORDER, local)
    if before is not None:
        angles = np.concatenate([before[None], angles])
    angles = np.unwrap(angles, axis=0)[-len(local) :]
    table = np.hstack([root * units_per_metre, np.degrees(angles).reshape(len(root), -1)])
    row = " ".join(["%.6f"] * table.shape[1]) + "\n"
    return "".join(row % tuple(values) for values in table.tolist()), angles[-1]


def _tree(names: tuple[str, ...], parents: tuple[int, ...], offsets: Floats) -> list[str]:
    children = [[c for c, p in enumerate(parents) if p == j] for j in range(len(names))]
    lines: list[str] = []

    def joint(j: int, depth: int) -> None:
        tab = "\t" * depth
        place = "Xposition Yposition Zposition " if parents[j] < 0 else ""
        kind, channels = ("ROOT", 6) if parents[j] < 0 else ("JOINT", 3)
        lines.extend([f"{tab}{kind} {names[j]}", f"{tab}{{", f"{tab}\tOFFSET {_row(offsets[j])}"])
        lines.append(f"{tab}\tCHANNELS {channels} {place}Zrotation Xrotation Yrotation")
        for child in children[j]:
            joint(child, depth + 1)
        if not children[j]:  # half the bone again, so that programs draw it
            lines.extend([f"{tab}\tEnd Site", f"{tab}\t{{", f"{tab}\t\tOFFSET {_row(offsets[j] * 0.5)}", f"{tab}\t}}"])
        lines.append(f"{tab}}}")

    joint(0, 0)
    return lines


def _row(values: Floats) -> str:
    return " ".join(f"{value:.6f}" for value in values)
