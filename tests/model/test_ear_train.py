"""From a corpus to an ear file: a short training, its export and the fit of its confidence, as they are run."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from scipy.optimize import minimize
from scipy.special import expit

from audio import activation, beat
from audio.beat_confidence import SIGNS
from export import ear as export
from model.ear import calibrate, corpus, train
from model.ear.network import EarNetwork, widened
from tests.model.toy_ear import toy_corpus


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """A training takes Ctrl-C for itself; pytest wants it back."""
    kept = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus, a run of three steps on it, and its ear file."""
    kept = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    made = tmp_path_factory.mktemp("ear")
    toy_corpus(made / "corpus")
    assert trained(made / "corpus", made / "run") == 0
    assert export.main([str(made / "run"), str(made / "ear.npz")]) == 0
    signal.signal(signal.SIGINT, kept[0])
    signal.signal(signal.SIGTERM, kept[1])
    return made


def trained(corpus: Path, out: Path, *more: str) -> int:
    small = ["--batch", "2", "--frames", "30", "--steps", "3"]
    return train.main(["--corpus", str(corpus), "--out", str(out), *small, *more])


def test_a_short_training_writes_weights_what_they_are_and_what_they_cost(folder: Path) -> None:
    assert {path.name for path in (folder / "run").iterdir()} == {
        "model.safetensors",
        "checkpoint.json",
        "loss.jsonl",
        "validation.jsonl",
    }
    about = json.loads((folder / "run" / "checkpoint.json").read_text())
    assert about["steps"] == 3
    assert about["examples"] == 2, "one is held out"
    losses = [json.loads(line) for line in (folder / "run" / "loss.jsonl").read_text().splitlines()]
    assert [row["step"] for row in losses] == [1, 2, 3]
    for row in (*losses, about["validation"]):
        assert all(np.isfinite(row[name]) and row[name] > 0.0 for name in ("beat", "downbeat", "tempo"))


def test_the_same_seed_trains_the_same_weights_and_a_start_is_gone_on_from(folder: Path, tmp_path: Path) -> None:
    weights = "model.safetensors"
    assert trained(folder / "corpus", tmp_path / "same") == 0
    assert (tmp_path / "same" / weights).read_bytes() == (folder / "run" / weights).read_bytes()
    assert trained(folder / "corpus", tmp_path / "on", "--start", str(folder / "run"), "--lr", "1e-9") == 0
    before, after = (
        activation.load(exported(run, tmp_path / f"{run.name}.npz")) for run in (folder / "run", tmp_path / "on")
    )
    np.testing.assert_allclose(after.first[0], before.first[0], atol=1e-5)


def exported(run: Path, out: Path) -> Path:
    export.build([run], out)
    return out


def test_a_training_goes_on_from_an_ear_file_as_from_its_run(folder: Path, tmp_path: Path) -> None:
    for name, start in (("a", folder / "run"), ("b", folder / "ear.npz")):
        assert trained(folder / "corpus", tmp_path / name, "--start", str(start)) == 0
    weights = [load_file(tmp_path / name / "model.safetensors") for name in ("a", "b")]
    for name, array in weights[0].items():
        np.testing.assert_array_equal(array, weights[1][name])


def test_of_several_runs_the_ear_has_the_mean_and_one_named_twice_counts_twice(folder: Path, tmp_path: Path) -> None:
    assert trained(folder / "corpus", tmp_path / "on", "--start", str(folder / "run")) == 0
    runs = [str(folder / "run"), str(folder / "ear.npz"), str(tmp_path / "on")]
    assert export.main([*runs, str(tmp_path / "mean.npz")]) == 0
    one, other = (load_file(run / "model.safetensors") for run in (folder / "run", tmp_path / "on"))
    with np.load(tmp_path / "mean.npz") as file:
        for name in activation.NAMES:
            np.testing.assert_allclose(file[name], (2 * one[name] + other[name]) / 3, atol=1e-6)
    assert len(activation.load(tmp_path / "mean.npz").about["mean_of"]) == 3


@pytest.mark.parametrize("hidden", [7, 12])
def test_a_wider_network_goes_on_from_where_a_narrow_one_was(hidden: int) -> None:
    torch.manual_seed(hidden)
    narrow, wide = EarNetwork(hidden=7).eval(), EarNetwork(hidden=hidden).eval()
    wide.load_state_dict(widened(narrow.state_dict(), wide))
    log_mel = torch.rand(2, 40, 40)
    answers = []
    for network in (narrow, wide):
        before, state = network.first_state(2)
        answers.append(torch.cat(network(log_mel, before, state)[0], dim=2))
    torch.testing.assert_close(answers[0], answers[1], rtol=1e-5, atol=1e-5)
    assert hidden == 7 or wide.first.weight_hh_l0[7:hidden].abs().min() > 0, "what is added hears"


def test_training_learns_what_it_is_shown(folder: Path, tmp_path: Path) -> None:
    assert trained(folder / "corpus", tmp_path / "run", "--steps", "50", "--batch", "4", "--lr", "0.02") == 0
    losses = [json.loads(line)["beat"] for line in (tmp_path / "run" / "loss.jsonl").read_text().splitlines()]
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])


