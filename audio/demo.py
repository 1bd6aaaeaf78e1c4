"""Sequenced music of our own synthesis, with exactly known beats: for the stage's demo, for training and for tests.

song(seed)          a song at a steady tempo, or at one that changes
render(beats, ...)  the same grooves played on any beats, such as those of a recorded dance
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import demo_band, demo_feel, demo_play, demo_tempo
from audio.config import RATE
from audio.demo_arrangement import arrange
from audio.demo_mix import Mix
from audio.demo_styles import STYLES, Style

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LEVEL = 10.0 ** (-14.0 / 20.0)  # RMS of the mix: -14 dBFS
FIRST_BEAT = 0.25  # s, where the tempo is a function


@dataclass(frozen=True)
class Song:
    """Music and the truth about it."""

    samples: F32  # mono, 24 kHz
    beats: F64  # [n] s: the click, whatever the players make of it
    positions: NDArray[np.int64]  # [n] in the bar, 1 is the downbeat
    bpm: float  # mean
    name: str
    style: str


def song(
    seed: int,
    bpm: float | Callable[[float], float] | None = None,
    seconds: float = 60.0,
    style: str | Style | None = None,
    metre: int | None = None,
    *,
    tempo: str = "steady",
) -> Song:
    """A song of `seconds`. `bpm` is a number, or a function from time (s) to bpm; by default the style's own.

    `style` is a name of STYLES or a Style; a number of `bpm` is played as `tempo` has it, one of demo_tempo.KINDS.
    Seed 0 without a style is disco at 118 bpm. Raises ValueError for a style or a tempo that is not known.
    """
    rng = np.random.default_rng([seed, 1])
    if style is None:
        style = "disco" if seed == 0 else str(rng.choice(list(STYLES)))
        bpm = 118.0 if seed == 0 and bpm is None else bpm
    groove, kind = _named(style)
    if bpm is None:
        bpm = round(float(rng.uniform(*groove.bpm)), 1)
    beats = _follow(bpm, seconds) if callable(bpm) else demo_tempo.beats(rng, bpm, seconds, tempo)
    positions = np.arange(len(beats)) % (metre or groove.metre) + 1
    samples = _play(beats, positions, seed, groove, seconds, halving=tempo == "halving")
    mean = 60.0 / float(np.diff(beats).mean())
    return Song(samples, beats, positions, mean, f"{kind} {mean:.0f} bpm, seed {seed}", kind)


def render(
    beats: F64,
    positions: NDArray[np.int64],
    seed: int,
    style: str | Style | None = None,
    seconds: float | None = None,
    kit: Mapping[str, F32] | None = None,
) -> F32:
    """Play a groove on strictly increasing `beats` (s) with their `positions` in the bar (1 is the downbeat).

    Returns mono samples at 24 kHz, -14 dBFS RMS, below full scale; `seconds` long, by default one beat beyond the last.
    Before the first beat there is silence. Without a `style` the seed chooses one that suits the tempo and the metre.
    `kit` has recorded drums (mono, 24 kHz) by the names of the patterns, to be played instead of our own.
    """
    beats, positions = np.asarray(beats, np.float64), np.asarray(positions, np.int64)
    if len(beats) < 2 or len(beats) != len(positions) or not (np.diff(beats) > 0).all():
        raise ValueError("render needs two or more strictly increasing beats, and as many positions")
    if style is None:
        choice = np.random.default_rng([seed, 3])
        style = _suiting(choice, 60.0 / float(np.median(np.diff(beats))), int(positions.max()))
    if seconds is None:
        seconds = float(2 * beats[-1] - beats[-2])
    return _play(beats, positions, seed, _named(style)[0], seconds, kit)


def _named(style: str | Style) -> tuple[Style, str]:
    """A style and what to call it."""
    if isinstance(style, Style):
        return style, next((name for name, known in STYLES.items() if known is style), f"improvised {style.family}")
    if style not in STYLES:
        raise ValueError(f"style {style!r}: use one of {', '.join(STYLES)}")
    return STYLES[style], style


def _follow(tempo: Callable[[float], float], seconds: float) -> F64:
    """Beats of a tempo that is a function of time."""
    times = [FIRST_BEAT]
    while times[-1] < seconds or len(times) < 3:
        times.append(times[-1] + 60.0 / tempo(times[-1]))
    return np.array(times[:-1])


def _play(
    beats: F64,
    positions: NDArray[np.int64],
    seed: int,
    style: Style,
    seconds: float,
    kit: Mapping[str, F32] | None = None,
    halving: bool = False,
) -> F32:
    """Seed 0 is a machine and a plain mix, every other seed a band, its players and its studio."""
    rng = np.random.default_rng([seed, 2])
    band = demo_band.clean(style) if seed == 0 and kit is None else demo_band.choose(rng, style, kit)
    feel = demo_feel.draw(rng, band.tight)
    arrangement = arrange(style, positions, rng, from_start=seed == 0, halving=halving)
    mix = Mix(round(seconds * RATE), band.production)
    demo_play.play(mix, band, style, arrangement, beats, feel, rng)
    return mix.master(LEVEL, rng, float(beats[0]), float(np.median(np.diff(beats))))


def _suiting(rng: np.random.Generator, bpm: float, metre: int) -> str:
    """A style of this metre whose tempo range holds `bpm`, or comes nearest to it."""
    names = [name for name, style in STYLES.items() if style.metre == (3 if metre == 3 else 4)]
    away = np.array([max(np.log(STYLES[n].bpm[0] / bpm), np.log(bpm / STYLES[n].bpm[1]), 0.0) for n in names])
    return names[int(rng.choice(np.flatnonzero(away <= max(0.08, float(away.min()) + 1e-9))))]
