"""Receivers that vanish, come back, steal ports, never read or send garbage: the others notice nothing."""

import os

import pytest

from realtime.clock import ManualClock
from realtime.loop import run_stream
from realtime.osc_wire import message
from realtime.sinks.open import Sinks
from realtime.sinks.vmc import VmcSink
from realtime.sources.base import PacedSource
from tests.realtime.shows import Kept, Recording, music, new_session
from tests.realtime.swing import options
from tests.realtime.udp_ear import Ear, messages

FRAMES = 60


class Show:
    """A show to several targets at 60 poses a second; `act(k)` happens after frame k."""

    def __init__(self, targets, act=lambda k: None, **extra):
        self.said = []
        self.opened = [VmcSink(options("vmc", target, **extra)) for target in targets]
        mischief = Kept(lambda frame: act(frame.index))
        named = [(target, sink) for target, sink in zip(targets, self.opened, strict=True)]
        self.sinks = Sinks([*named, ("mischief", mischief)], self.said.append)
        self.session = new_session(seed=4)

    def run(self):
        source = PacedSource(Recording([music()]), ManualClock())
        run_stream(source, self.session, self.sinks, frames=FRAMES)
        self.sinks.close()
        return self.session.stats


def times(datagrams):
    return [params[0] for data in datagrams for address, params in messages(data) if address == "/VMC/Ext/T"]


@pytest.fixture
def alone():
    """All that a good receiver hears when it is the only one."""
    with Ear() as good:
        show = Show([good.target], listen="off", rate="15")
        show.run()
        return good.waiting()


def test_a_receiver_hears_the_same_bytes_whatever_the_others_do(alone):
    with Ear() as probe:
        listening = probe.port
    good, moody, deaf, rude = (Ear() for _ in range(4))
    thieves = []

    def act(k):
        if k == 15:
            moody.close()
        if k == 25:  # another program takes its port
            thieves.append(Ear(moody.port))
        if k == 30:
            thieves.pop().close()
        if k == 40:
            thieves.append(Ear(moody.port))  # and here it is again
        if k > 10:
            ours = [sink._outs[0]._socket.getsockname()[1] for sink in show.opened]
            for _ in range(20):
                for port in (listening, *ours):
                    rude.socket.sendto(os.urandom(200), ("127.0.0.1", port))
                rude.socket.sendto(b"#bundle\0/VMC/Ext/Set/Req" + os.urandom(99), ("127.0.0.1", listening))
            rude.socket.sendto(message("/VMC/Ext/Set/Period", 7, 7, 7, 7, 7, 7).data, ("127.0.0.1", listening))

    targets = [ear.target for ear in (good, moody, deaf, rude)]
    show = Show(targets, act, listen=str(listening), rate="15")
    stats = show.run()
    assert good.waiting() == alone
    assert times(thieves[0].waiting()) == pytest.approx([(k + 1) / 15 for k in range(41, FRAMES)])
    assert (stats.frames, stats.late, stats.dropped_samples, show.sinks.errors) == (FRAMES, 0, 0, {})
    assert show.said == []
    for ear in (good, deaf, rude, *thieves):
        ear.close()


def test_no_socket_of_ours_can_wait():
    with Ear() as ear, Ear() as probe:
        probe.close()
        show = Show([ear.target], listen=str(probe.port))
        sockets = [show.opened[0]._outs[0]._socket, show.opened[0]._requests._socket]
        assert not any(one.getblocking() for one in sockets)
        show.sinks.close()


def test_a_network_that_takes_nothing_costs_no_pose_of_the_others(alone):
    """A target that the system refuses (no route, no permission): every datagram is lost, none raises."""
    with Ear() as good:
        show = Show(["255.255.255.255:39539", good.target], listen="off", rate="15")
        show.run()
        assert good.waiting() == alone
    assert show.sinks.errors == {}
    assert show.opened[0]._outs[0].lost == 2 * FRAMES


def test_sixty_poses_a_second_each_have_their_own_time():
    with Ear() as ear:
        heard = []
        show = Show([ear.target], lambda k: heard.extend(ear.waiting()), listen="off")
        show.run()
        found = times(heard + ear.waiting())
    assert found == pytest.approx([(m + 1) / 60 for m in range(4 * FRAMES)], abs=1e-4)
