"""The grooves of the demo music by name. What the marks of a pattern mean stands at `Style`."""

from audio.demo_style import Style
from audio.demo_styles_african import AFRICAN
from audio.demo_styles_beats import BEATS
from audio.demo_styles_blues import BLUES
from audio.demo_styles_club import CLUB
from audio.demo_styles_folk import FOLK
from audio.demo_styles_latin import LATIN
from audio.demo_styles_rock import ROCK
from audio.demo_styles_slow import SLOW

__all__ = ["STYLES", "Style"]

STYLES: dict[str, Style] = {**CLUB, **BEATS, **ROCK, **BLUES, **LATIN, **AFRICAN, **FOLK, **SLOW}
