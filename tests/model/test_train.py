"""Training from the command line: it learns, it survives being killed, and it says what is wrong."""

import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

from model import checkpoint
from model.train import main
from model.trainer import Plan, seed_all
from tests.model import toy_corpus

ROOT = Path(__file__).parents[2]
SMALL = "width=8 heads=2 head_width=4 window=4 hidden=8 pose_width=6"


@pytest.fixture(scope="module")
def toy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return toy_corpus.write(tmp_path_factory.mktemp("corpus"))


def words(toy: Path, out: Path, *more: object) -> list[str]:
    """A command line for a run of a second; what comes last counts."""
    settings = [word for pair in SMALL.split() for word in ("--set", pair)]
    command = ["--corpus", toy, "--network", "dance_revolution", "--out", out, "--steps", 80, "--batch", 2]
    command += ["--frames", 12, "--device", "cpu", "--threads", 1, *settings, *more]
    return [str(word) for word in command]


def losses(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "loss.jsonl").read_text().splitlines()]


def start(toy: Path, out: Path, *more: object) -> subprocess.Popen[bytes]:
    """The same in a process of its own, once it has begun to train."""
    command = [sys.executable, "-m", "model.train", *words(toy, out, *more)]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)
    while not (out / checkpoint.TRAINING).exists():
        assert process.poll() is None, process.stderr.read().decode() if process.stderr else ""
        time.sleep(0.005)
    return process


@pytest.fixture(scope="module")
def finished(toy: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "whole"
    assert main(words(toy, out)) == 0
    return out


def test_a_run_that_was_killed_goes_on_as_if_it_had_not_been(toy: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "killed"
    process = start(toy, out, "--save-every", 0)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    begun = int(checkpoint.load_training(out)[1]["step"])
    assert 0 < begun < 80
    with (out / "loss.jsonl").open("a") as log:
        log.write('{"step": 79, "lo')  # what a kill in the middle of a line leaves
    assert main(words(toy, out, "--resume")) == 0
    assert (out / "loss.jsonl").read_text() == (finished / "loss.jsonl").read_text()
    assert (out / checkpoint.MODEL).read_bytes() == (finished / checkpoint.MODEL).read_bytes()


def test_ctrl_c_saves_and_ends_with_0(toy: Path, tmp_path: Path) -> None:
    out = tmp_path / "stopped"
    process = start(toy, out, "--steps", 1_000_000, "--save-every", 0)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 0, said.decode()
    _, about = checkpoint.load_network(out)
    assert about["step"] == len(losses(out)) < 1_000_000


def test_a_finished_run_holds_everything_to_judge_it_by(finished: Path) -> None:
    assert [line["step"] for line in losses(finished)] == list(range(80))
    network, about = checkpoint.load_network(finished)
    assert about["step"] == 80
    assert about["styles"] == ["sway"]
    assert about["training_data"] == [{"name": "toy", "terms": "none", "minutes": 0.1}]
    assert [control["name"] for control in about["controls"]] == [control.name for control in toy_corpus.CONTROLS]
    assert set(about["metrics"]) == {"validation_teacher", "validation_free"}
    statistics = toy_corpus.corpus().statistics()
    torch.testing.assert_close(network.pose_mean, torch.from_numpy(statistics["pose_mean"]))
    assert (finished / "samples" / "00000080.png").read_bytes().startswith(b"\x89PNG")
    assert list((finished / "tensorboard").glob("events.*"))


def test_it_learns(toy: Path, tmp_path: Path) -> None:
    out = tmp_path / "learns"
    assert main(words(toy, out, "--steps", 100, "--lr", 0.01, "--schedule", "teacher")) == 0
    curve = [line["loss"] for line in losses(out)]
    assert sum(curve[-10:]) < 0.7 * sum(curve[:10])


def test_another_seed_is_another_run(toy: Path, finished: Path, tmp_path: Path) -> None:
    out = tmp_path / "other"
    assert main(words(toy, out, "--seed", 1, "--steps", 3)) == 0
    assert losses(out)[0] != losses(finished)[0]


def test_the_averaged_weights_are_saved_beside_the_raw_ones(finished: Path) -> None:
    tensors, told = checkpoint.load_training(finished)
    averaged, _ = checkpoint.load_network(finished)
    assert told["step"] == "80"
    assert torch.equal(tensors["average/pose_head.weight"], averaged.pose_head.weight)
    assert not torch.equal(tensors["raw/pose_head.weight"], averaged.pose_head.weight)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--network", "waltz"], "unknown network 'waltz'"),
        (["--schedule", "cubic"], "unknown schedule 'cubic'"),
        (["--set", "depth=3"], "no setting 'depth'"),
        (["--set", "hidden=many"], "'many' is no int"),
        (["--steps", "0"], "--steps must be above 0"),
        (["--frames", "1"], "--frames must be at least 2"),
        (["--corpus", "missing.npz"], "nothing to train on"),
        (["--corpus", "missing.npz", "--dataset", "nowhere:x"], "unknown data set 'nowhere'"),
        (["--resume"], "cannot be read|is no checkpoint"),
        (["--corpus", str(ROOT / "pyproject.toml")], "is no prepared corpus"),
        (["--lr", "1e30"], "not finite"),
        (["--corpus", str(ROOT / "pyproject.toml" / "corpus.npz"), "--dataset", "synthetic:"], "cannot be written"),
    ],
)
def test_bad_input_is_one_line_and_exit_code_2(
    toy: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str], more: list[str], said: str
) -> None:
    assert main(words(toy, tmp_path / "run", *more)) == 2
    lines = [line for line in capfd.readouterr().err.replace("\r", "\n").splitlines() if "model.train:" in line]
    assert len(lines) == 1
    assert re.search(said, lines[0])
    assert not (tmp_path / "run" / checkpoint.MODEL).exists()


