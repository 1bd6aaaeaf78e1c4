"""A dancer keeps to the music, holds its pose in a break, and cuts what it learns from at the half-beats."""

import math

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from model.networks import musical_clock
from model.networks.half_beats import TICKS, half_beats
from motion.pose import CONTACTS, POSE_SIZE, ROTATIONS, VELOCITY
from tests.model.toy_phraser import FPS, beats

AS_RECORDED = torch.ones(1)


def clocks(beat: Tensor, clock: Tensor | None = None) -> list[tuple[float, float, float]]:
    """(half-beats on the dancer's clock 0-4, moved, crossed) of each frame."""
    clock = torch.zeros(1, musical_clock.SIZE) if clock is None else clock
    told = []
    for row in beat:
        clock, moved, crossed = musical_clock.tick(clock, row[None], AS_RECORDED)
        told.append((float(clock[0, 0] + clock[0, 1]), float(moved), float(crossed)))
    return told


@settings(max_examples=40, deadline=None)
@given(bpm=st.floats(55.0, 215.0), start=st.floats(0.0, 1.0))
@example(bpm=55.0, start=0.5)  # just opposite
def test_the_dancer_s_clock_shows_the_music_s_phase_at_any_tempo(bpm: float, start: float) -> None:
    told = clocks(beats(bpm, 40, start))
    wanted = 2.0 * (start + (np.arange(40) + 1) * bpm / 60 / FPS)
    away = (np.array([at for at, _, _ in told]) - wanted + 1.0) % 2.0 - 1.0
    assert np.abs(away).max() < 2e-3
    borders = np.floor(wanted[1:] + away[1:]) - np.floor(wanted[:-1] + away[:-1])
    np.testing.assert_array_equal([crossed for _, _, crossed in told[1:]], borders)


@settings(max_examples=40, deadline=None)
@given(slower=st.floats(55.0, 215.0), faster=st.floats(55.0, 215.0))
def test_the_faster_the_music_the_smaller_the_dance_and_no_jump_of_tempo_shrinks_it_at_once(
    slower: float, faster: float
) -> None:
    slower, faster = sorted((slower, faster))
    clock, shown = torch.zeros(1, musical_clock.SIZE), []
    for row in torch.cat([beats(slower, 15), beats(faster, 90)]):
        clock, *_ = musical_clock.tick(clock, row[None], AS_RECORDED)
        shown.append(float(clock[0, 3]))
    for at, bpm in ((14, slower), (104, faster)):
        beyond = max(np.log2(bpm / 120.0) - musical_clock.BRISK, 0.0)
        assert shown[at] == pytest.approx(2.0 ** (-musical_clock.SMALLER * beyond), abs=1e-3)
    steps = -np.diff(shown)
    assert (steps > -1e-6).all()
    assert steps.max() <= (shown[0] - shown[-1]) / (FPS * musical_clock.REST_SECONDS) + 1e-6


@settings(max_examples=40, deadline=None)
@given(before=st.floats(0.7, 1.2), after=st.floats(0.7, 1.2), music=st.sampled_from([0.0, 1.0]))
def test_a_dance_grows_to_the_size_that_is_wished_in_half_a_second_and_neither_jumps_nor_overshoots(
    before: float, after: float, music: float
) -> None:
    clock, shown = torch.zeros(1, musical_clock.SIZE), []
    for at, row in enumerate(beats(120.0, 30, music=music)):
        clock, *_ = musical_clock.tick(clock, row[None], torch.tensor([before if at < 15 else after]))
        shown.append(float(clock[0, 6]))
    assert shown[:15] == pytest.approx([before] * 15)
    assert shown[22] == pytest.approx(after, abs=0.05 * abs(after - before) + 1e-6)
    grown = np.diff(shown[14:]) * np.sign(after - before)
    assert (grown > -1e-6).all()
    assert grown.max() <= 0.4 * abs(after - before) + 1e-6


@settings(max_examples=40, deadline=None)
@given(bpm=st.floats(60.0, 210.0), error=st.floats(-0.49, 0.49))
def test_after_a_jump_of_the_music_it_has_caught_up_four_seconds_later_and_never_runs_backward(
    bpm: float, error: float
) -> None:
    frames = 60
    told = clocks(torch.cat([beats(bpm, frames), beats(bpm, frames, frames * bpm / 60 / FPS + error)]))
    pace = bpm / 60 * 2 / FPS
    moved = np.array([m for _, m, _ in told[1:]])
    assert (moved >= 0.749 * pace).all()
    assert (moved <= 1.251 * pace).all()
    assert max(crossed for _, _, crossed in told) <= 1.0
    wanted = 2.0 * (2 * frames * bpm / 60 / FPS + error)
    assert abs((told[-1][0] - wanted + 1.0) % 2.0 - 1.0) < 0.02


