"""Reading a song as a stream of mono blocks; the whole file is never in memory."""

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from audio.config import AudioError

F32 = NDArray[np.float32]

BLOCK = 4096  # samples of a file that are read at a time
OGG_PAGE, OGG_END_OF_STREAM = 65_307, 0x04  # RFC 3533: most bytes of a page; a flag of its header
CLOSE = 0.1  # s: encoders round a length up to whole packets
KINDS = "wav, flac, ogg, mp3, or m4a"


def open_blocks(path: str | Path, on_warning: Callable[[str], None] = lambda text: None) -> tuple[int, Iterator[F32]]:
    """Open a song: its rate (Hz) and its mono float32 blocks [n >= 1], channels averaged.

    Raises AudioError (one line) for what is missing, empty or no sound. A file that is cut off in its middle plays to
    its last good sample; `on_warning` is then called once with a line.
    """
    path = Path(path)
    _check_is_file(path)
    try:
        rate, blocks = _open_with_soundfile(path, on_warning)
    except soundfile.LibsndfileError:
        rate, blocks = _open_compressed(path, on_warning)
    first = next(blocks, None)
    if first is None:
        raise AudioError(f"{path}: holds no audio samples; export the song again")
    return rate, _chain(first, blocks)


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        raise AudioError(f"{path}: is a folder; name one song in it")
    if not path.exists():
        raise AudioError(f"{path}: no such file; check the spelling and the folder")
    try:
        with path.open("rb") as file:
            head = file.read(1)
    except OSError as error:
        raise AudioError(f"{path}: cannot be read ({error.strerror}); check its permissions") from None
    if not head:
        raise AudioError(f"{path}: is empty (0 bytes); copy or export the song again")


def _chain(first: F32, rest: Iterator[F32]) -> Iterator[F32]:
    yield first
    yield from rest


def _open_with_soundfile(path: Path, on_warning: Callable[[str], None]) -> tuple[int, Iterator[F32]]:
    file = soundfile.SoundFile(path)
    return int(file.samplerate), _read_with_soundfile(file, path, on_warning)


def _read_with_soundfile(file: soundfile.SoundFile, path: Path, on_warning: Callable[[str], None]) -> Iterator[F32]:
    done, cut = 0, _says_it_is_cut(file, path)
    with file:
        while True:
            try:
                block = file.read(BLOCK, dtype="float32", always_2d=True)
            except soundfile.LibsndfileError:
                cut = True
                break
            if not len(block):
                break
            done += len(block)
            yield np.asarray(block.mean(axis=1), np.float32)
        if done and (cut or done / file.samplerate < file.frames / file.samplerate - CLOSE):
            on_warning(f"{path}: is cut off; played {done / file.samplerate:.1f} s, to its last good sample")


def _says_it_is_cut(file: soundfile.SoundFile, path: Path) -> bool:
    """What libsndfile does not tell: a wav is shorter than its header says, an Ogg stream has no last page."""
    if file.format == "OGG":
        with path.open("rb") as raw:
            raw.seek(max(0, path.stat().st_size - OGG_PAGE))
            tail = raw.read()
        last = tail.rfind(b"OggS")
        return last < 0 or len(tail) < last + 6 or not tail[last + 5] & OGG_END_OF_STREAM
    return "should be" in file.extra_info.partition("data :")[2].partition("\n")[0]


def _open_compressed(path: Path, on_warning: Callable[[str], None]) -> tuple[int, Iterator[F32]]:
    with path.open("rb") as file:
        head = file.read(12)
    if not _looks_like_media(head):
        raise AudioError(f"{path}: is not a sound file that can be read; use {KINDS}")
    from audio import compressed  # PyAV is optional

    return compressed.open_blocks(path, on_warning)


def _looks_like_media(head: bytes) -> bool:
    """Whether a file soundfile refuses may be one for PyAV: MP4, Ogg, Matroska, RIFF, ADTS or MP3 frames, ASF, FORM."""
    frames = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0
    known = (b"OggS", b"\x1aE\xdf\xa3", b"RIFF", b"ID3", b"0&\xb2u", b"FORM", b"fLaC", b"caff", b"RF64")
    return head[4:8] == b"ftyp" or frames or head.startswith(known)
