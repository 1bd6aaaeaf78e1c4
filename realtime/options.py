"""The words of the command line: its parser, and the same words from a TOML file."""

import argparse
import tomllib
from pathlib import Path
from typing import Any, NoReturn

from realtime import formation, presets, start_pose
from realtime.controls import BPM_RANGE, LEAD_MS_RANGE, SEED_LIMIT, Command, SetSeed, SetStyle, check_bpm
from realtime.crew import CANON_RANGE, UNISON, Plan
from realtime.frame import StageError

EXAMPLES = """\
examples:
  python -m realtime.run                                     the microphone, the best dancer, a window or the terminal
  python -m realtime.run --device demo                       no microphone needed: made-up music without end
  python -m realtime.run --device file:song.mp3 --sink vmc   a song, to VSeeFace, Warudo, Unity on this machine
  python -m realtime.run --device "USB" --sink osc:192.168.1.20:7700 --sink npz:take1.npz
  python -m realtime.run --device file:song.wav --pace fast --sink npz:dance.npz      as fast as it can
  python -m realtime.run --device mic --bpm-range 80:160     it hears half or double the tempo? say what it can be
  python -m realtime.run --device mic --clock midi:DJM       a DJ's mixer or sequencer tells the beat; or: link
  python -m realtime.run --device mic --dancers 6 --formation circle --canon 2 --style street,salsa      a crew
  python -m realtime.run --smoke-test                        does all of it work here?

sinks are written NAME[:TARGET][,option=value...]; --list-sinks says which there are. A config file has the same words:
  device = "mic"
  sink = ["view", "vmc:127.0.0.1:39539"]
  [controls]
  energy = 0.9
  [dancer.1]          counted from 0
  style = "street"
  seed = 7
  mirror = 1
"""
OSCQUERY_PORT = 7702


class Parser(argparse.ArgumentParser):
    """argparse that answers a mistake by one line."""

    def error(self, message: str) -> NoReturn:
        """Raise what the command line prints as its one line."""
        raise StageError(f"{message}; --help shows how")


def _bpm_range(text: str) -> tuple[float, float]:
    """LOW:HIGH or LOW-HIGH in bpm."""
    low, _, high = text.replace("-", ":").partition(":")
    try:
        found = float(low), float(high)
        for bpm in found:
            check_bpm(bpm)
    except StageError as err:
        raise argparse.ArgumentTypeError(str(err)) from None
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} should be LOW:HIGH as in 80:160") from None
    if found[0] >= found[1]:
        raise argparse.ArgumentTypeError(f"{text!r} should have the lower tempo first, as in 80:160")
    return found


