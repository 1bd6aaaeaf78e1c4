"""Our VMC stream moves avatars in three-vrm: another language, another OSC parser, another rig, other bodies."""

import contextlib
import dataclasses
import json
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from audio import demo
from motion.kinematics import forward
from motion.rotation import normalize
from motion.skeleton import BONES, HUMANOID
from realtime import dancers
from realtime.engines.onnx import OnnxEngine
from realtime.loop import dance
from realtime.session import Session
from realtime.sinks.vmc import VmcSink
from realtime.sinks.vmc_pose import mirrored, turned
from tests.motion import made_avatars
from tests.motion.made_avatars import Made
from tests.realtime.swing import frame, options

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
NODE = shutil.which("node")
MILLIMETRE = 1e-3
END = 10_000.0  # seconds: the frame after a show
LIMBS = [(side + a, side + b) for side in ("left", "right") for a, b in
         (("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot"))]  # fmt: skip
OURS = dict(zip(BONES, Made("1").places, strict=True))
HANGING = made_avatars.body(5, arms_down=40.0)
AVATARS = {
    "vrm1": Made("1"),
    "vrm0": Made("0"),
    "vrm1 turned": Made("1", made_avatars.body(1), made_avatars.turns(1), armature=made_avatars.armature()),
    "vrm0 small": Made("0", made_avatars.body(2) * 0.6, twists=("leftLowerArm", "rightHand")),
    "vrm1 bare": Made("1", made_avatars.body(3), made_avatars.turns(3), made_avatars.OPTIONAL),
    "vrm0 bare": Made("0", made_avatars.body(4), missing=("upperChest", "leftShoulder", "rightShoulder")),
    "vrm1 A-pose": Made("1", HANGING, made_avatars.turns(5), ("chest", *made_avatars.OPTIONAL),
                        made_avatars.armature(0.01), ("leftLowerLeg", "rightUpperArm", "spine")),
}  # fmt: skip
OTHER_BODIES = [name for name in AVATARS if name not in ("vrm1", "vrm0")]

pytestmark = [
    pytest.mark.skipif(NODE is None, reason="node is not installed"),
    pytest.mark.skipif(not (HERE / "node_modules").is_dir(), reason="run `npm ci` in tests/interop first"),
]


class Receivers:
    """Avatars in Node, each on a port of its own; key: (name of AVATARS, mode)."""

    def __init__(self, folder, keys):
        self.keys = keys
        self.files = {name: str(AVATARS[name].write(folder / f"{name}.vrm")) for name, _ in keys}
        wanted = [{"file": self.files[name], "mode": mode, "last": AVATARS[name].names[-1]} for name, mode in keys]
        command = [NODE, str(HERE / "receive_vmc.mjs"), json.dumps(wanted)]
        self.node = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.unread = {key: [] for key in keys}
        self.ports = dict(zip(keys, json.loads(self.node.stdout.readline()), strict=True))

    def target(self, key):
        return f"127.0.0.1:{self.ports[key]}"

    def next(self):
        """(key, what was shown) of the next whole frame, in our axes."""
        shown = json.loads(self.node.stdout.readline())
        key = self.keys[shown["avatar"]]
        return key, Shown(AVATARS[key[0]], shown)

    def until_quiet(self, key):
        """All frames that this avatar has shown and nobody has read."""
        with self.sink(key, read=False) as send:
            send(dataclasses.replace(frame(0), audio_time=END))
        while not self.unread[key] or self.unread[key][-1].time != END:
            other, shown = self.next()
            self.unread[other].append(shown)
        found, self.unread[key] = self.unread[key][:-1], []
        return found

    @contextlib.contextmanager
    def sink(self, key, read=True, **extra):
        sink = VmcSink(options("vmc", self.target(key), listen="off", avatar=self.files[key[0]], **extra))
        yield lambda f: (sink.send(f), self.next()[1] if read else None)[1]
        sink.close()

    def close(self):
        self.node.stdin.close()
        self.node.wait()


class Shown:
    """One frame of one avatar: where its joints are, {name: [3]}, and how they are turned against rest, {name: R}."""

    def __init__(self, made, shown):
        self.time, self.bones, self.tags = shown["time"], shown["bones"], shown["tags"]
        own = np.eye(3) if made.version == "1" else made_avatars.ROUND
        self.at = {name: own @ np.array(place) for name, place in shown["joints"].items()}
        worlds = {name: own @ Rotation.from_quat(q).as_matrix() @ own for name, q in shown["turns"].items()}
        self.turn = {name: worlds[name] @ made.turns[BONES.index(name)].T for name in worlds}

    def joints(self, names=BONES):
        return np.array([self.at[name] for name in names])


