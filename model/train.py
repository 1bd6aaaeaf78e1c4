"""Train a network: `python -m model.train --dataset cmu:PATH --network seq2seq --out runs/first --minutes 60`.

A toy on the CPU: `python -m model.train --dataset synthetic: --network seq2seq --out runs/toy --steps 200 --batch 4`.
Many GPUs: `torchrun --nproc-per-node 8 -m model.train ...`. The run is stopped by Ctrl-C at any time and goes on with
`--resume`, also after a kill: at least every minute everything is in the folder. `tensorboard --logdir runs` shows it.
"""

import argparse
import dataclasses
import os
import signal
import sys
from pathlib import Path
from typing import Any

import torch

from audio.config import AudioError
from model import checkpoint
from model.checkpoint import ModelError
from model.corpus import Corpus
from model.curriculum import SCHEDULES, Schedule
from model.distributed import World, leader_first, world
from model.loader import Crops, load_corpus
from model.trainer import LOG, Plan, Trainer
from model.watch import Watch
from motion.skeleton import MotionError

DEFAULT_STEPS = 20_000


def parser() -> argparse.ArgumentParser:
    """The command line of training."""
    p = argparse.ArgumentParser(prog="python -m model.train", description="Train a dancer.")
    p.add_argument("--dataset", action="append", default=[], metavar="NAME:PATH", help="may be given several times")
    p.add_argument("--corpus", type=Path, metavar="FILE.npz", help="keep the prepared data here; used if there")
    p.add_argument("--network", required=True, metavar="NAME")
    p.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a setting of the network")
    p.add_argument("--out", type=Path, required=True, metavar="DIR")
    p.add_argument("--resume", action="store_true", help="go on with the run in --out")
    p.add_argument("--start", type=Path, metavar="DIR", help="begin with the weights of another run: fine-tuning")
    p.add_argument("--steps", type=int, metavar="N", help=f"default {DEFAULT_STEPS} unless --minutes is given")
    p.add_argument("--minutes", type=float, metavar="M", help="of training, over all resumed parts")
    p.add_argument("--batch", type=int, default=32, help="crops in each process")
    p.add_argument("--frames", type=int, default=120, help="frames in a crop, 15 a second")
    p.add_argument("--lr", type=float, default=1e-3)
    p.add_argument("--schedule", default="linear", metavar="KIND[:LAST[:GIVEN]]", help=" ".join(SCHEDULES))
    p.add_argument("--seed", type=int, default=0)
    p.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    p.add_argument("--precision", choices=("auto", "fp32", "bf16"), default="auto", help="auto is fp32")
    p.add_argument("--threads", type=int, metavar="N", help="of the CPU")
    p.add_argument("--save-every", type=float, default=60.0, metavar="SECONDS")
    p.add_argument("--validate-every", type=float, default=120.0, metavar="SECONDS")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    args = parser().parse_args(argv)
    try:
        train(args)
    except (ModelError, MotionError, AudioError) as err:
        print(f"model.train: {err}", file=sys.stderr)
        return 2
    return 0


def train(args: argparse.Namespace) -> None:
    """Everything between the command line and the finished folder."""
    plan, device = _plan(args), _device(args.device)
    if args.threads:
        torch.set_num_threads(args.threads)
    if not args.resume and (args.out / checkpoint.TRAINING).exists():
        raise ModelError(f"{args.out} already holds a run: give --resume to go on with it, or another --out")
    for folder in (args.out, *([args.corpus.parent] if args.corpus else [])):
        _check_folder(folder)  # before minutes of pairing
    with world(device) as place:
        with leader_first(place):
            corpus = _corpus(args).with_controls(getattr(checkpoint.network_class(args.network), "CONTROLS", ()))
        network, about = _network(args, corpus)
        crops = Crops(_split(corpus, "train"), args.frames, args.batch, args.seed, place.device)
        trainer = Trainer(network.to(place.device), crops, plan, args.out, about, place)
        args.out.mkdir(parents=True, exist_ok=True)
        if args.resume:
            trainer.restore()
        elif place.leads:
            (args.out / LOG).unlink(missing_ok=True)
        _run(trainer, corpus, args, place)


def _run(trainer: Trainer, corpus: Corpus, args: argparse.Namespace, place: World) -> None:
    stopped: list[int] = []
    before = {s: signal.signal(s, lambda number, _: stopped.append(number)) for s in (signal.SIGINT, signal.SIGTERM)}
    try:
        if not place.leads:
            # the same collective calls as the leader's: flush averages in both
            trainer.run(lambda: False, lambda _: None)
            trainer.flush()
            return
        rest = _split(corpus, "val")
        validation = Crops(rest, args.frames, args.batch, 1, place.device, mirror=False)
        shown = max(rest, key=lambda sequence: len(sequence.pose))
        watch = Watch(args.out, validation, shown, args.save_every, args.validate_every, trainer.step)
        trainer.run(lambda: bool(stopped), watch)
        trainer.flush()
        if not stopped:
            watch.validate(trainer)
        trainer.save(watch.metrics)
        watch.close()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _plan(args: argparse.Namespace) -> Plan:
    for name in ("steps", "minutes", "batch", "lr", "threads"):
        value = getattr(args, name)
        if value is not None and value <= 0:
            raise ModelError(f"--{name} must be above 0, not {value:g}")
    if args.frames < 2:
        raise ModelError(f"--frames must be at least 2, not {args.frames}")
    steps = args.steps if args.steps or args.minutes else DEFAULT_STEPS
    # networks this small wait for kernels, not for arithmetic, and joints are metres: 8 bits of bf16 are 4 mm
    precision = "fp32" if args.precision == "auto" else args.precision
    schedule = Schedule.parse(args.schedule)
    return Plan(steps, args.minutes, args.lr, schedule=schedule, seed=args.seed, precision=precision)


