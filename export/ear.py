"""Make the ear file of the stage: `python -m export.ear runs/ear dancers/ear.npz`.

The weights and a description, in one npz without pickles that NumPy alone runs. `python -m model.ear.calibrate` then
makes its confidence honest.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.numpy import load_file

from audio import activation
from audio.activation import CONTRACT, NAMES
from audio.beat_confidence import SIGNS
from audio.config import AudioError
from model.ear.network import ABOUT, WEIGHTS, EarNetwork

UNCALIBRATED = {"one": -3.0, "filter": 6.0}  # until model.ear.calibrate: the filter's own word
TERMS = "trained only on music sequenced and synthesised by this project and on CC0 recordings (Sonic Pi's samples)"
PARITY = 1e-3  # of logits


def build(runs: Sequence[Path], out: Path) -> float:
    """Write the file of a trained run, or of the mean of several; returns how far torch and NumPy differ (logits).

    Runs that began with the same weights may be averaged: often their mean hears better (Wortsman et al. 2022).
    """
    read = [_read(run) for run in runs]
    weights = {name: np.mean([arrays[name] for arrays, _ in read], axis=0, dtype=np.float32) for name in NAMES}
    about = {"contract": CONTRACT, "data": TERMS, **read[-1][1]}
    if len(runs) > 1:
        about["mean_of"] = [what for _, what in read]
    file_arrays: dict[str, Any] = dict(weights)
    file_arrays["confidence"] = np.array([UNCALIBRATED.get(sign, 0.0) for sign in SIGNS], np.float32)
    temporary = out.with_suffix(".part")
    with temporary.open("wb") as file:
        np.savez(file, about=np.array(json.dumps(about)), **file_arrays)
    try:
        difference = parity(temporary, weights)
        if not difference <= PARITY:  # NaN neither
            raise AudioError(f"NumPy and torch differ by {difference:.1e} on {runs[-1]}: nothing was written")
        temporary.rename(out)
    finally:
        temporary.unlink(missing_ok=True)
    return difference


def _read(run: Path) -> tuple[Mapping[str, Any], dict[str, Any]]:
    """Weights of a run's folder or of another ear file, and what they are."""
    try:
        if run.suffix == ".npz":
            with np.load(run, allow_pickle=False) as file:
                return {name: file[name] for name in NAMES}, json.loads(str(file["about"]))
        arrays = load_file(run / WEIGHTS)
        return {name: arrays[name] for name in NAMES}, json.loads((run / ABOUT).read_text())
    except (OSError, ValueError, KeyError, SafetensorError, BadZipFile) as error:
        raise AudioError(f"{run} holds no trained ear ({error}); python -m model.ear.train makes one") from error


def parity(path: Path, weights: Mapping[str, Any], frames: int = 300) -> float:
    """The largest difference of a logit over a noisy stream."""
    ear, network = activation.load(path), EarNetwork()
    network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    network.eval()
    log_mel = np.abs(np.random.default_rng(0).standard_normal((frames, 4, 40))).astype(np.float32)
    state, stage = activation.init(), []
    for frame in log_mel:
        said, state = activation.push(ear, state, frame)
        stage.append(np.concatenate([said.beats.ravel(), said.tempo]))
    before, first = network.first_state(1)
    with torch.no_grad():
        heard, _ = network(torch.from_numpy(log_mel.reshape(1, -1, 40)), before, first)
    return float(np.abs(torch.cat(tuple(heard), dim=2)[0].numpy() - np.stack(stage)).max())


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    p = argparse.ArgumentParser(prog="python -m export.ear", description="Make the ear file of the stage.")
    runs = "folder of python -m model.ear.train, or an ear file; of several the mean of their weights"
    p.add_argument("runs", type=Path, nargs="+", metavar="RUN", help=runs)
    p.add_argument("out", type=Path, help="FILE.npz; the stage's own is dancers/ear.npz")
    args = p.parse_args(argv)
    try:
        difference = build(args.runs, args.out)
    except (AudioError, OSError) as err:
        print(f"export.ear: {err}", file=sys.stderr)
        return 2
    print(f"{args.out}: {args.out.stat().st_size / 1e3:.0f} kB, NumPy and torch agree to {difference:.1e}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
