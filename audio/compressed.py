"""What soundfile does not read (m4a, aac, ogg with a cover picture, video), through PyAV, imported here alone."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from audio.config import AudioError

F32 = NDArray[np.float32]


def open_blocks(path: Path, on_warning: Callable[[str], None]) -> tuple[int, Iterator[F32]]:
    """As audio.files.open_blocks. Raises AudioError where PyAV is missing or finds no sound."""
    try:
        import av
    except ImportError:
        raise AudioError(f"{path}: this kind of file is read by PyAV; pip install av, or convert it to flac") from None
    try:
        container = av.open(str(path), metadata_errors="ignore")
    except (av.error.FFmpegError, OSError):
        raise AudioError(f"{path}: is damaged or of an unknown kind; convert it to wav, flac, ogg or mp3") from None
    if not container.streams.audio:
        container.close()
        raise AudioError(f"{path}: holds no audio track; name a file with sound")
    stream = container.streams.audio[0]
    return int(stream.rate), _read(container, stream, path, on_warning)


def _read(container: Any, stream: Any, path: Path, on_warning: Callable[[str], None]) -> Iterator[F32]:
    import av

    rate, done, cut = int(stream.rate), 0, False
    expected = float(stream.duration * stream.time_base) if stream.duration else 0.0
    to_planar = av.AudioResampler(format="fltp", rate=rate)
    with container:
        frames = container.decode(stream)
        while True:
            try:
                frame = next(frames, None)
            except (av.error.FFmpegError, OSError):
                cut = True
                break
            if frame is None:
                break
            for planar in to_planar.resample(frame):
                done += planar.samples
                yield np.asarray(planar.to_ndarray().mean(axis=0), np.float32)
        if done and (cut or done / rate < expected - 0.2):
            on_warning(f"{path}: is cut off; played {done / rate:.1f} s, to its last good sample")