def _device(name: str) -> str:
    if name == "cuda" and not torch.cuda.is_available():
        raise ModelError("--device cuda: this machine has no CUDA device that torch can use; give --device cpu")
    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    return name


def _corpus(args: argparse.Namespace) -> Corpus:
    if args.corpus and args.corpus.exists():
        return load_corpus(args.corpus)
    if not args.dataset:
        raise ModelError("nothing to train on: give --dataset NAME:PATH, or --corpus with a file that exists")
    from model.pairing import prepare  # the whole ear, and slow to import

    corpus = prepare(args.dataset, seed=args.seed)
    if args.corpus:
        args.corpus.parent.mkdir(parents=True, exist_ok=True)
        fresh = args.corpus.with_name(args.corpus.name + ".new")
        corpus.save(fresh)
        os.replace(fresh, args.corpus)
    return corpus


def _check_folder(folder: Path) -> None:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if not there.is_dir() or not os.access(there, os.W_OK):
        raise ModelError(f"{folder} cannot be written: {there} is no folder that you may write to")


def _split(corpus: Corpus, name: str) -> list[Any]:
    if not (found := corpus.split(name)):
        raise ModelError(f"the data have no {name} split; give one more take (cut a long one in two) or another set")
    return found


def _network(args: argparse.Namespace, corpus: Corpus) -> tuple[Any, dict[str, Any]]:
    cls = checkpoint.network_class(args.network)
    first = corpus.sequences[0]
    config: dict[str, Any] = {
        "features": first.features.shape[1],
        "beat": first.beat.shape[1],
        "controls": first.controls.shape[1],
        "control_names": tuple(control.name for control in corpus.controls),
        "lead_frames": corpus.lead_frames,
    }
    fields = {field.name: field for field in dataclasses.fields(cls.Config)}
    config = {key: value for key, value in config.items() if key in fields}
    for setting in args.set:
        key, _, text = setting.partition("=")
        if key not in fields:
            raise ModelError(f"--set {setting}: {args.network} has no setting {key!r}; it has {', '.join(fields)}")
        config[key] = _value(setting, text, fields[key].default)
    torch.manual_seed(args.seed)
    network = checkpoint.build(args.network, config)
    network.set_statistics({name: torch.from_numpy(value) for name, value in corpus.statistics().items()})
    if hasattr(network, "study"):
        network.study(_takes(corpus))
    if args.start and not args.resume:
        other, was = checkpoint.load_network(args.start)
        if was["network"] != args.network or other.states != network.states:
            raise ModelError(
                f"--start {args.start}: that run's network has another shape: give the same --set and data"
            )
        network.load_state_dict(other.state_dict())
    about = {
        "network": args.network,
        "config": dataclasses.asdict(network.config),
        "controls": [dataclasses.asdict(control) for control in corpus.controls],
        "styles": list(corpus.styles),
        "training_data": corpus.training_data,
        "revision": checkpoint.revision(),
    }
    if args.resume:
        was = checkpoint.load_about(args.out)
        for key in ("network", "config", "controls"):
            if checkpoint.as_json(about[key]) != was[key]:
                raise ModelError(f"{args.out} was trained with another {key}: give the same, or another --out")
    return network, about


def _takes(corpus: Corpus) -> list[dict[str, Any]]:
    """Every take of the training split once, under the first of its songs."""
    once = {sequence.name: sequence for sequence in reversed(_split(corpus, "train"))}
    return [
        {"style": take.style, "pose": torch.from_numpy(take.pose), "beat": torch.from_numpy(take.beat)}
        for take in once.values()
    ]


def _value(setting: str, text: str, default: Any) -> Any:
    """`text` in the type of the setting's default; tuples are split at commas."""
    try:
        if isinstance(default, bool):
            return {"true": True, "false": False, "1": True, "0": False}[text.lower()]
        if isinstance(default, tuple):
            kind = type(default[0]) if default else str
            return tuple(kind(part) for part in text.split(",") if part)
        return type(default)(text)
    except (ValueError, KeyError):
        raise ModelError(f"--set {setting}: {text!r} is no {type(default).__name__}") from None


if __name__ == "__main__":
    sys.exit(main())
