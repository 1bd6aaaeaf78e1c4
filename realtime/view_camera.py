"""A camera that circles the dancers, and what it sees of points in space."""

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from motion.rotation import Floats

FOCAL = 1.55  # focal length in heights of the picture: about 36 degrees upright
NEAR = 0.15  # metres
FOLLOW_SECONDS = 0.5
LOOK_HEIGHT = 0.88  # metres above the floor
BODY_HEIGHT, BODY_WIDTH = 2.4, 2.3  # metres that must fit around a dancer
LIFT, LIFT_RANGE, ZOOM_RANGE = 0.14, (-0.05, 1.3), (0.4, 3.0)
EASY, NEARER = 0.06, 0.13  # shares of the distance: it may be so wrong, a dancer so near, before the camera moves
ASIDE = 0.3  # metres left of the picture beside a dancer who leaves the middle, before it moves
ARRIVED = 0.05  # metres: it stops there
DOWNWARDS = np.array((1.0, -1.0))  # pixels count from above


@dataclass
class Camera:
    """Looks at `target` from `distance` metres, `turn` radians around +Y (0: from the front), `lift` radians above."""

    turn: float = 0.0
    lift: float = LIFT
    zoom: float = 1.0
    target: Floats = field(default_factory=lambda: np.array((0.0, LOOK_HEIGHT, 0.0)))
    distance: float = 4.6
    width: int = 1280
    height: int = 720
    _moving: bool = True
    _next_target: Floats = field(default_factory=lambda: np.zeros(3))  # where it goes while it moves,
    _next_distance: float = math.inf  # infinite: it has to choose anew
    _axes_of: tuple[float, float] = (math.nan, math.nan)  # turn and lift of _axes
    _axes: tuple[Floats, Floats, Floats] = (np.zeros(3), np.zeros(3), np.zeros(3))

    def follow(self, places: NDArray[np.floating], seconds: float) -> None:
        """Move towards a view of all dancers at `places` [N, 3], as far as `seconds` allow.

        It rests while they stay near the middle, and once it has set out goes to where they were then, unless they
        have gone far from there, too.
        """
        if not len(places):
            return
        target, distance, spare = self._view_of(places)
        if self._strays(target, distance, spare):
            self._moving, self._next_target, self._next_distance = True, target, distance
        if self._moving:
            share = 1.0 - math.exp(-seconds / FOLLOW_SECONDS)
            self.target = self.target + share * (self._next_target - self.target)
            self.distance += share * (self._next_distance - self.distance)
            left = max(*np.abs(self._next_target - self.target).tolist(), abs(self._next_distance - self.distance))
            self._moving = left > ARRIVED

    def _view_of(self, places: NDArray[np.floating]) -> tuple[Floats, float, float]:
        """Target and distance from which all are seen, and how far aside they may go and still be seen, in metres."""
        right, _, towards = self.axes()
        ways = np.stack(((1.0, 0.0, 0.0), (0.0, 0.0, 1.0), right, towards), axis=-1)
        low, high = (ends.tolist() for ends in ((places @ ways).min(axis=0), (places @ ways).max(axis=0)))
        target = np.array(((low[0] + high[0]) / 2, LOOK_HEIGHT, (low[1] + high[1]) / 2))
        across, deep = high[2] - low[2] + BODY_WIDTH, (high[3] - low[3]) / 2
        distance = max(BODY_HEIGHT, across * self.height / self.width) * FOCAL / self.zoom + deep
        return target, distance, (self.distance / FOCAL * self.width / self.height - across) / 2 - ASIDE

    def _strays(self, target: Floats, distance: float, spare: float) -> bool:
        """Whether a view is too far from the one at hand, or from the one to which the camera is on its way."""
        own, ours = (self._next_target, self._next_distance) if self._moving else (self.target, self.distance)
        right, _, towards = self.axes()
        aside, nearer = np.abs(np.stack((right, towards)) @ (target - own)).tolist()
        far = nearer > NEARER * self.distance or abs(distance - ours) > EASY * self.distance
        return bool(far or aside > max(EASY * self.distance, spare))

    def move(self, turn: float, lift: float, zoom: float) -> None:
        """Walk round by `turn` radians, higher by `lift`, and `zoom` times as near."""
        self.turn += turn
        self.lift = min(max(self.lift + lift, LIFT_RANGE[0]), LIFT_RANGE[1])
        self.zoom = min(max(self.zoom * zoom, ZOOM_RANGE[0]), ZOOM_RANGE[1])
        if zoom != 1.0:
            self._moving, self._next_distance = True, math.inf

    def to_front(self) -> None:
        """Back to where it began."""
        self.turn, self.lift, self.zoom, self._moving, self._next_distance = 0.0, LIFT, 1.0, True, math.inf

    @property
    def focal(self) -> float:
        """Pixels per metre at one metre from the eye."""
        return FOCAL * self.height

    def axes(self) -> tuple[Floats, Floats, Floats]:
        """Unit vectors right, up and towards the eye."""
        if (self.turn, self.lift) != self._axes_of:
            self._axes_of = self.turn, self.lift
            s, c, sl, cl = math.sin(self.turn), math.cos(self.turn), math.sin(self.lift), math.cos(self.lift)
            self._axes = np.array((c, 0.0, -s)), np.array((-s * sl, cl, -c * sl)), np.array((s * cl, sl, c * cl))
        return self._axes

    def project(self, points: NDArray[np.floating]) -> tuple[Floats, Floats]:
        """Pixels [..., 2] and pixels per metre there [...] of points [..., 3]; what is behind the eye comes near it."""
        seen = np.dot(points - self.target, np.stack(self.axes(), axis=-1))
        scale: Floats = self.focal / np.maximum(self.distance - seen[..., 2], NEAR)
        return seen[..., :2] * scale[..., None] * DOWNWARDS + (self.width / 2, self.height / 2), scale

    def depth(self, points: NDArray[np.floating]) -> Floats:
        """Metres [...] from the eye along its axis."""
        depth: Floats = self.distance - (points - self.target) @ self.axes()[2]
        return depth
