"""What the control port understands, as the JSON tree of OSCQuery (github.com/Vidvox/OSCQueryProposal). Pure."""

from dataclasses import dataclass
from typing import Any

from realtime.controls import BPM_RANGE, LEAD_MS_RANGE, NUDGE_MS_RANGE, Controls
from realtime.crew import CANON_RANGE, UNISON
from realtime.formation import SPACING_RANGE

WRITE_ONLY, READ_WRITE = 2, 3
MOST_DANCERS = 16  # that are told one by one: nobody turns the knobs of a thousand
MOST_SEED = 2**31 - 1  # what an OSC `i` holds
Limits = tuple[float, float] | tuple[str, ...] | None  # lowest and highest, or the words there are, or anything
Values = dict[str, tuple[Any, ...]]  # address: its arguments now
Node = dict[str, Any]


@dataclass(frozen=True)
class Word:
    """One address: its type tags, what each argument may be, and what it does."""

    address: str
    tags: str
    about: str
    limits: tuple[Limits, ...] = ()


WORDS = (
    Word("/dance/seed", "i", "another seed, another dance", ((0, MOST_SEED),)),
    Word("/dance/freeze", "i", "1 holds the pose", ((0, 1),)),
    Word("/dance/record", "i", "0 ends the take of all recordings, 1 begins another", ((0, 1),)),
    Word("/dance/reset", "N", "back to the first state and place"),
    Word("/dance/lead", "f", "dance so many milliseconds earlier", (LEAD_MS_RANGE,)),
    Word("/dance/hello", "N", "introduce the show again"),
    Word("/dance/formation", "s", "line, circle, grid, or X,Z;X,Z;... in metres", (None,)),
    Word("/dance/spacing", "f", "metres between neighbours", (SPACING_RANGE,)),
    Word("/dance/canon", "f", "each dancer does what the one before did so many beats ago; 0: none", (CANON_RANGE,)),
    Word("/dance/unison", "i", f"{', '.join(f'{n}: {w}' for n, w in enumerate(UNISON))}", ((0, len(UNISON) - 1),)),
    Word("/dance/preset", "s", "recall what was kept under this name", (None,)),
    Word("/dance/preset/record", "s", "keep what is set under this name", (None,)),
    Word("/dance/tap", "N", "one tap; from the fourth on tempo and beat are obeyed"),
    Word("/dance/bpm", "f", "hold this tempo; 0: hear it again", ((0.0, BPM_RANGE[1]),)),
    Word("/dance/phase", "f", "the beat's phase is this now", ((0.0, 1.0),)),
    Word("/dance/half", "N", "the beat is half as fast"),
    Word("/dance/double", "N", "the beat is twice as fast"),
    Word("/dance/nudge", "f", "bring the beat forward by so many milliseconds", (NUDGE_MS_RANGE,)),
    Word("/dance/downbeat", "N", "the nearest beat is the first of its bar"),
    Word("/dance/range", "ff", "look for the tempo between these", (BPM_RANGE, BPM_RANGE)),
)


def words(controls: Controls) -> list[Word]:
    """All addresses of a show: the table above, and the dancers' controls, for all of them and for each."""
    found = list(WORDS)
    for where in ("", *(f"dancer/{n}/" for n in range(min(controls.dancers, MOST_DANCERS)))):
        found += [
            Word(f"/dance/set/{where}{spec.name}", "f", spec.about, ((spec.low, spec.high),)) for spec in controls.specs
        ]
        if controls.styles:
            styles = (tuple(controls.styles), (0.0, 1.0))
            found.append(Word(f"/dance/set/{where}style", "sf", "fade to a style: its name and weight", styles))
        if where:
            found.append(Word(f"/dance/set/{where}seed", "i", "a chance of its own", ((0, MOST_SEED),)))
    if "mirror" in controls.names:
        found.append(Word("/dance/mirror", "f", "1: left and right change places", ((0.0, 1.0),)))
    return found


def tree(controls: Controls, values: Values) -> Node:
    """The root node; an address with a value can be read, the others only written."""
    root = _container("/")
    root["DESCRIPTION"] = "a dancer that hears music"
    for word in words(controls):
        node = root
        *above, name = word.address.strip("/").split("/")
        for depth, part in enumerate(above):
            path = "/" + "/".join(above[: depth + 1])
            node = node.setdefault("CONTENTS", {}).setdefault(part, _container(path))
        node.setdefault("CONTENTS", {}).setdefault(name, {}).update(_leaf(word, values.get(word.address)))
    return root


def _container(path: str) -> Node:
    return {"FULL_PATH": path, "ACCESS": 0, "CONTENTS": {}}


def _leaf(word: Word, value: tuple[Any, ...] | None) -> Node:
    node: Node = {"FULL_PATH": word.address, "DESCRIPTION": word.about, "TYPE": word.tags}
    node["ACCESS"] = WRITE_ONLY if value is None else READ_WRITE
    if word.limits:
        node["RANGE"] = [_range(limits) for limits in word.limits]
    if value is not None:
        node["VALUE"] = list(value)
    return node


def _range(limits: Limits) -> Node:
    match limits:
        case None:
            return {}
        case (str(), *_):
            return {"VALS": list(limits)}
        case _:
            return {"MIN": limits[0], "MAX": limits[1]}


def find(root: Node, path: str) -> Node | None:
    """The node of a path, or None."""
    node: Node | None = root
    for part in filter(None, path.split("/")):
        node = (node or {}).get("CONTENTS", {}).get(part)
    return node
