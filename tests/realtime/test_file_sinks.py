"""Recorded files: right when the show ends, and whole whenever it is killed."""

import dataclasses
import json
import resource
import shutil
import signal
import struct
import subprocess
import sys
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
import soundfile
from scipy.spatial.transform import Rotation

from motion import bvh, openpose
from motion.skeleton import BONES, HUMANOID, PARENTS
from realtime.frame import StageError
from realtime.sinks import bvh as bvh_sink
from realtime.sinks import growing, recorder
from realtime.sinks import wav as wav_sink
from realtime.sinks.base import Sink
from realtime.sinks.npz_layout import join_checksums
from realtime.sinks.open import Sinks, sink_class
from tests.realtime.swing import FPS, frame, options

LEAD = 2 / FPS  # s, of the frames of `swing`
SUFFIXES = {"npz": ".npz", "glb": ".glb", "bvh": ".bvh", "wav": ".wav"}


def opened(kind: str, target: Path, dancers: int = 1, **extra: str) -> Sink:
    return sink_class(kind)(options(kind, str(target), dancers, **extra))


def recorded(kind: str, target: Path, frames: int, dancers: int = 1, **extra: str) -> None:
    """A show through a recorder, with the poses in between that it wants."""
    sinks = Sinks([(kind, opened(kind, target, dancers, **extra))], print)
    for k in range(frames):
        sinks.send(frame(k, dancers), late=False)
    sinks.close()
    assert sinks.errors == {}