def _seeds(text: str) -> tuple[int, ...]:
    """N, or N,N,..."""
    try:
        return tuple(int(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"invalid int value: {text!r}") from None


class _Sinks(argparse.Action):
    """Gathers `--sink`; those of the command line replace those of a config file."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        before = getattr(namespace, self.dest)
        setattr(namespace, self.dest, [values] if before is self.default else [*before, values])


def build_parser() -> Parser:
    """All options; their defaults are None where a config file may speak."""
    parser = Parser(
        prog="python -m realtime.run",
        description="Dance live to music: sound in, a trained dancer out.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    sound = (
        'mic | loopback | demo | file:PATH | a device\'s INDEX | "part of its name" (default: mic); features:HOST:PORT'
    )
    sound += ": what another stage hears, told by its --sink features"
    add("--device", default="mic", metavar="WHAT", help=sound)
    sinks = "where poses go, repeatable (default: view or terminal, and osc)"
    add("--sink", action=_Sinks, metavar="NAME[:TARGET]", help=sinks)
    add("--dancer", metavar="NAME|FILE", help="a shipped dancer, or a .onnx or .pt file (default: the best one)")
    add("--engine", default="auto", choices=["auto", "onnx", "torchscript"], help="what computes the dancer")
    add("--dancers", type=int, default=1, metavar="N", help="how many dance (default: 1)")
    add("--style", metavar="NAME[,NAME...]", help="the style they begin in; of several each dancer takes the next one")
    seeds = "same seed, same music: same dance; of several each dancer takes the next one (default: 0)"
    add("--seed", type=_seeds, default=(0,), metavar="N[,N...]", help=seeds)
    places = "line | circle | grid | X,Z;X,Z;... in metres: where the dancers stand (default: line)"
    add("--formation", default="line", metavar="WHERE", help=places)
    spacing = f"metres between neighbours (default: {formation.SPACING:g})"
    add("--spacing", type=float, default=formation.SPACING, metavar="M", help=spacing)
    canon = "each dancer does what the one before did so many beats ago (default: 0, no canon)"
    add("--canon", type=float, default=0.0, metavar="BEATS", help=canon)
    add("--unison", default="off", choices=UNISON, help="all do what the first one does; mirrored: every second one")
    add("--start-pose", metavar="FILE.npz[@S]", help="wait for music in the pose that a recording has at S seconds")
    add("--pace", default="live", choices=["live", "fast"], help="files and demo only (default: live)")
    add("--duration", type=float, metavar="SECONDS", help="stop after so much sound")
    add("--lead-ms", type=float, default=0.0, metavar="MS", help="dance so much earlier (default: 0)")
    tempi = f"where the tempo is looked for (default: {BPM_RANGE[0]:g}:{BPM_RANGE[1]:g})"
    add("--bpm-range", type=_bpm_range, default=BPM_RANGE, metavar="LOW:HIGH", help=tempi)
    add("--bpm", type=float, metavar="BPM", help="hold this tempo; where its beats lie is heard")
    add("--clock", metavar="midi[:PORT]|link", help="beats from MIDI clock (PORT: part of its name) or Ableton Link")
    add("--control", default="", metavar="[HOST:]PORT|off", help="OSC in (default: 127.0.0.1:7701)")
    tells = f"tell over HTTP what can be controlled, as OSCQuery (default port: {OSCQUERY_PORT})"
    add("--oscquery", type=int, nargs="?", const=OSCQUERY_PORT, metavar="PORT", help=tells)
    kept = f"where presets are kept (default: {presets.FILE})"
    add("--presets", type=Path, metavar="FILE.toml", help=kept)
    add("--config", metavar="FILE.toml", help="read options from a file; the command line wins")
    add("--stats", metavar="FILE.json", help="write the timings there at the end")
    add("--list-devices", action="store_true", help="the sound inputs, and stop")
    add("--list-dancers", action="store_true", help="the shipped dancers, and stop")
    add("--list-sinks", action="store_true", help="the sinks and what they take, and stop")
    add("--smoke-test", action="store_true", help="three seconds of demo through everything; OK or what is wrong")
    return parser


def parse(argv: list[str] | None) -> tuple[argparse.Namespace, list[Command]]:
    """The options, and what to ask of the dancers at their first frame. Raises StageError, one line.

    `seed` of the options is the show's: the first where there are several.
    """
    parser = build_parser()
    options = parser.parse_args(argv)
    tables: dict[str, Any] = {}
    if options.config:
        words = _read(Path(options.config).expanduser())
        tables = {name: words.pop(name) for name in ("controls", "dancer") if isinstance(words.get(name), dict)}
        parser.set_defaults(**_checked(options.config, words, parser))
        options = parser.parse_args(argv)
    _check(options)
    _check_crew(options)
    options.start_pose = start_pose.read(options.start_pose) if options.start_pose else None
    seeds, options.seed = options.seed, options.seed[0]
    return options, [*_each_its_own(options, seeds), *_asked(options.config, tables)]


def plan(options: argparse.Namespace) -> Plan:
    """How the dancers begin as a crew."""
    return Plan(options.formation, options.spacing, options.canon, UNISON.index(options.unison))


def _each_its_own(options: argparse.Namespace, seeds: tuple[int, ...]) -> list[Command]:
    """Styles and seeds, dealt out one after the other where there are several."""
    styles = options.style.split(",") if options.style else []
    if len(styles) == 1:
        found: list[Command] = [SetStyle(styles[0])]
    else:
        found = [SetStyle(styles[n % len(styles)], 1.0, n) for n in range(options.dancers) if styles]
    if len(seeds) > 1:
        found += [SetSeed(seeds[n % len(seeds)], n) for n in range(options.dancers)]
    return found


def _asked(config: str, tables: dict[str, Any]) -> list[Command]:
    try:
        return presets.commands(tables)
    except StageError as err:
        raise StageError(f"--config {config}: {err}") from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text())
    except OSError as err:
        raise StageError(f"--config cannot read {path}: {err.strerror}; check the spelling and the folder") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
        raise StageError(f"--config {path} is not TOML: {err}") from None


def _checked(name: str, words: dict[str, Any], parser: Parser) -> dict[str, Any]:
    """The file's words as the parser's own defaults, each checked as if it stood on the command line."""
    actions = {action.dest: action for action in parser._actions if action.dest not in ("help", "config")}
    found: dict[str, Any] = {}
    for word, value in words.items():
        key = word.replace("-", "_")
        if key not in actions:
            known = ", ".join(key.replace("_", "-") for key in actions)
            raise StageError(
                f"--config {name} has an unknown word {word!r}: it may have {known}, [controls], [dancer.N]"
            )
        values = value if isinstance(value, list) and key == "sink" else [value]
        if isinstance(value, bool) or any(isinstance(one, list | dict | bool) for one in values):
            raise StageError(f"--config {name}: {word} should be a text or a number")
        arguments = [f"--{key.replace('_', '-')}={one}" for one in values]
        found[key] = getattr(parser.parse_args(arguments), key)
    return found


def _check(options: argparse.Namespace) -> None:
    """The numbers that argparse lets pass. Raises StageError."""
    if not 1 <= options.dancers <= 1024:
        raise StageError(f"--dancers {options.dancers} must be 1 to 1024")
    for seed in options.seed:
        if not 0 <= seed < SEED_LIMIT:
            raise StageError(f"--seed {seed} must be 0 to {SEED_LIMIT - 1}")
    if options.duration is not None and not 0 < options.duration < float("inf"):
        raise StageError(f"--duration {options.duration} must be a number of seconds above 0")
    low, high = LEAD_MS_RANGE
    if not low <= options.lead_ms <= high:
        raise StageError(f"--lead-ms {options.lead_ms:g} must be {low:g} to {high:g}")
    if options.bpm is not None:
        try:
            check_bpm(options.bpm)
        except StageError as err:
            raise StageError(f"--bpm: {err}") from None
    if options.clock and options.pace == "fast":
        raise StageError(f"--clock {options.clock} tells the time of day: it needs --pace live")
    if options.device.partition(":")[0] == "features" and (
        options.clock or options.bpm or options.bpm_range != BPM_RANGE
    ):
        raise StageError("--device features: the beat comes from that stage: give --clock, --bpm, --bpm-range there")
    if options.stats and not Path(options.stats).expanduser().parent.is_dir():
        raise StageError(f"--stats: there is no folder {Path(options.stats).parent}: make it first")
    if options.oscquery is not None:
        if options.control == "off":
            raise StageError("--oscquery tells of the control port: leave --control off away")
        if not 0 < options.oscquery < 65536:
            raise StageError(f"--oscquery {options.oscquery} must be a port, 1 to 65535")


def _check_crew(options: argparse.Namespace) -> None:
    for name, (low, high) in (("spacing", formation.SPACING_RANGE), ("canon", CANON_RANGE)):
        if not low <= getattr(options, name) <= high:
            raise StageError(f"--{name} {getattr(options, name):g} must be {low:g} to {high:g}")
    try:
        formation.places(options.formation, options.dancers, options.spacing)
    except StageError as err:
        raise StageError(f"--formation: {err}") from None
