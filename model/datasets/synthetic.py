"""Made-up dances that step exactly on a given beat: for tests and first trials, where truth has to be known.

A move is key places in musical time: where each foot stands on each beat. Feet travel in the half beat before they
land; hips, trunk and arms swing with the beat; the legs are two hinged bones from hip joint to ankle.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from model.datasets.take import Take
from motion import kinematics, retarget, rotation
from motion.rotation import Floats
from motion.skeleton import BONES, HUMANOID

Array = NDArray[np.float64]
FPS = 60.0
_STEP = 0.28  # metres to the side
_HALF_STANCE = 0.10
_LIFT = 0.07  # metres a foot rises on its way
_SWING = 0.5  # beats a foot travels before it lands
_ANKLE = kinematics.rest_positions(HUMANOID)[BONES.index("leftFoot"), 1]


@dataclass(frozen=True)
class _Move:
    """left, right: where each foot lands on each beat of the cycle, metres to the left of the middle of the floor."""

    left: tuple[float, ...]
    right: tuple[float, ...]
    bounce: float  # metres the hips sink on the beat
    arms: float  # radians the arms swing


_W, _S = _HALF_STANCE, _STEP
MOVES = {
    "two-step": _Move((_S + _W, _S + _W, _S + _W, _W), (-_W, _S - _W, -_W, -_W), 0.03, 0.35),
    "side-step": _Move(
        (_S + _W, _S + _W, 2 * _S + _W, 2 * _S + _W, 2 * _S + _W, _S + _W, _S + _W, _W),
        (-_W, _S - _W, _S - _W, 2 * _S - _W, _S - _W, _S - _W, -_W, -_W),
        0.02,
        0.8,
    ),
    "bounce": _Move((1.6 * _W,), (-1.6 * _W,), 0.07, 0.5),
}


def load(path: Path) -> list[Take]:
    """Twelve dances of half a minute, always the same. `path` is not looked at: nothing is on disk."""
    del path
    return dances()


def dances(seed: int = 0, takes: int = 12, seconds: float = 30.0) -> list[Take]:
    """`takes` dances of `seconds` each at 60 fps; moves take turns, tempo (90-135 bpm) and manner come from the seed.

    style is the move. The first beat comes up to one beat after the first frame. The last dance of each move is for
    validation where there are two of it.
    """
    names = list(MOVES)
    made = []
    for number in range(takes):
        rng = np.random.default_rng((seed, number))
        name = names[number % len(names)]
        split = "val" if len(names) <= number >= takes - len(names) else "train"
        made.append(dance(name, float(rng.uniform(90.0, 135.0)), seconds, rng, f"{name}_{number:02d}", split))
    return made


def dance(
    style: str, bpm: float, seconds: float, rng: np.random.Generator, name: str = "dance", split: str = "train"
) -> Take:
    """One dance of the move `style` at `bpm`; `rng` decides where in the beat it begins and how it is danced."""
    time = np.arange(round(seconds * FPS)) / FPS
    offset = float(rng.uniform(0.0, 1.0))
    beat = time * bpm / 60.0 - offset
    root, local = _body(MOVES[style], beat, rng)
    beats = (np.arange(np.ceil(beat[0]), beat[-1]) + offset) * 60.0 / bpm
    return Take(
        name, "synthetic", style, split, "CC0: made by this program", FPS, root, local,
        np.ones(len(BONES), dtype=np.bool_), beats=beats, notes={"bpm": f"{bpm:.3f}"},
    )  # fmt: skip


def _body(move: _Move, beat: Array, rng: np.random.Generator) -> tuple[Array, Array]:
    """Beat number of each frame (T,) -> root (T, 3), local rotations (T, 22, 4)."""
    wave = 2 * np.pi * beat
    manner = rng.uniform(0.6, 1.0, size=6)
    feet = [_foot(np.array(keys), beat) for keys in (move.left, move.right)]
    middle = (feet[0][:, 0] + feet[1][:, 0]) / 2
    root = np.zeros((len(beat), 3))
    root[:, 0] = middle + 0.02 * manner[0] * np.sin(wave / 2)
    root[:, 1] = HUMANOID.offsets[0, 1] - 0.06 - move.bounce * manner[1] * (1 + np.cos(wave)) / 2
    world = np.zeros((len(beat), len(BONES), 4))
    world[..., 3] = 1.0
    hips = rotation.about_y(0.15 * manner[2] * np.sin(wave / 2))
    bent = rotation.from_euler("YZX", np.stack([-0.3 * np.sin(wave / 2), 0.1 * np.sin(wave / 2), 0.04 + 0 * wave], -1))
    trunk = rotation.multiply(hips, rotation.slerp(_identity(bent), bent, np.full(len(beat), manner[3])))
    nod = rotation.multiply(trunk, rotation.from_euler("X", 0.12 * manner[4] * (1 + np.cos(wave))[:, None] / 2))
    for bone, turn in (("hips", hips), ("upperChest", trunk), ("head", nod)):
        world[:, BONES.index(bone)] = turn
    for bone, low, high, share in (
        ("spine", hips, trunk, 1 / 3),
        ("chest", hips, trunk, 2 / 3),
        ("neck", trunk, nod, 0.5),
    ):
        world[:, BONES.index(bone)] = rotation.slerp(low, high, np.full(len(beat), share))
    for side, ankle in zip(("left", "right"), feet, strict=True):
        _leg(world, side, root, ankle)
        _arm(world, side, trunk, wave, move.arms * manner[5])
    return root, retarget.to_local(world, HUMANOID)


def _foot(keys: Array, beat: Array) -> Array:
    """Ankle (T, 3): on beat n the foot lands at keys[n mod cycle], having left half a beat before."""
    number = np.floor(beat).astype(np.intp)
    here, there = keys[number % len(keys)], keys[(number + 1) % len(keys)]
    share = np.clip((beat - number - (1 - _SWING)) / _SWING, 0.0, 1.0)
    eased = (1 - np.cos(np.pi * share)) / 2
    lift = np.where(here != there, _LIFT * np.sin(np.pi * share) ** 2, 0.0)
    return np.stack([here + (there - here) * eased, _ANKLE + lift, np.zeros(len(beat))], axis=-1)


def _leg(world: Floats, side: str, root: Array, ankle: Array) -> None:
    """Thigh, shin and foot so that the ankle is where it should be, knee ahead, sole level (law of cosines)."""
    upper, lower, foot, toes = (BONES.index(side + bone) for bone in ("UpperLeg", "LowerLeg", "Foot", "Toes"))
    hips = world[:, 0]
    reach = ankle - root - rotation.rotate(hips, HUMANOID.offsets[upper])
    distance = np.linalg.norm(reach, axis=-1)
    thigh, shin = (float(np.linalg.norm(HUMANOID.offsets[bone])) for bone in (lower, foot))
    lean = np.arccos(np.clip((thigh**2 + distance**2 - shin**2) / (2 * thigh * distance), -1.0, 1.0))
    knee = np.pi - np.arccos(np.clip((thigh**2 + shin**2 - distance**2) / (2 * thigh * shin), -1.0, 1.0))
    rest_bend = np.arctan2(-HUMANOID.offsets[foot, 2], -HUMANOID.offsets[foot, 1])
    straight = rotation.multiply(rotation.shortest_arc(np.array([0.0, -1.0, 0.0]), reach), hips)
    world[:, upper] = rotation.multiply(straight, rotation.from_euler("X", -lean[:, None]))
    world[:, lower] = rotation.multiply(world[:, upper], rotation.from_euler("X", (knee - rest_bend)[:, None]))
    world[:, foot] = world[:, toes] = rotation.about_y(rotation.yaw(hips))


def _arm(world: Floats, side: str, trunk: Floats, wave: Array, swing: float) -> None:
    """Arms hang, swing against each other over two beats, and bend the elbow more when in front."""
    sign = 1.0 if side == "left" else -1.0
    phase = sign * np.sin(wave / 2)
    hang = np.stack([-swing * phase - 0.1, np.full(len(wave), -sign * 1.2)], axis=-1)
    upper = rotation.multiply(trunk, rotation.from_euler("XZ", hang))
    elbow = rotation.from_euler("Y", -sign * (0.5 + 0.4 * phase * np.sign(swing))[:, None])
    lower = rotation.multiply(upper, elbow)
    for bone, turn in (("Shoulder", trunk), ("UpperArm", upper), ("LowerArm", lower), ("Hand", lower)):
        world[:, BONES.index(side + bone)] = turn


def _identity(like: Floats) -> Floats:
    out = np.zeros_like(like)
    out[..., 3] = 1.0
    return out
