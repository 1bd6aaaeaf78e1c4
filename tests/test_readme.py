"""What the README promises a new user, executed at toy size."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio import demo
from audio.config import RATE
from model.datasets import synthetic
from motion import bvh
from motion.skeleton import HUMANOID

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text("utf-8")
TOY = {
    "model.train": "--steps 12 --batch 2 --frames 16 --threads 1 --set hidden=16 --set encoder_width=16 --set code=8",
    "export.build": "",
    "realtime.run": "--pace fast --duration 4 --sink npz:dance.npz --control off",
}


def three_commands() -> list[str]:
    block = re.search(r"## Train your own dancer.*?```\n(.*?)```", README, re.DOTALL)
    assert block
    return block[1].strip().splitlines()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A user's folder: BVH and a song of the same name beside each, in two styles."""
    for i, take in enumerate(synthetic.dances(seed=1, takes=4, seconds=12.0)):
        place = tmp_path / "my_dances" / ("slow" if i % 2 else "fast")
        place.mkdir(parents=True, exist_ok=True)
        bvh.write(
            place / f"take{i}.bvh",
            HUMANOID.names,
            HUMANOID.parents,
            HUMANOID.offsets,
            take.root,
            take.rotations,
            take.fps,
        )
        song = demo.song(i, seconds=12.0)
        soundfile.write(place / f"take{i}.wav", song.samples, RATE)
    return tmp_path


def test_a_user_s_folder_becomes_a_dancer_on_the_stage_with_the_three_commands(folder: Path) -> None:
    commands = three_commands()
    assert len(commands) == 3
    for line in commands:
        program, *words = shlex.split(line)
        assert program == "python"
        extra = shlex.split(TOY[words[1]])
        done = subprocess.run(
            [sys.executable, *words, *extra],
            cwd=folder,
            capture_output=True,
            text=True,
            env={**_environment(), "PYTHONPATH": str(ROOT)},
        )
        assert done.returncode == 0, f"{line}\n{done.stderr[-2000:]}"
    with np.load(folder / "dance.npz", allow_pickle=False) as dance:
        assert dance["pose"].shape == (60, 1, 140)
        assert np.isfinite(dance["pose"]).all()


def test_every_file_the_readme_links_to_is_there() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", README)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def _environment() -> dict[str, str]:
    import os

    return dict(os.environ)
