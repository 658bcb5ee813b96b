"""One request to the operator, and when to ask again.

Rules kept:

- A call ends by its deadline whatever the server does: hang, drip a byte a second, or never stop sending. Timeouts
  of single reads do not give that, so each try runs under a total timeout on an event loop of its own thread.
- No answer is read beyond its limit, and none is decompressed: a small answer cannot grow in memory.
- What is asked again is asked with the same bytes and the same idempotency key, so it counts once.
- Whoever is asked to wait (Retry-After) asks no earlier, or gives up when its own time would be over.
- Waiting between tries doubles and is spread at random, so that a shop full of terminals does not come back at once.

No redirect is followed: a token goes to the operator's address or nowhere.
"""

import asyncio
import concurrent.futures
import ipaddress
import random
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from feiqian.links.http_problem import problem_in
from feiqian.links.http_trouble import LinkTrouble, OperatorUnable

if TYPE_CHECKING:
    import httpx

TRIES_MAX: Final = 4
FIRST_WAIT_S: Final = 0.2
LONGEST_WAIT_S: Final = 5.0
CLOSING_GRACE_S: Final = 2.0
BUSY_STATUS: Final = frozenset({429, 503})
TRY_AGAIN_STATUS: Final = frozenset({202, 429, 502, 503, 504})
"""202 is no answer either: what was asked for is received, and not done yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """One request: the same bytes and headers at every try. `max_bytes` bounds the answer's body."""

    method: str
    path: str
    max_bytes: int
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What came back; header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Waiting = Callable[[], AbstractContextManager[None]]
"""What is entered while a call waits for its answer."""


