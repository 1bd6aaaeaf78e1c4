"""What the Unity package shows between the poses: fed by hand with our bytes, drawn by a clock of the test's own."""

import dataclasses

import numpy as np
import pytest

from motion.rotation import from_axis_angle, multiply
from motion.skeleton import BONES
from realtime.osc_wire import message
from realtime.sinks.vmc import VmcSink
from tests.interop.unity.harness import MCS, MONO
from tests.interop.unity.shows import datagrams, pose_datagrams
from tests.realtime.swing import FPS, frame

pytestmark = pytest.mark.skipif(not (MCS and MONO), reason="mono (mono-mcs, mono-runtime) is not installed")


def rough(count):
    """The swinging figure with a network's tremor: random turns of some degrees in every bone of every pose."""
    rng = np.random.default_rng(2)
    for k in range(count):
        shown = frame(k)
        tremor = from_axis_angle(rng.normal(0, 0.05, (1, 22, 3))).astype(np.float32)
        yield dataclasses.replace(shown, rotations=multiply(shown.rotations, tremor))


def drawn(harness, frames, steps, late=lambda k: 0.0, delay=1, travel="AsSent", start=0.0):
    """Draw `steps` pictures a pose of a show whose poses come late(k) s late: (instant, hand, beat, hips) of each."""
    found = []
    for k, data in enumerate(pose_datagrams(list(frames))):
        now = start + (k + 1) / FPS + late(k)
        harness.ask("take", now, data.hex())
        found += harness.ask("advance", now, (1 / FPS + late(k + 1) - late(k)) / steps, steps, delay, travel)
    return found


def hands(found):
    return np.array([hand for _, hand, _, _ in found])


@pytest.mark.parametrize("delay", [1, 2])
def test_the_movement_between_poses_does_not_jump_in_speed(start_unity, delay):
    def largest_jump(steps):
        hand = hands(drawn(start_unity(), rough(20), steps, delay=delay))[8 * steps :]
        return np.abs(np.diff(hand, 2, axis=0)).max() * FPS * steps

    assert largest_jump(64) < 0.6 * largest_jump(32)  # of a jump, all would be left


def test_a_turn_whose_sign_changes_on_the_wire_is_not_made_the_long_way_round(start_unity):
    frames = list(rough(20))
    signs = np.random.default_rng(3).choice((-1, 1), (len(frames), 1, 22, 1)).astype(np.float32)
    flipped = [dataclasses.replace(f, rotations=f.rotations * s) for f, s in zip(frames, signs, strict=True)]
    same, other = (hands(drawn(start_unity(), some, 8)) for some in (frames, flipped))
    assert np.abs(same - other).max() < 1e-5


def test_poses_that_come_late_now_and_then_do_not_stop_the_movement(start_unity):
    late = np.random.default_rng(1).uniform(0, 0.02, 61)
    found = drawn(start_unity(), rough(60), 8, late=lambda k: late[k])
    instants = np.array([instant for instant, *_ in found])
    passed = np.repeat(1 / FPS + np.diff(late), 8) / 8
    rate = (np.diff(instants) / passed[1:])[20 * 8 :]
    assert rate.min() > 0.89
    assert rate.max() < 1.11


def test_after_a_day_the_movement_is_as_even_as_at_the_start(start_unity):
    def late(first):
        shown = (dataclasses.replace(f, audio_time=first + f.audio_time) for f in rough(60))
        return hands(drawn(start_unity(), shown, 8))[20 * 8 :]

    day = 86400.0  # as a float the stream's time then comes in steps of 8 ms
    assert np.abs(late(day) - late(0.0)).max() < 0.004


def test_a_lost_pose_makes_no_leap(start_unity):
    harness, found = start_unity(), []
    for k, data in enumerate(pose_datagrams(list(rough(30)))):
        if k not in (12, 20, 21):
            harness.ask("take", (k + 1) / FPS, data.hex())
        found += harness.ask("advance", (k + 1) / FPS, 1 / FPS / 64, 64, 1, "AsSent")
    assert np.linalg.norm(np.diff(hands(found), axis=0), axis=1).max() < 0.02