def glb_keys(path: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(times [T], hips [T, 3], rotations [T, 22, 4]) as the file's own tables say where they are."""
    data = path.read_bytes()
    magic, version, size, length, kind = struct.unpack_from("<4sIII4s", data)
    assert (magic, version, size, kind) == (b"glTF", 2, len(data), b"JSON")
    content = json.loads(data[20 : 20 + length])
    body = data[28 + length :]
    assert struct.unpack_from("<I4s", data, 20 + length) == (len(body), b"BIN\0")
    assert content["buffers"] == [{"byteLength": len(body)}]

    def array(index: int) -> np.ndarray:
        accessor = content["accessors"][index]
        width = {"SCALAR": 1, "VEC3": 3, "VEC4": 4}[accessor["type"]]
        start = content["bufferViews"][accessor["bufferView"]]["byteOffset"]
        return np.frombuffer(body, "<f4", accessor["count"] * width, start).reshape(-1, width)

    (animation,) = content["animations"]
    tracks = {}
    for channel in animation["channels"]:
        sampler = animation["samplers"][channel["sampler"]]
        times = array(sampler["input"])[:, 0]
        bounds = content["accessors"][sampler["input"]]
        assert (bounds["min"], bounds["max"]) == ([times[0]], [times[-1]])
        name = content["nodes"][channel["target"]["node"]]["name"]
        tracks[name, channel["target"]["path"]] = array(sampler["output"])
    assert {len(track) for track in tracks.values()} == {len(times)}
    return times, tracks["hips", "translation"], np.stack([tracks[bone, "rotation"] for bone in BONES], axis=1)


def length(path: Path) -> float:
    """Seconds that a recorded file holds; reading it as strictly as can be."""
    if path.suffix == ".npz":
        with zipfile.ZipFile(path) as archive:
            assert archive.testzip() is None
        with np.load(path) as file:
            rows = {len(file[name]) for name in ("audio_time", "pose", "positions", "rotations", "beat", "controls")}
            assert len(rows) == 1
            return rows.pop() / FPS
    if path.suffix == ".wav":
        with soundfile.SoundFile(path) as file:
            return len(file.read()) / file.samplerate
    if path.suffix == ".bvh":
        read = bvh.read(path)
        return (len(read.data) - 1) / read.fps - LEAD
    times, _, rotations = glb_keys(path)
    assert (np.diff(times) > 0).all()
    np.testing.assert_allclose(np.linalg.norm(rotations, axis=-1), 1, atol=1e-5)
    return float(times[-1]) - LEAD


def test_a_glb_has_every_pose_at_its_instant_of_the_sound(tmp_path: Path) -> None:
    recorded("glb", tmp_path / "a.glb", 40, rate="30")
    times, hips, rotations = glb_keys(tmp_path / "a.glb")
    assert times[0] == 0
    for k in (0, 7, 39):
        at = np.abs(times - ((k + 1) / FPS + LEAD)).argmin()
        assert abs(times[at] - ((k + 1) / FPS + LEAD)) < 1e-6
        np.testing.assert_allclose(hips[at], frame(k).root_position[0], atol=1e-6)
        assert np.abs((rotations[at] * frame(k).rotations[0]).sum(axis=-1)).min() > 1 - 1e-6
    np.testing.assert_allclose(np.diff(times[1:]), 1 / 30, atol=1e-6)


def test_row_zero_of_a_bvh_is_the_first_sample_of_the_sound(tmp_path: Path) -> None:
    recorded("bvh", tmp_path / "a.bvh", 40)
    read = bvh.read(tmp_path / "a.bvh")
    assert read.fps == 60
    positions = bvh.positions(read) / 100
    for k in (0, 7, 39):
        row = round(((k + 1) / FPS + LEAD) * 60)
        np.testing.assert_allclose(positions[row], frame(k).positions[0], atol=1e-5)
    assert np.ptp(positions[: round(LEAD * 60)], axis=0).max() == 0


@pytest.mark.parametrize("kind", ["glb", "bvh"])
def test_several_dancers_have_a_file_each(tmp_path: Path, kind: str) -> None:
    recorded(kind, tmp_path / f"a.{kind}", 20, dancers=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a_0.{kind}", f"a_1.{kind}"]
    first, second = ((tmp_path / f"a_{n}.{kind}").read_bytes() for n in (0, 1))
    assert first != second


def test_a_vrma_is_the_same_animation_without_a_body(tmp_path: Path) -> None:
    recorded("glb", tmp_path / "a.vrma", 40)
    recorded("glb", tmp_path / "a.glb", 40)
    for mine, other in zip(glb_keys(tmp_path / "a.vrma"), glb_keys(tmp_path / "a.glb"), strict=True):
        np.testing.assert_array_equal(mine, other)
    assert b"meshes" in (tmp_path / "a.glb").read_bytes()
    assert b"meshes" not in (tmp_path / "a.vrma").read_bytes()


def test_a_change_of_lead_in_the_show_does_not_tear_the_recording(tmp_path: Path) -> None:
    sink = opened("glb", tmp_path / "a.glb")
    for k in range(60):
        sink.send(dataclasses.replace(frame(k), lead=LEAD if k < 30 else LEAD - 0.1))
    sink.close()
    times, _, _ = glb_keys(tmp_path / "a.glb")
    np.testing.assert_allclose(np.diff(times[1:]), 1 / FPS, atol=1e-6)


@pytest.mark.parametrize("kind", SUFFIXES)
def test_after_each_write_to_the_disk_the_file_is_whole_and_never_shorter(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, held = tmp_path / f"a{SUFFIXES[kind]}", [0.0]
    monkeypatch.setattr(growing, "FIRST_CAPACITY", 24)  # so that it grows twice

    def write_and_look(*arguments: object) -> None:
        recorder.write_at(*arguments)  # type: ignore[arg-type]
        held.append(length(path) if path.exists() and path.stat().st_size else 0.0)

    for module in (growing, bvh_sink, wav_sink):
        monkeypatch.setattr(module, "write_at", write_and_look)
    sink = opened(kind, path, **({"rate": "15"} if kind in ("glb", "bvh") else {}))
    for k in range(64):
        sink.send(frame(k))
    sink.close()
    assert (np.diff(held) >= 0).all()
    assert len(set(held)) == 1 + 64 // 8
    assert length(path) == pytest.approx(64 / FPS, abs=1e-6)
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_killed_show_leaves_whole_files_that_lack_less_than_a_second(tmp_path: Path) -> None:
    """A real show of the dancer that is shipped, which leads by as much as `swing`; SIGKILL."""
    names = {"npz": "a.npz", "wav": "a.wav", "bvh": "a.bvh", "glb": "a.glb", "openpose": "people"}
    sinks = [f"--sink={kind}:{tmp_path}/{name}" for kind, name in names.items()]
    command = [sys.executable, "-m", "tests.realtime.told_show", "--device=demo", "--control=off", *sinks]
    with subprocess.Popen(command, stdout=subprocess.PIPE, bufsize=0) as show:
        danced = 0
        while danced < 50 and (told := show.stdout.read(64)):
            danced += len(told)
        show.send_signal(signal.SIGKILL)
    for name in ("a.npz", "a.wav", "a.bvh", "a.glb"):
        assert length(tmp_path / name) > danced / FPS - 1, name
    pictures = sorted((tmp_path / "people").glob("*.json"))
    assert len(pictures) / 30 > danced / FPS - 1
    assert all(len(json.loads(path.read_text())["people"]) == 1 for path in pictures)


def test_a_disk_that_is_full_is_named_and_counted_and_the_dance_goes_on(tmp_path: Path) -> None:
    """Files may grow to 700 kB: the system itself refuses what is more."""
    names = ["npz:a.npz", "wav:a.wav", "bvh:a.bvh", "glb:a.glb"]
    command = [sys.executable, "-m", "realtime.run", "--device", "demo", "--control", "off", "--pace", "fast"]
    command += ["--duration", "22", *[f"--sink={name.replace(':', f':{tmp_path}/')}" for name in names]]
    done = subprocess.run(
        command,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (700_000, 700_000)),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "330 poses" in done.stdout
    for name in names:
        kind, file = name.split(":")
        assert f"sink {kind}:{tmp_path}/{file} failed (OSError: [Errno 27] File too large)" in done.stderr
        assert f"sink {kind}:{tmp_path}/{file} failed" in done.stdout
        assert 1 < length(tmp_path / file) < 22
    assert len(list(tmp_path.iterdir())) == len(names)


@pytest.mark.parametrize("kind", ["npz", "glb", "bvh"])
def test_memory_does_not_grow_with_the_show(kind: str, tmp_path: Path) -> None:
    sink, shown = opened(kind, tmp_path / f"a.{kind}"), [frame(k) for k in range(30)]
    sizes = []
    tracemalloc.start()
    for part in range(2):
        for k in range(part * 400, (part + 1) * 400):
            sink.send(dataclasses.replace(shown[k % 30], audio_time=(k + 1) / FPS))
        while not sink._waiting.empty():  # type: ignore[attr-defined]
            sink._thread.join(0.01)  # type: ignore[attr-defined]
        sizes.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()
    sink.close()
    assert sizes[1] - sizes[0] < 100_000


@pytest.mark.parametrize("kind", ["glb", "bvh", "openpose"])
def test_a_show_of_no_pose_and_one_that_could_not_begin_leave_nothing(kind: str, tmp_path: Path) -> None:
    target = tmp_path / f"a{SUFFIXES.get(kind, '')}"
    opened(kind, target, 2).close()
    assert list(tmp_path.iterdir()) == []
    sink = opened(kind, target, 2)
    for k in range(20):
        sink.send(frame(k, 2))
    sink.abandon()
    assert list(tmp_path.iterdir()) == []


def test_keypoints_are_where_an_independent_camera_sees_them(tmp_path: Path) -> None:
    recorded("openpose", tmp_path / "people", 20, dancers=2, rate="15", size="640x360", distance="6")
    f = 1.55 * 360
    camera = np.array([[f, 0, 320], [0, f, 180], [0, 0, 1]]) @ np.array([[1, 0, 0, 0], [0, -1, 0, 0.9], [0, 0, -1, 6]])
    parts = {"RWrist": "rightHand", "LAnkle": "leftFoot", "RElbow": "rightLowerArm", "LKnee": "leftLowerLeg"}
    offsets = {"Nose": ("head", (0, 0.060, 0.110)), "LHeel": ("leftFoot", (0, -0.065, -0.050))}
    for k in (0, 8, 19):
        name = f"people_{k + 1 + 2:012d}_keypoints.json"
        people = json.loads((tmp_path / "people" / name).read_text())["people"]
        assert [person["person_id"] for person in people] == [[0], [1]]
        for n, person in enumerate(people):
            found = dict(zip(openpose.BODY_25, np.array(person["pose_keypoints_2d"]).reshape(25, 3), strict=True))
            world = [Rotation.identity()] * len(BONES)
            for bone, parent in enumerate(PARENTS):
                own = Rotation.from_quat(frame(k, 2).rotations[n, bone])
                world[bone] = own if parent < 0 else world[parent] * own
            points = {part: frame(k, 2).positions[n, BONES.index(bone)] for part, bone in parts.items()}
            points |= {part: frame(k, 2).positions[n, BONES.index(bone)] + world[BONES.index(bone)].apply(offset)
                       for part, (bone, offset) in offsets.items()}  # fmt: skip
            points["MidHip"] = (
                frame(k, 2).positions[n, [BONES.index("leftUpperLeg"), BONES.index("rightUpperLeg")]].mean(0)
            )
            for part, point in points.items():
                seen = camera @ [*point, 1]
                np.testing.assert_allclose(found[part], [*(seen[:2] / seen[2]), 1], atol=0.01)


def test_the_left_hand_is_on_the_right_of_the_picture_and_up_is_up(tmp_path: Path) -> None:
    rest = np.zeros((1, 22, 4))
    rest[..., 3] = 1
    camera = openpose.Camera(1280, 720, 5.0)
    x, y, sure = camera.project(openpose.points(HUMANOID.offsets[:1], rest))[0].T
    name = openpose.BODY_25.index
    assert x[name("LWrist")] > x[name("Neck")] > x[name("RWrist")]
    assert y[name("Nose")] < y[name("MidHip")] < y[name("LBigToe")]
    assert sure.tolist() == [1.0] * 25
    assert camera.project(np.array([[0.0, 0.9, 6.0], [9.0, 0.9, 0.0]])).tolist() == [[0, 0, 0], [0, 0, 0]]


@pytest.mark.parametrize(("first", "second"), [(b"", b""), (b"a", b""), (b"", b"bc"), (b"dance", bytes(100_003))])
def test_checksums_of_pieces_join_as_zlib_has_them(first: bytes, second: bytes) -> None:
    assert join_checksums(zlib.crc32(first), zlib.crc32(second), len(second)) == zlib.crc32(first + second)


def test_an_npz_is_whole_for_other_readers_too(tmp_path: Path) -> None:
    recorded("npz", tmp_path / "a.npz", 30)
    unzip = shutil.which("unzip")
    if unzip is None:
        pytest.skip("unzip is not installed")
    assert subprocess.run([unzip, "-tq", str(tmp_path / "a.npz")], capture_output=True).returncode == 0


@pytest.mark.parametrize(
    ("kind", "target", "extra", "words"),
    [
        ("glb", "a.gltf", {}, "should end in .glb"),
        ("glb", "a.glb", {"rate": "500"}, "rate=500 must be 15 to 120"),
        ("bvh", "nowhere/a.bvh", {}, "there is no folder"),
        ("openpose", "", {}, "needs a folder"),
        ("openpose", "nowhere/a", {}, "there is no folder"),
        ("openpose", ".", {}, "is not empty: name a new folder"),
        ("openpose", "a", {"size": "big"}, "size=big should be WIDTHxHEIGHT"),
    ],
)
def test_a_recorder_that_is_written_wrongly_is_explained(
    tmp_path: Path, kind: str, target: str, extra: dict[str, str], words: str
) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(StageError, match=words):
        sink_class(kind)(options(kind, target and str(tmp_path / target), **extra))
    assert [path.name for path in tmp_path.iterdir()] == ["something"]
