"""A day, in small: the ear and a dancer hear minutes of music in blocks of any size, and say how it went."""

import numpy as np
import pytest

from audio.config import RATE
from tools import soak, soak_dance, soak_sound


def test_the_ear_listens_and_says_how_long(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--hours", "0.005"]) == 0
    assert "0.005 h: all well" in capsys.readouterr().out


def test_a_dancer_dances_and_stays(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--dancer", "steps", "--hours", "0.035"]) == 0
    told = capsys.readouterr().out
    assert "m/s" in told
    assert "all well" in told


def test_a_dancer_that_froze_or_went_astray_is_at_fault() -> None:
    well, frozen, astray = (
        soak_dance.Hour(0.5, still, far, 1.0) for still, far in ((0.0, 1.0), (2.5, 1.0), (1.0, 9.0))
    )
    assert soak_dance.faults([well]) == []
    assert soak_dance.faults([well, frozen]) == ["it stood still for 2.5 s of music in hour 2"]
    assert soak_dance.faults([astray]) == ["it was 9.0 m from the centre in hour 1"]


def test_a_dancer_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert soak.main(["--dancer", "nobody", "--hours", "0.01"]) == 2
    assert "no dancer is called 'nobody'" in capsys.readouterr().err


def test_the_sound_is_as_long_as_asked_in_whatever_blocks() -> None:
    samples = np.arange(10 * RATE, dtype=np.float32)
    for seed in (0, 1):
        blocks = list(soak_sound.cut(samples, 0.01, seed))
        joined = np.concatenate(blocks)
        assert len(joined) == 36 * RATE
        np.testing.assert_array_equal(joined[: len(samples)], samples)
        assert max(map(len, blocks)) < 4 * 1600


def test_memory_that_grows_is_a_fault() -> None:
    assert soak_sound.growth([100.0, 110.0, 111.0]) == []
    assert soak_sound.growth([100.0, 110.0, 120.0]) == ["memory grew by 10.0 MB"]


def test_an_hour_of_another_dance_is_told_from_an_hour_of_the_same() -> None:
    rng = np.random.default_rng(0)
    first = soak_dance.FirstHour(rng.normal(size=(400, 46)), rng.normal(size=(400, 46)))
    assert first.unlike(rng.normal(size=(400, 46))) == pytest.approx(first.floor, rel=0.5)
    assert first.unlike(rng.normal(1.0, 1.0, size=(400, 46))) > 5.0 * first.floor
