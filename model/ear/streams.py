"""Endless streams of examples for training: one runs into the next, as songs do in a show.

The network's state goes on from chunk to chunk, so it meets cuts, beginnings in the middle and long memories.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from audio.activation import FASTEST_BIN, SHOWN_AFTER_HOPS, SLOWEST_BIN, TEMPO_BINS
from audio.config import FRAME_RATE, HOP_RATE, HOPS_PER_FRAME
from audio.features import LOG_GAIN
from audio.mel import MEL_BANDS
from model.ear.disguise import disguised
from model.ear.parts import Heard

WIDTH_HOPS = 1.5  # half width of a beat's triangle in the target
TEMPO_WIDTH = 1.0  # bins: of a tempo's bell in the target
LATEST_START_SECONDS = 30.0  # a song may begin in its middle
NO_MUSIC = "not music"  # the kind of such examples
FORGET = 0.08  # the chance, each chunk, that a stream's state begins anew
CUTS = 0.2  # the chance, each chunk of a training, that a stream leaves its song for the middle of another
BAND_GAIN = 0.45  # neper: of the random smooth equaliser
LOUDEST_FLOOR = 0.03  # of the gain control's peak: a noise floor laid under the mel magnitudes
FASTEST, SLOWEST = 1.16, 0.86  # how far a song is stretched in time
BANDS_SHIFTED = 1.5  # mel bands: how far a song is moved in pitch, up or down
JUMPS, LEAST_JUMP, MOST_JUMP = 0.25, 0.06, 0.4  # the share of those in which the tempo jumps, and log of by how much
JUMPS_WITHIN = (55.0, 210.0)  # bpm


class Chunk(NamedTuple):
    """A batch of T frames with what should be answered."""

    log_mel: Tensor  # [B, T * 4, 40]
    beat: Tensor  # [B, T, 4] 0-1
    downbeat: Tensor  # [B, T, 4]
    tempo: Tensor  # [B, T, TEMPO_BINS + 1] a distribution
    forget: Tensor  # [B] 1 where the state begins anew before this chunk
    cut: Tensor  # [B] 1 where this chunk begins another song


@dataclass
class Answers:
    """Targets of one whole example."""

    beat: np.ndarray  # [T, 4]
    downbeat: np.ndarray  # [T, 4]
    tempo: np.ndarray  # [T] fractional bin, or -1 without a beat


def answers(heard: Heard) -> Answers:
    """What the network should say of an example."""
    frames = len(heard.log_mel)
    inside = heard.music[np.clip((heard.beats * FRAME_RATE).astype(int), 0, frames - 1)]
    beats, positions = heard.beats[inside], heard.positions[inside]
    return Answers(
        _shown(beats, frames), _shown(beats[positions == 1], frames), _tempo(heard.beats, heard.music.astype(bool))
    )


def _shown(beats: np.ndarray, frames: int) -> np.ndarray:
    """Triangles where beats show in the hops, [frames, 4]."""
    target = np.zeros(frames * HOPS_PER_FRAME, np.float32)
    centres = beats * HOP_RATE + SHOWN_AFTER_HOPS - 1.0  # hop i ends at (i + 1) / HOP_RATE
    for offset in range(-1, 3):
        hops = np.floor(centres).astype(int) + offset
        weight = np.maximum(0.0, 1.0 - np.abs(hops - centres) / WIDTH_HOPS)
        good = (hops >= 0) & (hops < len(target))
        np.maximum.at(target, hops[good], weight[good].astype(np.float32))
    return target.reshape(frames, HOPS_PER_FRAME)


def _tempo(beats: np.ndarray, music: np.ndarray) -> np.ndarray:
    """The fractional tempo bin of every frame; -1 where there is no music or no beat within two seconds."""
    if len(beats) < 2:
        return np.full(len(music), -1.0)
    times = (np.arange(len(music)) + 1.0) / FRAME_RATE
    after = np.clip(np.searchsorted(beats, times), 1, len(beats) - 1)
    period = beats[after] - beats[after - 1]
    bins = np.log(60.0 / period / SLOWEST_BIN) / np.log(FASTEST_BIN / SLOWEST_BIN) * (TEMPO_BINS - 1)
    near = (times > beats[0] - period) & (times < beats[-1] + period) & (period < 2.0)
    return np.where(near & music, np.clip(bins, 0.0, TEMPO_BINS - 1.0), -1.0)


class Song(NamedTuple):
    """An example as one stream plays it."""

    log_mel: np.ndarray  # [T, 4, 40]
    answers: Answers


class Pace(NamedTuple):
    """How fast a song is played: from the instant `turn` (s of the song) on, `after` times as fast as before."""

    speed: float
    turn: float = 0.0
    after: float = 1.0


def played(heard: Heard, pace: Pace, bands: float) -> Song:
    """The song at another pace and moved up by so many mel bands: linear between hops and between bands."""
    hops = heard.log_mel.reshape(-1, MEL_BANDS).astype(np.float32)
    before = np.array([0.0, pace.turn * HOP_RATE, len(hops)])  # in hops of the song as it was, and as it is played
    now = np.cumsum(np.diff(before, prepend=0.0) / np.array([1.0, pace.speed, pace.speed * pace.after]))
    count = int(now[-1] / HOPS_PER_FRAME)
    ends = np.interp(np.arange(count * HOPS_PER_FRAME) + 1.0, now, before)
    stretched = _between(hops, np.clip(ends - 1.0, 0.0, len(hops) - 1.0))
    moved = _between(stretched.T, np.clip(np.arange(MEL_BANDS) - bands, 0.0, MEL_BANDS - 1.0)).T
    frames = (ends[HOPS_PER_FRAME - 1 :: HOPS_PER_FRAME] / HOPS_PER_FRAME - 1.0).round().astype(int)
    music = heard.music[np.clip(frames, 0, len(heard.music) - 1)]
    beats = np.interp(heard.beats * HOP_RATE, before, now) / HOP_RATE
    slower = Heard(moved.reshape(count, HOPS_PER_FRAME, MEL_BANDS), beats, heard.positions, music, heard.kind)
    return Song(slower.log_mel, answers(slower))


def drawn_pace(heard: Heard, rng: np.random.Generator) -> Pace:
    """Another speed; in some songs the tempo jumps, too, at a beat of their middle half."""
    speed = float(rng.uniform(SLOWEST, FASTEST))
    middle = heard.beats[len(heard.beats) // 4 : 3 * len(heard.beats) // 4]
    if rng.random() >= JUMPS or len(middle) < 2:
        return Pace(speed)
    after = float(np.exp(rng.uniform(LEAST_JUMP, MOST_JUMP) * rng.choice([-1.0, 1.0])))
    bpm = 60.0 * speed / float(np.median(np.diff(middle)))
    after = after if JUMPS_WITHIN[0] < bpm * after < JUMPS_WITHIN[1] else 1.0 / after
    return Pace(speed, float(rng.choice(middle)), after)


def _between(rows: np.ndarray, places: np.ndarray) -> np.ndarray:
    """`rows` read at fractional places."""
    low = np.minimum(places.astype(int), len(rows) - 2)
    share = (places - low).astype(np.float32)[:, None]
    return rows[low] * (1.0 - share) + rows[low + 1] * share


class Streams:
    """B endless streams, cut into chunks of T frames."""

    def __init__(self, corpus: list[Heard], batch: int, frames: int, seed: int, varied: float = 0.0) -> None:
        """`varied`: the share of songs that are played at another speed and pitch, so that no two epochs are alike.

        Where it is above 0 songs are disguised and cut off, too.
        """
        self.corpus = corpus
        self.talk = [heard for heard in corpus if heard.kind == NO_MUSIC]
        self.answers = [answers(heard) for heard in corpus]
        self.batch, self.frames = batch, frames
        self.varied = varied
        self.rng = np.random.default_rng(seed)
        self.songs = [self._song() for _ in range(batch)]
        self.places = [self._begin(song) for song in self.songs]
        self.tones = np.stack([self._tone() for _ in range(batch)])
        self.floors = np.zeros(batch, np.float32)

    def draw(self) -> Chunk:
        """The next chunk of every stream."""
        shape = (self.batch, self.frames)
        log_mel = np.empty((*shape, HOPS_PER_FRAME, MEL_BANDS), np.float32)
        beat, downbeat = np.empty((*shape, HOPS_PER_FRAME), np.float32), np.empty((*shape, HOPS_PER_FRAME), np.float32)
        tempo = np.empty(shape, np.float32)
        cut = self.rng.random(self.batch) < (CUTS if self.varied else 0.0)
        for row in np.flatnonzero(cut).tolist():
            self._change(row)
        for row in range(self.batch):
            filled = 0
            while filled < self.frames:
                start, song = self.places[row], self.songs[row]
                answer = song.answers
                count = min(self.frames - filled, len(song.log_mel) - start)
                source, target = slice(start, start + count), slice(filled, filled + count)
                log_mel[row, target] = song.log_mel[source]
                beat[row, target], downbeat[row, target] = answer.beat[source], answer.downbeat[source]
                tempo[row, target] = answer.tempo[source]
                filled += count
                self.places[row] = start + count
                if start + count == len(song.log_mel):
                    self._change(row)
        varied = self._vary(log_mel)
        forget = (self.rng.random(self.batch) < FORGET).astype(np.float32)
        arrays = (varied.reshape(self.batch, -1, MEL_BANDS), beat, downbeat, _bells(tempo), forget, cut)
        return Chunk(*(torch.from_numpy(np.ascontiguousarray(a, np.float32)) for a in arrays))

    def _song(self) -> Song:
        number = int(self.rng.integers(len(self.corpus)))
        heard = self.corpus[number]
        if self.varied and heard.kind != NO_MUSIC:
            heard = disguised(heard, self.talk, self.rng)
        if self.rng.random() >= self.varied:
            return Song(heard.log_mel, self.answers[number])
        return played(heard, drawn_pace(heard, self.rng), self.rng.uniform(-BANDS_SHIFTED, BANDS_SHIFTED))

    def _begin(self, song: Song) -> int:
        latest = min(int(LATEST_START_SECONDS * FRAME_RATE), len(song.log_mel) - 2)
        return int(self.rng.integers(latest)) if self.rng.random() < 0.6 else 0

    def _change(self, row: int) -> None:
        self.songs[row] = self._song()
        self.places[row] = self._begin(self.songs[row])
        self.tones[row] = self._tone()
        self.floors[row] = LOUDEST_FLOOR * self.rng.random() ** 3 if self.rng.random() < 0.5 else 0.0

    def _tone(self) -> np.ndarray:
        """A smooth gain over the bands, [40]."""
        points = self.rng.normal(0.0, BAND_GAIN, 6)
        return np.exp(np.interp(np.linspace(0, 5, MEL_BANDS), np.arange(6), points)).astype(np.float32)

    def _vary(self, log_mel: np.ndarray) -> np.ndarray:
        """The same sound through another equaliser and over a noise floor."""
        magnitude = np.expm1(log_mel) * self.tones[:, None, None, :]
        floor = LOG_GAIN * self.floors[:, None, None, None]
        if floor.any():
            magnitude += floor * np.abs(self.rng.standard_normal(magnitude.shape, np.float32))
        return np.log1p(magnitude)


def _bells(tempo: np.ndarray) -> np.ndarray:
    """Distributions over the tempo bins and "no beat", [..., TEMPO_BINS + 1]."""
    bell = np.exp(-0.5 * ((np.arange(TEMPO_BINS) - tempo[..., None]) / TEMPO_WIDTH) ** 2)
    bell /= bell.sum(axis=-1, keepdims=True) + 1e-9
    none = tempo[..., None] < 0
    return np.concatenate([np.where(none, 0.0, bell), none], axis=-1)