@pytest.fixture(scope="module")
def receivers(tmp_path_factory):
    modes = {"vrm1": ("normalized",), "vrm0": ("normalized",)}
    keys = [(name, mode) for name in AVATARS for mode in modes.get(name, ("skeleton", "rotation", "normalized"))]
    receivers = Receivers(tmp_path_factory.mktemp("avatars"), keys)
    yield receivers
    receivers.close()


@cache
def danced(seconds=4.0):
    """Real frames: the shipped dancer to demo music, every third one."""
    song = demo.song(5, seconds=seconds + 2)
    session = Session(OnnxEngine(dancers.find(None)), 24_000, seed=3)
    return list(dance([song.samples], session))[15::3]


def random_frame(seed):
    """Every bone turned anywhere, the hips anywhere on the stage."""
    rng = np.random.default_rng(seed)
    local = normalize(rng.standard_normal((1, 22, 4))).astype(np.float32)
    root = rng.uniform((-3, 0.3, -3), (3, 1.5, 3), (1, 3)).astype(np.float32)
    return dataclasses.replace(frame(seed), root_position=root, rotations=local)


def ours(shown, **changes):
    """World joints {name: [3]} and rotations {name: R} by our kinematics."""
    root, local = changes.get("root", shown.root_position), changes.get("local", shown.rotations)
    at, turn = forward(HUMANOID, root[0].astype(float), local[0].astype(float))
    return dict(zip(BONES, at, strict=True)), dict(zip(BONES, Rotation.from_quat(turn).as_matrix(), strict=True))


def degrees_between(a, b):
    cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)))


@pytest.mark.parametrize("travel", ["hips", "root"])
@pytest.mark.parametrize("name", ["vrm1", "vrm0"])
def test_every_joint_of_a_body_like_ours_is_where_our_kinematics_have_it(receivers, name, travel):
    for extra in ({}, {"avatar": receivers.files[name]}):
        sink = VmcSink(options("vmc", receivers.target((name, "normalized")), travel=travel, listen="off", **extra))
        for shown in [*map(random_frame, range(10)), *danced()[:5]]:
            sink.send(shown)
            theirs = receivers.next()[1].joints()
            at, _ = ours(shown)
            assert np.abs(theirs - np.array(list(at.values()))).max() < MILLIMETRE
        sink.close()


@pytest.mark.parametrize(("change", "extra"), [
    (lambda root, local: mirrored(root, local), {"mirror": "1"}),
    (lambda root, local: turned(root, local, 130.0), {"yaw": "130"}),
    (lambda root, local: (root * np.float32((0, 1, 0)), local), {"travel": "none"}),
    (lambda root, local: (root, local), {"bundle": "whole"}),
    (lambda root, local: (root, local), {"bundle": "none"}),
])  # fmt: skip
def test_a_pose_that_is_changed_on_its_way_arrives_changed(receivers, change, extra):
    key = ("vrm1", "normalized")
    sink = VmcSink(options("vmc", receivers.target(key), listen="off", **extra))
    for shown in map(random_frame, range(90, 95)):
        sink.send(shown)
        root, local = change(shown.root_position, shown.rotations)
        at, _ = ours(shown, root=root, local=local)
        assert np.abs(receivers.next()[1].joints() - np.array(list(at.values()))).max() < MILLIMETRE
    sink.close()


@pytest.mark.parametrize("name", OTHER_BODIES)
def test_raw_turns_are_what_three_vrm_makes_of_the_normalized_pose(receivers, name):
    with receivers.sink((name, "skeleton")) as raw, receivers.sink((name, "normalized"), pose="normalized") as normal:
        for shown in [*map(random_frame, range(5)), *danced()[::5]]:
            a, b = raw(shown), normal(shown)
            assert np.abs(a.joints(a.at) - b.joints(a.at)).max() < MILLIMETRE
            assert all(np.abs(a.turn[bone] - b.turn[bone]).max() < 1e-4 for bone in a.at)


