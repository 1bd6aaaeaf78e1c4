"""VMC as the reference receivers need it: axes, types, sizes, one T a frame, real rest offsets."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from motion.kinematics import forward
from motion.rotation import from_axis_angle, multiply, rotate, yaw
from motion.skeleton import BONES, HUMANOID, MotionError
from realtime.frame import StageError
from realtime.sinks.vmc import VmcSink
from realtime.sinks.vmc_pose import NAMES, to_unity
from tests.motion import made_avatars
from tests.motion.made_avatars import Made
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages, tags

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def ear():
    ear = Ear()
    yield ear
    ear.close()


def rest_frame(turns=(), root=(0.25, 0.75, -0.5)):
    """The T-pose at `root`, with some bones turned: (bone, axis-angle in our axes)."""
    local = np.tile(np.array((0, 0, 0, 1), np.float32), (1, 22, 1))
    for bone, turn in turns:
        local[0, BONES.index(bone)] = from_axis_angle(np.array(turn, np.float32))
    position = np.array([root], np.float32)
    return dataclasses.replace(frame(7), audio_time=0.5, root_position=position, rotations=local)


def received(ear, frame, **extra):
    """What one frame says: {"root": [7], "Hips": [7], ...}."""
    sink = VmcSink(options("vmc", ear.target, listen="off", **extra))
    sink.send(frame)
    sink.close()
    parts = [m for data in ear.waiting() for m in messages(data)]
    return {params[0]: np.array(params[1:]) for address, params in parts if address.endswith("/Pos")}


def unity_world(said):
    """Joint positions {name: [3]} as Unity's transforms would have them, from what was received alone."""
    parents = {"Hips": "root", **{NAMES[i]: NAMES[HUMANOID.parents[i]] for i in range(1, 22)}}
    places = {"root": (said["root"][:3], said["root"][3:])}
    for name in NAMES:
        above, turn = places[parents[name]]
        places[name] = (above + rotate(turn, said[name][:3]), multiply(turn, said[name][3:]))
    return {name: place[0] for name, place in places.items() if name != "root"}


def test_a_frame_is_the_two_bundles_that_python_osc_builds(ear):
    f = frame(3)
    sink = VmcSink(options("vmc", ear.target, listen="off"))
    sink.send(f)
    sink.close()
    rest = HUMANOID.offsets.astype(np.float32)
    bones = []
    for i, name in enumerate(NAMES):
        (x, y, z), (a, b, c, w) = (f.root_position[0] if i == 0 else rest[i]), f.rotations[0, i]
        bones.append(("/VMC/Ext/Bone/Pos", "sfffffff", [name, -x, y, z, a, -b, -c, w]))
    head = [
        ("/VMC/Ext/OK", "i", [1]),
        ("/VMC/Ext/T", "f", [f.audio_time]),
        ("/VMC/Ext/Root/Pos", "sfffffff", ["root", -0.0, 0.0, 0.0, 0.0, -0.0, -0.0, 1.0]),
    ]
    assert ear.waiting() == [_python_osc(head + bones[:11]), _python_osc(bones[11:])]


def _python_osc(parts):
    bundle = OscBundleBuilder(IMMEDIATELY)
    for address, kinds, arguments in parts:
        builder = OscMessageBuilder(address)
        for kind, argument in zip(kinds, arguments, strict=True):
            builder.add_arg({"s": str, "i": int, "f": float}[kind](argument), kind)
        bundle.add_content(builder.build())
    return bundle.build().dgram


def test_the_bytes_on_the_wire_are_those_of_the_first_release(ear):
    sink = VmcSink(options("vmc", ear.target, listen="off"))
    sink.send(rest_frame())
    sink.close()
    assert ear.waiting() == [(GOLDEN / name).read_bytes() for name in ("vmc_first.bin", "vmc_second.bin")]


def test_each_frame_has_one_t_that_grows_and_fits_two_ethernet_frames(ear):
    sink = VmcSink(options("vmc", ear.target, listen="off"))
    for k in range(4):
        sink.send(frame(k))
    heard = ear.waiting()
    sink.close()
    times = [params[0] for data in heard for address, params in messages(data) if address == "/VMC/Ext/T"]
    assert times == pytest.approx([(k + 1) / 15 for k in range(4)])
    assert len(heard) == 8
    assert max(map(len, heard)) <= 1400


