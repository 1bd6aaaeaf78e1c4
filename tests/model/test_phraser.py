"""The dancer in musical time: one function for training and stage."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.networks import phraser
from model.networks.phraser import Phraser
from model.stepping import drive, torch_step
from motion.pose import MIRROR_PERMUTATION, MIRROR_SIGNS, ROTATIONS, VELOCITY
from tests.model.toy_phraser import FPS, NAMES, TOY, beats, fitted, show, takes


@pytest.fixture(scope="module")
def network() -> Phraser:
    return fitted().eval()


@torch.no_grad()
def test_frame_by_frame_it_dances_what_it_dances_at_a_stretch(network: Phraser) -> None:
    inputs = show()
    stepped = drive(torch_step(network.step), network.states, [x.numpy() for x in inputs])
    np.testing.assert_allclose(stepped, network(*inputs).numpy(), atol=1e-5)


@torch.no_grad()
def test_changing_the_future_leaves_the_past_untouched(network: Phraser) -> None:
    inputs, other = show(0), show(1, bpm=140.0)
    changed = tuple(torch.cat([a[:, :20], b[:, 20:]], dim=1) for a, b in zip(inputs, other, strict=True))
    before, after = network(*inputs), network(*changed)
    assert torch.equal(before[:, :20], after[:, :20])
    assert not torch.allclose(before[:, 20:], after[:, 20:])


@torch.no_grad()
def test_twice_the_tempo_is_the_same_dance_in_half_the_time(network: Phraser) -> None:
    """With the same spans: the body is that of the same place in the bar, and walks twice as fast."""
    shape = network.repertoire.join(torch.tensor([7.0]), torch.tensor([21.0]), torch.rand(1))
    for pace in (0.2, 0.4):
        body = network._body(shape, shape, torch.tensor([pace]), torch.ones(1))
        assert body[0, VELOCITY].numpy() == pytest.approx(shape[0, VELOCITY].numpy() * pace * FPS / 4, rel=1e-5)
        np.testing.assert_allclose(body[0, 8:], shape[0, 8:], atol=1e-6)


@torch.no_grad()
def test_half_beats_join_without_a_jump_and_without_a_bend(network: Phraser) -> None:
    count = network.config.steps
    first, second, third = torch.tensor([[3.0], [20.0], [count + 5.0]])  # the last in the mirror
    near = 1e-3
    end = [network.repertoire.join(first, second, torch.tensor([1.0 - n * near])) for n in (0, 1)]
    start = [network.repertoire.join(second, third, torch.tensor([n * near])) for n in (0, 1)]
    torch.testing.assert_close(end[0], start[0], atol=1e-6, rtol=0)
    torch.testing.assert_close(end[0] - end[1], start[1] - start[0], atol=2e-4, rtol=0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_step_is_drawn_as_often_as_its_nats_say_and_unlikely_ones_never(seed: int) -> None:
    logits = 2.0 * torch.randn(1, 12, generator=torch.Generator().manual_seed(seed))
    uniform = (torch.arange(20_000) + 0.5).unsqueeze(-1) / 20_000
    drawn = phraser._pick(logits.expand(20_000, -1), uniform)[:, 0].long()
    chance = torch.softmax(logits[0], dim=-1)
    chance = chance * (chance >= phraser.UNLIKELY * chance.max())
    torch.testing.assert_close(torch.bincount(drawn, minlength=12) / 20_000, chance / chance.sum(), atol=2e-4, rtol=0)


@torch.no_grad()
def test_a_step_that_was_danced_between_the_beats_is_never_danced_on_one(network: Phraser) -> None:
    heard, beat, controls, noise = show(frames=60)
    moment = phraser.Moment(*(torch.zeros(2, *spec.shape) for spec in network.states[: len(phraser.Moment._fields)]))
    context = network.encode(heard, beat)
    for t in range(60):
        _, moment = network._dance(context[:, t], beat[:, t], controls[:, t], noise[:, t], moment)
        known = network.repertoire.count[moment.steps[:, 1].long()]
        assert torch.equal(known % 2.0, moment.clock[:, 1] % 2.0)


@torch.no_grad()
def test_without_music_the_body_comes_near_its_mean_and_stands_where_it_is(network: Phraser) -> None:
    heard, _, controls, noise = show(frames=150)
    silence = torch.stack([torch.cat([beats(110.0, 30), beats(110.0, 120, confidence=0.0, music=0.0)])] * 2)
    poses = network(heard, silence, controls, noise)
    size = (poses - network.mean).norm(dim=-1)
    assert (size[:, 135:].mean() / size[:, 5:30].mean()) < 0.25
    assert poses[:, 135:, VELOCITY].abs().mean() < 0.25 * poses[:, 5:30, VELOCITY].abs().mean()


@torch.no_grad()
@pytest.mark.parametrize("energy", [0.0, 0.4, 1.0])
def test_the_same_steps_are_danced_the_larger_the_more_energy_is_asked_for(energy: float) -> None:
    network = fitted(replace(TOY, energy=0.0)).eval()  # which steps are drawn does not depend on it
    poses, sizes = {}, {asked: 1.0 + phraser.AMPLE * (asked - phraser.USUAL) for asked in (energy, phraser.USUAL)}
    for asked in sizes:
        heard, beat, controls, noise = show()
        controls[..., NAMES.index("energy")] = asked
        controls[..., NAMES.index("guidance")] = 0.0  # its planner heeds nothing that is asked
        poses[asked] = network(heard, beat, controls, noise)[..., ROTATIONS] - network.mean[ROTATIONS]
    assert sizes[phraser.USUAL] == 1.0
    torch.testing.assert_close(poses[energy], sizes[energy] * poses[phraser.USUAL], atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_mirror_changes_left_and_right(network: Phraser) -> None:
    heard, beat, controls, noise = show(frames=5)
    turned = controls.clone()
    turned[..., NAMES.index("mirror")] = 1.0
    plain, mirrored = network(heard, beat, controls, noise), network(heard, beat, turned, noise)
    torch.testing.assert_close(plain[..., MIRROR_PERMUTATION] * torch.tensor(MIRROR_SIGNS), mirrored)


def test_the_losses_reach_every_weight_and_fall() -> None:
    learner = fitted()
    made = takes(seed=0)
    batch = {
        "features": torch.randn(4, 90, 6, generator=torch.Generator().manual_seed(0)),
        "beat": torch.stack([take["beat"] for take in made]),
        "controls": torch.rand(4, 90, len(NAMES)),
        "pose": torch.stack([take["pose"] for take in made]),
    }
    own = torch.zeros(90, dtype=torch.bool)
    own[20:40] = True
    optimiser = torch.optim.Adam(learner.parameters(), 3e-3)
    first = torch.zeros(())
    for step in range(60):
        loss, parts = learner.loss(batch, own)
        optimiser.zero_grad()
        loss.backward()
        if not step:
            assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in learner.parameters())
            first = parts["surprise"]
        optimiser.step()
    assert parts["surprise"] < 0.9 * first
