"""What the recorded dances are like, style by style: everything that a dancer is held against."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from model.evaluation.dance import Dance
from model.metrics import body, distribution, feet, novelty, spectra, stillness, style, windows
from model.metrics.body import F64
from model.metrics.distribution import Space
from model.metrics.style import Judge

SPREAD_SECONDS = 8.0  # pieces over which spread is taken: longer ones range wider
BODY = ("speed", "foot speed", "spread", "jerk", "PFC")
CLIP_HOP = 0.2  # s between the recorded clips that a dance may be found in


@dataclass(frozen=True)
class Cloud:
    """Windows of many dances: numbers [n, 46], and of each its dance and its style."""

    features: F64
    songs: list[str]
    styles: list[str]
    seeds: list[int]
    starts: list[int]  # which window of its dance


def measure(dance: Dance) -> dict[str, float]:
    """Size and roughness of one dance, in m and s."""
    pieces = dance.parts(min(SPREAD_SECONDS, dance.seconds))
    return {
        "speed": float(body.body_speed(dance.positions, dance.fps).mean()),
        "foot speed": float(body.foot_speed(dance.positions, dance.fps).mean()),
        "spread": float(np.mean([body.spread(piece.positions) for piece in pieces])),
        "jerk": spectra.jerk(dance.positions, dance.fps),
        "PFC": feet.physical_contact(dance.positions, dance.fps),
    }


def cloud(dances: list[Dance], seconds: float = windows.SECONDS, hop: float = windows.HOP) -> Cloud:
    """All windows of these dances."""
    found = [windows.features(dance.positions, dance.fps, seconds, hop) for dance in dances]
    rows = [(dance, start) for dance, rows in zip(dances, found, strict=True) for start in range(len(rows))]
    return Cloud(
        np.concatenate(found) if found else np.zeros((0, len(windows.NAMES))),
        [dance.song for dance, _ in rows],
        [dance.style for dance, _ in rows],
        [dance.seed for dance, _ in rows],
        [start for _, start in rows],
    )


@dataclass
class Truth:
    """The recorded dances, and what is known of them, worked out once."""

    dances: list[Dance]
    trained_on: list[str]  # names of the takes that training may have seen

    @cached_property
    def styles(self) -> list[str]:
        """Those recorded."""
        return sorted({dance.style for dance in self.dances})

    def of_style(self, name: str) -> list[Dance]:
        """The dances of a style; all of them for one that was not recorded."""
        return [dance for dance in self.dances if dance.style == name] or self.dances

    def measures(self, name: str) -> dict[str, float]:
        """Means of `measure` over the takes of a style."""
        rows = [self.measured[dance.song] for dance in self.of_style(name)]
        return {key: float(np.mean([row[key] for row in rows])) for key in BODY}

    @cached_property
    def measured(self) -> dict[str, dict[str, float]]:
        """`measure` of each take."""
        return {dance.song: measure(dance) for dance in self.dances}

    def still(self, name: str) -> float:
        """m/s below which a dancer of this style has frozen."""
        return stillness.limit(np.concatenate([body.activity(d.positions, d.fps) for d in self.of_style(name)]))

    def bands(self, name: str) -> F64:
        """Power in `spectra.BANDS`, the mean over the style."""
        return mean_bands(self.of_style(name))

    @cached_property
    def cloud(self) -> Cloud:
        """Windows of four seconds."""
        return cloud(self.dances)

    @cached_property
    def space(self) -> Space:
        """The space that windows are compared in."""
        return distribution.fit(self.cloud.features)

    @cached_property
    def short_cloud(self) -> Cloud:
        """Windows that the judge of style sees."""
        return cloud(self.dances, style.SECONDS, style.HOP)

    @cached_property
    def judge(self) -> Judge:
        """Taught on all takes."""
        return style.teach(self.short_cloud.features, self.short_cloud.styles)

    @cached_property
    def told_right(self) -> NDArray[np.bool_]:
        """[windows] by judges that had not seen the take."""
        return style.held_out(self.short_cloud.features, self.short_cloud.styles, self.short_cloud.songs)

    @cached_property
    def clips(self) -> tuple[F64, NDArray[np.str_]]:
        """All clips that training may have seen, and the take of each."""
        dances = [dance for dance in self.dances if dance.song in self.trained_on] or self.dances
        found = [novelty.clips(dance.positions, dance.fps, CLIP_HOP) for dance in dances]
        return np.concatenate(found), np.repeat([dance.song for dance in dances], [len(clip) for clip in found])


def mean_bands(dances: list[Dance]) -> F64:
    """Power in `spectra.BANDS`, the mean over dances of more than two seconds by their length."""
    long = [dance for dance in dances if dance.seconds > 2.0]
    found = [spectra.bands(*spectra.density(dance.positions, dance.fps)) for dance in long]
    return np.average(found, axis=0, weights=[dance.seconds for dance in long])
