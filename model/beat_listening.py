"""What our engine and the anchors say of each song of a folder, all on the same samples in the same run.

A folder holds sound files, each beside NAME.beats (seconds, tab, position in bar); one without, or with an empty one,
is a sound without beat. A songs.json in it may tell more: a list of {name, kind, events: [{seconds, kind}]}.
"""

import json
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from audio import activation, announce, beat, not_music, resample, room
from audio.activation import Ear
from audio.announce import Announcement
from audio.config import FRAME_RATE, RATE, AudioError
from audio.files import open_blocks
from model.beat_anchors import LATENESS, Anchor

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SOUNDS = (".ogg", ".wav", ".flac", ".mp3", ".m4a")
BUILTIN_SECONDS = 60.0


class Song(NamedTuple):
    """A sound file with its true beats (s) and positions in the bar (1 is the downbeat, 0 not known)."""

    path: Path
    kind: str
    beats: F64
    positions: F64
    events: tuple[tuple[float, str], ...]  # (s, what happens to the tempo there)


class Found(NamedTuple):
    """The beats of one engine: seconds, positions in the bar (0: it names none)."""

    times: F64
    positions: F64


class Frames(NamedTuple):
    """Our engine at the end of every frame, [frames] each."""

    time: F64
    confidence: F64
    beat: F64  # s: the beat of its clock that is nearest
    period: F64


class Heard(NamedTuple):
    """All that was said of a song."""

    song: Song
    first_sound: float  # s
    found: dict[str, Found]  # by engine
    frames: Frames
    about: dict[str, str]  # anchor -> what it is, or why it is missing


@dataclass(frozen=True)
class Engines:
    """Who listens."""

    ahead: float = 0.15  # s
    anchors: tuple[str, ...] = ()
    anchor_python: str = sys.executable
    rooms: tuple[str, ...] = ()
    ear: Path = activation.SHIPPED


def read_folder(folder: Path) -> tuple[list[Song], list[Path]]:
    """The songs with beats, and the sounds without; raises AudioError where there is neither."""
    if not folder.is_dir():
        raise AudioError(f"{folder}: no such folder; name one with sound files beside .beats files")
    told = _told(folder / "songs.json")
    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUNDS)
    if not paths:
        raise AudioError(f"{folder}: holds no sound files ({', '.join(SOUNDS)})")
    songs, others = [], []
    for path in paths:
        truth = path.with_suffix(".beats")
        if not truth.is_file() or not truth.stat().st_size:
            others.append(path)
            continue
        more = told.get(path.stem, {})
        events = tuple((float(event["seconds"]), str(event["kind"])) for event in more.get("events", ()))
        beats, positions = read_beats(truth)
        songs.append(Song(path, str(more.get("kind") or path.stem.split("_")[0]), beats, positions, events))
    return songs, others


def read_beats(path: Path) -> tuple[F64, F64]:
    """Times (s) and positions of a .beats file; raises AudioError."""
    try:
        table = np.loadtxt(path, ndmin=2)
    except ValueError as err:
        raise AudioError(f"{path}: is no table of beats ({err}); write seconds, tab, position in bar") from None
    if len(table) < 2 or (np.diff(table[:, 0]) <= 0.0).any():
        raise AudioError(f"{path}: must hold two beats or more, rising in time")
    return table[:, 0], table[:, 1] if table.shape[1] > 1 else np.zeros(len(table))


def read_samples(path: Path) -> F32:
    """A whole file at the stage rate."""
    rate, blocks = open_blocks(path)
    return resample.push(resample.init(rate), np.concatenate(list(blocks)))[0]


