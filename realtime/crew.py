"""A crew: where each dancer stands, and who of them follows dancer 0, how many beats behind. Pure.

    step(crew, beat phase, period, bodies as each would dance alone) -> bodies as they are shown, crew'

All dancers of the batch go on dancing by themselves, unseen while they follow, so that leaving is never a beginning.
A follower shows what dancer 0 has danced, read from a ring of its past by the beat: a canon stays on the beat where the
tempo drifts, which the same inputs, delayed, would not. Whoever changes from one to the other is eased over a second.
"""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from audio.config import FRAME_RATE
from motion import pose, rotation
from motion.rotation import Floats
from motion.skeleton import BONES
from realtime import formation
from realtime.formation import SPACING, Glide

Bools = NDArray[np.bool_]

CANON_RANGE = (0.0, 16.0)  # beats from one dancer to the next
UNISON = ("off", "alike", "mirrored")
LONGEST_BEATS = 64.0  # a canon longer than this begins again with dancer 0
PAST_FRAMES = 1056  # 64 beats at the slowest tempo
FADE_FRAMES = FRAME_RATE  # one second
MOST_SLEW = 0.25  # of the beat's own pace: how the crew follows a beat that was moved
RECOUNTED = math.log(1.4)  # a tempo that changes by more is another way of counting the same music

_SIDES = (pose.MIRROR_PERMUTATION[pose.ROTATIONS].reshape(len(BONES), 6)[:, 0] - pose.ROTATIONS.start) // 6
_SOLES = pose.MIRROR_PERMUTATION[pose.CONTACTS] - pose.CONTACTS.start
_MIRRORED = np.array([1.0, -1.0, -1.0, 1.0])
_IDENTITY = np.array([0.0, 0.0, 0.0, 1.0])


class Plan(NamedTuple):
    """What a crew is asked for."""

    formation: str = "line"
    spacing: float = SPACING
    canon: float = 0.0  # beats: dancer n shows what dancer n - 1 showed so long ago; 0: no canon
    unison: int = 0  # index of UNISON: each their own, all alike, every second one mirrored

    def describe(self) -> str:
        """A few words for the banner."""
        words = [self.formation if self.formation in formation.NAMES else "places by hand"]
        words += [f"canon by {self.canon:g} beats"] if self.canon else []
        return ", ".join(words + ([f"unison {UNISON[self.unison]}"] if self.unison else []))


class Bodies(NamedTuple):
    """N dancers in one frame, float64."""

    root: Floats  # [N, 3] metres: from each one's place, or in the world
    local: Floats  # [N, 22, 4] xyzw; the hips' is its world rotation
    contacts: Floats  # [N, 4]


class Past(NamedTuple):
    """What dancer 0 danced. `beats` is in order, the newest last; its frame j lies at slot (head + j) mod W."""

    beats: Floats  # [W]; infinitely long ago where nothing was danced yet
    bodies: Bodies  # W bodies, written in place
    head: int


class Roles(NamedTuple):
    """Who follows, and how."""

    follows: Bools  # [N]
    behind: Floats  # [N] beats
    mirrored: Bools  # [N]


class Fade(NamedTuple):
    """What is left of where a dancer came from when its role changed."""

    root: Floats  # [N, 3]
    turn: Floats  # [N, 22, 4]
    age: NDArray[np.int64]  # [N] frames


class Crew(NamedTuple):
    """All that a crew remembers."""

    plan: Plan  # as asked for
    placed: tuple[str, float]  # the formation and spacing that the dancers stand in, or go to
    glide: Glide
    beats: float  # the crew's own count: smooth where the beat's clock leaps
    period: float  # s
    past: Past
    roles: Roles  # as shown last
    fade: Fade


def begin(plan: Plan, dancers: int) -> Crew:
    """Dancers at rest in their places, none of whom has danced yet. Raises StageError for a formation that is none."""
    bodies = _empty(PAST_FRAMES if dancers > 1 else 1)
    still = np.zeros(dancers, bool)
    return Crew(
        plan=plan,
        placed=plan[:2],
        glide=formation.rest(formation.places(plan.formation, dancers, plan.spacing)),
        beats=0.0,
        period=0.5,
        past=Past(np.full(len(bodies.root), -np.inf), bodies, 0),
        roles=Roles(still, np.zeros(dancers), still),
        fade=Fade(np.zeros((dancers, 3)), _empty(dancers).local, np.full(dancers, FADE_FRAMES)),
    )


def step(crew: Crew, beat_phase: float, period: float, alone: Bodies) -> tuple[Bodies, Crew]:
    """One frame: beat_phase (0-1) and period (s) at the pose's own instant, bodies from each one's place.

    Another `plan` put into the crew is gone over to now: its formation must be one. Writes into the past of the crew
    that is given, so go on with the returned one. The bodies are in the world.
    """
    crew = _glide(crew)
    if len(alone.root) > 1:
        crew = _record(_count(crew, beat_phase, period), alone)
        crew = crew._replace(fade=crew.fade._replace(age=np.minimum(crew.fade.age + 1, FADE_FRAMES)))
        roles = _roles(crew)
        changed = _differ(roles, crew.roles)
        if changed.any():
            fade = _fade(crew.fade, _cast(crew.past, crew.roles, crew.beats, alone), changed,
                         _cast(crew.past, roles, crew.beats, alone))  # fmt: skip
            crew = crew._replace(roles=roles, fade=fade)
    return hold(crew, alone), crew


def hold(crew: Crew, alone: Bodies) -> Bodies:
    """The bodies in the world as the crew shows them now; nothing moves on."""
    shown = _eased(_cast(crew.past, crew.roles, crew.beats, alone), crew.fade)
    root = shown.root.copy()
    root[:, ::2] += formation.now(crew.glide)
    return shown._replace(root=root)


