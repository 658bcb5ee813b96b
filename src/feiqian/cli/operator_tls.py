"""TLS of an operator's server: the folder `tls/` of its home, kept in order at every start and while it runs.

    ca.crt      the local authority, to be installed on the phones; it is no secret
    ca.key      its private key: never leaves this folder
    server.crt  the server's certificate with the authority's behind it, server.key its key

A certificate is renewed by itself, under the same authority, so that no phone notices. The authority stays as it is
until it cannot certify the host name any more: a new one has to be installed on every phone.
"""

import contextlib
import ssl
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from feiqian.cli.durable_files import write_durably
from feiqian.keys.tls import Pair, fingerprint, is_good_for, issue_server, make_authority, may_certify, server_context

FOLDER, AUTHORITY, AUTHORITY_KEY = "tls", "ca.crt", "ca.key"
SERVER, SERVER_KEY = "server.crt", "server.key"
RENEWAL_EVERY_S: Final = 3600.0


class TlsFolder:
    """The certificates of one home for one host name. Call from the process that holds the home's lock."""

    def __init__(self, home: Path, host_name: str, clock: Callable[[], float] = time.time) -> None:
        self._folder = home / FOLDER
        self._host_name = host_name
        self._clock = clock

    @property
    def authority(self) -> Path:
        """The file that phones install."""
        return self._folder / AUTHORITY

    def ensure(self) -> None:
        """Makes what is missing, renews what ends soon. A crash in between is made good by the next call."""
        now = int(self._clock())
        self._folder.mkdir(mode=0o700, exist_ok=True)
        authority = self._read(AUTHORITY, AUTHORITY_KEY)
        if authority is None or not may_certify(authority, self._host_name, now):
            authority = make_authority(self._host_name, now)
            self._write(AUTHORITY, AUTHORITY_KEY, authority)
            (self._folder / SERVER).unlink(missing_ok=True)  # it is of the authority before
        server = self._read(SERVER, SERVER_KEY)
        if server is None or not is_good_for(server.certificate, self._host_name, now) or not self._fits():
            self._write(SERVER, SERVER_KEY, issue_server(authority, self._host_name, now))

    def fingerprint(self) -> str:
        """What people compare before they trust the authority."""
        return fingerprint(self.authority.read_bytes())

    def context(self) -> ssl.SSLContext:
        """The context with which connections are taken; it stays good when `follow` is called now and then."""
        return server_context(self._folder / SERVER, self._folder / SERVER_KEY)

    def follow(self, context: ssl.SSLContext) -> None:
        """Connections from now on are taken with the certificate that lies there now."""
        context.load_cert_chain(self._folder / SERVER, self._folder / SERVER_KEY)

    def watch(self, context: ssl.SSLContext, *, renews: bool) -> None:
        """Looks every hour for as long as the process lives: one process renews, all follow."""

        def look() -> None:
            while True:
                time.sleep(RENEWAL_EVERY_S)
                with contextlib.suppress(OSError, ssl.SSLError):  # half written just now, or a full disk: next hour
                    if renews:
                        self.ensure()
                    self.follow(context)

        threading.Thread(target=look, name="tls-renewal", daemon=True).start()

    def _fits(self) -> bool:
        """Whether certificate and key belong together: a crash may have left the new key beside the old certificate."""
        try:
            self.context()
        except (OSError, ssl.SSLError):
            return False
        return True

    def _read(self, certificate: str, key: str) -> Pair | None:
        try:
            return Pair(certificate=(self._folder / certificate).read_bytes(), key=(self._folder / key).read_bytes())
        except FileNotFoundError:
            return None

    def _write(self, certificate: str, key: str, pair: Pair) -> None:
        write_durably(self._folder / key, pair.key)
        write_durably(self._folder / certificate, pair.certificate)
