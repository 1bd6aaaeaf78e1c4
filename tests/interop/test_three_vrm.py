"""Our VMC stream moves avatars in three-vrm: another language, another OSC parser, another rig."""

import dataclasses
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from motion.kinematics import forward
from motion.rotation import normalize
from motion.skeleton import BONES, HUMANOID, PARENTS
from realtime.sinks.vmc import VmcSink
from tests.realtime.swing import frame, options

HERE = Path(__file__).parent
NODE = shutil.which("node")
MILLIMETRE = 1e-3

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="run `npm ci` in tests/interop first"),
]


@pytest.fixture(scope="module")
def avatars(tmp_path_factory):
    """The receiver in Node; ask(frame, travel) sends one frame and returns {"1": [22, 3], "0": [22, 3]}."""
    path = tmp_path_factory.mktemp("avatars") / "bones.json"
    offsets = HUMANOID.offsets.tolist()
    path.write_text(json.dumps([{"name": n, "parent": p, "offset": o}
                                for n, p, o in zip(BONES, PARENTS, offsets, strict=True)]))  # fmt: skip
    command = [NODE, str(HERE / "receive_vmc.mjs"), str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as node:
        port = int(node.stdout.readline())

        def ask(shown, travel):
            sink = VmcSink(options("vmc", f"127.0.0.1:{port}", travel=travel))
            sink.send(shown)
            sink.close()
            worlds = json.loads(node.stdout.readline())
            return {version: np.array([joints[bone] for bone in BONES]) for version, joints in worlds.items()}

        yield ask
        node.stdin.close()


def random_frame(seed):
    """Every bone turned anywhere, the hips anywhere on the stage."""
    rng = np.random.default_rng(seed)
    local = normalize(rng.standard_normal((1, 22, 4))).astype(np.float32)
    root = rng.uniform((-3, 0.3, -3), (3, 1.5, 3), (1, 3)).astype(np.float32)
    return dataclasses.replace(frame(seed), root_position=root, rotations=local)


@pytest.mark.parametrize("travel", ["hips", "root"])
def test_every_joint_of_both_kinds_of_avatar_is_where_our_kinematics_have_it(avatars, travel):
    for seed in range(20):
        shown = random_frame(seed)
        ours, _ = forward(HUMANOID, shown.root_position[0], shown.rotations[0])
        theirs = avatars(shown, travel)
        assert np.abs(theirs["1"] - ours).max() < MILLIMETRE
        assert np.abs(theirs["0"] - ours * (-1, 1, -1)).max() < MILLIMETRE  # VRM 0.x stands turned round


def test_an_avatar_without_travel_turns_and_crouches_on_the_spot(avatars):
    shown = random_frame(99)
    ours, _ = forward(HUMANOID, shown.root_position[0] * (0, 1, 0), shown.rotations[0])
    assert np.abs(avatars(shown, "none")["1"] - ours).max() < MILLIMETRE
