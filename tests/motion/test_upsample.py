"""Poses between poses: exact at the keys, smooth between them, and no wilder than the dancer was."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from model.datasets import aistpp, cmu, synthetic
from model.datasets.take import Take
from motion import contacts, kinematics, rotation, upsample
from motion.rotation import Floats
from motion.skeleton import HUMANOID

DATA = Path(__file__).parent / "data"
SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
FPS, FINE = 15.0, 4  # keys a second; poses for each of them
EDGE = 8  # poses at a take's ends, where less is known


def keys(root: Floats, local: Floats, times: Floats) -> list[upsample.Key]:
    """All keys of [T, N, 3] and [T, N, J, 4], each with what a live stream knows: all before, and one after."""
    made: list[upsample.Key] = []
    for k, time in enumerate(times):
        after = upsample.key(times[k + 1], root[k + 1], local[k + 1]) if k + 1 < len(times) else None
        made.append(upsample.key(time, root[k], local[k], made[-1] if made else None, after))
    return made


def finely(root: Floats, local: Floats, fine: int = FINE) -> tuple[Floats, Floats]:
    """A take [T, 3], [T, 22, 4] at 15 Hz with `fine` poses for each: [(T - 1) * fine + 1, ...]."""
    found = keys(root[:, None], local[:, None], np.arange(len(root)) / FPS)
    roots, turns = [root[:1]], [local[:1]]
    for a, b in pairwise(found):
        place, turned = upsample.at(upsample.between(a, b), a.time + np.arange(1, fine + 1) / (fine * FPS))
        roots.append(place[:, 0])
        turns.append(turned[:, 0])
    return np.concatenate(roots), np.concatenate(turns)


def some_keys(seed: int, count: int = 6, dancers: int = 2, speed: float = 0.8) -> list[upsample.Key]:
    """A wild walk at uneven times: turns of up to about `speed` radians from key to key."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.04, 0.12, count))
    root = np.cumsum(rng.uniform(-0.1, 0.1, (count, dancers, 3)), axis=0)
    local = [rotation.normalize(rng.normal(size=(dancers, 5, 4)))]
    for _ in range(count - 1):
        local.append(rotation.multiply(local[-1], rotation.from_axis_angle(rng.normal(0, speed / 2, (dancers, 5, 3)))))
    return keys(root, np.array(local), times)


SEEDS = st.integers(0, 2**31)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_every_key_is_passed_exactly_at_its_time(seed: int) -> None:
    found = some_keys(seed)
    for a, b in pairwise(found):
        root, local = upsample.at(upsample.between(a, b), np.array([a.time, b.time]))
        np.testing.assert_allclose(root, [a.root, b.root], atol=1e-12)
        for made, key in zip(local, (a, b), strict=True):
            np.testing.assert_allclose(rotation.to_matrix(made), rotation.to_matrix(key.local), atol=1e-9)


@given(SEEDS)
@settings(max_examples=40, deadline=None)
def test_neither_the_speed_nor_the_turning_jumps_at_a_key(seed: int) -> None:
    found, step = some_keys(seed), 1e-5
    spans = [upsample.between(a, b) for a, b in pairwise(found)]
    for before, after in pairwise(spans):
        ends = (
            upsample.at(before, after.time - np.array([step, 0.0])),
            upsample.at(after, after.time + np.array([0.0, step])),
        )
        speeds = [(root[1] - root[0]) / step for root, _ in ends]
        turning = [
            Rotation.from_quat(local[0].reshape(-1, 4)).inv() * Rotation.from_quat(local[1].reshape(-1, 4))
            for _, local in ends
        ]
        np.testing.assert_allclose(*speeds, atol=1e-2)
        np.testing.assert_allclose(*(turn.as_rotvec() / step for turn in turning), atol=2e-2)


@given(SEEDS, st.floats(0, 1))
@settings(max_examples=40, deadline=None)
def test_rotations_stay_unit_and_keep_their_sign_from_pose_to_pose(seed: int, share: float) -> None:
    a, b = some_keys(seed)[2:4]
    times = a.time + np.linspace(0.0, 1.0, 9) * (b.time - a.time)
    _, local = upsample.at(upsample.between(a, b), times)
    np.testing.assert_allclose(np.linalg.norm(local, axis=-1), 1.0, atol=1e-12)
    assert np.sum(local[1:] * local[:-1], axis=-1).min() > 0.5


