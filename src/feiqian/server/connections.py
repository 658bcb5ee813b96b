"""Connections that cannot be held for nothing: a time for the headers, a number for each address and for all.

Rules kept:

- From a connection, or from the last answer on it, a request's headers have `Crowd.headers_s` to become whole;
  then the connection ends, whatever was sent of them.
- An answer that the client does not take ends its connection too; one that it takes slowly does not.
- Who comes at a full house hears `server_busy` at once and holds nothing. Some are heard out on the porch first: there
  whoever asks how the server is gets an answer, for one that is busy must not be taken for a dead one.
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
from feiqian.server.limits import CROWD_LOGGED_EVERY_S, PORCH_S, Crowd
from feiqian.server.metrics import CONNECTIONS, REFUSED
from feiqian.server.numbers import Numbers
from feiqian.server.problems import problem
from feiqian.server.request_id import take_request_id
from feiqian.server.watching import WATCH_PATHS
from feiqian.server.workers import Seat

if TYPE_CHECKING:
    from starlette.types import Receive, Scope, Send

_IPV6_CUSTOMER_BITS = 64
_log = logging.getLogger("feiqian.server")


def protocol_for(crowd: Crowd, numbers: Numbers, seat: Seat | None = None) -> type[asyncio.Protocol]:
    """The protocol of one server's connections: the library makes each by calling its class."""

    class Connection(_Connection):
        house = _House(crowd, numbers, seat)

    return Connection


class _House:
    """Who is inside, by address, and how many were turned away since the log last said so."""

    def __init__(self, crowd: Crowd, numbers: Numbers, seat: Seat | None) -> None:
        self.crowd = crowd
        self._numbers = numbers
        self._seat = seat
        self._inside = self._on_porch = 0
        self.by_address: Counter[str] = Counter()
        self._turned_away = 0
        self._logged_at: float | None = None

    def enter(self, address: str) -> str | None:
        """Counts a connection in, if it may come in; else says of what there are too many."""
        if self._inside >= self.crowd.connections_max:
            return "connections"
        if self.by_address[address] >= self.crowd.per_address_max:
            return "address"
        self.by_address[address] += 1
        self._count(1)
        return None

    def leave(self, address: str) -> None:
        """Counts a connection out."""
        self.by_address[address] -= 1
        if not self.by_address[address]:
            del self.by_address[address]
        self._count(-1)

    def enter_porch(self) -> bool:
        """Whether one more may be heard out."""
        if self._on_porch >= self.crowd.porch_max:
            return False
        self._on_porch += 1
        return True

    def leave_porch(self) -> None:
        """It was heard out."""
        self._on_porch -= 1

    def _count(self, change: int) -> None:
        self._inside += change
        self._numbers.add(CONNECTIONS, amount=change)
        if self._seat is not None:
            self._seat.has(self._inside)

    def turn_away(self, reason: str) -> None:
        """Counts a refusal, and logs the sum when it is time."""
        self._numbers.add(REFUSED, reason)
        self._turned_away += 1
        now = time.monotonic()
        if self._logged_at is None or now - self._logged_at >= CROWD_LOGGED_EVERY_S:
            _log.warning("the house is full: %d turned away since this was last said", self._turned_away)
            self._turned_away, self._logged_at = 0, now


class _Connection(H11Protocol):
    """One connection: the library's, with a clock on it and a count in the house."""

    house: ClassVar[_House]
    _address: str | None = None
    _too_many: str | None = None
    """Of what there are too many, for a connection on the porch."""
    _clock: asyncio.TimerHandle | None = None
    _unsent_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library does
        """Lets it in, or says why not and closes."""
        super().connection_made(transport)
        address = _customer(self.client[0] if self.client else "")
        too_many = self.house.enter(address)
        if too_many is None:
            self._address = address
        elif self.house.enter_porch():
            self._too_many = too_many
        else:
            self._refuse(too_many)
        self._wind_clock()

    def connection_lost(self, exc: Exception | None) -> None:
        """Gives back everything that it held."""
        self._stop_clock()
        if self._address is not None:
            self.house.leave(self._address)
            self._address = None
        if self._too_many is not None:
            self.house.leave_porch()
            self._too_many = None
        super().connection_lost(exc)

    def handle_events(self) -> None:
        """As before; a request that has begun is no longer on this clock, its body has its own."""
        # A request can outlive its connection, so the number of connections does not bound that of requests.
        full = self._too_many is not None or len(self.tasks) >= self.house.crowd.connections_max
        self.app = self._answer_at_full_house if full else self.config.loaded_app
        super().handle_events()
        if self.cycle is not None and not self.cycle.response_complete:  # type: ignore[redundant-expr]  # None at first
            self._stop_clock()

    def on_response_complete(self) -> None:
        """The clock runs again, from the answer to the next request; on the porch there is no next one."""
        self._wind_clock()
        super().on_response_complete()
        if self._too_many is not None:
            self.transport.close()

    def _wind_clock(self) -> None:
        self._stop_clock()
        self._unsent_bytes = self.transport.get_write_buffer_size()
        self._clock = self.loop.call_later(
            self.house.crowd.headers_s if self._too_many is None else PORCH_S, self._on_late
        )

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _on_late(self) -> None:
        if 0 < self.transport.get_write_buffer_size() < self._unsent_bytes:
            self._wind_clock()
            return
        if self._too_many is not None and not self.transport.is_closing():
            self._refuse(self._too_many)
            self._wind_clock()
            return
        self.transport.abort()  # a close would wait for a client that takes nothing

    def _refuse(self, too_many: str) -> None:
        self.house.turn_away(too_many)
        refusal = _busy()
        status = HTTPStatus(refusal.status_code)
        lines = [f"HTTP/1.1 {status.value} {status.phrase}".encode()]
        lines += [name + b": " + value for name, value in (*self.server_state.default_headers, *refusal.raw_headers)]
        self.transport.write(b"\r\n".join([*lines, b"", bytes(refusal.body)]))
        self.transport.close()

    async def _answer_at_full_house(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        if scope["path"] in WATCH_PATHS:
            await self.config.loaded_app(scope, receive, send)
            return
        self.house.turn_away(self._too_many or "requests")
        take_request_id(scope)
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
