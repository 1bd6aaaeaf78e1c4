"""Where in the bar a beat lies: every metre from ideal downbeats, and a reading that is kept until another is clear."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio import bar
from audio.bar import Bar


def heard(counted: Bar, metre: int, first: int, last: int, origin: int, sure: float = 0.9) -> Bar:
    """Beats `first` to `last`, with a downbeat where (number - origin) is a multiple of the metre."""
    for number in range(first, last):
        down = sure if (number - origin) % metre == 0 else 1.0 - sure
        counted = bar.listen(counted, number, down, 0.9)
    return counted


def believed(counted: Bar) -> float:
    """The chance that the position told is right, 0-1."""
    return float(counted.belief[bar.STATES.index((counted.metre, (counted.number - counted.origin) % counted.metre))])


@pytest.mark.parametrize("metre", bar.METRES)
@pytest.mark.parametrize("origin", [0, 1, 2])
def test_every_metre_is_found_from_ideal_downbeats_within_six_bars(metre: int, origin: int) -> None:
    counted = heard(bar.init(), metre, 0, 6 * metre + 2, origin)
    assert counted.metre == metre
    assert bar.position(counted, float(origin + 7 * metre)) == 0.0
    assert bar.position(counted, origin + 7 * metre + 1.25) == 1.25
    assert believed(counted) > 0.8


def test_four_is_found_within_three_bars_and_then_kept() -> None:
    counted = heard(bar.init(), 4, 0, 13, 3)
    assert (counted.metre, bar.position(counted, 15.0)) == (4, 0.0)
    for last in range(14, 60):
        counted = heard(counted, 4, last - 1, last, 3)
        assert (counted.metre, bar.position(counted, 15.0)) == (4, 0.0)


@given(st.lists(st.tuples(st.integers(0, 9), st.floats(0.0, 1.0), st.floats(0.0, 1.0)), max_size=60))
def test_the_belief_is_a_probability_and_the_position_lies_in_the_bar_whatever_is_heard(
    told: list[tuple[int, float, float]],
) -> None:
    counted, number = bar.init(), 0
    for step, down, beat in told:
        number += step
        counted = bar.listen(counted, number, down, beat)
        assert counted.belief.sum() == pytest.approx(1.0, abs=1e-4)
        assert counted.belief.min() >= 0.0
        assert counted.metre in bar.METRES
        assert 0.0 <= bar.position(counted, number + 0.5) < counted.metre
        assert 0.0 <= believed(counted) <= 1.0 + 1e-4


def test_one_loud_beat_in_the_wrong_place_does_not_turn_the_bar() -> None:
    counted = heard(bar.init(), 4, 0, 25, 0)
    turned = bar.listen(bar.listen(counted, 26, 0.95, 0.95), 27, 0.05, 0.9)
    assert (turned.metre, bar.position(turned, 28.0)) == (counted.metre, bar.position(counted, 28.0)) == (4, 0.0)


def test_a_bar_that_was_cut_short_is_taken_up_where_it_begins_anew() -> None:
    counted = heard(bar.init(), 4, 0, 26, 0)
    counted = heard(counted, 4, 26, 26 + 17, 26)  # after two beats another one
    assert (counted.metre, bar.position(counted, 46.0)) == (4, 0.0)


def test_beats_of_which_nothing_is_heard_say_nothing() -> None:
    counted = heard(bar.init(), 3, 0, 24, 0)
    for number in range(24, 36):
        counted = bar.listen(counted, number, 0.0, 0.0)
    assert (counted.metre, bar.position(counted, 36.0)) == (3, 0.0)
    assert believed(counted) < believed(heard(bar.init(), 3, 0, 36, 0))


@given(st.integers(0, 1000), st.sampled_from(bar.METRES), st.integers(0, 11))
def test_what_somebody_tells_holds_at_once_and_outlasts_a_beat_that_says_otherwise(
    number: int, metre: int, place: int
) -> None:
    counted = bar.told(number, metre, place)
    assert counted.metre == metre
    assert bar.position(counted, float(number)) == place % metre
    assert believed(counted) > 0.9
    later = heard(counted, metre, number + 1, number + 3, number + 1)
    assert later.metre == metre
    assert bar.position(later, float(number)) == place % metre


def test_after_a_jump_of_the_clock_the_count_goes_on_but_is_believed_less() -> None:
    counted = heard(bar.init(), 4, 0, 25, 0)
    after = bar.forget(counted, 25)
    assert bar.position(after, 25.5) == bar.position(counted, 25.5)
    assert after.belief.sum() == pytest.approx(1.0, abs=1e-4)
    assert after.belief.max() < counted.belief.max()
    again = heard(after, 3, 25, 25 + 16, 26)
    assert (again.metre, bar.position(again, 44.0)) == (3, 0.0)


def test_hops_beside_the_same_beat_count_once_by_their_strongest() -> None:
    twice = bar.init()
    for number in range(9):
        for down in (0.2, 0.9 if number % 4 == 0 else 0.1, 0.1):
            twice = bar.listen(twice, number, down, 0.9)
    once = bar.init()
    for number in range(9):
        once = bar.listen(once, number, 0.9 if number % 4 == 0 else 0.2, 0.9)
    np.testing.assert_array_equal(twice.belief, once.belief)
    assert bar.listen(twice, 3, 1.0, 1.0) == twice, "a beat that is over is not heard again"


@pytest.mark.parametrize("metre", [3, 4])
@pytest.mark.parametrize("first", [0, 1, 2, 3])
def test_a_bar_is_found_where_only_its_places_sound_as_they_do_in_music(metre: int, first: int) -> None:
    """No place is clearly a downbeat: odds as the network gives them on average, and a louder middle of four."""
    counted = bar.init()
    for number in range(12 * metre):
        odds = np.exp(bar.HEARD[metre][(number - first) % metre])
        counted = bar.listen(counted, number, 0.8 * float(odds / (1.0 + odds)), 0.8)
    assert (counted.metre, bar.position(counted, float(first + 12 * metre))) == (metre, 0.0)
