"""Grooves that are loud between the beats, drawn from a generator: what tells an ear that hears from one that hopes.

GROOVES[name](rng) -> a style of four beats a bar, and its demo_tempo kind (None: any)
"""

from collections.abc import Callable

import numpy as np

from audio.demo_style import Style

Rng = np.random.Generator
Drawn = tuple[Style, str | None]

OFF, FLOOR = "..X." * 4, "x...x...x...x..."


def offbeat(rng: Rng) -> Drawn:
    """All that is loud comes between the beats; the bass drum may mark them, or be left out, and then nothing does."""
    drums = {"open": OFF, "hat": "..x?" * 4, "kick": FLOOR if rng.random() < 0.7 else "x.......x......."}
    bass = "..r." * 4 if rng.random() < 0.6 else "r..." * 4
    return Style((90.0, 150.0), drums, bass=bass, chords=OFF, lead="..x." * 4), "steady"


def upbeat(rng: Rng) -> Drawn:
    """Loud between the beats, as ska, reggae, house or a polka have it; bass or bass drum keep the beat."""
    drums = {
        _pick(rng, "open", "hat", "hat", "shaker", "tamb"): _pick(rng, OFF, OFF, "..x." * 4, "o.X." * 4, "..Xo" * 4)
    }
    low = rng.random()
    if low < 0.5:  # four on the floor: the bass may go between
        drums |= {"kick": _pick(rng, FLOOR, FLOOR.upper()), "clap": _pick(rng, "....x.......x...", "." * 16)}
        bass = _pick(rng, "..r." * 4, "r.o." * 4, "r..." * 4, ".rrr" * 4)
    else:
        drums |= {
            "kick": _pick(rng, "x.......x.......", "........X.......", "." * 16),
            "rim": _pick(rng, "....x.......x...", "." * 16),
        }
        bass = _pick(rng, "w..." * 4, "r...f...", "r...f...r...a...", "r..." * 4, "r.....f.r...a...")
    chords = _pick(rng, OFF, OFF, "..XX" * 4, "..x." * 4, "x.X." * 4)
    family = _pick(rng, "reggae", "electronic", "disco", "folk", "latin", "rock", "chip")
    lead = _pick(rng, "x...x...x...x...", "x..x..x.x.......", "..x." * 4)
    style = Style((66.0, 180.0), drums, bass=bass, chords=chords, lead=lead, chord_seconds=0.15, family=family)
    return style, None


def club(rng: Rng) -> Drawn:
    """Four on the floor under what rings longer or is louder between: bass, stabs, open hats. The kick is the beat."""
    empty = "." * 16
    kick = _pick(rng, FLOOR, FLOOR.upper(), FLOOR.upper(), "X...X...X...X..x", "x...x...x...x... x...x...x...x.o.")
    drums = {
        "kick": kick.lower().replace("x", "o") if rng.random() < 0.15 else kick,
        _pick(rng, "clap", "snare", "snap", "rim"): _pick(rng, "....x.......x...", "....o.......o...", empty, empty),
        _pick(rng, "open", "open", "hat", "shaker"): _pick(rng, OFF, "..x." * 4, "..Xo" * 4, empty),
        _pick(rng, "tick", "tamb", "ride", "hat"): _pick(rng, "o.o." * 4, "oooo" * 4, ".o.o" * 4, empty, empty),
        _pick(rng, "conga", "zap", "bell", "block"): _pick(rng, "...o..o....o.o..", "..o.....o.o.....", empty, empty),
    }
    bass = _pick(
        rng, "-.r." * 4, "-.r." * 4, "-.r." * 4, "..r." * 4, "-.rr" * 4, ".rrr" * 4, "-.r.-.r.-.r.-.of", "-.w." * 4,
        "-.r.-.o.-.r.-.f.", "..r...r...r..of.",
    )  # fmt: skip
    chords = _pick(
        rng, OFF, "..x." * 4, "-.X." * 4, "-.X.-.X.-.X.-X..", "x..x..x.....x.x.", "..x...x...x..x.x", "x" + empty[1:],
        empty,
    )  # fmt: skip
    lead = _pick(rng, "..x." * 4, "..x..x..x...x.x.", "x..x..x...x.....", "x...............")
    style = Style(
        (100.0, 150.0),
        drums,
        bass=bass,
        chords=chords,
        lead=lead,
        chord_shape=_pick(rng, "saw", "square", "organ", "soft"),
        chord_seconds=float(rng.uniform(0.1, 0.5)),
        bass_shape=_pick(rng, "saw", "soft", "string"),
        duck=float(rng.choice([0.0, rng.uniform(0.0, 0.8)])),
        swing_16=float(rng.choice([0.5, 0.5, rng.uniform(0.52, 0.6)])),
        family=_pick(rng, "electronic", "electronic", "disco", "funk", "rock"),
        harmony=_pick(rng, "", "", "modal", "minor jazz", "dark"),
    )
    return style, None


