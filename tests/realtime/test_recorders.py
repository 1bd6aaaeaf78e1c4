"""Recorders, and sinks that fail: files are whole, and the show goes on."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile

from audio.config import FRAME, RATE
from realtime.controls import SetControl
from realtime.frame import StageError, StageFrame
from realtime.loop import dance, run_stream
from realtime.sinks.base import StageInfo
from realtime.sinks.npz import NpzSink
from realtime.sinks.open import open_sinks, parse
from realtime.sinks.wav import WavSink
from tests.realtime.shows import Kept, Recording, cut, music, new_session, sinks_of
from tests.realtime.toy_dancer import MANIFEST


def info(dancers: int = 1) -> StageInfo:
    return StageInfo(MANIFEST, dancers, seed=4, fps=15, lead=0.2, styles=MANIFEST.styles)


def frames(dancers: int = 1) -> list[StageFrame]:
    session = new_session(dancers=dancers, seed=4)
    session.commands.put(SetControl("energy", 0.5, 0))
    return list(dance([music()], session))


def test_an_npz_holds_every_frame_bit_for_bit(tmp_path: Path) -> None:
    sink, sent = NpzSink(parse(f"npz:{tmp_path}/a.npz", info(2))), frames(2)
    for frame in sent:
        sink.send(frame)
    sink.close()
    with np.load(tmp_path / "a.npz") as file:
        for name in ("pose", "positions", "rotations", "contacts", "beat", "controls", "audio_time"):
            np.testing.assert_array_equal(file[name], np.array([getattr(frame, name) for frame in sent]))
        assert file["pose"].shape == (90, 2, 140)
        assert file["bones"].tolist() == list(MANIFEST.bones)
        assert file["beat_names"].tolist() == list(MANIFEST.beat_names)
        assert (file["fps"], file["lead_frames"], file["dancer"], file["seed"]) == (15, 3, "toy", 4)
    assert [path.name for path in tmp_path.iterdir()] == ["a.npz"]


def test_an_npz_of_no_frame_can_be_read(tmp_path: Path) -> None:
    NpzSink(parse(f"npz:{tmp_path}/a.npz", info())).close()
    with np.load(tmp_path / "a.npz") as file:
        assert file["pose"].shape == (0, 1, 140)


def test_the_old_npz_stays_until_the_new_one_has_poses(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    path.write_bytes(b"old")
    sink = NpzSink(parse(f"npz:{path}", info()))
    sink.send(frames()[0])
    assert path.read_bytes() == b"old"
    sink.close()
    with np.load(path) as file:
        assert len(file["pose"]) == 1


def test_a_wav_is_what_was_heard(tmp_path: Path) -> None:
    sink = WavSink(parse(f"wav:{tmp_path}/a.wav", info()))
    for frame in frames():
        sink.send(frame)
    sink.close()
    samples, rate = soundfile.read(tmp_path / "a.wav", dtype="float32")
    assert rate == RATE
    np.testing.assert_array_equal(samples, music()[: 90 * FRAME])


def test_a_sink_that_fails_is_named_once_and_counted_and_the_others_go_on() -> None:
    def fail(frame: StageFrame) -> None:
        if frame.index >= 3:
            raise OSError("the cable is out")

    said: list[str] = []
    broken, good = Kept(fail), Kept()
    sinks = sinks_of(broken, good, say=said.append)
    run_stream(Recording(cut(music(), [1600])), new_session(), sinks)
    assert good.indices == list(range(90))
    assert sinks.errors == {"sink 0": 87}
    assert said == ["sink sink 0 failed (OSError: the cable is out); the dance goes on without it"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("polka", "there is no sink 'polka': there are vmc, osc"),
        ("null:5", "null takes no target"),
        ("null,loud=1", "null has no option 'loud': it has none"),
        ("npz", "npz needs a file: write npz:out.npz"),
        ("npz:a.wav", "a.wav should end in .npz"),
        ("npz:nowhere/a.npz", "there is no folder nowhere"),
        ("wav:a.wav,rate=3", "wav has no option 'rate'"),
        ("npz:a.npz,x", "'x' should be option=value"),
        ("null,a=1,a=2", "option 'a' is there twice"),
    ],
)
def test_a_sink_that_is_written_wrongly_is_explained(text: str, words: str) -> None:
    with pytest.raises(StageError, match=words):
        open_sinks([text], info(), print)


def test_when_one_sink_cannot_open_no_file_is_left(tmp_path: Path) -> None:
    texts = [f"npz:{tmp_path}/a.npz", f"wav:{tmp_path}/a.wav", "null:5"]
    with pytest.raises(StageError):
        open_sinks(texts, info(), print)
    assert list(tmp_path.iterdir()) == []


def test_the_account_of_a_show_is_json_and_complete(tmp_path: Path) -> None:
    session = new_session()
    run_stream(Recording([music()]), session, sinks_of(Kept()))
    session.stats.write(tmp_path / "stats.json")
    account = json.loads((tmp_path / "stats.json").read_text())
    assert (account["frames"], account["late"], account["dropped_samples"]) == (90, 0, 0)
    parts = ["features", "beat", "step", "pose", "sinks"]
    assert account["ms"]["frame"]["max"] >= max(account["ms"][name]["max"] for name in parts)
    assert all(0 < section["p50"] <= section["p99"] <= section["max"] for section in account["ms"].values())
