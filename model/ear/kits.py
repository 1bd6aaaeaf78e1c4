"""Recorded drums (CC0) for the sequenced songs: one-shots by the names of our drums, and loops of a known tempo.

load(folder) reads a folder with an index.json (`files`: file, licence, ...), with the names of Sonic Pi's samples.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from audio import resample
from audio.config import RATE, AudioError
from audio.files import open_blocks
from audio.medley import played_at

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

LICENCE = "CC0-1.0"
LONGEST = 1.6  # s of a one-shot
SLOWEST_ATTACK = 0.025  # s until it is half as loud as it will be; slower ones would blur the beat
RECORDED = 0.75  # the chance that a drum of a drawn kit is a recorded one
SLOWEST, FASTEST = 0.75, 1.35  # how far a loop is bent
EDGE = 48  # samples: 2 ms at the seams of a loop

# Our drums and the recordings (by the start of their names) that can stand for them
DRUMS: dict[str, tuple[str, ...]] = {
    "kick": ("bd_", "drum_bass_", "drum_heavy_kick", "elec_hollow_kick", "elec_soft_kick"),
    "snare": ("sn_", "drum_snare_", "elec_snare", "elec_filt_snare", "elec_hi_snare", "elec_mid_snare"),
    "rim": ("elec_wood", "elec_pop", "elec_tick", "hat_tap"),
    "clap": ("perc_snap", "sn_generic"),
    "snap": ("perc_snap", "hat_snap"),
    "hat": (
        "hat_bdu", "hat_cab", "hat_cats", "hat_gem", "hat_gnu", "hat_gump", "hat_hier", "hat_metal", "hat_noiz",
        "hat_raw", "hat_sci", "hat_tap", "hat_yosh", "hat_zan", "hat_zap", "hat_zild",
        "drum_cymbal_closed", "drum_cymbal_pedal",
    ),
    "open": ("drum_cymbal_open", "elec_cymbal"),
    "ride": ("ride_", "drum_cymbal_soft"),
    "crash": ("drum_cymbal_hard", "drum_splash_"),
    "china": ("drum_splash_hard",),
    "tom": ("drum_tom_",),
    "surdo": ("drum_tom_lo_soft", "bd_boom"),
    "timbale": ("drum_tom_hi_hard", "elec_fuzz_tom"),
    "conga": ("tabla_ghe", "tabla_tun", "drum_tom_hi_soft"),
    "bongo": ("tabla_tas", "tabla_te", "tabla_na", "tabla_ke"),
    "bell": ("drum_cowbell", "perc_bell"),
    "agogo": ("elec_ping", "elec_triangle", "elec_bell"),
    "clave": ("elec_wood", "elec_blip"),
    "tick": ("elec_tick", "elec_blip", "elec_plip"),
    "zap": ("elec_twip", "elec_blup", "hat_zap"),
}  # fmt: skip
# Loops that begin on a downbeat and keep to a grid of sixteenths within 5 ms: their beats, in bars of four
LOOPS: dict[str, int] = {
    "loop_amen": 4,
    "loop_amen_full": 16,
    "loop_breakbeat": 4,
    "loop_compus": 16,
    "loop_garzul": 16,
    "loop_mehackit1": 4,
    "loop_mehackit2": 4,
    "loop_mika": 16,
    "loop_safari": 16,
    "loop_tabla": 16,
}


@dataclass(frozen=True)
class Loop:
    """Recorded drums over whole bars of four."""

    name: str
    samples: F32
    beats: int

    @property
    def bpm(self) -> float:
        return 60.0 * RATE * self.beats / len(self.samples)


@dataclass(frozen=True)
class Kits:
    """All recordings of a folder, ready to be played."""

    drums: dict[str, tuple[F32, ...]]  # attack at sample 0, peak 1
    loops: tuple[Loop, ...]

    def draw(self, rng: np.random.Generator) -> dict[str, F32]:
        """A kit: for most of our drums a recording, a little higher or lower; the others stay synthesised."""
        return {
            name: played_at(choices[int(rng.integers(len(choices)))], float(np.exp(rng.normal(0.0, 0.08))))
            for name, choices in self.drums.items()
            if rng.random() < RECORDED
        }

    def loop(self, rng: np.random.Generator, bpm: float) -> Loop | None:
        """One that can be bent to this tempo."""
        fitting = [loop for loop in self.loops if SLOWEST <= bpm / loop.bpm <= FASTEST]
        return fitting[int(rng.integers(len(fitting)))] if fitting else None


def load(folder: Path | str) -> Kits:
    """Read the CC0 recordings of a folder. Raises AudioError where it or its index.json is missing, or nothing fits."""
    folder = Path(folder)
    if not folder.is_dir():
        raise AudioError(f"{folder}: no such folder; name one with recorded drums and their index.json")
    try:
        index = json.loads((folder / "index.json").read_text("utf-8"))
        files = {Path(row["file"]).stem: folder / row["file"] for row in index["files"] if row["licence"] == LICENCE}
    except FileNotFoundError:
        raise AudioError(f"{folder}: has no index.json, which says what each recording is and its licence") from None
    except (ValueError, KeyError, TypeError):
        raise AudioError(f"{folder / 'index.json'}: is no list of `files` with `file` and `licence`") from None
    sounds: dict[str, F32] = {}
    drums = {drum: _recordings(files, starts, sounds) for drum, starts in DRUMS.items()}
    loops = tuple(Loop(name, _read(files[name]), beats) for name, beats in LOOPS.items() if name in files)
    if not loops and not any(drums.values()):
        raise AudioError(f"{folder}: none of its {LICENCE} recordings has a name that is known here, such as bd_808")
    return Kits({drum: made for drum, made in drums.items() if made}, loops)


def _recordings(files: dict[str, Path], starts: Sequence[str], sounds: dict[str, F32]) -> tuple[F32, ...]:
    """The one-shots whose names start so; each is read once into `sounds`."""
    names = sorted(name for name in files if name.startswith(tuple(starts)))
    for name in names:
        if name not in sounds:
            sounds[name] = one_shot(_read(files[name]))
    return tuple(sounds[name] for name in names if np.argmax(np.abs(sounds[name]) > 0.5) < SLOWEST_ATTACK * RATE)


def _read(path: Path) -> F32:
    """The whole file at the stage rate, without the delay of the resampler."""
    rate, blocks = open_blocks(path)
    samples = np.concatenate(list(blocks))
    late = resample.delay_seconds(rate)
    made, _ = resample.push(resample.init(rate), np.concatenate([samples, np.zeros(round(late * rate), np.float32)]))
    return made[round(late * RATE) :]


def one_shot(samples: F32) -> F32:
    """From 1 ms before the sound has a tenth of its first loudness, at most LONGEST, peak 1, fading out."""
    start = max(0, int(np.argmax(np.abs(samples) > 0.1 * np.abs(samples).max())) - RATE // 1000)
    cut = samples[start : start + round(LONGEST * RATE)]
    fade = np.minimum(1.0, np.arange(len(cut), 0, -1, dtype=np.float32) / min(len(cut), RATE // 20))
    faded = cut * fade
    return np.asarray(faded / np.abs(faded).max(), np.float32)


def lay_under(samples: F32, beats: F64, positions: NDArray[np.int64], loop: Loop, decibels: float) -> F32:
    """The song with the loop under its whole bars of four, so many dB over it, each bar bent to its own length."""
    out = np.zeros_like(samples)
    downbeats = np.flatnonzero(positions == 1)
    bars = loop.beats // 4
    for count, (first, last) in enumerate(pairwise(downbeats.tolist())):
        piece = np.array_split(loop.samples, bars)[count % bars]
        start, length = round(beats[first] * RATE), (beats[last] - beats[first]) * RATE
        if last - first != 4 or not 0.9 * SLOWEST <= len(piece) / length <= 1.1 * FASTEST:
            continue
        bent = played_at(piece, len(piece) / length)[: len(out) - start]
        ramp = np.minimum(1.0, np.arange(1, len(bent) + 1, dtype=np.float32) / EDGE)
        out[start : start + len(bent)] += bent * ramp * ramp[::-1]
    power = float(np.mean(np.square(out)))
    if power > 0.0:
        out *= np.float32(np.sqrt(np.mean(np.square(samples)) / power) * 10.0 ** (decibels / 20.0))
    out += samples
    return out * np.float32(min(1.0, 0.98 / max(float(np.abs(out).max(initial=0.0)), 1e-9)))
