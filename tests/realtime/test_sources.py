"""Sources: the ring behind the callback, the choice of a device, and what is said when no sound comes."""

import sys
import threading

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.clock import ManualClock
from realtime.frame import StageError
from realtime.sources.devices import Device, find
from realtime.sources.mic import LoopbackSource, MicSource, Watch
from realtime.sources.ring import Ring

DEVICES = [
    Device(0, "Built-in Microphone, Core Audio", 1, 44_100, False),
    Device(2, "USB Audio CODEC, MME", 2, 48_000, False),
    Device(3, "USB Audio CODEC, Windows WASAPI", 2, 48_000, True),
    Device(7, "Line 1, ALSA", 2, 48_000, False),
]


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=60))
@settings(max_examples=50)
def test_what_goes_into_the_ring_comes_out_in_order_and_what_finds_no_room_is_counted(
    moves: list[tuple[int, int]],
) -> None:
    ring, kept, out, lost, n = Ring(64, 2), [], [], 0, 1
    for wrote, read in moves:
        block = np.arange(n, n + wrote, dtype=np.float32)
        n += wrote
        if wrote <= 64 - len(ring):
            kept += block.tolist()
        else:
            lost += wrote
        ring.write(np.stack([block, block], axis=1))
        out += ring.take(min(read, len(ring))).tolist()
    out += ring.take(len(ring)).tolist()
    assert out == kept
    assert ring.overflowed == lost


def test_the_ring_gives_the_mean_of_the_channels() -> None:
    ring = Ring(8, 2)
    ring.write(np.array([[0.5, 0.25], [1.0, -1.0]], np.float32))
    np.testing.assert_array_equal(ring.take(2), np.array([0.375, 0.0], np.float32))


def test_a_writer_and_a_reader_at_once_lose_nothing() -> None:
    ring, total, out = Ring(997, 1), 40_000, []

    def write() -> None:
        at = 0
        while at < total:
            n = min(101, total - at)
            if n <= 997 - len(ring):
                ring.write(np.arange(at, at + n, dtype=np.float32)[:, None])
                at += n

    writer = threading.Thread(target=write)
    writer.start()
    got = 0
    while got < total:
        block = ring.take(len(ring))
        out.append(block)
        got += len(block)
    writer.join()
    np.testing.assert_array_equal(np.concatenate(out), np.arange(total, dtype=np.float32))


@pytest.mark.parametrize(
    ("wanted", "index"),
    [("", 3), ("default", 3), ("7", 7), ("built-in", 0), ("wasapi", 3), ("usb audio codec, mme", 2), ("LINE 1", 7)],
)
def test_a_device_is_found_by_index_or_part_of_its_name(wanted: str, index: int) -> None:
    assert find(wanted, DEVICES).index == index


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("5", "no input device matches '5': there are 0: Built-in Microphone, Core Audio; 2: USB"),
        ("polka", "no input device matches 'polka': there are 0: Built-in"),
        ("usb", "'usb' matches several devices, use an index: 2: USB Audio CODEC, MME; 3: USB Audio CODEC, Windows"),
    ],
)
def test_a_device_that_is_not_clear_is_answered_by_the_list(wanted: str, words: str) -> None:
    with pytest.raises(StageError) as caught:
        find(wanted, DEVICES)
    assert str(caught.value).startswith(words)


def test_a_computer_without_inputs_is_told_what_works_without() -> None:
    with pytest.raises(StageError, match=r"no audio input: .* --device demo"):
        find("", [])


def test_a_missing_sounddevice_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)
    with pytest.raises(StageError, match="pip install sounddevice"):
        MicSource("", ManualClock(), print)


@pytest.mark.parametrize(("system", "words"), [("win32", "VB-Cable"), ("darwin", "BlackHole")])
def test_where_there_is_no_loopback_the_remedy_is_named(
    monkeypatch: pytest.MonkeyPatch, system: str, words: str
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    with pytest.raises(StageError, match=words):
        LoopbackSource("", ManualClock(), print)


def test_digital_silence_is_said_once_and_again_only_after_sound() -> None:
    said: list[str] = []
    watch, zeros, sound = Watch("the mic", said.append), np.zeros(800, np.float32), np.full(800, 1e-6, np.float32)

    def hear(block: np.ndarray, seconds: float) -> None:
        for _ in range(round(seconds * 60)):
            watch.heard(block, 1 / 60)

    hear(zeros, 1.9)
    assert said == []
    hear(zeros, 10.0)
    assert said == ["the mic gives digital silence: is it muted, or is a permission missing?"]
    hear(sound, 0.1)
    hear(zeros, 3.0)
    assert len(said) == 2


def test_a_device_that_stops_calling_is_said_once() -> None:
    said: list[str] = []
    watch = Watch("the mic", said.append)
    for tenths in range(50):
        watch.nothing(tenths / 10)
    assert said == ["no sound comes from the mic: is it still plugged in?"]
