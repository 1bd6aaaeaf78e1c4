"""A groove invented by a grammar, so that no two songs of the demo music need be in the same style."""

import numpy as np

from audio.demo_style import Style


def style(rng: np.random.Generator, metre: int | None = None, bpm: float | None = None) -> Style:
    """A style of `metre` beats a bar around `bpm`; by default mostly of four, at 60 to 200 bpm."""
    beats = metre or int(rng.choice([4, 3, 2, 5, 6], p=[0.62, 0.22, 0.04, 0.05, 0.07]))
    tempo = bpm or float(np.exp(rng.uniform(np.log(60.0), np.log(200.0))))
    steps = beats * 4
    kick = "".join("X" if step % steps == 0 else "x" if rng.random() < 0.15 else "." for step in range(steps))
    snare = "".join("X" if step % 8 == 4 else "." for step in range(steps))
    hat = "".join("x" if step % 2 == 0 else "." for step in range(steps))
    return Style((tempo, tempo), {"kick": kick, "snare": snare, "hat": hat}, "r.......", "x.......", "x..x....", beats)
