"""Who plays a song of the demo music: a drum kit and instruments that suit the family, tuned and mixed at random."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from audio import demo_production
from audio import demo_voices_held as h
from audio.demo_instruments import FAMILIES, KITS, ROLES, SOLOISTS, STRUCK, drum_of
from audio.demo_production import Production
from audio.demo_style import Style
from audio.demo_voices import F32, Hit, Play, Rng

LEVELS = {  # of drums whose peak is 1
    "kick": 0.95, "snare": 0.5, "clap": 0.45, "hat": 0.17, "open": 0.18, "shaker": 0.10, "ride": 0.16, "crash": 0.25,
    "conga": 0.3, "tom": 0.45, "bell": 0.16, "clave": 0.2, "rim": 0.35, "tamb": 0.14, "bongo": 0.28, "surdo": 0.7,
    "timbale": 0.3, "agogo": 0.18, "guiro": 0.14, "brush": 0.2, "snap": 0.3, "block": 0.25, "china": 0.22,
    "tom_hi": 0.4, "tom_lo": 0.5, "tick": 0.14, "zap": 0.25,
}  # fmt: skip
BALANCE = {"bass": 0.75, "chord": 0.4, "pad": 0.2, "lead": 0.45, "arp": 0.3, "riff": 0.45, "comp": 0.32}
TIGHT = {"electronic": 0.85, "chip": 0.9, "hiphop": 0.5, "disco": 0.4, "lofi": 0.4, "metal": 0.3}  # else a fifth


@dataclass(frozen=True)
class Drum:
    """A drum, its gain, and whether it has a skin that sounds duller when it is hit softly."""

    hit: Hit
    gain: float
    skin: bool


@dataclass(frozen=True)
class Part:
    """An instrument; `held` is the share of a note that is held, for at most `longest` s, then it dies in `release`."""

    play: Play
    gain: float
    release: float = 0.03
    held: float = 1.0
    longest: float = 6.0
    transpose: float = 0.0


@dataclass(frozen=True)
class Band:
    """Everybody: `tight` is a sequencer."""

    drums: dict[str, Drum]
    parts: dict[str, Part]
    production: Production
    tight: bool


def choose(rng: Rng, style: Style, kit: Mapping[str, F32] | None = None) -> Band:
    """A band for the style; drums of `kit` (one-shots at 24 kHz by voice) are played instead of its own."""
    family = FAMILIES[style.family]
    names = family.kits
    first, other = (str(rng.choice(names)) for _ in range(2))
    loudness = float(
        rng.choice([rng.normal(0.0, 2.0), rng.uniform(-14.0, -7.0), rng.uniform(2.0, 5.0)], p=[0.8, 0.12, 0.08])
    )
    drums = {}
    for voice, level in LEVELS.items():
        name = other if rng.random() < 0.15 else first
        hit = drum_of(name, voice)
        if kit is not None and voice in kit:
            hit = _recorded(kit[voice])
        drums[voice] = Drum(hit, level * _decibels(rng, loudness), KITS[name].skins)
    return Band(drums, _parts(rng, style), demo_production.draw(rng, style.family, style.duck), _tight(rng, style))


def clean(style: Style) -> Band:
    """The band of the plain demo song: a drum machine and simple waves."""
    hits = {voice: drum_of("clean", voice) for voice in LEVELS}
    chord = h.plain(style.chord_shape, 0.004, style.chord_seconds, 24, 0.006)
    square = h.plain("square", 0.006, 0.35, 9, 0.003)
    plays = {
        "bass": h.plain(style.bass_shape, 0.004, 0.5, 7),
        "chord": chord,
        "pad": h.plain("string", 0.15, 8.0, 16, 0.008),
        "lead": square,
        "arp": square,
        "riff": chord,
        "comp": chord,
    }
    parts = {
        role: Part(play, BALANCE[role], 0.015, 0.9 if role in ("bass", "lead") else 1.0) for role, play in plays.items()
    }
    drums = {voice: Drum(hit, LEVELS[voice], False) for voice, hit in hits.items()}
    return Band(drums, parts, Production(duck=style.duck), True)


def _parts(rng: Rng, style: Style) -> dict[str, Part]:
    """Instruments for every role; now and then one plays all."""
    family = FAMILIES[style.family]
    parts = {}
    soloist = SOLOISTS[int(rng.integers(len(SOLOISTS)))] if rng.random() < family.solo else None
    ring = 3.0 * style.chord_seconds * float(rng.choice([0.6, 1.0, 1.5, 20.0]))
    for role, level in BALANCE.items():
        makers = family.roles[role] if rng.random() < 0.85 else ROLES[role]
        maker = soloist or makers[int(rng.integers(len(makers)))]
        struck = maker in STRUCK
        parts[role] = Part(
            maker(rng),
            level * _decibels(rng, 0.0),
            float(rng.uniform(0.04, 0.2)) if struck or role == "pad" else float(rng.uniform(0.015, 0.06)),
            1.0 if role in ("pad", "chord", "comp") else float(rng.uniform(0.55, 1.0)),
            ring if role in ("chord", "comp") else 6.0,
            float(rng.choice([0.0, 0.0, 0.0, 12.0, -12.0])) if role in ("lead", "arp") else 0.0,
        )
    return parts


def _tight(rng: Rng, style: Style) -> bool:
    return bool(rng.random() < TIGHT.get(style.family, 0.2))


def _decibels(rng: Rng, around: float) -> float:
    """A gain of `around` +-6 dB at most, mostly +-3."""
    return float(10.0 ** ((around + np.clip(rng.normal(0.0, 3.0), -6.0, 6.0)) / 20.0))


def _recorded(samples: F32) -> Hit:
    """A drum that is always this recording, its peak at 1."""
    made = np.asarray(samples / max(1e-6, float(np.abs(samples).max(initial=0.0))), np.float32)
    return lambda _rng: made