def test_every_number_that_the_protocol_calls_f_is_an_f(ear):
    sink = VmcSink(options("vmc", ear.target, listen="off"))
    sink.send(rest_frame())
    sink.close()
    kinds = [kind for data in ear.waiting() for kind in tags(data)]
    assert kinds[:3] == [("/VMC/Ext/OK", "i"), ("/VMC/Ext/T", "f"), ("/VMC/Ext/Root/Pos", "sfffffff")]
    assert kinds[3:] == [("/VMC/Ext/Bone/Pos", "sfffffff")] * 22


def test_bones_have_unity_names_in_topological_order_and_their_rest_offsets(ear):
    said = received(ear, rest_frame())
    assert list(said) == ["root", *NAMES]
    assert {"Hips", "UpperChest", "LeftUpperArm", "RightToes"} <= set(NAMES)
    assert said["LeftLowerArm"][:3] == pytest.approx([-0.28, 0, 0])
    assert said["RightUpperLeg"][:3] == pytest.approx([0.09, -0.045, 0])
    assert all(np.linalg.norm(said[name][:3]) > 0.02 for name in NAMES)


def test_the_left_hand_is_on_unitys_left(ear):
    assert unity_world(received(ear, rest_frame(root=(0, 0.95, 0))))["LeftHand"] == pytest.approx([-0.70, 1.41, 0])


@pytest.mark.parametrize(
    ("bone", "unity_axis", "tip", "where"),
    [  # checks of the reference receivers: +90 degrees about a Unity axis, and where the limb then is
        ("leftUpperArm", 2, "LeftHand", lambda at, was: at[1] < was[1] - 0.5),
        ("leftLowerLeg", 0, "LeftFoot", lambda at, was: at[2] < was[2] - 0.35),
        ("leftUpperArm", 1, "LeftHand", lambda at, was: at[2] > was[2] + 0.5),
    ],
)
def test_a_quarter_turn_about_a_unity_axis_moves_the_limb_as_unity_would(ear, bone, unity_axis, tip, where):
    ours = np.zeros(3)
    ours[unity_axis] = (np.pi / 2) * (1 if unity_axis == 0 else -1)  # mirrored about x: y and z turns change sign
    was = unity_world(received(ear, rest_frame()))[tip]
    said = received(ear, rest_frame([(bone, ours)]))
    expected = np.zeros(4)
    expected[unity_axis], expected[3] = np.sqrt(0.5), np.sqrt(0.5)
    assert said[bone[0].upper() + bone[1:]][3:] == pytest.approx(expected, abs=1e-6)
    assert where(unity_world(said)[tip], was)


@pytest.mark.parametrize("travel", ["hips", "root"])
def test_a_receiver_puts_every_joint_where_our_kinematics_have_it_mirrored(ear, travel):
    f = frame(11)
    world = unity_world(received(ear, f, travel=travel))
    positions, _ = forward(HUMANOID, f.root_position[0], f.rotations[0])
    assert np.array([world[name] for name in NAMES]) == pytest.approx(positions * [-1, 1, 1], abs=1e-5)


def test_travel_in_root_leaves_the_hips_above_the_origin_and_facing_ahead(ear):
    f = rest_frame([("hips", (0.0, 1.2, 0.0))])
    said = received(ear, f, travel="root")
    assert said["Hips"] == pytest.approx([0, 0.75, 0, 0, 0, 0, 1], abs=1e-6)
    assert said["root"][:3] == pytest.approx([-0.25, 0, -0.5])
    assert yaw(said["root"][3:]) == pytest.approx(-1.2, abs=1e-6)


def test_without_travel_the_dancer_stays_on_the_spot_and_still_turns(ear):
    said = received(ear, rest_frame([("hips", (0.0, 1.2, 0.0))]), travel="none")
    assert said["root"] == pytest.approx([0, 0, 0, 0, 0, 0, 1])
    assert said["Hips"][:3] == pytest.approx([0, 0.75, 0])
    assert yaw(said["Hips"][3:]) == pytest.approx(-1.2, abs=1e-6)


def test_the_axis_change_undoes_itself():
    p, q = frame(5).positions, frame(5).rotations
    back = to_unity(*to_unity(p, q))
    assert np.array_equal(back[0], p)
    assert np.array_equal(back[1], q)


