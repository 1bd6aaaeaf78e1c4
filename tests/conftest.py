"""Rules for all tests.

No test looks at the clock on the wall, so hypothesis sets none of its examples a deadline. Numbers are worked out on
one thread, as on a stage: several wait for each other, turning, wherever anything else runs beside them.
"""

import os

from hypothesis import settings

os.environ.setdefault("OMP_NUM_THREADS", "1")  # before anything imports torch
settings.register_profile("house", deadline=None)
settings.load_profile("house")
