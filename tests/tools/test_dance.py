"""The offline dance: the stage's own poses, in files."""

import json
import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile

from motion import bvh
from motion.skeleton import BONES
from realtime.frame import StageError
from realtime.run import main as stage
from realtime.sinks.open import Sinks
from tests.realtime import toy_dancer
from tests.realtime.shows import music
from tests.realtime.swing import FPS, frame
from tools.dance import main
from tools.dance_ffmpeg import ffmpeg

RATE = 24_000


def has_ffmpeg() -> bool:
    try:
        ffmpeg()
    except StageError:
        return False
    return True


needs_ffmpeg = pytest.mark.skipif(not has_ffmpeg(), reason="neither ffmpeg nor imageio-ffmpeg is installed")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("offline")
    toy_dancer.write(made / "toy.onnx")
    soundfile.write(made / "song.wav", music(), RATE, subtype="FLOAT")
    return made


def danced(folder: Path, out: Path, *arguments: str) -> int:
    return main([str(folder / "song.wav"), str(out), "--dancer", str(folder / "toy.onnx"), *arguments])


def test_the_offline_dance_is_the_stages_bit_for_bit(folder: Path, tmp_path: Path) -> None:
    words = ["--seed", "3", "--style", "wild,calm", "--dancers", "2", "--formation", "circle", "--duration", "5"]
    assert danced(folder, tmp_path / "a.npz", *words) == 0
    sound = ["--device", f"file:{folder / 'song.wav'}", "--pace", "fast", "--control", "off"]
    assert stage([*sound, "--dancer", str(folder / "toy.onnx"), "--sink", f"npz:{tmp_path}/b.npz", *words]) == 0
    with np.load(tmp_path / "a.npz") as offline, np.load(tmp_path / "b.npz") as live:
        assert offline.files == live.files
        assert len(offline["pose"]) == 75
        for name in offline.files:
            np.testing.assert_array_equal(offline[name], live[name])


def test_a_bvh_holds_the_same_motion(folder: Path, tmp_path: Path) -> None:
    assert danced(folder, tmp_path / "a.bvh", "--fps", "30") == 0
    assert danced(folder, tmp_path / "a.npz") == 0
    read = bvh.read(tmp_path / "a.bvh")
    assert (read.names, read.fps) == (BONES, 30)
    with np.load(tmp_path / "a.npz") as file:
        rows = np.round((file["audio_time"] + file["lead_frames"] / file["fps"]) * 30).astype(int)
        np.testing.assert_allclose(bvh.positions(read)[rows] / 100, file["positions"][:, 0], atol=1e-4)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bvh", "a.npz"]


