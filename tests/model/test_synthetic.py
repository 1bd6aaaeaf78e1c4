"""Made-up dances are on the beat by construction, and look like dancing."""

import numpy as np

from model.datasets import synthetic
from tests.model.dancers import track


def test_made_up_feet_land_on_the_beat_and_stand_still_until_they_leave() -> None:
    for take in synthetic.dances(seed=3, takes=3, seconds=8.0):
        assert take.beats is not None
        for foot in ("leftFoot", "rightFoot"):
            ankle = track(take, foot)
            moving = np.linalg.norm(np.diff(ankle, axis=0), axis=-1) * take.fps > 0.02
            lands = np.flatnonzero(moving[:-1] & ~moving[1:]) / take.fps
            assert take.style == "bounce" or len(lands) > 2
            for landing in lands:
                assert np.abs(take.beats - landing).min() < 0.05
            assert moving.mean() < 0.5


def test_made_up_legs_reach_where_the_feet_should_be() -> None:
    take = synthetic.dance("bounce", 100.0, 4.0, np.random.default_rng(0))
    for side, sign in (("left", 1.0), ("right", -1.0)):
        ankle = track(take, side + "Foot")
        np.testing.assert_allclose(ankle, np.tile([sign * 0.16, 0.08, 0.0], (len(ankle), 1)), atol=1e-9)


def test_made_up_dances_are_the_same_for_the_same_seed_and_others_for_another() -> None:
    one, same, other = (synthetic.dances(seed=seed, takes=3, seconds=2.0) for seed in (1, 1, 2))
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a.rotations, b.rotations)
        assert np.abs(a.rotations - c.rotations).max() > 0.01
