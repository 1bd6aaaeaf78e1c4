"""One dancer as VRChat's OSC trackers (docs.vrchat.com/docs/osc-trackers): the body of whoever wears them.

Positions in the world, metres, scaled to the wearer's height; rotations as Euler angles in degrees that Unity applies
about Z, then X, then Y. The head is sent so that VRChat lays our floor under the wearer. Knees and elbows are worn
above the joint: they are where it is and turn as the limb above it.
"""

import numpy as np

from motion.kinematics import forward
from motion.rotation import to_euler
from motion.skeleton import HUMANOID
from realtime.frame import F32, StageError, StageFrame
from realtime.osc_wire import BundleTemplate, UdpOut, message, split_target
from realtime.sinks.base import Sink, SinkOptions

HELP = (
    "VRChat OSC trackers of one dancer; HOST:PORT (127.0.0.1:9000); dancer=N; height=METRES (1.7), your own; "
    "trackers=hips+chest+feet+knees+elbows, or fewer; head=1|0; rate=15..120"
)
HOST, PORT = "127.0.0.1", 9000
WORN = {  # the bones whose place and whose rotation each tracker has
    "hips": (("hips", "hips"),),
    "chest": (("upperChest", "upperChest"),),
    "feet": (("leftFoot", "leftFoot"), ("rightFoot", "rightFoot")),
    "knees": (("leftLowerLeg", "leftUpperLeg"), ("rightLowerLeg", "rightUpperLeg")),
    "elbows": (("leftLowerArm", "leftUpperArm"), ("rightLowerArm", "rightUpperArm")),
}
HEAD = ("head", "head")
STATURE = 1.70  # metres, of our figure
HEIGHT_RANGE = (0.5, 2.5)
_MIRROR, _MIRROR_TURN = np.array((-1, 1, 1), np.float32), np.array((1, -1, -1, 1), np.float32)


def to_unity_euler(world: F32) -> F32:
    """Degrees about Unity's X, Y, Z [..., 3] of rotations in our axes [..., 4]; Unity applies Z first and Y last."""
    yxz = np.degrees(to_euler("YXZ", world * _MIRROR_TURN)).astype(np.float32)
    return yxz[..., [1, 0, 2]]


def tracker_bundle(names: list[str]) -> BundleTemplate:
    """Position and rotation of each tracker, called 1, 2, ... or head."""
    return BundleTemplate(
        [
            message(f"/tracking/trackers/{name}/{what}", 0.0, 0.0, 0.0)
            for name in names
            for what in ("position", "rotation")
        ]
    )


class VrchatSink(Sink):
    """Sends one dancer's trackers to VRChat."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only("dancer", "height", "trackers", "head", "rate")
        host, port = split_target(options.target, HOST, PORT)
        self.rate = options.rate()
        self._dancer = int(options.choice("dancer", "0", *map(str, range(options.info.dancers))))
        self._scale = np.float32(options.number("height", STATURE, *HEIGHT_RANGE) / STATURE)
        worn = _worn(options)
        names = [str(n + 1) for n in range(len(worn))]
        if options.choice("head", "1", "0", "1") == "1":
            worn, names = [*worn, HEAD], [*names, "head"]
        self._places = [HUMANOID.index(place) for place, _ in worn]
        self._turns = [HUMANOID.index(turn) for _, turn in worn]
        self._bundle = tracker_bundle(names)
        self._out = UdpOut(host, port)

    def send(self, frame: StageFrame) -> None:
        """Write one frame to the network; never waits."""
        n = self._dancer
        positions, world = forward(HUMANOID, frame.root_position[n], frame.rotations[n])
        places = positions[self._places] * _MIRROR * self._scale
        self._bundle.write(np.stack([places, to_unity_euler(world[self._turns])], axis=1).ravel())
        self._out.send(self._bundle.data)

    def close(self) -> None:
        """Give the socket back."""
        self._out.close()

    def describe(self) -> str:
        """Where the trackers go."""
        return f"vrchat to {self._out.name}, {len(self._places)} trackers of {self._scale * STATURE:.2f} m"


def _worn(options: SinkOptions) -> list[tuple[str, str]]:
    """The trackers that are wanted, in VRChat's own order."""
    wanted = options.options.get("trackers", "+".join(WORN)).split("+")
    if unknown := [kind for kind in wanted if kind not in WORN]:
        raise StageError(f"--sink vrchat: there is no tracker {unknown[0]!r}: use {'+'.join(WORN)}, or fewer of them")
    return [pair for kind in WORN if kind in wanted for pair in WORN[kind]]
