"""Fit the ear's confidence: `python -m model.ear.calibrate dancers/ear.npz` renews the regression in that file.

The engine hears examples that no training saw. A frame is right where the beat told lies within 70 ms of a true one and
the tempo within 8 %; the logistic regression of audio/beat_confidence.py learns how likely that is.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from audio import activation, announce, beat
from audio.activation import Ear
from audio.beat_confidence import SIGNS, signs
from audio.config import RATE, AudioError
from model.beat_evaluation import right_frames
from model.beat_listening import Frames, Song
from model.ear import kits as kit_folder
from model.ear import material

F64 = NDArray[np.float64]

FIRST_SEED = 700_000_000  # far from those of any training
SECONDS = 40.0
DECAY = 1e-3  # of the weights, against extremes
NEWTON_STEPS = 25


def hear(ear: Ear, seed: int, kits: kit_folder.Kits | None) -> tuple[F64, NDArray[np.bool_]]:
    """Signs [T, len(SIGNS)] of one example, and whether the clock is right [T]."""
    made = material.example(seed, SECONDS, kits)
    told = list(announce.hear(RATE, [made.samples], beat.init(ear=ear)))
    seen = np.array([signs(frame.clock.evidence) for frame in told], float)
    time = np.array([frame.audio_time for frame in told])
    if len(made.beats) < 3:
        return seen, np.zeros(len(seen), bool)
    period = np.array([frame.clock.clock.period for frame in told])
    phase = np.array([frame.clock.clock.beats % 1.0 for frame in told])
    nearest = time - ((phase + 0.5) % 1.0 - 0.5) * period
    song = Song(Path(), "", made.beats, made.positions.astype(float), ())
    inside = (time >= made.beats[0]) & (time <= made.beats[-1])
    _, right = right_frames(song, Frames(time, np.zeros(len(time)), nearest, period))
    return seen[inside], right


def fit(seen: F64, right: NDArray[np.bool_]) -> F64:
    """Logistic regression by Newton's method, [len(SIGNS)]."""
    weights = np.zeros(seen.shape[1])
    for _ in range(NEWTON_STEPS):
        chance = 1.0 / (1.0 + np.exp(-seen @ weights))
        slope = seen.T @ (right - chance) / len(seen) - DECAY * weights
        curve = (seen * (chance * (1.0 - chance))[:, None]).T @ seen / len(seen) + DECAY * np.eye(len(weights))
        weights += np.linalg.solve(curve, slope)
    return weights


def calibration_error(seen: F64, right: NDArray[np.bool_], weights: F64) -> float:
    """Expected calibration error over ten bins (Guo et al. 2017)."""
    chance = 1.0 / (1.0 + np.exp(-seen @ weights))
    number = np.minimum((chance * 10).astype(int), 9)
    off = [abs(float((chance - right)[number == i].sum())) for i in range(10)]
    return sum(off) / len(seen)


def renew(path: Path, weights: F64, error: float) -> None:
    """Write the ear file again with this regression."""
    with np.load(path, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    about = {**json.loads(str(arrays["about"])), "confidence": dict(zip(SIGNS, weights.round(4).tolist(), strict=True))}
    about["calibration_error"] = round(error, 4)
    arrays |= {"confidence": weights.astype(np.float32), "about": np.array(json.dumps(about))}
    temporary = path.with_suffix(".part")
    with temporary.open("wb") as out:
        np.savez(out, **arrays)
    temporary.rename(path)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    p = argparse.ArgumentParser(prog="python -m model.ear.calibrate", description="Fit the ear's confidence.")
    p.add_argument("ear", type=Path, help="FILE.npz made by python -m export.ear; it is written anew")
    p.add_argument("--examples", type=int, default=240, help="half to fit, half to measure the error")
    p.add_argument("--kit", type=Path, metavar="FOLDER", help="recorded drums, as in the training")
    args = p.parse_args(argv)
    try:
        if args.examples < 2:
            raise AudioError(f"--examples {args.examples} must be 2 or more: half to fit, half to measure")
        ear, kits = activation.load(args.ear), kit_folder.load(args.kit) if args.kit else None
        seeds = range(FIRST_SEED, FIRST_SEED + args.examples)
        heard = [hear(ear, seed, kits) for seed in tqdm(seeds, unit="example", disable=None)]
        (seen, right), (other_seen, other_right) = (
            tuple(np.concatenate(part) for part in zip(*heard[half::2], strict=True)) for half in (0, 1)
        )
        weights = fit(seen, right)
        error = calibration_error(other_seen, other_right, weights)
        renew(args.ear, weights, error)
    except (AudioError, OSError) as err:
        print(f"model.ear.calibrate: {err}", file=sys.stderr)
        return 2
    print(f"{args.ear}: right {right.mean():.0%} of the time; calibration error {error:.3f} on unseen examples")
    return 0


if __name__ == "__main__":
    sys.exit(main())
