"""Rules for all tests: no test looks at the clock on the wall, so hypothesis sets none of its examples a deadline."""

from hypothesis import settings

settings.register_profile("house", deadline=None)
settings.load_profile("house")
