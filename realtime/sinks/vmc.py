"""Poses as the Virtual Motion Capture protocol, for VRM avatars (protocol.vmc.info, performer to marionette).

A frame is two bundles, each below one Ethernet frame: OK, T, Root and the first bones; then the other bones. One T a
frame and no more: EVMC4U counts them. Positions are real rest offsets: zeros would fold an avatar whose receiver
applies them. What is sent of a pose: vmc_pose.py; the bytes: vmc_wire.py; what receivers ask for: vmc_requests.py.
"""

import sys
from pathlib import Path

import numpy as np

from motion import avatar
from motion.avatar_pose import AvatarPose
from realtime.frame import StageError, StageFrame
from realtime.osc_wire import UdpOut, message, split_target
from realtime.sinks import vmc_requests
from realtime.sinks.base import Sink, SinkOptions
from realtime.sinks.vmc_pose import NAMES, PROFILES, TRAVEL, Puppet
from realtime.sinks.vmc_requests import EXCHANGE, RequestPort, Wishes
from realtime.sinks.vmc_wire import BUNDLES, EVERYTHING, Due, PoseDatagrams

HELP = (
    "VMC for VRM avatars; HOST:PORT (127.0.0.1:39539), dancer n at PORT + n; dancer=N sends one alone to PORT; "
    "avatar=FILE.vrm,pose=raw|normalized; profile=skeleton|rotation; travel=hips|root|none; mirror=1; yaw=DEG; "
    "bones=all|upper|lower|Name+Name; rate=60; bundle=split|whole|none; listen=PORT|off; broadcast=1"
)
BODY_OPTIONS = ("avatar", "pose", "profile", "travel", "mirror", "yaw", "bones")
WIRE_OPTIONS = ("dancer", "rate", "bundle", "broadcast", "listen")
HOST, PORT = "127.0.0.1", 39539
RATE = 60.0  # poses a second: receivers show the newest one and do not interpolate
LOWER = tuple(name for name in NAMES if name == "Hips" or name.endswith(("Leg", "Foot", "Toes")))
GROUPS = {"all": NAMES, "upper": tuple(name for name in NAMES if name not in LOWER), "lower": LOWER}
SWITCH = {  # what the receiver must be set to, as EVMC4U calls it
    "skeleton": "the receiver's bone position sync on",
    "rotation": "the receiver's bone position sync off, root position sync on",
}


