"""Connections that cannot be held for nothing: a time for the headers, a number for each address and for all.

Rules kept:

- From a connection, or from the last answer on it, a request's headers have `Crowd.headers_s` to become whole;
  then the connection ends, whatever was sent of them.
- An answer that the client does not take ends its connection too; one that it takes slowly does not.
- Who comes at a full house hears `server_busy` at once and holds nothing.
- The log says once a minute how many were turned away, and not who.
"""

import asyncio
import ipaddress
import logging
import time
from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from fastapi import Response
from uvicorn.protocols.http.h11_impl import H11Protocol

from feiqian.server.crowd_trouble import CrowdTrouble
from feiqian.server.limits import CROWD_LOGGED_EVERY_S, Crowd
from feiqian.server.problems import problem

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_IPV6_CUSTOMER_BITS = 64
_log = logging.getLogger("feiqian.server")


def protocol_for(crowd: Crowd) -> type[asyncio.Protocol]:
    """The protocol of one server's connections: the library makes each by calling its class."""

    class Connection(_Connection):
        house = _House(crowd)

    return Connection


class _House:
    """Who is inside, by address, and how many were turned away since the log last said so."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.by_address: Counter[str] = Counter()
        self._turned_away = 0
        self._logged_at: float | None = None

    def enter(self, address: str, connections: int) -> bool:
        """Counts a connection in, if it may come in."""
        if connections > self.crowd.connections_max or self.by_address[address] >= self.crowd.per_address_max:
            self.turn_away()
            return False
        self.by_address[address] += 1
        return True

    def leave(self, address: str) -> None:
        """Counts a connection out."""
        self.by_address[address] -= 1
        if not self.by_address[address]:
            del self.by_address[address]

    def turn_away(self) -> None:
        """Counts a refusal, and logs the sum when it is time."""
        self._turned_away += 1
        now = time.monotonic()
        if self._logged_at is None or now - self._logged_at >= CROWD_LOGGED_EVERY_S:
            _log.warning("the house is full: %d turned away since this was last said", self._turned_away)
            self._turned_away, self._logged_at = 0, now


class _Connection(H11Protocol):
    """One connection: the library's, with a clock on it and a count in the house."""

    house: ClassVar[_House]
    _address: str | None = None
    _clock: asyncio.TimerHandle | None = None
    _unsent_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library does
        """Lets it in, or says why not and closes."""
        super().connection_made(transport)
        self._wind_clock()
        address = _customer(self.client[0] if self.client else "")
        if self.house.enter(address, len(self.connections)):
            self._address = address
        else:
            self._refuse()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives back everything that it held."""
        self._stop_clock()
        if self._address is not None:
            self.house.leave(self._address)
            self._address = None
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """As before; a request that has begun is no longer on this clock, its body has its own."""
        # A request can outlive its connection, so the number of connections does not bound that of requests.
        full = len(self.tasks) >= self.house.crowd.connections_max
        self.app = self._answer_busy if full else self.config.loaded_app
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            self._stop_clock()

    def on_response_complete(self) -> None:
        """The clock runs again, from the answer to the next request."""
        self._wind_clock()
        super().on_response_complete()

    def _wind_clock(self) -> None:
        self._stop_clock()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._clock = self.loop.call_later(self.house.crowd.headers_s, self._on_late)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _on_late(self) -> None:
        if 0 < self.transport.get_write_buffer_size() < self._unsent_bytes:
            self._wind_clock()
            return
        self.transport.abort()  # a close would wait for a client that takes nothing

    def _refuse(self) -> None:
        refusal = _busy()
        status = HTTPStatus(refusal.status_code)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in (*self.server_state.default_headers, *refusal.raw_headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(refusal.body)]))
        self.transport.close()

    async def _answer_busy(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        self.house.turn_away()
        await _busy()(scope, receive, send)


def _busy() -> Response:
    return problem(CrowdTrouble("server_busy"), "en", headers={"connection": "close"})


def _customer(host: str) -> str:
    """What counts as one address."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if address.version == 4:  # noqa: PLR2004  # the name of a protocol
        return str(address)
    return str(ipaddress.ip_network((address, _IPV6_CUSTOMER_BITS), strict=False))
