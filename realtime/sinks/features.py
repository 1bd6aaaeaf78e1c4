"""What this stage hears, for other stages (`--device features:HOST:PORT`): a TCP server that never waits for anyone."""

import contextlib
import os
import socket

from realtime.analysis import GREETING, HOST, PORT, RECORD, pack
from realtime.frame import StageError, StageFrame
from realtime.osc_wire import split_target
from realtime.sinks.base import Sink, SinkOptions

MOST_STAGES = 64
MOST_BYTES = 15 * RECORD.itemsize  # a second that a stage has not taken: it is let go, and may come again


class FeaturesSink(Sink):
    """Gives each stage that connects every frame from then on."""

    HELP = f"what is heard here, for other stages; [HOST:]PORT ({HOST}:{PORT}); they run --device features:HOST:PORT"
    keeps_late = True  # a late frame was heard, too

    def __init__(self, options: SinkOptions) -> None:
        options.only()
        host, port = split_target(options.target, HOST, PORT)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            self._door = socket.create_server((host, port), family=family)
        except OSError as err:
            why = os.strerror(err.errno) if err.errno and err.errno > 0 else str(err)
            raise StageError(f"--sink features: {host}:{port} is not free ({why}): choose another port") from None
        self._door.setblocking(False)
        self.address = f"{host}:{self._door.getsockname()[1]}"
        self._stages: dict[socket.socket, bytearray] = {}  # and what each has not taken yet

    def send(self, frame: StageFrame) -> None:
        """Welcome who came, tell all; who cannot take it is let go."""
        self._welcome()
        if not self._stages:
            return
        record = pack(frame)
        for stage, waiting in list(self._stages.items()):
            waiting += record
            try:
                del waiting[: stage.send(waiting)]
            except BlockingIOError:
                pass
            except OSError:
                self._let_go(stage)
                continue
            if len(waiting) > MOST_BYTES:
                self._let_go(stage)

    def hello(self) -> None:
        """Greet who has come since the last frame."""
        self._welcome()

    def _welcome(self) -> None:
        with contextlib.suppress(OSError):  # nobody is at the door, or who was has gone
            stage, _ = self._door.accept()
            if len(self._stages) == MOST_STAGES:
                stage.close()
                return
            stage.setblocking(False)
            stage.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stage.send(GREETING)  # far less than the system takes of a connection that is new
            self._stages[stage] = bytearray()

    def _let_go(self, stage: socket.socket) -> None:
        del self._stages[stage]
        stage.close()

    def close(self) -> None:
        """Let all go."""
        for stage in (*self._stages, self._door):
            stage.close()
        self._stages.clear()

    def describe(self) -> str:
        """Where other stages find it."""
        return f"features for other stages at {self.address}"