@pytest.mark.parametrize("name", OTHER_BODIES)
def test_an_avatar_of_another_body_dances_our_dance_and_stands_on_the_floor(receivers, name):
    made = AVATARS[name]
    rest = dict(zip(BONES, made.places, strict=True))
    scale = leg(rest) / leg(OURS)
    with receivers.sink((name, "skeleton")) as show:
        for shown in danced():
            theirs = show(shown)
            at, turn = ours(shown)
            for bone, end in LIMBS:
                assert degrees_between(theirs.at[end] - theirs.at[bone], at[end] - at[bone]) < 1.0
                length = np.linalg.norm(rest[end] - rest[bone])
                assert np.linalg.norm(theirs.at[end] - theirs.at[bone]) == pytest.approx(length, abs=MILLIMETRE)
            for bone in ("hips", "head", "leftFoot", "rightFoot"):
                assert np.abs(theirs.turn[bone] - turn[bone]).max() < 1e-4
            top = next(bone for bone in ("upperChest", "chest", "spine") if bone in theirs.at)
            assert np.abs(theirs.turn[top] - turn["upperChest"]).max() < 1e-4
            assert lowest(theirs, rest, scale) == pytest.approx(lowest_of_ours(at) * scale, abs=0.01)
            assert np.linalg.norm((theirs.at["hips"] - at["hips"] * scale)[[0, 2]]) < 0.15
            assert theirs.bones == len(made.names)


def leg(places):
    hip, knee, ankle = (np.array(places["left" + bone]) for bone in ("UpperLeg", "LowerLeg", "Foot"))
    return np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee)


def lowest(shown, rest, scale):
    """The lowest of ankles and toes over where it rests, metres; without toe bones a mesh has toes like ours."""
    heights = []
    for side in ("left", "right"):
        foot, toes = side + "Foot", side + "Toes"
        heights.append(shown.at[foot][1] - rest[foot][1])
        sole = scale * (OURS[toes] - OURS[foot])
        tip = shown.at.get(toes, shown.at[foot] + shown.turn[foot] @ sole)
        heights.append(tip[1] - (rest[toes] if toes in shown.at else rest[foot] + sole)[1])
    return min(heights)


def lowest_of_ours(at):
    return min(at[side + bone][1] - OURS[side + bone][1] for side in ("left", "right") for bone in ("Foot", "Toes"))


@pytest.mark.parametrize("travel", ["hips", "root"])
@pytest.mark.parametrize("name", OTHER_BODIES)
def test_a_receiver_that_ignores_bone_positions_shows_the_same_dance(receivers, name, travel):
    with (
        receivers.sink((name, "skeleton")) as whole,
        receivers.sink((name, "rotation"), profile="rotation", travel=travel) as rotations,
    ):
        for shown in danced()[::4]:
            a, b = whole(shown), rotations(shown)
            assert np.abs(a.joints(a.at) - b.joints(a.at)).max() < MILLIMETRE


def test_a_show_reaches_three_avatars_whole_and_smooth(receivers, tmp_path):
    """The command itself with the shipped dancer; poses at the frames' own instants are those of the npz."""
    keys = [("vrm1", "normalized"), ("vrm0 small", "skeleton"), ("vrm1 turned", "rotation")]
    extra = {"rotation": ",profile=rotation"}
    sinks = [f"vmc:{receivers.target(key)},listen=off,avatar={receivers.files[key[0]]}{extra.get(key[1], '')}"
             for key in keys]  # fmt: skip
    npz = tmp_path / "show.npz"
    command = [
        sys.executable,
        "-m",
        "realtime.run",
        "--device",
        "demo",
        "--duration",
        "3",
        "--pace",
        "fast",
        "--control",
        "off",
    ]
    command += [word for sink in [*sinks, f"npz:{npz}"] for word in ("--sink", sink)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert "position sync off" in done.stdout
    show = np.load(npz)
    frames = {round(float(t), 3): n for n, t in enumerate(show["audio_time"])}
    for key in keys:
        found = receivers.until_quiet(key)
        steps = np.diff([shown.time for shown in found]) * 60
        assert np.allclose(steps, np.round(steps), atol=1e-3)
        assert np.median(steps) == pytest.approx(1, abs=1e-3)  # as fast as this a full buffer may lose some
        tags = {"/VMC/Ext/OK i": 1, "/VMC/Ext/T f": 1, "/VMC/Ext/Root/Pos sfffffff": 1,
                "/VMC/Ext/Bone/Pos sfffffff": len(AVATARS[key[0]].names)}  # fmt: skip
        assert all(shown.tags == tags for shown in found)
        own = [(shown, frames[round(shown.time, 3)]) for shown in found if round(shown.time, 3) in frames]
        assert len(own) > len(frames) / 2
        for shown, n in own:
            at = dict(zip(BONES, show["positions"][n, 0], strict=True))
            assert all(degrees_between(shown.at[b] - shown.at[a], at[b] - at[a]) < 1.0 for a, b in LIMBS)
            if key[0] == "vrm1":
                assert np.abs(shown.joints() - show["positions"][n, 0]).max() < MILLIMETRE
