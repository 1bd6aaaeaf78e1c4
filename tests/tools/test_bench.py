"""The benchmark runs, and what it reports is what it measured."""

import itertools
import json
import time
from pathlib import Path

import pytest

pytest.importorskip("torch")

from tests.realtime import toy_dancer
from tools import bench, bench_steps


def test_every_section_is_timed_and_speed_is_a_ratio_to_the_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(bench, "CROWD", (1, 2))
    dancer, out = toy_dancer.write(tmp_path / "toy.onnx"), tmp_path / "bench.json"
    assert bench.main(["--dancer", str(dancer), "--seconds", "0.2", "--frames", "20", "--json", str(out)]) == 0
    result = json.loads(out.read_text())
    assert [(row["engine"], row["pace"]) for row in result["frame"]] == [
        ("onnxruntime cpu", "fast"),
        ("onnxruntime cpu", "paced"),
    ]
    for row in result["frame"]:
        assert set(row["ms"]) == {"resample", "features", "beat", "step", "pose", "sinks", "frame"}
    assert [row["dancers"] for row in result["crowd"]] == [1, 2]
    assert [row["dancers"] for row in result["smooth"]] == [1, 8]
    for row in result["smooth"]:
        assert row["sent"] + row["skipped"] == 4 * 3
        assert row["pose_ms"]["p50"] > 0
    for row in result["step"]:
        assert row["ratio"] == pytest.approx(row["reference_ms"]["p50"] / row["ms"]["p50"], abs=1e-3)
    assert "15 poses a second on one core" in capsys.readouterr().out


def test_what_is_timed_takes_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = itertools.count()
    monkeypatch.setattr(time, "perf_counter", lambda: next(ticks) * 1e-3)
    made: list[str] = []

    def quick() -> None:
        made.append("quick")

    def slow() -> None:
        made.append("slow")
        next(ticks)

    first, second = bench_steps.timed((quick, slow), "fast", 120)
    assert (first["p50"], second["p50"]) == (1.0, 2.0)
    assert [name for name, _ in itertools.groupby(made)] == ["quick", "slow"] * 3


def test_a_dancer_that_is_not_there_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert bench.main(["--dancer", "nowhere.onnx"]) == 2
    assert capsys.readouterr().err == "tools.bench: there is no dancer file nowhere.onnx\n"
