"""Takes into training sequences: every dance gets a beat, a song under it, and the features the stage would hear.

A take with its own song is heard through the stage's ear as it is. A take without music gets sequenced songs with
exactly known beats: its own pulse is found (model/motion_beats.py), its time is bent so that the pulse becomes
steady at a tempo near its own, and a song is rendered on those beats. New seed, new song: one take dances to many.
Either way its steps are laid onto the beats (model/quantise.py).
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator
from tqdm import tqdm

from audio import beat, demo, features, files, framing, resample
from audio.config import FRAME_RATE
from export.manifest import ControlSpec
from model import motion_beats, quantise
from model.corpus import Corpus, Sequence
from model.datasets.reading import read_takes
from model.datasets.take import Take
from model.metrics import events
from motion import contacts, kinematics, pose, repair, retarget
from motion.skeleton import HUMANOID, MotionError

F32 = NDArray[np.float32]
F64 = NDArray[np.floating]
SONGS_A_TAKE = 6
TEMPO_RANGE = (0.85, 1.18)  # natural limits of bending a dance
UNRECORDED = 0.2  # weight of a bone that was not recorded: the loader's rule for it beats a head put on backwards
LEAD_IN = 1.0  # s of song before the first frame


def prepare(specs: list[str], seed: int = 0, lead_frames: int = 2, songs: int = SONGS_A_TAKE) -> Corpus:
    """Build the whole corpus; the same arguments give the same arrays."""
    takes = read_takes(specs)
    made: list[tuple[Take, Sequence]] = []
    for number, take in enumerate(tqdm(takes, desc="pairing", unit="take")):
        rng = np.random.default_rng((seed, number))
        made += [(take, s) for s in _sequences(take, rng, lead_frames, songs)]
    if not made:
        raise MotionError("no take to train on: none is four seconds long and in time with its song")
    styles = tuple(sorted({take.style for take, _ in made}))
    minutes = {style: sum(len(s.pose) for _, s in made if s.style == style) for style in styles}
    controls = control_table(styles, max(styles, key=minutes.__getitem__))
    _fill_controls([s for _, s in made], styles)
    return Corpus([s for _, s in made], styles, controls, _terms(takes), lead_frames)


def control_table(styles: tuple[str, ...], favourite: str) -> tuple[ControlSpec, ...]:
    """Controls of every dancer trained here: one weight a style, then energy, temperature, mirror."""
    return (
        *(ControlSpec(f"style_{s}", 0.0, 1.0, float(s == favourite), f"how much of the style {s}") for s in styles),
        ControlSpec("energy", 0.0, 1.0, 0.7, "small and calm to large and fast"),
        ControlSpec("temperature", 0.0, 2.0, 1.2, "how freely it varies: 0 always the likeliest move"),
        ControlSpec("mirror", 0.0, 1.0, 0.0, "over one half: left and right change places"),
    )


def hear(blocks: Iterator[F32], rate: int) -> tuple[list[features.FrameFeatures], list[beat.BeatState]]:
    """The stage's own ear over a whole song: one FrameFeatures and one beat state a frame."""
    sampler, cutter, ear, pulse = resample.init(rate), framing.init(), features.init(), beat.init()
    heard, pulses = [], []
    for block in blocks:
        samples, sampler = resample.push(sampler, block)
        frames, cutter = framing.push(cutter, samples)
        for frame in frames:
            values, ear = features.push(ear, frame)
            pulse = beat.push(pulse, values)
            heard.append(values)
            pulses.append(pulse)
    return heard, pulses


def _sequences(take: Take, rng: np.random.Generator, lead_frames: int, songs: int) -> Iterator[Sequence]:
    take = dataclasses.replace(take, rotations=repair.repair(take.rotations, take.fps))
    if take.fps > FRAME_RATE:  # nothing faster than the poses can show may alias into them
        root, rotations = retarget.low_pass(take.root, take.rotations, take.fps, FRAME_RATE)
        take = dataclasses.replace(take, root=np.asarray(root, np.float64), rotations=np.asarray(rotations, np.float64))
    if not take.in_time:
        return
    if take.audio is not None:
        yield from _with_own_song(take, lead_frames)
        return
    positions, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
    beats = take.beats if take.beats is not None else motion_beats.estimate(positions, take.fps)
    if len(beats) < 4:
        return
    beats = quantise.on_the_beat(events.rests(positions, take.fps), beats)
    for _ in range(songs if take.split == "train" else 1):
        sequence = _under_new_song(take, beats, rng, lead_frames)
        if sequence is not None:
            yield sequence


def _under_new_song(take: Take, beats: F64, rng: np.random.Generator, lead_frames: int) -> Sequence | None:
    period = float(np.median(np.diff(beats))) / rng.uniform(*TEMPO_RANGE)
    # the take's first frame falls LEAD_IN after the song's beginning, so that the first beats lie inside the song
    grid = np.arange(len(beats)) * period
    take_time = PchipInterpolator(grid, beats)
    start = float(np.interp(0.0, beats, grid))
    end = float(np.interp((len(take.root) - 1) / take.fps, beats, grid))
    grid = grid - start + LEAD_IN
    places = np.arange(len(grid)) % 4 + 1  # every song counts a dance alike, so that its bars can be learned
    inside = grid >= 0
    samples = demo.render(grid[inside].astype(np.float64), places[inside], int(rng.integers(1 << 31)))
    heard = _features_of(samples)
    first = max(0, int(np.ceil(LEAD_IN * FRAME_RATE)) - 1 - lead_frames)
    last = min(len(heard), int((end - start + LEAD_IN) * FRAME_RATE) - lead_frames)
    if last - first < 4 * FRAME_RATE:
        return None
    at = (np.arange(first, last) + 1 + lead_frames) / FRAME_RATE
    motion = _motion(take, take_time(np.clip(at - LEAD_IN + start, start, end)))
    return Sequence(
        take.name,
        take.style,
        take.split,
        np.stack(heard[first:last]),
        _known_beats(grid, places, at, rng),
        np.zeros((last - first, 0), np.float32),
        *motion,
    )


