"""Ableton Link: the beat that programs on one network share, through LinkPython-extern."""

from typing import Any

from realtime.clock import Clock
from realtime.clocks.base import BeatClock, Reading
from realtime.frame import StageError

METRE = 4.0  # beats: Link's quantum, so that all agree on the bar
FIRST_BPM = 120.0  # of a session that we would begin; the first to join changes it


class LinkClock(BeatClock):
    """A listener in the Link session of this network; it never changes the tempo. Alone, it is gone."""

    word = "link"

    def __init__(self, wanted: str, clock: Clock) -> None:
        """Join. Raises StageError, one line."""
        if wanted:
            raise StageError(f"--clock link takes no name: there is one session a network, write it without :{wanted}")
        self._now = clock.now
        self._link = _link().Link(FIRST_BPM)
        self._link.enabled = True

    def read(self, when: float) -> Reading | None:
        """Tempo and beat of the session at `when`; None while nobody else is there."""
        if not self._link.numPeers():
            return None
        state = self._link.captureAppSessionState()
        micros = self._link.clock().micros() + round((when - self._now()) * 1e6)
        return Reading(state.tempo(), state.beatAtTime(micros, METRE))

    def describe(self) -> str:
        """That it listens, and to how many."""
        peers = self._link.numPeers()
        return f"link, {peers} there" if peers else "link, nobody there yet"

    def close(self) -> None:
        """Leave the session."""
        self._link.enabled = False


def _link() -> Any:
    try:
        import link
    except ImportError:
        raise StageError('--clock link needs LinkPython-extern: pip install -e ".[link]"') from None
    return link
