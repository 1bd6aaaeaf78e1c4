"""VRChat's OSC trackers: axes, angles and sizes as its documentation has them, on a real socket."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from motion.kinematics import forward, rest_positions
from motion.rotation import from_axis_angle
from motion.skeleton import HUMANOID
from realtime.frame import StageError
from realtime.sinks.vrchat import VrchatSink, to_unity_euler
from tests.realtime.liblo_ear import needs_liblo, printed
from tests.realtime.swing import frame, options
from tests.realtime.udp_ear import Ear, messages, tags

ORDER = (
    "hips",
    "upperChest",
    "leftFoot",
    "rightFoot",
    "leftLowerLeg",
    "rightLowerLeg",
    "leftLowerArm",
    "rightLowerArm",
)
IDENTITY = np.array([0, 0, 0, 1], np.float32)


@pytest.fixture
def ear():
    with Ear() as ear:
        yield ear


def sent(ear, shown=None, dancers=1, **extra):
    """One frame, and what came of it: address -> three floats."""
    sink = VrchatSink(options("vrchat", ear.target, dancers, **extra))
    sink.send(frame(3, dancers) if shown is None else shown)
    sink.close()
    (data,) = ear.waiting()
    return {address: np.array(values) for address, values in messages(data)}


def standing(turned=None):
    """The figure at rest in the middle, with some bones turned: name -> axis times angle."""
    local = np.tile(IDENTITY, (1, 22, 1))
    for name, vector in (turned or {}).items():
        local[0, HUMANOID.index(name)] = from_axis_angle(np.array(vector, np.float32))
    root = np.array([[0.0, 0.95, 0.0]], np.float32)
    return dataclasses.replace(frame(0), rotations=local, root_position=root)


def unity_matrix(degrees):
    """The rotation that Unity makes of Euler angles: about Z first, then X, then Y (its own formulas)."""
    x, y, z = np.radians(degrees)
    about_x = [[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]]
    about_y = [[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]]
    about_z = [[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]]
    return np.array(about_y) @ np.array(about_x) @ np.array(about_z)


def test_eight_trackers_and_the_head_come_in_one_datagram_of_floats(ear):
    sink = VrchatSink(options("vrchat", ear.target))
    sink.send(frame(0))
    (data,) = ear.waiting()
    names = [*"12345678", "head"]
    assert tags(data) == [(f"/tracking/trackers/{n}/{what}", "fff") for n in names for what in ("position", "rotation")]
    assert len(data) <= 1400
    sink.close()


def test_the_bytes_are_those_that_python_osc_would_send(ear):
    sink = VrchatSink(options("vrchat", ear.target))
    for k in range(3):
        sink.send(frame(k))
    for data in ear.waiting():
        bundle = OscBundleBuilder(IMMEDIATELY)
        for address, values in messages(data):
            message = OscMessageBuilder(address)
            for value in values:
                message.add_arg(value, "f")
            bundle.add_content(message.build())
        assert bundle.build().dgram == data
    sink.close()


def test_at_rest_the_trackers_are_where_the_joints_are_with_left_at_minus_x_and_turned_nowhere(ear):
    found = sent(ear, standing())
    rest = rest_positions(HUMANOID) * (-1, 1, 1)
    for n, bone in enumerate(ORDER):
        np.testing.assert_allclose(found[f"/tracking/trackers/{n + 1}/position"], rest[HUMANOID.index(bone)], atol=1e-6)
        np.testing.assert_allclose(found[f"/tracking/trackers/{n + 1}/rotation"], 0, atol=1e-5)
    assert found["/tracking/trackers/3/position"][0] < 0 < found["/tracking/trackers/4/position"][0]


@pytest.mark.parametrize(
    ("turned", "tracker", "degrees"),
    [
        ({"hips": (0, np.radians(30), 0)}, 1, (0, -30, 0)),  # to its left, which is anticlockwise from above
        ({"hips": (np.radians(20), 0, 0)}, 1, (20, 0, 0)),  # bows forward
        ({"hips": (0, 0, np.radians(-10))}, 1, (0, 0, 10)),  # leans to its left
        ({"leftUpperLeg": (np.radians(-90), 0, 0)}, 5, (-90, 0, 0)),  # lifts a knee
        ({"rightUpperArm": (0, 0, np.radians(80))}, 8, (0, 0, -80)),  # lowers an arm
    ],
)
def test_turns_have_the_signs_that_unity_gives_them(ear, turned, tracker, degrees):
    found = sent(ear, standing(turned))
    np.testing.assert_allclose(found[f"/tracking/trackers/{tracker}/rotation"], degrees, atol=0.02)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
@settings(max_examples=100, deadline=None)
def test_unity_makes_of_the_angles_the_rotation_that_was_meant(vector):
    world = from_axis_angle(np.array(vector))
    x, y, z, w = world * (1, -1, -1, 1)  # the x axis is mirrored
    meant = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
    np.testing.assert_allclose(
        unity_matrix(to_unity_euler(world)), meant, atol=2e-3 if abs(meant[1, 2]) > 0.999 else 1e-5
    )


def test_the_angles_are_those_of_scipy():
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    world = forward(HUMANOID, frame(5).root_position[0], frame(5).rotations[0])[1]
    y, x, z = rotation.from_quat(world * (1, -1, -1, 1)).as_euler("YXZ", degrees=True).T
    np.testing.assert_allclose(to_unity_euler(world), np.stack([x, y, z], axis=1), atol=1e-2)


def test_the_figure_is_as_tall_as_the_wearer(ear):
    small, tall = sent(ear, height="0.85"), sent(ear, height="1.7")
    for address, values in tall.items():
        scale = 0.5 if address.endswith("position") else 1.0
        np.testing.assert_allclose(small[address], scale * values, rtol=1e-5, atol=1e-5)


def test_one_dancer_of_many_is_worn(ear):
    first, last = sent(ear, dancers=3), sent(ear, dancers=3, dancer="2")
    shown = frame(3, 3)
    for n, found in ((0, first), (2, last)):
        np.testing.assert_allclose(
            found["/tracking/trackers/1/position"], shown.root_position[n] * (-1, 1, 1), rtol=1e-5
        )
    with pytest.raises(StageError, match="dancer=3"):
        VrchatSink(options("vrchat", dancers=3, dancer="3"))


def test_fewer_trackers_are_numbered_from_one(ear):
    whole, few = sent(ear), sent(ear, trackers="feet+hips", head="0")
    assert {address.split("/")[3] for address in few} == {"1", "2", "3"}
    for n, same in (("1", "1"), ("2", "3"), ("3", "4")):
        np.testing.assert_array_equal(
            few[f"/tracking/trackers/{n}/position"], whole[f"/tracking/trackers/{same}/position"]
        )


def test_a_pose_that_is_not_finite_is_never_sent(ear):
    sink = VrchatSink(options("vrchat", ear.target))
    sink.send(frame(0))
    sink.send(dataclasses.replace(frame(1), root_position=np.full((1, 3), np.nan, np.float32)))
    for data in ear.waiting():
        assert all(np.isfinite(values).all() for _, values in messages(data))
    sink.close()


@needs_liblo
def test_liblo_reads_every_number(ear):
    expected = sent(ear)

    def send(target):
        sink = VrchatSink(options("vrchat", target))
        sink.send(frame(3))
        sink.close()

    heard = printed(send)
    assert [(address, types) for address, types, _ in heard] == [(address, "fff") for address in expected]
    for address, _, values in heard:
        np.testing.assert_allclose(values, expected[address], atol=1e-4)


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ({"height": "9"}, "height=9"),
        ({"trackers": "hips+tail"}, "tail"),
        ({"rate": "1"}, "rate=1"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(extra, named):
    with pytest.raises(StageError, match=named) as caught:
        VrchatSink(options("vrchat", **extra))
    assert "\n" not in str(caught.value)
