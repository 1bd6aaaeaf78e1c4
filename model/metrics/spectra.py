"""How the movement's energy lies over frequency: size, tempo and jitter apart."""

import numpy as np
from scipy.signal import welch

from model.metrics.body import F64, FINE, at_the_hips, fine

BANDS = ((0.25, 0.5), (0.5, 1.0), (1.0, 2.0), (2.0, 4.0), (4.0, 7.0))  # Hz; the last one is jitter
SEGMENT = 4.0  # s
SPAN = 4  # frames of the fine grid, 1/15 s: over it jerk is taken


def jerk(positions: F64, fps: float) -> float:
    """Root mean square of the third derivative of all joints, m/s^3, over steps of 1/15 s."""
    body = fine(positions, fps)
    third = (body[3 * SPAN :] - 3 * body[2 * SPAN : -SPAN] + 3 * body[SPAN : -2 * SPAN] - body[: -3 * SPAN]) * (
        FINE / SPAN
    ) ** 3
    return float(np.sqrt((third**2).sum(axis=-1).mean())) if len(third) else 0.0


def density(positions: F64, fps: float) -> tuple[F64, F64]:
    """Frequencies (Hz) and power of the joints' velocities about the hips, all together, (m/s)^2 / Hz."""
    body = at_the_hips(fine(positions, fps))
    return of_velocity(np.diff(body, axis=0).reshape(len(body) - 1, -1) * FINE)


def of_velocity(velocity: F64) -> tuple[F64, F64]:
    """The same of velocities [T, N] m/s at 60 Hz."""
    frequency, power = welch(velocity, FINE, nperseg=min(len(velocity), round(SEGMENT * FINE)), axis=0)
    return frequency, power.sum(axis=1)


def bands(frequency: F64, power: F64) -> F64:
    """Power (m/s)^2 in each of BANDS, [5]."""
    step = frequency[1] - frequency[0]
    return np.array([power[(frequency >= low) & (frequency < high)].sum() * step for low, high in BANDS])
