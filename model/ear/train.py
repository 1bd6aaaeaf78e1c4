"""Train the ear: `python -m model.ear.train --corpus runs/ear_corpus --out runs/ear --minutes 60`.

The corpus comes from `python -m model.ear.corpus`. Ctrl-C stops and keeps what was learned; `--start` goes on from the
weights of another run, or from those of an ear file such as dancers/ear.npz. `python -m export.ear runs/ear
dancers/ear.npz` makes the file for the stage.
"""

import argparse
import copy
import json
import signal
import sys
import time
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tqdm import tqdm

from audio.activation import NAMES
from audio.config import AudioError
from model.ear.losses import of_rows, total
from model.ear.network import ABOUT, WEIGHTS, EarNetwork, widened
from model.ear.parts import Heard as Example
from model.ear.parts import read
from model.ear.streams import Streams
from model.ear.teachers import Teachers, taught
from model.trainer import Plan

LOG, VALIDATION_LOG = "loss.jsonl", "validation.jsonl"
HELD_OUT = 24  # examples, the last ones, that are never trained on; of a small corpus half
VARIED = 0.5  # the share of songs that are played at another speed and pitch
SAVE_EVERY = 120.0  # s


def begun(start: Path, network: EarNetwork | None = None, option: str = "--start") -> EarNetwork:
    """The network of a run's folder, or of an ear file of the stage, widened into `network`; raises AudioError."""
    try:
        if start.suffix == ".npz":
            with np.load(start, allow_pickle=False) as file:
                weights = {name: torch.from_numpy(file[name]) for name in NAMES}
        else:
            weights = load_file(start / WEIGHTS)
        network = network or EarNetwork(hidden=weights["first.weight_hh_l0"].shape[1])
        network.load_state_dict(widened(weights, network))
        return network
    except (OSError, SafetensorError, RuntimeError, LookupError, ValueError, BadZipFile) as error:
        reason = str(error).splitlines()[0]
        raise AudioError(f"{option} {start}: holds no weights of this network ({reason})") from error


class Run:
    """The network, its averaged copy, its teachers, the optimiser, and the states of the streams."""

    def __init__(self, network: EarNetwork, streams: Streams, plan: Plan, teachers: Teachers | None) -> None:
        self.network, self.streams, self.plan, self.teachers = network, streams, plan, teachers
        self.averaged = copy.deepcopy(network).eval()
        self.optimiser = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=plan.decay)
        self.before, self.state = network.first_state(streams.batch)
        self.steps = 0

    def step(self, done: float) -> dict[str, float]:
        """One chunk of every stream."""
        chunk = self.streams.draw()
        keep = 1.0 - chunk.forget
        state = (self.state[0] * keep[None, :, None], self.state[1] * keep[None, :, None])
        heard, state = self.network(chunk.log_mel, self.before * keep[:, None, None], state)
        parts = of_rows(heard, chunk)
        loss = taught(heard, self.teachers.hear(chunk, self.before), chunk) if self.teachers else total(parts)
        self.optimiser.zero_grad()
        loss.mean().backward()
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.plan.clip)
        for group in self.optimiser.param_groups:
            group["lr"] = self.plan.rate_at(self.steps, done)
        self.optimiser.step()
        self.state = (state[0].detach(), state[1].detach())
        self.before = chunk.log_mel[:, -self.before.shape[1] :].clone()
        self.steps += 1
        share = min(self.plan.average, self.steps / (self.steps + 10.0))
        with torch.no_grad():
            for slow, fast in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
                slow.lerp_(fast, 1.0 - share)
        return {name: value.mean().item() for name, value in parts.items()}

    def validate(self, corpus_streams: Streams, chunks: int = 10) -> dict[str, float]:
        """Mean losses of the averaged weights on examples that are held out."""
        before, state = self.averaged.first_state(corpus_streams.batch)
        sums: dict[str, float] = {}
        with torch.no_grad():
            for _ in range(chunks):
                chunk = corpus_streams.draw()
                heard, state = self.averaged(chunk.log_mel, before, state)
                before = chunk.log_mel[:, -before.shape[1] :]
                for name, value in of_rows(heard, chunk).items():
                    sums[name] = sums.get(name, 0.0) + value.mean().item() / chunks
        return sums


