"""Dance to a song without a stage: python -m tools.dance song.mp3 dance.npz (or dance.bvh).

The same objects as `realtime.run --pace fast`, so the poses are the same bits.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import soundfile
from tqdm import tqdm

from audio.config import FRAME_RATE, AudioError
from export.manifest import DancerFileError
from motion import bvh
from motion.skeleton import BONES, HUMANOID, PARENTS, MotionError
from realtime import dancers
from realtime.controls import SEED_LIMIT
from realtime.engines.open import open_engine
from realtime.frame import StageError, StageFrame
from realtime.loop import dance
from realtime.session import Session
from realtime.sinks.base import StageInfo
from realtime.sinks.npz import NpzSink
from realtime.sinks.open import parse
from realtime.sources.file import FileSource

LATER = (".mp4", ".glb")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m tools.dance", description="Dance to a song, into a file.")
    parser.add_argument("song", type=Path, help="any sound file")
    parser.add_argument("out", type=Path, metavar="OUT.(npz|bvh)", help="all poses, or one dancer as BVH at 15 Hz")
    parser.add_argument("--dancer", metavar="NAME|FILE", help="a shipped dancer or a file (default: the best one)")
    parser.add_argument("--engine", default="auto", choices=["auto", "onnx", "torchscript"])
    parser.add_argument("--dancers", type=int, default=1, metavar="N")
    parser.add_argument("--style", metavar="NAME")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--lead-ms", type=float, default=0.0, metavar="MS")
    wanted = parser.parse_args(argv)
    try:
        _check(wanted)
        engine = open_engine(dancers.find(wanted.dancer), wanted.engine)
        source = FileSource(wanted.song, lambda line: print(f"tools.dance: {line}", file=sys.stderr))
        session = Session(engine, source.rate, wanted.dancers, wanted.seed, wanted.lead_ms)
        if wanted.style is not None:
            session.controls.set_style(wanted.style)
        frames = tqdm(dance(source.blocks(), session), total=_length(wanted.song), unit="pose", desc=wanted.song.name)
        if wanted.out.suffix == ".bvh":
            write_bvh(wanted.out, frames)
        else:
            write_npz(wanted.out, frames, session)
    except (StageError, AudioError, DancerFileError, MotionError) as err:
        print(f"tools.dance: {err}", file=sys.stderr)
        return 2
    print(f"{wanted.out}: {session.moment.index} poses, {session.moment.index / FRAME_RATE:.1f} s")
    return 0


def write_npz(out: Path, frames: Iterator[StageFrame], session: Session) -> None:
    """The stage's own recorder; nothing is left behind when it is interrupted."""
    manifest = session.engine.manifest
    info = StageInfo(manifest, session.dancers, session.moment.seed, FRAME_RATE, session.lead, manifest.styles)
    sink = NpzSink(parse(f"npz:{out}", info))
    try:
        for frame in frames:
            sink.send(frame)
    except BaseException:
        sink.abandon()
        raise
    sink.close()


def write_bvh(out: Path, frames: Iterator[StageFrame]) -> None:
    """The first dancer's motion; the file appears whole or not at all. Raises StageError for a song under 1/15 s."""
    danced = list(frames)
    if not danced:
        raise StageError("the song is shorter than one pose, 1/15 s")
    root = np.array([frame.root_position[0] for frame in danced])
    local = np.array([frame.rotations[0] for frame in danced])
    part = out.with_name(out.name + ".part")
    bvh.write(part, BONES, PARENTS, HUMANOID.offsets, root, local, FRAME_RATE)
    os.replace(part, out)


def _check(wanted: argparse.Namespace) -> None:
    suffix = wanted.out.suffix
    if suffix in LATER:
        raise StageError(f"{suffix} files come in a later version: write {wanted.out.stem}.npz or .bvh")
    if suffix not in (".npz", ".bvh"):
        raise StageError(f"{wanted.out} should end in .npz or .bvh")
    if not wanted.out.parent.is_dir():
        raise StageError(f"there is no folder {wanted.out.parent}: make it first")
    if wanted.dancers < 1:
        raise StageError(f"--dancers {wanted.dancers} must be 1 or more")
    if suffix == ".bvh" and wanted.dancers != 1:
        raise StageError("a .bvh holds one dancer: write an .npz, or leave --dancers away")
    if not 0 <= wanted.seed < SEED_LIMIT:
        raise StageError(f"--seed {wanted.seed} must be 0 to {SEED_LIMIT - 1}")


def _length(song: Path) -> int | None:
    """How many poses the song will give, for the bar; None where its header does not say."""
    try:
        return int(soundfile.info(song).duration * FRAME_RATE)
    except (soundfile.LibsndfileError, OSError):
        return None


if __name__ == "__main__":
    sys.exit(main())
