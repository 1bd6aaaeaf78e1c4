"""Measure a dancer against the recorded dances: `python -m model.evaluate runs/first --dataset cmu:PATH --json F`.

It dances, from the zero state, to what the sequences of one split heard. Every number stands beside that of the
recorded dance, and alignment beside chance. Beats are those that the data state; where the data know none they are
the tracker's own, which flatters the alignment of both.
"""

import argparse
import json
import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from audio.beat import BEAT_NAMES
from audio.config import FRAME_RATE, AudioError
from export.manifest import KEY, DancerFileError, Manifest
from model import metrics
from model.checkpoint import ModelError, load_network
from model.corpus import Sequence
from model.kinematics import heading_positions
from model.loader import load_corpus
from model.render import positions
from model.stepping import drive, torch_step
from motion.skeleton import MotionError

Dance = Callable[[Sequence], NDArray[np.float32]]  # -> [T, 140]
HEADINGS = ("dancer", "recorded", "ratio")


def parser() -> argparse.ArgumentParser:
    """The command line of the evaluation."""
    p = argparse.ArgumentParser(
        prog="python -m model.evaluate",
        description="Measure a dancer, or with --beats FOLDER (see --beats FOLDER --help) the beat engine.",
    )
    p.add_argument("dancer", type=Path, help="a checkpoint folder, or a dancer file with its .pt twin")
    p.add_argument("--dataset", action="append", default=[], metavar="NAME:PATH")
    p.add_argument("--corpus", type=Path, metavar="FILE.npz", help="data that model.train prepared")
    p.add_argument("--split", default="val")
    p.add_argument("--seconds", type=float, default=60.0, help="of each sequence, at most")
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--json", type=Path, metavar="FILE", help="write the numbers here, too")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if any(word.partition("=")[0] == "--beats" for word in argv):
        from model import beat_evaluation  # another measurement, of the ear

        return beat_evaluation.main(argv)
    args = parser().parse_args(argv)
    try:
        dance = dancer(args.dancer, args.seed)
        sequences = _sequences(args)
        result = evaluate(dance, sequences, args.seconds)
    except (ModelError, MotionError, AudioError, DancerFileError) as err:
        print(f"model.evaluate: {err}", file=sys.stderr)
        return 2
    print(table(result))
    if args.json:
        args.json.write_text(json.dumps(result, indent=1) + "\n")
    return 0


def dancer(path: Path, seed: int) -> Dance:
    """A function that dances to one sequence, from a checkpoint folder or a dancer file; raises ModelError."""
    if path.is_dir():
        network, _ = load_network(path)
        sizes = (network.config.features, network.config.beat)

        def whole(heard: list[NDArray[np.float32]]) -> NDArray[np.float32]:
            with torch.no_grad():
                danced: NDArray[np.float32] = network(*map(torch.from_numpy, heard)).numpy()
            return danced

        return _with_noise(whole, network.noise_size, seed, sizes)
    twin = path.with_suffix(".pt")
    if not twin.is_file():
        raise ModelError(f"{path} is no checkpoint, and there is no {twin}: build the dancer with --torchscript")
    extra: dict[str, Any] = {f"{KEY}.json": ""}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        script = torch.jit.load(str(twin), map_location="cpu", _extra_files=extra)
    manifest = Manifest.from_json(extra[f"{KEY}.json"].decode())
    sizes = (len(manifest.feature_names), len(manifest.beat_names))
    return _with_noise(
        lambda heard: drive(torch_step(script), manifest.states, heard), manifest.noise_size, seed, sizes
    )


def evaluate(dance: Dance, sequences: list[Sequence], seconds: float = 60.0) -> dict[str, dict[str, float]]:
    """Measure -> dancer, recorded and their ratio, the mean over sequences by their length; no ratio to 0."""
    frames = int(seconds * FRAME_RATE)
    measured: dict[str, list[dict[str, float]]] = {"dancer": [], "recorded": []}
    lively: dict[str, list[NDArray[Any]]] = {"dancer": [], "recorded": []}
    lengths = []
    for sequence in tqdm(sequences, desc="dancing", unit="take", disable=None):
        danced = dance(sequence)[:frames]
        lengths.append(len(danced))
        for who, pose in (("dancer", danced), ("recorded", sequence.pose[:frames])):
            if not np.isfinite(pose).all():
                raise ModelError(f"{who} of {sequence.name}: a pose is not finite")
            place = positions(pose, FRAME_RATE)
            measured[who].append(measure(pose, place, beat_count(sequence.beat[:frames])))
            lively[who].append(metrics.activity(place, FRAME_RATE))
    recorded = np.concatenate(lively["recorded"])
    result: dict[str, dict[str, float]] = {}
    for name in measured["dancer"][0]:
        both = {who: float(np.average([row[name] for row in rows], weights=lengths)) for who, rows in measured.items()}
        result[name] = _beside(both)
    both = {who: metrics.freezing(np.concatenate(windows), recorded) for who, windows in lively.items()}
    result["freeze share"] = _beside(both)
    return result


