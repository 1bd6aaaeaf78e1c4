"""The dancers' chance: the same numbers for the same seed, dancer and frame, in whatever order they are asked for.

Counter-based (Philox4x64-10: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, as numpy has it),
so nothing is carried from frame to frame and a show can be entered anywhere.
"""

import numpy as np

from realtime.frame import F32

BITS = 23  # (integer + 0.5) / 2**23 is exact in float32 and never 0 or 1


class Noise:
    """Uniform numbers in the open interval (0, 1) for N dancers; dancer n is keyed by (seed, n)."""

    def __init__(self, dancers: int, size: int) -> None:
        self.dancers = dancers
        self.size = size  # Z, numbers a frame and dancer
        self._philox = np.random.Philox()
        self._position = self._philox.state  # set anew before each draw: 3 us where a new Philox costs 30

    def draw(self, seed: int, frame: int) -> F32:
        """The noise [N, Z] of frame `frame` >= 0."""
        words = -(-self.size // 2)
        raw = np.empty((self.dancers, words), "<u8")
        position = self._position
        position["buffer_pos"] = 4  # nothing left over from the draw before
        # the lowest word counts blocks inside a frame, so frames never overlap
        position["state"]["counter"][:] = (0, frame, 0, 0)
        for dancer in range(self.dancers):
            position["state"]["key"][:] = (seed, dancer)
            self._philox.state = position
            raw[dancer] = self._philox.random_raw(words)
        integers = raw.view("<u4")[:, : self.size] >> np.uint32(32 - BITS)
        return (integers.astype(np.float32) + np.float32(0.5)) * np.float32(2.0**-BITS)