class VmcSink(Sink):
    """Sends every dancer to a receiver of its own: dancer n to PORT + n."""

    HELP = HELP

    def __init__(self, options: SinkOptions) -> None:
        options.only(*BODY_OPTIONS, *WIRE_OPTIONS)
        self.rate = options.rate(RATE)
        host, port = split_target(options.target, HOST, PORT)
        self._dancers = _wanted(options)
        if port + len(self._dancers) - 1 > 65535:
            raise StageError(f"--sink vmc needs {len(self._dancers)} ports from {port} on: use a lower one")
        self._puppet = _puppet(options)
        names = _bones(options, self._puppet.names)
        self._sent = np.array([0, *(1 + self._puppet.names.index(name) for name in names)])  # rows: Root, bones
        rest = self._puppet.rest[self._sent[1:] - 1]
        bundle = options.choice("bundle", "split", *BUNDLES)
        broadcast = _on(options, "broadcast")
        where = _request_port(options)
        self._parts = [PoseDatagrams(names, rest, bundle) for _ in self._dancers]
        self._outs = [UdpOut(host, port + k, broadcast) for k in range(len(self._dancers))]
        self._wishes = [Wishes(out.address) for out in self._outs]
        self._frames = 0
        EXCHANGE.keep_clear(out.address[1] for out in self._outs)
        self._requests = self._listen(*where, asked_for="listen" in options.options) if where else None

    def send(self, frame: StageFrame) -> None:
        """Write one frame to the network; never waits."""
        if self._requests:
            self._requests.read()
        dancers = slice(self._dancers.start, self._dancers.stop)
        places = self._puppet.numbers(frame.root_position[dancers], frame.rotations[dancers])[:, self._sent]
        for out, part, place, wish in zip(self._outs, self._parts, places, self._wishes, strict=True):
            due = self._due(out, wish)
            for datagram in part.write(frame.audio_time, place, due) if any(due) else ():
                out.send(datagram)
        self._frames += 1

    def hello(self) -> None:
        """Tell the receivers where we listen; all of the next pose is sent."""
        for wish in self._wishes:
            wish.everything = True

    def close(self) -> None:
        """Give the sockets back."""
        EXCHANGE.release(out.address[1] for out in self._outs)
        if self._requests:
            EXCHANGE.leave(self._requests, self._wishes)
        for out in self._outs:
            out.close()

    def describe(self) -> str:
        """Where the dancers go, and how the receiver must be set for it."""
        puppet = self._puppet
        more = f" and {len(self._outs) - 1} ports more" if len(self._outs) > 1 else ""
        body = f", as {puppet.avatar.avatar.name}" if puppet.avatar else ""
        hears = f"; hears requests at {self._requests.port}" if self._requests and not self._requests.closed else ""
        where = f"vmc to {self._outs[0].name}{more}{body}, travel in {puppet.travel}"
        return f"{where} (profile {puppet.profile}: {SWITCH[puppet.profile]}{hears})"

    def _due(self, out: UdpOut, wish: Wishes) -> Due:
        """What of this pose the receiver gets."""
        if wish.everything:
            wish.everything = False
            if self._requests and not self._requests.closed:
                out.send(message("/VMC/Ext/Rcv", 1, self._requests.port).data)
            return EVERYTHING
        status, root, bones = (period > 0 and self._frames % period == 0 for period in wish.periods)
        return status, root, bones

    def _listen(self, host: str, port: int, asked_for: bool) -> RequestPort | None:
        """Open the port for requests, or share it; without it the show goes on."""
        try:
            requests = EXCHANGE.join(host, port, self._wishes)
            problem = "is a receiver's own" if asked_for and not requests else ""
        except OSError as err:
            requests, problem = None, f"is not free ({err.strerror or err})"
        if problem:
            line = f"port {port} {problem}: what receivers ask for is not heard; listen=PORT, or listen=off"
            print(f"realtime.run: --sink vmc: {line}", file=sys.stderr, flush=True)
        return requests


def _request_port(options: SinkOptions) -> tuple[str, int] | None:
    """Where receivers may ask for something, None for nowhere."""
    text = options.options.get("listen", str(vmc_requests.PORT))
    if text == "off":
        return None
    if not text.rpartition(":")[2].isdecimal():
        raise StageError(f"--sink vmc: listen={text} names no port: use [HOST:]PORT, or off")
    return split_target(text, vmc_requests.HOST, vmc_requests.PORT)


def _puppet(options: SinkOptions) -> Puppet:
    file = options.options.get("avatar")
    if not file and "pose" in options.options:
        raise StageError("--sink vmc: pose=raw|normalized is about an avatar's rest pose: give avatar=FILE too")
    return Puppet(
        avatar=AvatarPose(avatar.read(Path(file).expanduser())) if file else None,
        raw=options.choice("pose", "raw", "raw", "normalized") == "raw",
        profile=options.choice("profile", "skeleton", *PROFILES),
        travel=options.choice("travel", "hips", *TRAVEL),
        mirror=_on(options, "mirror"),
        yaw=options.number("yaw", 0.0, -360.0, 360.0),
    )


def _on(options: SinkOptions, option: str) -> bool:
    return options.choice(option, "0", "0", "1") == "1"


def _bones(options: SinkOptions, there: tuple[str, ...]) -> tuple[str, ...]:
    """The bones to be sent, of those that are there, in the order of the wire."""
    wanted: set[str] = set()
    for word in options.options.get("bones", "all").split("+"):
        named = [name for name in NAMES if name.lower() == word.lower()]
        if not named and word not in GROUPS:
            raise StageError(f"--sink vmc: bones={word} is unknown: use {', '.join([*GROUPS, *NAMES])}, joined by +")
        wanted |= set(named or GROUPS[word])
    found = tuple(name for name in there if name in wanted)
    if not found:
        raise StageError(f"--sink vmc: the avatar has none of bones={options.options['bones']}")
    return found


def _wanted(options: SinkOptions) -> range:
    dancers = options.info.dancers
    if "dancer" not in options.options:
        return range(dancers)
    one = int(options.choice("dancer", "0", *map(str, range(dancers))))
    return range(one, one + 1)
