"""The families about what is danced: is it like the recorded, as varied, its own, and of the style asked for?"""

from itertools import groupby

import numpy as np

from model.evaluation.dance import Dance
from model.evaluation.table import Cell, Column, Row
from model.evaluation.truth import Cloud, Truth, cloud
from model.metrics import distribution, novelty, style
from model.metrics.body import F64
from model.metrics.statistics import mean_of

QUERIES = 600  # clips of a dancer that are looked up
ROWS = {
    "variety": (
        Row("FID", "", 2, about="Frechet distance to one half of the recorded takes, as many windows on both sides: 46 "
            "numbers of 4 s (heights, speeds, spectrum, distances of limbs) in 16 principal directions; chance = other "
            "recorded takes (the noise floor)"),
        Row("FID over the floor", "", 2, about="the difference, 0 for a perfect dancer"),
        Row("FID, last minute over first", "", 2, about="difference of the distances; 0: it does not decay"),
        Row("diversity, of recorded", "", 2, ">= 0.80", lambda own, truth: own.value >= 0.8,
            "distance between dances to different songs in one style, over that between takes"),
        Row("multimodality, of recorded", "", 2, ">= 0.80", lambda own, truth: own.value >= 0.8,
            "distance between seeds at one moment of one song, over that between takes of the style"),
        Row("nearest clip", "m", 3, about="rms distance of the joints from two seconds of dance to the nearest two "
            "seconds that training saw; recorded: to the nearest of other takes"),
        Row("nearest clip, of recorded", "", 2, about="under 0.5: a copy"),
        Row("copied", "", 3, about="share of clips nearer than half of the distance between recorded takes"),
    ),
    "style": (
        Row("style accuracy", "", 3, ">= 0.60", lambda own, truth: own.value >= 0.6,
            "windows of 2 s told right by a judge taught on the recorded takes; recorded: takes it had not seen"),
    ),
}  # fmt: skip


def column(dances: list[Dance], long: list[Dance], truth: Truth) -> Column:
    """All rows for one dancer."""
    windows = cloud(dances)
    if not len(windows.features):
        return {}
    cells = _distance(windows, truth) | _diversity(windows, truth) | _novelty(dances, truth)
    if long and long[0].seconds >= 120.0:
        cells |= _slices(long, truth)
    return cells | _style(dances, truth)


def of_the_recorded(truth: Truth) -> Column:
    """The same rows of the recorded dances: what can be said of them at all."""
    windows, points = truth.cloud, truth.space(truth.cloud.features)
    floor = distribution.against_floor(points, windows.styles, points, windows.songs, windows.styles)[:, 1]
    cells = {
        "FID": Cell(float(floor.mean()), *_middle(floor), n=len(points)),
        "FID over the floor": Cell(0.0, n=len(points)),
        "diversity, of recorded": Cell(1.0, n=len(points)),
        "nearest clip": Cell.of(mean_of(*_between_takes(truth))),
    }
    if len(truth.styles) > 1:
        right = truth.told_right.astype(np.float64)
        cells["style accuracy"] = Cell.of(mean_of(right, truth.short_cloud.songs), 1.0 / len(truth.styles))
    return cells


def _distance(windows: Cloud, truth: Truth) -> Column:
    theirs = truth.cloud
    found = distribution.against_floor(
        truth.space(windows.features), windows.styles, truth.space(theirs.features), theirs.songs, theirs.styles
    )
    if not len(found):
        return {}
    own, floor = found.T
    return {
        "FID": Cell(float(own.mean()), *_middle(own), n=len(windows.features), chance=float(floor.mean())),
        "FID over the floor": Cell(float((own - floor).mean()), *_middle(own - floor), n=len(windows.features)),
    }


def _slices(long: list[Dance], truth: Truth) -> Column:
    recorded = truth.space(truth.cloud.features)
    first, last = (
        distribution.frechet(truth.space(cloud([d.part(start, 60.0) for d in long]).features), recorded)
        for start in (0.0, long[0].seconds - 60.0)
    )
    return {"FID, last minute over first": Cell(last - first, n=len(long))}


def _diversity(windows: Cloud, truth: Truth) -> Column:
    """Both are ratios to the distance between recorded takes of the same style, the mean over styles."""
    points, theirs = truth.space(windows.features), truth.space(truth.cloud.features)
    between, among = [], []
    for name in sorted(set(windows.styles)):
        of_takes = [i for i, style in enumerate(truth.cloud.styles) if style == name] or list(range(len(theirs)))
        scale = distribution.between(theirs[of_takes], [truth.cloud.songs[i] for i in of_takes])
        mine = [i for i, style in enumerate(windows.styles) if style == name]
        if scale == 0.0:
            continue
        if len({windows.songs[i] for i in mine}) > 1:  # one song alone cannot be told from others
            between.append(distribution.between(points[mine], [windows.songs[i] for i in mine]) / scale)
        moments = sorted(mine, key=lambda i: (windows.songs[i], windows.starts[i]))
        groups = [list(g) for _, g in groupby(moments, key=lambda i: (windows.songs[i], windows.starts[i]))]
        among += [(windows.songs[g[0]], distribution.among(points[g]) / scale) for g in groups if len(g) > 1]
    cells = {"diversity, of recorded": Cell(float(np.mean(between)), n=len(points))} if between else {}
    if among:
        songs, values = zip(*among, strict=True)
        cells["multimodality, of recorded"] = Cell.of(mean_of(values, songs))
    return cells


def _novelty(dances: list[Dance], truth: Truth) -> Column:
    recorded, _ = truth.clips
    pieces = [(dance.song, clip) for dance in dances for clip in novelty.clips(dance.positions, dance.fps, 2.0)]
    if not pieces:
        return {}
    chosen = np.random.default_rng(0).permutation(len(pieces))[:QUERIES]
    far = novelty.nearest(np.stack([pieces[i][1] for i in chosen]), recorded)
    songs, scale = [pieces[i][0] for i in chosen], mean_of(*_between_takes(truth)).value
    return {
        "nearest clip": Cell.of(mean_of(far, songs)),
        "nearest clip, of recorded": Cell.of(mean_of(far / scale, songs)),
        "copied": Cell.of(mean_of((far < novelty.COPY * scale).astype(np.float64), songs)),
    }


def _between_takes(truth: Truth) -> tuple[F64, list[str]]:
    """[n] m from recorded clips to the nearest one of another take, and the take of each."""
    recorded, names = truth.clips
    chosen = np.random.default_rng(0).permutation(len(recorded))[:QUERIES]
    return novelty.nearest(recorded[chosen], recorded, names[chosen, None] != names[None]), names[chosen].tolist()


def _style(dances: list[Dance], truth: Truth) -> Column:
    asked = [dance for dance in dances if dance.style in truth.styles]
    if len(truth.styles) < 2 or not asked:
        return {}
    windows = cloud(asked, style.SECONDS, style.HOP)
    right = truth.judge.right(windows.features, windows.styles).astype(np.float64)
    return {"style accuracy": Cell.of(mean_of(right, windows.songs), 1.0 / len(truth.styles))}


def _middle(values: F64) -> tuple[float, float]:
    low, high = np.percentile(values, [2.5, 97.5])
    return float(low), float(high)
