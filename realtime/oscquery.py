"""OSCQuery: tells over HTTP what the control port understands, and over mDNS that it is there.

A thread of its own answers, one request after the other; the dance is never asked to wait. Without `zeroconf` only
mDNS is missing: give the address to the program that asks.
"""

import contextlib
import json
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from urllib.parse import unquote, urlsplit

from realtime.frame import StageError
from realtime.oscquery_tree import MOST_DANCERS, Node, Values, find, tree
from realtime.session import Session

NAME = "Streaming Dancer"
PATIENCE_SECONDS = 2.0  # for a client that connects and says nothing
EXTENSIONS = ("ACCESS", "VALUE", "RANGE", "DESCRIPTION", "TYPE")


def values(session: Session) -> Values:
    """What can be read of a show, by address."""
    moment, controls = session.moment, session.controls
    plan, table = moment.crew.plan, controls.values.copy()
    found: Values = {
        "/dance/freeze": (int(moment.frozen),),
        "/dance/lead": (float(moment.lead_ms),),
        "/dance/formation": (plan.formation,),
        "/dance/spacing": (plan.spacing,),
        "/dance/canon": (plan.canon,),
        "/dance/unison": (plan.unison,),
        "/dance/bpm": (round(session.bpm, 2),),
    }
    if moment.seed < 2**31:
        found["/dance/seed"] = (moment.seed,)
    for where, row in [("", table[0]), *((f"dancer/{n}/", row) for n, row in enumerate(table[:MOST_DANCERS]))]:
        found |= {
            f"/dance/set/{where}{name}": (float(str(value)),) for name, value in zip(controls.names, row, strict=True)
        }
    if "mirror" in controls.names:
        found["/dance/mirror"] = found["/dance/set/mirror"]
    return found


def reply(root: Node, target: str, host_info: Node) -> tuple[int, Any]:
    """HTTP status and JSON for a request's path and query: 404 for no such address, 204 for what it does not have."""
    url = urlsplit(target)
    attribute = unquote(url.query).split("=")[0].upper()
    if attribute == "HOST_INFO":
        return 200, host_info
    node = find(root, unquote(url.path))
    if node is None:
        return 404, {"error": "no such address"}
    if not attribute:
        return 200, node
    if attribute not in node:
        return (204, None) if attribute in EXTENSIONS else (400, {"error": "no such attribute"})
    return 200, {attribute: node[attribute]}


class OscQueryServer:
    """Serves HTTP on 127.0.0.1 and announces itself, until it is closed."""

    def __init__(self, session: Session, osc_host: str, osc_port: int, port: int, say: Callable[[str], None]) -> None:
        """osc_host, osc_port: where the control port listens. port: of HTTP, 0 for any free one. Raises StageError."""
        info: Node = {
            "NAME": NAME, "OSC_IP": osc_host, "OSC_PORT": osc_port, "OSC_TRANSPORT": "UDP",
            "EXTENSIONS": dict.fromkeys(EXTENSIONS, True),
        }  # fmt: skip

        class Handler(BaseHTTPRequestHandler):
            timeout = PATIENCE_SECONDS
            protocol_version = "HTTP/1.0"

            def do_GET(self) -> None:
                status, answer = reply(tree(session.controls, values(session)), self.path, info)
                body = b"" if answer is None else json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the screen is the performer's."""

        self._server = _Quiet(port, Handler)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, name="oscquery", daemon=True)
        self._thread.start()
        self._forget = _announce(self.port, say)

    def close(self) -> None:
        """Stop answering and give the port back."""
        self._forget()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class _Quiet(HTTPServer):
    """On loopback; a client that breaks off is nobody's business."""

    def __init__(self, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        try:
            super().__init__(("127.0.0.1", port), handler)
        except OSError as err:
            raise StageError(f"--oscquery: port {port} is not free ({err.strerror}): choose another") from None

    def handle_error(self, *_: Any) -> None:
        """Say nothing of it."""


def _announce(port: int, say: Callable[[str], None]) -> Callable[[], None]:
    """Make the server known to programs of this computer by mDNS; what takes it back."""
    try:
        import zeroconf
    except ImportError:
        say(f"oscquery: only http://127.0.0.1:{port}, for mDNS: pip install zeroconf")
        return lambda: None
    try:
        service = zeroconf.ServiceInfo(
            "_oscjson._tcp.local.", f"{NAME}._oscjson._tcp.local.", port,
            addresses=[socket.inet_aton("127.0.0.1")], server="streaming-dancer.local.",
        )  # fmt: skip
        known = zeroconf.Zeroconf(interfaces=["127.0.0.1"])
    except OSError as err:
        say(f"oscquery: only http://127.0.0.1:{port}, there is no mDNS here ({err.strerror or err})")
        return lambda: None

    def announce() -> None:
        with contextlib.suppress(Exception):  # whatever it is, HTTP is there
            known.register_service(service, allow_name_change=True)

    announcing = threading.Thread(target=announce, name="oscquery-mdns", daemon=True)
    announcing.start()  # it listens for others for a second

    def forget() -> None:
        announcing.join(3.0)
        with contextlib.suppress(Exception):
            known.unregister_all_services()
        known.close()

    return forget
