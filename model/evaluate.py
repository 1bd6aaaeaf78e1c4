"""Measure dancers beside recorded dances: `python -m model.evaluate --dancer FILE --takes cmu:PATH --out DIR`.

Each dancer hears every song as the stage does and dances it frame by frame with the stage's rules, in every style and
with several seeds. Every number stands beside that of the recorded dances, its chance level and its bounds.
"""

import argparse
import importlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tqdm import tqdm

from audio.config import AudioError
from export.manifest import DancerFileError
from model.baselines import BASELINES
from model.checkpoint import ModelError
from model.datasets.reading import read_takes
from model.datasets.take import Take
from model.evaluation import control, music, recital, rhythm, size, table, variety
from model.evaluation.dance import SHORTEST, recorded
from model.evaluation.performing import Dancer, open_dancer
from model.evaluation.recital import Ears, Programme, Recital
from model.evaluation.table import TRUTH, Column
from model.evaluation.truth import Truth
from motion.skeleton import MotionError

FAMILIES = rhythm.ROWS | size.ROWS | variety.ROWS | control.ROWS
QUICK = {"songs": 6, "seconds": 24.0, "seeds": 1, "minutes": 0.0}
SECONDS = 64.0  # the first four are not scored


@dataclass(frozen=True)
class Measured:
    """All that was danced and what came out."""

    truth: Truth
    recitals: dict[str, Recital]
    columns: dict[str, Column]


def parser() -> argparse.ArgumentParser:
    """The command line of the evaluation."""
    p = argparse.ArgumentParser(
        prog="python -m model.evaluate",
        description="Measure dancers, or with --beats FOLDER (see --beats FOLDER --help) the beat engine.",
    )
    p.add_argument(
        "--dancer",
        action="append",
        default=[],
        metavar="FILE|DIR|loop|matching",
        help="a dancer file with its .pt twin, a checkpoint folder, or a baseline made of the takes; repeat for more",
    )
    p.add_argument(
        "--takes",
        action="append",
        default=[],
        metavar="NAME:PATH[@STYLE,STYLE][#K/N]",
        help="recorded dances; #K/N: fold K of N",
    )
    p.add_argument("--music", default="demo", metavar="demo|takes|FOLDER", help="FOLDER: sounds beside .beats files")
    p.add_argument("--songs", type=int, metavar="N", help="that many of them (default: all; demo 24)")
    p.add_argument("--split", default="val", help="whose songs --music takes plays (default: val)")
    p.add_argument("--seconds", type=float, default=SECONDS, help=f"of each song, at most (default: {SECONDS:g})")
    p.add_argument("--seeds", type=int, default=2, metavar="N", help="dances to each song and style (default: 2)")
    p.add_argument(
        "--control", action="append", default=[], metavar="NAME=VALUE", help="held throughout, such as tightness=1"
    )
    p.add_argument("--minutes", type=float, default=10.0, help="of the long dance (default: 10; 0: none)")
    p.add_argument("--quick", action="store_true", help="six songs of 24 s, one seed, no long dance")
    p.add_argument("--out", type=Path, metavar="DIR", help="write report.json and report.html here")
    return p


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    argv = sys.argv[1:] if argv is None else argv
    if any(word.partition("=")[0] == "--beats" for word in argv):
        from model import beat_evaluation  # another measurement, of the ear

        return beat_evaluation.main(argv)
    args = parser().parse_args(argv)
    if args.quick:
        vars(args).update(QUICK)
    try:
        _check(args)
        takes = read_takes(args.takes)
        dancers = [_dancer(name, takes) for name in args.dancer]
        controls = _controls(args.control, dancers)
        heard = [take for take in takes if take.split == args.split] if args.music == "takes" else takes
        songs = music.read(args.music, heard, args.seconds, args.songs)
        measured = evaluate(dancers, takes, Programme(songs, args.seeds, controls, args.minutes))
    except (ModelError, MotionError, AudioError, DancerFileError) as err:
        print(f"model.evaluate: {err}", file=sys.stderr)
        return 2
    print(table.text(FAMILIES, measured.columns))
    if args.out:
        _write(args.out, measured, _about(args, songs, takes))
    return 0


