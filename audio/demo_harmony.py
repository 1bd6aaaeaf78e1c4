"""Keys, scales and chords of the demo music."""

from dataclasses import dataclass

import numpy as np

from audio.demo_style import Style

SCALES = {
    "minor": (0, 2, 3, 5, 7, 8, 10),
    "major": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
}
# Scale and roots as degrees of it, a chord a bar
PROGRESSIONS: dict[str, tuple[str, tuple[tuple[int, ...], ...]]] = {
    "minor": ("minor", ((0, 5, 2, 6), (0, 0, 3, 4), (0, 6, 5, 6), (0, 3, 5, 4), (0, 0, 5, 5), (0, 2, 6, 3))),
    "major": ("major", ((0, 4, 5, 3), (0, 5, 3, 4), (0, 3, 0, 4), (1, 4, 0, 0), (0, 0, 3, 4), (0, 3, 4, 3))),
    "jazz": ("major", ((1, 4, 0, 5), (0, 5, 1, 4), (2, 5, 1, 4), (1, 4, 0, 0, 3, 6, 5, 5), (0, 3, 2, 5, 1, 4, 0, 4))),
    "minor jazz": ("dorian", ((0, 3, 0, 3), (0, 5, 1, 4), (0, 0, 3, 3, 0, 0, 1, 4))),
    "blues": ("mixolydian", ((0, 0, 0, 0, 3, 3, 0, 0, 4, 3, 0, 4), (0, 3, 0, 0, 3, 3, 0, 0, 4, 3, 0, 0))),
    "modal": ("dorian", ((0,), (0, 0, 0, 0, 3, 3, 0, 0), (0, 1), (0, 0, 0, 6), (0, 3))),
    "dark": ("phrygian", ((0, 1, 0, 6), (0, 0, 1, 0), (0, 5, 6, 1), (0,), (0, 0, 2, 1))),
    "folk": ("mixolydian", ((0, 6, 3, 0), (0, 0, 6, 0), (0, 3, 0, 4))),
    "two chords": ("major", ((0, 4), (0, 0, 4, 4), (0, 4, 4, 0), (0, 3, 4, 3))),
}


@dataclass(frozen=True)
class Harmony:
    """The chords of a verse and of a chorus, each lasting `length` bars."""

    scale: tuple[int, ...]
    key: int
    roots: tuple[tuple[int, ...], tuple[int, ...]]
    length: float

    def root(self, chorus: bool, bars: float) -> int:
        """The degree of the chord that sounds `bars` after the first downbeat."""
        roots = self.roots[int(chorus)]
        return roots[int(np.floor(bars / self.length + 1e-6)) % len(roots)]

    def pitch(self, degree: int, octave: int) -> float:
        """MIDI number of a degree of the scale."""
        return float(octave * 12 + self.key + self.scale[degree % 7] + 12 * (degree // 7))

    def near(self, degree: int, centre: float) -> float:
        """MIDI number of a degree, in the octave around `centre`."""
        midi = self.pitch(degree, 5)
        return midi - 12.0 * round((midi - centre) / 12.0)


def draw(style: Style, rng: np.random.Generator) -> Harmony:
    """Key and chords of a song; most change with the bar, some every other one, some in its middle too."""
    mood = style.harmony or str(rng.choice(["minor", "major"]))
    scale, progressions = PROGRESSIONS[mood]
    verse = progressions[int(rng.integers(0, len(progressions)))]
    chorus = verse if rng.random() < 0.5 else progressions[int(rng.integers(0, len(progressions)))]
    lengths = [1.0, 2.0, 0.5 if style.metre % 2 == 0 and style.family in ("jazz", "funk", "ballad", "lofi") else 1.0]
    return Harmony(
        SCALES[scale], int(rng.integers(0, 12)), (verse, chorus), float(rng.choice(lengths, p=[0.75, 0.15, 0.10]))
    )
