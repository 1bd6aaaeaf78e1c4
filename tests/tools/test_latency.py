"""tools.latency: clicks that are played, and the poses that know of them."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from realtime.frame import StageError
from tests.realtime import toy_dancer
from tests.realtime.pipe_microphone import MISSING, available, looped_card
from tools.latency import Heard, answers, main, report

ROOT = Path(__file__).resolve().parents[2]
FPS = 15


@given(st.lists(st.floats(0.0, 0.2), min_size=1, max_size=30), st.floats(0.005, 0.2), st.floats(-80.0, -40.0))
def test_a_click_is_answered_by_the_first_pose_whose_frame_holds_it(
    more: list[float], after: float, room_db: float
) -> None:
    clicks = 1.0 + np.cumsum(0.7 + np.array(more))
    frame = np.ceil(clicks * FPS)  # that ends after the click
    number = np.arange(1, int(frame[-1]) + FPS)
    loud = np.isin(number, frame)
    heard = Heard((number / FPS + after).tolist(), np.where(loud, -10.0, room_db).tolist())
    np.testing.assert_allclose(answers(clicks, heard), frame / FPS + after - clicks, atol=1e-9)


def test_clicks_that_nobody_heard_are_told_with_a_remedy() -> None:
    quiet = Heard([n / FPS for n in range(90)], [-50.0] * 90)
    delays = answers(np.array([1.0, 2.0, 3.0]), quiet)
    assert len(delays) == 0
    with pytest.raises(StageError, match="0 of 3 clicks were heard: play louder"):
        report(delays, 3, 0.1)


def test_bad_input_is_one_line_and_exit_code_2(capfd: pytest.CaptureFixture[str]) -> None:
    assert main(["--clicks", "0"]) == 2
    assert capfd.readouterr().err == "tools.latency: --clicks 0 must be 1 or more\n"


@pytest.mark.skipif(not available(), reason=MISSING)
def test_every_click_comes_through_a_sound_card_and_is_found(tmp_path: Path) -> None:
    dancer = str(toy_dancer.write(tmp_path / "toy.onnx"))
    with looped_card(tmp_path) as environment:
        command = [sys.executable, "-m", "tools.latency", "--clicks", "5", "--dancer", dancer]
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
        assert told.stdout.startswith("5 of 5 clicks heard\nsound out to pose in   p50 ")
        assert "the dancer answers     200 ms ahead" in told.stdout
        command[-1] = "nobody"
        told = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 2
    assert [line for line in told.stderr.splitlines() if "nobody" in line and line.startswith("tools.latency: ")]
