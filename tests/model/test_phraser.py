"""The dancer in musical time: one function for training and stage, and a clock that keeps to the music."""

import dataclasses

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from torch import Tensor

from audio.beat import BEAT_NAMES
from model.networks import phraser
from model.networks.half_beats import TICKS, half_beats
from model.networks.phraser import CHOICES, DIGITS, GROUP, GROUPS, Phraser, PhraserConfig
from model.stepping import drive, torch_step
from motion.pose import MIRROR_PERMUTATION, MIRROR_SIGNS, POSE_SIZE, VELOCITY

NAMES = ("style_a", "style_b", "energy", "temperature", "mirror")
TOY = PhraserConfig(features=6, control_names=NAMES, encoder_width=8, encoder_heads=2, window=5, hidden=12, renderer=16)
FPS = 15


@pytest.fixture(scope="module")
def network() -> Phraser:
    torch.manual_seed(0)
    return Phraser(TOY).eval()


def beats(bpm: float, frames: int, start: float = 0.0, confidence: float = 1.0, music: float = 1.0) -> Tensor:
    """The beat input [frames, 8] of a steady tempo; `start` is the phase before the first frame."""
    count = start + (np.arange(frames) + 1) * bpm / 60 / FPS
    rows = np.zeros((frames, len(BEAT_NAMES)), np.float32)
    for cycles, at in ((1.0, 0), (0.25, 2)):
        rows[:, at], rows[:, at + 1] = np.cos(2 * np.pi * cycles * count), np.sin(2 * np.pi * cycles * count)
    rows[:, 4] = (1 - count % 1) * 60 / bpm
    rows[:, 5], rows[:, 6], rows[:, 7] = np.log2(bpm / 120), confidence, music
    return torch.from_numpy(rows)


def show(seed: int = 0, frames: int = 40, bpm: float = 110.0) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    controls = torch.tensor([1.0, 0.0, 0.5, 1.0, 0.0]).expand(2, frames, 5).clone()
    heard = torch.randn(2, frames, 6, generator=rng)
    beat = torch.stack([beats(bpm, frames), beats(bpm * 1.3, frames, 0.4)])
    return heard, beat, controls, torch.rand(2, frames, GROUPS, generator=rng)


@torch.no_grad()
def test_frame_by_frame_it_dances_what_it_dances_at_a_stretch(network: Phraser) -> None:
    inputs = show()
    stepped = drive(torch_step(network.step), network.states, [x.numpy() for x in inputs])
    np.testing.assert_allclose(stepped, network(*inputs).numpy(), atol=1e-5)


@torch.no_grad()
def test_changing_the_future_leaves_the_past_untouched(network: Phraser) -> None:
    inputs, other = show(0), show(1)
    changed = tuple(torch.cat([a[:, :20], b[:, 20:]], dim=1) for a, b in zip(inputs, other, strict=True))
    before, after = network(*inputs), network(*changed)
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:])


def clocks(beat: Tensor, clock: Tensor | None = None) -> list[tuple[float, float, float]]:
    """(half-beats on the dancer's clock 0-2, moved, crossed) of each frame."""
    clock = torch.zeros(1, 4) if clock is None else clock
    told = []
    for row in beat:
        clock, moved, crossed = phraser._tick(clock, row[None])
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
@given(bpm=st.floats(60.0, 210.0), error=st.floats(-0.49, 0.49))
def test_after_a_jump_of_the_music_it_has_caught_up_four_seconds_later_and_never_runs_backward(
    bpm: float, error: float
) -> None:
    frames = 60
    told = clocks(torch.cat([beats(bpm, frames), beats(bpm, frames, frames * bpm / 60 / FPS + error)]))
    pace = bpm / 60 * 2 / FPS
    moved = np.array([m for _, m, _ in told[1:]])
    assert (moved >= 0.499 * pace).all()
    assert (moved <= 1.701 * pace).all()
    assert max(crossed for _, _, crossed in told) <= 1.0
    wanted = 2.0 * (2 * frames * bpm / 60 / FPS + error)
    assert abs((told[-1][0] - wanted + 1.0) % 2.0 - 1.0) < 0.02


def test_a_beat_that_nobody_is_sure_of_is_not_chased() -> None:
    steady = clocks(torch.cat([beats(120.0, 30), beats(120.0, 30, 0.37, confidence=0.0)]))
    assert [m for _, m, _ in steady[31:]] == pytest.approx([4 / FPS] * 29, abs=1e-5)


@torch.no_grad()
def test_twice_the_tempo_is_the_same_dance_in_half_the_time(network: Phraser) -> None:
    """With the same tokens: the body is that of the same place in the bar, and walks twice as fast."""
    tokens = torch.randint(-2, 3, (1, 3 * DIGITS)).float() / 2
    place = torch.rand(1)
    shape = network._render(tokens, place)
    for pace in (0.2, 0.4):
        body = network._body(shape, shape, torch.tensor([pace]), torch.ones(1))
        assert body[0, VELOCITY].numpy() == pytest.approx(shape[0, VELOCITY].numpy() * pace * FPS / 4, rel=1e-5)
        np.testing.assert_array_equal(body[0, 8:], shape[0, 8:])


