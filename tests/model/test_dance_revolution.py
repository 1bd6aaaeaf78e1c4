"""The causal Dance Revolution network against numbers that the original's own code produced."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from model.networks.dance_revolution import (
    PUBLISHED,
    DanceRevolution,
    DanceRevolutionConfig,
    angular_rates,
    positions,
)
from model.stepping import drive, torch_step

# the original's start pose, 25 OpenPose joints (x, y), absolute
START = """-.00647944 -.540766 -.00655532 -.3829 -.0862469 -.388304 -.107649 -.137507 -.0648178 .0423361
.0791047 -.382726 .0882645 -.148286 .0699688 .0641147 .0056175 .05319 -.0464647 .0476973 -.0465082
.467254 -.031224 .854397 .0576743 .0585055 .0394117 .478282 .0208931 .854322 -.0158758 -.568058
.0147899 -.568106 -.0465137 -.568036 .0391742 -.562693 .0209782 .936187 .0424097 .930442 .0148087
.886806 -.0249588 .935932 -.0434218 .935805 -.0280986 .886854"""


def start_pose() -> Tensor:
    """Relative to the hips (joint 8), which stay absolute; float32 values, as stored."""
    joints = np.array(START.split(), np.float32).reshape(25, 2)
    relative = joints - joints[8]
    relative[8] = joints[8]
    return torch.from_numpy(relative.reshape(50)).double()


def wave(j: int, *shape: int) -> Tensor:
    """The golden parameter number j: 0.02 sin(0.37 i + j) of the row-major flat index i."""
    return (0.02 * torch.sin(0.37 * torch.arange(math.prod(shape), dtype=torch.float64) + j)).view(shape)


def golden(old_hidden: bool = True) -> Any:
    """The default network of the original's repository with a window of 5 and waves for weights."""
    config = DanceRevolutionConfig(438, 0, 0, pose=50, layers=2, window=5, old_hidden=old_hidden)
    net: Any = DanceRevolution(config).double().eval()
    net.rates = angular_rates(200).double()
    with torch.no_grad():
        net.start.copy_(start_pose())
        net.listen.weight.copy_(wave(0, 200, 438))
        net.listen.bias.copy_(wave(1, 200))
        for number, layer in enumerate(net.layers):
            j = 2 + 16 * number
            qkv = layer.attention.query_key_value
            qkv.weight.copy_(torch.cat([wave(j + i, 512, 200) for i in (0, 2, 4)]))
            qkv.bias.copy_(torch.cat([wave(j + i, 512) for i in (1, 3, 5)]))
            layer.attention.out.weight.copy_(wave(j + 8, 200, 512))
            layer.attention.out.bias.copy_(wave(j + 9, 200))
            layer.widen.weight.copy_(wave(j + 10, 1024, 200))
            layer.widen.bias.copy_(wave(j + 11, 1024))
            layer.narrow.weight.copy_(wave(j + 12, 200, 1024))
            layer.narrow.bias.copy_(wave(j + 13, 200))
        net.see.weight.copy_(wave(34, 50, 50))
        net.see.bias.copy_(wave(35, 50))
        for number, cell in enumerate(net.cells):
            for i, name in enumerate(("weight_ih", "weight_hh", "bias_ih", "bias_hh")):
                parameter = getattr(cell, name)
                parameter.copy_(wave(36 + 4 * number + i, *parameter.shape))
        net.pose_head.weight.copy_(wave(48, 50, 1224))
        net.pose_head.bias.copy_(wave(49, 50))
    return net


def music() -> Tensor:
    t, c = torch.arange(20, dtype=torch.float64), torch.arange(438)
    return torch.sin(0.01 * t[:, None] * (c % 7 + 1))[None]


def nothing(frames: int = 20) -> Tensor:
    return torch.zeros(1, frames, 0, dtype=torch.float64)


def symmetric_encoding(net: Any, window: int = 5) -> Tensor:
    """The original's encoder, which also looks ahead, on this network's weights: plain dense masked attention."""
    x = net._hear(music(), nothing(), nothing()) + positions(torch.arange(1.0, 21).double()[:, None], net.rates)
    distance = (torch.arange(20)[:, None] - torch.arange(20)).abs()
    for layer in net.layers:
        q, k, v = layer.attention.query_key_value(x).view(20, 3, 8, 64).permute(1, 2, 0, 3)
        score = (q @ k.transpose(-1, -2) / 8).masked_fill(distance > window, -torch.inf)
        mixed = (score.softmax(-1) @ v).transpose(0, 1).reshape(1, 20, 512)
        x = layer._after(x, layer.attention.out(mixed))
    encoded: Tensor = x
    return encoded


def near(found: Tensor, expected: list[float]) -> None:
    np.testing.assert_allclose(found[: len(expected)].detach().numpy(), expected, atol=1e-6)


