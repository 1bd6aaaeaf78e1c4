"""The sound inputs of this computer: listing them, and finding the one that was meant."""

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from realtime.frame import StageError

WANTED_RATE = 48_000  # Hz, where the device can


@dataclass(frozen=True)
class Device:
    """One input. label is its name with the system that offers it, as the list shows it."""

    index: int
    label: str
    channels: int
    rate: int  # Hz, its own
    default: bool


def inputs(sd: Any) -> list[Device]:
    """All inputs that `sd` (the sounddevice module) knows, in its order. Raises StageError."""
    try:
        hosts, chosen = sd.query_hostapis(), sd.default.device[0]
        if chosen < 0 and hosts:
            chosen = next((host["default_input_device"] for host in hosts if host["default_input_device"] >= 0), -1)
        return [
            Device(
                index=index,
                label=f"{found['name']}, {hosts[found['hostapi']]['name']}",
                channels=found["max_input_channels"],
                rate=round(found["default_samplerate"]),
                default=index == chosen,
            )
            for index, found in enumerate(sd.query_devices())
            if found["max_input_channels"] > 0
        ]
    except sd.PortAudioError as err:
        raise StageError(f"PortAudio cannot list the devices ({err}): use --device demo or file:PATH") from None


def describe(devices: list[Device]) -> str:
    """The devices in one line."""
    return "; ".join(f"{device.index}: {device.label}" for device in devices)


def find(wanted: str, devices: list[Device]) -> Device:
    """The input meant by "" (the default), an index, or a part of a name in any case. Raises StageError, one line."""
    if not devices:
        raise StageError(
            "this computer has no audio input: plug one in, or use --device demo, --device file:PATH or loopback"
        )
    there = f"there are {describe(devices)}"
    if not wanted or wanted == "default":
        return next((device for device in devices if device.default), devices[0])
    if wanted.isdecimal():
        matches = [device for device in devices if device.index == int(wanted)]
    else:
        lower = wanted.lower()
        matches = [device for device in devices if lower in device.label.lower()]
        exact = [device for device in matches if lower in (device.label.lower(), device.label.lower().split(", ")[0])]
        matches = exact if len(exact) == 1 else matches
    if not matches:
        raise StageError(f"no input device matches {wanted!r}: {there}")
    if len(matches) > 1:
        raise StageError(f"{wanted!r} matches several devices, use an index: {describe(matches)}")
    return matches[0]


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep the chatter of ALSA and PortAudio (written by C code) off the console while a device is opened."""
    sys.stderr.flush()
    saved, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(nowhere, 2)
        yield
    finally:
        os.dup2(saved, 2)
        os.close(saved)
        os.close(nowhere)