def test_a_bone_that_is_not_finite_keeps_its_last_good_turn(ear):
    sink = VmcSink(options("vmc", ear.target, listen="off"))
    sink.send(frame(0))
    good = [m for data in ear.waiting() for m in messages(data)]
    bad = frame(1)
    bad.rotations[0, BONES.index("leftHand")] = np.inf
    sink.send(bad)
    heard = [m for data in ear.waiting() for m in messages(data)]
    sink.close()
    assert all(np.isfinite(params[1:]).all() for _, params in heard[2:])
    assert next(m for m in heard if "LeftHand" in m[1]) == next(m for m in good if "LeftHand" in m[1])
    assert next(m for m in heard if "LeftUpperArm" in m[1]) != next(m for m in good if "LeftUpperArm" in m[1])


def pair_of_ears():
    """Two receivers on neighbouring ports."""
    while True:
        first = Ear()
        try:
            return first, Ear(first.port + 1)
        except OSError:
            first.close()


def test_each_dancer_has_a_port_of_its_own_and_one_may_be_picked():
    first, second = pair_of_ears()
    sink = VmcSink(options("vmc", first.target, listen="off", dancers=2))
    sink.send(frame(4, 2))
    sink.close()
    hips = [messages(ear.waiting()[0])[3][1][1] for ear in (first, second)]
    assert hips == pytest.approx(list(-frame(4, 2).root_position[:, 0]))
    picked = VmcSink(options("vmc", first.target, listen="off", dancers=2, dancer="1"))
    picked.send(frame(4, 2))
    picked.close()
    assert messages(first.waiting()[0])[3][1][1] == pytest.approx(hips[1])
    assert second.waiting() == []
    first.close()
    second.close()


def said_of(ear, frame, **extra):
    """(datagrams, messages) of one frame."""
    sink = VmcSink(options("vmc", ear.target, listen="off", **extra))
    sink.send(frame)
    sink.close()
    heard = ear.waiting()
    return heard, [m for data in heard for m in messages(data)]


def test_a_frame_goes_as_two_bundles_as_one_or_as_single_messages(ear):
    split, expected = said_of(ear, frame(3))
    whole, in_one = said_of(ear, frame(3), bundle="whole")
    single, alone = said_of(ear, frame(3), bundle="none")
    assert [len(data) for data in split] == [968, 876]
    assert [len(data) for data in whole] == [1828]
    assert len(single) == 25
    assert not any(data.startswith(b"#bundle") for data in single)
    assert expected == in_one == alone


def test_the_rotation_profile_moves_root_and_leaves_the_hips_at_rest(ear):
    f = rest_frame([("hips", (0.0, 1.2, 0.0))])
    said = received(ear, f, profile="rotation")
    assert said["root"] == pytest.approx([-0.25, 0.75 - 0.95, -0.5, 0, 0, 0, 1], abs=1e-6)
    assert said["Hips"][:3] == pytest.approx([0, 0.95, 0])
    assert yaw(said["Hips"][3:]) == pytest.approx(-1.2, abs=1e-6)
    still = received(ear, f, profile="rotation", travel="none")
    assert still["root"] == pytest.approx([0, 0.75 - 0.95, 0, 0, 0, 0, 1], abs=1e-6)


@pytest.mark.parametrize("travel", ["hips", "root"])
@pytest.mark.parametrize("profile", ["skeleton", "rotation"])
def test_every_profile_shows_the_same_joints(ear, profile, travel):
    f = frame(11)
    world = unity_world(received(ear, f, travel=travel, profile=profile))
    positions, _ = forward(HUMANOID, f.root_position[0], f.rotations[0])
    assert np.array([world[name] for name in NAMES]) == pytest.approx(positions * [-1, 1, 1], abs=1e-5)


def test_a_mirror_swaps_left_and_right_in_the_middle_of_the_stage(ear):
    plain, mirror = (unity_world(received(ear, frame(11), **extra)) for extra in ({}, {"mirror": "1"}))
    for name, place in plain.items():
        other = name.replace("Left", "#").replace("Right", "Left").replace("#", "Right")
        assert mirror[other] == pytest.approx(place * (-1, 1, 1), abs=1e-5)


def test_yaw_turns_the_stage_clockwise_as_unity_does(ear):
    plain, quarter = (unity_world(received(ear, frame(11), **extra)) for extra in ({}, {"yaw": "90"}))
    for name, (x, y, z) in plain.items():
        assert quarter[name] == pytest.approx([z, y, -x], abs=1e-5)


