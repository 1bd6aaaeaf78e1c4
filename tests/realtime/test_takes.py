"""/dance/record: recordings end and begin anew while the show goes on."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.config import FRAME, FRAME_RATE
from motion import bvh
from realtime.frame import StageError, StageFrame
from realtime.loop import dance
from realtime.sinks.open import Sinks, open_sinks
from realtime.takes import NOTHING_RECORDED, NOTICE, RecordingDesk
from tests.realtime.recordings import glb_keys
from tests.realtime.shows import music, new_session
from tests.realtime.test_recorders import info

WAITS = round(NOTICE * FRAME_RATE)  # frames until a take begins
FRAMES = 60


@pytest.fixture(scope="module")
def show() -> list[StageFrame]:
    return list(dance([music()[: FRAMES * FRAME]], new_session(seed=4)))


def desk_of(sinks: Sinks, sent: list[StageFrame]) -> RecordingDesk:
    desk = RecordingDesk(lambda: len(sent) / FRAME_RATE)
    desk.recorders += sinks.recorders()
    return desk


def played(show: list[StageFrame], texts: list[str], orders: dict[int, list[bool]]) -> RecordingDesk:
    """The show through recorders; `orders`: what is asked before the frame of this number."""
    sent: list[StageFrame] = []
    sinks = open_sinks(texts, info(), print)
    desk = desk_of(sinks, sent)
    for number, frame in enumerate(show):
        for on in orders.get(number, ()):
            desk.record(on)
        sinks.send(frame, late=False)
        sent.append(frame)
    sinks.close()
    assert sinks.errors == {}
    return desk


def rows(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with np.load(path) as file:
        return file["audio_time"], file["pose"]


def test_a_later_take_has_files_of_its_own_that_begin_at_one_instant_of_the_sound(
    tmp_path: Path, show: list[StageFrame]
) -> None:
    kinds = ("npz", "wav", "bvh", "glb")
    played(show, [f"{kind}:{tmp_path}/show.{kind}" for kind in kinds], {20: [False], 30: [True]})

    first, begins = 20 + 1, 30 + WAITS  # the frame that comes when a take is ended still belongs to it
    for name, part in (("show", slice(0, first)), ("show_take2", slice(begins, FRAMES))):
        times, poses = rows(tmp_path / f"{name}.npz")
        np.testing.assert_array_equal(poses, np.array([frame.pose for frame in show[part]]))
        np.testing.assert_allclose(times, (np.arange(len(poses)) + 1) / FRAME_RATE, atol=1e-9)
        samples, _ = soundfile.read(tmp_path / f"{name}.wav", dtype="float32")
        np.testing.assert_array_equal(samples, np.concatenate([frame.samples for frame in show[part]]))

        last = times[-1] + show[0].lead
        motion = bvh.read(tmp_path / f"{name}.bvh")
        assert (len(motion.data) - 1) / motion.fps == pytest.approx(last, abs=0.5 / motion.fps)
        keys, hips, _ = glb_keys(tmp_path / f"{name}.glb")
        assert keys[-1] == pytest.approx(last, abs=1e-3)
        np.testing.assert_allclose(hips[-1], show[part][-1].root_position[0], atol=1e-4)


def test_a_take_that_begins_in_the_instant_in_which_another_ends_loses_neither(
    tmp_path: Path, show: list[StageFrame]
) -> None:
    orders = {20: [False, True], 21: [False], 22: [True]}
    played(show, [f"npz:{tmp_path}/show.npz", f"bvh:{tmp_path}/show.bvh"], orders)
    assert [len(rows(tmp_path / f"show{take}.npz")[1]) for take in ("", "_take2", "_take3")] == [21, 0, 60 - 24]


def test_no_take_overwrites_a_file(tmp_path: Path, show: list[StageFrame]) -> None:
    kept = tmp_path / "show_take2.wav"
    kept.write_bytes(b"of yesterday")
    desk = played(show, [f"npz:{tmp_path}/show.npz", f"wav:{tmp_path}/show.wav"], {20: [False], 30: [True]})
    assert kept.read_bytes() == b"of yesterday"
    assert {path.name for path in tmp_path.iterdir()} == {
        "show.npz", "show.wav", "show_take2.wav", "show_take3.npz", "show_take3.wav",
    }  # fmt: skip
    assert desk.record(True) == 3, "it runs already"


def test_a_take_that_cannot_be_opened_is_refused_in_one_line_and_leaves_nothing(
    tmp_path: Path, show: list[StageFrame]
) -> None:
    folders = [tmp_path / name for name in ("here", "gone")]
    for folder in folders:
        folder.mkdir()
    sinks = open_sinks([f"npz:{folders[0]}/a.npz", f"wav:{folders[1]}/a.wav"], info(), print)
    sent: list[StageFrame] = []
    desk = desk_of(sinks, sent)
    sinks.send(show[0], late=False)
    sent.append(show[0])
    desk.record(False)
    sinks.send(show[1], late=False)
    (folders[1] / "a.wav").unlink()
    folders[1].rmdir()
    with pytest.raises(StageError, match="no folder"):
        desk.record(True)
    sinks.close()
    assert [path.name for path in folders[0].iterdir()] == ["a.npz"]


def test_a_show_without_a_recorder_refuses_to_record() -> None:
    with pytest.raises(StageError) as refused:
        RecordingDesk(lambda: 0.0).record(True)
    assert str(refused.value) == NOTHING_RECORDED
