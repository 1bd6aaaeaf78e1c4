"""Let the ear listen for a day, as fast as it can: `python -m tools.soak --hours 24`.

Sequenced songs and pauses run end to end through resampling, features and the beat engine, cut into blocks of random
sizes. Every hour a line: whether all is finite, how well the beats of that hour were kept, how much memory is held.
It ends with exit code 1 where something was not finite, beats ran backward, time was lost or memory grew.
"""

import argparse
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from audio import announce, demo
from audio.beat import BeatState
from audio.config import FRAME, FRAME_RATE, RATE
from model.beat_metrics import f_measure

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]

SONGS, SECONDS = 12, 90.0
PAUSE = 10.0  # s of silence after every third song
MOST_GROWTH_MB = 4.0  # of memory, from the second hour to the last
STATUS = Path("/proc/self/statm")
PAGE = resource.getpagesize()


def programme() -> tuple[F32, F64]:
    """A repertoire in one piece, and its beats."""
    parts, beats, at = [], [], 0.0
    for number in range(SONGS):
        song = demo.song(number, seconds=SECONDS)
        pause = np.zeros(round(PAUSE * RATE) if number % 3 == 2 else 0, np.float32)
        parts += [song.samples, pause]
        beats.append(song.beats + at)
        at += (len(song.samples) + len(pause)) / RATE
    return np.concatenate(parts), np.concatenate(beats)


def cut(samples: F32, hours: float, seed: int) -> Iterator[F32]:
    """The repertoire again and again, in blocks of random sizes, for exactly so many hours."""
    rng, place, left = np.random.default_rng(seed), 0, round(hours * 3600 * RATE)
    while left:
        size = min(int(rng.integers(1, 4 * FRAME)), left, len(samples) - place)
        yield samples[place : place + size]
        left, place = left - size, (place + size) % len(samples)


def resident_mb() -> float:
    """Memory held now."""
    return int(STATUS.read_text().split()[1]) * PAGE / 1e6


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
    if len(held) > 2 and held[-1] - held[1] > MOST_GROWTH_MB:
        wrong.append(f"memory grew by {held[-1] - held[1]:.1f} MB")
    return wrong


def hour_score(said: F64, beats: F64, length: float, now: float) -> float:
    """F of an hour's announcements against the repertoire's beats."""
    first = int(max(0.0, now - 3600.0) // length)
    true = np.concatenate([beats + n * length for n in range(first, int(now // length) + 1)])
    return f_measure(true[(true > now - 3600.0) & (true <= now)] - now + 3600.0, said - now + 3600.0)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; returns the exit code."""
    p = argparse.ArgumentParser(prog="python -m tools.soak", description="Let the ear listen for a day, fast.")
    p.add_argument("--hours", type=float, default=24.0, help="of sound")
    p.add_argument("--seed", type=int, default=0, help="of the sizes of the blocks")
    args = p.parse_args(argv)
    wrong = soak(args.hours, args.seed)
    for line in wrong[:20]:
        print(f"soak: {line}", file=sys.stderr)
    print(f"{args.hours:g} h: {'all well' if not wrong else f'{len(wrong)} faults'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