def _features_of(samples: F32) -> list[F32]:
    """The network's features of a sequenced song, one array a frame; its beats are known, so no ear for them."""
    cutter, ear, heard = framing.init(), features.init(), []
    frames, _ = framing.push(cutter, samples)
    for frame in frames:
        values, ear = features.push(ear, frame)
        heard.append(values.values)
    return heard


def _with_own_song(take: Take, lead_frames: int) -> Iterator[Sequence]:
    assert take.audio is not None
    rate, blocks = files.open_blocks(take.audio)
    heard, pulses = hear(blocks, rate)
    at = (np.arange(len(heard)) + 1 + lead_frames) / FRAME_RATE - take.audio_offset
    inside = np.flatnonzero((at >= 0) & (at <= (len(take.root) - 1) / take.fps))
    if len(inside) < 4 * FRAME_RATE:
        return
    at = at[inside]
    ahead = [beat.predict(pulses[i], lead_frames / FRAME_RATE) for i in inside]
    yield Sequence(
        take.name,
        take.style,
        take.split,
        np.stack([heard[i].values for i in inside]),
        np.stack([beat.vector(each) for each in ahead]),
        np.zeros((len(inside), 0), np.float32),
        *_motion(take, _on_the_beat(take, at, np.array([each.beat_phase for each in ahead]))),
    )


def _on_the_beat(take: Take, at: F64, phase: F64) -> F64:
    """The times (s) of a take to dance at the times `at`, whose beat is at `phase` 0-1, with its steps on the beat."""
    count = np.maximum.accumulate(np.unwrap(phase, period=1.0))
    beats = np.interp(np.arange(np.ceil(count[0]), np.floor(count[-1]) + 1.0), count, at)
    if len(beats) < 4:
        return at
    positions, _ = kinematics.forward(HUMANOID, take.root, take.rotations)
    bend = PchipInterpolator(beats, quantise.on_the_beat(events.rests(positions, take.fps), beats) - beats)
    return np.clip(at + bend(np.clip(at, beats[0], beats[-1])), 0.0, (len(take.root) - 1) / take.fps)


def _motion(take: Take, times: F64) -> tuple[F32, F32]:
    """Pose vectors [T, 140] at these times of the take, and the weights [140] of what it recorded."""
    root, local = retarget.at_times(take.root, take.rotations, take.fps, times)
    positions, _ = kinematics.forward(HUMANOID, root, local)
    vectors = pose.encode(root, local, contacts.detect(positions, FRAME_RATE), FRAME_RATE)
    weight = np.ones(pose.POSE_SIZE, np.float32)
    weight[pose.ROTATIONS] = np.repeat(np.where(take.mask, 1.0, UNRECORDED), 6)
    return vectors.astype(np.float32), weight


def _known_beats(grid: F64, places: NDArray[np.int64], at: F64, rng: np.random.Generator) -> F32:
    """The beat input for exactly known beats, as uncertain as the stage's own tracker can be."""
    count = np.interp(at, grid, np.arange(len(grid))) + rng.normal(0.0, 0.01)
    period = float(grid[1] - grid[0])
    confidence = float(rng.uniform(0.3, 1.0))
    rows = []
    for value in count:
        whole = int(np.floor(value))
        phase = float(value - whole)
        place = int(places[np.clip(whole, 0, len(places) - 1)])
        rows.append(
            beat.vector(
                beat.Beat(
                    beat_phase=phase,
                    bar_phase=(place - 1 + phase) / 4,
                    period=period,
                    bpm=60.0 / period,
                    confidence=confidence,
                    beat_in_bar=place,
                    music=True,
                    time_to_beat=(1.0 - phase) * period,
                    metre=4,
                    time_to_downbeat=(5 - place - phase) * period,
                )
            )
        )
    return np.stack(rows)


def _fill_controls(sequences: list[Sequence], styles: tuple[str, ...]) -> None:
    """Style weights, and energy as the rank of the body's speed among all frames of the corpus."""
    speeds = [_speed(s.pose) for s in sequences]
    ranks = np.sort(np.concatenate(speeds))
    for sequence, speed in zip(sequences, speeds, strict=True):
        table = np.zeros((len(speed), len(styles) + 3), np.float32)
        table[:, styles.index(sequence.style)] = 1.0
        table[:, -3] = np.searchsorted(ranks, speed) / len(ranks)
        table[:, -2] = 1.0
        sequence.controls = table


def _speed(vectors: F32) -> F64:
    """Change of the pose a frame, smoothed over two seconds: [T, 140] -> [T]."""
    change = np.linalg.norm(np.diff(vectors[:, pose.ROTATIONS], axis=0, prepend=vectors[:1, pose.ROTATIONS]), axis=1)
    width = min(len(change), 2 * FRAME_RATE)
    window = np.ones(width)
    return np.convolve(change, window, mode="same") / np.convolve(np.ones_like(change), window, mode="same")


def _terms(takes: list[Take]) -> list[dict[str, object]]:
    sets = sorted({(take.dataset, take.terms) for take in takes})
    return [
        {
            "name": dataset,
            "terms": terms,
            "minutes": round(
                sum(
                    len(t.root) / t.fps
                    for t in takes
                    if (t.dataset, t.terms) == (dataset, terms) and t.split == "train"
                )
                / 60,
                2,
            ),
        }
        for dataset, terms in sets
    ]