def measure(pose: NDArray[Any], place: NDArray[Any], beats: NDArray[np.float64]) -> dict[str, float]:
    """All measures of one dance [T, 140] with its positions [T, 22, 3]; beats [T] counts them."""
    fps = float(FRAME_RATE)
    local = heading_positions(torch.from_numpy(np.asarray(pose, np.float64))).numpy()
    feet = metrics.foot_speed(place, fps)
    times = (np.arange(len(feet)) + 0.5) / fps
    between = (beats[1:] + beats[:-1]) / 2
    whole = np.arange(np.ceil(beats[0]), np.floor(beats[-1]) + 1)
    at = np.interp(whole, beats, np.arange(len(beats)) / fps)
    rests = metrics.alignment(metrics.events(feet, fps), at, float(times[-1]))
    steps = metrics.alignment(metrics.landings(place, fps), at, float(times[-1]))
    return {
        "speed m/s": metrics.mean_speed(place, fps),
        "foot speed m/s": float(feet.mean()),
        "spread m": metrics.spread(local - local[:, :1]),
        "jerk m/s3": metrics.jerk(place, fps),
        "skating share": metrics.skating(place, fps),
        "rests on beats, F": rests.score,
        "rests, by chance": rests.chance,
        "rests, net": rests.net,
        "landings on beats, F": steps.score,
        "landings, by chance": steps.chance,
        "landings, net": steps.net,
        "locked to the beat": metrics.locked(feet, between, 1.0),
        "locked to two beats": metrics.locked(feet, between, 0.5),
        "locked to a wrong tempo": metrics.locked(feet, between * 1.07, 1.0),
    }


def beat_count(beat: NDArray[Any]) -> NDArray[np.float64]:
    """[T] beats since the first frame, growing, from the beat inputs [T, K] of the network."""
    cos, sin = (beat[:, BEAT_NAMES.index(name)].astype(np.float64) for name in ("beat_cos", "beat_sin"))
    count: NDArray[np.float64] = np.unwrap(np.arctan2(sin, cos)) / (2 * np.pi)
    # a tracker may step back a little; time does not
    return np.asarray(np.maximum.accumulate(count + 1e-9 * np.arange(len(count))), np.float64)


def table(result: dict[str, dict[str, float]]) -> str:
    """The report, one line a measure."""
    lines = [f"{'':<24}" + "".join(f"{heading:>10}" for heading in HEADINGS)]
    for name, row in result.items():
        lines.append(f"{name:<24}" + "".join(f"{row[key]:>10.3f}" if key in row else "" for key in HEADINGS))
    return "\n".join(lines)


def _with_noise(
    whole: Callable[[list[NDArray[np.float32]]], NDArray[np.float32]],
    noise_size: int,
    seed: int,
    sizes: tuple[int, int],
) -> Dance:
    rng = np.random.default_rng(seed)

    def dance(sequence: Sequence) -> NDArray[np.float32]:
        for what, series, size in (
            ("features", sequence.features, sizes[0]),
            ("beat numbers", sequence.beat, sizes[1]),
        ):
            if series.shape[1] != size:
                raise ModelError(f"the dancer hears {size} {what} and the data have {series.shape[1]}: train it again")
        noise = rng.random((1, len(sequence.pose), noise_size), dtype=np.float32)
        heard = [series[None].astype(np.float32) for series in (sequence.features, sequence.beat, sequence.controls)]
        return whole([*heard, noise])[0]

    return dance


def _sequences(args: argparse.Namespace) -> list[Sequence]:
    if args.corpus:
        corpus = load_corpus(args.corpus)
    elif args.dataset:
        from model.pairing import prepare  # the whole ear, and slow to import

        corpus = prepare(args.dataset, seed=args.seed)
    else:
        raise ModelError("nothing to dance to: give --dataset NAME:PATH or --corpus FILE.npz")
    if not (found := corpus.split(args.split)):
        raise ModelError(f"the data have no {args.split} split")
    return found


def _beside(both: dict[str, float]) -> dict[str, float]:
    """With the ratio, where there is one."""
    return {**both, "ratio": both["dancer"] / both["recorded"]} if both["recorded"] else both


if __name__ == "__main__":
    sys.exit(main())
