"""The notes of the demo music: bass, chords, arpeggios, riffs and melody over the sections of a song."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from audio import demo_harmony
from audio.demo_form import Section
from audio.demo_harmony import Harmony
from audio.demo_melody import Melody
from audio.demo_style import Style

LONGEST = 4  # beats: no struck note is held longer
STRENGTH = {"X": 1.15, "x": 1.0, "o": 0.6, ",": 0.35, "?": 0.6}
BASS = {"r": 0, "t": 2, "f": 4, "s": 5, "v": 6, "o": 7, "l": -3}  # degrees above the root
CHORD_NOTES = (0, 2, 4, 7, 9, 11, 14, 16)
SEVENTHS = ("jazz", "lofi", "funk", "latin", "disco", "hiphop", "african", "soul")
PUSHING = ("latin", "funk", "rock", "disco", "african")  # families that play the coming chord early


@dataclass(frozen=True)
class Tone:
    """A note: `step` is counted from the first beat, `Style.steps` to a beat."""

    voice: str
    step: int
    steps: int
    midi: float
    strength: float


@dataclass(frozen=True)
class Moment:
    """A step of the song: its number, its place in the endless pattern, its beat in the bar, and the chords."""

    step: int
    place: int
    position: int
    sub: int
    root: int
    following: int  # the next bar's root
    coming: int  # the root half a beat later


@dataclass
class Player:
    """Writes the tones of one song."""

    style: Style
    harmony: Harmony
    melody: Melody
    sevenths: bool
    pushes: bool
    rng: np.random.Generator
    walk: float = 40.0  # MIDI number of the last note of a walking bass

    def bass(self, pattern: str, at: Moment) -> Iterator[Tone]:
        mark = pattern[at.place % len(pattern)]
        if mark == "w":
            midi = self._walking(at)
        elif mark in "na":
            midi = self.harmony.near(at.following + (1 if mark == "a" else 0), 40.0)
        else:
            midi = self.harmony.near(at.root, 38.0) + self._above(at.root, BASS[mark])
        yield Tone("bass", at.step, self._held(pattern, at), midi, 1.0 if at.sub == 0 else 0.9)

    def chord(self, voice: str, pattern: str, at: Moment) -> Iterator[Tone]:
        mark = pattern[at.place % len(pattern)]
        if mark == "?" and self.rng.random() > 0.4:
            return
        root = at.coming if self.pushes else at.root
        degrees = (0, 2, 4, 6) if self.sevenths else (0, 2, 4)
        for degree in degrees if voice == "chord" else degrees[1:]:
            midi = self.harmony.near(root + degree, 64.0 if voice == "chord" else 70.0)
            yield Tone(voice, at.step, self._held(pattern, at), midi, STRENGTH[mark])

    def arp(self, pattern: str, at: Moment) -> Iterator[Tone]:
        mark = pattern[at.place % len(pattern)]
        note = int(self.rng.integers(0, 5)) if mark == "?" else int(mark)
        midi = self.harmony.pitch(at.root + CHORD_NOTES[note], 5)
        yield Tone("arp", at.step, self._held(pattern, at), midi, 1.0 if at.sub == 0 else 0.85)

    def riff(self, pattern: str, at: Moment) -> Iterator[Tone]:
        midi = self.harmony.near(at.root, 46.0) + self._above(at.root, int(pattern[at.place % len(pattern)]))
        for above in (0.0, 7.0, 12.0) if self.style.power else (0.0,):
            yield Tone("riff", at.step, self._held(pattern, at), midi + above, 1.0)

    def pad(self, at: Moment, beats: int) -> Iterator[Tone]:
        for degree in (0, 2, 4):
            yield Tone("pad", at.step, beats * self.style.steps, self.harmony.near(at.root + degree, 62.0), 1.0)

    def lead(self, at: Moment, chorus: bool) -> Iterator[Tone]:
        note = self.melody.note(chorus, at.place)
        if note is not None:
            midi = self.harmony.near(at.root, 67.0) + self._above(at.root, note.degree)
            yield Tone("lead", at.step, note.steps, midi, note.strength)

    def _above(self, root: int, degree: int) -> float:
        """Semitones from a chord's root to a degree above it."""
        return self.harmony.pitch(root + degree, 0) - self.harmony.pitch(root, 0)

    def _walking(self, at: Moment) -> float:
        """The root on the one, a step from the coming root at the end of the bar, between them the scale."""
        if at.position == 1 and at.sub == 0:
            self.walk = self.harmony.near(at.root, 40.0)
        elif at.position == self.style.metre:
            self.walk = self.harmony.near(at.following, 40.0) + float(self.rng.choice([-1.0, 1.0, 2.0]))
        else:
            degree = at.root + int(self.rng.choice([1, 2, 4, 5, 6, 7]))
            self.walk = self.harmony.near(degree, min(max(self.walk, 34.0), 48.0))
        return self.walk

    def _held(self, pattern: str, at: Moment) -> int:
        """Steps from this mark to the next."""
        longest = LONGEST * self.style.steps
        for gap in range(1, longest):
            if pattern[(at.place + gap) % len(pattern)] != ".":
                return gap
        return longest


def write(
    style: Style,
    patterns: dict[str, tuple[str, str]],
    form: list[Section],
    positions: NDArray[np.int64],
    bars: NDArray[np.int64],
    rng: np.random.Generator,
) -> list[Tone]:
    """All notes. `patterns`: of each voice the one of the verse and the one of the chorus."""
    player = Player(
        style,
        demo_harmony.draw(style, rng),
        Melody.draw(style, patterns["lead"], rng),
        style.family in SEVENTHS or bool(rng.random() < 0.3),
        style.family in PUSHING and bool(rng.random() < 0.4),
        rng,
    )
    tones: list[Tone] = []
    for at, bar in _moments(style, player.harmony, form, positions, bars):
        voices, chorus = form[bar].voices, form[bar].name in ("chorus", "solo")
        for voice in ("bass", "chords", "comp", "arp", "riff"):
            pattern = patterns[voice][int(chorus)]
            if voice not in voices or not pattern or pattern[at.place % len(pattern)] in ".-":
                continue
            if voice in ("chords", "comp"):
                tones += player.chord("chord" if voice == "chords" else "comp", pattern, at)
            else:
                tones += getattr(player, voice)(pattern, at)
        if "pad" in voices and at.position == 1 and at.sub == 0:
            tones += player.pad(at, int(np.count_nonzero(bars == bar)))
        if "lead" in voices:
            tones += player.lead(at, chorus)
    return tones


def _moments(
    style: Style, harmony: Harmony, form: list[Section], positions: NDArray[np.int64], bars: NDArray[np.int64]
) -> Iterator[tuple[Moment, int]]:
    """Every step of the song and its bar."""
    for beat, (position, bar) in enumerate(zip(positions.tolist(), bars.tolist(), strict=True)):
        chorus = form[bar].name in ("chorus", "solo")
        for sub in range(style.steps):
            now = bar - 1 + min((position - 1 + sub / style.steps) / style.metre, 0.999)
            place = ((bar - 1) * style.metre + position - 1) * style.steps + sub
            roots = (harmony.root(chorus, share) for share in (now, float(bar), now + 0.5 / style.metre))
            yield Moment(beat * style.steps + sub, place, position, sub, *roots), bar
