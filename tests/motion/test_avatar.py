"""Avatar files: what is read of them is where it is; what cannot be used is refused in one line; poses fit the body."""

import random
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motion import avatar, gltf, kinematics, rotation
from motion.avatar_pose import AvatarPose
from motion.skeleton import BONES, HUMANOID, MotionError
from tests.motion import made_avatars
from tests.motion.made_avatars import Made, glb

SIDES = ("left", "right")


@pytest.fixture
def read(tmp_path):
    def read(made):
        return avatar.read(made.write(tmp_path / "made.vrm"))

    return read


def made(seed, version, missing=()):
    turned = made_avatars.turns(seed) if version == "1" else np.tile(np.eye(3), (22, 1, 1))
    above = made_avatars.armature(0.01) if version == "1" else None
    return Made(version, made_avatars.body(seed), turned, tuple(missing), above, ("spine", "leftHand"))


def dance(seed, frames=5):
    """Poses [T, 3], [T, 22, 4] with every joint turned up to half a radian, anywhere."""
    rng = np.random.default_rng(seed)
    local = rotation.from_axis_angle(rng.normal(0, 0.5, (frames, 22, 3)))
    return rng.uniform((-2, 0.6, -2), (2, 1.2, 2), (frames, 3)), local


def angles(a, b):
    chord = np.minimum(np.linalg.norm(a - b, axis=-1), np.linalg.norm(a + b, axis=-1))
    return np.degrees(4 * np.arcsin(np.minimum(chord / 2, 1)))


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.sampled_from("01"), st.sets(st.sampled_from([*made_avatars.OPTIONAL, "chest"])))
def test_bones_rest_where_the_file_has_them_whatever_turns_scales_and_nodes_lie_between(seed, version, missing):
    with_nodes = made(seed, version, missing)
    content = with_nodes.json()
    found = avatar.of_json("made", content)
    which = [BONES.index(name) for name in with_nodes.names]
    assert list(found.bones) == which
    assert np.allclose(kinematics.rest_positions(found.skeleton), with_nodes.places[which], atol=1e-9)
    assert np.allclose(Rotation.from_quat(found.rest).as_matrix(), with_nodes.turns[which], atol=1e-9)
    assert found.raw_is_normalized == (version == "0")


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**31), st.sets(st.sampled_from([*made_avatars.OPTIONAL, "chest"])))
def test_raw_turns_put_every_node_where_the_normalized_pose_has_it(seed, missing):
    """The file's own chain of matrices, walked with numpy alone, against forward kinematics of the normalized pose."""
    body = made(seed, "1", missing)
    content = body.json()
    found = avatar.of_json("made", content)
    hips, local = AvatarPose(found).fit(*dance(seed))
    positions, world = kinematics.forward(found.skeleton, hips, local)
    place, raw = found.to_raw(hips, local)
    node_of = {node["name"]: node for node in content["nodes"]}
    for frame in range(len(hips)):
        for n, name in enumerate(found.skeleton.names):
            at = place[frame] if n == 0 else found.translations[n]
            node_of[name] |= {"translation": at.tolist(), "rotation": raw[frame, n].tolist()}
        posed = gltf.rest(content)
        index = [content["nodes"].index(node_of[name]) for name in found.skeleton.names]
        assert np.allclose(posed.world[index, :3, 3], positions[frame], atol=1e-9)
        turns = rotation.multiply(posed.rotations()[index], rotation.inverse(found.rest))
        assert angles(turns, world[frame]).max() < 1e-5


