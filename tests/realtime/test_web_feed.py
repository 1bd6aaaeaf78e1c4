"""What the web sink's server makes of its feed: whole frames, whatever is lost or comes besides."""

from hypothesis import given, settings
from hypothesis import strategies as st

from realtime.osc_control import read_messages
from realtime.sinks.osc import frame_bundles, hello, write_frame
from realtime.web_feed import FRAME, Feed
from tests.realtime.swing import FPS, frame


def datagrams(count, dancers):
    """[[bundle of dancer 0, ...] of each frame], and the hello."""
    bundles, found = frame_bundles(dancers), []
    for k in range(count):
        write_frame(bundles, frame(k, dancers))
        found.append([bytes(bundle.data) for bundle in bundles])
    return found, bytes(hello(dancers, FPS))


@given(st.integers(1, 4), st.integers(0, 11))
@settings(max_examples=30, deadline=None)
def test_a_bundle_that_is_lost_never_mixes_two_frames(dancers, lost):
    frames, greeting = datagrams(3, dancers)
    feed = Feed()
    feed.take(greeting)
    packets = []
    for n, part in enumerate(part for parts in frames for part in parts):
        if n != lost:
            packets += [packet for name, packet in feed.take(part) if name == FRAME]
    for packet in packets:
        messages = read_messages(packet)
        (k,) = [arguments[0] for address, arguments in messages if address == "/dance/frame"]
        sent = [m for part in frames[k] for m in read_messages(part)]
        assert all(message in sent for message in messages)
    told = {read_messages(packet)[0][1][0] for packet in packets}
    assert told >= {0, 1, 2} - {lost // dancers}


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_garbage_on_the_feed_is_passed_over(data):
    feed = Feed()
    feed.take(data)
    feed.take(b"#bundle\0" + data)
    assert len(feed.kept) <= 1
