"""Grooves invented by a grammar, so that no two songs of the demo music need be in the same style.

A bar has metrical weights: the one weighs most, then the beats, the halves of a beat, the rest. Drums follow one of
several habits (back beat, four on the floor, one drop, clave, blast, hats alone, no drums ...) and are sprinkled with
hits that obey the weights, or with syncopation defy them. Bass and chords mark the bar: chords change on its one.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from audio.demo_harmony import PROGRESSIONS
from audio.demo_style import Style

FASTEST = 11.0  # hits a second that a time keeper plays at most
FAMILIES = (
    "electronic", "chip", "rock", "metal", "latin", "african", "jazz", "folk", "lofi", "funk", "hiphop", "reggae",
    "waltz", "ballad", "disco",
)  # fmt: skip
KEEPERS = ("hat", "hat", "hat", "ride", "shaker", "tamb", "open", "brush", "tick", "guiro", "bell")
PERCUSSION = ("conga", "bell", "clave", "rim", "tamb", "bongo", "timbale", "agogo", "block", "tom", "snap", "surdo")
BACKBEATS = {
    2: ((1,),),
    3: ((1,), (2,), (1, 2)),
    4: ((1, 3),),
    5: ((1, 4), (2, 4), (3,), (1, 3)),
    6: ((3,), (1, 3, 5), (2, 5)),
}


@dataclass(frozen=True)
class Bar:
    """The grid of a groove, and how it is filled."""

    metre: int
    steps: int
    fine: bool  # the smallest steps may be played throughout
    density: float  # 0-1
    syncopation: float  # 0-1
    rng: np.random.Generator

    @property
    def length(self) -> int:
        return self.metre * self.steps

    @property
    def half(self) -> int:
        """The step of a beat's off-beat: its half, or the last triplet."""
        return self.steps // 2 if self.steps % 2 == 0 else self.steps - 1

    def weights(self) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Metrical weight of every step, 0-1."""
        weights = np.full((self.metre, self.steps), 0.12 if self.fine else 0.02)
        weights[:, self.half] = 0.3
        weights[:, 0] = 0.6
        if self.metre % 2 == 0:
            weights[self.metre // 2, 0] = 0.8
        weights[0, 0] = 1.0
        return weights.ravel()

    def pick(self, options: Iterable[str]) -> str:
        return str(self.rng.choice(list(options)))

    def marks(self, places: Iterable[int], mark: str = "x") -> str:
        """A pattern with a mark at these steps."""
        chosen = {place % self.length for place in places}
        return "".join(mark if step in chosen else "." for step in range(self.length))

    def each(self, sub: int = 0, mark: str = "x") -> str:
        """A mark on the same step of every beat."""
        return self.marks(range(sub, self.length, self.steps), mark)

    def on(self, beats: Iterable[int], mark: str = "X") -> str:
        return self.marks((beat * self.steps for beat in beats), mark)

    def over(self, below: str, above: str) -> str:
        """Both patterns; where both play, the second."""
        return "".join(b if a == "." else a for b, a in zip(below, above, strict=True))

    def sprinkle(self, share: float, mark: str) -> str:
        """Hits at random: by the weights, or where syncopation has its way on what is light."""
        weights = self.weights()
        light = np.where(weights < 0.6, 2.5 * weights, 0.05)
        chance = share * self.density * ((1.0 - self.syncopation) * weights + self.syncopation * light)
        return self.marks(np.flatnonzero(self.rng.random(self.length) < chance).tolist(), mark)

    def even(self, hits: int, start: int = 0) -> str:
        """Hits spread as evenly as the grid allows, which gives tresillo, cinquillo and many bells."""
        return self.marks(start + int(index * self.length / hits) for index in range(hits))

    def keeper(self) -> str:
        """What keeps time: beats, halves, every step, off-beats, a shuffle or nearly nothing."""
        beats, halves = self.each(), self.each(self.half)
        options = [beats, self.over(halves, beats), self.over(halves, beats), self.over(halves, self.each(0, "o"))]
        options += [self.each(self.half, "X"), self.over(self.each(0, "o"), self.each(self.half, "X"))]
        if self.fine:
            options += ["x" * self.length, ("xo" * self.length)[: self.length], ("oxXx" * self.length)[: self.length]]
        return self.pick(options)

    def backbeat(self) -> tuple[int, ...]:
        options = BACKBEATS.get(self.metre, ((self.metre - 1,),))
        return options[int(self.rng.integers(0, len(options)))]


Kit = dict[str, str]


def _back_beat(bar: Bar) -> Kit:
    kick = bar.over(bar.sprinkle(0.8, "x"), bar.on([0] if bar.rng.random() < 0.5 else [0, bar.metre // 2]))
    snare = bar.over(bar.sprinkle(0.25, ","), bar.on(bar.backbeat()))
    return {"kick": kick, bar.pick(("snare", "snare", "clap", "rim", "snap")): snare, _keeper(bar): bar.keeper()}


def _four_on_the_floor(bar: Bar) -> Kit:
    kit = {"kick": bar.each(0, "X"), "open": bar.each(bar.half, bar.pick("xX")), "hat": bar.sprinkle(1.0, "o")}
    return kit | ({"clap": bar.on(bar.backbeat(), "x")} if bar.rng.random() < 0.7 else {})


def _half_time(bar: Bar) -> Kit:
    kick = bar.over(bar.sprinkle(0.4, "x"), bar.on([0]))
    return {"kick": kick, "snare": bar.on([bar.metre // 2]), _keeper(bar): bar.keeper()}


def _double_time(bar: Bar) -> Kit:
    return {"kick": bar.each(0, "X"), "snare": bar.each(bar.half, "X"), _keeper(bar): bar.keeper()}


def _one_drop(bar: Bar) -> Kit:
    drop = bar.on([bar.metre // 2 if bar.metre != 3 else 2])
    return {"kick": drop, "rim": drop, "hat": bar.over(bar.each(bar.half), bar.each(0, bar.pick("xo.")))}


def _train(bar: Bar) -> Kit:
    snare = bar.over("o" * bar.length, bar.each(bar.half, "x"))
    return {"kick": bar.on(range(0, bar.metre, 2)), bar.pick(("snare", "brush")): snare}


def _blast(bar: Bar) -> Kit:
    between = bar.marks([step for step in range(bar.length) if step % 2], "X")
    snare = between if bar.steps == 4 and bar.fine else bar.each(bar.half, "X")
    return {"kick": bar.over(bar.each(bar.half, "X"), bar.each(0, "X")), "snare": snare, "ride": bar.each()}


def _clave(bar: Bar) -> Kit:
    kit = {bar.pick(("clave", "rim", "bell", "block")): bar.even(int(bar.rng.choice([3, 5])))}
    kit[bar.pick(("conga", "bongo", "timbale"))] = bar.over(
        bar.sprinkle(1.0, "o"), bar.even(int(bar.rng.integers(2, 8)))
    )
    kit[bar.pick(("shaker", "guiro", "hat"))] = bar.keeper()
    return kit | ({"kick": bar.even(int(bar.rng.integers(2, 5)))} if bar.rng.random() < 0.5 else {})


def _percussion(bar: Bar) -> Kit:
    names = bar.rng.choice(PERCUSSION, int(bar.rng.integers(1, 5)), replace=False)
    kit = {str(name): bar.over(bar.sprinkle(0.8, "o"), bar.even(int(bar.rng.integers(2, 9)))) for name in names}
    return kit | {bar.pick(("kick", "surdo")): bar.over(bar.sprinkle(0.3, "o"), bar.on([0]))}


def _broken(bar: Bar) -> Kit:
    kick, snare = (
        bar.over(bar.sprinkle(1.2, "x"), bar.on([0])),
        bar.over(bar.sprinkle(0.7, "o"), bar.sprinkle(0.5, "X")),
    )
    return {"kick": kick, "snare": bar.over(snare, bar.on(bar.backbeat()[:1])), _keeper(bar): bar.keeper()}


def _oom_pah(bar: Bar) -> Kit:
    after = bar.on(range(1, bar.metre), "o") if bar.metre != 2 else bar.each(bar.half, "x")
    return {"kick": bar.on([0]), bar.pick(("snare", "brush", "hat", "tamb")): after}


def _keeper_alone(bar: Bar) -> Kit:
    return {_keeper(bar): bar.keeper()}


def _kick_alone(bar: Bar) -> Kit:
    return {"kick": bar.pick((bar.each(0, "X"), bar.on([0]), bar.on(range(0, bar.metre, 2)), bar.sprinkle(1.5, "X")))}


def _no_drums(_bar: Bar) -> Kit:
    return {}


def _keeper(bar: Bar) -> str:
    return bar.pick(KEEPERS)


HABITS: dict[Callable[[Bar], Kit], float] = {
    _back_beat: 7, _four_on_the_floor: 4, _half_time: 2, _double_time: 1, _one_drop: 1.5, _train: 0.7, _blast: 0.4,
    _clave: 2.5, _percussion: 1.5, _broken: 2, _oom_pah: 1.5, _keeper_alone: 0.8, _kick_alone: 0.6, _no_drums: 2.5,
}  # fmt: skip


def style(rng: np.random.Generator, metre: int | None = None, bpm: float | None = None) -> Style:
    """A style of `metre` beats a bar around `bpm`; by default mostly of four, at 60 to 200 bpm."""
    metre = metre or int(rng.choice([4, 3, 2, 5, 6], p=[0.62, 0.22, 0.04, 0.05, 0.07]))
    tempo = bpm or float(np.exp(rng.uniform(np.log(60.0), np.log(200.0))))
    steps = 3 if tempo < 150.0 and rng.random() < 0.15 else 4
    fine = steps * tempo / 60.0 < FASTEST
    bar = Bar(metre, steps, fine, float(rng.uniform(0.4, 1.3)), float(rng.beta(0.8, 1.2)), rng)
    weights = np.array(list(HABITS.values()))
    drums = list(HABITS)[int(rng.choice(len(HABITS), p=weights / weights.sum()))](bar)
    if drums and rng.random() < 0.35:
        drums[str(rng.choice(PERCUSSION))] = bar.even(int(rng.integers(2, 8)), int(rng.choice([0, bar.half])))
    swing, swing_16 = _swing(bar, tempo, rng)
    family = str(rng.choice(FAMILIES))
    return Style(
        (0.97 * tempo, 1.03 * tempo),
        {voice: _varied(bar, pattern) for voice, pattern in drums.items()},
        bass=_bass(bar),
        chords=_chords(bar),
        lead=bar.over(bar.sprinkle(1.5, "x"), bar.on([0], "x")),
        metre=metre,
        swing=swing,
        swing_16=swing_16,
        chord_shape=str(rng.choice(["saw", "square", "soft", "organ", "string"])),
        chord_seconds=float(np.exp(rng.uniform(np.log(0.1), np.log(2.0)))),
        bass_shape=str(rng.choice(["saw", "soft", "string"])),
        duck=float(rng.uniform(0.2, 0.8)) if family == "electronic" else 0.0,
        steps=steps,
        arp=_arp(bar) if rng.random() < (0.8 if family == "chip" else 0.25) else "",
        riff=_riff(bar) if rng.random() < (0.7 if family in ("rock", "metal") else 0.12) else "",
        comp=_chords(bar) if rng.random() < 0.25 else "",
        power=family in ("rock", "metal"),
        family=family,
        harmony=str(rng.choice(["", "", "", *PROGRESSIONS])),
    )


def _swing(bar: Bar, tempo: float, rng: np.random.Generator) -> tuple[float, float]:
    """Where the off-beats fall: mostly in the middle; slow songs may swing sixteenths, others eighths."""
    turn = rng.random()
    if bar.steps != 4 or turn < 0.65:
        return 0.5, 0.5
    return (
        (0.5, float(rng.uniform(0.53, 0.66))) if turn < 0.8 and tempo < 125.0 else (float(rng.uniform(0.53, 0.68)), 0.5)
    )


def _varied(bar: Bar, pattern: str) -> str:
    """The pattern, and often another to choose from, or a second bar that answers the first."""
    turn = bar.rng.random()
    other = list(pattern)
    for step in np.flatnonzero(bar.rng.random(bar.length) < 0.08).tolist():
        other[step] = "." if other[step] != "." else "o" if bar.fine or step % bar.half == 0 else "."
    answer = pattern[:1] + "".join(other[1:])
    return pattern if turn < 0.4 else f"{pattern}|{answer}" if turn < 0.7 else pattern + answer


def _bass(bar: Bar) -> str:
    """Roots on the one nearly always, then anything from a long note to a tumbao that avoids the beat."""
    root = bar.on([0], "r")
    low = bar.on([0], "r") if bar.metre < 4 else bar.over(bar.on([bar.metre // 2], "f"), root)
    halves = bar.each(bar.half, "r")
    turn = int(bar.rng.integers(0, 9))
    if turn == 0 and bar.metre == 4:  # tumbao: off the beat, and the coming chord on the last
        return bar.over(bar.marks([bar.steps + bar.half], "f"), bar.on([3], "n"))
    if turn == 1:  # only between the beats, with the root on the one of the second bar
        return halves + bar.over(halves, root)
    walk = bar.each(0, "w")
    busy = bar.over(bar.sprinkle(1.0, "r"), bar.over(bar.sprinkle(0.3, "f"), root))
    octaves = bar.over(bar.each(bar.half, "o"), bar.each(0, "r"))
    last = bar.over(bar.on([bar.metre - 1], "a"), root)
    return (low, halves, walk, busy, octaves, last, root, bar.over(halves, bar.each(0, "r")), busy)[turn]


def _chords(bar: Bar) -> str:
    """Long, on the beats, after the beats, on the off-beats, evenly across the bar, or sprinkled."""
    return bar.pick(
        (
            bar.on([0], "x"), bar.on([0], "x"), bar.on([0, bar.metre // 2], "x"), bar.each(), bar.each(bar.half),
            bar.over(bar.each(bar.half), bar.each()), bar.on(range(1, bar.metre), "x"), bar.on(bar.backbeat(), "x"),
            bar.even(int(bar.rng.choice([3, 5]))), bar.over(bar.sprinkle(1.0, "x"), bar.on([0], "x")),
        )
    )  # fmt: skip


def _arp(bar: Bar) -> str:
    """A bar of broken chords, up, down or in a figure, in the smallest notes or in half of them."""
    figure = bar.pick(("0123", "0213", "3210", "0121", "012", "0231", "01234321", "0?1?", "02"))
    every = 1 if bar.fine and bar.rng.random() < 0.6 else max(1, bar.half if bar.steps == 4 else 1)
    notes = range(0, bar.length, every)
    return "".join(figure[(step // every) % len(figure)] if step in notes else "." for step in range(bar.length))


def _riff(bar: Bar) -> str:
    """Two bars of an ostinato that stays near the root."""
    rhythm = bar.over(bar.sprinkle(1.2, "x"), bar.on([0], "x"))
    degrees = bar.rng.choice([0, 0, 0, 1, 2, 3, 4], bar.length)
    first = "".join("." if mark == "." else str(degree) for mark, degree in zip(rhythm, degrees, strict=True))
    return first + "".join("3" if mark == "0" and bar.rng.random() < 0.3 else mark for mark in first)
