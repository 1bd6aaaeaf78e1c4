"""A real show that tells on its standard output which frame it has danced, late ones too: one byte a frame.

python -m tests.realtime.told_show ... the words of realtime.run
"""

import os
import sys

from realtime.frame import StageFrame
from realtime.run import main
from realtime.sinks import SINKS
from realtime.sinks.base import Sink, SinkOptions


class ToldSink(Sink):
    """Tells at once, in the loop itself."""

    keeps_late = True

    def __init__(self, options: SinkOptions) -> None:
        pass

    def send(self, frame: StageFrame) -> None:
        os.write(TOLD, b".")


if __name__ == "__main__":
    TOLD = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.modules["tests.realtime.told_show"] = sys.modules["__main__"]
    SINKS["told"] = "tests.realtime.told_show:ToldSink"
    sys.exit(main([*sys.argv[1:], "--sink=told"]))