def test_an_avatar_of_our_body_takes_our_poses_as_they_are(read):
    root, local = dance(1)
    fit = AvatarPose(read(Made("1")))
    hips, fitted = fit.fit(root, local)
    assert fit.scale == pytest.approx(1)
    assert np.allclose(hips, root, atol=1e-9)
    assert angles(fitted, local).max() < 1e-5


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31), st.sets(st.sampled_from(made_avatars.OPTIONAL)))
def test_world_rotations_of_what_remains_are_ours_when_bones_are_missing(seed, missing):
    content = Made("1", missing=tuple(missing)).json()
    found = avatar.of_json("made", content)
    root, local = dance(seed)
    _, ours = kinematics.forward(HUMANOID, root, local)
    _, fitted = AvatarPose(found).fit(root, local)
    _, theirs = kinematics.forward(found.skeleton, root, fitted)
    expected = ours[:, found.bones]
    if "upperChest" in missing:  # the arms hang on the chest then: it takes the turn of the chest's top
        expected[:, found.skeleton.index("chest")] = ours[:, BONES.index("upperChest")]
    assert angles(theirs, expected).max() < 1e-4


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**31))
def test_a_foot_that_stands_does_not_slide_however_long_the_limbs(seed):
    """The left foot planted while the hips move, the other one in the air: the avatar's left foot stays, too."""
    rng = np.random.default_rng(seed)
    frames = 30
    _, local = dance(seed, frames)
    local[:, BONES.index("rightUpperLeg")] = rotation.from_axis_angle(np.array([-1.5, 0.0, 0.0]))
    for bone in ("leftToes", "rightLowerLeg", "rightFoot", "rightToes"):
        local[:, BONES.index(bone)] = (0.0, 0.0, 0.0, 1.0)
    bend = rng.uniform(0.0, 0.8, frames)[:, None] * (1.0, 0.0, 0.0)
    local[:, BONES.index("hips")] = rotation.about_y(rng.uniform(-3, 3))
    local[:, BONES.index("leftUpperLeg")] = rotation.from_axis_angle(-bend)
    local[:, BONES.index("leftLowerLeg")] = rotation.from_axis_angle(2 * bend)
    local[:, BONES.index("leftFoot")] = rotation.from_axis_angle(-bend)
    at, _ = kinematics.forward(HUMANOID, np.zeros((frames, 3)), local)
    root = np.array([0.3, 0.08, -0.2]) - at[:, BONES.index("leftFoot")]  # the ankle stands there
    content = Made("1", made_avatars.body(seed)).json()
    found = avatar.of_json("made", content)
    fit = AvatarPose(found)
    hips, fitted = fit.fit(root, local)
    theirs, _ = kinematics.forward(found.skeleton, hips, fitted)
    ankle = theirs[:, found.skeleton.index("leftFoot")]
    rest = kinematics.rest_positions(found.skeleton)[found.skeleton.index("leftFoot"), 1]
    assert np.abs(ankle[:, 1] - rest).max() < 0.01
    assert np.ptp(ankle[:, [0, 2]], axis=0).max() < 0.01


def test_poses_may_come_as_one_as_many_and_in_single_precision(read):
    fit = AvatarPose(read(made(3, "1")))
    root, local = dance(2, 6)
    hips, fitted = fit.fit(root, local)
    one = fit.fit(root[4], local[4])
    single = fit.fit(root.astype(np.float32), local.astype(np.float32))
    assert np.allclose(one[0], hips[4])
    assert np.allclose(one[1], fitted[4])
    assert single[0].dtype == single[1].dtype == np.float32
    assert np.allclose(single[0], hips, atol=1e-5)


def broken(change):
    """The bytes of an avatar whose JSON was changed."""
    content = Made("1").json()
    change(content)
    return glb(content)


def bones_of(content):
    return content["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"]


def ring(content):
    count = len(content["nodes"])
    content["nodes"] += [{"children": [count + 1]}, {"children": [count]}]


def node(content, name):
    return content["nodes"][bones_of(content)[name]["node"]]


def swap(content, one, other):
    bones = bones_of(content)
    bones[one], bones[other] = bones[other], bones[one]


