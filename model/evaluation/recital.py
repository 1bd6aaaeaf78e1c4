"""What a dancer is asked to dance: every song in every style, silence, ten minutes, all energies, and other styles."""

from dataclasses import dataclass, field
from itertools import permutations, product
from typing import NamedTuple

import numpy as np

from audio.config import FRAME_RATE, RATE
from model.evaluation import music
from model.evaluation.dance import Dance, shown
from model.evaluation.music import Heard, Song
from model.evaluation.performing import F32, Dancer, perform

SILENT_SECONDS = 28.0
ENERGIES = (0.0, 0.25, 0.5, 0.75, 1.0)
CONTROL_SONGS = 4
CONTROL_SECONDS = 20.0
CHANGE_AT = 10.0  # s: when energy rises or the style changes


@dataclass(frozen=True)
class Programme:
    """What is to be danced."""

    songs: list[Song]
    seeds: int = 2
    controls: dict[str, float] = field(default_factory=dict)  # held throughout; others are the dancer's own
    minutes: float = 10.0  # of the long dance; 0: none


@dataclass
class Ears:
    """Everything is heard once, whoever dances to it."""

    known: dict[tuple[str, int], Heard] = field(default_factory=dict)

    def hear(self, name: str, samples: F32, lead_frames: int) -> Heard:
        """The sound under this name, as the stage would hear it."""
        key = (name, lead_frames)
        if key not in self.known:
            self.known[key] = music.hear(samples, lead_frames / FRAME_RATE)
        return self.known[key]


@dataclass(frozen=True)
class Recital:
    """All that one dancer danced."""

    dances: list[Dance]
    poses: list[F32]  # of `dances`
    strange: list[Dance]  # to songs that belong to another style than theirs
    silent: list[Dance]  # one for each style and seed
    long: list[Dance]  # one for each style
    energies: list[tuple[float, Dance]]
    risen: list[Dance]  # energy from low to high at CHANGE_AT
    switched: list[tuple[str, str, Dance]]  # style from, to, at CHANGE_AT


class _Row(NamedTuple):
    """One body on the floor."""

    song: Song
    heard: Heard
    controls: F32  # [C] or [T, C]
    style: str
    seed: int


def recite(dancer: Dancer, programme: Programme, ears: Ears) -> Recital:
    """Let the dancer dance the whole programme."""
    floor = _Floor(dancer, ears, programme.controls)
    styles, seeds = dancer.styles or ("",), range(programme.seeds)
    all_rows = [floor.row(song, style, seed) for song, style, seed in product(programme.songs, styles, seeds)]
    own = {song.style for song in programme.songs}.intersection(styles)  # styles that songs of the programme belong to
    rows = [row for row in all_rows if row.style == row.song.style or row.song.style not in styles]
    strange = [row for row in all_rows if {row.style, row.song.style} <= own and row.style != row.song.style]
    poses = floor.poses(rows, "songs")
    nothing = Song("silence", music.silence(SILENT_SECONDS), np.zeros(0), 4)
    quiet = [floor.row(nothing, style, seed) for style, seed in product(styles, seeds)]
    seconds = 60.0 * programme.minutes
    endless = Song("long", music.joined(programme.songs, seconds), np.zeros(0), 4)
    return Recital(
        dances=floor.dances(rows, poses),
        poses=poses,
        strange=floor.dance(strange, "songs of other styles"),
        silent=floor.dance(quiet, "silence"),
        long=floor.dance([floor.row(endless, s, 0) for s in styles], "long") if seconds else [],
        energies=_energies(floor, programme.songs) if dancer.has("energy") else [],
        risen=_risen(floor, programme.songs) if dancer.has("energy") else [],
        switched=_switched(floor, programme.songs),
    )


class _Floor:
    """A dancer with ears and its setting."""

    def __init__(self, dancer: Dancer, ears: Ears, controls: dict[str, float]) -> None:
        self.dancer, self.ears, self.own = dancer, ears, controls

    def setting(self, style: str, **values: float) -> F32:
        return self.dancer.setting(style, **(self.own | values))

    def row(self, song: Song, style: str, seed: int, controls: F32 | None = None) -> _Row:
        frames = len(song.samples) * FRAME_RATE // RATE
        heard = self.ears.hear(song.name, song.samples, self.dancer.lead_frames).beginning(frames)
        return _Row(song, heard, self.setting(style) if controls is None else controls, style, seed)

    def poses(self, rows: list[_Row], label: str) -> list[F32]:
        heard, controls, seeds = ([getattr(row, name) for row in rows] for name in ("heard", "controls", "seed"))
        return perform(self.dancer, heard, controls, seeds, label)

    def dances(self, rows: list[_Row], poses: list[F32]) -> list[Dance]:
        begin = music.first_instant(self.dancer.lead_frames)
        return [
            Dance(row.song.name, row.style, row.seed, FRAME_RATE, body, row.song.beats - begin, row.song.metre)
            for row, body in zip(rows, shown(poses), strict=True)
        ]

    def dance(self, rows: list[_Row], label: str) -> list[Dance]:
        return self.dances(rows, self.poses(rows, label)) if rows else []


def _some(songs: list[Song]) -> list[Song]:
    """The beginnings of a few songs, to try the controls on."""
    long = [song for song in songs if len(song.samples) >= CONTROL_SECONDS * RATE] or songs
    chosen = [long[i] for i in np.unique(np.linspace(0, len(long) - 1, CONTROL_SONGS).astype(int))]
    return [song._replace(samples=song.samples[: round(CONTROL_SECONDS * RATE)]) for song in chosen]


def _energies(floor: _Floor, songs: list[Song]) -> list[tuple[float, Dance]]:
    cases = list(product(_some(songs), floor.dancer.styles or ("",), ENERGIES))
    rows = [floor.row(song, style, 0, floor.setting(style, energy=energy)) for song, style, energy in cases]
    return [(case[2], dance) for case, dance in zip(cases, floor.dance(rows, "energies"), strict=True)]


def _risen(floor: _Floor, songs: list[Song]) -> list[Dance]:
    rows = [
        floor.row(song, style, seed, _change(floor.setting(style, energy=0.1), floor.setting(style, energy=0.9), song))
        for song, style, seed in product(_some(songs), floor.dancer.styles or ("",), (0, 1))
    ]
    return floor.dance(rows, "rising energy")


def _switched(floor: _Floor, songs: list[Song]) -> list[tuple[str, str, Dance]]:
    cases = list(product(_some(songs), permutations(floor.dancer.styles, 2)))
    rows = [
        floor.row(song, old, 0, _change(floor.setting(old), floor.setting(new), song)) for song, (old, new) in cases
    ]
    return [(*pair, dance) for (_, pair), dance in zip(cases, floor.dance(rows, "new styles"), strict=True)]


def _change(before: F32, after: F32, song: Song) -> F32:
    """[T, C]: one setting, and from CHANGE_AT on another."""
    frames = len(song.samples) * FRAME_RATE // RATE
    times = (np.arange(frames) + 1) / FRAME_RATE
    changed: F32 = np.where(times[:, None] > CHANGE_AT, after, before)
    return changed
