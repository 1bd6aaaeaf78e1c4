"""The 22 bones every dancer has: names, parents and the T-pose of a 1.70 m adult.

Axes: right-handed, metres, +Y up, the character faces +Z and its left is at +X (glTF, VRM 1.0).
All rest rotations are identity, so a bone's rest direction is simply its child's offset.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


class MotionError(ValueError):
    """Motion that cannot be used; the message is one line that names the thing and the remedy."""


# (VRM 1.0 name, parent, rest offset in the parent's axes in metres), parents before children
_TRUNK = (
    ("hips", None, (0.0, 0.950, 0.0)),
    ("spine", "hips", (0.0, 0.095, 0.0)),
    ("chest", "spine", (0.0, 0.120, 0.0)),
    ("upperChest", "chest", (0.0, 0.120, 0.0)),
    ("neck", "upperChest", (0.0, 0.165, -0.010)),
    ("head", "neck", (0.0, 0.085, 0.020)),
)
_ARM = (
    ("Shoulder", "upperChest", (0.025, 0.125, 0.0)),
    ("UpperArm", "Shoulder", (0.145, 0.0, 0.0)),
    ("LowerArm", "UpperArm", (0.280, 0.0, 0.0)),
    ("Hand", "LowerArm", (0.250, 0.0, 0.0)),
)
_LEG = (
    ("UpperLeg", "hips", (0.090, -0.045, 0.0)),
    ("LowerLeg", "UpperLeg", (0.0, -0.415, 0.0)),
    ("Foot", "LowerLeg", (0.0, -0.410, -0.010)),
    ("Toes", "Foot", (0.0, -0.060, 0.135)),
)


@dataclass(frozen=True)
class Skeleton:
    """Names, parents and rest offsets of J bones, parents before children.

    names: J VRM 1.0 bone names. parents: (J,) int, -1 for the root.
    offsets: (J, 3) float64 metres, each in its parent's axes; the root's is its rest position.
    """

    names: tuple[str, ...]
    parents: tuple[int, ...]
    offsets: NDArray[np.float64]

    def index(self, name: str) -> int:
        """Index of the bone `name`; raises MotionError when there is none."""
        try:
            return self.names.index(name)
        except ValueError:
            raise MotionError(f"no bone is called {name!r}; the bones are {', '.join(self.names)}") from None


def _build() -> Skeleton:
    rows: list[tuple[str, str | None, tuple[float, float, float]]] = list(_TRUNK)
    for part in (_ARM, _LEG):
        for side, sign in (("left", 1.0), ("right", -1.0)):
            for name, parent, (x, y, z) in part:
                above = parent if parent in ("hips", "upperChest") else side + parent
                rows.append((side + name, above, (sign * x, y, z)))
    names = tuple(row[0] for row in rows)
    parents = tuple(-1 if row[1] is None else names.index(row[1]) for row in rows)
    offsets = np.array([row[2] for row in rows])
    offsets.flags.writeable = False
    return Skeleton(names, parents, offsets)


HUMANOID = _build()
BONES = HUMANOID.names
PARENTS = HUMANOID.parents
CONTACT_NAMES = ("left heel", "left toe", "right heel", "right toe")