@pytest.mark.parametrize("travel", ["AsSent", "FromHere", "OnTheSpot"])
def test_a_new_show_is_faded_into(start_unity, travel):
    harness = start_unity()
    before = drawn(harness, rough(20), 64, travel=travel)
    after = drawn(harness, (frame(k) for k in range(10, 20)), 64, travel=travel, start=3.0)
    steps = np.diff(hands(before[-64:] + after), axis=0)
    assert np.linalg.norm(steps, axis=1).max() < 0.02  # the hand begins 0.6 m from where it was


def test_the_dance_begins_at_the_object_or_stays_there_when_it_is_told_to(start_unity):
    hips = {travel: np.array([step[3] for step in drawn(start_unity(), rough(20), 2, travel=travel)])
            for travel in ("AsSent", "FromHere", "OnTheSpot")}  # fmt: skip
    sent = hips["AsSent"]
    assert hips["FromHere"] == pytest.approx(sent - sent[0] * (1, 0, 1), abs=1e-6)
    assert hips["OnTheSpot"] == pytest.approx(sent * (0, 1, 0), abs=1e-6)


def test_a_beat_begins_when_the_pose_of_the_beat_is_shown(start_unity):
    found = drawn(start_unity(), (frame(k) for k in range(90)), 16)
    beats = [(instant, beat) for instant, _, beat, _ in found if beat]
    places = (np.array([instant for instant, _ in beats]) + 2 / FPS) * 2  # in beats: 120 bpm, a lead of 2 frames
    assert len(beats) >= 10
    assert (np.abs(places - np.round(places)) < 0.02).all()
    assert [beat for _, beat in beats] == [int(place) % 4 + 1 for place in np.round(places)]


def test_half_a_vmc_pose_is_not_shown(start_unity):
    frames = [frame(k) for k in range(12)]
    halves = datagrams(VmcSink, "vmc", frames)
    assert len(halves) == 24
    harness, shown = start_unity(), []
    for n, data in enumerate(halves):
        if n not in (5, 10, 16):  # lost: the second half of pose 2, the first halves of 5 and 8
            harness.ask("take", (n // 2 + 1) / FPS, data.hex())
        if n % 2:
            instant, hand = harness.ask("newest")
            shown.append(round(instant * FPS) - 1)
            sent = frames[shown[-1]].positions[0, BONES.index("rightHand")]
            assert hand == pytest.approx((sent * (-1, 1, 1)).tolist(), abs=1e-3)  # by bones of both halves
    assert shown == [0, 1, 1, 3, 4, 4, 6, 7, 7, 9, 10, 11]


@pytest.mark.parametrize("bones", ["all", "upper"])
def test_vmc_whose_time_comes_after_single_bones_is_read_too(start_unity, bones):
    harness = start_unity()
    for k in range(30):
        singles = datagrams(VmcSink, "vmc", [frame(k)], bundle="none", bones=bones)
        for data in sorted(singles, key=lambda data: data.startswith(b"/VMC/Ext/T\0")):
            answer = harness.ask("take", (k + 1) / FPS, data.hex())
    assert answer["frames"] >= (30 if bones == "all" else 10)


def test_the_lamp_says_what_is_wrong_and_what_to_do(start_unity):
    harness = start_unity()
    assert harness.ask("lamp", 0.0)["status"] == "Silent"
    assert "--sink" in harness.ask("lamp", 0.0)["text"]
    drawn(harness, [frame(k) for k in range(30)], 1)
    assert harness.ask("lamp", 2.02)["status"] == "Dancing"
    for k, data in enumerate(pose_datagrams([frame(k) for k in range(33, 36)]), start=34):
        harness.ask("take", k / FPS, data.hex())
    assert harness.ask("lamp", 2.5)["status"] == "Unsteady"
    assert "poses get lost" in harness.ask("lamp", 2.6)["text"]
    assert harness.ask("lamp", 5.0)["status"] == "Silent"
    wrong = message("/dance/hello", "2", 1, 15.0, *BONES).data
    for data in (wrong, *pose_datagrams([frame(90)])):
        harness.ask("take", 5.1, data.hex())
    assert "another version" in harness.ask("lamp", 5.2)["text"]


def test_hearing_and_drawing_a_pose_makes_no_garbage(start_unity):
    (data,) = pose_datagrams([frame(3)])
    assert start_unity().ask("collect", data.hex())["collections"] == 0
