"""Live controls: known, clamped, for one dancer or for all, and only at a frame's border."""

import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import beat
from realtime.controls import (
    BPM_RANGE,
    Command,
    CommandQueue,
    Controls,
    Freeze,
    Nudge,
    Reset,
    SetControl,
    SetLead,
    SetPhase,
    SetRange,
    SetSeed,
    SetStyle,
    SetTempo,
    Tapped,
)
from realtime.frame import StageError
from tests.realtime.toy_dancer import MANIFEST


def table(dancers: int = 3) -> Controls:
    return Controls(MANIFEST, dancers)


def test_all_dancers_begin_with_the_defaults_of_the_dancer_file() -> None:
    np.testing.assert_array_equal(table().values, np.tile(np.array([1, 0, 1], np.float32), (3, 1)))


@given(value=st.floats(-1e6, 1e6))
@settings(max_examples=30)
def test_a_value_is_clamped_to_its_range(value: float) -> None:
    controls = table()
    controls.set("energy", value)
    assert controls.values[0, 2] == np.float32(min(max(value, 0.0), 2.0))


def test_a_control_can_be_set_for_one_dancer() -> None:
    controls = table()
    controls.set("energy", 0.25, dancer=1)
    np.testing.assert_array_equal(controls.values[:, 2], np.array([1, 0.25, 1], np.float32))


def test_a_style_that_is_chosen_replaces_the_others() -> None:
    controls = table()
    controls.set_style("wild")
    np.testing.assert_array_equal(controls.values[:, :2], np.tile(np.array([0, 1], np.float32), (3, 1)))


@given(weight=st.floats(0, 1))
@settings(max_examples=30)
def test_weights_of_styles_add_up_to_one_while_one_is_faded_in(weight: float) -> None:
    controls = table()
    controls.set_style("wild", weight)
    np.testing.assert_allclose(controls.values[:, :2].sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(controls.values[:, 1], weight, atol=1e-6)


REFUSED: list[tuple[Command, str]] = [
    (SetControl("volume", 1.0), "no control 'volume': it knows style_calm, style_wild, energy"),
    (SetControl("energy", 1.0, dancer=3), "no dancer 3: they are counted from 0 to 2"),
    (SetControl("energy", float("nan")), "energy cannot be nan"),
    (SetStyle("polka"), "no style 'polka': it knows calm, wild"),
    (SetStyle("calm", float("inf")), "calm cannot be inf"),
    (SetLead(float("nan")), "lead cannot be nan"),
    (SetSeed(-1), "seed -1 must be"),
    (SetTempo(300.0), "300 bpm must be 55 to 215"),
    (SetTempo(float("nan")), "nan bpm must be"),
    (Tapped(20.0, 0.0), "20 bpm must be"),
    (Tapped(120.0, float("inf")), "tap cannot be inf"),
    (SetPhase(float("nan"), 0.0), "phase cannot be nan"),
    (Nudge(float("nan")), "nudge cannot be nan"),
    (SetRange(120.0, 90.0), "120 bpm is not below 90"),
    (SetRange(20.0, 90.0), "20 bpm must be"),
]


@pytest.mark.parametrize(("command", "words"), REFUSED)
def test_what_cannot_be_meant_is_refused_when_it_is_put(command: Command, words: str) -> None:
    queue = CommandQueue(table())
    with pytest.raises(StageError, match=words):
        queue.put(command)
    assert queue.drain() == []


def test_the_tempi_that_a_hand_may_give_are_those_that_the_ear_knows() -> None:
    assert BPM_RANGE == (beat.SLOWEST_BPM, beat.FASTEST_BPM)


def test_commands_come_out_once_and_in_order() -> None:
    queue = CommandQueue(table())
    commands: list[Command] = [SetControl("energy", 0.5), Freeze(True), Reset()]
    for command in commands:
        queue.put(command)
    assert queue.drain() == commands
    assert queue.drain() == []


def test_commands_from_many_threads_all_arrive_and_keep_each_threads_order() -> None:
    queue = CommandQueue(table())

    def send(dancer: int) -> None:
        for n in range(200):
            queue.put(SetControl("energy", float(n), dancer))

    threads = [threading.Thread(target=send, args=(dancer,)) for dancer in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    drained = [command for command in queue.drain() if isinstance(command, SetControl)]
    for dancer in range(3):
        assert [c.value for c in drained if c.dancer == dancer] == [float(n) for n in range(200)]


def test_a_flood_that_nobody_drains_stays_bounded_and_keeps_the_newest() -> None:
    queue = CommandQueue(table())
    for n in range(10_000):
        queue.put(SetSeed(n))
    drained = queue.drain()
    assert len(drained) < 10_000
    assert drained[-1] == SetSeed(9_999)
