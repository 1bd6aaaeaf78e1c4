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


HANDS = ("snare", "clap", "hat", "ride", "conga", "tamb", "shaker", "rim", "chord", "comp")  # that may lag the others
CLOSEST = 0.35  # of the way to the next note: no single note is moved by more, so that the order stays


@dataclass(frozen=True)
class Player:
    """A constant `offset` (s), a slow drift of waves, and a `spread` (s) of single notes; `dynamics` in nepers."""

    offset: float
    spread: float
    periods: F64  # s, of the drift's waves
    phases: F64
    dynamics: float
    hands: dict[str, float]  # s, how late some voices are against the others: two of them on a step make a flam

    def drift(self, times: F64) -> F64:
        """What changes slowly, and is shared by all the player's hands and feet; root mean square 1."""
        waves = np.sin(2 * np.pi * times[:, None] / self.periods + self.phases)
        return np.asarray(waves.sum(axis=1) / np.sqrt(len(self.periods) / 2.0))


@dataclass(frozen=True)
class Feel:
    """The players of a song by name; where there are none, a machine plays."""

    players: dict[str, Player]

    def play(self, voice: str, times: F64, rng: np.random.Generator) -> F64:
        """When the player of `voice` really hits for these nominal `times` (s, not decreasing), in the same order."""
        if not self.players or not len(times):
            return times
        player = self.players[PLAYER.get(voice, "drums")]
        together = player.offset + player.hands.get(voice, 0.0) + 0.7 * player.spread * player.drift(times)
        gaps = np.diff(times, prepend=-np.inf, append=np.inf)
        room = CLOSEST * np.minimum(gaps[:-1], gaps[1:])
        single = np.clip(rng.normal(0.0, 0.7 * player.spread, len(times)), -room, room)
        return np.asarray(times + np.clip(together + single, -FURTHEST, FURTHEST))

    def strength(self, voice: str, strengths: F64, rng: np.random.Generator) -> F64:
        """How hard the player of `voice` hits for these written strengths."""
        if not self.players:
            return strengths
        player = self.players[PLAYER.get(voice, "drums")]
        return np.asarray(strengths * np.exp(np.clip(rng.normal(0.0, player.dynamics, len(strengths)), -0.7, 0.4)))


def draw(rng: np.random.Generator, tight: bool) -> Feel:
    """The players of one song; `tight` is a machine."""
    if tight:
        return Feel({})
    loose = float(rng.uniform(0.3, 1.0))  # a good band or a poor one
    return Feel({player: _player(rng, offsets, loose) for player, offsets in OFFSETS.items()})


def _player(rng: np.random.Generator, offsets: tuple[float, float], loose: float) -> Player:
    return Player(
        loose * float(rng.uniform(*offsets)),
        0.003 + 0.012 * loose * float(rng.random()),
        rng.uniform(2.0, 12.0, 4),
        rng.uniform(0.0, 2 * np.pi, 4),
        float(rng.uniform(0.05, 0.25)),
        {hand: loose * float(rng.uniform(-0.008, 0.02)) for hand in HANDS if rng.random() < 0.25},
    )
