"""What is left of an old movement when a new one takes over: an offset that dies away without a jump of place or speed.

At the join the offset is old - new and its speed is that of old less that of new; from then on new + offset is shown.
A critically damped spring towards zero (Bollo 2018, "Inertialization"), exact for steps of any length, so that the
result does not depend on the frame rate.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from motion.rotation import Floats


def fade(offset: Floats, speed: Floats, seconds: float, half_life: ArrayLike) -> tuple[Floats, Floats]:
    """The offset and its speed (a second), arrays of one shape, so many seconds later.

    half_life: seconds, one or an array that broadcasts. From rest three fifths last after one, a twelfth after three.
    """
    pull: Any = 2.0 * math.log(2.0) / np.asarray(half_life)
    push = speed + pull * offset
    kept = np.exp(-pull * seconds)
    return (offset + seconds * push) * kept, (speed - seconds * pull * push) * kept
