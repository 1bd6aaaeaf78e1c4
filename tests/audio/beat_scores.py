"""How well the beat engine keeps time, scored with mir_eval: python tests/audio/beat_scores.py FOLDER [seconds ahead]

FOLDER holds NAME.ogg beside NAME.beats (seconds, tab, position in bar).
"""

import sys
from pathlib import Path

import mir_eval
import numpy as np
from numpy.typing import NDArray

from audio import beat, features, framing, resample
from audio.config import FRAME_RATE
from audio.files import open_blocks

F32 = NDArray[np.float32]
F64 = NDArray[np.float64]
TRIM = 5.0  # s, as mir_eval.beat.trim_beats has it: time to lock


def announced_beats(samples: F32, ahead: float = 0.0) -> tuple[F64, F64, F64]:
    """Beats as announced `ahead` seconds early, none revised later: (times, positions in the bar, confidence)."""
    frames, _ = framing.push(framing.init(), samples)
    heard, clock = features.init(), beat.init()
    times: list[float] = []
    positions, confidence = [], []
    for number, frame in enumerate(frames, 1):
        frame_features, heard = features.push(heard, frame)
        clock = beat.push(clock, frame_features)
        now = beat.predict(clock, ahead)
        since = now.beat_phase * now.period
        time = number / FRAME_RATE + ahead - since
        if since < 1.0 / FRAME_RATE + 0.01 and time > 0 and (not times or time - times[-1] > 0.4 * now.period):
            times.append(time)
            positions.append(now.beat_in_bar)
            confidence.append(now.confidence)
    return np.array(times), np.array(positions, float), np.array(confidence)


def f_measure(reference: F64, estimated: F64) -> float:
    """mir_eval's F (70 ms), both sides trimmed by 5 s."""
    trim = mir_eval.beat.trim_beats
    return float(mir_eval.beat.f_measure(trim(reference, TRIM), trim(estimated, TRIM)))


def octave_f_measure(reference: F64, estimated: F64) -> float:
    """The best F against the beats, every second of them, and the doubled grid: never against the off-beat."""
    doubled = np.sort(np.concatenate([reference, (reference[1:] + reference[:-1]) / 2]))
    grids = [reference, reference[::2], reference[1::2]]
    if len(estimated) > 1.5 * len(reference):
        grids.append(doubled)
    return max(f_measure(grid, estimated) for grid in grids)


def signed_error(reference: F64, estimated: F64) -> float:
    """Median of estimated minus nearest reference beat, seconds, among those within 70 ms."""
    error = np.array([time - reference[np.abs(reference - time).argmin()] for time in estimated])
    near = error[np.abs(error) < 0.07]
    return float(np.median(near)) if len(near) else 0.0


def read_song(path: Path) -> F32:
    """A whole file at the stage rate."""
    rate, blocks = open_blocks(path)
    samples, _ = resample.push(resample.init(rate), np.concatenate(list(blocks)))
    return samples


def main(folder: Path, ahead: float) -> None:
    """Print a line for each song of the folder, and the means."""
    rows = []
    for path in sorted(folder.glob("*.ogg")):
        reference = np.loadtxt(path.with_suffix(".beats"))
        times, positions, confidence = announced_beats(read_song(path), ahead)
        nearest = np.abs(reference[:, 0][None] - times[:, None]).argmin(axis=1)
        hits = np.abs(reference[nearest, 0] - times) < 0.07
        down = float(np.mean(reference[nearest[hits], 1] == positions[hits])) if hits.any() else 0.0
        row = (f_measure(reference[:, 0], times), octave_f_measure(reference[:, 0], times), down)
        rows.append((*row, signed_error(reference[:, 0], times), float(confidence.mean())))
        print(
            f"{path.stem:24s} F {row[0]:.2f} octave {row[1]:.2f} bar {down:.2f} {rows[-1][3] * 1e3:+4.0f} ms"
            f" confidence {rows[-1][4]:.2f}"
        )
    table = np.array(rows)
    mean = table.mean(axis=0)
    print(
        f"{len(table)} songs: F {mean[0]:.3f} octave {mean[1]:.3f} bar {mean[2]:.3f}"
        f" median error {np.median(table[:, 3]) * 1e3:+.0f} ms; F >= 0.9: {int((table[:, 0] >= 0.9).sum())}"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), float(sys.argv[2]) if len(sys.argv) > 2 else 0.0)
