"""Dancers of a crew make room for each other, with no foot that slides for it, and go home when there is room again."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from audio.config import FRAME_RATE, RATE
from realtime import apart, dancers
from realtime.engines.open import open_engine
from realtime.loop import dance
from realtime.session import Session
from tests.audio.streams import groove

SEED = 26
PLACES = np.array([[-0.7, 0.0], [0.7, 0.0]])
FREE = np.array([True, True])
WALKS = arrays(float, (40, 3, 2), elements=st.floats(-0.1, 0.1)).map(lambda steps: np.cumsum(steps, axis=0))


def walked(own: np.ndarray, places: np.ndarray, free: np.ndarray | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Where dancers who go `own` [T, N, 2] from their places are shown, and how far they are led aside."""
    state, seen, wide = apart.init(places), places, apart.room(places)
    shown, aside = [], []
    for now in own:
        state = apart.step(state, now, seen, wide, np.ones(len(places), bool) if free is None else free, FRAME_RATE)
        seen = places + now + state.offset
        shown.append(seen)
        aside.append(state.offset)
    return np.array(shown), np.array(aside)


def towards_each_other(speed: float, seconds: float = 4.0, dwell: float = 0.05) -> np.ndarray:
    """Two dancers who walk at each other (m/s) and, once they have met, step on the spot by `dwell` m."""
    time = np.arange(round(seconds * FRAME_RATE)) / FRAME_RATE
    way = np.minimum(speed * time, 0.7) + dwell * np.sin(2 * np.pi * 2.0 * time)
    return np.stack([np.stack([way, 0 * way], axis=1), np.stack([-way, 0 * way], axis=1)], axis=1)


def gaps(shown: np.ndarray) -> np.ndarray:
    return np.linalg.norm(shown[:, 0] - shown[:, 1], axis=1)


@pytest.mark.parametrize("speed", [0.2, 0.5, 1.0])
def test_two_who_walk_at_each_other_stop_short_and_do_not_change_sides(speed: float) -> None:
    own = towards_each_other(speed)
    assert gaps(PLACES + own).min() < 0.1
    shown, _ = walked(own, PLACES)
    assert gaps(shown).min() > 0.35
    assert gaps(shown)[-15:].min() > 0.5
    assert (shown[:, 1, 0] > shown[:, 0, 0]).all()


def test_they_are_led_home_when_there_is_room_again() -> None:
    meeting = towards_each_other(0.5)
    sway = 0.1 * np.sin(np.arange(40 * FRAME_RATE))[:, None, None] * np.array([[0.0, 1.0], [0.0, 1.0]])
    _, aside = walked(np.concatenate([meeting, sway]), PLACES)
    assert np.abs(aside[len(meeting) - 1]).max() > 0.15
    assert np.abs(aside[-1]).max() < 0.02


def test_who_stands_is_not_moved_however_near_the_other_is() -> None:
    own = np.zeros((60, 2, 2))
    own[:, 0, 0] = np.minimum(np.arange(60) / 30, 1.3)
    _, aside = walked(own, PLACES)
    assert (aside[:, 1] == 0.0).all()
    assert aside[-1, 0, 0] < -0.1


def test_who_follows_is_not_led() -> None:
    _, aside = walked(towards_each_other(0.5), PLACES, np.array([True, False]))
    assert (aside[:, 1] == 0.0).all()
    assert (aside[:, 0] != 0.0).any()


@given(own=WALKS)
def test_nobody_is_led_faster_than_by_a_share_of_the_own_pace_nor_too_far(own: np.ndarray) -> None:
    places = np.array([[-0.7, 0.0], [0.7, 0.0], [0.0, 0.0]])
    shown, aside = walked(own, places)
    assert np.isfinite(shown).all()
    assert np.linalg.norm(aside, axis=2).max() <= apart.FARTHEST + 1e-9
    led = np.linalg.norm(np.diff(aside, axis=0, prepend=0.0), axis=2)
    paces = np.linalg.norm(np.diff(own, axis=0, prepend=0.0), axis=2)
    assert (led <= apart.SHARE * paces + 1e-9).all()


@given(own=WALKS, angle=st.floats(0.0, 6.28))
@settings(max_examples=30)
def test_it_does_not_matter_which_way_the_stage_faces(own: np.ndarray, angle: float) -> None:
    places = np.array([[-0.7, 0.0], [0.7, 0.0], [0.0, -1.0]])
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    straight, _ = walked(own, places)
    turned, _ = walked(own @ turn.T, places @ turn.T)
    np.testing.assert_allclose(turned, straight @ turn.T, atol=1e-6)


def test_places_that_are_near_each_other_leave_less_room() -> None:
    assert apart.room(PLACES) == pytest.approx(0.84)
    assert apart.room(PLACES / 2) == pytest.approx(0.42)
    assert apart.room(10 * PLACES) == apart.ROOM
    assert apart.room(PLACES[:1]) == 0.0


def test_three_shipped_dancers_in_a_line_never_stand_in_each_other() -> None:
    """Without being led two of these would be within 40 cm of each other for a while."""
    session = Session(open_engine(dancers.find("steps"), "auto", "cpu"), RATE, 3, seed=SEED)
    shown, danced, own, aside = [], [], [], []
    for _ in dance([groove(0).samples], session):
        own.append(session.moment.apart.own)
        aside.append(session.moment.apart.offset)
        shown.append(session.moment.seen)
        danced.append(session.moment.seen - session.moment.apart.offset)
    near = [[gaps(np.array(way)[:, pair]) for pair in ([0, 1], [1, 2], [0, 2])] for way in (danced, shown)]
    assert np.mean(np.min(near[0], axis=0) < 0.4) > 0.1
    assert np.min(near[1]) > 0.4
    led, paces = (np.linalg.norm(np.diff(np.array(way), axis=0), axis=2) for way in (aside, own))
    assert led.max() > 0.01
    assert (led <= apart.SHARE * paces + 1e-9).all()