class HttpTransport:
    """Sends requests to one operator. `timeout_s` bounds one read or write, `deadline_s` a whole call with retries.

    A device lets go of its store while it waits: `waiting` is entered around each call.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_s: float,
        deadline_s: float,
        ca_file: Path | None = None,
        waiting: Waiting = nullcontext,
    ) -> None:
        _check_address(base_url)
        self._waiting = waiting
        self.base_url = base_url.rstrip("/")
        self._timeout_s = timeout_s
        self._deadline_s = deadline_s
        self._ca_file = ca_file
        self._loop: asyncio.AbstractEventLoop | None = None
        self._client: httpx.AsyncClient | None = None
        self._starting = threading.Lock()

    def send(self, ask: Ask) -> Reply:
        """The operator's reply, whatever its status below 500. Raises LinkTrouble.

        `ask` must be harmless to repeat: a GET, or a POST that carries a key or an id of its own.
        """
        with self._waiting():
            return self._send(ask)

    def _send(self, ask: Ask) -> Reply:
        ends_at = time.monotonic() + self._deadline_s
        wait_s = FIRST_WAIT_S
        for attempt in range(1, TRIES_MAX + 1):
            remaining_s = ends_at - time.monotonic()
            asked_s = 0.0
            try:
                reply = self._try(ask, remaining_s)
            except LinkTrouble as trouble:
                if trouble.code != "operator_unreachable" or attempt == TRIES_MAX:
                    raise
                last = trouble
            else:
                if reply.status not in TRY_AGAIN_STATUS or attempt == TRIES_MAX:
                    return _decided(reply)
                asked_s = _asked_to_wait_s(reply)
                last = _trouble_of(reply)
            pause_s = asked_s + wait_s * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, guards nothing
            if time.monotonic() + pause_s >= ends_at:
                raise last
            time.sleep(pause_s)
            wait_s = min(wait_s * 2, LONGEST_WAIT_S)
        raise AssertionError("the last try returns or raises")

    def close(self) -> None:
        """Closes connections and stops the thread. The transport can be used again afterwards."""
        with self._starting:
            loop, self._loop = self._loop, None
            client, self._client = self._client, None
        if loop is None:
            return
        if client is not None:
            ended = asyncio.run_coroutine_threadsafe(client.aclose(), loop)
            concurrent.futures.wait([ended], timeout=CLOSING_GRACE_S)
        loop.call_soon_threadsafe(loop.stop)

    def _try(self, ask: Ask, remaining_s: float) -> Reply:
        async def within() -> Reply:
            async with asyncio.timeout(remaining_s):
                return await self._exchange(ask)

        try:
            return self._wait_for(within(), remaining_s + CLOSING_GRACE_S)
        except (TimeoutError, concurrent.futures.TimeoutError):
            raise LinkTrouble("operator_unreachable", why="no full answer in time") from None

    async def _exchange(self, ask: Ask) -> Reply:
        import httpx

        if self._client is None:
            self._client = self._new_client()
        url = self.base_url + ask.path
        try:
            async with self._client.stream(ask.method, url, content=ask.body, headers=dict(ask.headers)) as response:
                if response.headers.get("content-encoding", "identity") != "identity":
                    raise LinkTrouble("operator_answer_unreadable", why="compressed")
                body = bytearray()
                async for part in response.aiter_raw():
                    body += part
                    if len(body) > ask.max_bytes:
                        raise LinkTrouble("operator_answer_unreadable", why="too long")
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Reply(status=response.status_code, headers=headers, body=bytes(body))
        except httpx.TimeoutException:
            raise LinkTrouble("operator_unreachable", why="no answer in time") from None
        except (httpx.RemoteProtocolError, httpx.DecodingError) as error:
            if "disconnected" in str(error) or "closed connection" in str(error):
                raise LinkTrouble("operator_unreachable", why="the connection broke off") from None
            raise LinkTrouble("operator_answer_unreadable", why="not HTTP") from None
        except (httpx.TransportError, OSError, ssl.SSLError) as error:
            raise LinkTrouble("operator_unreachable", why=_why(error)) from None
        except (httpx.InvalidURL, httpx.HTTPError, ValueError) as error:
            raise LinkTrouble("operator_answer_unreadable", why=type(error).__name__) from None

    def _new_client(self) -> "httpx.AsyncClient":
        import httpx

        parts = urlsplit(self.base_url)
        if parts.scheme == "https":
            context = ssl.create_default_context(cafile=None if self._ca_file is None else str(self._ca_file))
        else:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # trusts nobody: plain HTTP needs no authorities
        return httpx.AsyncClient(
            verify=context,
            timeout=self._timeout_s,
            follow_redirects=False,
            trust_env=not _is_loopback(parts.hostname or ""),  # a proxy cannot reach this machine for us
            headers={"accept-encoding": "identity", "user-agent": "feiqian"},
        )

    def _wait_for(self, work: Coroutine[Any, Any, Reply], timeout_s: float) -> Reply:
        future = asyncio.run_coroutine_threadsafe(work, self._running_loop())
        try:
            return future.result(timeout_s)
        except BaseException:
            future.cancel()
            raise

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                threading.Thread(target=_serve_loop, args=(self._loop,), name="feiqian-link", daemon=True).start()
            return self._loop


def _check_address(base_url: str) -> None:
    """Raises LinkTrouble address_invalid unless this is where an HTTP server could be."""
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and not parts.query and not parts.fragment
        if not usable or parts.port == 0:  # reading the port checks it
            raise ValueError("not the address of a server")
    except ValueError:
        raise LinkTrouble("address_invalid") from None


def _serve_loop(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _decided(reply: Reply) -> Reply:
    if reply.status in TRY_AGAIN_STATUS or reply.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise _trouble_of(reply)
    return reply


def _trouble_of(reply: Reply) -> LinkTrouble:
    """Why the operator cannot answer: in its own words where it says so, for a proxy says nothing of disks."""
    problem = problem_in(reply.headers.get("content-type", ""), reply.body)
    if problem is not None:
        return OperatorUnable(problem, reply.status)
    if reply.status in BUSY_STATUS:
        return LinkTrouble("operator_busy")
    return LinkTrouble("operator_failed", status=reply.status)


def _asked_to_wait_s(reply: Reply) -> float:
    """What the server asks for, in whole seconds; nothing for a date, which nobody here sends."""
    text = reply.headers.get("retry-after", "")[:6]
    return float(text) if text.isascii() and text.isdigit() else 0.0


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _why(error: BaseException) -> str:
    """Two or three words for people; the library's own text may hold addresses."""
    cause: BaseException | None = error
    for _ in range(8):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return "its certificate is not trusted"
        if isinstance(cause, ConnectionRefusedError):
            return "nobody listens at its address"
        cause = cause.__cause__ or cause.__context__ if cause is not None else None
    return "no connection"
