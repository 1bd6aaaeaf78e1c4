"""Who plays what, when: sections, drums, fills and notes of the demo music, before any sound is made."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from audio import demo_form, demo_tones
from audio.demo_form import Section
from audio.demo_style import Style
from audio.demo_tones import Tone

__all__ = ["Arrangement", "Tone", "arrange", "places"]

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Ints = NDArray[np.int64]

STRENGTH = {"X": 1.0, "x": 0.8, "o": 0.45, ",": 0.22, "?": 0.5}
BACKBONE = frozenset({"kick", "snare", "clap", "tom", "surdo", "block"})  # what rests in a break, and what halves
BARE = {"folk": 0.3, "ballad": 0.25, "waltz": 0.3, "lofi": 0.25, "jazz": 0.15, "chip": 0.2}  # songs without drums


@dataclass
class Arrangement:
    """Strengths [beats, steps of a beat] of each drum, and the notes."""

    drums: dict[str, F32] = field(default_factory=dict)
    tones: list[Tone] = field(default_factory=list)


def arrange(
    style: Style, positions: Ints, rng: np.random.Generator, from_start: bool, halving: bool = False
) -> Arrangement:
    """Lay a style over beats with these positions in the bar.

    `from_start` begins with the intro and plays everything plainly; other songs vary: a thinner kit, other hats,
    breaks, stops. `halving` has the drums play sections at half or double time while the beat keeps its level.
    """
    bars = np.cumsum(positions == 1)  # bar 0 is the pick-up
    song = Arrangement()
    kit = {voice: _pair(style.drums[voice], rng) for voice in (style.drums if from_start else _kit(style, rng))}
    patterns = {voice: _pair(getattr(style, voice), rng) for voice in ("bass", "chords", "lead", "arp", "riff", "comp")}
    playing = {voice for voice, pair in {**kit, **patterns}.items() if all(set(p) - set(".-?") for p in pair)}
    heard = (playing - {"lead"}) | ({"drums"} if playing & set(kit) else set())
    heard |= {"tops"} if playing & set(kit) - BACKBONE else set()
    form = demo_form.audible(demo_form.plan(int(bars[-1]), style, rng, from_start, halving), heard)
    for voice, pair in kit.items():
        hits = _lay(voice, pair, style, form, positions, bars, rng)
        song.drums[voice] = hits if from_start else _vary(voice, hits, style.steps, rng)
    if kit:
        _endings(song, style, form, positions, bars, rng)
    song.tones = demo_tones.write(style, patterns, form, positions, bars, rng)
    if not from_start:
        _stops(song, style.steps, form, positions, bars, rng)
    return song


def places(style: Style, beats: F64) -> F64:
    """When the steps of every beat are (s), [n, steps]: swung as the style has it, triplets evenly."""
    lengths = np.append(np.diff(beats), beats[-1] - beats[-2])
    if style.steps == 4:
        first, last = style.swing * style.swing_16, style.swing + (1.0 - style.swing) * style.swing_16
        shares = np.array([0.0, first, style.swing, last])
    else:
        shares = np.arange(style.steps) / style.steps
    return np.asarray(beats[:, None] + lengths[:, None] * shares)


def _choose(pattern: str, rng: np.random.Generator) -> str:
    """One of the alternatives of a pattern."""
    options = pattern.replace(" ", "").split("|")
    return options[int(rng.integers(0, len(options)))] or "."


def _pair(pattern: str, rng: np.random.Generator) -> tuple[str, str]:
    """The patterns of verse and chorus."""
    verse = _choose(pattern, rng)
    return verse, verse if rng.random() < 0.4 else _choose(pattern, rng)


def _kit(style: Style, rng: np.random.Generator) -> list[str]:
    """The drums of this song: mostly all, often one or two fewer, now and then only one or none."""
    names = list(style.drums)
    if not names or rng.random() < BARE.get(style.family, 0.03):
        return []
    if rng.random() < 0.04:
        return [str(rng.choice(names))]
    return [name for name in names if rng.random() > (0.05 if name in BACKBONE else 0.15)]


def _lay(
    voice: str,
    patterns: tuple[str, str],
    style: Style,
    form: list[Section],
    positions: Ints,
    bars: Ints,
    rng: np.random.Generator,
) -> F32:
    """Hits of one drum over the beats, [beats, steps]: its step is the place in the bar, its bar the bar's number."""
    place = ((bars - 1) * style.metre + positions - 1)[:, None] * style.steps + np.arange(style.steps)
    chorus = np.array([section.name in ("chorus", "solo") for section in form])[bars]
    plays = np.array(["drums" in s.voices or ("tops" in s.voices and voice not in BACKBONE) for s in form])[bars]
    pace = np.array([section.pace for section in form])[bars][:, None]
    slow, fast = (pace < 0) & (voice in BACKBONE), pace > 0
    read = np.where(slow, place // 2, np.where(fast, place * 2, place))
    hits = np.where(chorus[:, None], _read(patterns[1], read, rng), _read(patterns[0], read, rng))
    return np.asarray(hits * plays[:, None] * ~(slow & (place % 2 == 1)), np.float32)


def _read(pattern: str, place: Ints, rng: np.random.Generator) -> F64:
    """Strengths of a pattern at these places."""
    strength = np.array([STRENGTH.get(mark, 0.0) for mark in pattern])
    maybe = np.array([mark == "?" for mark in pattern])
    step = place % len(pattern)
    return np.asarray(strength[step] * (~maybe[step] | (rng.random(step.shape) < 0.4)))


def _vary(voice: str, hits: F32, steps: int, rng: np.random.Generator) -> F32:
    """Louder or softer in this song; what keeps time may play only the beats, or only what lies between."""
    hits = hits * np.float32(np.exp(rng.normal(0.0, 0.2)))
    if voice not in BACKBONE and voice != "crash":
        turn = rng.random()
        if turn < 0.10:
            hits[:, 1:] = 0.0
        elif turn < 0.16 and hits[:, 1:].any():
            hits[:, 0] = 0.0
            hits *= np.float32(1.6)
        elif turn < 0.22:
            hits[:, steps // 2] = np.maximum(hits[:, steps // 2], 0.9 * hits.max(initial=0.0))
    return np.asarray(hits, np.float32)


def _endings(
    song: Arrangement, style: Style, form: list[Section], positions: Ints, bars: Ints, rng: np.random.Generator
) -> None:
    """A section ends as it likes, some fourth bars with a small fill; a crash begins the next."""
    for voice in ("snare", "tom", "crash"):
        song.drums.setdefault(voice, np.zeros((len(positions), style.steps), np.float32))
    for beat in np.flatnonzero(positions == 1).tolist():
        if beat == 0:
            continue
        bar = int(bars[beat])
        new = form[bar] is not form[bar - 1]
        if new and "drums" in form[bar].voices and rng.random() < 0.85:
            song.drums["crash"][beat, 0] = 0.9
        ending = form[bar - 1].ending if new else "fill" if bar % 4 == 1 and rng.random() < 0.25 else "none"
        if ending == "fill":
            length = int(rng.choice([1, 1, 2, style.metre])) if new else 1
            _fill(song, max(0, beat - length), beat, rng)
        elif ending == "roll":
            _roll(song, max(0, beat - 2 * style.metre), beat)


def _fill(song: Arrangement, first: int, last: int, rng: np.random.Generator) -> None:
    """Snare and toms take the beats from `first` to `last`; what keeps time may rest meanwhile."""
    shape = song.drums["tom"][first:last].shape
    density = float(rng.choice([0.35, 0.6, 0.9]))
    hit = rng.random(shape) < density
    toms = rng.random(shape) < float(rng.choice([0.2, 0.5, 0.9]))
    strength = rng.uniform(0.45, 0.95, shape)
    song.drums["tom"][first:last] = hit * toms * strength
    song.drums["snare"][first:last] = np.maximum(song.drums["snare"][first:last], hit * ~toms * strength)
    if rng.random() < 0.4:
        for voice in set(song.drums) - {"snare", "tom", "kick", "crash"}:
            song.drums[voice][first:last] = 0.0


def _roll(song: Arrangement, first: int, last: int) -> None:
    """The snare in quarters, in eighths and at last on every step, louder and louder."""
    steps = song.drums["snare"].shape[1]
    for beat in range(first, last):
        share = (beat - first + 1) / (last - first)
        every = steps if share <= 0.5 else max(1, steps // 2) if share <= 0.75 else 1
        song.drums["snare"][beat, ::every] = 0.3 + 0.6 * share


def _stops(
    song: Arrangement, steps: int, form: list[Section], positions: Ints, bars: Ints, rng: np.random.Generator
) -> None:
    """Before a new section everybody is silent, for a beat up to a bar; a last hit begins the silence."""
    silent = np.zeros(len(positions) * steps, bool)
    for beat in np.flatnonzero(positions == 1).tolist():
        before = form[bars[beat] - 1]
        if beat and form[bars[beat]] is not before and before.ending == "stop":
            beats = min(beat, int(rng.choice([1, 1, 2, positions[beat - 1]])))
            silent[(beat - beats) * steps + 1 : beat * steps] = True
    for hits in song.drums.values():
        hits[silent.reshape(-1, steps)] = 0.0
    song.tones = [tone for tone in song.tones if not silent[tone.step]]
