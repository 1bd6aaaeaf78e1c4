"""The band plays what was arranged: every hit and note at its time, on its bus of the mixing desk."""

from collections import defaultdict

import numpy as np
from numpy.typing import NDArray

from audio.config import RATE
from audio.demo_arrangement import Arrangement, places
from audio.demo_band import Band, Drum, Part
from audio.demo_feel import Feel
from audio.demo_mix import Mix
from audio.demo_style import Style
from audio.demo_voices import F32, Notes, band, peak

F64 = NDArray[np.float64]

LONGEST = 6.0  # s of a note
SHORT = 0.3  # s: shorter notes are played as such, which for some instruments is another sound
SOFT = 0.5  # strength below which a skin sounds duller


def play(
    mix: Mix, members: Band, style: Style, song: Arrangement, beats: F64, feel: Feel, rng: np.random.Generator
) -> None:
    """Drums and tones of a song; nobody comes in before the first beat."""
    when = places(style, beats)
    for voice, hits in song.drums.items():
        beat, step = np.nonzero(hits)
        if not len(beat):
            continue
        times = np.maximum(feel.play(voice, when[beat, step], rng), beats[0])
        strengths = feel.strength(voice, hits[beat, step].astype(np.float64), rng)
        _hit(mix, "kick" if voice == "kick" else "drums", members.drums[voice], times, strengths, rng)
        if voice == "kick" and mix.production.duck:
            mix.duck(times)
    flat = np.append(when.ravel(), 2 * beats[-1] - beats[-2])
    chords: dict[str, dict[int, list[tuple[float, int, float]]]] = defaultdict(lambda: defaultdict(list))
    for tone in song.tones:
        chords[tone.voice][tone.step].append((tone.midi, tone.steps, tone.strength))
    for voice, played in chords.items():
        part = members.parts[voice]
        steps = np.array(sorted(played))
        held = np.array([max(tone[1] for tone in played[step]) for step in steps])
        seconds = flat[np.minimum(steps + held, len(flat) - 1)] - flat[steps]
        notes = [tuple(sorted({tone[0] + part.transpose for tone in played[step]})) for step in steps.tolist()]
        times = np.maximum(feel.play(voice, flat[steps], rng), beats[0])
        strengths = feel.strength(voice, np.array([np.mean([t[2] for t in played[s]]) for s in steps.tolist()]), rng)
        _sound(mix, voice, part, notes, np.minimum(seconds * part.held, part.longest), times, strengths)


def _hit(mix: Mix, bus: str, drum: Drum, times: F64, strengths: F64, rng: np.random.Generator) -> None:
    """All hits of one drum."""
    loud = drum.hit(rng)
    soft = peak(band(loud.astype(np.float64), 20.0, 5_000.0, 1)) if drum.skin else loud
    strengths = strengths * drum.gain * rng.uniform(0.9, 1.05, len(strengths))
    for time, strength in zip(times.tolist(), strengths.tolist(), strict=True):
        mix.add(bus, soft if strength < SOFT * drum.gain else loud, time, strength)


def _sound(mix: Mix, bus: str, part: Part, notes: list[Notes], seconds: F64, times: F64, strengths: F64) -> None:
    """All notes of one instrument; a chord that comes again is made once, as long as it is ever held."""
    seconds = np.minimum(seconds, LONGEST) + part.release
    longest: dict[tuple[Notes, bool], float] = defaultdict(float)
    for chord, length in zip(notes, seconds.tolist(), strict=True):
        key = (chord, length - part.release < SHORT)
        longest[key] = max(longest[key], length)
    made: dict[tuple[Notes, bool], F32] = {key: part.play(key[0], length) for key, length in longest.items()}
    fade = np.linspace(1.0, 0.0, max(2, int(part.release * RATE)), dtype=np.float32)
    for chord, length, time, strength in zip(notes, seconds.tolist(), times.tolist(), strengths.tolist(), strict=True):
        sound = made[chord, length - part.release < SHORT][: int(length * RATE)].copy()
        tail = min(len(fade), len(sound))
        sound[len(sound) - tail :] *= fade[len(fade) - tail :]
        mix.add(bus, sound, time, strength * part.gain)
