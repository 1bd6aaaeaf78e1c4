"""Melodies of the demo music: phrases of four bars whose first bar comes back, with rests and syncopation."""

from dataclasses import dataclass

import numpy as np

from audio.demo_style import Style

PHRASE = 4  # bars
SCHEMES = ("AABC", "ABAC", "AAAB", "ABCB", "A-A-", "ABC-")  # `-` is a bar of rest


@dataclass(frozen=True)
class Note:
    """A note of the melody: degree above the root of the chord, length in steps."""

    degree: int
    steps: int
    strength: float


@dataclass(frozen=True)
class Melody:
    """The phrase of the verse and the phrase of the chorus, by step."""

    phrases: tuple[dict[int, Note], dict[int, Note]]
    length: int  # steps of a phrase

    def note(self, chorus: bool, place: int) -> Note | None:
        """The note that begins at this place, if any."""
        return self.phrases[int(chorus)].get(place % self.length)

    @staticmethod
    def draw(style: Style, patterns: tuple[str, str], rng: np.random.Generator) -> "Melody":
        """Invent both phrases on the rhythms that the style allows."""
        bar = style.metre * style.steps
        verse, chorus = (_phrase(style, pattern, rng) for pattern in patterns)
        return Melody((verse, chorus), PHRASE * bar)


def _phrase(style: Style, pattern: str, rng: np.random.Generator) -> dict[int, Note]:
    bar = style.metre * style.steps
    scheme = str(rng.choice(SCHEMES))
    early = float(rng.choice([0.0, 0.1, 0.4]))  # how often a note comes half a beat before its place
    rhythms = {name: _rhythm(pattern, bar, style.steps, early, rng) for name in "ABC"}
    lines = {name: _line(rhythms[name], style.steps, rng) for name in "ABC"}
    starts: list[tuple[int, int]] = []
    for index, name in enumerate(scheme):
        if name != "-":
            starts += [(index * bar + step, degree) for step, degree in zip(rhythms[name], lines[name], strict=True)]
    starts = sorted(dict(starts).items()) or [(0, 0)]
    longest = int(rng.integers(1, 4)) * style.steps
    ends = [step for step, _ in starts[1:]] + [PHRASE * bar]
    return {
        step: Note(degree, max(1, min(longest, end - step)), 1.0 if step % style.steps == 0 else 0.85)
        for (step, degree), end in zip(starts, ends, strict=False)  # a phrase of rests has one end and no note
    }


def _rhythm(pattern: str, bar: int, steps: int, early: float, rng: np.random.Generator) -> list[int]:
    """Steps of one bar on which a note begins: most of the pattern's, some early, a few added."""
    offset = bar * int(rng.integers(0, max(1, len(pattern) // bar)))
    allowed = [step for step in range(bar) if pattern[(offset + step) % len(pattern)] not in ".-"]
    kept = {step for step in allowed if rng.random() < 0.85}
    kept |= {int(rng.integers(0, bar // 2)) * 2 for _ in range(int(rng.integers(0, 3)))} if steps == 4 else set()
    moved = {max(0, step - steps // 2) if step % steps == 0 and rng.random() < early else step for step in kept}
    return sorted(moved)


def _line(rhythm: list[int], steps: int, rng: np.random.Generator) -> list[int]:
    """Degrees for these steps: small intervals, chord notes (even degrees) on the beats."""
    degree, line = int(rng.choice([0, 2, 4])), []
    for step in rhythm:
        degree += int(rng.choice([-3, -2, -1, 0, 1, 2, 3], p=[0.06, 0.16, 0.23, 0.1, 0.23, 0.16, 0.06]))
        degree = min(max(degree, -3), 9)
        if step % steps == 0 and degree % 2:
            degree += int(rng.choice([-1, 1]))
        line.append(degree)
    return line
