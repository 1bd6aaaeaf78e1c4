"""How a song of the demo music was recorded and mixed, drawn at random: from a clean studio to a worn record."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Production:
    """Settings of the mixing desk; the defaults are clean."""

    duck: float = 0.0  # 0-1: how far a kick pushes the rest down
    duck_seconds: float = 0.12  # and how long
    tilt: float = 0.0  # dB from 100 Hz to 10 kHz
    bumps: tuple[float, ...] = (0.0, 0.0, 0.0)  # dB at 250, 900, 3000 Hz
    low: float = 28.0  # Hz: what lies outside of the band falls
    high: float = 12_000.0
    reverb: float = 0.0  # energy of the room beside that of the sound
    reverb_seconds: float = 0.6
    pre_delay: float = 0.0  # s
    echo: float = 0.0  # level of the first repeat
    echo_beats: float = 0.75
    echo_feedback: float = 0.4
    echo_on: tuple[str, ...] = ()  # buses
    ratio: float = 1.0  # of the compressor
    release: float = 0.15  # s
    drive: float = 1.0  # over 1: the limiter is pushed
    wow: float = 0.0  # s
    crackle: float = 0.0  # pops a second
    hiss: float = 0.0  # of tape, room and amplifiers: RMS beside the music's
    bits: int = 0  # of a coarse converter


CLEAN = Production()
DIRTY = {"lofi": 0.8, "hiphop": 0.3, "jazz": 0.15, "folk": 0.1, "waltz": 0.15}  # share of worn recordings; else 4 %
PUMPING = {"electronic": 0.6, "disco": 0.4, "hiphop": 0.25}  # share with a ducking kick; else 4 %
ECHOES = ("lead", "chord", "arp", "riff", "comp", "drums")


def draw(rng: np.random.Generator, family: str, duck: float) -> Production:
    """A production that suits the family; `duck` is what the style asks for."""
    worn = rng.random() < DIRTY.get(family, 0.04)
    pumping = rng.random() < PUMPING.get(family, 0.04)
    echoes = rng.random() < (0.55 if family in ("electronic", "reggae", "lofi") else 0.2)
    return Production(
        duck=max(duck, float(rng.uniform(0.3, 0.9)) if pumping else 0.0),
        duck_seconds=float(rng.uniform(0.07, 0.25)),
        tilt=float(rng.normal(0.0, 3.5)) - (3.0 if worn else 0.0),
        bumps=tuple(float(b) for b in rng.normal(0.0, 2.0, 3)),
        low=float(rng.choice([28.0, 28.0, 45.0, 90.0])),
        high=float(rng.uniform(2_800.0, 7_000.0)) if worn else float(rng.uniform(8_500.0, 12_000.0)),
        reverb=float(rng.choice([0.0, rng.uniform(0.02, 0.15), rng.uniform(0.1, 0.6)], p=[0.2, 0.5, 0.3])),
        reverb_seconds=float(np.exp(rng.uniform(np.log(0.2), np.log(2.0)))),
        pre_delay=float(rng.uniform(0.0, 0.03)),
        echo=float(rng.uniform(0.15, 0.6)) if echoes else 0.0,
        echo_beats=float(rng.choice([0.5, 0.75, 0.75, 1.0, 1.0 / 3.0])),
        echo_feedback=float(rng.uniform(0.25, 0.6)),
        echo_on=tuple(str(v) for v in ECHOES if rng.random() < (0.1 if v == "drums" else 0.5)),
        ratio=float(rng.choice([1.0, rng.uniform(1.5, 4.0)])),
        release=float(rng.uniform(0.06, 0.3)),
        drive=float(np.exp(abs(rng.normal(0.0, 0.4)))),
        wow=float(rng.uniform(0.0005, 0.0025)) if worn else 0.0,
        crackle=float(rng.uniform(2.0, 40.0)) if worn and rng.random() < 0.7 else 0.0,
        hiss=float(10.0 ** (rng.uniform(-70.0, -34.0) / 20.0)) if family != "chip" and rng.random() < 0.7 else 0.0,
        bits=int(rng.integers(7, 10)) if family in ("chip", "lofi") and rng.random() < 0.3 else 0,
    )
