"""Dance to songs without a stage: python -m tools.dance song.mp3 dance.mp4

The stage's own loop as fast as it goes, so the poses are the same bits as those of `realtime.run --pace fast`. What is
written appears whole or not at all.
"""

import argparse
import contextlib
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import soundfile
from tqdm import tqdm

from audio.config import FRAME_RATE, AudioError
from export.manifest import DancerFileError
from motion.skeleton import MotionError
from realtime import dancers, options
from realtime.engines.base import Engine
from realtime.engines.open import open_engine
from realtime.frame import StageError
from realtime.loop import run_stream
from realtime.session import Session
from realtime.sinks.base import HIGHEST_RATE, StageInfo
from realtime.sinks.open import Sinks
from realtime.sources.file import FileSource
from tools.dance_ffmpeg import ffmpeg
from tools.dance_files import FORMATS, BarSink, Wanted, open_sink, pixels

STAGE = (
    "--dancer", "--engine", "--dancers", "--style", "--seed", "--formation", "--spacing", "--canon", "--unison",
    "--duration", "--start-pose", "--lead-ms", "--bpm-range", "--bpm", "--config",
)  # fmt: skip
SOUND = {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".aif", ".aiff"}
EPILOG = """\
OUT says by its ending what is wanted:
  .mp4   a video with the music; needs ffmpeg          .npz   all poses, beats and controls, 15 a second
  .glb   glTF animation with a plain body              .bvh   motion capture for Blender and others
  .vrma  VRM animation for VRM avatars                 .json  OpenPose BODY_25, an array of pictures
Of several dancers .glb, .vrma and .bvh make a file for each, OUT_0, OUT_1 ... A folder of songs, or several songs, go
into a folder: say which by --format.

examples:
  python -m tools.dance song.mp3 dance.mp4 --dancers 3 --style salsa
  python -m tools.dance song.mp3 dance.glb --fps 30
  python -m tools.dance playlist/ dances/ --format vrma
"""
USER_ERRORS = (StageError, AudioError, DancerFileError, MotionError)
INTERRUPTED = 130


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with a line on stderr for whatever could not be danced."""
    try:
        wanted, stage = _parse(None if argv is None else list(argv))
        pairs = _plan(wanted)
        asked = options.parse(stage)
        if any(out.suffix.lower() == ".mp4" for _, out in pairs):
            ffmpeg()
        engine = open_engine(dancers.find(asked[0].dancer), asked[0].engine)
        failed = 0
        for number, (song, out) in enumerate(pairs, 1):
            name = f"{number}/{len(pairs)} {song.name}" if len(pairs) > 1 else song.name
            failed += not _dance_or_say(song, out, name, wanted, asked, engine, one_of_many=len(pairs) > 1)
    except USER_ERRORS as err:
        say(str(err))
        return 2
    except OSError as err:
        say(f"cannot write {err.filename or 'the dance'}: {err.strerror}")
        return 2
    except KeyboardInterrupt:
        say("interrupted; what was not finished is not written")
        return INTERRUPTED
    return 2 if failed else 0


def say(line: str) -> None:
    """A line for whoever watches the console, above the bar."""
    tqdm.write(f"tools.dance: {line}", file=sys.stderr)


def _dance_or_say(
    song: Path, out: Path, name: str, wanted: Wanted, asked: Any, engine: Engine, one_of_many: bool
) -> bool:
    """Dance to one song; of many, one that cannot be danced is said and passed over."""
    try:
        dance_to(song, out, name, wanted, asked, engine)
    except USER_ERRORS as err:
        if not one_of_many:
            raise
        say(str(err))
        return False
    return True


def dance_to(song: Path, out: Path, name: str, wanted: Wanted, asked: Any, engine: Engine) -> None:
    """One song into `out` (or a file for each dancer beside it). Raises what the user can mend."""
    stage, commands = asked
    source = FileSource(song, say)
    beats = (stage.bpm_range, stage.bpm, None, None, options.plan(stage))
    session = Session(engine, source.rate, stage.dancers, stage.seed, stage.lead_ms, *beats, stage.start_pose)
    for command in commands:
        session.commands.put(command)
    manifest = engine.manifest
    info = StageInfo(manifest, stage.dancers, stage.seed, FRAME_RATE, session.lead, manifest.styles)
    poses = None if stage.duration is None else max(1, round(stage.duration * FRAME_RATE))
    began = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix=".dance.", dir=out.parent) as folder,
        tqdm(total=_length(song, poses), unit="pose", desc=name, disable=None) as bar,
    ):
        sink = open_sink(Path(folder) / out.name, song, info, wanted, stage.duration)
        sinks = Sinks([(out.name, sink), ("bar", BarSink(bar))], _refuse)
        try:
            run_stream(source, session, sinks, poses)
            sinks.close()
        except BaseException:
            with contextlib.suppress(OSError):
                sink.abandon()
            raise
        made = [path for path in Path(folder).iterdir() if path.is_file()]
        if not made:
            raise StageError(f"{song}: is shorter than one pose, 1/15 s")
        for path in made:
            os.replace(path, out.parent / path.name)
    seconds, spent = session.moment.index / FRAME_RATE, time.perf_counter() - began
    files = f"{out.parent / min(made).name}" + (f" and {len(made) - 1} more" if len(made) > 1 else "")
    print(f"{files}: {session.moment.index} poses, {seconds:.1f} s of dance, made in {spent:.0f} s")


def _refuse(_: str) -> None:
    """Off stage nothing goes on without the file that was asked for: the sink's own failure goes on up."""
    raise


