"""The dancers that are shipped: documented, of clean terms, small, and dancing to real music like a person."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio import demo, files
from audio.config import FRAME, FRAME_RATE, RATE
from model.metrics import events, sync
from motion import rotation
from motion.skeleton import HUMANOID
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.frame import StageFrame
from realtime.loop import dance
from realtime.session import Session

SONG = Path(__file__).parent / "audio" / "data" / "house124.ogg"
FILES = sorted(dancers.FOLDER.glob("*.onnx"))
FEET = [HUMANOID.index(name) for name in ("leftFoot", "leftToes", "rightFoot", "rightToes")]
NOT_FOR_WEIGHTS = ("tang", "research only", "research use only", "non-commercial", "no licence")


def perform(path: Path, engine: str = "onnx", **settings: float) -> list[StageFrame]:
    rate, blocks = files.open_blocks(SONG)
    session = Session(open_engine(path, engine, "cpu"), rate, seed=3)
    for name, value in settings.items():
        session.controls.set(name, value)
    return list(dance(blocks, session))


@pytest.fixture(scope="module", params=FILES, ids=lambda path: path.stem)
def path(request: pytest.FixtureRequest) -> Path:
    return request.param


@pytest.fixture(scope="module")
def frames(path: Path) -> list[StageFrame]:
    return perform(path)


def test_a_dancer_is_shipped_and_named_as_the_best() -> None:
    assert dancers.find(None) in FILES


def test_a_shipped_dancer_is_at_most_sixteen_megabytes(path: Path) -> None:
    assert path.stat().st_size <= 16e6


def test_its_card_names_its_data_terms_command_and_measures(path: Path) -> None:
    card = path.with_suffix(".md").read_text("utf-8")
    for entry in open_engine(path, "onnx", "cpu").manifest.training_data:
        assert str(entry["name"]) in card
    for word in ("python -m model.train", "Terms", "seconds", "Measures"):
        assert word in card


def test_its_data_may_be_used_for_published_weights(path: Path) -> None:
    for entry in open_engine(path, "onnx", "cpu").manifest.training_data:
        about = f"{entry['name']} {entry['terms']}".lower()
        assert not any(word in about for word in NOT_FOR_WEIGHTS), about


def test_a_real_song_gives_one_pose_for_each_whole_frame_of_sound(frames: list[StageFrame]) -> None:
    info = soundfile.info(SONG)
    assert len(frames) == info.frames * 24_000 // info.samplerate // FRAME


def test_it_stands_upright_on_the_floor_and_stays_on_the_stage(frames: list[StageFrame]) -> None:
    positions = np.stack([frame.positions[0] for frame in frames[FRAME_RATE:]])
    height = positions[:, 0, 1]
    assert height.min() > 0.6
    assert height.max() < 1.2
    lowest = positions[:, FEET, 1].min(axis=1)
    assert np.abs(np.median(lowest)) < 0.08
    assert np.abs(positions[:, 0, [0, 2]]).max() < 4.0


def test_it_moves_all_the_time_but_no_faster_than_people_do(frames: list[StageFrame]) -> None:
    positions = np.stack([frame.positions[0] for frame in frames[FRAME_RATE:]])
    speed = np.linalg.norm(np.diff(positions, axis=0), axis=-1).mean(axis=1) * FRAME_RATE
    two_seconds = np.convolve(speed, np.ones(2 * FRAME_RATE) / (2 * FRAME_RATE), mode="valid")
    assert two_seconds.min() > 0.03
    assert np.percentile(speed, 99) < 3.0


def test_more_energy_is_more_motion(path: Path) -> None:
    def speed(energy: float) -> float:
        positions = np.stack([frame.positions[0] for frame in perform(path, energy=energy)])
        return float(np.linalg.norm(np.diff(positions, axis=0), axis=-1).mean() * FRAME_RATE)

    assert speed(1.0) > speed(0.1)


def test_asked_to_dance_tighter_its_feet_rest_nearer_the_beats() -> None:
    path, song = dancers.find("steps"), demo.song(5, seconds=40.0)
    samples = song.samples[: len(song.samples) // FRAME * FRAME].astype(np.float32)

    def on_the_beat(tightness: float) -> float:
        found = []
        for seed in (1, 2):
            session = Session(open_engine(path, "onnx", "cpu"), RATE, seed=seed)
            session.controls.set("tightness", tightness)
            shown = list(dance(np.split(samples, len(samples) // FRAME), session))
            rests = events.rests(np.stack([frame.positions[0] for frame in shown]).astype(np.float64), FRAME_RATE)
            times = rests + 1.0 / FRAME_RATE + session.lead
            found.append(sync.net(sync.alignment(times, song.beats), sync.by_chance(times, song.beats, 40.0)).f)
        return float(np.mean(found))

    assert on_the_beat(1.0) > on_the_beat(0.0) + 0.1


def test_it_turns_and_yet_shows_its_face_more_than_its_back() -> None:
    session = Session(open_engine(dancers.find("steps"), "onnx", "cpu"), RATE, 4, seed=1)
    session.controls.set_style("salsa", 1.0)
    hips = np.stack([frame.rotations[:, 0] for frame in dance([demo.song(5, seconds=60.0).samples], session)])
    away = np.abs(rotation.yaw(hips))
    assert away.max() > 3.0
    assert (away < np.pi / 2).mean() > 0.65
    assert (away > 0.75 * np.pi).mean() < 0.15


def test_both_engines_dance_the_same(path: Path) -> None:
    if not path.with_suffix(".pt").exists():
        pytest.skip("this dancer has no TorchScript twin")
    one, other = perform(path)[:180], perform(path.with_suffix(".pt"), "torchscript")[:180]
    difference = max(float(np.abs(a.pose - b.pose).max()) for a, b in zip(one, other, strict=True))
    assert difference < 1e-3
