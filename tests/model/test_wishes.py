"""What is asked of the next step, and what a dancer likes itself."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from model.networks import phraser, staging, wishes
from model.networks.phraser import Phraser
from tests.model.toy_phraser import NAMES, TOY, beats, fitted, show


@pytest.fixture(scope="module")
def network() -> Phraser:
    return fitted().eval()


def wished_for(
    network: Phraser, half: float = 0.0, place: tuple[float, ...] = (0.0, 0.0, 0.0), **asked: float
) -> Tensor:
    """Nats of each step for what is asked at 100 bpm, at home, in the first of the half-beats or another."""
    setting = {
        "style_a": 1.0,
        "style_b": 0.0,
        "energy": 0.5,
        "temperature": 1.0,
        "mirror": 0.0,
        "guidance": 1.5,
        "tightness": 0.5,
    } | asked
    controls = torch.tensor([[setting[name] for name in NAMES]])
    return network._wishes(
        controls, beats(100.0, 1), torch.full((1, 1), half), torch.tensor([place], dtype=torch.float32)
    )[0]


@torch.no_grad()
def test_a_style_is_danced_by_its_own_steps_and_a_blend_by_both_alike(network: Phraser) -> None:
    of_a = network.repertoire.style[:, 0] > 0.5
    pure, other, both = (wished_for(network, style_a=a, style_b=b) for a, b in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)))
    assert pure[of_a].max() > pure[~of_a].max() + 5.0
    assert other[~of_a].max() > other[of_a].max() + 5.0
    best = torch.where(of_a, pure, other)
    torch.testing.assert_close(both - best, torch.full_like(both, -np.log(2.0)))


@torch.no_grad()
@settings(max_examples=20, deadline=None)
@given(energy=st.floats(0.0, 1.0))
def test_the_energy_asked_is_that_of_the_steps_wished_for(energy: float) -> None:
    network = fitted()
    known = network.repertoire
    for told in (known.lock, known.sway, known.tempo, known.style):
        told.copy_(torch.ones_like(told))
    known.energy.copy_(torch.linspace(0.0, 1.0, len(known.energy)))
    known.count.zero_()
    best = known.energy[wished_for(network, energy=energy).argmax()]
    rank = wishes.EVEN * energy + (1.0 - wishes.EVEN) * energy**wishes.EFFORT
    assert float(best) == pytest.approx(rank, abs=1.0 / len(known.energy))


@torch.no_grad()
def test_the_tighter_it_is_asked_to_dance_the_more_a_step_that_keeps_to_the_beat_is_wished_for() -> None:
    network = fitted()
    known = network.repertoire
    for told in (known.tempo, known.style, known.energy, known.count):
        told.copy_(torch.ones_like(told))
    known.sway.zero_()
    known.lock.copy_(torch.linspace(0.0, 1.0, len(known.lock)))
    for tightness in (0.0, 0.5, 1.0):
        wished = wished_for(network, tightness=tightness)
        torch.testing.assert_close(
            wished - wished[0], network.config.feet * tightness * known.lock, atol=1e-3, rtol=1e-4
        )


@torch.no_grad()
@pytest.mark.parametrize(("fault", "weight"), [("spin", wishes.SPIN), ("poise", wishes.POISE)])
def test_a_step_about_to_spin_or_to_stand_on_one_leg_is_wished_for_the_less_the_more_it_does(
    fault: str, weight: float
) -> None:
    network = fitted()
    known = network.repertoire
    for told in (known.lock, known.tempo, known.style, known.energy, known.count):
        told.copy_(torch.ones_like(told))
    for none in (known.sway, known.spin, known.poise):
        none.zero_()
    does = getattr(known, fault)
    does.copy_(torch.linspace(0.0, 3.0, len(does)))
    wished = wished_for(network)
    torch.testing.assert_close(wished - wished[0], -weight * does, atol=1e-3, rtol=1e-4)


@torch.no_grad()
@settings(max_examples=30, deadline=None)
@given(yaw=st.floats(-3.2, 3.2), way=st.floats(-3.2, 3.2), far=st.floats(0.0, 3.0))
def test_the_farther_from_home_the_more_a_step_that_leads_there_is_wished_for(
    yaw: float, way: float, far: float
) -> None:
    network = fitted()
    known = network.repertoire
    for told in (known.lock, known.tempo, known.style, known.energy, known.count):
        told.copy_(torch.ones_like(told))
    known.sway.zero_()
    known.turn.zero_()
    angle = torch.linspace(0.0, 2.0 * np.pi, len(known.travel))
    known.travel.copy_(0.2 * torch.stack([angle.cos(), angle.sin()], dim=-1))  # left, ahead
    wished = wished_for(network, place=(far * np.cos(way), far * np.sin(way), yaw))
    beyond = max(0.0, far - staging.FREE_RADIUS)
    assert float(wished.max() - wished.min()) == pytest.approx(0.4 * wishes.HOME * beyond, abs=0.05, rel=0.01)
    if beyond > 0.1:
        left, ahead = known.travel[wished.argmax()].tolist()  # as a heading turns what lies to the left and ahead
        walked = np.array([left * np.cos(yaw) + ahead * np.sin(yaw), ahead * np.cos(yaw) - left * np.sin(yaw)])
        assert walked @ [np.cos(way), np.sin(way)] == pytest.approx(-0.2, abs=0.01)


@torch.no_grad()
@settings(max_examples=30, deadline=None)
@given(yaw=st.floats(-9.0, 9.0))
def test_the_farther_it_has_turned_from_the_audience_the_more_a_step_that_turns_back_is_wished_for(yaw: float) -> None:
    network = fitted()
    known = network.repertoire
    for told in (known.lock, known.tempo, known.style, known.energy, known.count):
        told.copy_(torch.ones_like(told))
    known.sway.zero_()
    known.turn.copy_(torch.linspace(-0.5, 0.5, len(known.turn)))
    wished = wished_for(network, place=(0.0, 0.0, yaw))
    away = np.arctan2(np.sin(yaw), np.cos(yaw))
    beyond = max(0.0, abs(away) - staging.FREE_TURN)
    assert float(wished.max() - wished.min()) == pytest.approx(network.config.front * beyond, abs=0.01, rel=0.01)
    if beyond > 0.1 and abs(away) < 3.1:
        assert float(known.turn[wished.argmax()]) == pytest.approx(-0.5 * np.sign(away))


@torch.no_grad()
@pytest.mark.parametrize("period", [2, 3])
def test_a_step_is_wished_for_on_the_beat_of_its_period_that_it_was_danced_on(period: int) -> None:
    network = fitted()
    known, halves = network.repertoire, 2 * period
    for told in (known.lock, known.tempo, known.style, known.energy, known.sway):
        told.copy_(torch.ones_like(told))
    known.period.fill_(float(period))
    known.count.copy_(torch.arange(len(known.count)) % halves)
    for half in range(12):
        wished = wished_for(network, half=float(half))
        assert set(known.count[wished > wished.max() - 1e-3].tolist()) == {half % halves}
        a_beat_late = float(wished[known.count == (half + 2) % halves][0])
        away = 1.0 - np.cos(2.0 * np.pi / period)
        assert float(wished.max()) - a_beat_late == pytest.approx(TOY.sway * away, rel=1e-3)


@torch.no_grad()
def test_dancers_of_different_tastes_like_different_recordings() -> None:
    known = fitted().repertoire
    known.take.copy_(torch.arange(len(known.take)) % 24.0)
    tastes = torch.linspace(0.0, 0.99, 24)[:, None]
    nothing = torch.zeros(24, 1)
    nats = wishes.own(known, nothing, nothing, torch.zeros(24, len(known.take)), tastes)
    liked = known.take[nats.argmax(dim=1)]
    assert len(liked.unique()) > 16
    assert (nats.amax(dim=1) - nats.amin(dim=1)).min() == pytest.approx(2.0 * wishes.TASTE, rel=0.02)


@torch.no_grad()
def test_a_dancers_taste_is_its_first_draw_and_goes_round_with_each_half_beat() -> None:
    network = fitted().eval()
    heard, beat, controls, noise = show(frames=60)
    context = network.encode(heard, beat)
    moment = phraser.Moment(
        *(torch.zeros(len(heard), *spec.shape) for spec in network.states[: len(phraser.Moment._fields)])
    )
    tastes = []
    for t in range(60):
        before = moment
        _, moment = network._dance(context[:, t], beat[:, t], controls[:, t], noise[:, t], before)
        tastes.append((moment.taste - (before.taste if t else noise[:, 0]))[:, 0])
    steps = torch.stack(tastes, dim=1) / phraser.WANDER
    assert set(steps.round().flatten().tolist()) == {0.0, 1.0}
    torch.testing.assert_close(steps, steps.round(), atol=1e-3, rtol=0)
    assert (steps[:, 0] > 0.5).all()


@torch.no_grad()
def test_guidance_moves_the_draw_along_what_music_and_wishes_change(network: Phraser) -> None:
    heard, beat, controls, _ = show()
    context, known = network.encode(heard, beat)[:, -1], network.repertoire.code
    state, last = torch.randn(2, TOY.hidden), known[:2]

    def nats(guidance: float, asked: Tensor = controls[:, -1]) -> Tensor:
        setting = asked.clone()
        setting[:, NAMES.index("guidance")] = guidance
        return network._guided(state, last, known, context, beat[:, -1], setting)

    deaf, learned = nats(0.0), nats(1.0)
    torch.testing.assert_close(nats(2.5), deaf + 2.5 * (learned - deaf), atol=1e-3, rtol=1e-4)
    other = controls[:, -1].clone()
    other[:, :3] = torch.tensor([0.0, 1.0, 0.9])
    assert torch.equal(nats(0.0, other), deaf)
    assert not torch.equal(nats(1.0, other), learned)