def train(args: argparse.Namespace) -> None:
    """Everything between the command line and the finished folder."""
    teachers = [begun(file, option="--teacher") for file in args.teacher]
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    corpus = read(args.corpus)
    held_out = min(HELD_OUT, len(corpus) // 2)
    if not held_out:
        raise AudioError(f"{args.corpus} holds a single example; one to train on and one to hold out are the least")
    network = begun(args.start, EarNetwork()) if args.start else EarNetwork()
    plan = Plan(steps=args.steps, minutes=args.minutes, rate=args.lr, average=0.998, seed=args.seed)
    streams = Streams(corpus[:-held_out], args.batch, args.frames, args.seed, VARIED)
    run = Run(network, streams, plan, Teachers(teachers, args.batch) if teachers else None)
    args.out.mkdir(parents=True, exist_ok=True)
    stopped: list[int] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: stopped.append(number))
    began = saved = time.monotonic()
    with (args.out / LOG).open("a") as log, tqdm(unit="step", disable=None) as bar:
        while not stopped and (done := plan.done(run.steps, time.monotonic() - began)) < 1.0:
            parts = run.step(done)
            log.write(json.dumps({"step": run.steps, **{k: round(v, 5) for k, v in parts.items()}}) + "\n")
            bar.update()
            bar.set_postfix({k: f"{v:.4f}" for k, v in parts.items()}, refresh=False)
            if time.monotonic() - saved > SAVE_EVERY:
                saved = time.monotonic()
                save(run, args, corpus[-held_out:])
    save(run, args, corpus[-held_out:])


def save(run: Run, args: argparse.Namespace, held_out: list[Example]) -> None:
    """Averaged weights and what they are, written beside and renamed."""
    measured = {name: round(value, 5) for name, value in run.validate(Streams(held_out, 8, args.frames, 1)).items()}
    about = {
        "network": "ear",
        "steps": run.steps,
        "examples": len(run.streams.corpus),
        "validation": measured,
    }
    save_file(run.averaged.state_dict(), args.out / "model.tmp")
    (args.out / "model.tmp").rename(args.out / WEIGHTS)
    (args.out / ABOUT).write_text(json.dumps(about, indent=1) + "\n")
    with (args.out / VALIDATION_LOG).open("a") as log:
        log.write(json.dumps({"step": run.steps, **measured}) + "\n")


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    p = argparse.ArgumentParser(prog="python -m model.ear.train", description="Train the network that hears beats.")
    p.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="made by python -m model.ear.corpus")
    p.add_argument("--out", type=Path, required=True, metavar="DIR")
    p.add_argument("--start", type=Path, metavar="DIR|FILE.npz", help="begin with the weights of a run or an ear")
    p.add_argument(
        "--teacher",
        type=Path,
        nargs="+",
        default=[],
        metavar="DIR|FILE.npz",
        help="learn to answer as the mean of these ears does, too, wherever it is nearer to the truth",
    )
    p.add_argument("--steps", type=int, metavar="N")
    p.add_argument("--minutes", type=float, default=60.0, metavar="M")
    p.add_argument("--batch", type=int, default=32, help="streams")
    p.add_argument("--frames", type=int, default=180, help="of a chunk, 15 a second")
    p.add_argument("--lr", type=float, default=2e-3)
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--threads", type=int, default=1)
    args = p.parse_args(argv)
    try:
        for name in ("steps", "minutes", "batch", "frames", "lr", "threads"):
            if (value := getattr(args, name)) is not None and not value > 0:
                raise AudioError(f"--{name} {value:g} must be more than 0")
        train(args)
    except (AudioError, OSError) as err:
        print(f"model.ear.train: {err}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