@pytest.mark.parametrize(("bones", "sent"), [
    ("upper", [name for name in NAMES if name[-3:] not in ("Leg", "oot", "oes", "ips")]),
    ("lower", ["Hips"] + [name for name in NAMES if name[-3:] in ("Leg", "oot", "oes")]),
    ("head+LEFTHAND", ["Head", "LeftHand"]),
    ("upper+Hips", [name for name in NAMES if name[-3:] not in ("Leg", "oot", "oes")]),
])  # fmt: skip
def test_only_the_bones_asked_for_are_sent_and_root_always_is(ear, bones, sent):
    heard, said = said_of(ear, frame(3), bones=bones)
    assert [m[1][0] for m in said if m[0].endswith("/Pos")] == ["root", *sent]
    assert [m[0] for m in said[:2]] == ["/VMC/Ext/OK", "/VMC/Ext/T"]
    assert max(map(len, heard)) <= 1400
    full = {m[1][0]: m for m in said_of(ear, frame(3))[1]}
    assert all(m == full[m[1][0]] for m in said)


def test_an_avatars_bones_are_sent_at_its_own_places(ear, tmp_path):
    made = Made("1", made_avatars.body(1), made_avatars.turns(1), ("upperChest", "leftToes", "rightToes"))
    said = received(ear, frame(3), avatar=str(made.write(tmp_path / "a.vrm")))
    assert list(said) == ["root", *(name[0].upper() + name[1:] for name in made.names)]
    node = {node["name"]: node for node in made.json()["nodes"]}
    for name in made.names[1:]:
        x, y, z = node[name]["translation"]
        assert said[name[0].upper() + name[1:]][:3] == pytest.approx([-x, y, z], abs=1e-6)
    assert all(np.linalg.norm(said[name][3:]) == pytest.approx(1, abs=1e-6) for name in said)


def test_the_banner_says_which_switch_the_receiver_wants(tmp_path):
    file = str(Made("0").write(tmp_path / "miku.vrm"))
    skeleton = VmcSink(options("vmc", "127.0.0.1:9", listen="off", avatar=file))
    rotation = VmcSink(options("vmc", "127.0.0.1:9", listen="off", profile="rotation"))
    assert "bone position sync on" in skeleton.describe()
    assert "miku.vrm" in skeleton.describe()
    assert "bone position sync off, root position sync on" in rotation.describe()
    skeleton.close()
    rotation.close()


def test_sixty_poses_a_second_are_asked_for_unless_told_otherwise():
    for extra, rate in (({}, 60), ({"rate": "30"}, 30)):
        sink = VmcSink(options("vmc", "127.0.0.1:9", listen="off", **extra))
        assert sink.rate == rate
        sink.close()


def test_an_avatar_file_that_cannot_be_used_is_refused_by_name(tmp_path):
    (tmp_path / "bad.vrm").write_bytes(b"no")
    with pytest.raises(MotionError, match=r"bad\.vrm is not a \.vrm"):
        VmcSink(options("vmc", avatar=str(tmp_path / "bad.vrm")))


@pytest.mark.parametrize(
    ("target", "extra", "named"),
    [
        ("", {"travel": "fly"}, "fly"),
        ("", {"dancer": "5"}, "5"),
        ("", {"dancer": "all"}, "all"),
        ("", {"speed": "2"}, "speed"),
        ("", {"profile": "both"}, "both"),
        ("", {"bundle": "three"}, "three"),
        ("", {"bones": "LeftEar"}, "LeftEar"),
        ("", {"yaw": "left"}, "left"),
        ("", {"rate": "5"}, "rate=5"),
        ("", {"mirror": "yes"}, "yes"),
        ("", {"pose": "raw"}, "avatar=FILE"),
        ("", {"listen": "http"}, "http"),
        ("127.0.0.1:65535", {}, "65535"),
        ("127.0.0.1:0", {}, "127.0.0.1:0"),
        ("nowhere.invalid", {}, "nowhere.invalid"),
    ],
)
def test_what_cannot_be_is_refused_in_one_line_that_names_it(target, extra, named):
    with pytest.raises(StageError, match=named) as caught:
        VmcSink(options("vmc", target, dancers=2, **extra))
    assert "\n" not in str(caught.value)
