"""Recorded files are whole whenever a show is killed or a disk is full, and nothing is left of a show of no pose."""

import dataclasses
import json
import queue
import resource
import signal
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from realtime.frame import StageError, StageFrame
from realtime.sinks import bvh as bvh_sink
from realtime.sinks import growing, recorder
from realtime.sinks import wav as wav_sink
from tests.realtime.recordings import SUFFIXES, length, opened
from tests.realtime.swing import FPS, frame


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
    assert isinstance(sink, recorder.Recorder)
    record, recorded = sink.record, queue.Queue[int]()

    def record_and_tell(frames: list[StageFrame]) -> None:
        record(frames)
        recorded.put(len(frames))

    sink.record = record_and_tell  # type: ignore[method-assign]
    sizes, waiting = [], 0
    tracemalloc.start()
    for part in range(2):
        for k in range(part * 400, (part + 1) * 400):
            sink.send(dataclasses.replace(shown[k % 30], audio_time=(k + 1) / FPS))
        waiting += 400
        while waiting > len(sink._gathered):  # until the disk has all that was handed over
            waiting -= recorded.get()
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


@pytest.mark.parametrize("kind", ["npz", "glb", "bvh"])
def test_a_disk_that_is_full_from_the_start_is_named_and_nothing_is_left(kind: str, tmp_path: Path) -> None:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    try:
        with pytest.raises(StageError, match=f"--sink {kind} cannot write {tmp_path}/a.{kind}: File too large"):
            opened(kind, tmp_path / f"a.{kind}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []
