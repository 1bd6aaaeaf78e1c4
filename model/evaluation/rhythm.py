"""The family of rows about the beat: alignment, locking, signed error, and whether it is *this* music."""

from collections.abc import Callable

import numpy as np

from model.evaluation.dance import Dance
from model.evaluation.table import Cell, Column, Row
from model.metrics import events, pairing, sync
from model.metrics.body import F64
from model.metrics.statistics import above_zero, mean_of

BEGIN = 4.0  # s: before it the ear is still finding the beat
EXCERPTS = (8.0, 20.0)  # s
PARTS_OF_A_BEAT = (0.25, 0.5, 0.75)
STEADY_BPM = (80.0, 140.0)
SURE = 0.05  # of the locking of events: below it their place in the beat is chance
EVENTS: dict[str, Callable[[F64, float], F64]] = {"rests": events.rests, "landings": events.landings}

ALIGNED = "beyond chance, p < .01"
_OVER = "share of the foot speed's variance that goes with it, less that of grids of a wrong tempo"


def _pairing_rows(seconds: int, least: float) -> tuple[Row, ...]:
    def wins(own: Cell, truth: Cell | None) -> bool:
        return own.value >= least and own.p < 0.01

    lead = "share of excerpts whose feet are locked more to the song's beat and bar (lead score) than "
    must = f">= {least:.0%}, p < .01"
    return (
        Row(f"beats a wrong song, {seconds} s", "", 3, must, wins, lead + "in the dance to another"),
        Row(f"margin over it, {seconds} s", about="difference of the lead scores"),
        Row(f"songs won, {seconds} s", about="share of the songs whose mean margin is above 0"),
        Row(f"beats itself in silence, {seconds} s", about=lead + "in the dance to nothing"),
        Row(
            f"beats shifted beats, {seconds} s",
            about="share of excerpts whose beats fit better than the same a quarter, half, three quarters later",
        ),
    )


def _no_worse(own: Cell, truth: Cell | None) -> bool:
    return truth is None or own.value >= truth.value


ROWS = {
    "on the beat": (
        *(
            row
            for what, about in (
                ("rests", "minima of foot speed against the beats, Gaussian of 50 ms"),
                ("landings", "feet coming down against the beats, Gaussian of 50 ms"),
            )
            for row in (
                Row(f"{what} on beats, F", about=about + ", harmonic mean of both directions"),
                Row(
                    f"{what} on beats, net",
                    must=f">= recorded, {ALIGNED}",
                    test=lambda own, truth: own.p < 0.01 and _no_worse(own, truth),
                    about="F less its chance level (events shifted around the clock), 0 for a deaf dancer, 1 at best",
                ),
                Row(f"{what}, net, of the dance", about="of the dance's events, how many fall on a beat"),
                Row(f"{what}, net, of the music", about="of the beats, how many are danced"),
            )
        ),
        Row("locked to the beat", must=">= recorded", test=_no_worse,
            about=_OVER),
        Row("locked to two beats or bar", must=">= recorded",
            test=_no_worse, about=_OVER),
        Row("locked, both", must=">= recorded", test=_no_worse,
            about="the two above together, on excerpts of 20 s"),
        Row("beat coverage", about="Dance Revolution: whole-body speed minima for each beat; recorded there 0.56"),
        Row("hit rate", about="Dance Revolution: share of them within 0.1 s of a beat; recorded there 0.64"),
    ),
    "signed error, steady 4/4, 80-140 bpm": (
        Row("median error of rests", "ms", 0, "within 60", lambda own, truth: abs(own.value) <= 60,
            "foot-speed minima after (-: before) the beat aimed at; left out where they keep no place in it"),
        Row("IQR of it", "ms", 0, about="spread of the error; a deaf dancer has half a beat"),
        Row("rests keep their place", about="0 to 1: how sharply the errors gather; under 0.05 a median says nothing"),
        Row("median error of landings", "ms", 0, "within 60", lambda own, truth: abs(own.value) <= 60,
            "feet coming down after (-: before) the beat"),
        Row("IQR of that", "ms", 0),
        Row("landings keep their place"),
    ),
    "its own music, same seed": (*_pairing_rows(8, 0.75), *_pairing_rows(20, 0.85)),
}  # fmt: skip


