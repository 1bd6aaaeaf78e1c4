"""Who plays what, when: sections, fills, chords and melody of the demo music, before any sound is made."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audio.demo_styles import Style

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

STEPS = 4  # of a beat
STRENGTH = {"X": 1.0, "x": 0.8, "o": 0.45, "?": 0.5}
MINOR, MAJOR = (0, 2, 3, 5, 7, 8, 10), (0, 2, 4, 5, 7, 9, 11)
PROGRESSIONS = {  # roots as degrees of the scale, a chord a bar
    "minor": ((0, 5, 2, 6), (0, 0, 3, 4), (0, 6, 5, 6), (0, 3, 5, 4), (0, 0, 5, 5)),
    "major": ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (1, 4, 0, 0), (0, 0, 3, 4)),
}
# Voices of each section, and its length in bars
SECTIONS: dict[str, tuple[int, frozenset[str]]] = {
    "intro": (2, frozenset({"drums", "bass"})),
    "verse": (8, frozenset({"drums", "bass", "chords"})),
    "chorus": (8, frozenset({"drums", "bass", "chords", "pad", "lead"})),
    "break": (4, frozenset({"tops", "pad", "lead", "bass"})),
}
ORDER = ("intro", "verse", "chorus", "break", "chorus", "verse", "chorus")
TOPS = frozenset({"hat", "shaker", "ride", "clap", "conga", "bell", "clave"})  # what plays on in a break


@dataclass(frozen=True)
class Tone:
    """A note: `step` is counted from the first beat, four to a beat."""

    voice: str
    step: int
    steps: int
    midi: float
    strength: float


@dataclass
class Arrangement:
    """Strengths [beats, 4] of each drum, and the notes."""

    drums: dict[str, F32] = field(default_factory=dict)
    tones: list[Tone] = field(default_factory=list)


def arrange(style: Style, positions: NDArray[np.int64], rng: np.random.Generator, from_start: bool) -> Arrangement:
    """Lay a style over beats with these positions in the bar; a song need not begin with its intro."""
    bars = np.cumsum(positions == 1)
    parts = _sections(int(bars[-1]) + 1, rng, from_start)
    song = Arrangement()
    for voice, pattern in style.drums.items():
        if voice not in ("kick", "snare", "clap") and rng.random() < 0.15:
            continue  # a thinner kit
        hits = _lay(pattern, style.metre, positions, bars, rng)
        plays = np.array(["drums" in SECTIONS[p][1] or voice in TOPS for p in parts])
        song.drums[voice] = hits * plays[bars][:, None].astype(np.float32)
    _fill(song, parts, positions, bars, rng)
    _tones(song, style, parts, positions, bars, rng)
    return song


def places(style: Style, beats: F64) -> F64:
    """When the steps of every beat are (s), [n, steps]: swung as the style has it, triplets evenly."""
    lengths = np.append(np.diff(beats), beats[-1] - beats[-2])
    if style.steps == 4:
        first, last = style.swing * style.swing_16, style.swing + (1.0 - style.swing) * style.swing_16
        shares = np.array([0.0, first, style.swing, last])
    else:
        shares = np.arange(style.steps) / style.steps
    return np.asarray(beats[:, None] + lengths[:, None] * shares)


def _sections(bars: int, rng: np.random.Generator, from_start: bool) -> list[str]:
    """The section of every bar."""
    names: list[str] = []
    for name in ORDER:
        names += [name] * SECTIONS[name][0]
    skip = 0 if from_start else int(rng.integers(0, len(names)))
    return [names[(bar + skip) % len(names)] if bar + skip >= len(names) else names[bar + skip] for bar in range(bars)]


def _lay(
    pattern: str, metre: int, positions: NDArray[np.int64], bars: NDArray[np.int64], rng: np.random.Generator
) -> F32:
    """A pattern over the beats, [beats, STEPS]: its step is the place in the bar, its bar the number of the bar."""
    per_bar = metre * STEPS
    strength = np.array([STRENGTH.get(mark, 0.0) for mark in pattern], np.float32)
    maybe = np.array([mark == "?" for mark in pattern])
    step = (bars[:, None] * per_bar + ((positions - 1) * STEPS)[:, None] + np.arange(STEPS)) % len(pattern)
    return np.asarray(strength[step] * (~maybe[step] | (rng.random(step.shape) < 0.4)), np.float32)


def _fill(
    song: Arrangement, parts: list[str], positions: NDArray[np.int64], bars: NDArray[np.int64], rng: np.random.Generator
) -> None:
    """The last beat before a new section, and of some fourth bars, is a fill; a crash begins a section."""
    crash = np.zeros((len(positions), STEPS), np.float32)
    tom = np.zeros_like(crash)
    for beat in range(1, len(positions)):
        if positions[beat] != 1:
            continue
        new = parts[bars[beat]] != parts[bars[beat - 1]]
        crash[beat, 0] = 0.9 if new else 0.0
        if new or (bars[beat] % 4 == 0 and rng.random() < 0.4):
            tom[beat - 1] = rng.choice([0.0, 0.6, 0.9], STEPS)
            if "snare" in song.drums:
                song.drums["snare"][beat - 1] = np.maximum(song.drums["snare"][beat - 1], rng.random(STEPS) * 0.8)
    song.drums["crash"], song.drums["tom"] = crash, tom


def _tones(
    song: Arrangement,
    style: Style,
    parts: list[str],
    positions: NDArray[np.int64],
    bars: NDArray[np.int64],
    rng: np.random.Generator,
) -> None:
    """Bass, chords, pad and lead, on a progression of four bars."""
    mood = str(rng.choice(["minor", "major"]))
    scale, key = (MINOR if mood == "minor" else MAJOR), int(rng.integers(0, 12))
    roots = PROGRESSIONS[mood][int(rng.integers(0, len(PROGRESSIONS[mood])))]
    melody = rng.integers(0, 5, 64)

    def pitch(degree: int, octave: int) -> float:
        return float(octave * 12 + key + scale[degree % 7] + 12 * (degree // 7))

    per_bar = style.metre * STEPS
    for beat, position in enumerate(positions.tolist()):
        bar = int(bars[beat])
        root, following = roots[bar % 4], roots[(bar + 1) % 4]
        voices = SECTIONS[parts[bar]][1]
        if "pad" in voices and position == 1:
            rest = np.flatnonzero(bars == bar).size * STEPS
            song.tones += [Tone("pad", beat * STEPS, rest, pitch(root + third, 5), 1.0) for third in (0, 2, 4)]
        for sub in range(STEPS):
            step, place = beat * STEPS + sub, bar * per_bar + (position - 1) * STEPS + sub
            mark = style.bass[place % len(style.bass)]
            if "bass" in voices and mark != ".":
                degree = {"r": root, "t": root + 2, "f": root + 4, "o": root + 7, "a": following + 1}[mark]
                song.tones.append(Tone("bass", step, _gap(style.bass, place), pitch(degree, 2) + 4, 1.0))
            if "chords" in voices and style.chords[place % len(style.chords)] != ".":
                gap = _gap(style.chords, place)
                song.tones += [Tone("chord", step, gap, pitch(root + third, 5), 1.0) for third in (0, 2, 4, 6)]
            if "lead" in voices and style.lead[place % len(style.lead)] != ".":
                degree = root + 2 * int(melody[place % 64])
                song.tones.append(Tone("lead", step, min(4, _gap(style.lead, place)), pitch(degree % 10, 6), 1.0))


def _gap(pattern: str, place: int) -> int:
    """Steps from this mark to the next, at most 16."""
    for gap in range(1, 16):
        if pattern[(place + gap) % len(pattern)] != ".":
            return gap
    return 16
