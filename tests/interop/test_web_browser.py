"""The page in headless Chromium: a figure is seen, it moves, it stays on this computer, and OBS could use it."""

import shutil
from urllib.parse import urlsplit

import numpy as np
import pytest

from motion.skeleton import BONES
from realtime.sinks.web import WebSink
from tests.interop.browser import CHROMIUM, Browser, drawn
from tests.realtime.swing import frame, options
from tests.realtime.test_web import free_port

pytest.importorskip("websockets")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed"),
]
SIZE = 480, 270


@pytest.fixture(scope="module")
def chromium():
    with Browser(*SIZE) as browser:
        yield browser


@pytest.fixture
def stage(chromium):
    """open(query, dancers, until frame): the page after a show of so many frames, and its sink."""
    sinks = []

    def show(query, dancers=1, end=8, port=None):
        port = port or free_port()
        sink = WebSink(options("web", str(port), dancers))
        sinks.append(sink)
        sink.port = port
        chromium.open(f"http://127.0.0.1:{port}/{query}")
        play(chromium, sink, range(end), dancers)
        return sink

    yield show
    for sink in sinks:
        sink.close()


def play(chromium, sink, frames, dancers=1):
    """Send frames and wait until the page stands still at the last one."""
    for k in frames:
        sink.send(frame(k, dancers))
    chromium.until(f"globalThis.dance?.stream.show.index === {frames[-1]}")
    chromium.until(f"dance.stream.shownTime(performance.now() / 1000) > {frame(frames[-1]).audio_time}")
    drawn(chromium)


def joints(chromium):
    """Pixels [22, 2] at which the page's own camera has the joints of dancer 0."""
    return np.array(
        chromium.run("""(async () => {
          const { forward } = await import('./skeleton.js'), { multiply } = await import('./matrix.js');
          const [[, { root, local }]] = dance.stream.bodies(performance.now() / 1000);
          const { view, projection } = dance.camera.lens(), m = multiply(projection, view);
          return forward(root, local).positions.map(([x, y, z]) => {
            const [u, v, w] = [0, 1, 3].map((row) => m[row] * x + m[4 + row] * y + m[8 + row] * z + m[12 + row]);
            return [(u / w + 1) / 2 * innerWidth, (1 - v / w) / 2 * innerHeight];
          });
        })()""")
    )


def test_a_figure_is_drawn_where_its_joints_are_and_around_it_one_sees_through(chromium, stage):
    stage("?bg=transparent&hud=0&fps=10")
    picture, places = chromium.picture(), joints(chromium)
    for bone in ("head", "chest", "hips", "leftLowerLeg", "rightLowerLeg", "leftLowerArm", "rightUpperArm"):
        x, y = places[BONES.index(bone)].astype(int)
        assert picture[y, x, 3] == 255, bone
    assert picture[[0, 0, -1, -1], [0, -1, 0, -1], 3].tolist() == [0, 0, 0, 0]
    assert 0.02 < (picture[..., 3] == 255).mean() < 0.25
    assert np.ptp(np.nonzero(picture[..., 3] == 255)[0]) > 0.5 * SIZE[1]  # most of the height


def test_the_figure_moves_and_both_hands_and_feet_are_where_the_numbers_say(chromium, stage):
    sink = stage("?bg=transparent&hud=0&fps=10")
    before = chromium.picture().astype(int)
    play(chromium, sink, range(8, 12))
    after = chromium.picture().astype(int)
    assert (np.abs(after - before).max(axis=2) > 60).mean() > 0.01
    (body,) = chromium.run("dance.stream.bodies(performance.now() / 1000).map(([, body]) => body)")
    np.testing.assert_allclose(body["root"], frame(11).root_position[0], atol=1e-5)
    np.testing.assert_allclose(body["local"], frame(11).rotations[0], atol=1e-5)


def test_the_stage_of_its_own_fills_the_picture_and_a_colour_may_be_asked_for(chromium, stage):
    stage("?hud=0&fps=10")
    assert (chromium.picture()[..., 3] == 255).all()
    stage("?hud=0&fps=10&bg=00ff00")
    assert chromium.picture()[0, 0].tolist() == [0, 255, 0, 255]


def test_several_dancers_shine_in_their_own_colours_and_one_can_be_shown_alone(chromium, stage):
    sink = stage("?bg=transparent&hud=0&fps=10", dancers=2)
    both = chromium.picture().astype(int)
    red, blue = ((both[..., a] - both[..., b] > 60) & (both[..., 3] == 255) for a, b in ((0, 2), (2, 0)))
    assert red.sum() > 15
    assert blue.sum() > 15
    assert np.nonzero(red)[1].mean() < np.nonzero(blue)[1].mean()
    chromium.open(f"http://127.0.0.1:{sink.port}/?bg=transparent&hud=0&fps=10&dancer=1")
    play(chromium, sink, range(8, 16), 2)
    one = chromium.picture().astype(int)
    assert ((one[..., 0] - one[..., 2] > 60) & (one[..., 3] == 255)).sum() < 5


def test_a_mirrored_page_shows_the_other_side(chromium, stage):
    seen = []
    for query in ("?bg=transparent&hud=0&fps=10&camera=still", "?bg=transparent&hud=0&fps=10&camera=still&mirror=1"):
        stage(query)
        chromium.run("Object.assign(dance.camera, { target: [0, 0.9, 0], distance: 5 })")
        drawn(chromium)
        seen.append(chromium.picture()[..., 3].astype(int))
    straight, mirrored = seen
    assert np.abs(mirrored - straight[:, ::-1]).mean() < 2
    assert np.abs(mirrored - straight).mean() > 8


def test_what_it_says_of_the_beat_is_what_the_stage_says(chromium, stage):
    stage("?fps=10")
    text = "document.querySelector('#{}').textContent"
    assert chromium.run(text.format("bpm")) in ("120", "--")  # the stream has stopped by now, or is about to
    stage("?fps=10")
    chromium.until("document.querySelector('#state').textContent === 'The stage is there, but no dance comes.'")
    assert chromium.run("dance.stream.styles[0]") in ("house", "waack", "mixed")


def test_a_stage_that_went_and_came_back_is_found_again(chromium, stage):
    sink = stage("?fps=10")
    sink.close()
    chromium.until("document.querySelector('#state').textContent.startsWith('Waiting for the stage')")
    again = WebSink(options("web", str(sink.port), 2))
    try:
        chromium.until("document.querySelector('#state').textContent.startsWith('The stage is there')")
        play(chromium, again, range(8), 2)
        assert chromium.run("dance.stream.bodies(performance.now() / 1000).length") == 2
    finally:
        again.close()


def test_nothing_was_asked_of_another_computer_and_nothing_went_wrong(chromium, stage):
    stage("?fps=10")
    own = {"127.0.0.1", None}  # None: data: and blob:
    assert {urlsplit(url).hostname for url in chromium.requests} <= own
    assert len(chromium.requests) > 15
    refused = [error for error in chromium.errors if "ERR_CONNECTION_REFUSED" not in error]  # while a stage is away
    assert refused == []