def head_nod(rng: Rng) -> Drawn:
    """Slow, with eighths that all but pass for beats: bass drum and bass push between them, a snare on two and four."""
    kick = _pick(
        rng,
        "X.....x.X.......",
        "X.....x...x.....",
        "X..x..x.x.......",
        "X.....xXx.......",
        "X......xX.x.....",
        "X.x.....x.x.....",
    )
    halves = _pick(rng, "x.x." * 4, "x.o." * 4, "o.x." * 4, "x.xo" * 4, "..x." * 4)
    drums = {
        "kick": kick,
        _pick(rng, "snare", "snare", "rim", "snap", "clap"): _pick(
            rng, "....X.......X...", "....X.......X..o", "....x.......x..."
        ),
        _pick(rng, "hat", "hat", "shaker", "ride"): halves,
    }
    bass = _pick(
        rng, "r.....r.r.......", "r.....r...f.....", "r..r..r.....f.a.", "r.r...r.f.....n.", "r.....rrr......."
    )
    chords = _pick(
        rng, "x.......x.......", "x.....x.........", "x..x..x.........", "..x...x...x...x.", "x.x.x.x.x.x.x.x."
    )
    style = Style(
        (60.0, 96.0),
        drums,
        bass=bass,
        chords=chords,
        lead=_pick(rng, "x..x..x...x.x...", "..x...x.x...x...", "x.x.x...x.x.x..."),
        swing_16=float(rng.choice([0.5, rng.uniform(0.52, 0.64)])),
        swing=float(rng.choice([0.5, 0.5, rng.uniform(0.52, 0.6)])),
        chord_shape=_pick(rng, "organ", "soft", "string"),
        chord_seconds=float(rng.uniform(0.3, 1.5)),
        bass_shape=_pick(rng, "soft", "string"),
        family=_pick(rng, "lofi", "hiphop", "funk", "jazz", "reggae"),
        harmony=_pick(rng, "", "minor jazz", "modal"),
    )
    return style, None


def ticking(rng: Rng) -> Drawn:
    """Hats or a ride tick on the beats and never between; bass drum, bass and chords push around them, as in lo-fi.

    The same hats mark the off-beat in house: who takes them for that hears all of it half a beat off.
    """
    kick = _pushing(rng)
    ticks = _pick(rng, "x...", "x...", "X...", "x..,", "x.,.", "x...x...x...x.o.", "x...x...X...x...")
    drums = {
        "kick": kick,
        _pick(rng, "hat", "hat", "hat", "tick", "shaker", "ride"): ticks,
        _pick(rng, "snare", "snap", "rim", "clap"): _pick(
            rng, "....x.......x...", "....o.......o...", "....x..,....x...", "....o..o.o..x...", "." * 16, "." * 16
        ),
        _pick(rng, "tamb", "block", "conga", "open"): _pick(
            rng, "." * 16, "." * 16, "..,....,...,....", "......o......o.."
        ),
    }
    bass = _pick(rng, kick, kick, _pushing(rng)).lower().replace("x", "r")
    chords = _pick(
        rng,
        "x.....x.........",
        "x..x..x.........",
        "..x...x...x...x.",
        "x..x..x...x.x...",
        "x" + "." * 15,
        _pushing(rng),
    )
    style = Style(
        (64.0, 120.0),
        drums,
        bass=bass,
        chords=chords,
        lead=_pick(rng, "x..x..x...x.x...", "..x...x.x...x...", "x.x.x...x.x.x...", "x.......x......."),
        swing_16=float(rng.choice([0.5, rng.uniform(0.52, 0.62)])),
        chord_shape=_pick(rng, "organ", "soft", "string"),
        chord_seconds=float(rng.uniform(0.2, 1.5)),
        bass_shape=_pick(rng, "soft", "string", "saw"),
        family=_pick(rng, "lofi", "lofi", "hiphop", "funk", "jazz", "electronic"),
        harmony=_pick(rng, "", "minor jazz", "modal"),
    )
    return style, None


def _pushing(rng: Rng) -> str:
    """A bar of sixteenths that mostly begins on the one and then goes between the beats rather than onto them."""
    likely = np.array([0.9, 0.02, 0.15, 0.3, 0.05, 0.02, 0.5, 0.25, 0.4, 0.05, 0.5, 0.3, 0.05, 0.02, 0.3, 0.15])
    return "".join("X" if hit else "." for hit in rng.random(16) < likely)


def _pick(rng: Rng, *patterns: str) -> str:
    return str(rng.choice(patterns))


GROOVES: dict[str, Callable[[Rng], Drawn]] = {
    "offbeat": offbeat,
    "upbeat": upbeat,
    "club": club,
    "head nod": head_nod,
    "ticking": ticking,
}
