"""The dancer in musical time: one function for training and stage, and a clock that keeps to the music."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA
from torch import Tensor

from audio.beat import BEAT_NAMES
from model.checkpoint import ModelError
from model.kinematics import heading_positions
from model.networks import movement_metric, musical_clock, phraser, repertoire
from model.networks.half_beats import TICKS, half_beats
from model.networks.phraser import Phraser, PhraserConfig
from model.networks.repertoire import HALF
from model.stepping import drive, torch_step
from motion.pose import MIRROR_PERMUTATION, MIRROR_SIGNS, POSE_SIZE, ROTATIONS, VELOCITY
from motion.skeleton import BONES

NAMES = ("style_a", "style_b", "energy", "temperature", "mirror", "guidance")
TOY = PhraserConfig(
    features=6,
    control_names=NAMES,
    encoder_width=8,
    encoder_heads=2,
    window=5,
    hidden=12,
    code=5,
)
FPS = 15


def takes(seed: int = 0, count: int = 4, frames: int = 90) -> list[dict[str, Any]]:
    """Bodies that swing at the beat and at parts of it, each in its own way."""
    rng = torch.Generator().manual_seed(seed)
    made = []
    for n in range(count):
        beat = beats(95.0 + 8 * n, frames)
        swing = torch.cat([beat[:, :4], beat[:, :2] * beat[:, 2:4]], dim=1) @ torch.randn(6, POSE_SIZE, generator=rng)
        pose = 0.1 * swing + 0.02 * torch.randn(frames, POSE_SIZE, generator=rng)
        pose[:, 4:136] += torch.tensor([1.0, 0, 0, 0, 1, 0]).repeat(22)
        pose[:, 0] = 0.9 + 0.1 * pose[:, 0]
        made.append({"pose": pose, "beat": beat, "style": "ab"[n % 2]})
    return made


def fitted(config: PhraserConfig = TOY) -> Phraser:
    torch.manual_seed(0)
    network = Phraser(config)
    network.study(takes())
    return network


@pytest.fixture(scope="module")
def network() -> Phraser:
    return fitted().eval()


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
    controls = torch.tensor([1.0, 0.0, 0.5, 1.0, 0.0, 1.5]).expand(2, frames, 6).clone()
    heard = torch.randn(2, frames, 6, generator=rng)
    beat = torch.stack([beats(bpm, frames), beats(bpm * 1.3, frames, 0.4)])
    return heard, beat, controls, torch.rand(2, frames, 1, generator=rng)


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


def clocks(beat: Tensor, clock: Tensor | None = None) -> list[tuple[float, float, float]]:
    """(half-beats on the dancer's clock 0-4, moved, crossed) of each frame."""
    clock = torch.zeros(1, musical_clock.SIZE) if clock is None else clock
    told = []
    for row in beat:
        clock, moved, crossed = musical_clock.tick(clock, row[None])
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
    assert (moved >= 0.749 * pace).all()
    assert (moved <= 1.251 * pace).all()
    assert max(crossed for _, _, crossed in told) <= 1.0
    wanted = 2.0 * (2 * frames * bpm / 60 / FPS + error)
    assert abs((told[-1][0] - wanted + 1.0) % 2.0 - 1.0) < 0.02


@settings(max_examples=30, deadline=None)
@given(bpm=st.floats(70.0, 200.0), start=st.floats(0.0, 1.0), rest=st.integers(15, 58))
def test_a_break_holds_the_pose_until_the_next_beat(bpm: float, start: float, rest: int) -> None:
    after = start + (30 + rest) * bpm / 60 / FPS + 0.3  # the music comes back at another phase
    told = clocks(torch.cat([beats(bpm, 30, start), beats(bpm, rest, music=0.0), beats(bpm, 45, after)]))
    places, moved = np.array([at for at, _, _ in told]), np.array([m for _, m, _ in told])
    assert moved[30 : 30 + rest].sum() < 1.0
    assert moved[29 + rest] < 0.01
    begins = int(np.argmax(np.diff(np.floor(places[29 + rest :])) != 0))  # the first half-beat of dance
    assert begins / FPS <= 60 / bpm
    wanted = 2.0 * (after + (np.arange(45) + 1) * bpm / 60 / FPS)
    away = (places[30 + rest :] - wanted + 1.0) % 2.0 - 1.0
    assert np.abs(away[begins:]).max() < 2e-3
    assert 2.0 * (wanted[begins] / 2.0 % 1.0) < bpm / 60 * 2 / FPS  # and it is a beat


def test_where_silence_lasts_it_runs_on_and_sinks_into_rest() -> None:
    clock = torch.zeros(1, musical_clock.SIZE)
    rows = torch.cat([beats(120.0, 30), beats(120.0, 150, music=0.0)])
    presence, moved = [], []
    for row in rows:
        clock, some, _ = musical_clock.tick(clock, row[None])
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


@torch.no_grad()
def test_twice_the_tempo_is_the_same_dance_in_half_the_time(network: Phraser) -> None:
    """With the same spans: the body is that of the same place in the bar, and walks twice as fast."""
    shape = network._show(torch.tensor([[7.0, 21.0]]), torch.rand(1))
    for pace in (0.2, 0.4):
        body = network._body(shape, shape, torch.tensor([pace]), torch.ones(1))
        assert body[0, VELOCITY].numpy() == pytest.approx(shape[0, VELOCITY].numpy() * pace * FPS / 4, rel=1e-5)
        np.testing.assert_allclose(body[0, 8:], shape[0, 8:], atol=1e-6)


@torch.no_grad()
def test_half_beats_join_without_a_jump_and_without_a_bend(network: Phraser) -> None:
    count = network.config.steps
    before, after = torch.tensor([[3.0, 20.0]]), torch.tensor([[20.0, count + 5.0]])  # the last in the mirror
    near = 1e-3
    end = [network._show(before, torch.tensor([1.0 - n * near])) for n in (0, 1)]
    start = [network._show(after, torch.tensor([n * near])) for n in (0, 1)]
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


def wishes(network: Phraser, half: float = 0.0, **asked: float) -> Tensor:
    """Nats of each step for what is asked at 100 bpm, in the first of the half-beats of two beats or another."""
    setting = {
        "style_a": 1.0,
        "style_b": 0.0,
        "energy": 0.5,
        "temperature": 1.0,
        "mirror": 0.0,
        "guidance": 1.5,
    } | asked
    controls = torch.tensor([[setting[name] for name in NAMES]])
    return network._wishes(controls, beats(100.0, 1), torch.full((1, 1), half))[0]


@torch.no_grad()
def test_a_style_is_danced_by_its_own_steps_and_a_blend_by_both_alike(network: Phraser) -> None:
    of_a = network.repertoire.style[:, 0] > 0.5
    pure, other, both = (wishes(network, style_a=a, style_b=b) for a, b in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)))
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
    best = known.energy[wishes(network, energy=energy).argmax()]
    assert float(best) == pytest.approx(energy**3, abs=1.0 / len(known.energy))


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
def test_a_step_that_follows_in_the_recording_goes_on_as_it_was_danced(network: Phraser) -> None:
    take = takes()[1]
    ticks = half_beats({name: take[name][None] for name in ("pose", "beat")})
    start = int(half_beats({n: takes()[0][n][None] for n in ("pose", "beat")}).there.sum()) - 1  # steps of take 0
    for place in range(TICKS):
        for k in range(3, 8):
            shown = network._show(torch.tensor([[start + k - 1.0, start + k]]), torch.tensor([place / TICKS]))
            recorded = ticks.pose[:, k * TICKS + place]
            torch.testing.assert_close(shown, recorded, atol=2e-3, rtol=0)  # kept in half precision


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


