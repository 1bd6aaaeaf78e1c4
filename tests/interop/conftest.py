"""A recorded show, and the Unity package's component under mono, for the tests that need them."""

import numpy as np
import pytest

from realtime.run import main as stage
from tests.interop.unity import avatars
from tests.interop.unity.harness import HERE, STUBS, Harness, compile_csharp, package_sources

RECORDED_DANCERS = 2


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    """The folder of a show of ten seconds that every recorder of movement recorded."""
    folder = tmp_path_factory.mktemp("recorded")
    sinks = [f"--sink={kind}:{folder}/a.{suffix}"
             for kind, suffix in (("npz", "npz"), ("bvh", "bvh"), ("glb", "glb"), ("glb", "vrma"))]  # fmt: skip
    sound = ["--device", "demo", "--pace", "fast", "--duration", "10", "--control", "off"]
    assert stage([*sound, "--dancers", str(RECORDED_DANCERS), *sinks]) == 0
    return folder


@pytest.fixture(scope="session")
def danced(recorded):
    """(times [T] s of the sound, positions [T, N, 22, 3], local rotations [T, N, 22, 4]) of the same show's npz."""
    with np.load(recorded / "a.npz") as file:
        times = file["audio_time"] + file["lead_frames"] / file["fps"]
        return times, file["positions"], file["rotations"]


@pytest.fixture(scope="session")
def unity_program(tmp_path_factory):
    """The whole package, its stubs and the harness, compiled; a warning is an error."""
    sources = [*package_sources(), HERE / "Harness.cs", *(HERE / name for name in STUBS)]
    return compile_csharp(tmp_path_factory.mktemp("unity") / "harness.exe", sources, "-warn:4", "-warnaserror")


@pytest.fixture
def start_unity(unity_program, tmp_path):
    """start_unity(avatar, port) -> a harness with that character, listening when a port is given."""
    running = []

    def begin(avatar=None, port=None, control=9, dancer=0):
        harness = Harness(unity_program)
        running.append(harness)
        harness.ask("rig", (avatar or avatars.ours()).write(tmp_path / f"avatar{len(running)}.txt"))
        if port is not None:
            harness.ask("open", port, control, dancer)
        return harness

    yield begin
    for harness in running:
        harness.close()


@pytest.fixture(scope="module")
def unity_by_hand(unity_program):
    """A harness whose stream is fed by hand: no port, and a clock of the test's own."""
    harness = Harness(unity_program)
    yield harness
    harness.close()
