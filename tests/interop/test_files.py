"""What the recorders write is read and played by three.js, three-vrm-animation and the Khronos validator."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from motion.skeleton import BONES
from tests.interop.conftest import RECORDED_DANCERS as DANCERS
from tests.motion.made_avatars import Made

HERE = Path(__file__).parent
NODE = shutil.which("node")
TENTH_OF_A_MILLIMETRE = 1e-4

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "gltf-validator").is_dir(), reason="run `npm ci` in tests/interop first"
    ),
]


def answers(folder, *requests):
    """What files.mjs answers to each request."""
    asked = folder / "requests.json"
    asked.write_text(json.dumps(requests))
    done = subprocess.run([NODE, str(HERE / "files.mjs"), str(asked)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def question(kind, file, times, **more):
    return {"kind": kind, "file": str(file), "times": list(times), "bones": list(BONES), **more}


@pytest.mark.parametrize("suffix", ["glb", "vrma"])
def test_the_khronos_validator_finds_nothing_wrong(recorded, suffix):
    for report in answers(recorded, *(question("validate", recorded / f"a_{n}.{suffix}", []) for n in range(DANCERS))):
        assert (report["errors"], report["warnings"]) == (0, 0), report["messages"]
        hints = {message["code"] for message in report["messages"]}
        assert hints <= {"UNSUPPORTED_EXTENSION", "NODE_EMPTY"}  # VRM's own; fingers and toes of a file without a mesh
        assert report["info"]["animationCount"] == 1


@pytest.mark.parametrize("kind", ["glb", "bvh"])
def test_three_plays_every_joint_where_the_npz_of_the_show_has_it(recorded, danced, kind):
    times, positions, _ = danced
    unit = {"glb": 1.0, "bvh": 0.01}[kind]
    requests = [question(kind, recorded / f"a_{n}.{kind}", times) for n in range(DANCERS)]
    for n, seen in enumerate(answers(recorded, *requests)):
        assert np.abs(np.array(seen) * unit - positions[:, n]).max() < TENTH_OF_A_MILLIMETRE


@pytest.mark.parametrize("version", ["1", "0"])
def test_a_vrm_animation_dances_on_both_kinds_of_avatar(recorded, danced, version):
    times, positions, _ = danced
    avatar = Made(version).write(recorded / f"{version}.vrm")
    round_about = (1, 1, 1) if version == "1" else (-1, 1, -1)  # VRM 0.x stands turned round
    requests = [question("vrma", recorded / f"a_{n}.vrma", times, avatar=str(avatar)) for n in range(DANCERS)]
    for n, seen in enumerate(answers(recorded, *requests)):
        assert np.abs(np.array(seen) - positions[:, n] * round_about).max() < TENTH_OF_A_MILLIMETRE
