"""The beats of a song, as the engine announces them: python -m tools.beats song.mp3 --ahead-ms 150.

It hears the song as the stage does, frame by frame, and says each beat once, while it is still that far ahead;
nothing is revised.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from tqdm import tqdm

from audio import announce, beat
from audio.announce import Announcement, Heard
from audio.config import FRAME_RATE, AudioError
from audio.files import open_blocks
from tools import beats_plot

F32 = NDArray[np.float32]

CLICK_SECONDS = 0.04
CLICK_HZ, DOWNBEAT_HZ = 1_000.0, 1_600.0
CLICK_GAIN, SONG_GAIN = 0.5, 0.5  # the two together stay below full scale

EXAMPLES = """\
examples:
  python -m tools.beats song.mp3                                each beat as it is announced
  python -m tools.beats song.mp3 --ahead-ms 150 --out b.txt     seconds, position in bar, seconds heard by then
  python -m tools.beats song.mp3 --bpm-range 80:160             it hears half or double the tempo? say what it can be
  python -m tools.beats song.mp3 --click song_clicks.wav        listen: high clicks are downbeats
  python -m tools.beats song.mp3 --plot song.png                look: onsets, phase, tempo, confidence
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with one line on stderr."""
    wanted = _parser().parse_args(argv)
    try:
        _check(wanted)
        said, trace = listen(wanted)
        if wanted.out:
            write_beats(wanted.out, said)
        if wanted.click:
            write_clicks(wanted.song, wanted.click, said)
        if wanted.plot:
            with appearing_whole(wanted.plot) as part:
                beats_plot.draw(trace, said, wanted.song.name, part, wanted.plot.suffix[1:])
    except AudioError as err:
        print(f"tools.beats: {err}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    for written in (wanted.out, wanted.click, wanted.plot):
        if written:
            print(f"{written}: {len(said)} beats", file=sys.stderr)
    return 0


def listen(wanted: argparse.Namespace) -> tuple[list[Announcement], list[beats_plot.Point]]:
    """Hear the song; print the beats as they come, where they are not written to a file."""
    rate, blocks = open_blocks(wanted.song, lambda line: print(f"tools.beats: {line}", file=sys.stderr))
    state = announce.init(wanted.ahead_ms / 1e3)
    said: list[Announcement] = []
    trace: list[beats_plot.Point] = []
    hidden = None if wanted.out else True  # the lines are bar enough
    stream = announce.hear(rate, blocks, beat.init(*_tempi(wanted.bpm_range)))
    for heard in tqdm(stream, total=_frames(wanted.song), unit="frame", desc=wanted.song.name, disable=hidden):
        new, state = announce.push(state, heard.clock, heard.audio_time)
        said += new
        if wanted.plot:
            trace.append(beats_plot.point(heard))
        if new and not wanted.out:
            _print(new, heard, wanted.ahead_ms / 1e3)
    return said, trace


def write_beats(out: Path, said: list[Announcement]) -> None:
    """Lines of seconds, position in bar and known_at, rounded so that no beat seems to be announced too late."""
    lines = [
        f"{np.ceil(one.time * 1e5) / 1e5:.5f}\t{one.position_in_bar}\t{np.floor(one.known_at * 1e5) / 1e5:.5f}\n"
        for one in said
    ]
    with appearing_whole(out) as part:
        part.write_text("".join(lines), "utf-8")


def write_clicks(song: Path, out: Path, said: list[Announcement]) -> None:
    """The song at its own rate, mono, with a click on each beat, downbeats higher: 16-bit WAV."""
    rate, blocks = open_blocks(song)
    clicks = [(round(one.time * rate), _click(rate, one.position_in_bar == 1)) for one in said]
    start = 0
    with appearing_whole(out) as part, soundfile.SoundFile(part, "w", rate, 1, "PCM_16", format="WAV") as file:
        for block in blocks:
            mixed = np.clip(block, -1.0, 1.0) * np.float32(SONG_GAIN)
            clicks = [(at, click) for at, click in clicks if at + len(click) > start]
            for at, click in clicks:
                if at >= start + len(block):
                    break
                first, last = max(at, start), min(at + len(click), start + len(block))
                mixed[first - start : last - start] += click[first - at : last - at]
            file.write(mixed)
            start += len(block)


@contextmanager
def appearing_whole(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes `path` at the end, or vanishes."""
    part = path.with_name(path.name + ".part")
    try:
        yield part
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.beats",
        description="Print the beats of a song as they are announced: seconds, position in bar, bpm, confidence.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("song", type=Path, help="any sound file")
    parser.add_argument("--out", type=Path, metavar="BEATS.txt", help="write beats here instead of printing them")
    parser.add_argument("--ahead-ms", type=float, default=0.0, metavar="N", help="announce so long before (default: 0)")
    parser.add_argument(
        "--bpm-range", default=f"{beat.SLOWEST_BPM:g}:{beat.FASTEST_BPM:g}", metavar="A:B", help="tempi to look among"
    )
    parser.add_argument("--click", type=Path, metavar="OUT.wav", help="the song with clicks on its beats")
    parser.add_argument("--plot", type=Path, metavar="OUT.png", help="a picture (png, pdf or svg)")
    return parser


