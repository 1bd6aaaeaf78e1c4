"""What the recorders write is read and played by three.js, three-vrm-animation and the Khronos validator."""

import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from motion.skeleton import BONES
from realtime.run import main as stage
from tests.motion.made_avatars import Made

HERE = Path(__file__).parent
NODE = shutil.which("node")
TENTH_OF_A_MILLIMETRE = 1e-4
DANCERS = 2

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(
        not (HERE / "node_modules" / "gltf-validator").is_dir(), reason="run `npm ci` in tests/interop first"
    ),
]


@pytest.fixture(scope="module")
def show(tmp_path_factory):
    """The folder of a show of ten seconds that every recorder recorded."""
    folder = tmp_path_factory.mktemp("show")
    sinks = [f"--sink={kind}:{folder}/a.{suffix}"
             for kind, suffix in (("npz", "npz"), ("bvh", "bvh"), ("glb", "glb"), ("glb", "vrma"))]  # fmt: skip
    sound = ["--device", "demo", "--pace", "fast", "--duration", "10", "--control", "off"]
    assert stage([*sound, "--dancers", str(DANCERS), *sinks]) == 0
    return folder


@pytest.fixture(scope="module")
def danced(show):
    """(times [T] s of the sound, positions [T, N, 22, 3]) of the npz of the same show, all of them in reach."""
    with np.load(show / "a.npz") as file:
        return file["audio_time"] + file["lead_frames"] / file["fps"], file["positions"]


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
def test_the_khronos_validator_finds_nothing_wrong(show, suffix):
    for report in answers(show, *(question("validate", show / f"a_{n}.{suffix}", []) for n in range(DANCERS))):
        assert (report["errors"], report["warnings"]) == (0, 0), report["messages"]
        hints = {message["code"] for message in report["messages"]}
        assert hints <= {"UNSUPPORTED_EXTENSION", "NODE_EMPTY"}  # VRM's own; fingers and toes of a file without a mesh
        assert report["info"]["animationCount"] == 1


@pytest.mark.parametrize("kind", ["glb", "bvh"])
def test_three_plays_every_joint_where_the_npz_of_the_show_has_it(show, danced, kind):
    times, positions = danced
    unit = {"glb": 1.0, "bvh": 0.01}[kind]
    for n, seen in enumerate(answers(show, *(question(kind, show / f"a_{n}.{kind}", times) for n in range(DANCERS)))):
        assert np.abs(np.array(seen) * unit - positions[:, n]).max() < TENTH_OF_A_MILLIMETRE


@pytest.mark.parametrize("version", ["1", "0"])
def test_a_vrm_animation_dances_on_both_kinds_of_avatar(show, danced, version):
    times, positions = danced
    avatar = Made(version).write(show / f"{version}.vrm")
    round_about = (1, 1, 1) if version == "1" else (-1, 1, -1)  # VRM 0.x stands turned round
    requests = [question("vrma", show / f"a_{n}.vrma", times, avatar=str(avatar)) for n in range(DANCERS)]
    for n, seen in enumerate(answers(show, *requests)):
        assert np.abs(np.array(seen) - positions[:, n] * round_about).max() < TENTH_OF_A_MILLIMETRE
