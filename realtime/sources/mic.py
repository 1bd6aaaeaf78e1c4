"""A microphone or line in, and what this computer plays itself (loopback), through PortAudio."""

import os
import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from realtime.clock import Clock
from realtime.frame import F32, StageError
from realtime.sources import devices
from realtime.sources.base import BLOCKS_A_SECOND, MOST_BEHIND, Source
from realtime.sources.ring import Ring

RING_SECONDS = 4
POLL = 0.002  # s between looks into the ring
PATIENCE = 0.05  # s without a block until the reader gets an empty one
SILENT_AFTER = 2.0  # s of digital zeros: no room is that quiet
LOST_AFTER = 0.5  # s without a callback
STARTING = 2.0  # s more until the first one: some systems wake the device only now
CHANNELS = 2  # at most; their mean is heard

NO_LOOPBACK = {
    "win32": 'Windows offers no loopback here: install VB-Cable (vb-audio.com/Cable), then --device "CABLE Output"',
    "darwin": "macOS offers no loopback: install BlackHole 2ch (existential.audio/blackhole), then --device BlackHole",
}


def portaudio() -> Any:
    """The sounddevice module. Raises StageError when it or PortAudio is missing."""
    try:
        import sounddevice
    except ImportError:
        raise StageError("sounddevice is not installed: pip install sounddevice") from None
    except OSError:
        raise StageError(
            "PortAudio is missing: apt install libportaudio2 (or brew install portaudio), or use --device demo"
        ) from None
    return sounddevice


class MicSource(Source):
    """One input device. Its callback copies into a ring and returns; everything else is done by the reader."""

    live = True

    def __init__(self, wanted: str, clock: Clock, say: Callable[[str], None]) -> None:
        """Find and open the device; the sound comes once `blocks` is read. Raises StageError, one line."""
        sd = portaudio()
        device = devices.find(wanted, devices.inputs(sd))
        self._clock = clock
        self._watch = Watch(device.label, say)
        self.name = device.label
        channels = min(CHANNELS, device.channels)
        self._stream, self.rate = _open(sd, device, channels, self._callback)
        self._ring = Ring(RING_SECONDS * self.rate, channels)
        self._device_overflows = 0
        self._skipped = 0

    @property
    def dropped(self) -> int:  # type: ignore[override]
        """Samples that were skipped or found no room, and 1 for each block that the system says it lost."""
        return self._skipped + self._ring.overflowed + self._device_overflows

    def blocks(self) -> Iterator[F32]:
        """Blocks of 1/60 s as they come; empty ones while nothing comes."""
        size = self.rate // BLOCKS_A_SECOND
        ring, clock, watch = self._ring, self._clock, self._watch
        self._stream.start()
        last, grace = clock.now(), STARTING
        while True:
            while len(ring) < size:
                clock.sleep(POLL)
                if clock.now() - last > PATIENCE and len(ring) < size:
                    watch.nothing(clock.now() - last - grace)
                    yield np.zeros(0, np.float32)
            excess = len(ring) - round(MOST_BEHIND * self.rate)
            if excess > 0:
                ring.skip(excess)
                self._skipped += excess
            last, grace = clock.now(), 0.0
            block = ring.take(size)
            watch.heard(block, size / self.rate)
            yield block

    def behind(self) -> float:
        """Seconds of sound in the ring."""
        return len(self._ring) / self.rate

    def close(self) -> None:
        """Stop and give the device back."""
        with devices.quiet_stderr():
            self._stream.close()

    def _callback(self, indata: F32, frames: int, time: Any, status: Any) -> None:
        self._ring.write(indata)
        if status.input_overflow:
            self._device_overflows += 1


class LoopbackSource(MicSource):
    """What this computer plays: on Linux the monitor of PulseAudio or PipeWire."""

    def __init__(self, wanted: str, clock: Clock, say: Callable[[str], None]) -> None:
        """Open the monitor (`wanted` names one among several). Raises StageError saying what to install elsewhere."""
        if sys.platform in NO_LOOPBACK:
            raise StageError(NO_LOOPBACK[sys.platform])
        os.environ.setdefault("PULSE_SOURCE", wanted or "@DEFAULT_MONITOR@")  # read by libpulse as it connects
        known = devices.inputs(portaudio())
        found = [device for device in known if device.label.split(",")[0].lower() in ("pulse", "pipewire")]
        monitors = [device for device in known if "monitor" in device.label.lower()]
        if not found and not monitors:
            raise StageError(
                "no PulseAudio or PipeWire to listen to: apt install pipewire-pulse libasound2-plugins, or use mic"
            )
        super().__init__(str((monitors or found)[0].index), clock, say)
        self.name = f"loopback, {os.environ['PULSE_SOURCE']}"


class Watch:
    """Tells, once each time, that no sound comes: the device is gone, or gives zeros (a missing permission does)."""

    def __init__(self, label: str, say: Callable[[str], None]) -> None:
        self._label = label
        self._say = say
        self._zeros = 0.0  # s
        self._told = ""

    def nothing(self, seconds: float) -> None:
        """No block has come for so long."""
        if seconds > LOST_AFTER:
            self._tell("lost", f"no sound comes from {self._label}: is it still plugged in?")

    def heard(self, block: F32, seconds: float) -> None:
        """A block has come."""
        self._zeros = 0.0 if block.any() else self._zeros + seconds
        if self._zeros > SILENT_AFTER:
            self._tell("zeros", f"{self._label} gives digital silence: is it muted, or is a permission missing?")
        elif not self._zeros:
            self._told = ""

    def _tell(self, what: str, line: str) -> None:
        if self._told != what:
            self._told = what
            self._say(line)


def _open(sd: Any, device: devices.Device, channels: int, callback: Any) -> tuple[Any, int]:
    """A stream that is not started yet, at 48 kHz where the device can, else at its own rate; and that rate."""
    reason = ""
    for rate in (devices.WANTED_RATE, device.rate):
        try:
            with devices.quiet_stderr():
                stream = sd.InputStream(
                    samplerate=rate,
                    device=device.index,
                    channels=channels,
                    dtype="float32",
                    latency="low",
                    callback=callback,
                )
            return stream, rate
        except sd.PortAudioError as err:
            reason = " ".join(str(err).split())
    raise StageError(f"{device.index}: {device.label} does not open ({reason}): is another program using it?")
