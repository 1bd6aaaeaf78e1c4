"""More poses a second than are danced: the poses in between, each for an instant of a fixed grid of audio time.

    loop ── frame k+1 ──► Upsampler ── the poses up to frame k, at the audio times m / rate
                              │                      │
                              ▼                      ▼
                     recorders, at once        realtime/sender.py, at their due instants, to network sinks

A movement can begin once the key after its end is known: what goes out live is two pose frames old (`DELAY`), and the
dancer has to lead by as much more (`lead_to_pay`).
"""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME_RATE
from motion import kinematics, rotation, upsample
from motion.skeleton import HUMANOID
from realtime.frame import BeatReport, StageFrame

DELAY = upsample.LOOK_AHEAD / FRAME_RATE  # s from a pose's earliest arrival to its going out
KEPT_LEAD = 1 / FRAME_RATE  # s of lead that must be left for the sound's way in, the step, the network, the receiver
Times = NDArray[np.float64]


def lead_to_pay(lead_frames: int) -> float:
    """Seconds by which a dancer of so many frames of lead must lead more, where what goes out live is up-sampled."""
    return max(0.0, DELAY + KEPT_LEAD - lead_frames / FRAME_RATE)


class Upsampler:
    """The poses of the frames that were pushed, at each of `rates` a second.

    Pose m of a rate is for the audio time m / rate; until the first frame's own instant its pose is held.
    """

    def __init__(self, rates: Iterable[float]) -> None:
        self._rates = sorted(set(rates))
        self._before: tuple[StageFrame, upsample.Key] | None = None  # the frame up to which all is out
        self._here: StageFrame | None = None  # the newest one

    def push(self, frame: StageFrame) -> dict[float, list[StageFrame]]:
        """A new frame settles the movement to the one before it: that movement's poses by rate."""
        if self._here is not None and frame.index != self._here.index + 1:  # another show
            settled = self.flush()
        else:
            settled = self._settle(frame)
        self._here = frame
        return settled

    def flush(self) -> dict[float, list[StageFrame]]:
        """What is left when nothing more comes."""
        settled = self._settle(None)
        self._before = self._here = None
        return settled

    def _settle(self, after: StageFrame | None) -> dict[float, list[StageFrame]]:
        frame = self._here
        if frame is None:
            return {rate: [] for rate in self._rates}
        previous, before = self._before or (frame, None)
        here = _key(frame, before, after)
        span = upsample.between(before, here) if before else None
        self._before = frame, here
        return {rate: _poses(span, previous, frame, rate) for rate in self._rates}


def _key(frame: StageFrame, before: upsample.Key | None, after: StageFrame | None) -> upsample.Key:
    following = _key(after, None, None) if after else None
    return upsample.key(frame.audio_time, frame.root_position, frame.rotations, before, following)


def _poses(span: upsample.Span | None, previous: StageFrame, frame: StageFrame, rate: float) -> list[StageFrame]:
    """The poses after `previous` and up to `frame`, which is itself the last one where the grid meets it."""
    first = int(frame.index * rate / FRAME_RATE) + 1
    end = (frame.index + 1) * rate / FRAME_RATE
    numbers = np.arange(first, int(end) + 1)
    met = len(numbers) > 0 and numbers[-1] == end
    times = (numbers[:-1] if met else numbers) / rate
    if span is None:
        made = [replace(frame, audio_time=float(time)) for time in times]
    elif len(times):
        made = _between(span, previous, frame, times)
    else:
        made = []
    return made + [frame] * bool(met)


def _between(span: upsample.Span, previous: StageFrame, frame: StageFrame, times: Times) -> list[StageFrame]:
    root, local = upsample.at(span, times)
    local = rotation.continuous(np.concatenate([previous.rotations[None], local]))[1:]
    positions, _ = kinematics.forward(HUMANOID, root, local)
    shares = 1.0 - (frame.audio_time - times) * FRAME_RATE
    contacts = previous.contacts + shares[:, None, None] * (frame.contacts - previous.contacts)
    arrays = [array.astype(np.float32) for array in (root, local, positions, contacts)]
    return [
        replace(
            frame,
            audio_time=float(time),
            report=_report(previous.report, frame.report, float(share)),
            root_position=arrays[0][n],
            rotations=arrays[1][n],
            positions=arrays[2][n],
            contacts=arrays[3][n],
        )
        for n, (time, share) in enumerate(zip(times, shares, strict=True))
    ]


def _report(before: BeatReport, after: BeatReport, share: float) -> BeatReport:
    """The beat `share` of the way from one frame's to the next one's; phases go the short way round."""
    beat = before.beat_phase + share * _round(after.beat_phase - before.beat_phase)
    bar = before.bar_phase + share * _round(after.bar_phase - before.bar_phase)
    same_beat = before.beat_phase <= beat < 1.0 and after.beat_phase < before.beat_phase
    return replace(
        after,
        beat_phase=beat % 1.0,
        bar_phase=bar % 1.0,
        beat_in_bar=before.beat_in_bar if same_beat else after.beat_in_bar,
    )


def _round(phase: float) -> float:
    """The same phase in -0.5 to 0.5."""
    return (phase + 0.5) % 1.0 - 0.5
