"""Measure the beat engine beside others: `python -m model.evaluate --beats FOLDER --anchors librosa,aubio`.

Every engine hears the same samples in the same run. Ours announces beats ahead and never revises them; an offline
anchor sees the whole song. All scores but lock leave out the first 5 s; brackets hold 90 % intervals over songs.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from audio import activation
from audio.activation import Ear
from audio.announce import LONGEST_AHEAD
from audio.config import AudioError
from audio.room import ROOMS
from model import beat_metrics as metrics
from model import beat_tables as tables
from model.beat_anchors import ANCHORS
from model.beat_listening import Engines, Found, Frames, Heard, Song, listen, negatives, ours, read_folder

F64 = NDArray[np.float64]

OURS = "ours, 0 ms"
BINS = 10  # of the confidence
SAME_TEMPO = 0.08
SURE = 0.5  # a confidence above it says there is a beat
GOOD = 0.9  # F
WORST = 10
LATE_LOCK = 10.0  # s


class Score(NamedTuple):
    """One engine on one song."""

    f: float
    octave: float
    cmlt: float
    amlt: float
    downbeat: float  # NaN: the truth or the engine names none
    lock: float  # s after the first sound; inf: never
    errors: F64  # [hits] s
    relocks: tuple[tuple[str, float], ...]  # (kind of event, s)


def parser() -> argparse.ArgumentParser:
    """The command line of the measurement."""
    p = argparse.ArgumentParser(prog="python -m model.evaluate", description="Measure the beat engine.")
    p.add_argument("--beats", type=Path, required=True, metavar="FOLDER", help="sound files beside .beats files")
    p.add_argument("--ahead-ms", type=float, default=150.0, metavar="MS", help="announced so early, too (default: 150)")
    p.add_argument("--anchors", default="", metavar="NAME,NAME", help=f"others to stand beside: {', '.join(ANCHORS)}")
    p.add_argument(
        "--anchor-python", default=sys.executable, metavar="PATH", help="an interpreter that has the anchors"
    )
    p.add_argument("--room", nargs="+", action="extend", default=[], metavar="NAME", help=f"{', '.join(ROOMS)}")
    p.add_argument("--negatives", default="", metavar="FOLDER|builtin", help="sounds without beat, beside the folder's")
    p.add_argument(
        "--ear",
        type=Path,
        default=activation.SHIPPED,
        metavar="FILE",
        help="ear file to measure (default: the shipped one)",
    )
    p.add_argument("--jobs", type=int, default=1, metavar="N", help="processes (default: 1)")
    p.add_argument("--out", type=Path, metavar="DIR", help="write beats.json, beats.md and calibration.png here")
    return p


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = parser().parse_args(argv)
    try:
        engines, ear = _engines(args), activation.load(args.ear)
        songs, others = read_folder(args.beats)
        heard = list(tqdm(listen(songs, engines, args.jobs), total=len(songs), unit="song", disable=None))
        sounds = list(negatives(args.negatives, others))
        false = {name: false_share(make(), ear) for name, make in tqdm(sounds, unit="sound", disable=None)}
    except AudioError as err:
        print(f"model.evaluate: {err}", file=sys.stderr)
        return 2
    report = evaluate(heard, false, f"ours, {args.ahead_ms:.0f} ms")
    print(tables.text(report))
    if args.out:
        args.out.mkdir(parents=True, exist_ok=True)
        (args.out / "beats.json").write_text(json.dumps(report, indent=1) + "\n")
        (args.out / "beats.md").write_text(tables.markdown(report))
        if heard:
            tables.draw_calibration(report["calibration"], args.out / "calibration.png")
    return 0


def evaluate(heard: list[Heard], false: dict[str, float], ahead: str) -> dict[str, Any]:
    """Everything that is reported, ready for JSON; numbers that are not there are None. `ahead`: the early engine."""
    report: dict[str, Any] = {"negatives": false}
    if heard:
        scores = {name: [score(one, one.found[name]) for one in heard] for name in heard[0].found}
        kinds = sorted({one.song.kind for one in heard})
        report |= {
            "about": heard[0].about,
            "engines": {name: summary(rows) for name, rows in scores.items()},
            "loss_ahead": _mean([now.f - then.f for now, then in zip(scores[OURS], scores[ahead], strict=True)]),
            "kinds": {
                name: {
                    kind: summary([r for r, h in zip(rows, heard, strict=True) if h.song.kind == kind])
                    for kind in kinds
                }
                for name, rows in scores.items()
            },
            "relock": {name: relocks(rows) for name, rows in scores.items()},
            "worst": worst(heard, scores[OURS]),
            "calibration": calibration(heard),
            "songs": {
                one.song.path.stem: {name: summary([rows[i]]) for name, rows in scores.items()}
                for i, one in enumerate(heard)
            },
        }
    return _without_nan(report)


def score(heard: Heard, found: Found) -> Score:
    """All measures of one engine on one song."""
    truth, events = heard.song, heard.song.events
    cmlt, amlt = metrics.continuity(truth.beats, found.times)
    again = metrics.relock_times(truth.beats, found.times, [seconds for seconds, _ in events])
    return Score(
        f=metrics.f_measure(truth.beats, found.times),
        octave=metrics.octave_f_measure(truth.beats, found.times),
        cmlt=cmlt,
        amlt=amlt,
        downbeat=metrics.downbeat_f_measure(truth.beats, truth.positions, found.times, found.positions),
        lock=metrics.lock_time(truth.beats, found.times, heard.first_sound),
        errors=metrics.errors(metrics.trim(truth.beats), metrics.trim(found.times)),
        relocks=tuple((kind, seconds) for (_, kind), seconds in zip(events, again, strict=True)),
    )


def summary(rows: list[Score]) -> dict[str, Any]:
    """One line of the table: means over songs, the median lock, the errors of all hits together."""
    middle, spread = metrics.median_and_iqr(np.concatenate([row.errors for row in rows]))
    f = [row.f for row in rows]
    return {
        "songs": len(rows),
        "f": _mean(f),
        "interval": metrics.bootstrap_interval(f),
        "octave": _mean([row.octave for row in rows]),
        "cmlt": _mean([row.cmlt for row in rows]),
        "amlt": _mean([row.amlt for row in rows]),
        "downbeat": _mean([row.downbeat for row in rows]),
        "lock": float(np.median([row.lock for row in rows])),
        "error_ms": 1e3 * middle,
        "iqr_ms": 1e3 * spread,
        "good": sum(value >= GOOD for value in f),
    }


def relocks(rows: list[Score]) -> dict[str, Any]:
    """Median seconds to lock again, by kind of event."""
    kinds = sorted({kind for row in rows for kind, _ in row.relocks})
    return {kind: float(np.median([s for row in rows for k, s in row.relocks if k == kind])) for kind in kinds}


def worst(heard: list[Heard], scores: list[Score]) -> list[dict[str, Any]]:
    """Where our engine fails most, and how."""
    order = np.argsort([row.f for row in scores], kind="stable")[:WORST]
    return [
        {
            "song": heard[i].song.path.stem,
            "f": scores[i].f,
            "octave": scores[i].octave,
            "lock": scores[i].lock,
            "fault": fault(heard[i].song.beats, heard[i].found[OURS].times, scores[i].lock),
        }
        for i in order
    ]


def fault(reference: F64, estimated: F64, lock: float) -> str:
    """What went wrong: the wrong grid that the beats fit best, where they fit it clearly better than the true one."""
    if metrics.f_measure(reference, estimated) >= GOOD:
        return "right"
    triple, halves = metrics.subdivided(reference, 3), metrics.subdivided(reference, 2)
    grids = {
        "half tempo": [reference[::2], reference[1::2]],
        "double tempo": [halves],
        "off-beat": [halves[1::2]],
        "half tempo, off-beat": [halves[1::4], halves[3::4]],
        "3:2": [triple[::2], triple[1::2]],
        "2:3": [halves[start::3] for start in range(3)],
        "triple tempo": [triple],
        "a third of the tempo": [reference[start::3] for start in range(3)],
        "late": [reference + late for late in (0.06, 0.09, 0.12)],
        "early": [reference - early for early in (0.06, 0.09, 0.12)],
    }
    fits = {name: max(metrics.f_measure(grid, estimated) for grid in some) for name, some in grids.items()}
    best = max(fits, key=lambda name: fits[name])
    right = metrics.f_measure(reference, estimated)
    if fits[best] > max(0.5, right + 0.1):
        return f"{best} ({fits[best]:.2f})"
    if np.isinf(lock):
        return "no lock"
    return f"locks after {lock:.0f} s" if lock > LATE_LOCK else "right in parts"


def right_frames(song: Song, frames: Frames) -> tuple[F64, NDArray[np.bool_]]:
    """Confidence of the frames between the first true beat and the last, and whether the clock is right there.

    Right: its nearest beat within 70 ms of a true one, its period within 8 % of the local one (a median of five).
    """
    inside = (frames.time >= song.beats[0]) & (frames.time <= song.beats[-1])
    time, beats = frames.time[inside], frames.beat[inside]
    distance = np.abs(beats - song.beats[nearest(song.beats, beats)])
    intervals = np.diff(song.beats)
    padded = np.pad(intervals, 2, mode="edge")
    local = np.median(np.lib.stride_tricks.sliding_window_view(padded, 5), axis=1)
    period = local[np.clip(np.searchsorted(song.beats, time) - 1, 0, len(local) - 1)]
    same_tempo = np.abs(frames.period[inside] / period - 1.0) <= SAME_TEMPO
    return frames.confidence[inside], (distance <= metrics.HIT) & same_tempo


def nearest(beats: F64, times: F64) -> NDArray[np.int64]:
    """The number of the beat that is nearest to each time."""
    return np.searchsorted((beats[1:] + beats[:-1]) / 2.0, times)


def calibration(heard: list[Heard]) -> dict[str, Any]:
    """Of the frames called so confident, how many are right: ten bins, and the expected calibration error."""
    pairs = [right_frames(one.song, one.frames) for one in heard]
    confidence, right = (np.concatenate(part) for part in zip(*pairs, strict=True))
    number = np.clip((confidence * BINS).astype(int), 0, BINS - 1)
    bins = []
    for i in range(BINS):
        here = number == i
        said, true = (_mean(list(values[here])) for values in (confidence, right))
        bins.append({"frames": int(here.sum()), "confidence": said, "right": true})
    error = sum(b["frames"] * abs(b["confidence"] - b["right"]) for b in bins if b["frames"]) / max(1, len(right))
    return {"bins": bins, "ece": float(error), "right": _mean(list(right))}


def false_share(samples: NDArray[np.float32], ear: Ear) -> float:
    """Share of the time in which our engine is sure of a beat."""
    return float(np.mean(ours(samples, (0.0,), ear)[1].confidence > SURE))


def _engines(args: argparse.Namespace) -> Engines:
    anchors = tuple(name for name in args.anchors.split(",") if name)
    for names, known, option in ((anchors, ANCHORS, "--anchors"), (args.room, ROOMS, "--room")):
        for name in names:
            if name not in known:
                raise AudioError(f"{option} {name}: choose from {', '.join(known)}")
    if not 0.0 <= args.ahead_ms <= 1e3 * LONGEST_AHEAD:
        raise AudioError(f"--ahead-ms {args.ahead_ms:g}: choose from 0 to {1e3 * LONGEST_AHEAD:g}")
    if args.jobs < 1:
        raise AudioError(f"--jobs {args.jobs} must be 1 or more")
    return Engines(args.ahead_ms / 1e3, anchors, args.anchor_python, tuple(args.room), args.ear)


def _mean(values: Sequence[float]) -> float:
    """Of those that are numbers."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def _without_nan(value: Any) -> Any:
    """Ready for JSON, which knows neither NaN nor infinity."""
    if isinstance(value, dict):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


if __name__ == "__main__":
    sys.exit(main())