@settings(max_examples=30, deadline=None)
@given(bpm=st.floats(70.0, 200.0), start=st.floats(0.0, 1.0), rest=st.integers(15, 58))
@example(bpm=120.0, start=0.0, rest=38)  # the break begins on a border
@example(bpm=70.0, start=1.0 / 3.0, rest=32)  # the music comes back with a beat on a frame
@example(bpm=74.0, start=0.0, rest=15)  # the next beat falls on a frame
def test_a_break_holds_the_pose_until_the_next_beat(bpm: float, start: float, rest: int) -> None:
    after = start + (30 + rest) * bpm / 60 / FPS + 0.3  # the music comes back at another phase
    told = clocks(torch.cat([beats(bpm, 30, start), beats(bpm, rest, music=0.0), beats(bpm, 45, after)]))
    places, moved = np.array([at for at, _, _ in told]), np.array([m for _, m, _ in told])
    assert (places[29 + rest] - places[29]) % musical_clock.CYCLE < 1.0
    assert moved[29 + rest] < 0.01
    begins = int(np.argmax(np.diff(np.floor(places[29 + rest :])) != 0))  # the first half-beat of dance
    assert begins / FPS <= 60 / bpm
    wanted = 2.0 * (after + (np.arange(45) + 1) * bpm / 60 / FPS)
    away = (places[30 + rest :] - wanted + 1.0) % 2.0 - 1.0
    assert np.abs(away[begins:]).max() < 2e-3
    assert (wanted[begins] + 1e-9) % 2.0 < bpm / 60 * 2 / FPS  # and it is a beat


def test_where_silence_lasts_it_runs_on_and_sinks_into_rest() -> None:
    clock = torch.zeros(1, musical_clock.SIZE)
    rows = torch.cat([beats(120.0, 30), beats(120.0, 150, music=0.0)])
    presence, moved = [], []
    for row in rows:
        clock, some, _ = musical_clock.tick(clock, row[None], AS_RECORDED)
        presence.append(float(clock[0, 3]))
        moved.append(float(some))
    assert min(presence[30:85]) > 0.99
    assert max(moved[45:85]) < 0.01
    assert presence[-1] < 0.01
    assert moved[-1] == pytest.approx(4 / FPS)


def test_a_show_that_begins_in_silence_begins_at_rest() -> None:
    told = clocks(beats(120.0, 30, music=0.0))
    assert [m for _, m, _ in told[1:]] == pytest.approx([4 / FPS] * 29)


def test_a_beat_that_nobody_is_sure_of_is_not_chased() -> None:
    steady = clocks(torch.cat([beats(120.0, 30), beats(120.0, 30, 0.37, confidence=0.0)]))
    assert [m for _, m, _ in steady[31:]] == pytest.approx([4 / FPS] * 29, abs=1e-5)


@settings(max_examples=25, deadline=None)
@given(bpm=st.floats(60.0, 180.0), start=st.floats(0.0, 1.0))
def test_half_beats_are_cut_where_the_beat_input_counts_them(bpm: float, start: float) -> None:
    frames = 90
    count = 2.0 * (start + (np.arange(frames) + 1) * bpm / 60 / FPS)
    pose = torch.zeros(1, frames, POSE_SIZE)
    pose[0, :, 10] = torch.from_numpy(count)  # a number that says where in the music it was taken
    pose[0, :, VELOCITY] = bpm / 120.0  # m/s: a metre a second at 120 bpm
    batch = {"pose": pose, "beat": beats(bpm, frames, start)[None], "weight": torch.ones(1, frames, POSE_SIZE)}
    ticks = half_beats(batch)
    said = ticks.pose[0, :-1, 10].reshape(-1, TICKS) - torch.arange(TICKS) / TICKS
    whole = said[ticks.there[0] > 0]
    torch.testing.assert_close(whole - whole.round(), torch.zeros_like(whole), atol=2e-3, rtol=0)
    assert torch.equal(whole.mean(1).round().diff(), torch.ones(len(whole) - 1))
    torch.testing.assert_close(ticks.pose[0, :, VELOCITY], torch.ones_like(ticks.pose[0, :, VELOCITY]))
    assert int(ticks.there.sum()) >= int(count[-1] - count[0]) - 1


@pytest.mark.parametrize(("places", "left"), [(2, 0.6), (4, 0.8), (8, 0.941), (32, 0.996)])
def test_tremble_is_left_out_of_what_is_learned_and_slow_movement_is_kept(places: int, left: float) -> None:
    beat = beats(112.5, 120)[None]  # each frame falls on a place, the fourth on the first
    swing = (2.0 * math.pi * torch.arange(120.0) / places).cos()
    pose = torch.zeros(1, 120, POSE_SIZE)
    pose[..., ROTATIONS], pose[..., CONTACTS] = swing[:, None], (swing > 0.0).float()[:, None]
    made = half_beats({"beat": beat, "pose": pose}).pose[0]
    there = slice(4, 4 + len(made) - 2)
    torch.testing.assert_close(made[1:-1, ROTATIONS], left * pose[0, there, ROTATIONS], atol=2e-3, rtol=0)
    torch.testing.assert_close(made[1:-1, CONTACTS], pose[0, there, CONTACTS], atol=1e-4, rtol=0)
