"""What the show costs: milliseconds by section in histograms of fixed size, and counts. Nothing here grows."""

import json
import math
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SECTIONS = ("resample", "features", "beat", "step", "pose", "sinks", "frame")
LOWEST = 1e-6  # s, the first bin
PER_OCTAVE = 32  # bins: percentiles are true to 2.2 %
BINS = 24 * PER_OCTAVE  # up to 16 s


class Histogram:
    """Durations in bins of equal ratio; the highest is kept exactly."""

    def __init__(self) -> None:
        self._counts: NDArray[np.int64] = np.zeros(BINS, np.int64)
        self.highest = 0.0  # s
        self.count = 0

    def add(self, seconds: float) -> None:
        """Count one duration in seconds."""
        place = int(math.log2(max(seconds, LOWEST) / LOWEST) * PER_OCTAVE)
        self._counts[min(place, BINS - 1)] += 1
        self.count += 1
        self.highest = max(self.highest, seconds)

    def percentile(self, percent: float) -> float:
        """Seconds that `percent` of the durations do not exceed (upper edge of the bin, at most the highest)."""
        if not self.count:
            return 0.0
        place = int(np.searchsorted(np.cumsum(self._counts), percent / 100 * self.count))
        return float(min(LOWEST * 2.0 ** ((place + 1) / PER_OCTAVE), self.highest))

    def summary_ms(self) -> dict[str, float]:
        """p50, p99 and max in milliseconds."""
        found = {"p50": self.percentile(50), "p99": self.percentile(99), "max": self.highest}
        return {key: round(value * 1e3, 4) for key, value in found.items()}


@dataclass(frozen=True)
class Punctuality:
    """How poses in between went out live."""

    delay: float  # s after the danced ones, by plan
    late: Histogram  # s from the due instant to the sending
    skipped: int  # poses that never went out, as a newer one was due, too

    def as_dict(self) -> dict[str, object]:
        """All of it, ready for JSON; times in milliseconds."""
        return {
            "delay_ms": round(self.delay * 1e3, 1),
            "sent": self.late.count,
            "skipped": self.skipped,
            "after_due_ms": self.late.summary_ms(),
        }

    def line(self) -> str:
        """The same for people."""
        ms = self.late.summary_ms()
        return (
            f"{self.late.count} smooth poses sent {self.delay * 1e3:.0f} ms after the danced ones, "
            f"{self.skipped} skipped; after due p50 {ms['p50']:.3f}  p99 {ms['p99']:.3f}  max {ms['max']:.3f} ms"
        )


class Stats:
    """The account of one show. `start` and `lap` time the sections of a frame, one after the other."""

    def __init__(self, timer: Callable[[], float] = time.perf_counter) -> None:
        self._timer = timer
        self.began = self._last = self._frame = timer()
        self.sections = {name: Histogram() for name in SECTIONS}
        self.frames = 0  # steps made
        self.late = 0  # of these, not shown: a newer one was already due
        self.dropped_samples = 0  # at the source's rate, never heard
        self.broken = 0  # steps whose pose was not finite
        self.sink_errors: dict[str, int] = {}
        self.first_pose_s = 0.0  # from `began` to the first pose sent
        self.punctuality: Punctuality | None = None  # where poses in between go out by the clock

    def start(self) -> None:
        """Begin a row of sections now."""
        self._last = self._timer()

    def lap(self, section: str) -> None:
        """The time since the last start or lap belongs to `section`."""
        now = self._timer()
        self.sections[section].add(now - self._last)
        self._last = now

    def start_frame(self) -> None:
        """A frame begins, and with it its sections."""
        self.start()
        self._frame = self._last

    def end_frame(self, late: bool, dropped_samples: int) -> None:
        """A frame has been sent; the time since the last lap was the sinks'."""
        self.lap("sinks")
        self.sections["frame"].add(self._last - self._frame)
        if not self.frames:
            self.first_pose_s = self._last - self.began
        self.frames += 1
        self.late += late
        self.dropped_samples = dropped_samples

    def as_dict(self) -> dict[str, object]:
        """All of it, ready for JSON; times in milliseconds."""
        return {
            "frames": self.frames,
            "late": self.late,
            "dropped_samples": self.dropped_samples,
            "broken": self.broken,
            "sink_errors": dict(self.sink_errors),
            "first_pose_ms": round(self.first_pose_s * 1e3, 1),
            "smooth": self.punctuality.as_dict() if self.punctuality else None,
            "resident_mb": round(resident_mb(), 1),
            "ms": {name: histogram.summary_ms() for name, histogram in self.sections.items() if histogram.count},
        }

    def write(self, path: Path) -> None:
        """Write the JSON; the file appears whole or not at all."""
        part = path.with_name(path.name + ".part")
        part.write_text(json.dumps(self.as_dict(), indent=2) + "\n")
        os.replace(part, path)

    def lines(self, every_section: bool = False) -> list[str]:
        """The account for people, a line each; the whole frame's time, or each section's, too."""
        head = f"{self.frames} poses, {self.late} late, {self.dropped_samples} samples dropped"
        lines = [head + (f", memory {resident_mb():.0f} MB" if resident_mb() else "")]
        for name, histogram in self.sections.items():
            if histogram.count and (every_section or name == "frame"):
                ms = histogram.summary_ms()
                lines.append(f"  {name:<9} p50 {ms['p50']:8.3f}  p99 {ms['p99']:8.3f}  max {ms['max']:8.3f} ms")
        if self.punctuality:
            lines.append("  " + self.punctuality.line())
        lines += [f"  sink {name} failed {count} times" for name, count in self.sink_errors.items()]
        return lines


def resident_mb() -> float:
    """Resident memory of this process in MB (10^6 bytes); the highest so far where there is no /proc; 0 if unknown."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    return 0.0