@given(SEEDS)
@settings(max_examples=30, deadline=None)
def test_the_movement_does_not_depend_on_where_the_world_has_its_origin_or_its_front(seed: int) -> None:
    found = some_keys(seed)
    rng = np.random.default_rng(seed)
    turn, shift = rotation.normalize(rng.normal(size=4)), rng.normal(size=3)
    moved = keys(
        np.array([rotation.rotate(turn, key.root) + shift for key in found]),
        np.array([rotation.multiply(turn, key.local) for key in found]),
        np.array([key.time for key in found]),
    )
    times = np.linspace(found[2].time, found[3].time, 5)
    root, local = upsample.at(upsample.between(found[2], found[3]), times)
    other_root, other_local = upsample.at(upsample.between(moved[2], moved[3]), times)
    np.testing.assert_allclose(other_root, rotation.rotate(turn, root) + shift, atol=1e-9)
    np.testing.assert_allclose(other_local, rotation.multiply(turn, local), atol=1e-9)


def test_a_steady_turn_and_a_steady_walk_stay_steady() -> None:
    t = np.arange(12) / FPS
    axis = np.array([0.6, 0.0, 0.8])
    local = rotation.from_axis_angle(9.0 * t[:, None] * axis)[:, None, :]  # 0.6 radians a key
    root, turned = finely(t[:, None] * (1.0, 0.0, 2.0), local)
    fine = np.arange(len(root)) / (FINE * FPS)
    late = slice(4 * FINE, None)  # it began at rest
    np.testing.assert_allclose(root[late], (fine[:, None] * (1.0, 0.0, 2.0))[late], atol=2e-4)
    exact = Rotation.from_rotvec(9.0 * fine[late, None] * axis)
    assert (exact.inv() * Rotation.from_quat(turned[late, 0])).magnitude().max() < 2e-3


def test_a_body_that_is_put_elsewhere_is_not_flown_there() -> None:
    times = np.arange(5) / FPS
    root = np.zeros((5, 2, 3))
    root[3:, 0] = (1.4, 0.0, -2.0)  # the first dancer; the second one walks on
    root[:, 1, 0] = 0.1 * np.arange(5)
    local = np.tile(np.array([0.0, 0.0, 0.0, 1.0]), (5, 2, 22, 1))
    found = keys(root, local, times)
    for k in range(4):
        place, _ = upsample.at(upsample.between(found[k], found[k + 1]), times[k] + np.array([0.3, 0.7, 1.0]) / FPS)
        np.testing.assert_allclose(place[:, 0], root[[k, k, k + 1], 0], atol=1e-12)
    assert 0.1 < upsample.at(upsample.between(*found[1:3]), np.array([1.5 / FPS]))[0][0, 1, 0] < 0.2


def test_a_stop_on_a_key_is_a_stop_there() -> None:
    """A limb that swings and is held from a key on, as on a beat, swings past by a tenth of its last step at most."""
    angle = np.array([0.0, 0.0, 0.2, 0.5, 0.8, 0.8, 0.8, 0.8])
    local = rotation.from_axis_angle(angle[:, None] * np.array([0.0, 0.0, 1.0]))[:, None, :]
    _, turned = finely(np.zeros((8, 3)), local, fine=16)
    swung = Rotation.from_quat(turned[:, 0]).as_rotvec()[:, 2]
    assert swung[4 * 16] == pytest.approx(0.8, abs=1e-9)
    assert swung.max() < 0.8 + 0.1 * 0.3
    assert abs(swung[6 * 16 :] - 0.8).max() < 0.003


# --- against people


def real_takes() -> list[Take]:
    """Two dances that come with the project, at 60 Hz."""
    return [next(t for t in cmu.load(DATA / "cmu") if t.name == "salsa_07"), *aistpp.load(DATA / "aistpp")]


def shared_takes() -> list[Take]:
    """Motion capture at 120 Hz, of dances and of martial arts."""
    if not (SHARED / "cmu" / "index.json").is_file():
        return []
    from model.datasets import files

    index = files.read_index(SHARED / "cmu", "cmu")
    with files.open_zip(SHARED / "cmu" / str(index["container"]).split()[0], "cmu") as archive:
        entries = [
            e for e in index["takes"] if e["fps_true"] == 120 and e["file"] in ("indian_06.bvh", "martial_05.bvh")
        ]
        return [cmu._bvh_entry(entry, archive) for entry in entries]