def mirror(bodies: Bodies) -> Bodies:
    """Left and right exchanged, across the plane x = 0."""
    return Bodies(bodies.root * (-1.0, 1.0, 1.0), bodies.local[:, _SIDES] * _MIRRORED, bodies.contacts[:, _SOLES])


def _glide(crew: Crew) -> Crew:
    """One frame on towards the places; off to others where they are asked for."""
    if crew.plan[:2] == crew.placed:
        return crew._replace(glide=formation.move(crew.glide))
    where = formation.places(crew.plan.formation, len(crew.fade.age), crew.plan.spacing)
    glide = formation.move(formation.begin(crew.glide, where, FRAME_RATE))
    return crew._replace(placed=crew.plan[:2], glide=glide)


def _empty(count: int) -> Bodies:
    return Bodies(np.zeros((count, 3)), np.tile(_IDENTITY, (count, len(BONES), 1)), np.zeros((count, 4)))


def _count(crew: Crew, beat_phase: float, period: float) -> Crew:
    """The crew's count, one frame on: at the beat's pace, and towards its phase without a jump.

    Where the tempo is counted otherwise than before (half, double) all that was danced is counted anew.
    """
    advance = 1.0 / (FRAME_RATE * period)
    if abs(math.log(crew.period / period)) > RECOUNTED:
        anew = crew.period / period
        past = crew.past._replace(beats=crew.beats - (crew.beats - crew.past.beats) * anew)
        crew = crew._replace(past=past, roles=crew.roles._replace(behind=crew.roles.behind * anew))
    error = (beat_phase - crew.beats - advance + 0.5) % 1.0 - 0.5
    slew = min(max(error, -MOST_SLEW * advance), MOST_SLEW * advance)
    return crew._replace(beats=crew.beats + advance + slew, period=period)


def _record(crew: Crew, alone: Bodies) -> Crew:
    """Dancer 0 of this frame becomes the newest of the past."""
    past = crew.past
    for kept, danced in zip(past.bodies, alone, strict=True):
        kept[past.head] = danced[0]
    beats = np.append(past.beats[1:], crew.beats)
    return crew._replace(past=past._replace(beats=beats, head=(past.head + 1) % len(beats)))


def _roles(crew: Crew) -> Roles:
    """Who follows now: all but dancer 0 where the plan says so, as soon as what they shall show has been danced."""
    n = np.arange(len(crew.fade.age))
    plan = crew.plan
    behind = n * plan.canon % LONGEST_BEATS
    known = crew.beats - behind >= crew.past.beats[np.isfinite(crew.past.beats).argmax()]
    follows = (n > 0) & known & bool(plan.canon or plan.unison)
    return Roles(follows, behind, (n % 2 == 1) & (UNISON[plan.unison] == "mirrored"))


def _differ(roles: Roles, before: Roles) -> Bools:
    """Whose role has changed, [N]."""
    otherwise = (roles.behind != before.behind) | (roles.mirrored != before.mirrored)
    changed: Bools = (roles.follows != before.follows) | (roles.follows & otherwise)
    return changed


def _cast(past: Past, roles: Roles, beats: float, alone: Bodies) -> Bodies:
    """Each dancer as its role has it, still from its own place."""
    if not roles.follows.any():
        return alone
    followed = read(past, beats - roles.behind[roles.follows])
    turned = roles.mirrored[roles.follows]
    shown = Bodies(*(part.copy() for part in alone))
    for part, straight, mirrored in zip(shown, followed, mirror(followed), strict=True):
        part[roles.follows] = np.where(turned.reshape(-1, *[1] * (straight.ndim - 1)), mirrored, straight)
    return shown


def read(past: Past, beats: Floats) -> Bodies:
    """What was danced at these beats [M], between two frames where need be; the oldest where that is forgotten."""
    frames = len(past.beats)
    after = np.clip(np.searchsorted(past.beats, beats, side="left"), 1, frames - 1)
    first, last = past.beats[after - 1], past.beats[after]
    danced = np.isfinite(first)
    span = np.where(danced, last - np.where(danced, first, 0.0), 1.0)
    part = np.clip(np.where(danced, 1.0 - (last - beats) / span, 1.0), 0.0, 1.0)
    one, other = (past.head + after - 1) % frames, (past.head + after) % frames
    root, local, contacts = past.bodies
    weight = part[:, None]
    return Bodies(
        root[one] + weight * (root[other] - root[one]),
        rotation.nlerp(local[one], local[other], weight),
        contacts[one] + weight * (contacts[other] - contacts[one]),
    )


def _fade(fade: Fade, shown: Bodies, changed: Bools, coming: Bodies) -> Fade:
    """Begin to ease those who changed from what they show to what is coming."""
    left = _eased(shown, fade)
    turn = rotation.multiply(left.local, rotation.inverse(coming.local))
    return Fade(
        np.where(changed[:, None], left.root - coming.root, fade.root),
        np.where(changed[:, None, None], turn, fade.turn),
        np.where(changed, 0, fade.age),
    )


def _eased(bodies: Bodies, fade: Fade) -> Bodies:
    """The bodies with what is left of where they came from."""
    if (fade.age >= FADE_FRAMES).all():
        return bodies
    done = fade.age / FADE_FRAMES
    left = (1.0 - done * done * (3.0 - 2.0 * done))[:, None]
    turn = rotation.slerp(np.broadcast_to(_IDENTITY, fade.turn.shape), fade.turn, left)
    return bodies._replace(root=bodies.root + left * fade.root, local=rotation.multiply(turn, bodies.local))
