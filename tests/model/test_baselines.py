"""The loop and motion matching, built of made-up dances that step exactly on their beats, as any dancer is built."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from audio import beat, config
from audio.beat import BEAT_NAMES
from audio.config import FRAME_RATE
from audio.features import FEATURE_NAMES
from export import onnx, parity
from export.manifest import Manifest
from model.baselines import loop, matching, musical_time
from model.baselines.musical_time import TICKS
from model.checkpoint import ModelError
from model.datasets import synthetic
from model.evaluation.dance import shown
from model.evaluation.music import Heard
from model.evaluation.performing import Dancer, perform
from model.metrics import body, events, feet, sync
from model.render import positions as decoded
from motion import kinematics, retarget
from motion.skeleton import BONES, HUMANOID

TAKES = synthetic.dances(seed=5, takes=9, seconds=20.0)


def steady(bpm: float, seconds: float = 24.0) -> tuple[Heard, np.ndarray]:
    """What a dancer hears under a beat that is known exactly, and the beats in seconds of the dance."""
    times = np.arange(int(seconds * FRAME_RATE)) / FRAME_RATE
    rows = []
    for time in times:
        count = time * bpm / 60.0
        phase, bar = count % 1.0, count % 4.0
        period = 60.0 / bpm
        to_beat, to_downbeat = (1 - phase) * period, (4 - bar) * period
        now = beat.Beat(phase, bar / 4, period, bpm, 0.9, int(bar) + 1, True, to_beat, 4, to_downbeat)
        rows.append(beat.vector(now))
    return Heard(np.zeros((len(rows), len(FEATURE_NAMES)), np.float32), np.array(rows)), np.arange(
        0.0, seconds, 60.0 / bpm
    )


@pytest.fixture(scope="module", params=["loop", "matching"])
def dancer(request: pytest.FixtureRequest) -> Dancer:
    return {"loop": loop, "matching": matching}[request.param].build(TAKES)


@given(st.floats(0, 40), st.floats(0.0, 0.45), st.integers(0, 3))
def test_the_beats_that_pass_are_counted_forward_only(at: float, step: float, back: int) -> None:
    heard = torch.zeros(1, len(BEAT_NAMES))
    heard[0, 0], heard[0, 1] = (f(2 * math.pi * (at + step)) for f in (math.cos, math.sin))
    on, started = torch.tensor([[at]]), torch.ones(1, 1)
    assert float(musical_time.passed(heard, on, started)) == pytest.approx(step, abs=1e-4)
    assert float(musical_time.passed(heard, on + step + 0.1 * back, started)) == pytest.approx(0.0, abs=1e-4)


def test_a_phrase_played_at_its_own_tempo_is_the_take() -> None:
    take = TAKES[0]
    phrase = musical_time.phrase(take)
    assert phrase is not None
    assert take.beats is not None
    table, moved = torch.from_numpy(phrase.poses), torch.full((1, 1), float(phrase.beats) / phrase.periods.sum() / 15)
    places = [torch.full((1, 1), k * float(moved)) for k in range(int(phrase.beats / float(moved)))]
    rows = [musical_time.in_seconds(musical_time.rows_at(table, place * TICKS), moved) for place in places]
    rows[0][:, musical_time.TRAVEL] = 0.0
    danced = decoded(torch.cat(rows).numpy(), FRAME_RATE)
    first = take.beats[take.beats >= 0][0]
    root, local = retarget.at_times(take.root, take.rotations, take.fps, first + np.arange(len(rows)) / FRAME_RATE)
    recorded, _ = kinematics.forward(HUMANOID, root, local)
    recorded = recorded - recorded[:1, :1] * [1, 0, 1] + danced[:1, :1] * [1, 0, 1]
    apart = np.linalg.norm(danced - recorded, axis=-1)
    # what 8 ticks a beat cannot show of a foot that starts in one frame
    assert np.median(apart) < 0.02
    assert apart.max() < 0.12


def test_a_take_without_a_pulse_is_no_phrase_and_none_of_them_no_dancer() -> None:
    still = synthetic.dance("bounce", 100.0, 6.0, np.random.default_rng(0))
    still.beats = still.beats[:4]
    assert musical_time.phrase(still) is None
    with pytest.raises(ModelError, match="no take of the training split has a beat"):
        loop.build([still])


@pytest.mark.parametrize("bpm", [92.0, 124.0])
def test_it_steps_on_the_beat_at_any_tempo_and_stands_while_it_stands(dancer: Dancer, bpm: float) -> None:
    heard, beats = steady(bpm)
    pose = perform(dancer, [heard], [dancer.setting("two-step")], [0], "test")[0]
    [dance] = shown([pose])
    errors = sync.errors(events.landings(dance, FRAME_RATE), beats)
    found = sync.signed_error(errors, np.full(len(errors), 60.0 / bpm))
    assert abs(found.median) < 0.06
    assert found.locked > 0.7
    assert feet.skating(dance, FRAME_RATE) < 0.08
    assert sync.foot_locking(dance, FRAME_RATE, beats, 4).score > 0.5


def test_it_dances_the_style_that_is_asked_for_and_its_mirror(dancer: Dancer) -> None:
    heard, _ = steady(110.0)
    settings = [dancer.setting("bounce"), dancer.setting("side-step"), dancer.setting("side-step", mirror=1.0)]
    bounce, side, other = shown(perform(dancer, [heard] * 3, settings, [0] * 3, "test"))
    foot = BONES.index("leftFoot")
    assert np.ptp(side[15:, foot, 0]) > 2 * np.ptp(bounce[15:, foot, 0]) + 0.1
    np.testing.assert_allclose(other[:, 0, 0], -side[:, 0, 0], atol=1e-4)
    np.testing.assert_allclose(other[:, BONES.index("rightFoot"), 1], side[:, foot, 1], atol=1e-4)


def test_nothing_jumps_where_takes_are_joined() -> None:
    built = matching.build(TAKES)
    heard, _ = steady(118.0, 40.0)
    free = built.setting("side-step", temperature=2.0)
    dance, other = shown(perform(built, [heard] * 2, [free] * 2, [1, 2], "test"))
    recorded = max(float(body.speeds(positions_of(take), FRAME_RATE).max()) for take in TAKES)
    assert body.speeds(dance[2:], FRAME_RATE).max() < 1.6 * recorded * 118 / 90
    assert np.abs(dance - other).max() > 0.1, "another seed, another dance"


def positions_of(take: synthetic.Take) -> np.ndarray:
    root, local = retarget.resample(take.root, take.rotations, take.fps, FRAME_RATE)
    return kinematics.forward(HUMANOID, root, np.asarray(local))[0]


def test_it_goes_into_a_dancer_file_like_any_other(dancer: Dancer, tmp_path: Path) -> None:
    module = {"loop": loop, "matching": matching}[dancer.name]
    network = module.network(musical_time.phrases(TAKES))
    told = Manifest(
        dancer.name, dancer.name, config.RATE, config.HOP, FRAME_RATE, tuple(FEATURE_NAMES), tuple(BEAT_NAMES),
        dancer.controls, dancer.noise_size, dancer.states, BONES, dancer.lead_frames, dancer.styles, (), {}, "test",
    )  # fmt: skip
    file = tmp_path / "dancer.onnx"
    onnx.write(network, told, file)
    heard, _ = steady(100.0, 8.0)
    exported = Dancer(
        "file", parity.onnx_step(file), dancer.states, dancer.controls, dancer.styles, dancer.noise_size, 2
    )
    rows = [[heard] * 2, [dancer.setting("two-step"), dancer.setting("bounce")], [0, 1]]
    for own, other in zip(perform(dancer, *rows, "torch"), perform(exported, *rows, "onnx"), strict=True):
        np.testing.assert_allclose(own, other, atol=1e-3)
