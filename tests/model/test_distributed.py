"""Two processes train as one with the doubled batch: the real torchrun, gloo and DDP."""

import json
import subprocess
import sys
from pathlib import Path

import torch

from model import checkpoint
from model.train import main
from tests.model import toy_corpus

ROOT = Path(__file__).parents[2]


def words(corpus: Path, out: Path, steps: int, batch: int) -> list[str]:
    # no dropout: its random numbers differ between processes, and should
    sizes = ("width=8", "heads=2", "head_width=4", "window=4", "hidden=8", "pose_width=6", "dropout=0")
    settings = [word for pair in sizes for word in ("--set", pair)]
    command = ["--corpus", corpus, "--network", "dance_revolution", "--out", out, "--steps", steps, "--batch", batch]
    return [str(word) for word in [*command, "--frames", 12, "--device", "cpu", "--threads", 1, *settings]]


def losses(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "loss.jsonl").read_text().splitlines()]


def test_two_processes_have_the_gradients_of_one_with_the_doubled_batch(tmp_path: Path) -> None:
    corpus = toy_corpus.write(tmp_path)
    torchrun = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    pair = subprocess.Popen([*torchrun, "model.train", *words(corpus, tmp_path / "two", 1, 2)], cwd=ROOT)
    assert main(words(corpus, tmp_path / "one", 1, 4)) == 0
    assert pair.wait(timeout=120) == 0
    two, one = (checkpoint.load_training(tmp_path / name)[0] for name in ("two", "one"))
    # after one step Adam's first moment is a tenth of the gradient
    gradients = [name for name in one if name.startswith("adam/exp_avg/")]
    assert len(gradients) > 10
    for name in gradients:
        torch.testing.assert_close(two[name], one[name], atol=1e-7, rtol=1e-4)
    assert any(one[name].abs().max() > 1e-4 for name in gradients)
    torch.testing.assert_close(losses(tmp_path / "two")[0], losses(tmp_path / "one")[0], atol=1e-5, rtol=1e-5)