def evaluate(dancers: list[Dancer], takes: list[Take], programme: Programme) -> Measured:
    """Let all dance and measure them beside the takes; raises ModelError."""
    found = [recorded(take) for take in tqdm(takes, desc=TRUTH, unit="take", disable=None)]
    truth = Truth(
        [dance for dance in found if dance.seconds >= SHORTEST],
        [take.name for take in takes if take.split == "train"],
    )
    if not truth.dances:
        raise ModelError("no take is long enough to stand beside: eight seconds at least")
    ears, recitals = Ears(), {}
    for song in tqdm(programme.songs, desc="listening", unit="song", disable=None):
        for lead in {dancer.lead_frames for dancer in dancers}:
            ears.hear(song.name, song.samples, lead)
    for dancer in dancers:
        recitals[dancer.name] = recital.recite(dancer, programme, ears)
    columns = {TRUTH: _recorded_column(truth)}
    for name, danced in tqdm(recitals.items(), desc="measuring", unit="dancer", disable=None):
        columns[name] = _column(danced, truth)
    return Measured(truth, recitals, columns)


def _column(danced: Recital, truth: Truth) -> Column:
    cells = rhythm.column(danced.dances, danced.silent, danced.strange)
    cells |= size.column(danced.dances, danced.silent, danced.long, truth)
    return cells | variety.column(danced.dances, danced.long, truth) | control.column(danced, truth)


def _recorded_column(truth: Truth) -> Column:
    cells = rhythm.column(truth.dances, [])
    return cells | size.column(truth.dances, [], [], truth) | variety.of_the_recorded(truth)


def _check(args: argparse.Namespace) -> None:
    if not args.dancer:
        raise ModelError("nobody dances: give --dancer FILE (or loop, or matching)")
    if not args.takes:
        raise ModelError("no recorded dances to stand beside: give --takes NAME:PATH")
    if args.seconds < SHORTEST + rhythm.BEGIN or args.seeds < 1 or args.minutes < 0:
        raise ModelError(f"--seconds must be {SHORTEST + rhythm.BEGIN:g} or more, --seeds 1, --minutes 0")
    if (args.songs or 1) < 1:
        raise ModelError("--songs must be 1 or more")


def _controls(words: list[str], dancers: list[Dancer]) -> dict[str, float]:
    """What NAME=VALUE words say, of controls that some dancer has."""
    known = {spec.name: spec for dancer in dancers for spec in dancer.controls}
    found = {}
    for word in words:
        name, _, text = word.partition("=")
        if name not in known:
            raise ModelError(f"--control {word}: nobody has it; there are {', '.join(known) or 'none'}")
        low, high = known[name].low, known[name].high
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise ModelError(f"--control {word}: {name} must be a number from {low:g} to {high:g}")
        found[name] = value
    return found


def _dancer(word: str, takes: list[Take]) -> Dancer:
    if word not in BASELINES:
        return open_dancer(Path(word))
    module, _, function = BASELINES[word].partition(":")
    built: Dancer = getattr(importlib.import_module(module), function)(takes)
    return built


def _about(args: argparse.Namespace, songs: list[music.Song], takes: list[Take]) -> dict[str, Any]:
    return {
        "dancers": args.dancer,
        "takes": args.takes,
        "recorded minutes": round(sum(len(t.root) / t.fps for t in takes) / 60, 2),
        "music": args.music,
        "songs": [song.name for song in songs],
        "seconds": args.seconds,
        "seeds": args.seeds,
        "controls": args.control,
        "minutes": args.minutes,
    }


def _write(folder: Path, measured: Measured, about: dict[str, Any]) -> None:
    from model import report  # matplotlib

    folder.mkdir(parents=True, exist_ok=True)
    numbers = {"about": about, "measures": table.as_json(FAMILIES, measured.columns)}
    (folder / "report.json").write_text(json.dumps(numbers, indent=1) + "\n")
    page = report.html(measured.truth, measured.recitals, measured.columns, about)
    (folder / "report.html").write_text(page, "utf-8")


if __name__ == "__main__":
    sys.exit(main())
