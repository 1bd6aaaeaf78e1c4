"""Places of a crew: apart from each other and around the middle, and glides between them without a jump."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.config import FRAME_RATE
from realtime import formation
from realtime.crew import Plan
from realtime.frame import StageError

PLANS = st.builds(Plan, st.sampled_from(formation.NAMES), st.floats(0.6, 10.0))


def distances(places: np.ndarray) -> np.ndarray:
    """All pairs' distances [pairs] of places [N, 2]."""
    pairs = itertools.combinations(range(len(places)), 2)
    return np.array([np.linalg.norm(places[a] - places[b]) for a, b in pairs] or [np.inf])


@given(text=st.text(max_size=40) | st.from_regex(r"\A[-0-9.,; e]{0,40}\Z"), dancers=st.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_any_text_is_a_formation_or_refused_in_one_line(text: str, dancers: int) -> None:
    try:
        found = formation.places(text, dancers)
    except StageError as refused:
        line = str(refused)
    else:
        line = ""
    assert len(line.splitlines()) == bool(line)
    if not line:
        assert found.shape == (dancers, 2)
        assert np.isfinite(found).all()
        assert distances(found).min() >= formation.CLOSEST


@given(plan=PLANS, dancers=st.integers(1, 40))
@settings(max_examples=60, deadline=None)
def test_in_a_formation_with_a_name_neighbours_stand_the_spacing_apart_and_all_around_the_middle(
    plan: Plan, dancers: int
) -> None:
    found = formation.places(plan.formation, dancers, plan.spacing)
    assert distances(found).min() >= plan.spacing * 0.999
    if dancers > 1:
        assert distances(found).min() == pytest.approx(plan.spacing)
        assert abs(found[:, 0].min() + found[:, 0].max()) < plan.spacing * 1.01


def test_a_line_stands_side_by_side_a_circle_round_a_grid_in_rows() -> None:
    np.testing.assert_allclose(formation.places("line", 3, 1.0), [[-1, 0], [0, 0], [1, 0]])
    np.testing.assert_allclose(formation.places("grid", 4, 2.0), [[-1, 1], [1, 1], [-1, -1], [1, -1]])
    circle = formation.places("circle", 6, 1.0)
    np.testing.assert_allclose(np.linalg.norm(circle, axis=1), 1.0)
    np.testing.assert_allclose(circle[0], [0, 1], atol=1e-12)  # dancer 0 nearest to who looks


def test_places_by_hand_are_taken_as_they_are_and_more_of_them_wait() -> None:
    np.testing.assert_array_equal(formation.places(" 0,0; 1.5,-2 ;3,1;", 2), [[0, 0], [1.5, -2]])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ring", "no formation is 'ring': use line, circle, grid"),
        ("", "no formation is ''"),
        ("1,2;3", "no formation is '1,2;3'"),
        ("nan,0;1,1", "no formation"),
        ("1,2", "1 places for 2 dancers"),
        ("0,0;0.1,0.2", "dancers 0 and 1 are less than 0.5 m apart"),
        ("0,0;0,1000", "stay within 100 m"),
    ],
)
def test_a_formation_that_cannot_be_meant_is_refused_with_the_reason(text: str, words: str) -> None:
    with pytest.raises(StageError, match=words):
        formation.places(text, 2)


def glided(start: np.ndarray, end: np.ndarray) -> np.ndarray:
    """The whole way [T, N, 2], the start and a second at the end included."""
    glide = formation.begin(formation.rest(start), end, FRAME_RATE)
    way = [formation.now(glide)]
    for _ in range(glide.frames + FRAME_RATE):
        glide = formation.move(glide)
        way.append(formation.now(glide))
    return np.array(way)


@given(one=PLANS, other=PLANS, dancers=st.integers(1, 20))
@settings(max_examples=30, deadline=None)
def test_a_glide_leads_from_place_to_place_without_a_jump(one: Plan, other: Plan, dancers: int) -> None:
    start, end = (formation.places(plan.formation, dancers, plan.spacing) for plan in (one, other))
    way = glided(start, end)
    np.testing.assert_allclose(way[0], start, atol=1e-9)
    np.testing.assert_array_equal(way[-1], end)
    speed = np.linalg.norm(np.diff(way, axis=0), axis=-1) * FRAME_RATE
    assert speed.max() < 4.0 * formation.GLIDE_SPEED
    assert speed[0].max() < 0.5
    assert speed[-FRAME_RATE - 1].max() < 0.5
    assert np.abs(np.diff(speed, axis=0)).max() * FRAME_RATE < 8.0  # m/s2


@pytest.mark.parametrize("dancers", range(2, 13))
def test_on_the_way_from_one_formation_to_another_nobody_walks_through_anybody(dancers: int) -> None:
    for one, other in itertools.permutations(formation.NAMES, 2):
        way = glided(formation.places(one, dancers), formation.places(other, dancers))
        assert min(distances(places).min() for places in way) > 0.45, (one, other)


def test_two_who_change_places_go_around_each_other() -> None:
    way = glided(formation.places("-1,0;1,0", 2), formation.places("1,0;-1,0", 2))
    assert min(distances(places).min() for places in way) > 0.6


@given(after=st.integers(0, 40))
@settings(max_examples=20, deadline=None)
def test_a_formation_called_while_they_walk_to_another_bends_the_way_and_breaks_nothing(after: int) -> None:
    glide = formation.begin(formation.rest(formation.places("line", 5)), formation.places("circle", 5), FRAME_RATE)
    way = []
    for k in range(after + 60):
        glide = formation.move(glide)
        if k == after:
            glide = formation.begin(glide, formation.places("grid", 5), FRAME_RATE)
        way.append(formation.now(glide))
    velocity = np.diff(np.array(way), axis=0) * FRAME_RATE
    assert np.linalg.norm(velocity, axis=-1).max() < 4.0
    assert np.linalg.norm(np.diff(velocity, axis=0), axis=-1).max() < 0.6  # m/s from frame to frame
    np.testing.assert_array_equal(way[-1], formation.places("grid", 5))
