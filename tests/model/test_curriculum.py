"""The schedules of Dance Revolution, against the numbers its own code gives."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.checkpoint import ModelError
from model.curriculum import SCHEDULES, Schedule, own_mask


def test_three_predicted_and_two_given_repeat_as_in_the_original() -> None:
    truth_fed = (~own_mask(3, 2, 12)).astype(int)
    assert truth_fed.tolist() == [0, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0]


def test_no_predicted_frames_is_teacher_forcing_and_all_is_free() -> None:
    assert not Schedule("teacher").own(0.7, 12).any()
    assert not own_mask(0, 10, 12).any()
    assert Schedule("free").own(0.0, 12).all()


@pytest.mark.parametrize(("epoch", "predicted"), [(0, 0), (99, 0), (100, 1), (5500, 55), (10000, 100)])
def test_linear_grows_by_one_frame_in_a_hundred_epochs_like_the_original(epoch: int, predicted: int) -> None:
    assert Schedule("linear", last=100, given=10).predicted(epoch / 10_000) == predicted


@pytest.mark.parametrize(("epoch", "share"), [(99, 1.0), (100, 0.91), (1000, 0.50), (5500, 0.145), (10000, 0.089)])
def test_the_share_of_truth_falls_as_in_the_original(epoch: int, share: float) -> None:
    own = Schedule("linear", last=100, given=10).own(epoch / 10_000, 899)
    assert 1.0 - own.mean() == pytest.approx(share, abs=0.012)


@given(st.sampled_from(["linear", "square", "exponential"]), st.integers(1, 900))
def test_every_growing_schedule_begins_at_nothing_and_ends_at_the_same_place(kind: str, last: int) -> None:
    schedule = Schedule(kind, last)
    assert schedule.predicted(0.0) == 0
    assert schedule.predicted(1.0) == last
    grown = [schedule.predicted(done) for done in np.linspace(0, 1, 50)]
    assert grown == sorted(grown)


def test_halfway_the_schedules_follow_their_formulas() -> None:
    assert Schedule("constant", 80).predicted(0.5) == 80
    assert Schedule("linear", 80).predicted(0.5) == 40
    assert Schedule("square", 80).predicted(0.5) == 20
    assert Schedule("exponential", 80).predicted(0.5) == 8  # sqrt(81) - 1


def test_a_schedule_is_read_from_its_text() -> None:
    assert Schedule.parse("square:40:5") == Schedule("square", 40, 5)
    assert Schedule.parse("free") == Schedule("free")
    assert set(SCHEDULES) == {"teacher", "constant", "linear", "square", "exponential", "free"}


@pytest.mark.parametrize("text", ["cubic", "linear:x", "linear:1:2:3", "linear:10:0", "linear:-3"])
def test_a_text_that_is_no_schedule_is_refused_by_name(text: str) -> None:
    with pytest.raises(ModelError, match=text.split(":")[0]):
        Schedule.parse(text)
