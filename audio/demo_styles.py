"""The grooves of the demo music, as patterns on a grid of four steps a beat.

`X` loud, `x` normal, `o` soft, `?` soft in some bars, `.` nothing. A pattern repeats after its own
length, from the downbeat.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Style:
    """One groove: its tempo range (bpm), metre (beats in a bar), swing (place of an off-beat, 0.5 is straight)."""

    bpm: tuple[float, float]
    drums: dict[str, str]
    bass: str  # r root, f fifth, o octave, t third, a approach to the next root
    chords: str
    lead: str
    metre: int = 4
    swing: float = 0.5
    swing_16: float = 0.5
    chord_shape: str = "string"
    chord_seconds: float = 0.5  # how long a struck chord rings
    bass_shape: str = "saw"
    duck: float = 0.0  # how much the kick pushes chords and bass down
    gains: dict[str, float] = field(default_factory=dict)


STYLES: dict[str, Style] = {
    "house": Style(
        (116.0, 130.0),
        {
            "kick": "X...X...X...X...",
            "clap": "....x.......x...",
            "open": "..x...x...x...x.",
            "hat": "o.?.o.?.o.?.o.??",
            "shaker": "oooooooooooooooo",
        },
        bass="..r...r.r.r...o.",
        chords="x..x..x...x..x..",
        lead="..x..x..x...x...",
        chord_shape="saw",
        chord_seconds=0.18,
        duck=0.6,
    ),
    "disco": Style(
        (108.0, 128.0),
        {
            "kick": "X...X...X...X...",
            "snare": "....x.......x...",
            "clap": "....o.......o...",
            "open": "..x...x...x...x.",
            "hat": "x.o.x.o.x.o.x.o.",
            "conga": "..?o..?...?o.?o.",
        },
        bass="r.o.r.o.r.o.f.o.",
        chords="..xx..x...xx..x.",
        lead="x.....x.x...x...",
        chord_seconds=0.14,
        chord_shape="square",
        duck=0.25,
    ),
    "hiphop": Style(
        (78.0, 104.0),
        {"kick": "X..x..?...x..?..", "snare": "....X.......X..?", "hat": "x.x.x.xox.x.x.x?"},
        bass="r..r......f..a..",
        chords="x.........x.....",
        lead="....x..x......x.",
        swing_16=0.58,
        chord_shape="soft",
        chord_seconds=0.9,
        bass_shape="soft",
    ),
    "breakbeat": Style(
        (100.0, 136.0),
        {
            "kick": "X.x.......xx....",
            "snare": "....X..o.o..X..o",
            "hat": "x.x.x.x.x.x.x.x.",
            "open": "..............?.",
        },
        bass="r.....r...r.f...",
        chords="x.....x.........",
        lead="..x...x..x..x...",
        chord_shape="saw",
        chord_seconds=0.3,
    ),
    "funk": Style(
        (92.0, 118.0),
        {
            "kick": "X..x..?...x..x..",
            "snare": "....X..o.o..X...",
            "hat": "xoxoxoxoxoxoxo?o",
            "open": "..............x.",
        },
        bass="r..ro..r..r.f.a.",
        chords="..x..x.x..x..x..",
        lead="x..x..x.........",
        chord_shape="organ",
        chord_seconds=0.1,
        swing_16=0.54,
    ),
    "rock": Style(
        (96.0, 148.0),
        {"kick": "X.....?.x.x.....", "snare": "....X.......X...", "hat": "x.x.x.x.x.x.x.x."},
        bass="r.r.r.r.r.r.r.r.",
        chords="x.....x.x.....x.",
        lead="x...x.x.....x...",
        chord_shape="saw",
        chord_seconds=0.6,
    ),
    "salsa": Style(
        (150.0, 200.0),
        {
            "kick": "X...?...x...?...",
            "bell": "x...x.o.x...x.o.x...x.o.x...x.o.",
            "clave": "....x...x.......x.....x.....x...",
            "conga": "o...o.x.o...xxx.o...o.x.o...xxx.",
            "shaker": "x.o.x.o.x.o.x.o.",
        },
        bass="r.....f.....o...",
        chords="x...x.x...x...x.x...x.x...x...x.",
        lead="x.....x...x...x...x...x.........",
        chord_shape="organ",
        chord_seconds=0.2,
        bass_shape="string",
    ),
    "reggaeton": Style(
        (84.0, 104.0),
        {"kick": "X...x...X...x...", "snare": "...x..x....x..x.", "hat": "x.x.x.x.x.x.x.x?"},
        bass="r..r..r.f..f..r.",
        chords="..x...x...x...x.",
        lead="x..x..x.....x...",
        chord_seconds=0.25,
        duck=0.3,
    ),
    "waltz": Style(
        (84.0, 160.0),
        {"kick": "X...........", "snare": "....o...o...", "hat": "x...x...x.?.", "ride": "x...x.?.x..."},
        bass="r...........f...........",
        chords="....x...x...",
        lead="x.......x.x.",
        metre=3,
        chord_seconds=0.35,
        bass_shape="string",
    ),
    "dnb": Style(
        (160.0, 178.0),
        {
            "kick": "X.........x.....",
            "snare": "....X..?.?..X...",
            "hat": "x.x.x.x.x.x.x.x.",
            "ride": "?...?...?...?...",
        },
        bass="r.....r...f.....",
        chords="x...............",
        lead="x.....x.....x...",
        chord_seconds=1.6,
    ),
    "swing": Style(
        (100.0, 168.0),
        {
            "kick": "x...o...x...o...",
            "ride": "x...x.o.x...x.o.",
            "hat": "....x.......x...",
            "snare": "..?...?...o..?..",
        },
        bass="r...t...f...a...",
        chords="..x.......x...x.",
        lead="x.x...x.....x.x.",
        swing=0.64,
        chord_shape="organ",
        chord_seconds=0.2,
        bass_shape="string",
    ),
    "techno": Style(
        (122.0, 142.0),
        {"kick": "X...X...X...X...", "open": "..x...x...x...x.", "hat": "oooxoooxoooxooox", "clap": "....?.......x..."},
        bass="..rr..rr..rr..rf",
        chords="......x......x..",
        lead="x..x..x..x..x.x.",
        chord_shape="saw",
        chord_seconds=0.25,
        duck=0.7,
    ),
}
