"""A second hearing takes over where the first one clings to a beat that has gone, and only there."""

import numpy as np
import pytest

from audio import announce, beat, beat_hand, features, framing, second_hearing
from audio.config import FRAME_RATE, RATE
from audio.second_hearing import LEAST_FRAMES, MOST_FRAMES, Signs
from model.beat_metrics import relock_times
from model.ear import material
from tests.audio.streams import F32, groove

CUTS = (16, 33, 43, 48, 49)  # songs that are cut to another tempo, of material's seeds


def hear(samples: F32, clock: beat.BeatState) -> list[beat.BeatState]:
    return [heard.clock for heard in announce.hear(RATE, [samples], clock)]


def relocks() -> list[float]:
    found = []
    for seed in CUTS:
        made = material.of_kind("cut", seed, 40.0)
        times = np.array([heard.time for heard in announce.announcements(made.samples)])
        found += relock_times(made.beats, times, [at for at, kind in made.events if kind == "cut"])
    return found


def test_after_a_cut_the_beat_is_found_sooner_than_by_one_hearing_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    two = relocks()
    monkeypatch.setattr(second_hearing, "DOUBT", np.inf)
    one = relocks()
    assert np.mean(two) < np.mean(one) - 0.5


def test_a_steady_groove_is_heard_by_one_alone_once_it_is_known() -> None:
    states = hear(groove(0).samples, beat.init())
    assert not any(state.second.rival.age for state in states[12 * FRAME_RATE :])


def doubting() -> beat.BeatState:
    """The engine, in doubt for long enough that another one listens along."""
    state = hear(groove(0).samples[: 12 * RATE], beat.init())[-1]
    return state._replace(second=state.second._replace(doubt=100.0))


def test_in_doubt_another_one_listens_for_some_seconds_and_begins_anew() -> None:
    ages = [state.second.rival.age for state in hear(groove(0).samples[: RATE // 2], doubting())]
    assert ages == [*range(1, len(ages) + 1)]
    state, seen = doubting(), []
    cutting, heard = framing.init(), features.init()
    for frame in framing.push(cutting, groove(0).samples[: 12 * RATE])[0]:
        now, heard = features.push(heard, frame)
        state = beat.push(state._replace(second=state.second._replace(doubt=100.0)), now)
        seen.append(state.second.rival.age)
    assert max(seen) == MOST_FRAMES
    assert seen[MOST_FRAMES : MOST_FRAMES + 3] == [0, 1, 2]


@pytest.mark.parametrize("hand", ["given", "held", "silence"])
def test_nobody_listens_along_in_silence_or_where_the_tempo_is_given(hand: str) -> None:
    state, sound = doubting(), groove(0).samples[: 3 * RATE]
    if hand == "given":
        state = beat_hand.given(state, 120.0, 0.0, 0.0)
    elif hand == "held":
        state = beat_hand.with_tempo(state, 120.0)
    else:
        state, sound = hear(np.zeros(2 * RATE, np.float32), state)[-1], np.zeros(RATE, np.float32)
        state = state._replace(second=state.second._replace(doubt=100.0))
    assert not any(state.second.rival.age for state in hear(sound[:RATE], state))


def test_what_the_performer_taps_is_not_overruled_by_one_who_listened_before() -> None:
    state = hear(groove(0).samples[: RATE // 2], doubting())[-1]
    assert state.second.rival.age
    tapped = beat_hand.tapped(state, 97.0, 0.1)
    assert not any(state.second.rival.age for state in hear(groove(0).samples[: 6 * RATE], tapped))


@pytest.mark.parametrize(
    ("age", "unsure", "clear", "bpm", "better"),
    [
        (LEAST_FRAMES, 1.5, 0.4, 97.0, True),
        (LEAST_FRAMES - 1, 1.5, 0.4, 97.0, False),  # has heard too little
        (LEAST_FRAMES, 1.9, 0.4, 97.0, False),  # is no surer of its tempo
        (LEAST_FRAMES, 1.5, 0.2, 97.0, False),  # its beats stand out less
        (LEAST_FRAMES, 1.5, 0.4, 121.0, False),  # says the same
    ],
)
def test_it_is_believed_when_it_is_surer_and_clearer_of_another_tempo(
    age: int, unsure: float, clear: float, bpm: float, better: bool
) -> None:
    second = second_hearing.init()
    belief = second_hearing.bar_pointer.at(60.0 / bpm, 0.0)
    rival = second.rival._replace(age=age, signs=Signs(unsure, clear), belief=belief)
    second = second._replace(age=500, signs=Signs(2.0, 0.3), rival=rival)
    assert second_hearing.is_better(second, 0.5) is better
    assert second_hearing.taken(second).age == age
