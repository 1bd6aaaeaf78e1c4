"""Is it only replaying? How far a dance is from the nearest recorded clip, and a recorded one from the others."""

import numpy as np

from model.metrics.body import F64, FINE, at_the_hips, fine

SECONDS = 2.0
EVERY = 8  # frames of the fine grid between the poses of a clip
COPY = 0.5  # of the distance between recorded clips: nearer than this is a copy


def clips(positions: F64, fps: float, hop: float) -> F64:
    """Windows of two seconds every `hop` seconds, place and heading taken away: [n, 15, 22, 3] m."""
    body = at_the_hips(fine(positions, fps))
    body[..., 1] -= body[:, :1, 1]
    width = round(SECONDS * FINE)
    begins = range(0, len(body) - width + 1, max(1, round(hop * FINE)))
    found = [body[begin : begin + width : EVERY] for begin in begins]
    return np.array(found, np.float32).reshape(-1, width // EVERY, *positions.shape[1:])


def nearest(danced: F64, recorded: F64, allowed: F64 | None = None) -> F64:
    """[n] rms distance of joints (m) from each clip to the nearest recorded one; allowed [n, m] says which count."""
    joints = danced.shape[1] * danced.shape[2]
    a, b = danced.reshape(len(danced), -1), recorded.reshape(len(recorded), -1)
    square = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None] - 2 * a @ b.T
    if allowed is not None:
        square = np.where(allowed, square, np.inf)
    return np.sqrt(np.maximum(square.min(axis=1), 0.0) / joints)