def column(dances: list[Dance], silent: list[Dance], strange: list[Dance] | None = None) -> Column:
    """All rows of the family for one dancer's dances, or for recorded ones (nobody recorded silence).

    strange: more dances to wrong music, to songs that are not of their style.
    """
    scored = [dance.part(BEGIN, dance.seconds) if silent else dance for dance in dances]
    scored = [dance for dance in scored if dance.has_beats]
    if not scored:
        return {}
    others = scored + [dance.part(BEGIN, dance.seconds) for dance in strange or []]
    cells = _alignment(scored) | _locking(scored) | _counts(scored) | _errors(scored)
    for seconds in EXCERPTS:
        cells |= _pairing(scored, silent, others, seconds)
    return cells


def _alignment(dances: list[Dance]) -> Column:
    cells, songs = {}, [dance.song for dance in dances]
    for what, find in EVENTS.items():
        scores, chances = [], []
        for dance in dances:
            danced = find(dance.positions, dance.fps)
            scores.append(sync.alignment(danced, dance.inside))
            chances.append(sync.by_chance(danced, dance.inside, dance.seconds))
        over = [sync.net(score, chance) for score, chance in zip(scores, chances, strict=True)]
        chance = mean_of([c.f for c in chances], songs).value
        cells[f"{what} on beats, F"] = Cell.of(mean_of([s.f for s in scores], songs), chance)
        for name, field in (("on beats, net", "f"), (", net, of the dance", "dance"), (", net, of the music", "music")):
            values = [getattr(o, field) for o in over]
            name = f"{what} {name}" if name[0] != "," else what + name
            cells[name] = Cell.of(mean_of(values, songs), 0.0, above_zero(values, songs))
    return cells


def _locking(dances: list[Dance]) -> Column:
    parts = [part for dance in dances for part in (dance.parts(20.0) or [dance]) if part.has_beats]
    songs = [part.song for part in parts]
    own = [sync.foot_locking(p.positions, p.fps, p.beats, p.metre) for p in parts]
    chance = [sync.chance_locking(p.positions, p.fps, p.beats, p.metre) for p in parts]
    cells = {}
    for name, field in (("to the beat", "beat"), ("to two beats or bar", "period"), (", both", "score")):
        over = [getattr(o, field) - getattr(c, field) for o, c in zip(own, chance, strict=True)]
        level = mean_of([getattr(c, field) for c in chance], songs).value
        name = f"locked {name}" if name[0] != "," else f"locked{name}"
        cells[name] = Cell.of(mean_of(over, songs), level, above_zero(over, songs))
    return cells


def _counts(dances: list[Dance]) -> Column:
    songs = [dance.song for dance in dances]
    covered, hit, chance = [], [], []
    for dance in dances:
        danced = events.kinematic_beats(dance.positions, dance.fps)
        covered.append(sync.coverage(danced, dance.inside))
        hit.append(sync.hit_rate(danced, dance.inside))
        chance.append(2 * sync.HIT * dance.tempo / 60.0)
    return {
        "beat coverage": Cell.of(mean_of(covered, songs)),
        "hit rate": Cell.of(mean_of(hit, songs), mean_of(chance, songs).value),
    }


def _errors(dances: list[Dance]) -> Column:
    steady = [
        d for d in dances if d.metre % 2 == 0 and d.is_steady and STEADY_BPM[0] <= d.tempo <= STEADY_BPM[1]
    ]  # fmt: skip
    cells: Column = {}
    for what, ordinal in (("rests", "it"), ("landings", "that")):
        found = [sync.errors(EVENTS[what](d.positions, d.fps), d.inside) for d in steady]
        periods = [np.full(len(errors), 60.0 / dance.tempo) for errors, dance in zip(found, steady, strict=True)]
        if not sum(map(len, found)):
            continue
        error = sync.signed_error(np.concatenate(found), np.concatenate(periods))
        half = 500.0 * float(np.mean(np.concatenate(periods)))
        if error.locked >= SURE:
            low, high = _error_bounds(found, periods, [d.song for d in steady])
            cells[f"median error of {what}"] = Cell(1e3 * error.median, 1e3 * low, 1e3 * high, error.events)
        cells[f"IQR of {ordinal}"] = Cell(1e3 * error.iqr, n=error.events, chance=half)
        cells[f"{what} keep their place"] = Cell(error.locked, n=error.events, chance=0.0)
    return cells