def test_a_prepared_corpus_goes_into_a_folder_that_is_made_for_it(tmp_path: Path) -> None:
    kept, run = tmp_path / "new" / "corpus.npz", tmp_path / "run"
    what = ["--dataset", "synthetic:@bounce", "--corpus", str(kept), "--out", str(run)]
    assert main([*what, "--network", "dance_revolution", "--set", "hidden=8", "--steps", "1", "--batch", "2"]) == 0
    assert [path.name for path in kept.parent.iterdir()] == ["corpus.npz"]


def test_a_finished_run_is_not_overwritten(toy: Path, finished: Path, capfd: pytest.CaptureFixture[str]) -> None:
    assert main(words(toy, finished)) == 2
    assert "--resume" in capfd.readouterr().err


def test_a_run_goes_on_only_with_the_network_it_began_with(
    toy: Path, finished: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before = (finished / "loss.jsonl").read_text()
    assert main(words(toy, finished, "--resume", "--set", "hidden=10")) == 2
    assert "another config" in capfd.readouterr().err
    assert (finished / "loss.jsonl").read_text() == before


def test_a_run_ends_at_the_steps_or_at_the_minutes_whichever_comes_first() -> None:
    assert Plan(steps=100).done(25, 1e9) == 0.25
    assert Plan(steps=None, minutes=2.0).done(10**9, 30.0) == 0.25
    both = Plan(steps=100, minutes=1.0)
    assert both.done(50, 6.0) == 0.5
    assert both.done(10, 45.0) == 0.75
    assert both.done(200, 0.0) == 1.0


def test_the_learning_rate_rises_and_then_falls_to_a_fiftieth() -> None:
    plan = Plan(rate=1.0, warm_up=10)
    assert plan.rate_at(0, 0.0) == pytest.approx(0.1)
    assert plan.rate_at(10, 0.0) == pytest.approx(1.0)
    assert plan.rate_at(10, 0.5) == pytest.approx(0.51)
    assert plan.rate_at(10, 1.0) == pytest.approx(0.02)


def test_randomness_of_a_step_depends_on_seed_step_and_rank() -> None:
    drawn: set[Any] = set()
    for key in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1)):
        seed_all(*key)
        first = torch.rand(3).tolist()
        seed_all(*key)
        assert torch.rand(3).tolist() == first
        drawn.add(tuple(first))
    assert len(drawn) == 4
