"""The dancers' chance: repeatable, independent of order, uniform."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.noise import Noise


@given(order=st.permutations(range(12)), seed=st.integers(0, 2**62))
@settings(max_examples=20, deadline=None)
def test_a_frame_has_the_same_noise_in_whatever_order_frames_are_asked_for(order: list[int], seed: int) -> None:
    noise = Noise(2, 7)
    forward = {frame: noise.draw(seed, frame) for frame in range(12)}
    again = Noise(2, 7)
    for frame in order:
        np.testing.assert_array_equal(again.draw(seed, frame), forward[frame])


def test_it_is_the_generator_that_numpy_calls_philox() -> None:
    raw = np.random.Philox(counter=[0, 9, 0, 0], key=[5, 1]).random_raw(2)
    words = [int(value) >> shift & 0xFFFFFFFF for value in raw for shift in (0, 32)]
    expected = [((word >> 9) + 0.5) / 2**23 for word in words]
    np.testing.assert_array_equal(Noise(2, 4).draw(5, 9)[1], np.array(expected, np.float32))


def test_a_dancer_keeps_its_noise_when_others_join() -> None:
    np.testing.assert_array_equal(Noise(5, 16).draw(3, 100)[:2], Noise(2, 16).draw(3, 100))


def test_seeds_dancers_and_frames_all_differ() -> None:
    draws = [Noise(3, 8).draw(seed, frame)[dancer] for seed in (0, 1) for frame in (0, 1) for dancer in range(3)]
    assert len({draw.tobytes() for draw in draws}) == 12


def test_long_draws_of_neighbouring_frames_share_nothing() -> None:
    first, second = (Noise(1, 4096).draw(0, frame).ravel() for frame in (0, 1))
    assert not np.intersect1d(first[:64], second).size > 2


@pytest.mark.parametrize("size", [0, 1, 2, 3, 64])
def test_there_is_one_number_for_each_dancer_and_place(size: int) -> None:
    draw = Noise(3, size).draw(0, 0)
    assert draw.shape == (3, size)
    assert draw.dtype == np.float32


def test_numbers_are_uniform_and_never_touch_zero_or_one() -> None:
    drawn = np.concatenate([Noise(4, 1000).draw(11, frame).ravel() for frame in range(250)])  # a million
    assert drawn.min() > 0.0
    assert drawn.max() < 1.0
    counts, _ = np.histogram(drawn, bins=100, range=(0, 1))
    chi_square = float(((counts - 1e4) ** 2 / 1e4).sum())
    assert 50 < chi_square < 165  # 99 degrees of freedom: far beyond both 1e-4 quantiles