def _check(wanted: argparse.Namespace) -> None:
    announce.init(wanted.ahead_ms / 1e3)
    _tempi(wanted.bpm_range)
    outputs = [path for path in (wanted.out, wanted.click, wanted.plot) if path]
    for path in outputs:
        if not path.parent.is_dir():
            raise AudioError(f"there is no folder {path.parent}: make it first")
        if path.is_dir():
            raise AudioError(f"{path}: is a folder; name a file in it")
        if path.resolve() == wanted.song.resolve():
            raise AudioError(f"{path}: is the song itself; choose another name")
    if len({path.resolve() for path in outputs}) < len(outputs):
        raise AudioError("two of --out, --click and --plot have the same name")
    if wanted.click and wanted.click.suffix.lower() != ".wav":
        raise AudioError(f"--click {wanted.click} should end in .wav")
    if wanted.plot and wanted.plot.suffix.lower() not in beats_plot.SUFFIXES:
        raise AudioError(f"--plot {wanted.plot} should end in {', '.join(beats_plot.SUFFIXES)}")
    if wanted.plot and find_spec("matplotlib") is None:
        raise AudioError("--plot needs matplotlib: pip install matplotlib")


def _tempi(text: str) -> tuple[float, float]:
    try:
        low, high = map(float, text.split(":"))
    except ValueError:
        raise AudioError(f"--bpm-range {text}: give two tempi like 80:160") from None
    if not beat.SLOWEST_BPM <= low < high <= beat.FASTEST_BPM:
        raise AudioError(f"--bpm-range {text}: from {beat.SLOWEST_BPM:g} to {beat.FASTEST_BPM:g}, the lower one first")
    return low, high


def _print(new: list[Announcement], heard: Heard, ahead: float) -> None:
    for one in new:
        bpm = beat.predict(heard.clock, ahead).bpm
        line = f"{one.time:9.3f} s  beat {one.position_in_bar}  {bpm:6.1f} bpm  confidence {one.confidence:.2f}"
        print(line, flush=True)


def _click(rate: int, downbeat: bool) -> F32:
    time = np.arange(round(CLICK_SECONDS * rate)) / rate
    wave = np.sin(2.0 * np.pi * (DOWNBEAT_HZ if downbeat else CLICK_HZ) * time) * np.exp(-time / 0.008)
    return (CLICK_GAIN * wave).astype(np.float32)


def _frames(song: Path) -> int | None:
    """How many frames the song will give, for the bar; None where its header does not say."""
    try:
        return int(soundfile.info(song).duration * FRAME_RATE)
    except (soundfile.LibsndfileError, OSError):
        return None


if __name__ == "__main__":
    sys.exit(main())
