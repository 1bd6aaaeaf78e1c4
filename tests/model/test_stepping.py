"""The ring rule of the host, against a list that simply remembers everything."""

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from export.manifest import StateSpec
from model.stepping import drive


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 7), st.integers(1, 20))
def test_the_ring_holds_the_last_rows_with_their_ages(window: int, frames: int) -> None:
    states = (StateSpec("heard", "ring", (1, window, 1)), StateSpec("count", "carry", (1,)))
    seen: list[dict[float, float]] = []

    def step(inputs: list[Any]) -> list[Any]:
        features, _, _, _, ring, age, count = inputs
        seen.append({float(a): float(v) for a, v in zip(age[0], ring[0, 0, :, 0], strict=True) if a > 0})
        assert (age[0] == -1).sum() == max(0, window - len(seen) + 1)
        return [features, features[:, None], count + 1]

    values = np.arange(1.0, frames + 1, dtype=np.float32).reshape(1, frames, 1)
    empty = np.zeros((1, frames, 0), np.float32)
    drive(step, states, [values, empty, empty, empty])
    for k, remembered in enumerate(seen):
        past = values[0, max(0, k - window) : k, 0][::-1]
        assert remembered == {age + 1.0: value for age, value in enumerate(past)}
