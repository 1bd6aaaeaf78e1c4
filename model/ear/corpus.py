"""The ear's training corpus: sequenced examples as log-mel hops with exact beats, in one file a part.

python -m model.ear.corpus OUT --hours 20 [--hard | --kind NAME[=SHARE] ...] [--kit FOLDER] [--jobs 2] [--seed 0]
"""

import argparse
import multiprocessing
import sys
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import numpy as np
from tqdm import tqdm

from audio import features
from audio.config import FRAME, HOPS_PER_FRAME, AudioError
from model.ear import kits as kit_folder
from model.ear import material
from model.ear.parts import Heard, write_part

SECONDS = 60.0  # of an example
PART = 60  # examples in a file


def hear(
    seed: int,
    seconds: float = SECONDS,
    kits: kit_folder.Kits | None = None,
    shares: Mapping[str, float] = material.SHARES,
) -> Heard:
    """Make the example of this seed and listen to it."""
    made = material.example(seed, seconds, kits, shares)
    hops = features.log_mel_of(made.samples)
    frames = len(made.samples) // FRAME
    log_mel = hops[: frames * HOPS_PER_FRAME].reshape(frames, HOPS_PER_FRAME, -1).astype(np.float16)
    return Heard(log_mel, made.beats, made.positions, made.music[:frames], made.kind)


def build(out: Path, hours: float, seed: int, kit: Path | None, jobs: int, shares: Mapping[str, float]) -> None:
    """Write the corpus; parts that are there already are kept."""
    out.mkdir(parents=True, exist_ok=True)
    kits = kit_folder.load(kit) if kit else None
    examples = round(hours * 3600 / SECONDS)
    parts = [(n, min(PART, examples - n)) for n in range(0, examples, PART)]
    work = partial(_build_part, out, seed, kits, shares)
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        for _ in tqdm(pool.imap_unordered(work, parts), total=len(parts), unit="part", desc="songs", disable=None):
            pass


def _build_part(
    out: Path, seed: int, kits: kit_folder.Kits | None, shares: Mapping[str, float], part: tuple[int, int]
) -> None:
    first, count = part
    path = out / f"part_{seed}_{first:06d}.npz"
    if not path.exists():
        write_part(path, [hear(seed + first + i, SECONDS, kits, shares) for i in range(count)])


def _share(text: str) -> tuple[str, float]:
    """NAME or NAME=SHARE. Raises ArgumentTypeError for a share that is no number over 0."""
    name, _, share = text.partition("=")
    try:
        number = float(share or 1.0)
    except ValueError:
        number = 0.0
    if not 0.0 < number < float("inf"):
        raise argparse.ArgumentTypeError(f"{text}: the share must be a number over 0")
    return name, number


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    p = argparse.ArgumentParser(prog="python -m model.ear.corpus", description="Sequence the music the ear learns.")
    p.add_argument("out", type=Path, help="folder of the parts; those that are there are kept")
    p.add_argument("--hours", type=float, default=20.0)
    p.add_argument("--seed", type=int, default=0, help="of the first example; the next have the next numbers")
    p.add_argument("--kit", type=Path, metavar="FOLDER", help="recorded drums (CC0) to mix in, with their index.json")
    which = p.add_mutually_exclusive_group()
    which.add_argument("--hard", action="store_true", help="mostly what the ear gets wrong: material.HARD")
    which.add_argument(
        "--kind",
        nargs="+",
        type=_share,
        metavar="NAME[=SHARE]",
        help="of these alone: kinds of python -m tools.songs --help, or styles by name",
    )
    p.add_argument("--jobs", type=int, default=2, help="processes")
    args = p.parse_args(argv)
    try:
        for name in ("hours", "jobs"):
            if not getattr(args, name) > 0:
                raise AudioError(f"--{name} {getattr(args, name):g} must be more than 0")
        shares = dict(args.kind) if args.kind else material.HARD if args.hard else material.SHARES
        for kind in shares:
            material.check(kind)
        build(args.out, args.hours, args.seed, args.kit, args.jobs, shares)
    except (AudioError, OSError) as err:
        print(f"model.ear.corpus: {err}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
