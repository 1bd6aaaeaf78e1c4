"""The /dance stream: what docs/design.md section 5 promises, on a real socket."""

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from pythonosc.osc_bundle_builder import IMMEDIATELY, OscBundleBuilder
from pythonosc.osc_message_builder import OscMessageBuilder

from motion.skeleton import BONES
from realtime.frame import StageError
from realtime.sinks.osc import OscSink
from tests.realtime.swing import FPS, frame, options
from tests.realtime.udp_ear import Ear, messages, tags

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def ear():
    ear = Ear()
    yield ear
    ear.close()


def exact_frame(dancers):
    """Numbers that every machine writes the same: multiples of 1/64."""
    steps = np.arange(1, 22 * 4 * dancers + 1, dtype=np.float32) / 64
    plain = frame(7, dancers)
    report = dataclasses.replace(plain.report, beat_phase=0.25, bar_phase=0.5, bpm=120.5, confidence=0.75)
    return dataclasses.replace(
        plain, report=report, audio_time=0.5, lead=0.125, loudness_db=-20.25, energy=0.625,
        rotations=steps.reshape(dancers, 22, 4), positions=-steps[: 66 * dancers].reshape(dancers, 22, 3),
        root_position=steps[: 3 * dancers].reshape(dancers, 3), contacts=steps[: 4 * dancers].reshape(dancers, 4),
    )  # fmt: skip


def python_osc_dance(f, n):
    """Dancer n's bundle as docs/design.md has it, built by python-osc."""
    builder = OscBundleBuilder(IMMEDIATELY)

    def add(address, *arguments):
        message = OscMessageBuilder(address)
        for argument in arguments:
            message.add_arg(*((argument, "i") if type(argument) is int else (float(argument), "f")))
        builder.add_content(message.build())

    if n == 0:
        r = f.report
        add("/dance/frame", f.index, f.audio_time, f.lead)
        add("/dance/beat", r.beat_phase, r.bar_phase, r.bpm, r.confidence, r.beat_in_bar, int(r.music))
        add("/dance/level", f.loudness_db, f.energy)
    add(f"/dance/{n}/root", *f.root_position[n], *f.rotations[n, 0])
    add(f"/dance/{n}/rotations", *f.rotations[n].ravel())
    add(f"/dance/{n}/positions", *f.positions[n].ravel())
    add(f"/dance/{n}/contacts", *f.contacts[n])
    return builder.build().dgram


@pytest.mark.parametrize("dancers", [1, 3])
def test_every_frame_is_one_bundle_a_dancer_as_python_osc_would_build_it(ear, dancers):
    sink = OscSink(options("osc", ear.target, dancers))
    for k in range(3):
        sink.send(frame(k, dancers))
    heard = [data for data in ear.waiting() if data.startswith(b"#bundle")]
    assert heard[1:] == [python_osc_dance(frame(k, dancers), n) for k in range(3) for n in range(dancers)]
    sink.close()


def test_the_bytes_on_the_wire_are_those_of_the_first_release(ear):
    sink = OscSink(options("osc", ear.target, dancers=2))
    sink.send(exact_frame(2))
    names = ("dance_hello.bin", "dance_first.bin", "dance_second.bin")
    hello, _, *poses = ear.waiting()
    assert [hello, *poses] == [(GOLDEN / name).read_bytes() for name in names]
    sink.close()


def test_every_datagram_of_a_crowd_fits_one_ethernet_frame(ear):
    sink = OscSink(options("osc", ear.target, dancers=12))
    sink.send(frame(0, 12))
    sizes = [len(data) for data in ear.waiting()]
    assert len(sizes) == 14
    assert max(sizes) <= 1400
    sink.close()


def test_counts_and_types_are_those_of_the_table(ear):
    sink = OscSink(options("osc", ear.target))
    sink.send(frame(0))
    hello, words, bundle = ear.waiting()
    assert tags(hello) == [("/dance/hello", "sif" + "s" * 22)]
    assert tags(words) == [("/dance/clock", "s"), ("/dance/style", "s"), ("/dance/clip", "i")]
    assert tags(bundle) == [
        ("/dance/frame", "iff"),
        ("/dance/beat", "ffffii"),
        ("/dance/level", "ff"),
        ("/dance/0/root", "f" * 7),
        ("/dance/0/rotations", "f" * 88),
        ("/dance/0/positions", "f" * 66),
        ("/dance/0/contacts", "f" * 4),
    ]
    sink.close()


