"""What a dancer knows: recorded half-beats, in both mirrorings, without faults."""

import math

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from model.checkpoint import ModelError
from model.kinematics import heading_positions
from model.networks import movement_metric, repertoire
from model.networks.half_beats import TICK_FPS, TICKS, half_beats
from model.networks.phraser import Phraser
from model.networks.repertoire import HALF
from motion.pose import CONTACTS, MIRROR_PERMUTATION, MIRROR_SIGNS, POSE_SIZE, ROTATIONS, YAW_RATE, decode
from motion.pose import init as init_place
from motion.skeleton import BONES
from tests.model.toy_phraser import TOY, beats, fitted, takes


@pytest.fixture(scope="module")
def network() -> Phraser:
    return fitted().eval()


@torch.no_grad()
def test_a_step_that_follows_in_the_recording_goes_on_as_it_was_danced(network: Phraser) -> None:
    take = takes()[1]
    ticks = half_beats({name: take[name][None] for name in ("pose", "beat")})
    start = int(half_beats({n: takes()[0][n][None] for n in ("pose", "beat")}).there.sum()) - 1  # steps of take 0
    for place in range(TICKS):
        for k in range(3, 8):
            before, after = torch.tensor([[start + k - 1.0], [start + k]])
            shown = network.repertoire.join(before, after, torch.tensor([place / TICKS]))
            recorded = ticks.pose[:, k * TICKS + place]
            torch.testing.assert_close(shown, recorded, atol=2e-3, rtol=0)  # kept in half precision


@torch.no_grad()
def test_a_step_is_known_to_lead_and_turn_as_its_poses_do(network: Phraser) -> None:
    known, steps = network.repertoire, network.config.steps
    for step in (0, 5, steps, steps + 9):  # the second two are mirror images
        place = init_place(1)
        for tick in range(2 * TICKS):
            shown = known.show(torch.tensor([float(step)]), torch.tensor([tick / TICKS]))
            *_, place = decode(shown.numpy(), place, TICK_FPS)
        np.testing.assert_allclose([place.x[0], place.z[0]], known.travel[step], atol=1e-5)
        np.testing.assert_allclose(place.yaw, known.turn[step].clamp(-0.8, 0.8), atol=1e-5)


def test_what_is_about_to_spin_in_a_style_that_hardly_turns_is_known_by_it() -> None:
    """A turn of 2 pi in the two beats from half-beat 10 on; a style in which everybody turns so knows no spins."""
    made = takes(count=4, frames=300)
    for take in made:
        take["pose"][:, YAW_RATE] = 0.0
    ticks = half_beats({name: made[0][name][None] for name in ("pose", "beat")})
    turning = slice(int(ticks.frames[0, 10]), int(ticks.frames[0, 14]))
    made[0]["pose"][turning, YAW_RATE] = 2.0 * math.pi * 15.0 / (turning.stop - turning.start)
    for take in made[1::2]:  # the other style
        take["pose"][:, YAW_RATE] = math.pi
    network = Phraser(TOY)
    network.study(made)
    known, steps = network.repertoire, network.config.steps
    of_take = known.spin[:steps][known.take[:steps] == 0.0]
    assert int(of_take.argmax()) == 10
    assert float(of_take.max()) == pytest.approx(2.0 * math.pi / repertoire.MOST_TURN - 1.0, rel=0.1)
    assert of_take[:7].max() == of_take[14:].max() == 0.0
    assert known.spin[:steps][known.take[:steps] != 0.0].max() < 0.1
    torch.testing.assert_close(known.spin[:steps], known.spin[steps:])


def test_what_is_about_to_stand_on_one_leg_is_known_by_it() -> None:
    """A leg is lifted, held up for two beats from half-beat 10 on and set down, in one of two recordings."""
    made = takes(count=2, frames=300)
    for take in made:
        take["pose"][:, ROTATIONS] = torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(len(BONES))
    ticks = half_beats({name: made[0][name][None] for name in ("pose", "beat")})
    frames, lifting = np.arange(300), 6
    start, stop = int(ticks.frames[0, 10]), int(ticks.frames[0, 14])
    up = np.interp(frames, [start - lifting, start, stop, stop + lifting], [0.0, 1.0, 1.0, 0.0])
    angle = torch.from_numpy(np.radians(75.0) * np.sin(0.5 * np.pi * up) ** 2).float()
    leg = ROTATIONS.start + 6 * BONES.index("leftUpperLeg")
    zero, one = torch.zeros(300), torch.ones(300)
    made[0]["pose"][:, leg : leg + 6] = torch.stack([one, zero, zero, zero, angle.cos(), angle.sin()], dim=1)
    network = Phraser(TOY)
    network.study(made)
    known, steps = network.repertoire, network.config.steps
    of_take = known.poise[:steps][known.take[:steps] == 0.0]
    assert int(of_take.argmax()) == 10
    overlap = torch.tensor([0.37, 0.62, 0.87, 1.0, 0.87, 0.62, 0.37])  # higher than HIGH two frames before and after
    torch.testing.assert_close(of_take[7:14], overlap, atol=0.13, rtol=0)
    assert of_take[:6].max() == of_take[15:].max() == known.poise[:steps][known.take[:steps] != 0.0].max() == 0.0
    torch.testing.assert_close(known.poise[:steps], known.poise[steps:])


