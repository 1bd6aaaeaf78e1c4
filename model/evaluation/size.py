"""The families about the body: does it move enough, smoothly, without freezing and without sliding, for ten minutes?"""

from collections.abc import Callable

import numpy as np

from model.evaluation.dance import Dance
from model.evaluation.table import Cell, Column, Row
from model.evaluation.truth import BODY, Truth, mean_bands, measure
from model.metrics import body, feet, spectra, stillness
from model.metrics.statistics import mean_of

MINUTES = ("first", "last")
TINY = 1e-9  # (m/s)^2: a statue has this much energy


def _within(low: float, high: float) -> Callable[[Cell, Cell | None], bool]:
    return lambda own, truth: low <= own.value <= high


_SIZE = _within(0.85, 1.15)
_BANDS = tuple(f"{low:g}-{high:g} Hz" for low, high in spectra.BANDS)
ROWS = {
    "size": (
        Row("speed", "m/s", about="mean over all joints"),
        Row("speed, of recorded", "", 2, "0.85-1.15", _SIZE, "ratio, style by style"),
        Row("foot speed", "m/s"),
        Row("foot speed, of recorded", "", 2, about="ratio, style by style"),
        Row("spread", "m", about="rms distance of the joints from their mean place about the hips, in pieces of 8 s"),
        Row("spread, of recorded", "", 2, "0.85-1.15", _SIZE, "ratio, style by style"),
        Row("jerk", "m/s3", 1),
        Row("jerk, of recorded", "", 2, "<= 1.5", _within(0.0, 1.5), "ratio, style by style"),
        *(Row(f"energy {band}", "dB", 1, about="power of the joints' velocities over the recorded") for band in _BANDS),
    ),
    "feet": (
        Row("skating", "", 3, "<= 0.06", _within(0.0, 0.06), "share of contact time in which a foot slides over "
            "0.3 m/s"),
        Row("standing", about="share of the time in which a point of a foot is on the floor; who floats cannot skate"),
        Row("PFC", "m3/s4", 3, about="EDGE's physical foot contact, in seconds"),
        Row("PFC, of recorded", "", 2, "<= 1.6", _within(0.0, 1.6), "ratio by style; a planted foot forgives all"),
    ),
    "freezing": (
        Row("frozen", "", 3, "within .03 of recorded",
            lambda own, truth: truth is None or abs(own.value - truth.value) <= 0.03,
            "share of seconds slower than half of the slowest recorded percent of its style"),
        Row("longest freeze", "s", 1, "<= 2", _within(0.0, 2.0)),
        Row("speed in silence", "m/s", about="a living idle is slow, and is not nothing"),
    ),
    "first and last minute of a long dance": tuple(
        Row(f"{what}, {minute} minute", "", 2, "0.85-1.15", _SIZE, "ratio to the recorded")
        for what in ("speed", "spread")
        for minute in MINUTES
    ),
}  # fmt: skip


def column(dances: list[Dance], silent: list[Dance], long: list[Dance], truth: Truth) -> Column:
    """All rows of the families; for recorded dances without silent and long ones."""
    songs, styles = [dance.song for dance in dances], [dance.style for dance in dances]
    rows = [measure(dance) for dance in dances]
    known = {style: truth.measures(style) for style in set(styles)}
    cells: Column = {}
    for name in BODY:
        cells[name] = Cell.of(mean_of([row[name] for row in rows], songs))
        ratio = [row[name] / known[style][name] for row, style in zip(rows, styles, strict=True)]
        cells[f"{name}, of recorded"] = Cell.of(mean_of(ratio, songs))
    cells |= _bands(dances, truth) | _feet(dances, songs) | _freezing(dances, songs, truth)
    if silent:
        quiet = [float(body.body_speed(dance.positions, dance.fps).mean()) for dance in silent]
        cells["speed in silence"] = Cell.of(mean_of(quiet, [f"{d.style} {d.seed}" for d in silent]))
    return cells | _minutes(long, truth)


def _bands(dances: list[Dance], truth: Truth) -> Column:
    by_style = {style: [d for d in dances if d.style == style] for style in {d.style for d in dances}}
    ratio = [10 * np.log10(np.maximum(mean_bands(own), TINY) / truth.bands(style)) for style, own in by_style.items()]
    return {f"energy {band}": Cell(float(value)) for band, value in zip(_BANDS, np.mean(ratio, axis=0), strict=True)}


def _feet(dances: list[Dance], songs: list[str]) -> Column:
    return {
        name: Cell.of(mean_of([function(dance.positions, dance.fps) for dance in dances], songs))
        for name, function in (("skating", feet.skating), ("standing", feet.standing))
    }


def _freezing(dances: list[Dance], songs: list[str], truth: Truth) -> Column:
    still = {style: truth.still(style) for style in {dance.style for dance in dances}}
    active = [body.activity(dance.positions, dance.fps) for dance in dances]
    shares = [stillness.share(a, still[d.style]) for a, d in zip(active, dances, strict=True)]
    longest = [stillness.longest(a, still[d.style]) for a, d in zip(active, dances, strict=True)]
    return {"frozen": Cell.of(mean_of(shares, songs)), "longest freeze": Cell(max(longest), n=len(longest))}


def _minutes(long: list[Dance], truth: Truth) -> Column:
    if not long or long[0].seconds < 120.0:
        return {}
    cells: Column = {}
    for minute, start in zip(MINUTES, (0.0, long[0].seconds - 60.0), strict=True):
        rows = [(measure(dance.part(start, 60.0)), truth.measures(dance.style)) for dance in long]
        for what in ("speed", "spread"):
            ratio = [own[what] / known[what] for own, known in rows]
            cells[f"{what}, {minute} minute"] = Cell.of(mean_of(ratio, [dance.style for dance in long]))
    return cells
