"""What a style of the demo music is: patterns on a grid of `steps` to the beat, and how they are played."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Style:
    """One groove: its tempo range (bpm), metre (beats in a bar), swing (place of an off-beat, 0.5 is straight).

    A pattern repeats after its own length, from the downbeat; spaces are for the eye, `|` parts alternatives of which
    a section takes one. In all of them `.` is nothing and lets the last note ring, `-` ends it.

    drums, chords, comp  `X` loud, `x` normal, `o` soft, `,` ghost, `?` soft in some bars
    bass                 of the chord: `r` root, `t` third, `f` fifth, `s` sixth, `v` seventh, `o` octave, `l` fifth
                         below; `a` a step from the next root, `n` the next chord's root, `w` the next note of a walk
    lead                 where a melody may move, with the marks of the drums
    arp                  `0`-`7` the chord's notes upward (0 root, 1 third, 2 fifth, 3 octave, ...), `?` any of them
    riff                 `0`-`7` degrees of the scale above the chord's root; with `power` each with its fifth

    `steps` of a beat are 4 (sixteenths, swung), or 3 or 6 (triplets): `demo_arrangement.places` knows where they fall.
    """

    bpm: tuple[float, float]
    drums: dict[str, str]
    bass: str
    chords: str
    lead: str
    metre: int = 4
    swing: float = 0.5
    swing_16: float = 0.5
    chord_shape: str = "string"
    chord_seconds: float = 0.5  # how long a struck chord rings
    bass_shape: str = "saw"
    duck: float = 0.0  # how much the kick pushes chords and bass down
    steps: int = 4
    arp: str = ""
    riff: str = ""
    comp: str = ""
    power: bool = False
    family: str = "rock"  # who plays: electronic chip rock metal latin african jazz folk lofi funk hiphop reggae ...
    harmony: str = ""  # a key of demo_harmony.PROGRESSIONS; by default minor or major