def _parse(argv: list[str] | None) -> tuple[Wanted, list[str]]:
    """What is wanted here, and the words for the stage's own parser. Raises StageError."""
    parser = options.Parser(
        prog="python -m tools.dance",
        usage="python -m tools.dance SONG|FOLDER [SONG ...] OUT [options]",
        description="Dance to songs, into files.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("paths", nargs="+", type=Path, metavar="SONG ... OUT", help="sound files or folders, then OUT")
    parser.add_argument("--format", choices=FORMATS, help="what to make of each song in a folder OUT")
    parser.add_argument(
        "--fps", type=float, metavar="N", help="poses a second of .glb, .vrma, .bvh, .mp4 (60), .json (30)"
    )
    parser.add_argument(
        "--size", default="1280x720", metavar="WxH", help="pixels of .mp4 and .json (default: 1280x720)"
    )
    for action in options.build_parser()._actions:
        if action.option_strings and action.option_strings[0] in STAGE:
            parser.add_argument(
                action.option_strings[0], metavar=action.metavar or action.dest.upper(), help=action.help
            )
    given = parser.parse_intermixed_args(argv)
    words = [f"{name}={value}" for name in STAGE if (value := getattr(given, name[2:].replace("-", "_"))) is not None]
    if len(given.paths) < 2:
        raise StageError("name a song and what to make of it, as in: python -m tools.dance song.mp3 dance.mp4")
    if given.fps is not None and not FRAME_RATE <= given.fps <= HIGHEST_RATE:
        raise StageError(f"--fps {given.fps:g} must be {FRAME_RATE:g} to {HIGHEST_RATE:g}")
    wanted = Wanted(tuple(given.paths[:-1]), given.paths[-1], given.format, given.fps, pixels(given.size))
    return wanted, ["--pace=fast", "--control=off", *words]


def _plan(wanted: Wanted) -> list[tuple[Path, Path]]:
    """Each song and its file. Raises StageError; a folder OUT that is missing is made."""
    songs = [song for path in wanted.songs for song in (_songs_in(path) if path.is_dir() else [path])]
    out = wanted.out.expanduser()
    many = len(songs) > 1 or any(path.is_dir() for path in wanted.songs)
    if not (many or out.is_dir() or wanted.format):
        if out.suffix.lower() not in FORMATS.values():
            raise StageError(f"{out} should end in {', '.join(FORMATS.values())}")
        if not out.absolute().parent.is_dir():
            raise StageError(f"there is no folder {out.parent}: make it first")
        return [(songs[0], out)]
    if wanted.format is None:
        raise StageError(f"{out} is to be a folder of dances: say of which kind by --format {'|'.join(FORMATS)}")
    names = [song.stem for song in songs]
    if not out.absolute().parent.is_dir():
        raise StageError(f"there is no folder {out.parent}: make it first")
    if out.exists() and not out.is_dir():
        raise StageError(f"{out} is a file: name a folder for the dances")
    out.mkdir(exist_ok=True)
    files = [song.name if names.count(song.stem) > 1 else song.stem for song in songs]
    return [(song, out / (file + FORMATS[wanted.format])) for song, file in zip(songs, files, strict=True)]


def _songs_in(folder: Path) -> list[Path]:
    found = sorted(path for path in folder.iterdir() if path.suffix.lower() in SOUND and path.is_file())
    if not found:
        raise StageError(f"{folder} holds no songs ({', '.join(sorted(SOUND))})")
    return found


def _length(song: Path, most: int | None) -> int | None:
    """How many poses the song will give, for the bar; None where its header does not say."""
    try:
        poses = int(soundfile.info(song).duration * FRAME_RATE)
    except (soundfile.LibsndfileError, OSError):
        return most
    return poses if most is None else min(poses, most)


if __name__ == "__main__":
    sys.exit(main())
