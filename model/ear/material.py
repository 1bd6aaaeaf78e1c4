"""What the ear learns from and is examined with: sequenced examples with exact beats, each drawn from its seed.

example(seed, seconds, kits)        one training item: a song, a medley or no music at all, half of them in a room;
                                    of HARD kinds, where they are asked for
of_kind(kind, seed, seconds, kits)  one of a kind in KINDS or in a style of STYLES, as clean as it was made, for
                                    evaluation sets
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from audio import demo, demo_improvise, demo_tempo, medley, not_music, room
from audio.config import FRAME, FRAME_RATE, RATE, AudioError
from audio.demo import Song
from audio.demo_style import Style
from audio.demo_styles import STYLES
from audio.medley import Medley, Spans, Times
from model.ear.grooves import GROOVES
from model.ear.kits import Kits, lay_under

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
Rng = np.random.Generator

SLOWEST, FASTEST = 55.0, 210.0  # bpm
SHARES = {"song": 0.25, "improvised": 0.25, "plain": 0.3, "medley": 0.14, "not music": 0.06}  # of the training examples
HARD = {  # shares of a part of the corpus that is about what the ear gets wrong
    "club": 4.0, "head nod": 2.5, "ticking": 2.0, "upbeat": 2.0, "offbeat": 0.5, "slow": 2.0, "fast": 1.0,
    "rubato": 1.5, "improvised": 2.0, "plain": 1.5, "sparse": 1.0, "cut": 1.5, "waltz": 0.7, "drift": 0.7, "jump": 2.5,
    "break": 0.7, "room": 1.0, "not music": 0.5,
}  # fmt: skip
TEMPI = {"steady": 0.4, "human": 0.25, "ramp": 0.12, "rubato": 0.12, "jump": 0.11}  # demo_tempo.KINDS of these songs
BEYOND_STYLE = 0.4  # of the songs, up to a third slower or faster than their style
QUIETEST = -40.0  # dBFS of an example's highest peak
IN_A_ROOM = 0.5  # of the examples
RECORDED_KIT, RECORDED_LOOP = 0.4, 0.15  # of the songs, where there are kits
IN_THREE = 0.06  # of the songs in a style of four
HUMAN_DRUMMERS = 0.8  # of those who play alone
LEAST_BEATS = 3  # of a song; shorter ones are made longer and cut
LEAST_JUMP = 0.05  # of log tempo from one beat to the next


@dataclass(frozen=True)
class Example:
    """Sound and the truth about it."""

    samples: F32  # mono, 24 kHz, below full scale
    beats: F64  # [n] s, strictly increasing
    positions: NDArray[np.int64]  # [n] in the bar, 1 is the downbeat
    music: NDArray[np.bool_]  # [frames of 1/15 s] whether there is music in the middle of the frame
    kind: str
    style: str = ""
    tempo: str = ""  # a demo_tempo kind
    bpm: float = 0.0  # mean
    events: Times = ()  # (s, what happens), as a medley has them


@dataclass(frozen=True)
class Plan:
    """What is asked of a song; what is left open is drawn."""

    style: str | Style | None = None  # None: any of ours
    bpm: tuple[float, float] | None = None
    tempo: str | None = None
    metre: int | None = None


def example(seed: int, seconds: float, kits: Kits | None = None, shares: Mapping[str, float] = SHARES) -> Example:
    """The training item of this seed, of a kind by its share. With `kits` some songs have recorded drums."""
    rng = np.random.default_rng([seed, 11])
    kind = str(rng.choice(list(shares), p=np.array(list(shares.values())) / sum(shares.values())))
    made = of_kind(kind, seed, seconds, kits)
    samples = made.samples
    if rng.random() < IN_A_ROOM:
        samples = room.hear(samples, room.draw(rng), rng)
    if kind != "not music":
        peak = max(float(np.abs(samples).max(initial=0.0)), 1e-9)
        samples = samples * np.float32(0.99 * 10.0 ** (rng.uniform(QUIETEST, 0.0) / 20.0) / peak)
    return replace(made, samples=samples)


def of_kind(kind: str, seed: int, seconds: float, kits: Kits | None = None) -> Example:
    """The example of this seed of a kind. Raises KeyError for what is neither in KINDS nor in STYLES."""
    rng = np.random.default_rng([seed, crc32(kind.encode())])
    make = KINDS.get(kind) or _of_any(lambda style: style is STYLES[kind], Plan())
    return replace(make(rng, seconds, kits), kind=kind)


def check(kind: str) -> None:
    """Raises AudioError where there is no such kind or style."""
    if kind not in KINDS and kind not in STYLES:
        raise AudioError(f"--kind {kind}: is none of {', '.join([*KINDS, *STYLES])}")


def music_frames(length: int, spans: Spans) -> NDArray[np.bool_]:
    """Whether the middle of each whole frame of so many samples lies within one of the spans (s)."""
    middle = (np.arange(length // FRAME) + 0.5) / FRAME_RATE
    return np.any([(middle >= start) & (middle < end) for start, end in spans] or [middle < 0.0], axis=0)


def song(rng: Rng, seconds: float, kits: Kits | None, plan: Plan | None = None) -> tuple[Song, str]:
    """A song of a plan, and its demo_tempo kind."""
    plan = plan or Plan()
    style, name = _style(rng, plan)
    bpm = _bpm(rng, style, plan.bpm)
    metre = plan.metre or (3 if style.metre == 4 and rng.random() < IN_THREE else style.metre)
    tempo = plan.tempo or str(rng.choice(list(TEMPI), p=list(TEMPI.values())))
    length = max(seconds, (LEAST_BEATS + 2) * 60.0 / SLOWEST)
    beats = demo_tempo.beats(rng, bpm, length, tempo)
    positions = np.arange(len(beats)) % metre + 1
    kit = kits.draw(rng) if kits and rng.random() < RECORDED_KIT else None
    samples = demo.render(beats, positions, int(rng.integers(1, 1 << 31)), style, length, kit)
    if kits and metre == 4 and style.swing < 0.55 and rng.random() < RECORDED_LOOP:
        loop = kits.loop(rng, bpm)
        samples = lay_under(samples, beats, positions, loop, rng.uniform(-9.0, 6.0)) if loop else samples
    inside = beats < seconds
    made = Song(samples[: round(seconds * RATE)], beats[inside], positions[inside], bpm, name, name)
    return made, tempo


def _style(rng: Rng, plan: Plan) -> tuple[Style, str]:
    if isinstance(plan.style, Style):
        return plan.style, "improvised"
    name = plan.style or str(rng.choice(list(STYLES)))
    return STYLES[name], name


def _bpm(rng: Rng, style: Style, wanted: tuple[float, float] | None) -> float:
    """Within `wanted`; or else mostly within the style's own range: a groove far outside is heard at another octave."""
    low, high = wanted or style.bpm
    if wanted is None and rng.random() < BEYOND_STYLE:
        low, high = max(SLOWEST, low / 1.33), min(FASTEST, high * 1.33)
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def _single(rng: Rng, seconds: float, kits: Kits | None, plan: Plan | None = None) -> Example:
    made, tempo = song(rng, seconds, kits, plan)
    first = float(made.beats[0]) - 0.05 if len(made.beats) else seconds
    music = music_frames(len(made.samples), ((first, seconds),))
    events = jumps(made.beats) if tempo == "jump" else ()
    return Example(made.samples, made.beats, made.positions, music, "", made.style, tempo, made.bpm, events)


