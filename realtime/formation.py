"""Where the dancers of a crew have their places, and the way from one formation to the next. Pure.

Places are [N, 2]: x (the dancers' left, right for who looks at them) and z (towards who looks), metres, dancer n at
row n. A glide eases all dancers at once, on ways that bend around each other.
"""

import itertools
import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from realtime.frame import StageError

F64 = NDArray[np.float64]
C128 = NDArray[np.complex128]

NAMES = ("line", "circle", "grid")
SPACING, SPACING_RANGE = 1.4, (0.6, 10.0)  # metres between neighbours
ROW = 8  # dancers of a line side by side; more stand behind them
CLOSEST = 0.5  # metres between two places given by hand
FARTHEST = 100.0  # metres from the middle

GLIDE_SECONDS = 2.0  # at least
GLIDE_SPEED = 1.0  # metres a second on the way, on average, at most
APART = 0.7  # metres that dancers keep from each other on the way, where that can be had
MOST_AVOIDING = 16  # dancers; more go straight
ROUNDS = 60  # of giving way to each other, when a glide is planned: 6 ms for 16 dancers
ECHO = 60  # characters of a wrong formation in its refusal


def places(text: str, dancers: int, spacing: float = SPACING) -> F64:
    """The places [N, 2] of a formation: one of NAMES, or X,Z;X,Z;... in metres. Raises StageError, one line."""
    match text.strip():
        case "line":
            return _line(dancers, spacing)
        case "circle":
            return _circle(dancers, spacing)
        case "grid":
            return _rows(dancers, math.ceil(math.sqrt(dancers)), spacing, middle=True)
        case own:
            return _by_hand(own, dancers)


def _line(dancers: int, spacing: float) -> F64:
    return _rows(dancers, ROW, spacing, middle=False)


def _rows(dancers: int, row: int, spacing: float, middle: bool) -> F64:
    """Rows of at most `row` beside each other, centred, the first in front; its z is 0, or else the middle's is."""
    n = np.arange(dancers)
    in_row = np.minimum(dancers - n // row * row, row)
    x = (n % row - (in_row - 1) / 2) * spacing
    z = -(n // row) * spacing
    return np.stack([x, z - (z[-1] / 2 if middle else 0.0)], axis=1).astype(np.float64)


def _circle(dancers: int, spacing: float) -> F64:
    """Dancer 0 in front, the others round to the left of who dances; neighbours `spacing` apart."""
    if dancers == 1:
        return np.zeros((1, 2))
    angle = 2 * np.pi * np.arange(dancers) / dancers
    radius = spacing / (2 * math.sin(math.pi / dancers))
    return radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)


def _by_hand(text: str, dancers: int) -> F64:
    try:
        found = np.array([[float(number) for number in pair.split(",")] for pair in text.rstrip("; ").split(";")])
    except ValueError:  # no number, or rows of different lengths
        found = np.empty(0)
    if found.ndim != 2 or found.shape[1] != 2 or not np.isfinite(found).all():
        known = ", ".join(NAMES)
        raise StageError(f"no formation is {text[:ECHO]!r}: use {known}, or X,Z;X,Z;... in metres")
    if len(found) < dancers:
        raise StageError(f"the formation has {len(found)} places for {dancers} dancers: give one X,Z for each")
    found = found[:dancers]
    if np.abs(found).max() > FARTHEST:
        raise StageError(f"the formation reaches {np.abs(found).max():g} m out: stay within {FARTHEST:g} m")
    if pair := _closest(found):
        raise StageError(f"the places of dancers {pair[0]} and {pair[1]} are less than {CLOSEST:g} m apart")
    return found


def _closest(found: F64) -> tuple[int, int] | None:
    """The first two of the places [N, 2] that are too near to each other."""
    for n, place in enumerate(found):
        near = np.flatnonzero(np.linalg.norm(found[n + 1 :] - place, axis=1) < CLOSEST)
        if len(near):
            return n, n + 1 + int(near[0])
    return None


class Glide(NamedTuple):
    """All dancers on their way from one formation to the next; at rest once `age` has reached `frames`."""

    start: C128  # [N] x + iz, metres
    end: C128  # [N]
    speed: C128  # [N] with which they began, metres a frame
    bend: C128  # [2, N] metres: how far each one leaves the straight way, as one arch and as two
    frames: int
    age: int


def rest(where: F64) -> Glide:
    """Standing at the places [N, 2]."""
    there = where[:, 0] + 1j * where[:, 1]
    return Glide(there, there, np.zeros_like(there), np.zeros((2, len(there)), np.complex128), 1, 1)


def begin(glide: Glide, where: F64, fps: float) -> Glide:
    """Leave from where the dancers are, as fast as they are, for the places [N, 2]."""
    start, before = _at(glide, glide.age), _at(glide, max(glide.age - 1, 0))
    end = where[:, 0] + 1j * where[:, 1]
    seconds = max(GLIDE_SECONDS, float(np.abs(end - start).max()) / GLIDE_SPEED)
    return Glide(start, end, start - before, _giving_way(start, end), math.ceil(seconds * fps), 0)


def move(glide: Glide) -> Glide:
    """One frame on."""
    return glide._replace(age=min(glide.age + 1, glide.frames))


def now(glide: Glide) -> F64:
    """Where the dancers' places are: [N, 2]."""
    there = _at(glide, glide.age)
    return np.array([there.real, there.imag]).T


def _at(glide: Glide, age: int) -> C128:
    if age >= glide.frames:
        return glide.end
    u = age / glide.frames
    done = u * u * (3.0 - 2.0 * u)
    carried = glide.speed * (glide.frames * u * (1.0 - u) ** 2)  # what is left of the speed they had
    bent = _arches(np.array([done]))[:, 0] @ glide.bend
    there: C128 = glide.start + done * (glide.end - glide.start) + bent + carried
    return there


def _arches(done: F64) -> F64:
    """The two shapes of a detour [2, S], 0 at the start and the end of the way."""
    return np.sin(np.pi * np.outer([1.0, 2.0], done))


def _giving_way(start: C128, end: C128) -> C128:
    """Bends [2, N] that keep the dancers from each other: whoever comes too near is pushed aside, over and over."""
    dancers = len(start)
    bend = np.zeros((2, dancers), np.complex128)
    if not 1 < dancers <= MOST_AVOIDING:
        return bend
    bend[0] = 0.05j * (end - start)  # all keep to the same side: two who change places pass
    done = np.linspace(0.0, 1.0, 17)[1:-1]
    arches, straight = _arches(done), start[:, None] + done * (end - start)[:, None]
    one, other = np.array(list(itertools.combinations(range(dancers), 2))).T
    pushed = np.eye(dancers)[:, one] - np.eye(dancers)[:, other]  # [N, pairs]
    best, most = bend, -1.0
    for _ in range(ROUNDS):
        way = straight + bend.T @ arches
        apart = way[one] - way[other]
        near = np.abs(apart)
        if near.min() > most:
            best, most = bend, near.min()
        if most >= APART:
            break
        push = np.maximum(1.05 * APART - near, 0.0) / np.maximum(near, 1e-9) * apart
        bend = bend + (pushed @ push @ arches.T).T / len(done)
    return best