def test_ctrl_c_keeps_what_was_learned(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    os.mkfifo(tmp_path / "run" / "loss.jsonl")
    command = ["-m", "model.ear.train", "--corpus", folder / "corpus", "--out", tmp_path / "run", "--batch", "1"]
    with subprocess.Popen([sys.executable, *map(str, command), "--frames", "2"], stderr=subprocess.PIPE) as run:
        with (tmp_path / "run" / "loss.jsonl").open() as losses:
            first = losses.readline()
            run.send_signal(signal.SIGINT)
            steps = 1 + sum(1 for _ in losses)
        assert run.wait() == 0
    assert json.loads(first)["step"] == 1
    assert json.loads((tmp_path / "run" / "checkpoint.json").read_text())["steps"] == steps
    assert exported(tmp_path / "run", tmp_path / "ear.npz").is_file()


def test_the_ear_file_says_in_numpy_what_the_run_says_in_torch(folder: Path) -> None:
    ear = activation.load(folder / "ear.npz")
    assert export.parity(folder / "ear.npz", load_file(folder / "run" / "model.safetensors")) < 1e-4
    assert ear.about["contract"] == activation.CONTRACT
    assert ear.about["steps"] == 3
    assert beat.init(ear=ear).ear is ear


def test_the_regression_is_that_of_scipy() -> None:
    rng = np.random.default_rng(0)
    seen = np.column_stack([np.ones(600), rng.normal(0.0, 1.0, (600, len(SIGNS) - 1))])
    true = rng.normal(0.0, 1.5, len(SIGNS))
    right = rng.random(600) < expit(seen @ true)

    def cost(weights: np.ndarray) -> float:
        sign = np.where(right, 1.0, -1.0)
        return float(np.mean(np.logaddexp(0.0, -sign * (seen @ weights))) + 0.5 * calibrate.DECAY * weights @ weights)

    oracle = minimize(cost, np.zeros(len(SIGNS)), method="BFGS", options={"gtol": 1e-8}).x
    fitted = calibrate.fit(seen, right)
    np.testing.assert_allclose(fitted, oracle, atol=1e-3)
    assert calibrate.calibration_error(seen, right, fitted) < 0.06
    assert calibrate.calibration_error(seen, right, fitted + 3.0) > 0.2


def test_signs_that_tell_right_from_wrong_at_once_give_weights_that_are_finite() -> None:
    seen = np.column_stack([np.ones(200), np.repeat([0.0, 1.0], 100), np.zeros((200, len(SIGNS) - 2))])
    weights = calibrate.fit(seen, np.repeat([False, True], 100))
    assert np.isfinite(weights).all()
    assert calibrate.calibration_error(seen, np.repeat([False, True], 100), weights) < 0.1
    assert np.isfinite(calibrate.fit(seen, np.zeros(200, bool))).all()


def test_calibrating_renews_the_confidence_and_nothing_else(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "ear.npz").write_bytes((folder / "ear.npz").read_bytes())
    assert calibrate.main([str(tmp_path / "ear.npz"), "--examples", "2"]) == 0
    before, after = activation.load(folder / "ear.npz"), activation.load(tmp_path / "ear.npz")
    assert list(after.about["confidence"]) == list(SIGNS)
    np.testing.assert_allclose(list(after.about["confidence"].values()), after.confidence, atol=1e-3)
    assert 0.0 <= after.about["calibration_error"] <= 1.0
    assert {key: after.about[key] for key in before.about} == before.about
    np.testing.assert_array_equal(after.first[0], before.first[0])
    assert [path.name for path in tmp_path.iterdir()] == ["ear.npz"]


TRAIN = ["--corpus", "corpus", "--out", "out"]


@pytest.mark.parametrize(
    ("command", "arguments", "words"),
    [
        (train.main, ["--corpus", "nowhere", "--out", "out"], "nowhere holds no part_*.npz"),
        (train.main, [*TRAIN, "--start", "nowhere"], "--start nowhere"),
        (train.main, [*TRAIN, "--start", "broken"], "--start broken"),
        (train.main, [*TRAIN, "--teacher", "ear.npz", "nowhere"], "--teacher nowhere"),
        (train.main, [*TRAIN, "--batch", "0"], "--batch 0 must be"),
        (train.main, [*TRAIN, "--minutes", "-1"], "--minutes -1 must be"),
        (export.main, ["nowhere", "ear.npz"], "nowhere holds no trained ear"),
        (export.main, ["broken", "ear.npz"], "broken holds no trained ear"),
        (export.main, ["run", "no/folder/ear.npz"], "no/folder"),
        (calibrate.main, ["nowhere.npz"], "nowhere.npz is no ear file"),
        (calibrate.main, ["ear.npz", "--examples", "1"], "--examples 1 must be"),
        (calibrate.main, ["ear.npz", "--kit", "nowhere"], "nowhere: no such folder"),
        (corpus.main, ["out", "--jobs", "0"], "--jobs 0 must be"),
        (corpus.main, ["out", "--hours", "-1"], "--hours -1 must be"),
        (corpus.main, ["out", "--kit", "nowhere"], "nowhere: no such folder"),
    ],
)
def test_bad_input_is_answered_by_one_line_and_nothing_is_half_written(
    command: Callable[[list[str]], int],
    arguments: list[str],
    words: str,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("corpus", "run", "ear.npz"):
        (tmp_path / name).symlink_to(folder / name)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    (tmp_path / "broken" / "checkpoint.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    before = (folder / "ear.npz").read_bytes()
    assert command(arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert (folder / "ear.npz").read_bytes() == before
    assert not list(tmp_path.rglob("*.part"))
    assert not list(tmp_path.glob("out/*"))