@torch.no_grad()
def test_half_beats_join_without_a_jump_and_without_a_bend(network: Phraser) -> None:
    torch.manual_seed(1)
    tokens = torch.randint(-2, 3, (1, 4 * DIGITS)).float() / 2
    before, after = tokens[:, : 3 * DIGITS], tokens[:, DIGITS:]
    near = 1e-3
    end = [network._render(before, torch.tensor([1.0 - n * near])) for n in (0, 1)]
    start = [network._render(after, torch.tensor([n * near])) for n in (0, 1)]
    torch.testing.assert_close(end[0], start[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(end[0] - end[1], start[1] - start[0], atol=2e-4, rtol=0)


def test_every_choice_has_digits_of_its_own_and_they_lead_back_to_it(network: Phraser) -> None:
    choices = torch.arange(CHOICES, dtype=torch.float32).unsqueeze(-1)
    digits = network._digits(choices)
    assert set(digits.unique().tolist()) == {-1.0, -0.5, 0.0, 0.5, 1.0}
    assert torch.equal((((digits + 1.0) * 2).round() * network.powers).sum(-1), choices[:, 0])
    assert digits.shape == (CHOICES, GROUP)


@torch.no_grad()
def test_draws_follow_the_planner_s_own_chances_and_guidance_of_one_changes_nothing() -> None:
    torch.manual_seed(3)
    network = Phraser(dataclasses.replace(TOY, guidance=1.0)).eval()
    for head in network.heads:
        head.weight.data.mul_(8.0)
    many = 20_000
    state, context = torch.randn(1, 12).expand(many, -1), torch.randn(1, 8).expand(many, -1)
    beat, controls = beats(100.0, 1).expand(many, -1), torch.tensor([[1.0, 0, 0.5, 0, 0]]).expand(many, -1)
    drawn = network._draw(state, context, beat, controls, torch.ones(many), torch.rand(many, GROUPS))
    thought = network._thought(state[:1], context[:1], beat[:1], controls[:1], torch.ones(1, 2))
    chance = torch.softmax(network._choices(thought, state[:1, :0], 0), dim=-1)[0]
    chance = torch.where(chance < phraser.UNLIKELY * chance.max(), torch.zeros(()), chance)
    choice = (((drawn[:, :GROUP] + 1.0) * 2).round() * network.powers).sum(-1).long()
    counted = torch.bincount(choice, minlength=CHOICES) / many
    torch.testing.assert_close(counted, chance / chance.sum(), atol=0.012, rtol=0)


@torch.no_grad()
def test_without_music_the_body_comes_near_its_mean_and_stands_where_it_is(network: Phraser) -> None:
    heard, _, controls, noise = show(frames=90)
    silence = torch.stack([torch.cat([beats(110.0, 30), beats(110.0, 60, confidence=0.0, music=0.0)])] * 2)
    poses = network(heard, silence, controls, noise)
    size = (poses - network.mean).norm(dim=-1)
    assert (size[:, 75:].mean() / size[:, 5:30].mean()) < 0.25
    assert poses[:, 75:, VELOCITY].abs().mean() < 0.25 * poses[:, 5:30, VELOCITY].abs().mean()


@torch.no_grad()
def test_mirror_changes_left_and_right(network: Phraser) -> None:
    heard, beat, controls, noise = show(frames=5)
    turned = controls.clone()
    turned[..., NAMES.index("mirror")] = 1.0
    plain, mirrored = network(heard, beat, controls, noise), network(heard, beat, turned, noise)
    torch.testing.assert_close(plain[..., MIRROR_PERMUTATION] * torch.tensor(MIRROR_SIGNS), mirrored)


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
    said = ticks.pose[0, :, 10].reshape(-1, TICKS) - ticks.places
    whole = said[ticks.there[0] > 0]
    torch.testing.assert_close(whole - whole.round(), torch.zeros_like(whole), atol=2e-3, rtol=0)
    assert torch.equal(whole.mean(1).round().diff(), torch.ones(len(whole) - 1))
    torch.testing.assert_close(ticks.pose[0, :, VELOCITY], torch.ones_like(ticks.pose[0, :, VELOCITY]))
    assert int(ticks.there.sum()) >= int(count[-1] - count[0]) - 1


def test_the_losses_reach_every_weight_and_fall(network: Phraser) -> None:
    torch.manual_seed(5)
    learner = Phraser(TOY)
    rng = torch.Generator().manual_seed(0)
    pose = torch.randn(4, 60, POSE_SIZE, generator=rng).cumsum(dim=1) * 0.05
    pose[..., 4:136] += torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(22)
    batch = {
        "features": torch.randn(4, 60, 6, generator=rng),
        "beat": torch.stack([beats(100.0 + 8 * n, 60) for n in range(4)]),
        "controls": torch.rand(4, 60, 5, generator=rng),
        "pose": pose,
        "weight": torch.ones(4, 60, POSE_SIZE),
    }
    own = torch.zeros(60, dtype=torch.bool)
    own[20:40] = True
    optimiser = torch.optim.Adam(learner.parameters(), 3e-3)
    first = {}
    for step in range(60):
        loss, parts = learner.loss(batch, own)
        optimiser.zero_grad()
        loss.backward()
        if not step:
            assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learner.parameters())
            first = parts
        optimiser.step()
    assert parts["pose"] < 0.8 * first["pose"]
    assert parts["surprise"] < first["surprise"]
