"""Songs with exactly known beats, in a folder: python -m tools.songs OUT --songs 24

Each is NAME.wav with NAME.beats beside it, a line a beat, `seconds<TAB>position in bar` (1 is the downbeat);
songs.json says what each is, and from when on the beat must be found anew (`events`). All of it is sequenced here from
a seed: the same command writes the same bytes.
"""

import argparse
import json
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from tqdm import tqdm

from audio import room
from audio.config import RATE, AudioError
from audio.demo_styles import STYLES
from model.ear import kits as kit_folder
from model.ear import material
from model.ear.material import Example

FORMATS = {"wav": "PCM_16", "flac": "PCM_16"}
SHORTEST, LONGEST = 5.0, 3600.0  # s of a song
ANEW = {"cut": "cut", "jump": "jump", "return": "break", "start": "start"}  # after what the beat is found anew
GOES_ON = {"over", "fade in"}  # what does not end the beat of before
LEAST_BEATS = 16  # until the next event: with fewer nobody could tell when the beat is found
EPILOG = """\
kinds (--kind, as many as you like; the songs take turns; default: song, improvised, medley):
  whole songs    song (a named style), improvised (a groove that no style has), plain (a style, clean and complete)
  tempo          steady, human, drift, rubato, jump, slow (55-80 bpm), fast (160-210)
  rhythm         swing, waltz, compound (three to the beat: 12/8 and its like), sparse, drums (alone), upbeat
                 (the beat is soft), offbeat (it may not be heard at all), club (bass between the bass drums),
                 "head nod" (slow, with eighths that all but pass for beats), ticking (hats on the beats alone, bass
                 drum and bass around them)
  a show         medley, cut (to another song), break (of four bars), room (a drawn one)
  no music       silence, noise, speech, applause, or "not music" for any; their .beats are empty
  a style        by its name: {styles}

rooms (--room, all songs through the same): {rooms}

examples:
  python -m tools.songs out/ --songs 8 --kind waltz            eight waltzes
  python -m tools.songs out/ --kind swing slow --room phone    swing and slow songs through a telephone
  python -m tools.songs out/ --kit samples/                    some with recorded drums (a folder with index.json)
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line; 0, or 2 with one line on stderr."""
    wanted = _parser().parse_args(argv)
    try:
        _check(wanted)
        kits = kit_folder.load(wanted.kit) if wanted.kit else None
        wanted.out.mkdir(parents=True, exist_ok=True)
        rows = []
        for index in tqdm(range(wanted.songs), desc="songs", unit="song", disable=None):
            kind = wanted.kind[index % len(wanted.kind)]
            made = through(material.of_kind(kind, wanted.seed + index, wanted.seconds, kits), wanted.room, wanted.seed)
            name = f"{kind.replace(' ', '_').replace('/', '-')}_{wanted.seed + index}"
            rows.append(
                write(made, wanted.out, name, wanted.format) | {"seed": wanted.seed + index, "room": wanted.room}
            )
        (wanted.out / "songs.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    except (AudioError, OSError) as err:
        print(f"tools.songs: {err}", file=sys.stderr)
        return 2
    print(f"{wanted.out}: {len(rows)} songs, {sum(row['beats'] for row in rows)} beats")
    return 0


def through(made: Example, name: str | None, seed: int) -> Example:
    """The example as it is heard in a room of room.ROOMS."""
    if name is None:
        return made
    return replace(
        made, samples=room.hear(made.samples, room.ROOMS[name], np.random.default_rng([seed, len(made.beats)]))
    )


def write(made: Example, folder: Path, name: str, suffix: str) -> dict[str, Any]:
    """Write NAME.suffix and NAME.beats; what songs.json says of them."""
    soundfile.write(folder / f"{name}.{suffix}", made.samples, RATE, subtype=FORMATS[suffix])
    lines = [f"{beat:.6f}\t{position}\n" for beat, position in zip(made.beats, made.positions, strict=True)]
    (folder / f"{name}.beats").write_text("".join(lines), "utf-8")
    return {
        "name": name,
        "kind": made.kind,
        "style": made.style,
        "tempo": made.tempo,
        "bpm": round(made.bpm, 3),
        "metre": int(made.positions.max(initial=0)),
        "beats": len(made.beats),
        "seconds": len(made.samples) / RATE,
        "events": events(made),
    }


def events(made: Example) -> list[dict[str, Any]]:
    """The moments from which the beat must be found anew: cuts, jumps of tempo, ends of breaks, starts after a gap."""
    told = [(seconds, kind) for seconds, kind in made.events if kind not in GOES_ON]
    ends = [*(seconds for seconds, _ in told), float("inf")][1:]
    return [
        {"seconds": round(seconds, 3), "kind": ANEW[kind]}
        for (seconds, kind), end in zip(told, ends, strict=False)
        if kind in ANEW
        and seconds > 0.0
        and np.count_nonzero((made.beats >= seconds) & (made.beats < end)) >= LEAST_BEATS
    ]


def _folded(text: str) -> str:
    """In lines under each other, as wide as the kinds are told in."""
    return textwrap.fill(text, 100).replace("\n", "\n" + " " * 17)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tools.songs",
        description=(
            "Write songs with exactly known beats to a folder: NAME.wav, NAME.beats (seconds, tab, place in the bar) "
            "and songs.json. Train on them, or score the beat engine: python -m model.evaluate --beats OUT."
        ),
        epilog=EPILOG.format(rooms=", ".join(room.ROOMS), styles=_folded(", ".join(STYLES))),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("out", type=Path, metavar="OUT", help="a folder that is not there yet, or empty")
    parser.add_argument("--songs", type=int, default=24, metavar="N", help="how many (default: 24)")
    parser.add_argument("--seconds", type=float, default=60.0, metavar="S", help="of each (default: 60)")
    parser.add_argument(
        "--seed",
        type=int,
        default=1000,
        metavar="N",
        help="of the first song; the next have the next numbers (default: 1000)",
    )
    parser.add_argument("--kind", nargs="+", default=["song", "improvised", "medley"], metavar="NAME", help="see below")
    parser.add_argument(
        "--kit", type=Path, metavar="FOLDER", help="recorded drums (CC0) to mix in, with their index.json"
    )
    parser.add_argument(
        "--room", metavar="NAME", help="play them through a room, see below (default: as they were made)"
    )
    parser.add_argument("--format", choices=FORMATS, default="wav", help="of the sound (default: wav)")
    return parser


def _check(wanted: argparse.Namespace) -> None:
    """Raises AudioError before anything is written."""
    for kind in wanted.kind:
        material.check(kind)
    if wanted.room is not None and wanted.room not in room.ROOMS:
        raise AudioError(f"--room {wanted.room}: is none of {', '.join(room.ROOMS)}")
    if wanted.songs < 1:
        raise AudioError(f"--songs {wanted.songs} must be 1 or more")
    if not SHORTEST <= wanted.seconds <= LONGEST:
        raise AudioError(f"--seconds {wanted.seconds:g} must be {SHORTEST:g} to {LONGEST:g}")
    if wanted.seed < 0:
        raise AudioError(f"--seed {wanted.seed} must be 0 or more")
    if wanted.out.exists() and not wanted.out.is_dir():
        raise AudioError(f"{wanted.out}: is a file; name a folder")
    if wanted.out.is_dir() and any(wanted.out.iterdir()):
        raise AudioError(f"{wanted.out}: is not empty; name another folder, or empty it first")


if __name__ == "__main__":
    sys.exit(main())