GOOD = glb(Made("1").json())
BAD = {
    "empty": (b"", "not a .vrm or .glb"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + b"\0" * 40, "not a .vrm or .glb"),
    "cut": (GOOD[:-9], "cut off"),
    "version 1": (GOOD[:4] + struct.pack("<I", 1) + GOOD[8:], "version 1"),
    "huge": (GOOD[:12] + struct.pack("<I", 2**31) + GOOD[16:], "more than an avatar has"),
    "no json": (GOOD[:20] + b"}" + GOOD[21:], "damaged"),
    "deep": (glb({})[:12] + struct.pack("<II", 200_000, 0x4E4F534A) + b"[" * 200_000, "damaged"),
    "a list": (glb([]), "no object"),
    "no nodes": (broken(lambda c: c.pop("nodes")), "no list of nodes"),
    "many nodes": (broken(lambda c: c["nodes"].extend([{}] * 20_000)), "nodes are more"),
    "not a vrm": (broken(lambda c: c.pop("extensions")), "no VRM humanoid"),
    "odd humanoid": (broken(lambda c: c["extensions"]["VRMC_vrm"].update(humanoid=[1])), "no VRM humanoid"),
    "no head": (broken(lambda c: bones_of(c).pop("head")), "no head"),
    "a node too far": (broken(lambda c: bones_of(c)["head"].update(node=99)), "node 99"),
    "a node in words": (broken(lambda c: bones_of(c)["head"].update(node="x")), "no head"),
    "one node twice": (broken(lambda c: bones_of(c)["neck"].update(bones_of(c)["head"])), "one node"),
    "a stray child": (broken(lambda c: c["nodes"][3].update(children=[9999])), "9999"),
    "two parents": (broken(lambda c: c["nodes"][3]["children"].append(1)), "child 1"),
    "a ring": (broken(ring), "ring"),
    "not finite": (broken(lambda c: c["nodes"][3].update(translation=[0, float("nan"), 0])), "translation of node 3"),
    "no numbers": (broken(lambda c: c["nodes"][3].update(rotation=[0, 0, 1])), "rotation of node 3"),
    "flat": (broken(lambda c: c["nodes"][0].update(scale=[0, 1, 1])), "apply the scale"),
    "a mirror": (broken(lambda c: c["nodes"][0].update(scale=[-1, 1, 1])), "apply the scale"),
    "no shin": (broken(lambda c: node(c, "leftFoot").update(translation=[0, 0, 0])), "leftFoot is where"),
    "no hips above": (broken(lambda c: swap(c, "hips", "spine")), "hangs on"),
    "hand on a hand": (broken(lambda c: swap(c, "leftLowerArm", "leftHand")), "hangs on"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_used_is_refused_in_one_line_that_names_it(case, tmp_path):
    data, why = BAD[case]
    path = tmp_path / "bad.vrm"
    path.write_bytes(data)
    with pytest.raises(MotionError, match=why) as caught:
        avatar.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path):
    for path in (tmp_path / "none.vrm", tmp_path):
        with pytest.raises(MotionError, match="cannot read") as caught:
            avatar.read(path)
        assert str(path) in str(caught.value)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31))
def test_no_damage_to_the_json_raises_anything_but_that_one_line(seed):
    chance = random.Random(seed)
    content = made(1, chance.choice("01")).json()
    for _ in range(chance.randint(1, 4)):
        damage(chance, content)
    try:
        found = avatar.of_json("made", content)
    except MotionError as err:
        assert_one_line(str(err))
    else:
        hips, fitted = AvatarPose(found).fit(*dance(1))
        assert np.isfinite(hips).all()
        assert np.isfinite(fitted).all()


def assert_one_line(text):
    assert text
    assert "\n" not in text


ODD = [None, True, -1, 0, 3, 1e300, float("nan"), float("inf"), 10**400, "", "hips", [], [0], {}, [{}], [0, 0, 0]]


def damage(chance, content):
    """Replace one value somewhere in the JSON."""
    here = content
    while True:
        key = chance.choice(list(here) if isinstance(here, dict) else range(len(here)))
        if not here[key] or not isinstance(here[key], dict | list) or chance.randrange(4) == 0:
            here[key] = chance.choice(ODD)
            return
        here = here[key]