def jumps(beats: F64) -> Times:
    """Where the tempo changes from one beat to the next."""
    change = np.abs(np.diff(np.log(np.diff(beats))))
    return tuple((float(beats[place + 1]), "jump") for place in np.flatnonzero(change > LEAST_JUMP))


def _plain(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    """A style as everybody knows it: its whole kit, a clean mix, its own tempi. Without these the odd outweighs."""
    style = STYLES[str(rng.choice(list(STYLES)))]
    bpm, tempo = _bpm(rng, style, style.bpm), str(rng.choice(list(TEMPI), p=list(TEMPI.values())))
    beats = demo_tempo.beats(rng, bpm, max(seconds, (LEAST_BEATS + 2) * 60.0 / SLOWEST), tempo)
    positions = np.arange(len(beats)) % style.metre + 1
    samples = demo.render(beats, positions, 0, style, seconds)
    inside = beats < seconds
    music = music_frames(len(samples), ((float(beats[0]) - 0.05, seconds),))
    events = jumps(beats[inside]) if tempo == "jump" else ()
    return Example(samples, beats[inside], positions[inside], music, "", "plain", tempo, bpm, events)


def _improvised(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    style = demo_improvise.style(rng)
    return _single(rng, seconds, kits, Plan(style, style.bpm if rng.random() < 0.7 else None, metre=style.metre))


def _of_any(names: Callable[[Style], bool], plan: Plan) -> "Maker":
    """Songs in the styles that fit."""

    def make(rng: Rng, seconds: float, kits: Kits | None) -> Example:
        fitting = [name for name, style in STYLES.items() if names(style)]
        style = fitting[int(rng.integers(len(fitting)))]
        return _single(rng, seconds, kits, replace(plan, style=style, metre=plan.metre or STYLES[style].metre))

    return make


def _sparse(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    """One or two drums, bass and chords; a note of melody a bar."""
    style = STYLES[str(rng.choice(list(STYLES)))]
    lead = "x".ljust(style.metre * style.steps, ".")
    few = rng.permutation(list(style.drums))[: int(rng.integers(1, 3))].tolist()
    thin = replace(style, drums={drum: style.drums[drum] for drum in few}, lead=lead, arp="", comp="", riff="")
    made = _single(rng, seconds, kits, Plan(thin, style.bpm, "steady", style.metre))
    return replace(made, style="sparse")


def _drums(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    """A drummer alone."""
    style = STYLES[str(rng.choice(list(STYLES)))]
    bare = replace(style, bass="", chords="", lead="", arp="", comp="", riff="")
    tempo = "human" if rng.random() < HUMAN_DRUMMERS else "steady"
    return replace(_single(rng, seconds, kits, Plan(bare, style.bpm, tempo, style.metre)), style="drums")


def _in_groove(name: str) -> "Maker":
    """Songs in styles drawn from one of GROOVES."""

    def make(rng: Rng, seconds: float, kits: Kits | None) -> Example:
        style, tempo = GROOVES[name](rng)
        return replace(_single(rng, seconds, kits, Plan(style, style.bpm, tempo, 4)), style=name)

    return make


def _room(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    made = _single(rng, seconds, kits, Plan(bpm=None, tempo="steady"))
    return replace(made, samples=room.hear(made.samples, room.draw(rng), rng))


def _medley(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    def make_song(rng: Rng, seconds: float) -> Song:
        improvised = demo_improvise.style(rng) if rng.random() < 0.5 else None
        return song(rng, seconds, kits, Plan(improvised))[0]

    return _of_medley(medley.draw(rng, seconds, make_song))


def _cut(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    """Two songs, the second from its middle, with nothing in between."""
    at = float(rng.uniform(0.35, 0.6)) * seconds
    one = medley.of(song(rng, at, kits, Plan(tempo="steady"))[0])
    late = float(rng.uniform(0.5, 4.0))
    other = medley.of(song(rng, seconds - at + late, kits, Plan(tempo="steady"))[0], late)
    return _of_medley(medley.join([one, other]), round(seconds * RATE))


def _break(rng: Rng, seconds: float, kits: Kits | None) -> Example:
    """A steady song in which the band stops for four bars, twice where it is long enough."""
    made, tempo = song(rng, seconds, kits, Plan(bpm=(90.0, 180.0), tempo="steady"))
    part = medley.of(made)
    bars = np.flatnonzero(made.positions == 1)
    for place in (0.35, 0.75) if len(bars) > 24 else (0.5,):
        bar = int(place * len(bars))
        if bar + 4 < len(bars):
            beat, after = int(bars[bar]), int(bars[bar + 4])
            part = medley.with_break(part, rng, beat, after - beat, str(rng.choice(medley.BREAKS)))
    made_medley = medley.join([part])
    return replace(_of_medley(made_medley), style=made.style, tempo=tempo, bpm=made.bpm)


def _of_medley(made: Medley, length: int | None = None) -> Example:
    samples = made.samples[:length]
    samples = np.pad(samples, (0, max(0, (length or 0) - len(samples))))  # rounding: a sample is missing now and then
    inside = made.beats < len(samples) / RATE
    music = music_frames(len(samples), made.music)
    mean = 60.0 / float(np.median(np.diff(made.beats))) if len(made.beats) > 1 else 0.0
    events = tuple((time, kind) for time, kind in made.events if time < len(samples) / RATE)
    return Example(samples, made.beats[inside], made.positions[inside], music, "", "", "", mean, events)


def _not_music(*names: str) -> "Maker":
    def make(rng: Rng, seconds: float, kits: Kits | None) -> Example:
        kind = str(rng.choice(names))
        samples = not_music.KINDS[kind](rng, seconds)
        nothing = np.zeros(0, np.int64)
        return Example(samples, np.zeros(0), nothing, music_frames(len(samples), ()), "", kind)

    return make


Maker = Callable[[Rng, float, Kits | None], Example]
KINDS: dict[str, Maker] = {
    "song": _single,
    "improvised": _improvised,
    "plain": _plain,
    "medley": _medley,
    "not music": _not_music(*not_music.KINDS),
    "steady": _of_any(lambda style: True, Plan(tempo="steady")),
    "human": _of_any(lambda style: True, Plan(tempo="human")),
    "drift": _of_any(lambda style: True, Plan(tempo="ramp")),
    "rubato": _of_any(lambda style: True, Plan(tempo="rubato")),
    "jump": _of_any(lambda style: True, Plan(tempo="jump")),
    "swing": _of_any(lambda style: max(style.swing, style.swing_16) > 0.56 or style.steps != 4, Plan(tempo="steady")),
    "waltz": _of_any(lambda style: style.metre == 3, Plan(tempo="steady")),
    "compound": _of_any(lambda style: style.steps == 3, Plan()),
    "slow": _of_any(lambda style: style.bpm[0] < 100.0, Plan(bpm=(SLOWEST, 80.0), tempo="steady")),
    "fast": _of_any(lambda style: style.bpm[1] > 120.0, Plan(bpm=(160.0, FASTEST), tempo="steady")),
    "sparse": _sparse,
    "drums": _drums,
    **{name: _in_groove(name) for name in GROOVES},
    "cut": _cut,
    "break": _break,
    "room": _room,
    "silence": _not_music("silence", "hum"),
    "noise": _not_music("white", "pink", "wind"),
    "speech": _not_music("speech", "crowd"),
    "applause": _not_music("applause", "knocks"),
}