def _error_bounds(found: list[F64], periods: list[F64], songs: list[str]) -> tuple[float, float]:
    """Between which bounds the median error (s) lies, drawing other songs."""
    rng, names = np.random.default_rng(0), sorted(set(songs))
    medians = []
    for _ in range(200):
        drawn = [i for name in rng.choice(names, len(names)) for i, song in enumerate(songs) if song == name]
        errors, spans = (np.concatenate([series[i] for i in drawn]) for series in (found, periods))
        medians.append(sync.signed_error(errors, spans).median)
    low, high = np.nanpercentile(medians, [2.5, 97.5])
    return float(low), float(high)


def _pairing(dances: list[Dance], silent: list[Dance], others: list[Dance], seconds: float) -> Column:
    """Each excerpt against the same moment of a dance to other music: same style, same seed, other tempo."""
    rng, tempo = np.random.default_rng(0), {id(dance): dance.tempo for dance in others}
    songs: dict[str, list[str]] = {"song": [], "shift": [], "silence": []}
    scores: dict[str, list[tuple[float, float]]] = {"song": [], "shift": [], "silence": []}
    quiet = {(dance.style, dance.seed): dance for dance in silent}
    for dance in dances:
        company = [
            other
            for other in others
            if (other.style, other.seed) == (dance.style, dance.seed)
            and pairing.clear_of(tempo[id(dance)], tempo[id(other)])
        ]
        for number, part in enumerate(dance.parts(seconds)):
            if not len(part.inside):
                continue
            own = _lead(part.positions, part)
            fit = [other for other in company if other.seconds >= (number + 1) * seconds]
            if fit:
                wrong = fit[rng.integers(len(fit))].part(number * seconds, seconds)
                scores["song"].append((own, _lead(wrong.positions, part)))
                songs["song"].append(dance.song)
            nothing = quiet.get((dance.style, dance.seed))
            if nothing and nothing.seconds >= BEGIN + seconds:
                scores["silence"].append((own, _lead(nothing.part(BEGIN, seconds).positions, part)))
                songs["silence"].append(dance.song)
            scores["shift"].append(_shifted(part, 60.0 / tempo[id(dance)]))
            songs["shift"].append(dance.song)
    cells: Column = {}
    for key, name in (("song", "a wrong song"), ("silence", "itself in silence"), ("shift", "shifted beats")):
        if not scores[key]:
            continue
        right, wrong_scores = map(list, zip(*scores[key], strict=True))
        found = pairing.compare(right, wrong_scores, songs[key])
        cells[f"beats {name}, {seconds:g} s"] = Cell.of(found.win, 0.5, found.p)
        if key == "song":
            cells[f"margin over it, {seconds:g} s"] = Cell.of(found.margin, 0.0, found.p)
            won = pairing.song_wins(right, wrong_scores, songs[key])
            cells[f"songs won, {seconds:g} s"] = Cell(won, n=len(set(songs[key])), chance=0.5)
    return cells


def _lead(positions: F64, part: Dance) -> float:
    return sync.foot_locking(positions, part.fps, part.beats, part.metre).score


def _shifted(part: Dance, period: float) -> tuple[float, float]:
    """Alignment of the rests with the beats, and with beats that come parts of a beat later."""
    danced = events.rests(part.positions, part.fps)
    around = part.beats[(part.beats > -period) & (part.beats < part.seconds + period)]
    later = [sync.alignment(danced, around + share * period).f for share in PARTS_OF_A_BEAT]
    return sync.alignment(danced, around).f, float(np.mean(later))
