"""A song as other speakers, other mastering or a talking crowd would have it: its sound changes, its beats do not.

Without this an ear learns how our own songs are mixed, and hears others the worse for it.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from audio.features import LOG_GAIN
from audio.mel import MEL_BANDS
from model.ear.parts import Heard

F32 = NDArray[np.float32]
SQUEEZED, POWER = 0.4, 0.22  # the share of songs whose dynamics are squeezed or stretched, and log of the power at most
THIN = 0.15  # the share of songs of which lows or highs are missing
LOWS, HIGHS = (2.0, 12.0), (18.0, 36.0)  # mel bands: under and over them it grows faint,
FAINTER = 0.5  # neper a band
TALKED_OVER, TALK_DB = 0.15, (-22.0, -4.0)  # the share of songs under a sound that is no music, and how loud that is
LOUDEST = 30.0  # times as loud as it is, at most: silence stays silence


def disguised(heard: Heard, talk: Sequence[Heard], rng: np.random.Generator) -> Heard:
    """The song with nothing, one or several of these done to it; `talk`: examples that are no music."""
    squeezed, thin, talked_over = rng.random(3) < (SQUEEZED, THIN, TALKED_OVER)
    if not (squeezed or thin or talked_over):
        return heard
    magnitude = _magnitude(heard)
    if squeezed:
        magnitude = _squeezed(magnitude, float(np.exp(rng.uniform(-POWER, POWER))))
    if thin:
        magnitude = magnitude * _filter(rng)
    if talked_over and talk:
        magnitude = _talked_over(magnitude, talk[int(rng.integers(len(talk)))], rng)
    return replace(heard, log_mel=np.log1p(LOG_GAIN * magnitude).astype(np.float16))


def _magnitude(heard: Heard) -> F32:
    return np.asarray(np.expm1(heard.log_mel.astype(np.float32)) / LOG_GAIN, np.float32)


def _squeezed(magnitude: F32, power: float) -> F32:
    """Its loudest place as loud as before."""
    most = max(float(magnitude.max()), 1e-6)
    return np.asarray(most * (magnitude / most) ** power, np.float32)


def _filter(rng: np.random.Generator) -> F32:
    """[40] gains of a loudspeaker without lows, or without highs."""
    bands = np.arange(MEL_BANDS)
    lost = rng.uniform(*LOWS) - bands if rng.random() < 0.5 else bands - rng.uniform(*HIGHS)
    return np.asarray(np.exp(-FAINTER * np.maximum(lost, 0.0)), np.float32)


def _talked_over(magnitude: F32, other: Heard, rng: np.random.Generator) -> F32:
    """Powers add up; the other sound begins anywhere and goes round."""
    sound = _magnitude(other)
    sound = np.resize(np.roll(sound, int(rng.integers(len(sound))), axis=0), magnitude.shape)
    as_loud = np.sqrt(np.square(magnitude).mean() / max(float(np.square(sound).mean()), 1e-9))
    gain = min(float(as_loud) * 10.0 ** (rng.uniform(*TALK_DB) / 20.0), LOUDEST)
    return np.asarray(np.hypot(magnitude, gain * sound), np.float32)
