"""How people play the demo music: early or late, a little uneven, louder and softer. The written beat is the click."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

FURTHEST = 0.045  # s: no note is moved by more
VOICES = {  # voices that one player plays; whatever is not named is the drummer's
    "bass": ("bass",),
    "chords": ("chord", "pad", "comp", "riff", "arp"),
    "lead": ("lead",),
    "percussion": ("conga", "bongo", "bell", "clave", "agogo", "guiro", "tamb", "shaker", "timbale", "surdo", "clap"),
}
OFFSETS = {  # s, how early or late a player tends to be
    "drums": (-0.020, 0.010),
    "percussion": (-0.015, 0.015),
    "bass": (0.0, 0.020),
    "chords": (-0.010, 0.020),
    "lead": (-0.010, 0.025),
}
PLAYER = {voice: player for player, voices in VOICES.items() for voice in voices}


@dataclass(frozen=True)
class Player:
    """A constant `offset` (s), a slow drift of waves, and a `spread` (s) of single notes; `dynamics` in nepers."""

    offset: float
    spread: float
    periods: F64  # s, of the drift's waves
    phases: F64
    dynamics: float

    def drift(self, times: F64) -> F64:
        """The part of the error that changes slowly, and that all the player's hands and feet share."""
        waves = np.sin(2 * np.pi * times[:, None] / self.periods + self.phases)
        return np.asarray(self.spread * waves.sum(axis=1) / np.sqrt(len(self.periods) / 2.0))


@dataclass(frozen=True)
class Feel:
    """The players of a song by name; none of them is a machine."""

    players: dict[str, Player]

    def play(self, voice: str, times: F64, rng: np.random.Generator) -> F64:
        """When the player of `voice` really hits for these nominal `times` (s), in the same order."""
        if not self.players or not len(times):
            return times
        player = self.players[PLAYER.get(voice, "drums")]
        errors = player.offset + 0.7 * player.drift(times) + rng.normal(0.0, 0.7 * player.spread, len(times))
        return np.asarray(times + np.clip(errors, -FURTHEST, FURTHEST))

    def strength(self, voice: str, strengths: F64, rng: np.random.Generator) -> F64:
        """How hard the player of `voice` hits for these written strengths."""
        if not self.players:
            return strengths
        player = self.players[PLAYER.get(voice, "drums")]
        return np.asarray(strengths * np.exp(rng.normal(0.0, player.dynamics, len(strengths))))


def draw(rng: np.random.Generator, tight: bool) -> Feel:
    """The players of one song; `tight` is a machine."""
    if tight:
        return Feel({})
    loose = float(rng.uniform(0.3, 1.0))  # a good band or a poor one
    return Feel(
        {
            player: Player(
                loose * float(rng.uniform(*offsets)),
                0.003 + 0.012 * loose * float(rng.random()),
                rng.uniform(2.0, 12.0, 4),
                rng.uniform(0.0, 2 * np.pi, 4),
                float(rng.uniform(0.05, 0.25)),
            )
            for player, offsets in OFFSETS.items()
        }
    )
