"""MIDI beat clock from a port, through mido and python-rtmidi."""

from collections import deque
from typing import Any

from realtime.clock import Clock
from realtime.clocks import ticks
from realtime.clocks.base import BeatClock, Reading
from realtime.frame import StageError
from realtime.sources.devices import quiet_stderr

ROOM = 4096  # messages that may wait; more than a minute of ticks
ECHO = "through"  # Linux has a port that only repeats what this computer sends


class MidiClock(BeatClock):
    """One input port. Its callback stamps a message and leaves it; everything else is done by the reader."""

    word = "midi"

    def __init__(self, wanted: str, clock: Clock) -> None:
        """Open the port whose name has `wanted` in it, "" for the first. Raises StageError, one line."""
        mido = _mido()
        self._now = clock.now
        self._came: deque[tuple[float, list[int]]] = deque(maxlen=ROOM)
        self._ticks = ticks.Ticks()
        try:
            with quiet_stderr():
                self.name = find(wanted, mido.get_input_names())
                self._port = mido.open_input(self.name, callback=self.take)
        except (OSError, ImportError) as err:  # rtmidi's errors are of the first kind
            reason = " ".join(str(err).split())
            raise StageError(
                f"--clock midi: MIDI does not open here ({reason}): is another program using it?"
            ) from None

    def take(self, message: Any) -> None:
        """One message of mido's; called from the port's own thread."""
        self._came.append((self._now(), message.bytes()))

    def read(self, when: float) -> Reading | None:
        """Where the song is at `when`, after all that has come."""
        while self._came:
            self._ticks = ticks.hear(self._ticks, *self._came.popleft())
        return ticks.read(self._ticks, when)

    def describe(self) -> str:
        """The port's name."""
        return f"midi, {self.name}"

    def close(self) -> None:
        """Give the port back."""
        with quiet_stderr():
            self._port.close()


def find(wanted: str, names: list[str]) -> str:
    """The first port with `wanted` in its name (any case); without a wish the first that is more than an echo."""
    if not names:
        raise StageError("--clock midi: no MIDI input is there: plug one in, or let the other program open one")
    found = [name for name in names if wanted.lower() in name.lower()]
    if not found:
        raise StageError(f"--clock midi:{wanted}: no MIDI input is called so: there are {', '.join(names)}")
    return next((name for name in found if wanted or ECHO not in name.lower()), found[0])


def _mido() -> Any:
    try:
        import mido
        import rtmidi  # noqa: F401  mido's own default, and it asks for it late
    except ImportError:
        raise StageError('--clock midi needs mido and python-rtmidi: pip install -e ".[midi]"') from None
    return mido
