"""A dance as a cloud of points: 46 named numbers for each window of time, about size, height, speed and shape."""

import numpy as np

from model.metrics import spectra
from model.metrics.body import F64, FINE, at_the_hips, fine, heading
from motion.skeleton import BONES

SECONDS, HOP = 4.0, 2.0
BATCH = 32  # windows at a time
GROUPS = {
    "trunk": ("hips", "spine", "chest", "upperChest", "neck", "head"),
    **{
        f"{side} {limb}": tuple(side + bone for bone in bones)
        for side in ("left", "right")
        for limb, bones in (
            ("arm", ("UpperArm", "LowerArm", "Hand")),
            ("leg", ("UpperLeg", "LowerLeg", "Foot", "Toes")),
        )
    },
}
PAIRS = (
    ("leftHand", "rightHand"),
    ("leftFoot", "rightFoot"),
    ("leftHand", "head"),
    ("rightHand", "head"),
    ("leftHand", "hips"),
    ("rightHand", "hips"),
)
OF_A_GROUP = ("height", "height sd", "log speed along", "log speed up", "log speed sd")
OF_THE_HIPS = ("height of hips", "log sd of it", "log travel", "log turn")
NAMES = (
    *(f"{measure}, {group}" for group in GROUPS for measure in OF_A_GROUP),
    *OF_THE_HIPS,
    *(f"{what} {a} to {b}" for a, b in PAIRS for what in ("distance", "sd of distance")),
    *(f"log power {low:g}-{high:g} Hz" for low, high in spectra.BANDS),
)
TINY = 1e-3  # m/s, rad/s, m: what logarithms start from


def features(positions: F64, fps: float, seconds: float = SECONDS, hop: float = HOP) -> F64:
    """[windows, 46] in the order of NAMES; a dance shorter than one window gives none."""
    world = fine(positions, fps)
    body, yaw = at_the_hips(world), heading(world)
    width = round(seconds * FINE)
    begins = range(0, len(world) - width + 1, round(hop * FINE))
    if not begins:
        return np.zeros((0, len(NAMES)))
    cut = np.array(begins)[:, None] + np.arange(width)
    return np.concatenate([_rows(world[c], body[c], yaw[c]) for c in np.array_split(cut, -(-len(cut) // BATCH))])


def middles(frames: int, fps: float, seconds: float, hop: float) -> F64:
    """Seconds from the first frame to the middle of each window that `features` makes of so many frames."""
    length = int((frames - 1) / fps * FINE + 1e-6) + 1
    width = round(seconds * FINE)
    return (np.array(range(0, length - width + 1, round(hop * FINE))) + width / 2) / FINE


def _rows(world: F64, body: F64, yaw: F64) -> F64:
    """Of W windows: world and body [W, T, 22, 3], yaw [W, T] -> [W, 46]."""
    velocity = np.diff(body, axis=1) * FINE
    along, up = np.hypot(velocity[..., 0], velocity[..., 2]), np.abs(velocity[..., 1])
    speed, middle = np.linalg.norm(velocity, axis=-1), (1, 2)
    row: list[F64] = []
    for names in GROUPS.values():
        bones = [BONES.index(name) for name in names]
        height = body[:, :, bones, 1]
        row += [height.mean(axis=middle), height.std(axis=1).mean(axis=1)]
        row += [_log(along[:, :, bones].mean(axis=middle)), _log(up[:, :, bones].mean(axis=middle))]
        row += [_log(speed[:, :, bones].mean(axis=2).std(axis=1))]
    travel = np.linalg.norm(np.diff(world[:, :, 0, ::2], axis=1), axis=-1).mean(axis=1) * FINE
    hips, turn = world[:, :, 0, 1], np.abs(np.diff(yaw, axis=1)).mean(axis=1) * FINE
    row += [hips.mean(axis=1), _log(hips.std(axis=1)), _log(travel), _log(turn)]
    for a, b in PAIRS:
        apart = np.linalg.norm(body[:, :, BONES.index(a)] - body[:, :, BONES.index(b)], axis=-1)
        row += [apart.mean(axis=1), apart.std(axis=1)]
    power = [spectra.bands(*spectra.of_velocity(one.reshape(len(one), -1))) for one in velocity]
    return np.column_stack([*row, _log(np.array(power))])


def _log(value: F64) -> F64:
    logarithm: F64 = np.log(value + TINY)
    return logarithm