def test_a_dance_counts_its_two_beats_alike_wherever_the_recording_begins() -> None:
    bpm, frames = 112.5, 160  # a beat is eight frames
    whole = takes(count=1)[0] | {"beat": beats(bpm, frames)}
    whole["pose"] = (
        whole["pose"][:1]
        + 0.1
        * torch.sin(
            np.pi * torch.arange(1, frames + 1) / 8.0 + torch.arange(POSE_SIZE).unsqueeze(-1) % 3
        ).T.contiguous()
    )
    whole["pose"][:, 0] = 0.9
    later = {name: value[8:] if name != "style" else value for name, value in whole.items()}
    counts = []
    for take in (whole, later):
        network = Phraser(TOY)
        network.study([take])
        counts.append(network.repertoire.count[: network.config.steps].tolist())
    assert len(set(counts[0])) == 4
    assert counts[1] == counts[0][2 : 2 + len(counts[1])]


@torch.no_grad()
def test_a_step_is_wished_for_on_the_beat_of_two_that_it_was_danced_on() -> None:
    network = fitted()
    known = network.repertoire
    for told in (known.lock, known.tempo, known.style, known.energy, known.sway):
        told.copy_(torch.ones_like(told))
    known.count.copy_(torch.arange(len(known.count)) % 4.0)
    wished = [wishes(network, half=float(half)) for half in range(4)]
    for half in range(4):
        assert set(known.count[wished[half] > wished[half].max() - 1e-3].tolist()) == {half}
        on, off = (float(wished[half][known.count == other][0]) for other in (half, (half + 2) % 4))
        assert on - off == pytest.approx(2.0 * phraser.SWAY, rel=1e-4)


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


