"""VRM avatars dropped on the page: they stand on the floor and dance as we do, whatever their proportions and axes."""

import dataclasses
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from motion.kinematics import forward
from motion.rotation import normalize, rotate
from motion.skeleton import BONES, HUMANOID
from realtime.sinks.web import WebSink
from realtime.web_files import BUILT
from tests.interop.browser import CHROMIUM, Browser, drawn, steady
from tests.interop.meshed_vrm import Avatar
from tests.realtime.swing import frame, options
from tests.realtime.test_web import free_port

pytest.importorskip("websockets")
pytestmark = [
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
    pytest.mark.skipif(not (BUILT / "avatar.js").is_file(), reason="run `make web` first"),
]
MILLIMETRE, CENTIMETRE = 1e-3, 1e-2
LIMBS = [("UpperArm", "LowerArm"), ("LowerArm", "Hand"), ("UpperLeg", "LowerLeg"), ("LowerLeg", "Foot")]


class Page:
    """The page with one dancer, and a stage that shows it single poses."""

    def __init__(self, browser, folder):
        self.browser, self._folder, self._k, port = browser, folder, 0, free_port()
        self._sink = WebSink(options("web", str(port)))
        browser.open(f"http://127.0.0.1:{port}/?bg=transparent&hud=0&fps=10")
        browser.until("globalThis.dance")

    def wear(self, avatar):
        path = self._folder / "avatar.vrm"
        path.write_bytes(avatar if isinstance(avatar, bytes) else avatar.file())
        self.browser.run("dance.worn = dance.wardrobe.changes")
        self.browser.drop(path)
        self.browser.until("dance.wardrobe.changes > dance.worn")

    def joints(self, shown):
        """World positions {bone: [3]} of the avatar's bones in this frame's pose."""
        for _ in range(6):  # the same pose: nothing moves between
            self._k += 1
            self._sink.send(dataclasses.replace(shown, index=self._k, audio_time=self._k / 15))
        time = f"{self._k / 15} - 2 / 15"
        self.browser.until(f"dance.stream.shownTime(performance.now() / 1000) > {time} && dance.wardrobe.joints(0)")
        drawn(self.browser)
        return {bone: np.array(place) for bone, place in self.browser.run("dance.wardrobe.joints(0)").items()}

    def close(self):
        self._sink.close()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    with Browser(320, 240) as browser:
        page = Page(browser, tmp_path_factory.mktemp("avatars"))
        yield page
        page.close()


def random_frame(seed):
    """Every bone turned anywhere, the hips anywhere on the stage."""
    rng = np.random.default_rng(seed)
    local = normalize(rng.standard_normal((1, 22, 4))).astype(np.float32)
    root = rng.uniform((-3, 0.3, -3), (3, 1.5, 3), (1, 3)).astype(np.float32)
    return dataclasses.replace(frame(seed), root_position=root, rotations=local)


def turns(seed):
    return normalize(np.random.default_rng(seed).standard_normal((22, 4)))


@pytest.mark.parametrize("avatar", [Avatar("1"), Avatar("0"), Avatar("1", rest=turns(3))], ids=["1", "0", "1 turned"])
def test_every_joint_of_an_avatar_of_our_size_is_where_ours_is(page, avatar):
    page.wear(avatar)
    for seed in (1, 2, 3):
        shown = random_frame(seed)
        ours, _ = forward(HUMANOID, shown.root_position[0], shown.rotations[0])
        theirs = page.joints(shown)
        assert np.abs(np.array([theirs[bone] for bone in BONES]) - ours).max() < MILLIMETRE


def other_proportions(seed):
    """Offsets of somebody else: each bone longer or shorter, left and right alike, standing on the floor."""
    rng, offsets = np.random.default_rng(seed), HUMANOID.offsets.copy()
    for n, name in enumerate(BONES):
        twin = BONES.index(name.replace("right", "left"))
        offsets[n] *= 1.0 if n == 0 else rng.uniform(0.6, 1.25) if twin == n else 0
        if twin != n:
            offsets[n] = offsets[twin] * (-1, 1, 1)
    avatar = Avatar("1", offsets)
    offsets[0, 1] -= avatar.places[BONES.index("leftToes"), 1] - 0.02
    return offsets


