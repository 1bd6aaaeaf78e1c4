"""--start-pose: dancers wait for music in a pose of a recording, and ease from it into the dance."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from audio import demo
from audio.config import FRAME, FRAME_RATE
from motion import opening
from motion.pose import VELOCITY, YAW_RATE
from motion.rotation import inverse, multiply
from realtime import dancers
from realtime.controls import Reset
from realtime.engines.open import open_engine
from realtime.frame import StageError, StageFrame
from realtime.loop import dance
from realtime.run import main
from realtime.session import Session
from realtime.start_pose import read
from tests.realtime.shows import cut

SILENT, SECONDS = 3, 12
FPS = FRAME_RATE


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dance of the shipped dancer, as `--sink npz` writes it."""
    path = tmp_path_factory.mktemp("start") / "dance.npz"
    words = ["--device", "demo", "--pace", "fast", "--duration", "8", "--control", "off", "--sink", f"npz:{path}"]
    assert main(words) == 0
    return path


@pytest.fixture(scope="module")
def standing(recording: Path) -> str:
    """FILE@SECONDS of the first moment after two seconds when heels and toes are all down: one can wait so."""
    with np.load(recording) as saved:
        down = (saved["contacts"].reshape(len(saved["contacts"]), -1) > 0.5).all(axis=1)
    assert down[2 * FPS :].any()
    return f"{recording}@{(2 * FPS + int(down[2 * FPS :].argmax())) / FPS:.3f}"


@pytest.fixture(scope="module")
def sound() -> np.ndarray:
    song = demo.song(3, seconds=SECONDS).samples[: (SECONDS - SILENT) * FPS * FRAME]
    return np.concatenate([np.zeros(SILENT * FPS * FRAME, np.float32), song])


def show(sound: np.ndarray, start: np.ndarray | None, blocks: list[int] | None = None) -> list[StageFrame]:
    session = Session(open_engine(dancers.find(None)), dancers=2, seed=3, start=start)
    return list(dance([sound] if blocks is None else cut(sound, blocks), session))


def apart(a: np.ndarray, b: np.ndarray) -> float:
    """The widest angle in radians between the local rotations [22, 4] of two bodies, hips apart."""
    turn = multiply(inverse(a[1:].astype(float)), b[1:].astype(float))
    return float(2 * np.arcsin(np.clip(np.linalg.norm(turn[..., :3], axis=-1), 0, 1)).max())


def farthest(one: StageFrame, two: StageFrame) -> float:
    """The widest angle between the same dancers in two frames."""
    return max(apart(a, b) for a, b in zip(one.rotations, two.rotations, strict=True))


def test_dancers_wait_in_the_pose_for_music_and_then_ease_into_the_dance(standing: str, sound: np.ndarray) -> None:
    start = read(standing)
    with_it, without = show(sound, start), show(sound, None)
    waited = next(n for n, frame in enumerate(with_it) if frame.report.music)
    assert waited >= SILENT * FPS
    for frame in with_it[:waited]:
        np.testing.assert_allclose(frame.root_position[:, 1], float(start[0]), atol=0.03)
        np.testing.assert_allclose(frame.root_position[:, [0, 2]], with_it[0].root_position[:, [0, 2]], atol=0.02)
        assert all(apart(body, with_it[0].rotations[0]) < 0.1 for body in frame.rotations)
    steps = [farthest(one, two) for one, two in pairwise(with_it)]
    distance = farthest(with_it[0], without[waited])
    eased = steps[waited - 1 : waited + FPS]
    assert distance > 0.6, "a pose that is far from the dance"
    assert max(eased) < 0.6 * distance, "no jump"
    last = [farthest(one, two) for one, two in zip(with_it[-5 * FPS :], without[-5 * FPS :], strict=True)]
    assert np.median(last) < 0.05, "the dance is what it would have been, but for where feet were held"


def test_a_show_with_a_start_pose_is_the_same_however_its_sound_is_cut(recording: Path, sound: np.ndarray) -> None:
    start = read(f"{recording}@2")
    for one, two in zip(show(sound, start), show(sound, start, [1, 777, 5000]), strict=True):
        np.testing.assert_array_equal(one.rotations, two.rotations)
        np.testing.assert_array_equal(one.positions, two.positions)


def test_a_reset_begins_in_the_pose_again(standing: str, sound: np.ndarray) -> None:
    start = read(standing)
    session = Session(open_engine(dancers.find(None)), start=start)
    frames = list(dance([sound], session))
    session.commands.put(Reset())
    (again,) = dance([sound[-FRAME:]], session)
    assert apart(frames[-1].rotations[0], frames[0].rotations[0]) > 0.6
    assert apart(again.rotations[0], frames[0].rotations[0]) < 0.5, "music plays, so it has begun to ease"


def test_an_offset_dies_away_and_is_then_forgotten() -> None:
    rng = np.random.default_rng(0)
    start, poses = rng.normal(size=140).astype(np.float32), rng.normal(size=(3, 140)).astype(np.float32)
    state: opening.OpeningState | None = opening.init(start, 3)
    far = []
    while state:
        shown, state = opening.step(state, poses, True, FPS)
        far.append(np.abs(shown - poses)[:, :135].max())
        assert len(far) < 5 * FPS
    assert (np.diff(far) <= 1e-6).all()
    np.testing.assert_array_equal(shown, poses)


def test_the_pose_is_that_of_the_second_and_on_the_spot(recording: Path) -> None:
    with np.load(recording) as file:
        wanted = file["pose"][int(4.2 * FPS), 0].copy()
    wanted[VELOCITY] = wanted[YAW_RATE] = 0.0
    np.testing.assert_array_equal(read(f"{recording}@4.2"), wanted)
    assert read(str(recording)).shape == (140,)


@pytest.mark.parametrize("text", ["none.npz", "{here}@9999", "{here}@-1", "{here}@soon", "{other}", "{odd}@0"])
def test_what_is_no_pose_is_refused_in_one_line(
    recording: Path, tmp_path: Path, text: str, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "text.npz").write_text("no")
    np.savez(tmp_path / "odd.npz", pose=np.full((2, 1, 140), np.nan, np.float32))
    named = text.format(here=recording, other=tmp_path / "text.npz", odd=tmp_path / "odd.npz")
    with pytest.raises(StageError) as refused:
        read(named)
    assert str(refused.value).startswith(f"--start-pose {named}: ")
    assert "\n" not in str(refused.value)
    assert main(["--device", "demo", "--start-pose", named]) == 2
    assert capfd.readouterr().err.count("\n") == 1