@torch.no_grad()
def test_dancers_of_different_seeds_like_different_recordings_and_change_their_minds() -> None:
    network = fitted().eval()
    known = network.repertoire
    known.take.copy_(torch.arange(len(known.take)) % 24.0)
    heard, beat, controls, noise = show(frames=60)
    same = [x[:1].expand(24, *x.shape[1:]) for x in (heard, beat, controls)]
    first = torch.linspace(0.01, 0.99, 24)[:, None, None].expand(24, 60, 1)
    moment = phraser.Moment(*(torch.zeros(24, *spec.shape) for spec in network.states[: len(phraser.Moment._fields)]))
    context = network.encode(*same[:2])
    danced = []
    for t in range(60):
        chance = first[:, t] if not t else noise[:1, t].expand(24, 1)
        _, moment = network._dance(context[:, t], same[1][:, t], same[2][:, t], chance, moment)
        danced.append(known.take[moment.steps[:, 1].long()])
    assert len(torch.cat(danced[-20:]).unique()) > 6
    assert (moment.taste - first[:, 0]).min() > 0.0


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


@torch.no_grad()
def test_without_music_the_body_comes_near_its_mean_and_stands_where_it_is(network: Phraser) -> None:
    heard, _, controls, noise = show(frames=150)
    silence = torch.stack([torch.cat([beats(110.0, 30), beats(110.0, 120, confidence=0.0, music=0.0)])] * 2)
    poses = network(heard, silence, controls, noise)
    size = (poses - network.mean).norm(dim=-1)
    assert (size[:, 135:].mean() / size[:, 5:30].mean()) < 0.25
    assert poses[:, 135:, VELOCITY].abs().mean() < 0.25 * poses[:, 5:30, VELOCITY].abs().mean()


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
    said = ticks.pose[0, :-1, 10].reshape(-1, TICKS) - torch.arange(TICKS) / TICKS
    whole = said[ticks.there[0] > 0]
    torch.testing.assert_close(whole - whole.round(), torch.zeros_like(whole), atol=2e-3, rtol=0)
    assert torch.equal(whole.mean(1).round().diff(), torch.ones(len(whole) - 1))
    torch.testing.assert_close(ticks.pose[0, :, VELOCITY], torch.ones_like(ticks.pose[0, :, VELOCITY]))
    assert int(ticks.there.sum()) >= int(count[-1] - count[0]) - 1


def test_the_losses_reach_every_weight_and_fall() -> None:
    learner = fitted()
    made = takes(seed=0)
    batch = {
        "features": torch.randn(4, 90, 6, generator=torch.Generator().manual_seed(0)),
        "beat": torch.stack([take["beat"] for take in made]),
        "controls": torch.rand(4, 90, 6),
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
