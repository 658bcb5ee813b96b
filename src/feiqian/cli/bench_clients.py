"""Terminals that do nothing but send: a socket each, whole requests made beforehand, answers checked behind the clock.

What is measured of a cell lies between the moment when the last client is warm and the moment when the first one has
nothing more to send; a request that reaches over an edge counts for its part. So all clients are busy all the time.
"""

import socket
import statistics
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

from feiqian.cli.bench_stock import CLAIM_MINOR, Till
from feiqian.protocol.answer import Verdict, decode_answer
from feiqian.protocol.refusals import Refused

_TIMEOUT_S: Final = 120.0
_READ_BYTES: Final = 65_536
_HEADERS_END: Final = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Sent:
    """One request: when it went out, when its answer was whole (`time.perf_counter`), and that answer."""

    at: float
    answered_at: float
    status: int
    answer: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    """What one cell came to. `refused` counts the claims that were not settled in full."""

    payments: int
    payments_per_s: float
    p50_ms: float
    p99_ms: float
    refused: int


@dataclass(slots=True)
class Client:
    """One terminal and what it sends, in this order. The first `warm` requests are sent before the clock starts."""

    till: Till
    bodies: Sequence[bytes]
    batch: int
    warm: int
    sent: list[Sent] = field(default_factory=list)

    def run(self, address: tuple[str, int]) -> None:
        """Sends everything, one by one, on one connection."""
        requests = [self._request(body) for body in self.bodies]
        with socket.create_connection(address, timeout=_TIMEOUT_S) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for request in requests:
                at = time.perf_counter()
                connection.sendall(request)
                status, answer = _read(connection)
                self.sent.append(Sent(at, time.perf_counter(), status, answer))

    def _request(self, body: bytes) -> bytes:
        head = (
            "POST /v1/batches HTTP/1.1\r\nhost: bench\r\ncontent-type: application/cbor\r\n"
            f"authorization: Bearer {self.till.token}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        return head.encode() + body


def play(address: tuple[str, int], clients: Sequence[Client]) -> CellResult:
    """All clients at once."""
    threads = [threading.Thread(target=client.run, args=(address,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return result_of(clients)


def result_of(clients: Sequence[Client]) -> CellResult:
    """What these clients, who have sent everything, came to: in the time in which all of them sent.

    If there was none, because one was done before another began, the whole time counts.
    """
    begins = max(client.sent[client.warm].at for client in clients)
    ends = min(client.sent[-1].answered_at for client in clients)
    if begins >= ends:
        begins = min(client.sent[client.warm].at for client in clients)
        ends = max(client.sent[-1].answered_at for client in clients)
    claims, walls_ms = 0.0, []
    for client in clients:
        for one in client.sent:
            inside_s = min(one.answered_at, ends) - max(one.at, begins)
            if inside_s > 0:
                claims += client.batch * inside_s / (one.answered_at - one.at)
                walls_ms.append((one.answered_at - one.at) * 1e3)
    return CellResult(
        payments=sum(client.batch * len(client.sent) for client in clients),
        payments_per_s=round(claims / (ends - begins), 1),
        p50_ms=round(statistics.median(walls_ms), 2),
        p99_ms=round(statistics.quantiles(walls_ms, n=100, method="inclusive")[98], 2),
        refused=sum(_refused(client, one) for client in clients for one in client.sent),
    )


def _refused(client: Client, one: Sent) -> int:
    """How many claims of a batch were not settled in full."""
    if one.status != HTTPStatus.OK:
        return client.batch
    try:
        items = decode_answer(one.answer).claims
    except Refused:
        return client.batch
    good = sum(item.verdict is Verdict.SETTLED and item.paid_minor == CLAIM_MINOR for item in items)
    return client.batch - good


def _read(connection: socket.socket) -> tuple[int, bytes]:
    """Status and body of one answer."""
    received = b""
    while _HEADERS_END not in received:
        received += _more(connection)
    head, _, body = received.partition(_HEADERS_END)
    lines = head.decode("latin-1").lower().split("\r\n")
    length = next(int(line.partition(":")[2]) for line in lines[1:] if line.startswith("content-length:"))
    while len(body) < length:
        body += _more(connection)
    return int(lines[0].split()[1]), body


def _more(connection: socket.socket) -> bytes:
    received = connection.recv(_READ_BYTES)
    if not received:
        raise ConnectionResetError("the server has closed the connection")
    return received
