"""OSCQuery: the tree says what the control port really takes, over HTTP, and mDNS finds it."""

import http.client
import importlib.util
import json
import socket
import threading
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from realtime.controls import SetControl, SetCrew
from realtime.frame import StageError
from realtime.loop import dance
from realtime.osc_commands import command_for
from realtime.oscquery import EXTENSIONS, OscQueryServer, values
from realtime.oscquery_tree import MOST_DANCERS, Node, find, tree, words
from tests.realtime.shows import music, new_session


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def server(said: list[str]) -> Iterator[OscQueryServer]:
    session = new_session(dancers=2)
    session.commands.put(SetControl("energy", 0.25, 1))
    session.commands.put(SetCrew(formation="circle", canon=2.0))
    list(dance([music()[:1600]], session))
    server = OscQueryServer(session, "127.0.0.1", 7701, 0, said.append)
    yield server
    server.close()


def ask(server: OscQueryServer, target: str) -> tuple[int, Node | None]:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", target)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, json.loads(body) if body else None


def leaves(node: Node) -> Iterator[Node]:
    """All nodes that are addresses."""
    if "TYPE" in node:
        yield node
    for child in node.get("CONTENTS", {}).values():
        yield from leaves(child)


def test_the_root_holds_every_address_under_its_full_path(server: OscQueryServer) -> None:
    status, root = ask(server, "/")
    assert status == 200
    assert root is not None
    assert root["FULL_PATH"] == "/"
    for leaf in leaves(root):
        assert find(root, leaf["FULL_PATH"]) == leaf
        assert leaf["DESCRIPTION"]
        assert leaf["ACCESS"] == (3 if "VALUE" in leaf else 2)
    paths = {leaf["FULL_PATH"] for leaf in leaves(root)}
    assert {"/dance/set/energy", "/dance/set/dancer/1/style", "/dance/preset/record", "/dance/tap"} <= paths


SAMPLE = {"i": 1, "f": 100.0, "s": "line"}


def test_every_address_of_the_tree_is_one_that_the_control_port_knows() -> None:
    session = new_session(dancers=2)
    for leaf in leaves(tree(session.controls, values(session))):
        arguments = [SAMPLE[tag] for tag in leaf["TYPE"] if tag != "N"]
        if leaf["FULL_PATH"] == "/dance/tap":
            continue  # answered by the server itself, which keeps the row of taps
        assert command_for(leaf["FULL_PATH"], arguments, 0.0) is not None, leaf


def test_each_range_and_value_has_as_many_parts_as_the_type_has_letters() -> None:
    session = new_session(dancers=2)
    for leaf in leaves(tree(session.controls, values(session))):
        for part in ("RANGE", "VALUE"):
            if part in leaf:
                assert len(leaf[part]) == len(leaf["TYPE"].replace("N", ""))
        for limits, value in zip(leaf.get("RANGE", []), leaf.get("VALUE", []), strict=False):
            if "MIN" in limits:
                assert limits["MIN"] <= value <= limits["MAX"], leaf


def test_a_value_is_the_one_that_rules_now(server: OscQueryServer) -> None:
    assert ask(server, "/dance/set/dancer/1/energy?VALUE") == (200, {"VALUE": [0.25]})
    assert ask(server, "/dance/set/energy?VALUE") == (200, {"VALUE": [1.0]})
    assert ask(server, "/dance/formation?VALUE") == (200, {"VALUE": ["circle"]})
    assert ask(server, "/dance/canon?RANGE") == (200, {"RANGE": [{"MIN": 0.0, "MAX": 16.0}]})
    assert ask(server, "/dance/set/style?RANGE") == (
        200, {"RANGE": [{"VALS": ["calm", "wild"]}, {"MIN": 0.0, "MAX": 1.0}]},
    )  # fmt: skip


def test_host_info_says_where_osc_goes_and_what_is_told(server: OscQueryServer) -> None:
    status, info = ask(server, "/?HOST_INFO")
    assert status == 200
    assert info is not None
    assert (info["OSC_IP"], info["OSC_PORT"], info["OSC_TRANSPORT"]) == ("127.0.0.1", 7701, "UDP")
    assert info["EXTENSIONS"] == dict.fromkeys(EXTENSIONS, True)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/dance/clap", 404),
        ("/dance/tap?VALUE", 204),
        ("/dance/tap?COLOUR", 400),
        ("/%2e%2e/etc/passwd", 404),
        ("//", 200),
    ],
)
def test_what_is_not_there_is_answered_as_the_proposal_says(server: OscQueryServer, target: str, status: int) -> None:
    assert ask(server, target)[0] == status


def test_a_client_that_says_nothing_or_nonsense_does_not_keep_the_next_one_waiting_for_ever(
    server: OscQueryServer, capfd: pytest.CaptureFixture[str]
) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as rude:
        rude.sendall(b"\0\xff\r\n\r\n")
        with socket.create_connection(("127.0.0.1", server.port)):
            assert ask(server, "/dance/canon?VALUE")[0] == 200
    assert capfd.readouterr() == ("", "")


def test_of_a_crowd_only_the_first_are_told_one_by_one() -> None:
    session = new_session(dancers=40)
    told = {word.address.split("/")[4] for word in words(session.controls) if "/dancer/" in word.address}
    assert told == {str(n) for n in range(MOST_DANCERS)}
    assert find(tree(session.controls, values(session)), "/dance/set/dancer/16") is None


def test_a_port_in_use_is_refused_in_one_line_that_names_it(server: OscQueryServer) -> None:
    with pytest.raises(StageError, match=f"port {server.port} is not free"):
        OscQueryServer(new_session(), "127.0.0.1", 7701, server.port, print)


def test_it_listens_on_this_computer_alone_and_gives_its_port_back(said: list[str]) -> None:
    server = OscQueryServer(new_session(), "127.0.0.1", 7701, 0, said.append)
    with urlopen(f"http://127.0.0.1:{server.port}/?HOST_INFO", timeout=10) as answer:
        assert answer.headers["Content-Type"] == "application/json"
    server.close()
    with socket.socket() as again:
        again.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # connections that are over do not count
        again.bind(("127.0.0.1", server.port))


@pytest.mark.skipif(importlib.util.find_spec("zeroconf") is not None, reason="zeroconf is installed")
def test_without_zeroconf_one_line_says_what_is_missing(server: OscQueryServer, said: list[str]) -> None:
    assert said == [f"oscquery: only http://127.0.0.1:{server.port}, for mDNS: pip install zeroconf"]


@pytest.mark.skipif(importlib.util.find_spec("zeroconf") is None, reason="zeroconf is not installed")
def test_mdns_finds_it_on_this_computer(server: OscQueryServer, said: list[str]) -> None:
    import zeroconf

    found, there = [], threading.Event()

    def heard(zeroconf, service_type, name, state_change):  # type: ignore[no-untyped-def]
        found.append(name)
        there.set()

    asking = zeroconf.Zeroconf(interfaces=["127.0.0.1"])
    zeroconf.ServiceBrowser(asking, "_oscjson._tcp.local.", handlers=[heard])
    assert there.wait(20)
    info = asking.get_service_info("_oscjson._tcp.local.", found[0])
    asking.close()
    assert (info.port, info.parsed_addresses()) == (server.port, ["127.0.0.1"])
    assert found[0].startswith("Streaming Dancer")
    assert said == []
