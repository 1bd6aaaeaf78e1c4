"""Timings: percentiles that are true to a few percent, in memory that does not grow."""

import sys

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.stats import Histogram, Stats


@given(st.lists(st.floats(2e-6, 10.0), min_size=1, max_size=300), st.sampled_from([1.0, 50.0, 90.0, 99.0]))
@settings(max_examples=60)
def test_a_percentile_is_true_to_three_percent(durations: list[float], percent: float) -> None:
    histogram = Histogram()
    for seconds in durations:
        histogram.add(seconds)
    exact = float(np.percentile(durations, percent, method="inverted_cdf"))
    assert exact * 0.999 <= histogram.percentile(percent) <= exact * 1.03


def test_the_highest_is_exact_and_durations_out_of_range_are_counted() -> None:
    histogram = Histogram()
    for seconds in (0.0, 1e-9, 0.5, 400.0):
        histogram.add(seconds)
    assert histogram.count == 4
    assert histogram.highest == 400.0
    assert histogram.summary_ms()["max"] == 400_000.0


def test_nothing_grows_with_the_length_of_the_show() -> None:
    ticks = iter(range(10**9))
    stats = Stats(timer=lambda: next(ticks) * 1e-3)

    def play(frames: int) -> int:
        for _ in range(frames):
            stats.start_frame()
            stats.lap("features")
            stats.end_frame(False, 0)
        return sum(sys.getsizeof(part._counts) for part in stats.sections.values())

    assert play(10) == play(5_000)
    assert stats.sections["features"].summary_ms() == {"p50": 1.0, "p99": 1.0, "max": 1.0}
    assert stats.sections["frame"].summary_ms()["max"] == 2.0