TAKES = {take.name: take for take in real_takes() + shared_takes()}


@pytest.fixture(scope="module", params=TAKES)
def both(request: pytest.FixtureRequest) -> tuple[Floats, Floats, Floats]:
    """World positions: of a real take at 60 Hz, of each fourth of its poses, and of those up-sampled to 60 Hz."""
    take = TAKES[request.param]
    assert take.fps in (60, 120)
    frames = slice(0, 25 * int(take.fps), int(take.fps) // 60)
    root, local = take.root[frames], rotation.continuous(take.rotations[frames])
    length = (len(root) - 1) // FINE * FINE + 1
    root, local = root[:length], local[:length]
    danced = kinematics.forward(HUMANOID, root, local)[0]
    made = kinematics.forward(HUMANOID, *finely(root[::FINE], local[::FINE]))[0]
    return danced, danced[::FINE], made


def root_mean_square(vectors: Floats) -> float:
    return float(np.sqrt(np.sum(vectors[EDGE:-EDGE] ** 2, axis=-1).mean()))


def test_acceleration_is_within_ten_percent_of_a_spline_through_the_poses(both: tuple[Floats, Floats, Floats]) -> None:
    _, poses, made = both
    spline = CubicSpline(np.arange(len(poses)), poses)(np.arange(len(made)) / FINE)
    ours, theirs = np.diff(made, 2, axis=0), np.diff(spline, 2, axis=0)
    assert root_mean_square(ours) < 1.10 * root_mean_square(theirs)
    high = [np.quantile(np.linalg.norm(a[EDGE:-EDGE], axis=-1), 0.99) for a in (ours, theirs)]
    assert high[0] < 1.10 * high[1]


def test_no_joint_steps_further_from_pose_to_pose_than_in_the_dance(both: tuple[Floats, Floats, Floats]) -> None:
    danced, _, made = both
    steps, real = (np.linalg.norm(np.diff(a, axis=0)[EDGE:-EDGE], axis=-1) for a in (made, danced))
    assert np.quantile(steps, 0.99) <= 1.01 * np.quantile(real, 0.99)
    assert steps.max() <= 1.15 * real.max()


def test_it_is_nearer_to_the_dance_than_straight_lines_are(both: tuple[Floats, Floats, Floats]) -> None:
    danced, poses, made = both
    share = (np.arange(len(made)) % FINE / FINE)[:, None, None]
    before = np.arange(len(made)) // FINE
    straight = poses[before] * (1 - share) + poses[np.minimum(before + 1, len(poses) - 1)] * share
    assert root_mean_square(made - danced) < 0.75 * root_mean_square(straight - danced)


def test_planted_feet_slide_less_than_the_dancers_own(both: tuple[Floats, Floats, Floats]) -> None:
    danced, poses, made = both
    down = contacts.detect(poses, FPS) > 0.5
    held = down[:-1] & down[1:]

    def path(positions: Floats) -> Floats:
        steps = np.linalg.norm(np.diff(positions[:, contacts.FOOT_POINTS], axis=0), axis=-1)
        return np.asarray(steps.reshape(len(held), -1, len(contacts.FOOT_POINTS)).sum(axis=1))[held]

    assert held.sum() > 30
    assert path(made).mean() < path(danced).mean()


def test_a_foot_that_stands_in_both_poses_stays_where_it_is() -> None:
    """Exactly planted feet of a made-up dance: within 6 mm while the next leg is flung, a fraction of one otherwise."""
    away = []
    for take in synthetic.dances(seed=1, takes=3, seconds=12.0):
        root, local = take.root[:: int(take.fps / FPS)], take.rotations[:: int(take.fps / FPS)]
        poses, made = (
            kinematics.forward(HUMANOID, root, local)[0],
            kinematics.forward(HUMANOID, *finely(root, local))[0],
        )
        feet, fine = poses[:, contacts.FOOT_POINTS], made[:-1, contacts.FOOT_POINTS]
        stands = np.linalg.norm(np.diff(feet, axis=0), axis=-1) < 1e-4
        moved = np.linalg.norm(fine.reshape(len(stands), FINE, -1, 3) - feet[:-1, None], axis=-1)
        away.append(moved.max(axis=1)[stands])
    found = np.concatenate(away)
    assert len(found) > 500
    assert np.median(found) < 0.0003
    assert found.max() < 0.006
