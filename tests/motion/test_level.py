"""Tilted worlds and wandering floors made level."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motion import level, rotation
from motion.skeleton import BONES, HUMANOID, MotionError

UP, ASIDE = np.array([0.0, 1.0, 0.0]), np.array([0.2, 0.0, 0.0])


@settings(max_examples=20, deadline=None)
@given(st.floats(-0.15, 0.15), st.floats(-0.15, 0.15), st.floats(-2, 2))
def test_a_tilted_world_is_made_level_and_the_floor_zero(tilt_x, tilt_z, height):
    rng = np.random.default_rng(8)
    spots = np.repeat(rng.uniform(-2, 2, (60, 3)) * [1.0, 0.0, 1.0], 5, axis=0)
    tracks = {"leftToes": spots, "rightToes": spots + ASIDE, "head": spots + 1.6 * UP}
    tilt = rotation.from_axis_angle(np.array([tilt_x, 0.0, tilt_z]))
    made = level.level({name: rotation.rotate(tilt, track) + height * UP for name, track in tracks.items()})
    assert np.abs(made["leftToes"][:, 1]).max() < 1e-3
    assert np.allclose(made["head"] - made["leftToes"], [0.0, 1.6, 0.0], atol=5e-3)


def test_a_dance_on_one_spot_has_no_floor_to_measure_and_is_only_lowered():
    still = np.tile([0.1, 0.4, 0.2], (50, 1))
    made = level.level({"leftFoot": still, "rightFoot": still + ASIDE})
    assert np.allclose(made["leftFoot"], [0.1, 0.0, 0.2])
    with pytest.raises(MotionError, match="no track of toes or ankles"):
        level.level({"head": still})


def test_feet_keep_to_a_floor_that_drifts():
    frames = 15 * 40
    drift = 0.2 * np.sin(np.linspace(0, 3, frames))
    local = np.tile([0.0, 0.0, 0.0, 1.0], (frames, len(BONES), 1))
    back = level.follow_floor(HUMANOID.offsets[0] + drift[:, None] * UP, local, 15, HUMANOID)
    assert np.abs(back - HUMANOID.offsets[0])[30:-30].max() < 0.02
