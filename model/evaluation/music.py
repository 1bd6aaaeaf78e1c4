"""The songs a dancer is measured on: beats known, heard as the stage hears them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio import announce, beat, demo, resample
from audio.config import FRAME_RATE, RATE, AudioError
from audio.files import open_blocks
from model.beat_listening import read_folder
from model.datasets.take import Take
from model.evaluation.dance import metre_of

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
DEMO_SONGS = 24
DEMO_SEED = 90_000_000  # far from what trains
TEMPI = (84.0, 136.0)  # bpm of the demo songs


class Song(NamedTuple):
    """Music and its true beats."""

    name: str
    samples: F32  # mono, 24 kHz
    beats: F64  # s
    metre: int
    style: str = ""  # the only one it is danced in; empty: any


class _File(NamedTuple):
    """A song that was not read yet."""

    path: Path
    beats: F64
    metre: int
    style: str = ""


class Heard(NamedTuple):
    """What reaches the network, frame by frame, of pose k for the instant (k + 1) / 15 s + lead."""

    features: F32  # [T, F]
    beat: F32  # [T, K]

    def beginning(self, frames: int) -> "Heard":
        """The first frames: what comes later changes nothing of them."""
        return Heard(self.features[:frames], self.beat[:frames])


def read(where: str, takes: list[Take], seconds: float, count: int | None = None) -> list[Song]:
    """`demo`, `takes` (their own songs) or a folder of sound files beside .beats files; raises AudioError."""
    if where == "demo":
        return _demo(count or DEMO_SONGS, seconds)
    known = _of_takes(takes) if where == "takes" else _of_folder(Path(where))
    chosen = np.linspace(0, len(known) - 1, min(count or len(known), len(known))).round().astype(int)
    return [_played(known[i], seconds) for i in chosen]


def hear(samples: F32, lead: float) -> Heard:
    """Through the stage's own ear; lead in seconds."""
    rows = [
        (heard.features.values, beat.vector(beat.predict(heard.clock, lead)))
        for heard in announce.hear(RATE, [samples])
    ]
    return Heard(np.array([values for values, _ in rows]), np.array([vector for _, vector in rows]))


def silence(seconds: float) -> F32:
    """Nothing."""
    return np.zeros(round(seconds * RATE), np.float32)


def joined(songs: Iterable[Song], seconds: float) -> F32:
    """One song after the other, from the first again when they end, for so many seconds."""
    row = np.concatenate([song.samples for song in songs])
    return np.resize(row, round(seconds * RATE))


def first_instant(lead_frames: int) -> float:
    """Seconds of the song that pose 0 is for."""
    return (1 + lead_frames) / FRAME_RATE


def _demo(count: int, seconds: float) -> list[Song]:
    tempi = np.random.default_rng(0).permutation(np.linspace(*TEMPI, count)).round(1)
    songs = [demo.song(DEMO_SEED + i, bpm=float(bpm), seconds=seconds) for i, bpm in enumerate(tempi)]
    return [
        Song(f"demo {i:02d} {song.name}", song.samples, song.beats, int(song.positions.max()))
        for i, song in enumerate(songs)
    ]


def _of_folder(folder: Path) -> list[_File]:
    songs, _ = read_folder(folder)
    if not songs:
        raise AudioError(f"{folder}: none of its sound files has beats; put NAME.beats beside NAME.ogg")
    return [_File(song.path, song.beats, int(song.positions.max()) or 4) for song in songs]


def _of_takes(takes: list[Take]) -> list[_File]:
    songs: dict[Path, _File] = {}
    for take in takes:
        if take.audio is None or take.beats is None or not take.in_time:
            continue
        beats = np.asarray(take.beats, np.float64) + take.audio_offset
        if known := songs.get(take.audio):  # another piece of the same dance
            beats = np.unique(np.concatenate([known.beats, beats]).round(3))
        songs[take.audio] = _File(take.audio, beats, metre_of(take.style), take.style)
    if not songs:
        raise AudioError("--music takes: none of the takes has its own song; name a folder of songs, or demo")
    return list(songs.values())


def _played(song: _File, seconds: float) -> Song:
    """The beginning of a file."""
    rate, blocks = open_blocks(song.path)
    state, made, length = resample.init(rate), [], 0
    for block in blocks:
        samples, state = resample.push(state, block)
        made.append(samples)
        length += len(samples)
        if length >= seconds * RATE:
            break
    return Song(song.path.stem, np.concatenate(made)[: round(seconds * RATE)], song.beats, song.metre, song.style)
