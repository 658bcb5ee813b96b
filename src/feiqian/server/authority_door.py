"""The plain door beside a TLS server: it gives the local authority's certificate and how to install it, and no more.

A phone cannot fetch the certificate over the very TLS that it does not trust yet. What comes over plain HTTP can be
altered on its way, so the page asks people to compare the fingerprint with the one on the operator's own screen.

A process of its own, `python -m feiqian.server.authority_door`, which holds nothing that is secret: it is told what to
give on standard input, as one line of JSON, says {"port": …} when it listens, and ends when standard input does.
"""

import base64
import json
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, Final

CERTIFICATE_PATH: Final = "/feiqian-ca.crt"
CERTIFICATE_KIND: Final = "application/x-x509-ca-cert"
READ_S: Final = 10
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"


class _Given(BaseHTTPRequestHandler):
    """Two files, by GET or HEAD."""

    files: ClassVar[dict[str, tuple[str, bytes]]] = {}
    protocol_version = "HTTP/1.1"
    server_version, sys_version = "feiqian", ""
    timeout: ClassVar[float | None] = READ_S

    def do_GET(self) -> None:
        """The page, or the certificate."""
        found = self.files.get(self.path)
        if found is None:
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        kind, content = found
        self.send_response(HTTPStatus.OK)
        for name, value in {
            "content-type": kind,
            "content-length": str(len(content)),
            "cache-control": "no-store",
            "content-security-policy": _POLICY,
            "x-content-type-options": "nosniff",
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    do_HEAD = do_GET  # noqa: N815  # the library's name

    def log_message(self, *_: Any) -> None:
        """Nobody's address is kept."""


def main() -> int:
    """Serves until standard input ends."""
    told = json.loads(sys.stdin.readline())
    _Given.files = {
        "/": ("text/html; charset=utf-8", told["page"].encode()),
        CERTIFICATE_PATH: (CERTIFICATE_KIND, base64.b64decode(told["certificate"])),
    }
    try:
        server = ThreadingHTTPServer((told["host"], told["port"]), _Given)
    except OSError as error:
        _say({"failed": error.strerror or str(error)})
        return 1
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    _say({"port": server.server_address[1]})
    sys.stdin.read()
    return 0


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
