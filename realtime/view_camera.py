"""A camera that circles the dancers, and what it sees of points in space."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from motion.rotation import Floats

FOCAL = 1.55  # focal length in heights of the picture: about 36 degrees upright
NEAR = 0.15  # metres
FOLLOW_SECONDS = 0.9
LOOK_HEIGHT = 0.88  # metres above the floor
BODY_HEIGHT, BODY_WIDTH = 2.45, 2.1  # metres that must fit around a dancer


@dataclass
class Camera:
    """Looks at `target` from `distance` metres, `turn` radians around +Y (0: from the front), `lift` radians above."""

    turn: float = 0.0
    lift: float = 0.14
    zoom: float = 1.0
    target: Floats = field(default_factory=lambda: np.array((0.0, LOOK_HEIGHT, 0.0)))
    distance: float = 4.6
    width: int = 1280
    height: int = 720

    def follow(self, places: NDArray[np.floating], seconds: float) -> None:
        """Move towards a view of all dancers at `places` [N, 3], as far as `seconds` allow."""
        if not len(places):
            return
        share = 1.0 - np.exp(-seconds / FOLLOW_SECONDS)
        middle = (places.min(axis=0) + places.max(axis=0)) / 2
        self.target += share * (np.array((middle[0], LOOK_HEIGHT, middle[2])) - self.target)
        right, _, towards = self.axes()
        across = np.ptp(places @ right) + BODY_WIDTH
        deep = np.ptp(places @ towards) / 2
        needed = max(BODY_HEIGHT, across * self.height / self.width) * FOCAL / self.zoom + deep
        self.distance += share * (needed - self.distance)

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Unit vectors right, up and towards the eye."""
        s, c, sl, cl = np.sin(self.turn), np.cos(self.turn), np.sin(self.lift), np.cos(self.lift)
        return np.array((c, 0.0, -s)), np.array((-s * sl, cl, -c * sl)), np.array((s * cl, sl, c * cl))

    def project(self, points: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Pixels [..., 2] and pixels per metre there [...] of points [..., 3]; what is behind the eye comes near it."""
        right, up, towards = self.axes()
        seen = points - self.target
        depth = np.maximum(self.distance - seen @ towards, NEAR)
        scale = FOCAL * self.height / depth
        return np.stack((self.width / 2 + seen @ right * scale, self.height / 2 - seen @ up * scale), axis=-1), scale

    def depth(self, points: NDArray[np.floating]) -> Floats:
        """Metres [...] from the eye along its axis."""
        depth: Floats = self.distance - (points - self.target) @ self.axes()[2]
        return depth