@pytest.mark.parametrize(
    "avatar",
    [
        Avatar("1", other_proportions(1), rest=turns(7)),
        Avatar("0", other_proportions(2), left_out=("upperChest", "leftToes", "rightToes")),
        Avatar("1", other_proportions(4), left_out=("upperChest", "chest", "neck", "leftShoulder", "rightShoulder")),
    ],
    ids=["turned bones", "0.x with fewer bones", "as few bones as allowed"],
)
def test_an_avatar_of_other_proportions_stands_on_the_floor_and_holds_its_limbs_as_we_do(page, avatar):
    page.wear(avatar)
    size = leg(avatar.places) / leg(Avatar("1").places)
    for k in (0, 3, 9, 20):
        shown = frame(k)
        ours, world = forward(HUMANOID, shown.root_position[0], shown.rotations[0])
        theirs = page.joints(shown)
        for side in ("left", "right"):
            for upper, lower in LIMBS:
                direction = theirs[side + lower] - theirs[side + upper]
                rest = avatar.places[BONES.index(side + lower)] - avatar.places[BONES.index(side + upper)]
                assert angle(direction, turned(world[BONES.index(side + upper)], rest)) < 1.0, (side, upper)
        soles = feet(ours, theirs, avatar, world, size)
        lowest = {whose: min(place[1] for place in points.values()) for whose, points in soles.items()}
        assert lowest["theirs"] == pytest.approx(size * lowest["ours"], abs=CENTIMETRE)


def leg(places):
    hip, knee, ankle = (places[BONES.index(name)] for name in ("leftUpperLeg", "leftLowerLeg", "leftFoot"))
    return np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee)


def angle(a, b):
    return np.degrees(np.arccos(np.clip(a @ b / np.linalg.norm(a) / np.linalg.norm(b), -1, 1)))


def turned(q, v):
    return rotate(q.astype(float), v)


def feet(ours, theirs, avatar, world, size):
    """Where heels and balls touch, of both: the points that are on the floor when they stand at rest."""
    found = {"ours": {}, "theirs": {}}
    for bone in ("leftFoot", "rightFoot", "leftToes", "rightToes"):
        n = BONES.index(bone)
        found["ours"][bone] = ours[n] + turned(world[n], np.array((0, -Avatar("1").places[n, 1], 0)))
        foot = BONES.index(bone.replace("Toes", "Foot"))
        if bone in theirs:
            found["theirs"][bone] = theirs[bone] + turned(world[n], np.array((0, -avatar.places[n, 1], 0)))
        else:  # a stiff shoe
            ball = np.array((0, -avatar.places[foot, 1], 0.135 * size))
            found["theirs"][bone] = theirs[BONES[foot]] + turned(world[foot], ball)
    return found


def test_the_avatar_is_drawn_in_place_of_our_figure(page):
    page.wear(Avatar("1"))
    page.joints(frame(5))
    picture = page.browser.picture().astype(int)
    yellow = (picture[..., 0] - picture[..., 2] > 50) & (picture[..., 1] - picture[..., 2] > 30)
    assert yellow.sum() > 60
    assert picture[[0, 0, -1, -1], [0, -1, 0, -1], 3].tolist() == [0, 0, 0, 0]


def test_a_file_that_is_no_avatar_is_named_as_such_and_the_old_one_dances_on(page):
    page.wear(Avatar("1"))
    bad = page._folder / "bad.vrm"
    bad.write_bytes(b"no avatar at all")
    page.browser.drop(bad)
    page.browser.until("document.querySelector('#note').textContent.startsWith('bad.vrm')")
    assert page.joints(frame(3))["hips"][1] > 0.5
    assert page.browser.errors == []


def test_the_stage_can_name_the_avatar_so_that_obs_needs_no_mouse(page, tmp_path):
    path, port = tmp_path / "mine.vrm", free_port()
    path.write_bytes(Avatar("0").file())
    sink = WebSink(options("web", str(port), 2, avatar=str(path)))
    try:
        page.browser.open(f"http://127.0.0.1:{port}/?bg=transparent&hud=0&fps=10")
        for k in range(8):
            sink.send(frame(k, 2))
        page.browser.until("globalThis.dance?.wardrobe.joints(0) && dance.wardrobe.joints(1)")
    finally:
        sink.close()
    assert all("127.0.0.1" in url or url.startswith("blob:") for url in page.browser.requests)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
def test_our_figure_has_the_outline_that_three_gives_the_same_skin(page, tmp_path):
    """The figure's own skinning and shaders beside three.js: the same body, once as ours and once as an avatar."""
    path = tmp_path / "mannequin.vrm"
    subprocess.run(["node", str(Path(__file__).with_name("mannequin.mjs")), str(path)], check=True)
    port = free_port()
    sink, outlines = WebSink(options("web", str(port))), []
    try:
        page.browser.open(f"http://127.0.0.1:{port}/?bg=transparent&hud=0&fps=10&camera=still")
        for k in range(8):
            sink.send(frame(k))
        page.browser.until("globalThis.dance?.stream.shownTime(performance.now() / 1000) > 9 / 15")
        for dressed in (False, True):
            if dressed:
                page.browser.drop(path)
                page.browser.until("dance.wardrobe.joints(0)")
            page.browser.run("Object.assign(dance.camera, { target: [0, 0.9, 0], distance: 5 })")
            outlines.append(steady(page.browser)[..., 3] == 255)
    finally:
        sink.close()
    ours, theirs = outlines
    assert (ours & theirs).sum() > 0.9 * (ours | theirs).sum()
    assert ours.sum() > 1000
