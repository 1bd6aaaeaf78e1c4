"""A dancer through a day of music, on the stage's own loop: `python -m tools.soak --dancer steps --hours 24`.

Every hour a line: how fast the body moves, how long it stood still at most while music played, how far from the centre
it was, and how unlike the first hour's its dance is: the Frechet distance of the windows of every other minute, beside
that of the first hour's other minutes, which is what chance makes of it.
"""

from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from audio.config import FRAME_RATE, RATE
from model.metrics import body, distribution, stillness, windows
from motion.skeleton import BONES
from realtime import dancers
from realtime.engines.open import open_engine
from realtime.loop import dance
from realtime.session import Session
from tools.soak_sound import F64, cut, growth, programme, resident_mb

Minute = tuple[F64, F64]  # positions [900, 22, 3], whether music was heard [900]

MINUTE = 60 * FRAME_RATE
LONGEST_STILL = 2.0  # s
FARTHEST = 3.0  # m from where it began


class Hour(NamedTuple):
    """What an hour of dance was like."""

    speed: float  # m/s
    still: float  # s, the longest while music played
    far: float  # m from where it began
    unlike: float  # Frechet distance of its even minutes from those of the first hour


class FirstHour:
    """What every hour is held against."""

    def __init__(self, even: F64, odd: F64) -> None:
        self.space = distribution.fit(np.concatenate([even, odd]))
        self.even = self.space(even)
        self.floor = distribution.frechet(self.space(odd), self.even)

    def unlike(self, even: F64) -> float:
        """How unlike an hour's even minutes are to its own."""
        return distribution.frechet(self.space(even), self.even)


def soak(name: str, hours: float, seed: int) -> list[str]:
    """Dance; returns what was wrong. Raises StageError or DancerFileError."""
    session, (samples, _) = Session(open_engine(dancers.find(name)), RATE, seed=seed), programme()
    total, first = int(hours * 3600 * FRAME_RATE), None
    minutes: list[Minute] = []
    told: list[Hour] = []
    held, wrong = [], []
    positions, music = np.zeros((MINUTE, len(BONES), 3), np.float32), np.zeros(MINUTE)
    with tqdm(total=total // FRAME_RATE, unit="s", unit_scale=True, disable=None) as bar:
        for frame in dance(cut(samples, hours, seed), session):
            place, done = frame.index % MINUTE, frame.index + 1
            positions[place], music[place] = frame.positions[0], frame.report.music
            bar.update(done % FRAME_RATE == 0)
            if done % MINUTE == 0:
                minutes.append((positions.astype(np.float64), music.copy()))
            if minutes and (done % (60 * MINUTE) == 0 or done == total):
                even, odd = (_windows(minutes[half::2]) for half in (0, 1))
                first = first or FirstHour(even, odd)
                told.append(_hour(minutes, first.unlike(even)))
                held.append(resident_mb())
                bar.write(f"hour {len(told):3d}: {_said(told[-1], first.floor)}, {held[-1]:.1f} MB")
                minutes.clear()
    if session.moment.index != total:
        wrong.append(f"{session.moment.index} frames instead of {total}")
    if session.stats.broken:
        wrong.append(f"{session.stats.broken} poses were not finite")
    return wrong + faults(told) + growth(held)


def _windows(minutes: list[Minute]) -> F64:
    found = [windows.features(positions, FRAME_RATE) for positions, _ in minutes]
    return np.concatenate(found) if found else np.zeros((0, len(windows.NAMES)))


def _hour(minutes: list[Minute], unlike: float) -> Hour:
    speeds, still, far = [], 0.0, 0.0
    for positions, music in minutes:
        moving = body.activity(positions, FRAME_RATE)
        # music from a second before the window to its end: what rests after a pause has not frozen
        begins = np.arange(len(moving)) * round(stillness.HOP * FRAME_RATE)
        heard = np.array([music[max(0, at - FRAME_RATE) : at + FRAME_RATE].all() for at in begins])
        speeds.append(moving[heard])
        still = max(still, stillness.longest(np.where(heard, moving, np.inf), stillness.STILL))
        far = max(far, float(np.linalg.norm(positions[:, 0, ::2], axis=1).max()))
    return Hour(float(np.concatenate(speeds).mean()), still, far, unlike)


def _said(hour: Hour, floor: float) -> str:
    return (
        f"{hour.speed:.3f} m/s, still {hour.still:.1f} s, {hour.far:.2f} m from the centre, "
        f"{hour.unlike:.2f} from the first hour (its halves {floor:.2f})"
    )


def faults(told: list[Hour]) -> list[str]:
    """Where it froze or went astray, hour by hour."""
    wrong = []
    for number, hour in enumerate(told, 1):
        if hour.still > LONGEST_STILL:
            wrong.append(f"it stood still for {hour.still:.1f} s of music in hour {number}")
        if hour.far > FARTHEST:
            wrong.append(f"it was {hour.far:.1f} m from the centre in hour {number}")
    return wrong
