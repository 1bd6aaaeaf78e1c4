"""Ears that teach another: what they say, where they begin anew, and when they are listened to."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from audio import activation
from model.ear import train
from model.ear.losses import of_rows, total
from model.ear.network import WEIGHTS, EarNetwork, Heard
from model.ear.streams import Chunk, Streams
from model.ear.teachers import Teachers, taught
from tests.model.toy_ear import toy_corpus

BATCH, FRAMES = 3, 20


def network(seed: int) -> EarNetwork:
    torch.manual_seed(seed)
    return EarNetwork(hidden=16).eval()


@pytest.fixture(scope="module")
def chunks(tmp_path_factory: pytest.TempPathFactory) -> list[Chunk]:
    streams = Streams(toy_corpus(tmp_path_factory.mktemp("corpus")), BATCH, FRAMES, seed=2)
    return [streams.draw()._replace(forget=torch.zeros(BATCH)) for _ in range(3)]


def alone(one: EarNetwork, chunks: list[Chunk]) -> Heard:
    """What it hears in the last of the chunks."""
    before, state = one.first_state(BATCH)
    with torch.no_grad():
        for chunk in chunks:
            heard, state = one(chunk.log_mel, before, state)
            before = chunk.log_mel[:, -before.shape[1] :]
    return Heard(*heard)


def listened(teachers: Teachers, chunks: list[Chunk]) -> Heard:
    before = network(0).first_state(BATCH)[0]
    for chunk in chunks:
        heard = teachers.hear(chunk, before)
        before = chunk.log_mel[:, -before.shape[1] :]
    return heard


def test_teachers_say_the_mean_of_what_each_says_over_the_whole_stream(chunks: list[Chunk]) -> None:
    said = listened(Teachers([network(1), network(2)], BATCH), chunks)
    for mean, one, other in zip(said, alone(network(1), chunks), alone(network(2), chunks), strict=True):
        torch.testing.assert_close(mean, (one + other) / 2)
        assert not mean.requires_grad


def test_at_a_cut_teachers_begin_anew_and_the_other_streams_go_on(chunks: list[Chunk]) -> None:
    cut = chunks[-1]._replace(cut=torch.tensor([0.0, 1.0, 0.0]))
    said = listened(Teachers([network(1)], BATCH), [*chunks[:-1], cut])
    on, anew = alone(network(1), chunks), alone(network(1), chunks[-1:])
    torch.testing.assert_close(said.beat[[0, 2]], on.beat[[0, 2]])
    torch.testing.assert_close(said.beat[1], anew.beat[1])


def confident(true: Tensor) -> Tensor:
    return torch.where(true > 0.3, 4.0, -4.0)


def test_a_stream_is_taught_where_its_teachers_are_nearer_to_the_truth_and_only_there(chunks: list[Chunk]) -> None:
    chunk = chunks[-1]
    own = alone(network(3), chunks)
    own = Heard(*(logits.clone().requires_grad_() for logits in own))
    wise = Heard(confident(chunk.beat), confident(chunk.downbeat), (chunk.tempo + 1e-3).log())
    foolish = Heard(-wise.beat, -wise.downbeat, -wise.tempo)
    mixed = Heard(*(torch.stack([good[0], bad[1], good[2]]) for good, bad in zip(wise, foolish, strict=True)))
    truth, lesson = total(of_rows(own, chunk)), taught(own, mixed, chunk)
    assert lesson[1] == truth[1]
    assert (lesson[[0, 2]] != truth[[0, 2]]).all()
    (slope,) = torch.autograd.grad(lesson.sum(), own.beat)
    stepped = own._replace(beat=own.beat - 5.0 * slope)
    assert (taught(stepped, mixed, chunk) < lesson).all()


def test_a_training_with_a_teacher_goes_another_way_and_the_same_way_twice(tmp_path: Path) -> None:
    toy_corpus(tmp_path / "corpus")
    few = ["--corpus", str(tmp_path / "corpus"), "--batch", "3", "--frames", "60"]
    assert train.main([*few, "--out", str(tmp_path / "teacher"), "--steps", "40", "--lr", "0.01"]) == 0
    lesson = ["--teacher", str(tmp_path / "teacher")]
    weights = {}
    for name, more in (("alone", []), ("taught", lesson), ("again", lesson)):
        assert train.main([*few, "--out", str(tmp_path / name), "--steps", "3", *more]) == 0
        weights[name] = (tmp_path / name / WEIGHTS).read_bytes()
    assert weights["taught"] == weights["again"] != weights["alone"]


@pytest.mark.parametrize("hidden", [16, activation.HIDDEN + 8])
def test_a_teacher_may_be_narrower_or_wider_than_the_ear_it_teaches(hidden: int, tmp_path: Path) -> None:
    corpus = toy_corpus(tmp_path / "corpus")
    save_file(EarNetwork(hidden=hidden).state_dict(), tmp_path / WEIGHTS)
    teacher = train.begun(tmp_path, option="--teacher")
    assert teacher.first.hidden_size == hidden
    chunk = Streams(corpus, BATCH, FRAMES, seed=3).draw()
    assert Teachers([teacher, EarNetwork()], BATCH).hear(chunk, teacher.first_state(BATCH)[0]).beat.isfinite().all()
    lesson = ["--corpus", str(tmp_path / "corpus"), "--batch", "3", "--frames", "20", "--teacher", str(tmp_path)]
    assert train.main([*lesson, "--out", str(tmp_path / "taught"), "--steps", "2"]) == 0
