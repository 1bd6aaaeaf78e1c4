"""ffmpeg: where it is, and what it is asked for."""

import shutil
from importlib import import_module
from pathlib import Path

from realtime.frame import StageError


def ffmpeg() -> str:
    """The program: the system's, else that of the package imageio-ffmpeg. Raises StageError."""
    if found := shutil.which("ffmpeg"):
        return found
    try:
        path: str = import_module("imageio_ffmpeg").get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        raise StageError(
            "an .mp4 needs ffmpeg: install it (apt install ffmpeg, brew install ffmpeg), or pip install imageio-ffmpeg"
        ) from None
    return path


def command(path: Path, song: Path, size: tuple[int, int], rate: float, seconds: float | None) -> list[str]:
    """An .mp4 of raw pictures (blue, green, red, nothing) from standard input and the first `seconds` of a song."""
    pictures = ["-f", "rawvideo", "-pix_fmt", "bgr0", "-s", f"{size[0]}x{size[1]}", "-r", f"{rate:g}", "-i", "pipe:0"]
    sound = [*([] if seconds is None else ["-t", f"{seconds:.6f}"]), "-i", str(song)]
    colours = ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
    to_video = ["-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p", *colours]
    to_video += ["-c:v", "libx264", "-preset", "veryfast", "-crf", "18"]
    to_sound = ["-c:a", "aac", "-b:a", "192k"]
    quiet = ["-y", "-nostdin", "-loglevel", "error"]
    streams = ["-map", "0:v", "-map", "1:a:0"]
    return [ffmpeg(), *quiet, *pictures, *sound, *streams, *to_video, *to_sound, "-movflags", "+faststart", str(path)]
