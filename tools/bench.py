"""How fast is it here?  python -m tools.bench [--dancer NAME|FILE] [--json FILE]

One processor thread for everything. Two paces: as fast as possible, and at 15 poses a second, where the caches are cold
and the processor clocked down, as on a stage. Beside the dancer runs Dance Revolution's network at its published size
(causal, so that it can be stepped at all), exported and run in the same way: speeds are given as a ratio to it.
"""

import argparse
import json
import platform
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
import torch
from tqdm import tqdm

from audio.config import FRAME_RATE, AudioError
from export.manifest import DancerFileError
from realtime import dancers
from realtime.clock import WallClock
from realtime.engines.base import Engine
from realtime.engines.open import SUFFIXES, open_engine
from realtime.frame import StageError
from realtime.loop import run_stream
from realtime.session import Session
from realtime.sinks.null import NullSink
from realtime.sinks.open import Sinks
from realtime.sources.base import PacedSource, Source
from realtime.sources.demo import DemoSource
from tools import bench_smooth, bench_steps

CROWD = (1, 2, 4, 8, 16, 32, 64)  # dancers
Row = dict[str, Any]


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with one line on stderr."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench", description="How fast is it here?")
    parser.add_argument("--dancer", metavar="NAME|FILE", help="a shipped dancer or a file (default: the best one)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each paced measurement (default: 10)")
    parser.add_argument("--frames", type=int, default=600, help="of each fast measurement (default: 600)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all numbers there, too")
    wanted = parser.parse_args(argv)
    torch.set_num_threads(1)
    try:
        result = measure(dancers.find(wanted.dancer), wanted.frames, wanted.seconds)
    except (StageError, AudioError, DancerFileError) as err:
        print(f"tools.bench: {err}", file=sys.stderr)
        return 2
    print(report(result))
    if wanted.json:
        wanted.json.write_text(json.dumps(result, indent=2) + "\n")
    return 0


def measure(path: Path, frames: int, seconds: float) -> dict[str, Any]:
    """All measurements of one dancer file: machine, frame (by section), step (against the reference), crowd, smooth."""
    engines = list(_engines(path))
    paced_frames = max(1, round(seconds * FRAME_RATE))
    tasks = 2 * len(engines) + len(CROWD) + 1
    with tqdm(total=tasks, desc="stage", unit="run", leave=False) as bar, tempfile.TemporaryDirectory() as folder:
        frame: list[Row] = []
        for engine in engines:
            for pace, count in (("fast", frames), ("paced", paced_frames)):
                frame.append({"engine": engine.provider, "pace": pace, "ms": stage(engine, 1, pace, count)})
                bar.update()
        crowd = []
        for count in CROWD:
            ms = stage(engines[0], count, "fast", max(30, frames // count))
            crowd.append({"dancers": count, "ms": ms["frame"], "holds": ms["frame"]["p99"] < 1e3 / FRAME_RATE})
            bar.update()
        smooth = bench_smooth.measure(engines[0], paced_frames)
        bar.update()
        bar.set_description("network")
        step = bench_steps.compare(path, engines, Path(folder), frames, paced_frames)
    measured = {"frame": frame, "crowd": crowd, "smooth": smooth, "step": step}
    return {"dancer": engines[0].manifest.name, "machine": machine(), **measured}


def stage(engine: Engine, count: int, pace: str, frames: int) -> dict[str, dict[str, float]]:
    """Milliseconds (p50, p99, max) of each section of the stage's own loop, over demo music."""
    source: Source = DemoSource(0, lambda line: None)
    if pace == "paced":
        source = PacedSource(source, WallClock())
    session = Session(engine, source.rate, count)
    with source:
        run_stream(source, session, Sinks([("null", NullSink.__new__(NullSink))], print), frames)
    return {name: histogram.summary_ms() for name, histogram in session.stats.sections.items()}


def _engines(path: Path) -> Iterator[Engine]:
    """The dancer in each engine whose file is there."""
    for suffix, name in SUFFIXES.items():
        if path.with_suffix(suffix).is_file():
            yield open_engine(path.with_suffix(suffix), name, "cpu")


def machine() -> dict[str, str]:
    """Where this was measured."""
    name = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        name = models[0].partition(": ")[2] if models else name
    return {
        "processor": name,
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "onnxruntime": onnxruntime.__version__,
        "torch": torch.__version__,
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else "none",
    }


def report(result: dict[str, Any]) -> str:
    """The tables for people."""
    lines = [f"{result['dancer']} on {result['machine']['processor']}, one thread; milliseconds", ""]
    for row in result["frame"]:
        lines.append(f"whole frame, {row['engine']}, {row['pace']}")
        for name, ms in row["ms"].items():
            lines.append(f"  {name:<9} p50 {ms['p50']:8.3f}  p99 {ms['p99']:8.3f}  max {ms['max']:8.3f}")
    lines += ["", f"{'network step':<34}{'pace':<7}{'p50':>9}{'p99':>9}{'reference':>11}{'times as fast':>15}"]
    for row in result["step"]:
        ms, other = row["ms"], row["reference_ms"]
        lines.append(
            f"{row['engine']:<26}{row['dancers']:>7} {row['pace']:<7}{ms['p50']:9.3f}{ms['p99']:9.3f}"
            f"{other['p50']:11.3f}{row['ratio']:15.2f}"
        )
    lines += ["", *bench_smooth.report(result["smooth"])]
    lines += ["", f"{'dancers':>7}{'frame p50':>12}{'p99':>9}  15 poses a second on one core"]
    for row in result["crowd"]:
        ms = row["ms"]
        lines.append(f"{row['dancers']:>7}{ms['p50']:12.3f}{ms['p99']:9.3f}  {'yes' if row['holds'] else 'no'}")
    most = max((row["dancers"] for row in result["crowd"] if row["holds"]), default=0)
    return "\n".join([*lines, f"{most} of {CROWD[-1]} dancers tried hold 15 poses a second on one core"])


if __name__ == "__main__":
    sys.exit(main())
