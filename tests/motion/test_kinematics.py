"""Forward kinematics against one bone after the other with scipy's rotations."""

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from motion import kinematics
from motion.skeleton import HUMANOID, PARENTS


def random_body(*shape: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    local = rng.normal(size=(*shape, len(PARENTS), 4))
    return rng.normal(size=(*shape, 3)), local / np.linalg.norm(local, axis=-1, keepdims=True)


def test_a_body_at_rest_is_the_t_pose():
    identity = np.tile([0.0, 0.0, 0.0, 1.0], (len(PARENTS), 1))
    positions, world = kinematics.forward(HUMANOID, HUMANOID.offsets[0], identity)
    assert np.allclose(positions[HUMANOID.index("leftHand")], [0.70, 1.41, 0.0])
    assert np.allclose(positions[HUMANOID.index("rightToes")], [-0.09, 0.02, 0.125])
    assert np.allclose(positions, kinematics.rest_positions(HUMANOID))
    assert np.array_equal(world, identity)


def test_positions_and_rotations_are_those_of_walking_down_the_chains_bone_by_bone():
    root, local = random_body()
    turns, places = [], []
    for bone, parent in enumerate(PARENTS):
        turn = Rotation.from_quat(local[bone])
        turns.append(turn if parent < 0 else turns[parent] * turn)
        places.append(root if parent < 0 else places[parent] + turns[parent].apply(HUMANOID.offsets[bone].copy()))
    positions, world = kinematics.forward(HUMANOID, root, local)
    assert np.allclose(positions, places, atol=1e-12)
    assert np.allclose(Rotation.from_quat(world).as_matrix(), [turn.as_matrix() for turn in turns], atol=1e-12)


def test_a_batch_is_its_bodies_one_by_one():
    root, local = random_body(3, 5)
    positions, world = kinematics.forward(HUMANOID, root, local)
    for i in np.ndindex(3, 5):
        alone = kinematics.forward(HUMANOID, root[i], local[i])
        assert np.allclose(positions[i], alone[0], atol=1e-12)
        assert np.allclose(world[i], alone[1], atol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_number_type_stays_and_the_input_is_left_alone(dtype):
    root, local = (array.astype(dtype) for array in random_body(4))
    before = local.copy()
    positions, world = kinematics.forward(HUMANOID, root, local)
    assert positions.dtype == world.dtype == dtype
    assert np.array_equal(local, before)
    exact, _ = kinematics.forward(HUMANOID, root.astype(np.float64), local.astype(np.float64))
    assert np.abs(positions - exact).max() < 1e-5


def test_bones_keep_their_lengths_in_any_pose():
    positions, _ = kinematics.forward(HUMANOID, *random_body(50))
    lengths = np.linalg.norm(positions[:, 1:] - positions[:, list(PARENTS[1:])], axis=-1)
    assert np.allclose(lengths, np.linalg.norm(HUMANOID.offsets[1:], axis=-1), atol=1e-12)
