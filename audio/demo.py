"""Sequenced music of our own synthesis, with exactly known beats: for the stage's demo, for training and for tests.

song(seed)          a song at a steady tempo, or at one that follows a curve
render(beats, ...)  the same grooves played on any beats, such as those of a recorded dance
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import demo_voices
from audio.config import RATE
from audio.demo_arrangement import Arrangement, arrange
from audio.demo_mix import Mix
from audio.demo_styles import STYLES, Style

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LEVEL = 10.0 ** (-14.0 / 20.0)  # RMS of the mix: -14 dBFS
FIRST_BEAT = 0.25  # s


@dataclass(frozen=True)
class Song:
    """Music and the truth about it."""

    samples: F32  # mono, 24 kHz
    beats: F64  # [n] s
    positions: NDArray[np.int64]  # [n] in the bar, 1 is the downbeat
    bpm: float  # mean
    name: str
    style: str


def song(
    seed: int,
    bpm: float | Callable[[float], float] | None = None,
    seconds: float = 60.0,
    style: str | None = None,
    metre: int | None = None,
) -> Song:
    """A song of `seconds`. `bpm` is a number, or a function from time (s) to bpm; by default the style's own.

    Seed 0 without a style is disco at 118 bpm. Raises ValueError for a style that is not in STYLES.
    """
    rng = np.random.default_rng([seed, 1])
    kind = style or ("disco" if seed == 0 else str(rng.choice(list(STYLES))))
    if kind not in STYLES:
        raise ValueError(f"style {kind!r}: use one of {', '.join(STYLES)}")
    if bpm is None:
        bpm = 118.0 if seed == 0 and style is None else round(float(rng.uniform(*STYLES[kind].bpm)), 1)
    tempo = bpm if callable(bpm) else (lambda _, steady=bpm: float(steady))
    times = [FIRST_BEAT]
    while times[-1] < seconds:
        times.append(times[-1] + 60.0 / tempo(times[-1]))
    beats = np.array(times[:-1])
    positions = np.arange(len(beats)) % (metre or STYLES[kind].metre) + 1
    samples = render(beats, positions, seed, kind, seconds)
    mean = 60.0 / float(np.diff(beats).mean()) if len(beats) > 1 else tempo(0.0)
    return Song(samples, beats, positions, mean, f"{kind} {mean:.0f} bpm, seed {seed}", kind)


def render(
    beats: F64, positions: NDArray[np.int64], seed: int, style: str | None = None, seconds: float | None = None
) -> F32:
    """Play a groove on strictly increasing `beats` (s) with their `positions` in the bar (1 is the downbeat).

    Returns mono samples at 24 kHz, -14 dBFS RMS, below full scale; `seconds` long, by default one beat beyond the last.
    Before the first beat there is silence. Without a `style` the seed chooses one that suits the tempo and the metre.
    """
    beats, positions = np.asarray(beats, np.float64), np.asarray(positions, np.int64)
    if len(beats) < 2 or len(beats) != len(positions) or not (np.diff(beats) > 0).all():
        raise ValueError("render needs two or more strictly increasing beats, and as many positions")
    rng = np.random.default_rng([seed, 2])
    kind = style or _suiting(rng, 60.0 / float(np.median(np.diff(beats))), int(positions.max()))
    if seconds is None:
        seconds = float(2 * beats[-1] - beats[-2])
    arrangement = arrange(STYLES[kind], positions, rng, from_start=seed == 0)
    mix = Mix(round(seconds * RATE))
    _play_drums(mix, STYLES[kind], arrangement, beats, rng)
    _play_tones(mix, STYLES[kind], arrangement, beats, rng)
    return mix.master(LEVEL)


def _suiting(rng: np.random.Generator, bpm: float, metre: int) -> str:
    """A style of this metre whose tempo range holds `bpm`, or comes nearest to it."""
    names = [name for name, style in STYLES.items() if style.metre == (3 if metre == 3 else 4)]
    away = np.array([max(np.log(STYLES[n].bpm[0] / bpm), np.log(bpm / STYLES[n].bpm[1]), 0.0) for n in names])
    return names[int(rng.choice(np.flatnonzero(away <= max(0.08, float(away.min()) + 1e-9))))]


def _places(style: Style, beats: F64) -> F64:
    """The four steps of every beat, [n, 4] s, swung as the style has it."""
    lengths = np.append(np.diff(beats), beats[-1] - beats[-2])
    first_half, last_half = style.swing * style.swing_16, style.swing + (1.0 - style.swing) * style.swing_16
    return np.asarray(beats[:, None] + lengths[:, None] * np.array([0.0, first_half, style.swing, last_half]))


def _play_drums(mix: Mix, style: Style, song: Arrangement, beats: F64, rng: np.random.Generator) -> None:
    kit = {
        "kick": (demo_voices.kick(rng, float(rng.uniform(0, 1))), 0.95),
        "snare": (demo_voices.snare(rng), 0.5),
        "clap": (demo_voices.clap(rng), 0.45),
        "hat": (demo_voices.hat(rng, 0.03), 0.17),
        "open": (demo_voices.hat(rng, 0.12), 0.18),
        "shaker": (demo_voices.shaker(rng), 0.10),
        "ride": (demo_voices.cymbal(rng, 0.14), 0.14),
        "crash": (demo_voices.cymbal(rng), 0.25),
        "conga": (demo_voices.tuned_drum(rng, float(rng.uniform(190, 260))), 0.28),
        "tom": (demo_voices.tuned_drum(rng, float(rng.uniform(90, 130)), 0.12), 0.45),
        "bell": (demo_voices.bell(float(rng.uniform(540, 620)), 0.04), 0.16),
        "clave": (demo_voices.bell(float(rng.uniform(1900, 2400)), 0.015), 0.2),
    }
    places = _places(style, beats)
    for voice, hits in song.drums.items():
        samples, gain = kit[voice]
        for beat, step in zip(*np.nonzero(hits), strict=True):
            strength = hits[beat, step] * gain * rng.uniform(0.9, 1.05)
            mix.add("kick" if voice == "kick" else "drums", samples, float(places[beat, step]), strength)


def _play_tones(mix: Mix, style: Style, song: Arrangement, beats: F64, rng: np.random.Generator) -> None:
    places = _places(style, beats)
    flat = np.append(places.ravel(), 2 * beats[-1] - beats[-2])
    mix.duck(places[song.drums["kick"] > 0] if "kick" in song.drums else np.zeros(0), style.duck)
    ring = {"bass": 0.9, "lead": 0.8}
    for tone in song.tones:
        start = float(flat[tone.step])
        held = float(flat[min(tone.step + tone.steps, len(flat) - 1)]) - start
        if tone.voice == "chord":
            length, gain = min(held, 3.0 * style.chord_seconds), 0.11
            made = mix.note(tone.midi, length, style.chord_shape, 0.004, style.chord_seconds, 24, 0.006)
        elif tone.voice == "pad":
            length, gain = held, 0.05
            made = mix.note(tone.midi, length, "string", 0.15, 8.0, 16, 0.008)
        elif tone.voice == "bass":
            length, gain = held * ring["bass"], 0.42
            made = mix.note(tone.midi, length, style.bass_shape, 0.004, 0.5, 7)
        else:
            length, gain = held * ring["lead"], 0.16
            made = mix.note(tone.midi, length, "square", 0.006, 0.35, 9, 0.003)
        mix.add(tone.voice, made, start + float(rng.normal(0.0, 0.002)), gain * tone.strength)
