"""The page's own modules, run by Node: the same bones, movement between poses and beat as the window's."""

import base64
import json
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion.skeleton import BONES, HUMANOID, PARENTS
from realtime.osc_control import read_messages
from realtime.sinks.osc import frame_bundles, hello, write_frame
from realtime.view_stream import Stream
from tests.realtime.swing import FPS, frame

HERE = Path(__file__).parent
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed")


def page(**show):
    """What page.mjs answers."""
    done = subprocess.run([NODE, str(HERE / "page.mjs")], input=json.dumps(show), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def packets(frames, dancers, delays):
    """[(when it arrives, bytes)] of a show whose clock is 100 s ahead of ours, a hello first."""
    bundles, found = frame_bundles(dancers), [(99.0, bytes(hello(dancers, FPS)))]
    for k, late in zip(frames, delays, strict=True):
        shown = frame(k, dancers)
        write_frame(bundles, shown)
        found += [(100 + shown.audio_time + late, bytes(bundle.data)) for bundle in bundles]
    return found


def test_its_bones_are_ours():
    skeleton = page()["skeleton"]
    assert skeleton["names"] == list(BONES)
    assert skeleton["parents"] == list(PARENTS)
    np.testing.assert_allclose(skeleton["offsets"], HUMANOID.offsets)


@pytest.mark.parametrize("dancers", [1, 3])
def test_between_poses_its_figure_is_where_the_window_has_it(dancers):
    """Jitter, two lost frames, and instants before, between and after all poses."""
    rng = np.random.default_rng(5)
    frames = [k for k in range(40) if k not in (17, 30)]
    sent = packets(frames, dancers, rng.uniform(0, 0.03, len(frames)))
    ask = np.sort(rng.uniform(100.2, 104.5, 60))
    answers = page(packets=[(at, base64.b64encode(data).decode()) for at, data in sent], ask=ask.tolist())["answers"]
    stream, waiting = Stream(), list(sent)
    for now, theirs in zip(ask, answers, strict=True):
        while waiting and waiting[0][0] <= now:
            at, data = waiting.pop(0)
            for address, arguments in read_messages(data):
                stream.take(address, arguments, at)
        ours = stream.bodies(now)
        assert [n for n, _ in theirs["bodies"]] == [n for n, _, _ in ours]
        assert theirs["shown"] == pytest.approx(stream.shown_time(now), abs=1e-9)
        assert theirs["beat"] == pytest.approx(stream.beat_phase(now), abs=1e-9)
        assert theirs["bar"] == pytest.approx(stream.bar_phase(now), abs=1e-9)
        assert theirs["alive"] == stream.alive(now)
        for (_, body), (_, positions, world) in zip(theirs["bodies"], ours, strict=True):
            np.testing.assert_allclose(body["positions"], positions, atol=2e-5)
            np.testing.assert_allclose(body["rotations"], world, atol=2e-5)


@given(st.lists(st.binary(max_size=120), max_size=20))
@settings(max_examples=5, deadline=None)
def test_packets_that_are_not_osc_are_passed_over(garbage):
    ((_, good), *_) = packets([0], 1, [0.0])
    half = [data[: len(data) // 2] for _, data in packets([1], 2, [0.0])]
    sent = [*garbage, *(b"#bundle\0" + data for data in garbage), *half, good]
    answer = page(packets=[(1.0, base64.b64encode(data).decode()) for data in sent], ask=[2.0])["answers"][0]
    assert answer["bodies"] == []


def test_options_of_its_address_are_read_and_odd_ones_passed_over():
    good, odd, none = page(
        queries=[
            "?port=7790&bg=transparent&hud=0&camera=orbit&dancer=2&mirror=1&fps=30",
            "?port=99999&bg=puce&hud=yes&camera=7&dancer=-1&mirror=x&fps=fast",
            "",
        ]
    )["options"]
    known = {"port": 7790, "background": "transparent", "hud": False, "camera": "orbit"}
    assert good == known | {"dancer": 2, "mirror": True, "fps": 30}
    assert odd == none
    known = {"port": None, "background": "stage", "hud": True, "camera": "front"}
    assert none == known | {"dancer": None, "mirror": False, "fps": None}


def test_its_skin_is_closed_and_as_tall_as_the_skeleton_says():
    skin = page(body=True)["skin"]
    assert skin["open"] == 0
    assert skin["sums"] == [255]
    assert skin["joints"]
    (left, right), (low, high), _ = skin["bounds"]
    assert right == pytest.approx(0.88, abs=0.02)
    assert left == pytest.approx(-right, abs=1e-3)
    assert low == pytest.approx(0.0, abs=0.004)
    assert high == pytest.approx(1.70, abs=0.01)