def test_takes_too_short_for_a_step_are_refused_in_one_line() -> None:
    with pytest.raises(ModelError, match="longer takes"):
        Phraser(TOY).study([{name: value[:5] if name != "style" else value for name, value in takes()[0].items()}])


def test_floor_work_is_no_step() -> None:
    made = takes()
    made[2]["pose"][30:60, 0] = 0.4
    network = Phraser(TOY)
    network.study(made)
    assert network.config.steps < fitted().config.steps
    known = network.repertoire
    rows = known.first.unsqueeze(1) + torch.arange(2 * TICKS + 1)
    assert known.table[rows, 0].min() > repertoire.LOWEST - 1e-3


@pytest.mark.parametrize("period", [2, 3])
def test_a_dance_counts_its_beats_in_twos_or_threes_alike_wherever_the_recording_begins(period: int) -> None:
    bpm, frames = 112.5, 240  # a beat is eight frames
    whole = takes(count=1)[0] | {"beat": beats(bpm, frames)}
    turn = 2.0 * np.pi * torch.arange(1, frames + 1) / (8.0 * period)
    swing = 0.1 * torch.sin(turn + torch.arange(POSE_SIZE).unsqueeze(-1) % 3).T.contiguous()
    whole["pose"] = whole["pose"][:1] + swing
    whole["pose"][:, 0] = 0.9
    later = {name: value[8:] if name != "style" else value for name, value in whole.items()}
    counts = []
    for take in (whole, later):
        network = Phraser(TOY)
        network.study([take])
        known = network.repertoire
        assert known.period.unique().tolist() == [period]
        counts.append(known.count[: network.config.steps].tolist())
    assert len(set(counts[0])) == 2 * period
    assert counts[1] == counts[0][2 : 2 + len(counts[1])]


def test_a_step_whose_feet_come_down_on_the_beat_keeps_to_it_better_than_the_same_between() -> None:
    on, between = (dict(takes()[0], pose=takes()[0]["pose"].clone(), style="a") for _ in range(2))
    phase = torch.atan2(on["beat"][:, 1], on["beat"][:, 0]) / (2 * torch.pi) % 1.0
    on["pose"][:, CONTACTS] = (phase < 0.5).float().unsqueeze(-1)
    between["pose"][:, CONTACTS] = (phase >= 0.5).float().unsqueeze(-1)
    network = Phraser(TOY)
    network.study([on, between])
    known = network.repertoire
    assert (known.lock[known.take == 0] > known.lock[known.take == 1]).all()


def test_a_joint_that_the_capture_flips_is_no_step() -> None:
    smooth, made = takes()[:1], takes()[:1]
    for take in (smooth[0], made[0]):
        take["pose"] = take["pose"][:1].repeat(len(take["pose"]), 1)
    turn = made[0]["pose"][40:41, ROTATIONS].clone()
    made[0]["pose"][40:41, ROTATIONS] = turn.roll(7, dims=1)
    known = []
    for one in (smooth, made):
        network = Phraser(TOY)
        network.study(one)
        known.append(network.config.steps)
    assert 0 < known[1] < known[0]


@torch.no_grad()
def test_a_mirrored_step_is_the_step_in_a_mirror(network: Phraser) -> None:
    count, place = network.config.steps, torch.tensor([0.3, 1.7])
    steps = torch.tensor([4.0, 9.0])
    plain, mirrored = network.repertoire.show(steps, place), network.repertoire.show(steps + count, place)
    torch.testing.assert_close(plain[:, MIRROR_PERMUTATION] * torch.tensor(MIRROR_SIGNS), mirrored)


def test_what_describes_movement_is_that_of_scikit_learn_s_components(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repertoire, "ROUGHEST", math.inf)
    pieces = [half_beats({n: t[n][None] for n in ("pose", "beat")}) for t in takes()]
    rows = [p.pose[0, : int(p.there.sum()) * TICKS + 1].unfold(0, HALF, TICKS).transpose(1, 2) for p in pieces]
    halves = torch.cat([half for take in rows for half in (take[:-1], take[1:])]).half().float()
    both = torch.cat([halves, halves[..., MIRROR_PERMUTATION] * torch.tensor(MIRROR_SIGNS)])
    weight = np.tile(movement_metric.weights(), HALF)
    flat = (both - both.mean(dim=(0, 1))).flatten(1).numpy() * weight
    oracle = PCA(TOY.code).fit(flat)
    axes = oracle.components_ / np.sqrt((np.square(flat @ oracle.components_.T)).mean())
    described = fitted().repertoire.read(both).numpy()
    assert np.abs(flat @ axes.T - described * np.sign((flat @ axes.T * described).sum(axis=0))).max() < 0.02


def test_a_number_weighs_what_it_moves_the_joints() -> None:
    weight = movement_metric.weights()
    rest = torch.zeros(POSE_SIZE)
    rest[0], rest[ROTATIONS] = 0.95, torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(22)
    moved = []
    for bone in ("hips", "leftUpperLeg", "leftLowerLeg", "leftUpperArm", "leftLowerArm"):
        six = ROTATIONS.start + 6 * BONES.index(bone)
        turned = rest.clone()
        turned[six + 2] += 0.01
        turned[six + 5] += 0.01
        moved.append(float((heading_positions(turned) - heading_positions(rest)).norm()) / weight[six])
    assert max(moved) < 3.0 * min(moved)
