"""Pictures of dances: a strip of stick figures, one row a dance."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from motion import kinematics
from motion import pose as pose_vector
from motion.rotation import Floats
from motion.skeleton import HUMANOID, PARENTS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def positions(pose: NDArray[Any], fps: float) -> Floats:
    """World positions [T, 22, 3] in metres of pose vectors [T, 140], from the origin."""
    place = pose_vector.init(1)
    roots, locals_ = [], []
    for frame in pose:
        root, local, _, place = pose_vector.decode(frame[None], place, fps)
        roots.append(root[0])
        locals_.append(local[0])
    return kinematics.forward(HUMANOID, np.stack(roots), np.stack(locals_))[0]


def strip(dances: Mapping[str, NDArray[Any]], fps: float, figures: int = 16) -> "Figure":
    """One row for each named dance [T, 140]: `figures` bodies, evenly over its time, seen from the front."""
    from matplotlib.figure import Figure

    picture = Figure(figsize=(figures * 0.9, 2.1 * len(dances)), dpi=80, layout="tight")
    axes = picture.subplots(len(dances), 1, squeeze=False)[:, 0]
    for axis, (name, dance) in zip(axes, dances.items(), strict=True):
        body = positions(dance, fps)
        chosen = np.linspace(0, len(body) - 1, min(figures, len(body))).astype(int)
        for column, frame in enumerate(chosen):
            x = body[frame, :, 0] - body[frame, 0, 0] + 1.2 * column
            for bone in range(1, len(PARENTS)):
                pair = [bone, PARENTS[bone]]
                # the left side is drawn in another colour: a mirrored body would not show otherwise
                left = HUMANOID.names[bone].startswith("left")
                axis.plot(x[pair], body[frame, pair, 1], color="tab:red" if left else "tab:blue", linewidth=1.5)
            axis.text(1.2 * column, -0.25, f"{frame / fps:.1f} s", ha="center", fontsize=7)
        axis.axhline(0.0, color="0.8", linewidth=0.8, zorder=0)
        axis.set(aspect="equal", ylim=(-0.35, 2.1), title=name)
        axis.axis("off")
    return picture