def test_a_json_is_an_array_of_openpose_pictures(folder: Path, tmp_path: Path) -> None:
    assert danced(folder, tmp_path / "a.json", "--dancers", "2", "--fps", "15", "--duration", "2") == 0
    pictures = json.loads((tmp_path / "a.json").read_text())
    assert len(pictures) == 30 + 1 + 3  # and the first one, and those that the dancer leads by
    assert all(len(person["pose_keypoints_2d"]) == 75 for picture in pictures for person in picture["people"])
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_a_playlist_becomes_a_folder_and_a_broken_song_is_passed_over(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    songs = tmp_path / "songs"
    songs.mkdir()
    for name in ("one.wav", "two.flac"):
        soundfile.write(songs / name, music()[: 2 * RATE], RATE)
    (songs / "broken.mp3").write_bytes(b"no sound at all")
    (songs / "cover.jpg").touch()
    words = ["--dancer", str(folder / "toy.onnx"), "--format", "glb", "--dancers", "2"]
    assert main([str(songs), str(tmp_path / "dances"), *words]) == 2
    made = sorted(path.name for path in (tmp_path / "dances").iterdir())
    assert made == ["one_0.glb", "one_1.glb", "two_0.glb", "two_1.glb"]
    shown = capsys.readouterr()
    assert "broken.mp3" in shown.err
    assert shown.out.count("s of dance, made in") == 2


@pytest.mark.parametrize(
    ("out", "arguments", "words"),
    [
        ("a.txt", [], "should end in .mp4, .npz, .glb, .vrma, .bvh, .json"),
        ("nowhere/a.npz", [], "there is no folder"),
        (".", [], "say of which kind by --format"),
        ("a.npz", ["--dancers", "0"], "--dancers 0 must be 1 to"),
        ("a.npz", ["--style", "polka"], "polka"),
        ("a.npz", ["--fps", "30"], "an .npz has the poses as they were danced"),
        ("a.glb", ["--fps", "500"], "--fps 500 must be 15 to 120"),
        ("a.mp4", ["--size", "101x100"], "both must be even"),
        ("a.npz", ["--sink", "osc"], "unrecognized arguments"),
    ],
)
def test_bad_input_is_answered_by_one_line_and_leaves_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], out: str, arguments: list[str], words: str
) -> None:
    assert danced(folder, tmp_path / out, *arguments) == 2
    shown = capsys.readouterr().err
    assert words in shown
    assert shown.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_song_of_less_than_a_pose_leaves_nothing(tmp_path: Path, folder: Path) -> None:
    soundfile.write(tmp_path / "click.wav", np.ones(100), RATE)
    assert main([str(tmp_path / "click.wav"), str(tmp_path / "a.glb"), "--dancer", str(folder / "toy.onnx")]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["click.wav"]


def test_without_ffmpeg_an_mp4_is_refused_in_one_line(folder: Path, tmp_path: Path) -> None:
    hidden = (
        "import sys; sys.modules['imageio_ffmpeg'] = None; from tools.dance import main; sys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", hidden, str(folder / "song.wav"), str(tmp_path / "a.mp4")],
        env={**os.environ, "PATH": "/nowhere"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 2
    assert "an .mp4 needs ffmpeg: install it" in done.stderr
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@needs_ffmpeg
def test_an_mp4_has_a_picture_for_each_instant_and_all_of_the_sound(folder: Path, tmp_path: Path) -> None:
    av = pytest.importorskip("av")
    assert danced(folder, tmp_path / "a.mp4", "--fps", "30", "--size", "160x120", "--duration", "4") == 0
    with av.open(str(tmp_path / "a.mp4")) as file:
        video, sound = file.streams.video[0], file.streams.audio[0]
        assert (video.width, video.height, video.average_rate) == (160, 120, Fraction(30))
        assert video.codec_context.name == "h264"
        assert len([0 for _ in file.decode(video)]) == 120
        assert abs(float(sound.duration * sound.time_base) - 4) < 0.05
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@needs_ffmpeg
def test_the_beat_in_the_picture_is_on_the_beat_in_the_sound(tmp_path: Path) -> None:
    """Clicks at each half second; poses whose report says the beat is there, made ahead as a dancer makes them."""
    av = pytest.importorskip("av")
    from tools.dance_video import VideoSink

    seconds, rate = 3, 60
    clicks = np.zeros(seconds * RATE, np.float32)
    for beat in np.arange(0.5, seconds, 0.5):
        clicks[int(beat * RATE) :][:200] = 0.8
    soundfile.write(tmp_path / "clicks.wav", clicks, RATE)
    sinks = Sinks([("mp4", VideoSink(tmp_path / "a.mp4", tmp_path / "clicks.wav", (160, 120), rate, None))], print)
    for k in range(seconds * FPS):
        sinks.send(frame(k), late=False)
    sinks.close()
    with av.open(str(tmp_path / "a.mp4")) as file:
        light = np.array(
            [(float(p.pts * p.time_base), p.to_ndarray(format="gray").mean()) for p in file.decode(video=0)]
        )
    with av.open(str(tmp_path / "a.mp4")) as file:
        blocks = [(float(b.pts * b.time_base), b.to_ndarray()[0], b.rate) for b in file.decode(audio=0)]
    sound = np.concatenate([samples for _, samples, _ in blocks])
    loud = np.flatnonzero(np.abs(sound) > 0.3) / blocks[0][2] + blocks[0][0]
    heard = loud[np.diff(loud, prepend=-1) > 0.2]
    flashes = light[1:, 0][np.argsort(np.diff(light[:, 1]))[-len(heard) :]]
    np.testing.assert_allclose(heard, np.arange(0.5, seconds, 0.5), atol=0.005)
    np.testing.assert_allclose(np.sort(flashes), heard, atol=1.5 / rate)
