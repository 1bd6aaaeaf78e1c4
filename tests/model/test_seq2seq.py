"""The reference network: the same function for training and stage, causal, and in control of its own noise."""

import dataclasses

import numpy as np
import pytest
import scipy.stats
import torch
from torch import Tensor

from model.networks.seq2seq import Seq2Seq, Seq2SeqConfig, _divergence, _normal

NAMES = ("style_a", "style_b", "energy", "temperature", "mirror")
TOY = Seq2SeqConfig(features=6, control_names=NAMES, encoder_width=8, encoder_heads=2, window=5, hidden=12, latent=4)
FRAMES = 24


@pytest.fixture(scope="module")
def network() -> Seq2Seq:
    torch.manual_seed(0)
    return Seq2Seq(TOY).eval()


def sound(seed: int = 0, frames: int = FRAMES) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    rng = torch.Generator().manual_seed(seed)
    controls = torch.tensor([1.0, 0.0, 0.5, 1.0, 0.0]).expand(2, frames, 5).clone()
    return (
        torch.randn(2, frames, 6, generator=rng),
        torch.randn(2, frames, 8, generator=rng),
        controls,
        torch.rand(2, frames, TOY.latent, generator=rng),
    )


def stage(network: Seq2Seq, inputs: tuple[Tensor, ...]) -> Tensor:
    """Drive `step` as a host does: carries handed on, ring rows written at slot k mod W."""
    state: list[Tensor] = []
    for spec in network.states:
        state.append(torch.zeros(2, *spec.shape))
        if spec.kind == "ring":
            state.append(torch.full((2, spec.shape[1]), -1.0))
    poses = []
    for k in range(inputs[0].shape[1]):
        pose, *outputs = network.step(*(x[:, k] for x in inputs), *state)
        poses.append(pose)
        at = 0
        for spec, new in zip(network.states, outputs, strict=True):
            if spec.kind == "carry":
                state[at], at = new, at + 1
                continue
            slot = k % spec.shape[1]
            state[at][:, :, slot] = new
            state[at + 1][state[at + 1] > 0] += 1
            state[at + 1][:, slot] = 1
            at += 2
    return torch.stack(poses, dim=1)


@torch.no_grad()
def test_step_by_step_with_a_ring_cache_equals_the_whole_sequence_over_several_windows(network: Seq2Seq) -> None:
    inputs = sound()
    assert torch.allclose(stage(network, inputs), network(*inputs), atol=1e-5)


@torch.no_grad()
def test_changing_the_future_leaves_the_past_untouched(network: Seq2Seq) -> None:
    inputs, other = sound(0), sound(1)
    changed = tuple(torch.cat([a[:, :10], b[:, 10:]], dim=1) for a, b in zip(inputs, other, strict=True))
    before, after = network(*inputs), network(*changed)
    assert torch.equal(before[:, :10], after[:, :10])
    assert not torch.allclose(before[:, 10:], after[:, 10:])


def test_the_encoder_hears_its_window_and_nothing_else_by_gradient(network: Seq2Seq) -> None:
    features, beat, _, _ = sound()
    features.requires_grad_()
    network.encode(features, beat)[0, 15].sum().backward()
    assert features.grad is not None
    heard = features.grad[0].abs().sum(dim=-1) > 0
    reach = TOY.window * TOY.encoder_layers
    assert not heard[16:].any()
    assert not heard[: 15 - reach].any()
    assert heard[15 - reach : 16].all()


@torch.no_grad()
def test_the_same_noise_dances_the_same_and_other_noise_another_dance(network: Seq2Seq) -> None:
    features, beat, controls, noise = sound()
    again = network(features, beat, controls, noise)
    assert torch.equal(again, network(features, beat, controls, noise))
    assert not torch.equal(again, network(features, beat, controls, 1 - noise))


@torch.no_grad()
def test_the_mirror_control_gives_the_left_right_mirrored_dance(network: Seq2Seq) -> None:
    from motion.pose import mirror

    features, beat, controls, noise = sound()
    mirrored = controls.clone()
    mirrored[..., NAMES.index("mirror")] = 1.0
    plain = network(features, beat, controls, noise).numpy()
    assert np.allclose(network(features, beat, mirrored, noise).numpy(), mirror(plain), atol=1e-6)


@torch.no_grad()
def test_a_dancer_that_walks_off_is_drawn_back_to_the_stage() -> None:
    torch.manual_seed(0)
    network = Seq2Seq(TOY).eval()
    statistics = {
        "pose_mean": torch.zeros(140), "pose_scale": torch.full((140,), 1e-3),
        "feature_mean": torch.zeros(6), "feature_scale": torch.ones(6),
    }  # fmt: skip
    statistics["pose_mean"][2] = 1.0  # always a metre a second ahead
    network.set_statistics(statistics)
    poses = network(*sound(frames=400)).numpy()
    assert np.abs(poses[:, -50:, 1:3]).mean() < 0.5


def test_the_loss_falls_when_the_network_is_fitted_to_one_dance() -> None:
    torch.manual_seed(0)
    network = Seq2Seq(dataclasses.replace(TOY, dropout=0.0))
    features, beat, controls, _ = sound()
    t = torch.arange(FRAMES) / 15
    pose = torch.sin(t[None, :, None] * torch.linspace(1, 9, 140)) * 0.3
    batch = {
        "features": features,
        "beat": beat,
        "controls": controls,
        "pose": pose.expand(2, -1, -1),
        "weight": torch.ones(2, FRAMES, 140),
    }
    own = torch.arange(FRAMES) % 3 == 0
    optimiser = torch.optim.Adam(network.parameters(), 3e-3)
    losses = []
    for _ in range(30):
        loss, parts = network.loss(batch, own)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert losses[-1] < 0.7 * losses[0]
    assert set(parts) == {"pose", "speed", "joints", "slide", "nats"}


def test_what_was_not_recorded_is_not_learned() -> None:
    torch.manual_seed(0)
    network = Seq2Seq(dataclasses.replace(TOY, dropout=0.0)).eval()
    features, beat, controls, _ = sound()
    pose = torch.zeros(2, FRAMES, 140)
    weight = torch.ones(2, FRAMES, 140)
    weight[..., 4:136] = 0
    wild = pose.clone()
    wild[..., 4:136] = torch.randn_like(wild[..., 4:136])
    batch = {"features": features, "beat": beat, "controls": controls, "weight": weight}
    own = torch.ones(FRAMES, dtype=torch.bool)
    torch.manual_seed(1)
    _, calm = network.loss({**batch, "pose": pose}, own)
    torch.manual_seed(1)
    _, noisy = network.loss({**batch, "pose": wild}, own)
    assert torch.equal(calm["pose"], noisy["pose"])


def test_uniform_noise_becomes_standard_normal() -> None:
    normal = _normal(torch.rand(20_000, 2, generator=torch.Generator().manual_seed(0)))
    assert scipy.stats.kstest(normal.numpy().ravel(), "norm").pvalue > 0.01


def test_the_divergence_agrees_with_torch_distributions() -> None:
    rng = torch.Generator().manual_seed(0)
    one, two = torch.randn(5, 8, generator=rng), torch.randn(5, 8, generator=rng)
    normals = [torch.distributions.Normal(x[:, :4], x[:, 4:].exp()) for x in (one, two)]
    expected = torch.distributions.kl_divergence(*normals).sum(dim=-1).mean()
    assert torch.allclose(_divergence(one, two), expected, atol=1e-5)
