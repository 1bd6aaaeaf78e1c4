"""A crew in a show: the same bit for bit however it is cut or resumed, each dancer with its own seed and place."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from audio import demo
from motion.kinematics import forward
from motion.skeleton import HUMANOID
from realtime import dancers, formation
from realtime.controls import Freeze, Reset, ScaleTempo, SetCrew, SetSeed, SetTempo
from realtime.crew import Plan
from realtime.engines.open import open_engine
from realtime.frame import F32, StageError, StageFrame
from realtime.loop import dance
from realtime.session import Session
from tests.realtime.shows import cut, everything, music, new_session, toy_engine

HAND = {
    4: [SetCrew(formation="circle")],
    12: [SetCrew(unison=2)],
    20: [SetCrew(formation="0,0;1,1;2,0", spacing=2.0), SetSeed(9, 1)],
    27: [SetCrew(canon=0.5), SetTempo(150.0)],
    34: [ScaleTempo(0.5)],
    42: [SetCrew(unison=0, canon=0.0)],
    46: [SetSeed(4)],
}


def sound() -> F32:
    """Four seconds."""
    return music()[: 60 * 1600]


def show(session: Session, samples: F32, hand=HAND, sizes: tuple[int, ...] = (1600,)) -> list[StageFrame]:
    """The frames of the sound, each with the commands that the hand puts just before it."""
    frames: list[StageFrame] = []
    stream = dance(_asked(session, cut(samples, list(sizes)), hand), session)
    frames.extend(stream)
    return frames


def _asked(session: Session, blocks: list[F32], hand) -> "itertools.chain":
    """Blocks cut so that each frame's commands are put at that frame, however the sound is cut."""
    for block in blocks:
        while len(block):
            frame, within = divmod(session.moment.heard, 1600)
            if within == 0:
                for command in hand.get(frame, []):
                    session.commands.put(command)
            part = min(1600 - within, len(block))
            yield block[:part]
            block = block[part:]


@given(sizes=st.lists(st.integers(50, 5000), min_size=1, max_size=4))
@settings(max_examples=3, deadline=None)
def test_the_cutting_into_blocks_changes_no_bit_of_a_crew(sizes: list[int]) -> None:
    whole = everything(show(new_session(dancers=3), sound()))
    np.testing.assert_array_equal(everything(show(new_session(dancers=3), sound(), sizes=tuple(sizes))), whole)


@pytest.mark.parametrize("at", [8, 30, 44])
def test_a_crew_that_is_saved_and_restored_goes_on_bit_for_bit(at: int) -> None:
    whole = everything(show(new_session(dancers=3), sound()))
    session = new_session(dancers=3)
    show(session, sound()[: at * 1600])
    saved = session.save()
    show(session, sound()[at * 1600 : (at + 9) * 1600], {})
    other = new_session(dancers=3)
    for restored in (session, other):
        restored.restore(saved)
        np.testing.assert_array_equal(everything(show(restored, sound()[at * 1600 :])), whole[at:])


def test_unison_is_seen_in_every_number_of_the_frame() -> None:
    frame = show(new_session(dancers=3), sound(), {0: [SetCrew(unison=1)]})[-1]
    home = formation.places("line", 3)
    for n in (1, 2):
        np.testing.assert_allclose(frame.rotations[n], frame.rotations[0], atol=1e-6)
        np.testing.assert_allclose(
            frame.positions[n] - frame.positions[0], [[home[n, 0] - home[0, 0], 0, 0]] * 22, atol=1e-5
        )
        np.testing.assert_array_equal(frame.contacts[n], frame.contacts[0])


def test_following_changes_nothing_of_what_each_one_dances() -> None:
    own = show(new_session(dancers=3), sound(), {})
    led = show(new_session(dancers=3), sound(), {10: [SetCrew(unison=2, canon=1.0)]})
    np.testing.assert_array_equal([frame.pose for frame in led], [frame.pose for frame in own])


def test_a_dancer_with_its_own_seed_dances_what_a_lone_dancer_of_that_seed_does() -> None:
    alone = show(new_session(seed=7), sound(), {})
    beside = show(new_session(dancers=3, seed=1), sound(), {0: [SetSeed(7, 2)]})
    np.testing.assert_allclose([f.pose[2] for f in beside], [f.pose[0] for f in alone], atol=1e-5)
    again = show(new_session(dancers=3, seed=1), sound(), {0: [SetSeed(7, 2), SetSeed(1)]})
    np.testing.assert_array_equal(everything(again), everything(show(new_session(dancers=3, seed=1), sound(), {})))


def test_a_frozen_crew_holds_poses_and_places() -> None:
    hand = {0: [SetCrew(canon=0.5)], 20: [SetCrew(formation="circle")], 30: [Freeze(True)], 45: [Freeze(False)]}
    frames = show(new_session(dancers=3), sound(), hand)
    for frame in frames[30:45]:
        np.testing.assert_array_equal(frame.root_position, frames[30].root_position)
        np.testing.assert_array_equal(frame.rotations, frames[30].rotations)
    np.testing.assert_allclose(frames[30].root_position, frames[29].root_position, atol=1e-6)
    assert (frames[46].root_position != frames[45].root_position).any()


def test_a_reset_puts_everybody_into_the_place_of_the_formation_that_rules() -> None:
    frames = show(new_session(dancers=3), sound(), {5: [SetCrew(formation="circle")], 20: [Reset()]})
    home = formation.places("circle", 3)
    np.testing.assert_allclose(frames[20].root_position[:, ::2], home, atol=0.1)


def test_a_show_begins_in_the_formation_it_was_given() -> None:
    session = Session(toy_engine(), dancers=4, plan=Plan("grid", 2.0))
    first = next(dance([sound()[:1600]], session))
    np.testing.assert_allclose(first.root_position[:, ::2], formation.places("grid", 4, 2.0), atol=0.1)
    with pytest.raises(StageError, match="no formation"):
        Session(toy_engine(), dancers=4, plan=Plan("ring"))


@pytest.mark.parametrize("name", ["first", "steps"])
def test_a_shipped_dancer_in_a_canon_repeats_itself_one_place_further_one_beat_later(name: str) -> None:
    samples = demo.song(3, seconds=9.0).samples
    engine = open_engine(dancers.find(name), "onnx", "cpu")
    session = Session(engine, dancers=3, seed=1, bpm=150.0, plan=Plan(canon=1.0))
    frames = list(dance([samples[: 9 * 24_000]], session))
    home = formation.places("line", 3)
    beats = np.unwrap([frame.report.beat_phase for frame in frames], period=1.0)
    worst = 0.0
    for k in range(75, len(frames)):
        for n in (1, 2):
            then = float(np.interp(beats[k] - 1.0 * n, beats, np.arange(len(beats))))
            root, local = between(frames[int(then)], frames[int(then) + 1], then - int(then))
            meant = forward(HUMANOID, root + np.insert(home[n] - home[0], 1, 0.0), local)[0]
            worst = max(worst, float(np.linalg.norm(frames[k].positions[n] - meant, axis=-1).max()))
    assert worst < 0.002


def between(before: StageFrame, after: StageFrame, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Root [3] and rotations [22, 4] of dancer 0 between two frames, each bone on the shortest arc (scipy's)."""
    pairs = [Rotation.from_quat(pair) for pair in np.stack([before.rotations[0], after.rotations[0]], axis=1)]
    local = np.array([Slerp([0.0, 1.0], pair)(share).as_quat() for pair in pairs])
    return before.root_position[0] + share * (after.root_position[0] - before.root_position[0]), local
