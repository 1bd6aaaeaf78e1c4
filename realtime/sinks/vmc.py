"""Poses as the Virtual Motion Capture protocol, for VRM avatars (protocol.vmc.info, performer to marionette).

A frame is two bundles, each below one Ethernet frame: OK, T, Root and the first bones; then the other bones. One T a
frame and no more: EVMC4U counts them. Positions are real rest offsets: zeros would fold an avatar whose receiver
applies them.
"""

import numpy as np

from motion.rotation import Floats, about_y, inverse, multiply, yaw
from motion.skeleton import BONES, HUMANOID
from realtime.frame import F32, StageError, StageFrame
from realtime.osc_wire import BundleTemplate, UdpOut, message, split_target
from realtime.sinks.base import Sink, SinkOptions

HELP = (
    "VMC for VRM avatars; HOST:PORT (127.0.0.1:39539), dancer n at PORT + n; dancer=N sends one alone to PORT; "
    "travel=hips|root|none; broadcast=1"
)
HOST, PORT = "127.0.0.1", 39539
TRAVEL = ("hips", "root", "none")
FIRST_BUNDLE_BONES = 11
NAMES = tuple(name[0].upper() + name[1:] for name in BONES)
_IDENTITY = np.array((0, 0, 0, 1), np.float32)
_MIRROR, _MIRROR_TURN = np.array((-1, 1, 1), np.float32), np.array((1, -1, -1, 1), np.float32)


def to_unity(positions: Floats, quaternions: Floats) -> tuple[Floats, Floats]:
    """Our right-handed axes (left = +X) to Unity's left-handed ones (left = -X): X is mirrored.

    positions [..., 3] metres, quaternions [..., 4] xyzw; the shapes and dtypes stay.
    """
    return positions * _MIRROR.astype(positions.dtype), quaternions * _MIRROR_TURN.astype(quaternions.dtype)


def place(root_position: F32, local: F32, travel: str) -> tuple[F32, F32]:
    """Share the body's place between Root and Hips: positions [2, 3] (Root, Hips), rotations [1 + 22, 4] (Root, bones).

    root_position [3] metres and local[0] are the world place of the hips. travel: "hips" leaves all of it in Hips,
    "root" moves floor position and heading into Root, "none" drops the floor position. Still in our axes.
    """
    positions = np.zeros((2, 3), np.float32)
    rotations = np.empty((1 + len(local), 4), np.float32)
    positions[1], rotations[0], rotations[1:] = root_position, _IDENTITY, local
    if travel != "hips":
        positions[1, ::2] = 0
    if travel == "root":
        positions[0, ::2] = root_position[::2]
        rotations[0] = about_y(yaw(local[0]))
        rotations[1] = multiply(inverse(rotations[0]), local[0])
    return positions, rotations


class DancerBundles:
    """The two bundles of one dancer."""

    def __init__(self, travel: str) -> None:
        self._travel = travel
        rest, _ = to_unity(HUMANOID.offsets, _IDENTITY)
        bones = [
            message("/VMC/Ext/Bone/Pos", name, *map(float, offset), 0.0, 0.0, 0.0, 1.0)
            for name, offset in zip(NAMES, rest, strict=True)
        ]
        start = [
            message("/VMC/Ext/OK", 1),
            message("/VMC/Ext/T", 0.0),
            message("/VMC/Ext/Root/Pos", "root", *[0.0] * 6, 1.0),
        ]
        self.bundles = (BundleTemplate(start + bones[:FIRST_BUNDLE_BONES]), BundleTemplate(bones[FIRST_BUNDLE_BONES:]))
        # T, then position and rotation of Root and of each bone; the bones' positions stay at rest, but for the hips'
        self._numbers = np.zeros(1 + 7 * (1 + len(BONES)), np.float32)
        self._places = self._numbers[1:].reshape(-1, 7)
        self._places[1:, :3] = rest

    def write(self, seconds: float, root_position: F32, local: F32) -> None:
        """Put one pose into the bundles: seconds of the stream, root_position [3] metres, local [22, 4] xyzw."""
        positions, rotations = to_unity(*place(root_position, local, self._travel))
        self._numbers[0] = seconds
        self._places[:2, :3] = positions
        self._places[:, 3:] = rotations
        border = 1 + 7 * (1 + FIRST_BUNDLE_BONES)
        self.bundles[0].write(self._numbers[:border], (1,))
        self.bundles[1].write(self._numbers[border:])


class VmcSink(Sink):
    """Sends every dancer to a receiver of its own: dancer n to PORT + n."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only("travel", "dancer", "broadcast")
        host, port = split_target(options.target, HOST, PORT)
        self._travel = options.choice("travel", "hips", *TRAVEL)
        self._dancers = _wanted(options)
        if port + len(self._dancers) - 1 > 65535:
            raise StageError(f"--sink vmc needs {len(self._dancers)} ports from {port} on: use a lower one")
        broadcast = options.choice("broadcast", "0", "0", "1") == "1"
        self._parts = [DancerBundles(self._travel) for _ in self._dancers]
        self._outs = [UdpOut(host, port + k, broadcast) for k in range(len(self._dancers))]

    def send(self, frame: StageFrame) -> None:
        """Write one frame to the network; never waits."""
        for dancer, part, out in zip(self._dancers, self._parts, self._outs, strict=True):
            part.write(frame.audio_time, frame.root_position[dancer], frame.rotations[dancer])
            for bundle in part.bundles:
                out.send(bundle.data)

    def close(self) -> None:
        """Give the sockets back."""
        for out in self._outs:
            out.close()

    def describe(self) -> str:
        """Where the dancers go."""
        more = f" and {len(self._outs) - 1} ports more" if len(self._outs) > 1 else ""
        return f"vmc to {self._outs[0].name}{more}, travel in {self._travel}"


def _wanted(options: SinkOptions) -> range:
    dancers = options.info.dancers
    if "dancer" not in options.options:
        return range(dancers)
    one = int(options.choice("dancer", "0", *map(str, range(dancers))))
    return range(one, one + 1)
