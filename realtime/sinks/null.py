"""The sink that does nothing, for timing what remains."""

from realtime.frame import StageFrame
from realtime.sinks.base import Sink, SinkOptions


class NullSink(Sink):
    """Takes every frame and forgets it."""

    HELP = "nowhere, for timing"

    def __init__(self, options: SinkOptions) -> None:
        options.only()
        options.no_target()

    def send(self, frame: StageFrame) -> None:
        """Forget it."""
