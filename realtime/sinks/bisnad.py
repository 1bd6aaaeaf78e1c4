"""Poses as the MocapPlayer of the AI-Toolbox sends them: /mocap/N/joint/*, one flat list over all joints each.

Quaternions are w x y z. Axes are ours: right-handed, +Y up. Receivers take `rot_local` for the end of a frame, so it
comes last.
"""

import numpy as np

from motion.kinematics import forward
from motion.rotation import Floats
from motion.skeleton import HUMANOID
from realtime.frame import F32, StageFrame
from realtime.osc_wire import BundleTemplate, UdpOut, message, split_target
from realtime.sinks.base import Sink, SinkOptions

HELP = (
    "AI-Toolbox (bisnad) /mocap/N/joint/*, quaternions w x y z; HOST:PORT (127.0.0.1:9007); unit=m|cm; rate=15..120; "
    "broadcast=1"
)
HOST, PORT = "127.0.0.1", 9007
UNITS = {"m": 1.0, "cm": 100.0}
J = len(HUMANOID.names)


def dancer_bundles(n: int) -> tuple[BundleTemplate, BundleTemplate]:
    """Dancer n's two datagrams: positions, then rotations."""

    def joints(name: str, size: int) -> BundleTemplate:
        local, world = (message(f"/mocap/{n}/joint/{name}_{space}", *[0.0] * size * J) for space in ("local", "world"))
        return BundleTemplate([world, local])

    return joints("pos", 3), joints("rot", 4)


def numbers(frame: StageFrame, scale: float) -> tuple[F32, F32]:
    """All dancers' positions [N, 2 * 66] and rotations [N, 2 * 88] as the bundles have them: world, then local."""
    dancers = len(frame.rotations)
    offsets: Floats = np.tile(HUMANOID.offsets.astype(np.float32), (dancers, 1, 1))
    offsets[:, 0] = frame.root_position
    positions, world = forward(HUMANOID, frame.root_position, frame.rotations)
    places = np.concatenate([positions, offsets], axis=1) * np.float32(scale)
    turns = np.concatenate([world, frame.rotations], axis=1)[..., [3, 0, 1, 2]]
    return places.reshape(dancers, -1), turns.reshape(dancers, -1)


class BisnadSink(Sink):
    """Sends every dancer to one receiver; they differ by the number in the address."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only("unit", "rate", "broadcast")
        host, port = split_target(options.target, HOST, PORT)
        self.rate = options.rate()
        self._unit = options.choice("unit", "m", *UNITS)
        self._out = UdpOut(host, port, broadcast=options.choice("broadcast", "0", "0", "1") == "1")
        self._bundles = [dancer_bundles(n) for n in range(options.info.dancers)]

    def send(self, frame: StageFrame) -> None:
        """Write one frame to the network; never waits."""
        for bundles, *parts in zip(self._bundles, *numbers(frame, UNITS[self._unit]), strict=True):
            for bundle, part in zip(bundles, parts, strict=True):
                bundle.write(part)
                self._out.send(bundle.data)

    def close(self) -> None:
        """Give the socket back."""
        self._out.close()

    def describe(self) -> str:
        """Where the stream goes."""
        return f"bisnad to {self._out.name} in {self._unit}"
