"""Let the ear listen for a day, as fast as it can: `python -m tools.soak --hours 24`; with --dancer, dance.

Sequenced songs and pauses run end to end through resampling, features and the beat engine, cut into blocks of random
sizes. Every hour a line: whether all is finite, how well the beats of that hour were kept, how much memory is held.
It ends with exit code 1 where something was not finite, beats ran backward, time was lost or memory grew.
"""

import argparse
import sys

import numpy as np
from tqdm import tqdm

from audio import announce
from audio.beat import BeatState
from audio.config import FRAME_RATE, RATE
from export.manifest import DancerFileError
from model.beat_metrics import f_measure
from realtime.frame import StageError
from tools.soak_sound import F64, cut, growth, programme, resident_mb


def finite(clock: BeatState) -> bool:
    """Whether every number of the engine is one."""
    arrays = (clock.belief, clock.activation.hops, clock.activation.first, clock.activation.second, clock.bar.belief)
    return all(np.isfinite(array).all() for array in arrays) and np.isfinite(clock.clock.beats + clock.clock.period)


def soak(hours: float, seed: int) -> list[str]:
    """Listen; returns what was wrong."""
    samples, beats = programme()
    length = len(samples) / RATE
    frames, said, state, wrong = 0, [], announce.init(0.0), []
    last_beats, held = -1.0, []
    with tqdm(total=round(hours * 3600), unit="s", unit_scale=True, disable=None) as bar:
        for heard in announce.hear(RATE, cut(samples, hours, seed)):
            new, state = announce.push(state, heard.clock, heard.audio_time)
            said += [one.time for one in new]
            frames += 1
            if heard.clock.clock.beats <= last_beats:
                wrong.append(f"the clock stood still or ran backward at {heard.audio_time:.1f} s")
            last_beats = heard.clock.clock.beats
            if frames % FRAME_RATE == 0:
                bar.update()
            if frames % (3600 * FRAME_RATE) == 0:
                held.append(resident_mb())
                score = hour_score(np.array(said), beats, length, heard.audio_time)
                bar.write(f"hour {frames // (3600 * FRAME_RATE):3d}: F {score:.3f}, {held[-1]:.1f} MB")
                said.clear()
                if not finite(heard.clock):
                    wrong.append(f"not finite at {heard.audio_time:.0f} s")
    if frames != int(hours * 3600 * FRAME_RATE):
        wrong.append(f"{frames} frames instead of {int(hours * 3600 * FRAME_RATE)}")
    return wrong + growth(held)


def hour_score(said: F64, beats: F64, length: float, now: float) -> float:
    """F of an hour's announcements against the repertoire's beats."""
    first = int(max(0.0, now - 3600.0) // length)
    true = np.concatenate([beats + n * length for n in range(first, int(now // length) + 1)])
    return f_measure(true[(true > now - 3600.0) & (true <= now)] - now + 3600.0, said - now + 3600.0)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    p = argparse.ArgumentParser(
        prog="python -m tools.soak", description="Let the ear listen, or a dancer dance, for a day, as fast as it can."
    )
    p.add_argument("--dancer", metavar="NAME|FILE", help="dance, too, and say every hour how (default: only listen)")
    p.add_argument("--hours", type=float, default=24.0, help="of sound")
    p.add_argument("--seed", type=int, default=0, help="of the sizes of the blocks")
    args = p.parse_args(argv)
    try:
        wrong = _dance(args) if args.dancer else soak(args.hours, args.seed)
    except (StageError, DancerFileError) as err:
        print(f"tools.soak: {err}", file=sys.stderr)
        return 2
    for line in wrong[:20]:
        print(f"soak: {line}", file=sys.stderr)
    print(f"{args.hours:g} h: {'all well' if not wrong else f'{len(wrong)} faults'}")
    return 1 if wrong else 0


def _dance(args: argparse.Namespace) -> list[str]:
    from tools import soak_dance  # opens an engine

    return soak_dance.soak(args.dancer, args.hours, args.seed)


if __name__ == "__main__":
    sys.exit(main())
