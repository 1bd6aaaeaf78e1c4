"""The family about obedience: energy and style, and how soon they show."""

import numpy as np

from model.evaluation.dance import Dance
from model.evaluation.recital import CHANGE_AT, Recital
from model.evaluation.table import Cell, Column, Row
from model.evaluation.truth import Truth
from model.metrics import body, response, style, windows
from model.metrics.statistics import mean_of

SETTLED = 0.63  # of the way
AROUND = 5.0  # s before and after a change that tell where it began and ended
SMOOTH = 0.5  # s
RISES = 1.1  # times as fast: less is no answer to the control
EYE_HOP = 0.1  # s between looks of the judge of style
ROWS = {
    "controls": (
        Row("energy, Spearman", "", 2, ">= 0.8", lambda own, truth: own.value >= 0.8,
            "rank correlation of the energy asked for and the mean speed, song by song and style by style"),
        Row("energy, slowest to fastest", "", 2, about="mean speed at energy 1 over that at 0"),
        Row("energy shows after", "s", 2, about="63 % of the way from energy 0.1 to 0.9, mean over dances"),
        Row("style shows after", "s", 2, "<= 2", lambda own, truth: own.value <= 2.0,
            "median; windows of 2 s that the judge gives to the new style rather than the old, for a second"),
        Row("style never shows", "", 2, about="share of the switches that do not within ten seconds"),
    ),
}  # fmt: skip


def column(recital: Recital, truth: Truth) -> Column:
    """All rows for one dancer."""
    cells: Column = {}
    if recital.energies:
        cells |= _energy(recital.energies)
    if recital.risen:
        cells["energy shows after"] = Cell(_rise(recital.risen), n=len(recital.risen))
    return cells | _switches(recital.switched, truth)


def _energy(danced: list[tuple[float, Dance]]) -> Column:
    cases: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for energy, dance in danced:
        speed = float(body.body_speed(dance.positions, dance.fps).mean())
        cases.setdefault((dance.song, dance.style), []).append((energy, speed))
    rhos, ratios = [], []
    for rows in cases.values():
        asked, done = np.array(sorted(rows)).T
        rhos.append(response.rank_correlation(asked, done))
        ratios.append(done[-1] / max(done[0], 1e-6))
    songs = [song for song, _ in cases]
    return {
        "energy, Spearman": Cell.of(mean_of(rhos, songs), 0.0),
        "energy, slowest to fastest": Cell.of(mean_of(ratios, songs), 1.0),
    }


def _rise(dances: list[Dance]) -> float:
    """Seconds after the change at which the mean speed has come 63 % of its way; NaN where it does not rise."""
    fps = dances[0].fps
    speed = np.mean([body.body_speed(dance.positions, fps) for dance in dances], axis=0)
    change, width = round(CHANGE_AT * fps), round(AROUND * fps)
    low, high = speed[change - width : change].mean(), speed[-width:].mean()
    if high < RISES * low:
        return float("nan")
    window = round(SMOOTH * fps)
    smooth = np.convolve(speed, np.ones(window) / window, mode="same")[change:]
    reached = np.flatnonzero(smooth >= low + SETTLED * (high - low))
    return float(reached[0] / fps) if len(reached) else float("nan")


def _switches(danced: list[tuple[str, str, Dance]], truth: Truth) -> Column:
    after = []
    for old, new, dance in danced:
        if {old, new} - set(truth.styles):
            continue
        frames = len(dance.positions)
        seen = truth.judge.chances(windows.features(dance.positions, dance.fps, style.SECONDS, EYE_HOP))
        times = windows.middles(frames, dance.fps, style.SECONDS, EYE_HOP)
        new_wins = seen[:, truth.judge.styles.index(new)] > seen[:, truth.judge.styles.index(old)]
        after.append(response.settled(new_wins[times >= CHANGE_AT], 1.0 / EYE_HOP))
    if not after:
        return {}
    never = float(np.isinf(after).mean())
    return {
        "style shows after": Cell(float(np.median(after)), n=len(after)),
        "style never shows": Cell(never, n=len(after)),
    }