@dataclass
class Listener:
    """The engines of one process; anchors start once."""

    engines: Engines
    anchors: dict[str, Anchor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.ear = activation.load(self.engines.ear)

    def __call__(self, song: Song) -> Heard:
        """Let all of them hear a song."""
        samples = read_samples(song.path)
        ahead = self.engines.ahead
        found, frames, music = ours(samples, (0.0, ahead), self.ear)
        for name in self.engines.rooms:
            rng = np.random.default_rng(crc32(f"{song.path.stem} {name}".encode()))
            found[f"ours, {name}"] = ours(room.hear(samples, room.ROOMS[name], rng), (0.0,), self.ear)[0]["ours, 0 ms"]
        about = {}
        for name in self.engines.anchors:
            if name not in self.anchors:
                self.anchors[name] = Anchor(name, self.engines.anchor_python)
            anchor = self.anchors[name]
            about[name] = anchor.about or f"missing: {anchor.missing}"
            if anchor.missing:
                continue
            found[name] = Found(*anchor.beats(samples))
            if name in LATENESS:
                found[f"{name}, {LATENESS[name] * 1e3:+.0f} ms undone"] = Found(
                    found[name].times - LATENESS[name], found[name].positions
                )
        first = float(frames.time[np.argmax(music)]) - 1.0 / FRAME_RATE if music.any() else 0.0
        return Heard(song, first, found, frames, about)

    def close(self) -> None:
        """End the anchors."""
        for anchor in self.anchors.values():
            anchor.close()


def ours(
    samples: F32, aheads: tuple[float, ...], ear: Ear | None = None
) -> tuple[dict[str, Found], Frames, NDArray[np.bool_]]:
    """One pass of our engine over [n] at 24 kHz: beats as announced so many seconds ahead, frames, [frames] music."""
    states = [announce.init(ahead) for ahead in aheads]
    made: list[list[Announcement]] = [[] for _ in aheads]
    rows = []
    for heard in announce.hear(RATE, [samples], beat.init(ear=ear)):
        for i, state in enumerate(states):
            new, states[i] = announce.push(state, heard.clock, heard.audio_time)
            made[i] += new
        now = beat.predict(heard.clock, 0.0)
        since = now.beat_phase * now.period
        nearest = -since if since < now.time_to_beat else now.time_to_beat
        rows.append((heard.audio_time, now.confidence, heard.audio_time + nearest, now.period, now.music))
    found = {
        f"ours, {ahead * 1e3:.0f} ms": Found(
            np.array([said.time for said in beats]), np.array([float(said.position_in_bar) for said in beats])
        )
        for ahead, beats in zip(aheads, made, strict=True)
    }
    table = np.array(rows, np.float64).reshape(-1, 5)
    return found, Frames(*table[:, :4].T), table[:, 4] > 0.0


def listen(songs: list[Song], engines: Engines, jobs: int = 1) -> Iterator[Heard]:
    """Every song, in order, in so many processes."""
    if jobs == 1:
        listener = Listener(engines)
        try:
            yield from map(listener, songs)
        finally:
            listener.close()
        return
    with ProcessPoolExecutor(jobs, get_context("spawn"), _start, (engines,)) as pool:
        yield from pool.map(_listen_here, songs)


def negatives(where: str, others: list[Path]) -> Iterator[tuple[str, Callable[[], F32]]]:
    """Sounds without beat, (name, how to get the samples): `builtin` ones or a folder's, and those of the songs'."""
    if where == "builtin":
        for name, make in not_music.KINDS.items():
            yield name, partial(make, np.random.default_rng(0), BUILTIN_SECONDS)
    elif where:
        others = [*others, *read_folder(Path(where))[1]]
    for path in others:
        yield path.stem, partial(read_samples, path)


_listener: Listener | None = None  # of a process of the pool


def _start(engines: Engines) -> None:
    global _listener
    _listener = Listener(engines)


def _listen_here(song: Song) -> Heard:
    assert _listener is not None
    return _listener(song)


def _told(path: Path) -> dict[str, dict[str, list[dict[str, str]]]]:
    if not path.is_file():
        return {}
    try:
        told = json.loads(path.read_text("utf-8"))
        return {song["name"]: song for song in told}
    except (ValueError, KeyError, TypeError) as err:
        raise AudioError(f"{path}: is no list of songs with names ({err})") from None
