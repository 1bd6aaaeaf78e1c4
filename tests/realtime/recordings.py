"""What the tests of recorded files share: shows through a recorder, and strict readers of what it wrote."""

import json
import struct
import zipfile
from pathlib import Path

import numpy as np
import soundfile

from motion import bvh
from motion.skeleton import BONES
from realtime.sinks.base import Sink
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
