"""What the loop asks of a clock that tells the beat."""

from typing import NamedTuple


class Reading(NamedTuple):
    """What a clock says of one instant."""

    bpm: float
    beats: float | None  # since a downbeat, may be negative; None: it tells the tempo, and the beat is to be heard


class BeatClock:
    """Base of every outside clock. It may come and go; while it is gone the beat is heard."""

    word: str  # for people, short

    def read(self, when: float) -> Reading | None:
        """What it says of the instant `when` (seconds of the stage's clock); None while it does not run."""
        raise NotImplementedError

    def describe(self) -> str:
        """A few words for the banner."""
        raise NotImplementedError

    def close(self) -> None:
        """Give the port back."""
