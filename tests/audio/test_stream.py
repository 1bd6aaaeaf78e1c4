"""However a stream is cut into blocks, the same bits come out; and nothing of the future is in them."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio import framing, resample
from audio.config import FRAME, RATE
from tests.audio.streams import F32, Push, cut, feel, music, recording, run, silence_before

RATES = (8_000, 11_025, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000, 192_000)
STAGES: dict[str, tuple[Push, Any]] = {
    "framing": (framing.push, framing.init()),
    "resample 44100": (resample.push, resample.init(44_100)),
    "resample 48000": (resample.push, resample.init(48_000)),
    "features and beat": (feel, silence_before()),
}
SONG: F32 = music("rhodes.mp3")[: 4 * RATE]


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("size", [7, 399, 400, 1600, len(SONG)])
def test_any_block_size_gives_the_same_bits(name: str, size: int) -> None:
    push, start = STAGES[name]
    whole, _ = push(start, SONG)
    cut_up, _ = run(push, start, cut(SONG, [size]))
    np.testing.assert_array_equal(cut_up, whole)


@pytest.mark.parametrize("name", STAGES)
def test_single_samples_give_the_same_bits(name: str) -> None:
    push, start = STAGES[name]
    part = SONG[:4000]
    np.testing.assert_array_equal(run(push, start, cut(part, [1]))[0], push(start, part)[0])


@pytest.mark.parametrize("rate", RATES)
@settings(max_examples=8, deadline=None)
@given(sizes=st.lists(st.integers(0, 3000), min_size=1, max_size=6).filter(any))
def test_the_resampler_gives_the_same_bits_for_random_cuttings_of_every_rate(rate: int, sizes: list[int]) -> None:
    samples = recording("salsa.flac")[1][:20_000]
    whole, _ = resample.push(resample.init(rate), samples)
    cut_up, _ = run(resample.push, resample.init(rate), cut(samples, sizes))
    np.testing.assert_array_equal(cut_up, whole)


@pytest.mark.parametrize("name", STAGES)
def test_twice_the_same_sound_is_twice_the_same_answer(name: str) -> None:
    push, start = STAGES[name]
    np.testing.assert_array_equal(push(start, SONG)[0], push(start, SONG)[0])


@pytest.mark.parametrize("name", STAGES)
def test_a_new_start_forgets_and_going_on_remembers(name: str) -> None:
    push, start = STAGES[name]
    first, later = push(start, SONG[: FRAME * 20 + 77])
    again, _ = push(start, SONG[: FRAME * 20 + 77])
    gone_on, _ = push(later, SONG[: FRAME * 20 + 77])
    np.testing.assert_array_equal(again, first)
    assert gone_on.shape != first.shape or not np.array_equal(gone_on, first)


@pytest.mark.parametrize("name", STAGES)
def test_a_kept_state_goes_on_bit_for_bit_whatever_else_was_done_since(name: str) -> None:
    push, start = STAGES[name]
    whole, _ = push(start, SONG)
    before, kept = push(start, SONG[:30_001])
    push(kept, music("house124.ogg")[:30_000])
    after, _ = push(kept, SONG[30_001:])
    np.testing.assert_array_equal(np.concatenate([before, after]), whole)


@pytest.mark.parametrize("name", STAGES)
@pytest.mark.parametrize("moment", [1600, 12_345, 48_000])
def test_the_future_changes_nothing_of_the_past(name: str, moment: int) -> None:
    push, start = STAGES[name]
    other = SONG.copy()
    other[moment:] = music("house124.ogg")[: len(SONG) - moment]
    past, _ = push(start, SONG[:moment])
    one, _ = push(start, SONG)
    two, _ = push(start, other)
    np.testing.assert_array_equal(one[: len(past)], past)
    np.testing.assert_array_equal(two[: len(past)], past)
    assert not np.array_equal(one[len(past) :], two[len(past) :])


@settings(max_examples=30, deadline=None)
@given(sizes=st.lists(st.integers(0, 5000), max_size=20))
def test_a_stream_of_n_samples_gives_n_over_1600_frames_in_order(sizes: list[int]) -> None:
    samples = np.arange(sum(sizes), dtype=np.float32)
    blocks = np.split(samples, np.cumsum(sizes)[:-1]) if sizes else []
    frames, state = run(framing.push, framing.init(), iter([samples[:0], *blocks]))
    assert frames.shape == (len(samples) // FRAME, FRAME)
    np.testing.assert_array_equal(np.concatenate([frames.ravel(), state.rest]), samples)
