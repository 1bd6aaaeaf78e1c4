"""A dance as .mp4 with its music: our own figure, drawn without a window, through ffmpeg.

Picture j is shown at j / fps seconds of the sound and shows the pose that was danced for that instant: pose frames lead
the sound they were made from, so a picture waits until the sound has come to it.
"""

import os
import subprocess
import tempfile
from collections import deque
from pathlib import Path

os.environ.setdefault("PYGAME_HIDE_SUPPORT_PROMPT", "1")

import pygame

from motion.kinematics import forward
from motion.skeleton import HUMANOID
from realtime.frame import StageError, StageFrame
from realtime.sinks.base import Sink
from realtime.view_camera import Camera
from realtime.view_scene import Scene
from tools.dance_ffmpeg import command

LEAST_CONFIDENCE = 0.1  # of the beat, for its ring to be drawn
SETTLED = 60.0  # s: the camera begins where it would be after so long


class VideoSink(Sink):
    """One picture for each pose, straight to ffmpeg; nothing is kept."""

    keeps_late = True

    def __init__(self, path: Path, song: Path, size: tuple[int, int], rate: float, seconds: float | None) -> None:
        self.rate = rate
        self._size = size
        self._coming: deque[StageFrame] = deque()  # poses for an instant that was not heard yet
        self._pictures = 0
        self._studio: Studio | None = None
        self._path, self._errors = path, tempfile.TemporaryFile()  # noqa: SIM115, closed with the sink
        self._ffmpeg = subprocess.Popen(
            command(path, song, size, rate, seconds), stdin=subprocess.PIPE, stderr=self._errors, start_new_session=True
        )  # Ctrl-C is for us, who then end it

    def send(self, frame: StageFrame) -> None:
        """Draw the pictures whose sound has been heard by now."""
        if frame.audio_time + frame.lead < 0:
            return
        if self._studio is None:
            self._studio = Studio(self._size, frame, self.rate)
            self._coming.extend([frame] * round((frame.audio_time + frame.lead) * self.rate))  # the first one is held
        self._coming.append(frame)
        while self._coming and self._pictures / self.rate < frame.audio_time:
            self._write(self._studio.draw(self._coming.popleft(), self._pictures / self.rate))
            self._pictures += 1

    def close(self) -> None:
        """Let ffmpeg finish."""
        if self._ffmpeg.stdin:
            self._ffmpeg.stdin.close()
        if self._ffmpeg.wait():
            raise self._failure()
        if not self._pictures:
            self._path.unlink(missing_ok=True)
        self._errors.close()

    def abandon(self) -> None:
        """End ffmpeg; its file is not whole."""
        self._ffmpeg.kill()
        self._ffmpeg.wait()
        self._errors.close()

    def _write(self, picture: memoryview) -> None:
        try:
            assert self._ffmpeg.stdin
            self._ffmpeg.stdin.write(picture)
        except BrokenPipeError:
            self._ffmpeg.wait()
            raise self._failure() from None

    def _failure(self) -> StageError:
        self._errors.seek(0)
        lines = self._errors.read().decode(errors="replace").strip().splitlines()
        return StageError(f"ffmpeg could not make {self._path.name}: {lines[-1] if lines else 'it said nothing'}")


class Studio:
    """Camera, floor and figures."""

    def __init__(self, size: tuple[int, int], first: StageFrame, rate: float) -> None:
        _open_no_window()
        self._picture = pygame.Surface(size, 0, 32)
        self._scene, self._camera, self._rate = Scene(), Camera(width=size[0], height=size[1]), rate
        self._camera.follow(first.root_position, SETTLED)

    def draw(self, frame: StageFrame, now: float) -> memoryview:
        """The pixels, blue green red and nothing, of a pose that is shown `now` seconds after the beginning."""
        self._camera.follow(frame.root_position, 1 / self._rate)
        positions, world = forward(HUMANOID, frame.root_position, frame.rotations)
        bodies = [(n, positions[n], world[n]) for n in range(len(positions))]
        report = frame.report
        sure = report.confidence * report.music
        pulse = sure * (1 - report.beat_phase) ** 3
        ring = report.beat_phase if sure > LEAST_CONFIDENCE else 1.0
        self._scene.draw(self._picture, self._camera, bodies, now, float(pulse), ring)
        return memoryview(self._picture.get_buffer().raw)


def _open_no_window() -> None:
    """SDL for drawing alone, whether there is a display or not."""
    before = os.environ.get("SDL_VIDEODRIVER")
    os.environ["SDL_VIDEODRIVER"] = "dummy"
    try:
        pygame.display.init()
        pygame.display.set_mode((1, 1))
    finally:
        del os.environ["SDL_VIDEODRIVER"]
        if before is not None:
            os.environ["SDL_VIDEODRIVER"] = before
