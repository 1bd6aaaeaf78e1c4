"""Blender imports what the recorders write and plays it: every joint where the npz has it, every bone turned as there.

`make blender` installs it as a Python package (1 GB), which is why `make test` alone skips this file.
"""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest

from motion.kinematics import forward
from motion.rotation import inverse, multiply
from motion.skeleton import BONES, HUMANOID
from tests.interop.conftest import RECORDED_DANCERS

HERE = Path(__file__).parent
BLENDER = HERE.parents[1] / ".venv-blender" / "bin" / "python"
TENTH_OF_A_MILLIMETRE = 1e-4
HUNDREDTH_OF_A_DEGREE = 0.01
SUFFIXES = ("bvh", "glb", "vrma")

pytestmark = pytest.mark.skipif(not BLENDER.exists(), reason="Blender is not installed: run `make blender` first")


def z_up(vectors):
    """Ours (+Y up, faces +Z) in Blender's axes (+Z up, faces -Y)."""
    return np.stack([vectors[..., 0], -vectors[..., 2], vectors[..., 1]], axis=-1)


@pytest.fixture(scope="module")
def seen(recorded, danced):
    """{suffix: [what Blender saw of each dancer]}."""
    times, files = danced[0].tolist(), [f"a_{n}.{suffix}" for suffix in SUFFIXES for n in range(RECORDED_DANCERS)]
    asked = recorded / "blender.json"
    asked.write_text(json.dumps([{"file": str(recorded / f), "times": times, "bones": list(BONES)} for f in files]))
    done = subprocess.run([BLENDER, HERE / "read_blender.py", asked], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    answers = [json.loads(line) for line in asked.with_name("blender.json.answer").read_text().splitlines()]
    return {suffix: answers[k * RECORDED_DANCERS :][:RECORDED_DANCERS] for k, suffix in enumerate(SUFFIXES)}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_joint_is_where_the_npz_of_the_show_has_it(seen, danced, suffix):
    _, positions, _ = danced
    for n, dancer in enumerate(seen[suffix]):
        assert np.abs(np.array(dancer["places"]) - z_up(positions[:, n])).max() < TENTH_OF_A_MILLIMETRE


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_every_bone_is_turned_as_in_the_npz_of_the_show(seen, danced, suffix):
    _, positions, rotations = danced
    _, world = forward(HUMANOID, positions[:, :, 0], rotations)
    for n, dancer in enumerate(seen[suffix]):
        theirs = np.array(dancer["turns"])[..., [1, 2, 3, 0]]
        ours = np.concatenate([z_up(world[:, n, :, :3]), world[:, n, :, 3:]], axis=-1)
        between = multiply(inverse(ours), theirs)
        angles = 2 * np.arctan2(np.linalg.norm(between[..., :3], axis=-1), np.abs(between[..., 3]))
        assert np.degrees(angles).max() < HUNDREDTH_OF_A_DEGREE
