"""Several songs in one stream, with all that happens between them: cuts, tempo jumps, breaks, fades, talk, applause.

draw(rng, seconds, make_song)  a medley of songs that make_song(rng, seconds) plays
of(song), with_break(...), ...  the same by hand: parts, which `join` puts one behind the other
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from audio import not_music
from audio.config import RATE
from audio.demo import Song

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
MakeSong = Callable[[np.random.Generator, float], Song]
Times = tuple[tuple[float, str], ...]
Spans = tuple[tuple[float, float], ...]

EDGE = 48  # samples: 2 ms, so that a cut does not click
BREAKS = ("silence", "pad", "muffled", "thin")
GAPS = ("silence", "speech", "applause", "crowd")
CLOSEST = 0.2  # s between the last beat of a song and the first of the next
LONGEST_BREAK = 9.0  # s
SLOWEST, FASTEST = 52.0, 212.0  # bpm after a jump
FADE_FROM, AUDIBLE = -50.0, -30.0  # dB: below the latter it is no music any more


@dataclass(frozen=True)
class Part:
    """A stretch of sound; times in seconds from its start."""

    samples: F32
    beats: F64
    positions: I64
    events: Times = ()
    music: Spans = ()

    @property
    def seconds(self) -> float:
        return len(self.samples) / RATE


@dataclass(frozen=True)
class Medley:
    """The whole; `beats` where there is music, or a short break that a dancer counts through."""

    samples: F32  # mono, 24 kHz
    beats: F64  # [n] s
    positions: I64  # [n] in the bar, 1 is the downbeat
    events: Times  # (seconds, what happens: start, cut, jump, break, return, fade in, fade out, over, or a gap's kind)
    music: Spans  # (start, end) where there is music


def of(song: Song, start: float = 0.0, end: float = float("inf")) -> Part:
    """The part of a song from `start` to `end` seconds."""
    first, last = round(max(0.0, start) * RATE), min(len(song.samples), round(min(end, 1e6) * RATE))
    samples = song.samples[first:last]
    inside = (song.beats >= first / RATE) & (song.beats < last / RATE)
    return Part(samples, song.beats[inside] - first / RATE, song.positions[inside], (), ((0.0, len(samples) / RATE),))


def played_at(samples: F32, speed: float) -> F32:
    """Samples at another speed, pitch and all, by cubic (Catmull-Rom) interpolation."""
    places = np.arange(int((len(samples) - 1) / speed) + 1) * speed
    index = places.astype(np.int64)
    part = (places - index).astype(np.float32)
    before, here, after, beyond = (np.pad(samples, (1, 2), "edge")[index + offset] for offset in range(4))
    slope, bend = after - before, 2 * before - 5 * here + 4 * after - beyond
    rest = 3 * (here - after) + beyond - before
    return np.asarray(here + 0.5 * part * (slope + part * (bend + part * rest)), np.float32)


def jump(part: Part, beat: int, speed: float) -> Part:
    """From beat number `beat` (0 is the part's first) on, everything goes `speed` times as fast."""
    at = float(part.beats[beat])
    first = round(at * RATE)
    fast = played_at(part.samples[first:], speed)
    beats = np.where(part.beats < at, part.beats, at + (part.beats - at) / speed)
    samples = np.concatenate([part.samples[:first], fast])
    music = ((0.0, len(samples) / RATE),)
    return replace(part, samples=samples, beats=beats, events=(*part.events, (at, "jump")), music=music)


def with_break(part: Part, rng: np.random.Generator, beat: int, beats: int, kind: str) -> Part:
    """The band stops at beat number `beat` for so many beats: silence, a held pad, or the song muffled or thin."""
    start, end = float(part.beats[beat]), float(part.beats[beat + beats])
    first, last = round(start * RATE), round(end * RATE)
    samples, bars = part.samples.copy(), part.beats[beat : beat + beats][part.positions[beat : beat + beats] == 1]
    samples[first:last] = _instead(samples[first:last], rng, kind, (bars - start).tolist(), end - start)
    music = part.music if kind != "silence" else _without(part.music, start, end)
    return replace(part, samples=samples, events=(*part.events, (start, "break"), (end, "return")), music=music)


def _instead(song: F32, rng: np.random.Generator, kind: str, bars: list[float], seconds: float) -> F32:
    """What is heard in a break in which this would have been played; chords change at `bars` (s)."""
    length = len(song)
    ring = np.exp(-np.arange(length, dtype=np.float32) / (RATE * rng.uniform(0.02, 0.15)))  # what still sounds
    if kind == "silence":
        return np.asarray(song * ring, np.float32)
    if kind == "pad":
        out = song * ring
        level = 0.6 * float(np.sqrt(np.mean(np.square(song)) + 1e-12))
        changes = [0.0, *(bar for bar in bars if bar > 0.05 and rng.random() < 0.6), seconds]
        for start, end in pairwise(changes):
            chord = _chord(rng, end - start)
            first = round(start * RATE)
            out[first : first + len(chord)] += level * chord[: max(0, length - first)]
        return np.asarray(out, np.float32)
    size = 1 << (length + RATE // 10 - 1).bit_length()
    hertz = np.fft.rfftfreq(size, 1.0 / RATE)
    edge = float(rng.uniform(180.0, 400.0)) if kind == "muffled" else float(rng.uniform(800.0, 2500.0))
    s = 1j * hertz / edge
    second_order = 1.0 / (s**2 + 1.414 * s + 1.0)  # causal, as a disc jockey's filter is
    gain = second_order if kind == "muffled" else second_order * s**2
    filtered = np.fft.irfft(np.fft.rfft(song, size) * gain.astype(np.complex64), size)
    return np.asarray(filtered[:length], np.float32)


def _chord(rng: np.random.Generator, seconds: float) -> F32:
    """A held chord of RMS about 1 that swells within 0.05 to 0.5 s: soft saws, two to a note."""
    time = np.arange(round(seconds * RATE)) / RATE
    root, tones = (
        110.0 * 2.0 ** (rng.integers(0, 16) / 12.0),
        (0, int(rng.choice([3, 4])), 7, int(rng.choice([10, 12]))),
    )
    cycle = np.arange(1 << 11) / (1 << 11)
    wave = sum(np.sin(2 * np.pi * (h * cycle + rng.random())) / h**1.4 for h in range(1, 9))
    table = np.asarray(wave, np.float32)
    chord = np.zeros(len(time), np.float32)
    for tone in tones:
        for voice in (1.0, 1.0 + rng.uniform(0.002, 0.007)):
            phase = time * (root * 2.0 ** (tone / 12.0) * voice * len(table))
            chord += table[phase.astype(np.int64) & (len(table) - 1)]
    swell = np.minimum(1.0, time / rng.uniform(0.05, 0.5)) * np.minimum(1.0, (seconds - time) / 0.03)
    return np.asarray(chord * swell / 2.4, np.float32)


def _without(music: Spans, start: float, end: float) -> Spans:
    """Spans less what lies between `start` and `end`."""
    parts = [part for low, high in music for part in ((low, min(high, start)), (max(low, end), high))]
    return tuple((low, high) for low, high in parts if high > low)


def fade(part: Part, seconds: float, out: bool) -> Part:
    """The first (or last, `out`) seconds fade evenly in dB from (to) -50; beats that nobody hears are gone."""
    length = min(len(part.samples), round(seconds * RATE))
    ramp = (10.0 ** (np.linspace(FADE_FROM, 0.0, length) / 20.0)).astype(np.float32)
    quiet = (1.0 - AUDIBLE / FADE_FROM) * length / RATE  # s
    samples = part.samples.copy()
    if out:
        samples[len(samples) - length :] *= ramp[::-1]
        low, high, event = 0.0, part.seconds - quiet, (part.seconds - length / RATE, "fade out")
    else:
        samples[:length] *= ramp
        low, high, event = quiet, part.seconds, (0.0, "fade in")
    heard = (part.beats >= low) & (part.beats < high)
    music = _without(_without(part.music, 0.0, low), high, part.seconds)
    return Part(samples, part.beats[heard], part.positions[heard], (*part.events, event), music)


def talked_over(part: Part, rng: np.random.Generator, start: float, end: float, decibels: float) -> Part:
    """Somebody speaks over the music from `start` to `end`, so many dB louder than it."""
    first, last = round(start * RATE), min(len(part.samples), round(end * RATE))
    samples = part.samples.copy()
    talk = not_music.speech(rng, (last - first) / RATE)[: last - first]
    loudness = np.sqrt(np.mean(np.square(samples[first:last])) / max(float(np.mean(np.square(talk))), 1e-9))
    samples[first : first + len(talk)] += np.float32(loudness * 10.0 ** (decibels / 20.0)) * talk
    return replace(part, samples=samples, events=(*part.events, (start, "over")))


def gap(rng: np.random.Generator, seconds: float, kind: str) -> Part:
    """No music: a kind of not_music.KINDS."""
    return Part(not_music.KINDS[kind](rng, seconds), np.zeros(0), np.zeros(0, np.int64), ((0.0, kind),))


def join(parts: Sequence[Part]) -> Medley:
    """One part behind the other, each over within 2 ms; where music follows on music there is a cut."""
    samples, beats, positions = [], [np.zeros(0)], [np.zeros(0, np.int64)]
    events: list[tuple[float, str]] = []
    music: list[tuple[float, float]] = []
    done = 0
    for part in parts:
        start = done / RATE
        if part.music:
            follows = bool(music) and start - music[-1][1] < 0.01
            events.append((start, "cut" if follows else "start"))
        beats.append(part.beats + start)
        positions.append(part.positions)
        events += [(start + time, kind) for time, kind in part.events]
        music += [(start + low, start + high) for low, high in part.music]
        samples.append(_soft_edges(part.samples))
        done += len(part.samples)
    together = np.concatenate(samples)
    together *= np.float32(min(1.0, 0.98 / max(float(np.abs(together).max()), 1e-9)))
    return Medley(together, np.concatenate(beats), np.concatenate(positions), tuple(sorted(events)), tuple(music))


def _soft_edges(samples: F32) -> F32:
    out, edge = samples.copy(), min(EDGE, len(samples) // 2)
    if edge:
        ramp = np.arange(1, edge + 1, dtype=np.float32) / edge
        out[:edge] *= ramp
        out[len(out) - edge :] *= ramp[::-1]
    return out


def draw(rng: np.random.Generator, seconds: float, make_song: MakeSong) -> Medley:
    """A medley of `seconds` out of songs of 6 to 25 s, with whatever may happen to them."""
    parts: list[Part] = []
    left = round(seconds * RATE)
    while left > 0:
        part = _drawn_part(rng, rng.uniform(6.0, 25.0), make_song)
        last = parts[-1] if parts else None
        if last is not None and len(last.beats) and len(part.beats):
            silent = CLOSEST - (last.seconds - last.beats[-1] + part.beats[0])
            part = _from(part, part.beats[0] + 0.02) if silent > 0.0 else part
        parts.append(_from(part, 0.0, left))
        left -= len(parts[-1].samples)
        if left > RATE and rng.random() < 0.35:
            parts.append(_from(gap(rng, rng.uniform(1.0, 6.0), str(rng.choice(GAPS))), 0.0, left))
            left -= len(parts[-1].samples)
    return join(parts)


def _drawn_part(rng: np.random.Generator, seconds: float, make_song: MakeSong) -> Part:
    """A part of a new song, from any moment of it, perhaps with a break, a jump, a fade or talk."""
    late = float(rng.uniform(0.0, 4.0))
    part = of(make_song(rng, seconds + late), late)
    part = replace(part, samples=part.samples * np.float32(10.0 ** (rng.uniform(-8.0, 0.0) / 20.0)))
    count, what = len(part.beats), rng.random()
    if what < 0.35 and count > 12:
        bar = int(part.positions.max())
        beat, beats = int(rng.integers(4, count - 6)), bar * int(rng.choice([1, 2, 4]))
        beats = min(beats, count - 1 - beat)
        if part.beats[beat + beats] - part.beats[beat] < LONGEST_BREAK:
            part = with_break(part, rng, beat, beats, str(rng.choice(BREAKS)))
    elif what < 0.6 and count > 10:
        speed = float(rng.choice([rng.uniform(0.75, 0.94), rng.uniform(1.06, 1.35)]))
        bpm = 60.0 * speed / float(np.diff(part.beats).mean())
        part = jump(part, int(rng.integers(4, count - 4)), speed if SLOWEST < bpm < FASTEST else 1.0 / speed)
    elif what < 0.75:
        start = rng.uniform(0.0, 0.5 * part.seconds)
        part = talked_over(part, rng, start, start + rng.uniform(1.5, 8.0), rng.uniform(-9.0, 4.0))
    if rng.random() < 0.2:
        part = fade(part, rng.uniform(1.0, 5.0), out=True)
    if rng.random() < 0.15:
        part = fade(part, rng.uniform(0.5, 4.0), out=False)
    return part


def _from(part: Part, start: float, length: int | None = None) -> Part:
    """The part from `start` (s) on, of at most `length` samples."""
    first = round(start * RATE)
    samples = part.samples[first:][:length]
    start, end = first / RATE, (first + len(samples)) / RATE
    inside = (part.beats >= start) & (part.beats < end)
    events = tuple((time - start, kind) for time, kind in part.events if start <= time < end)
    music = tuple((max(a, start) - start, min(b, end) - start) for a, b in part.music if b > start and a < end)
    return Part(samples, part.beats[inside] - start, part.positions[inside], events, music)