def test_the_published_network_has_the_published_number_of_parameters() -> None:
    net = DanceRevolution(PUBLISHED)
    count = {name: sum(p.numel() for p in part.parameters()) for name, part in net.named_children()}
    assert count["listen"] + count["layers"] == 910_760
    assert count["see"] + count["cells"] == 21_203_446
    assert count["pose_head"] == 61_250
    assert sum(p.numel() for p in net.parameters()) == 22_175_456


def test_positions_are_those_of_the_original_table() -> None:
    rates = angular_rates(200).double()
    near(
        positions(torch.tensor([1.0]), rates), [0.84147096, 0.54030228, 0.79073626, 0.61215693, 0.73912054, 0.67357320]
    )
    near(positions(torch.tensor([1.0]), rates)[-2:], [0.00010965, 1.0])
    near(positions(torch.tensor([100.0]), rates), [-0.50636566, 0.86231887, -0.09475461, -0.99550068])


def test_the_causal_encoder_gives_the_golden_numbers() -> None:
    context = golden().encode(music(), nothing(), nothing())[0]
    near(context[0], [0.45116969, -0.38906453, 0.62350172, 0.64994314])
    near(context[19], [0.78982013, -0.25717714, -1.53859839, 1.06235433])


@pytest.mark.parametrize(
    ("old_hidden", "expected"),
    [
        (
            True,
            {
                0: [-0.04835639, 0.01428664, 0.07198816, 0.11169442],
                1: [-0.12031649, -0.04892805, 0.03243463, 0.10513487],
                2: [-0.19106579, -0.12591214, -0.03261956, 0.06736037],
                3: [-0.22318881, -0.15252275, -0.04743887, 0.06782903],
                19: [-0.08231706, -0.06457856, -0.03317302, 0.00505045],
            },
        ),
        (
            False,
            {
                0: [-0.04779426, 0.01468727, 0.07213275, 0.11154886],
                1: [-0.11983476, -0.04857742, 0.03257144, 0.10502557],
                2: [-0.19075717, -0.12567602, -0.03251165, 0.06731461],
            },
        ),
    ],
)
def test_the_decoder_gives_the_golden_poses_in_both_wirings(old_hidden: bool, expected: dict[int, list[float]]) -> None:
    net = golden(old_hidden)
    context = symmetric_encoding(net)
    near(context[0, 0], [0.44927195, -0.38944014, 0.62462846, 0.65176343])
    poses = net._unroll(context)[0]
    for frame, numbers in expected.items():
        near(poses[frame], numbers)


def toy(**more: Any) -> Any:
    torch.manual_seed(0)
    config = DanceRevolutionConfig(6, 8, 4, width=12, heads=2, head_width=4, window=5, hidden=10, pose_width=7, **more)
    net: Any = DanceRevolution(config).eval()
    net.set_statistics(
        {
            "feature_mean": torch.randn(6),
            "feature_scale": torch.rand(6) + 0.5,
            "pose_mean": torch.randn(140),
            "pose_scale": torch.rand(140) + 0.5,
        }
    )
    torch.nn.init.normal_(net.start)
    return net


@pytest.mark.parametrize("old_hidden", [False, True])
def test_stepping_equals_the_whole_sequence(old_hidden: bool) -> None:
    net = toy(layers=2, old_hidden=old_hidden)
    heard: list[Any] = [
        np.random.default_rng(i).normal(size=(3, 24, n)).astype(np.float32) for i, n in enumerate((6, 8, 4, 0))
    ]
    with torch.no_grad():
        whole = net(*map(torch.from_numpy, heard)).numpy()
    np.testing.assert_allclose(drive(torch_step(net.step), net.states, heard), whole, atol=1e-5)


def test_the_old_wiring_hears_a_pose_two_frames_later_and_the_new_one_at_once() -> None:
    for old_hidden, first in ((True, 2), (False, 0)):
        net = toy(old_hidden=old_hidden)
        quiet = [torch.zeros(1, 6, n) for n in (6, 8, 4)]
        context = net.encode(*quiet)
        truth = torch.zeros(1, 6, 140)
        own = torch.zeros(6, dtype=torch.bool)
        before = net._unroll(context, truth, own)
        net.start += 1.0  # the pose fed in at frame 0
        changed = (net._unroll(context, truth, own) - before).abs().sum(-1)[0] > 1e-7
        assert int(changed.nonzero()[0]) == first


def test_a_frame_marked_own_does_not_see_the_truth_before_it() -> None:
    net = toy()
    batch = {n: torch.randn(2, 8, s) for n, s in (("features", 6), ("beat", 8), ("controls", 4), ("pose", 140))}
    batch["weight"] = torch.zeros(2, 8, 140)
    batch["weight"][:, 5] = 1.0  # only frame 5 is scored, so only its own inputs matter
    for fed, matters in ((True, False), (False, True)):
        pose = batch["pose"].clone().requires_grad_()
        own = torch.ones(8, dtype=torch.bool)
        own[5] = fed
        loss, _ = net.loss({**batch, "pose": pose}, own)
        torch.autograd.backward(loss)
        assert pose.grad is not None
        assert bool(pose.grad[:, 4].abs().sum() > 0) is matters