def test_hello_names_the_bones_at_the_start_every_two_seconds_and_on_request(ear):
    sink = OscSink(options("osc", ear.target, dancers=2))
    for k in range(2 * FPS + 1):
        sink.send(frame(k, 2))
    kinds = [messages(data)[0][0] for data in ear.waiting()]
    assert [n for n, kind in enumerate(kinds) if kind == "/dance/hello"] == [0, 2 * 2 * FPS + 2]
    sink.hello()
    assert messages(ear.datagram()) == [("/dance/hello", ["1", 2, float(FPS), *BONES])]
    sink.close()


def words(ear):
    """What was said in words since the last call, one dictionary a datagram."""
    said = [dict(messages(data)) for data in ear.waiting()]
    return [{name.rsplit("/")[-1]: value for name, value in heard.items()} for heard in said if "/dance/clock" in heard]


def test_who_rules_the_beat_is_said_when_it_changes_and_with_every_hello(ear):
    sink = OscSink(options("osc", ear.target))
    for k in range(2 * FPS + 1):
        clock = "heard" if k < 7 else "midi"
        sink.send(dataclasses.replace(frame(k), report=dataclasses.replace(frame(k).report, clock=clock)))
    assert [said["clock"] for said in words(ear)] == [["heard"], ["midi"], ["midi"]]
    sink.close()


@pytest.mark.parametrize(
    ("weights", "named"), [((1, 0), "house"), ((0.2, 0.8), "waack"), ((0.5, 0.5), "mixed"), ((0, 0), "mixed")]
)
def test_each_dancer_is_said_to_dance_its_heaviest_style(ear, weights, named):
    sink = OscSink(options("osc", ear.target, dancers=2))
    controls = np.array([(1, 0, 1, 0), (1, 0, *weights)], np.float32)
    sink.send(dataclasses.replace(frame(0, 2), controls=controls))
    assert [said["style"] for said in words(ear)] == [["house", named]]
    sink.close()


def test_sound_at_full_scale_is_said_to_clip_as_long_as_it_does(ear):
    sink = OscSink(options("osc", ear.target))
    for k, peak in enumerate((0.5, -1.0, 1.0, 0.9, 0.9)):
        samples = np.zeros(1600, np.float32)
        samples[800] = peak
        sink.send(dataclasses.replace(frame(k), samples=samples))
    assert [said["clip"] for said in words(ear)] == [[0], [1], [0]]
    sink.close()


@pytest.mark.parametrize("field", ["rotations", "positions", "root_position", "contacts"])
def test_a_pose_that_is_not_finite_is_never_sent_and_the_last_good_one_stands(ear, field):
    sink = OscSink(options("osc", ear.target))
    sink.send(frame(0))
    good = dict(messages(ear.waiting()[2]))
    bad = frame(1)
    getattr(bad, field)[0] = np.nan
    sink.send(bad)
    (data,) = ear.waiting()
    heard = dict(messages(data))
    assert all(np.isfinite(values).all() for values in heard.values())
    hurt = {"root_position": "root"}.get(field, field)
    assert heard[f"/dance/0/{hurt}"] == good[f"/dance/0/{hurt}"]
    assert heard["/dance/frame"][0] == 1
    sink.close()


def test_digital_silence_is_sent_as_a_level_that_a_meter_can_show(ear):
    sink = OscSink(options("osc", ear.target))
    sink.send(dataclasses.replace(frame(0), loudness_db=-np.inf))
    assert dict(messages(ear.waiting()[2]))["/dance/level"][0] == -120.0
    sink.close()


def test_an_option_that_osc_does_not_have_is_refused_by_name():
    with pytest.raises(StageError, match="colour"):
        OscSink(options("osc", colour="red"))
