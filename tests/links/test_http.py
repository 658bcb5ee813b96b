"""The HTTP client against servers that hang, drip, lie, break off and come back. Ours is in tests/server."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.links.http import OperatorClient, new_idempotency_key
from feiqian.links.http_replies import Fields, bytes_of, fields_of, refuse_unless_ok
from feiqian.links.http_spelling import read_bytes, read_instant, spell_bytes, spell_instant
from feiqian.links.http_transport import Reply
from feiqian.links.http_trouble import LinkTrouble, OperatorRefused
from feiqian.protocol.words import Coded

HEALTHY = (
    b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 31\r\n\r\n{"status":"up","version":"1.0"}'
)
Behaviour = Callable[[socket.socket, int], None]


@dataclass
class Station:
    """A server that does to each connection what it was told to; `asked` keeps every request's bytes."""

    port: int
    asked: list[bytes] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def station(behaviour: Behaviour) -> Iterator[Station]:
    """A listening station; `behaviour` gets the connection after its request was read, and the request's number."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.1)
    here = Station(port=listener.getsockname()[1])
    ended = threading.Event()
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(10)
            while not ended.is_set():
                request = read_request(connection)
                if not request:
                    return
                here.asked.append(request)
                behaviour(connection, len(here.asked))

    def accept() -> None:
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=serve, args=(connection,), daemon=True))
                threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield here
    finally:
        ended.set()
        acceptor.join(5)
        listener.close()


def read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        part = connection.recv(65536)
        if not part:
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    length = next((int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0)
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def sends(*parts: bytes) -> Behaviour:
    def behave(connection: socket.socket, _: int) -> None:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_RDWR)

    return behave


def json_reply(status: int, content: object, kind: str = "application/json", extra: str = "") -> bytes:
    body = json.dumps(content).encode()
    head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n{extra}\r\n"
    return head.encode() + body


def trouble_of(here: str, *, deadline_s: float = 3.0, timeout_s: float = 1.0) -> LinkTrouble:
    """What a health call ends in, within its deadline and a little."""
    started = time.monotonic()
    with (
        OperatorClient(here, timeout_s=timeout_s, deadline_s=deadline_s) as client,
        pytest.raises(LinkTrouble) as caught,
    ):
        client.health()
    assert time.monotonic() - started < deadline_s + 2
    return caught.value


def test_an_answer_is_read() -> None:
    with station(sends(HEALTHY)) as here, OperatorClient(here.url, "secret", language="zh") as client:
        assert client.health() == "1.0"
        assert client.health() == "1.0"
    head = here.asked[0].decode()
    assert "authorization: Bearer secret" in head
    assert "accept-language: zh" in head
    assert "accept-encoding: identity" in head


def test_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    trouble = trouble_of(f"http://127.0.0.1:{port}")
    assert trouble.code == "operator_unreachable"
    assert "nobody listens" in trouble.words("en").message


def test_a_server_that_hangs_is_left_by_the_deadline() -> None:
    def hang(_: socket.socket, __: int) -> None:
        time.sleep(8)

    with station(hang) as here:
        assert trouble_of(here.url, deadline_s=2.0, timeout_s=30.0).code == "operator_unreachable"
        assert trouble_of(here.url, deadline_s=2.0, timeout_s=0.3).code == "operator_unreachable"


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nx-slow: ", HEALTHY[:80]], ids=["head", "header", "body"])
def test_a_server_that_drips_is_left_by_the_deadline(start: bytes) -> None:
    """Every single read is in time, so only a timeout over the whole helps."""

    def drip(connection: socket.socket, _: int) -> None:
        connection.sendall(start)
        for byte in b"HTTP/1.1 200 OK" * 20:
            connection.sendall(bytes((byte,)))
            time.sleep(0.1)

    with station(drip) as here:
        assert trouble_of(here.url, deadline_s=1.5, timeout_s=1.0).code == "operator_unreachable"


def test_an_endless_answer_is_not_kept() -> None:
    def flood(connection: socket.socket, _: int) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n")
        while True:
            connection.sendall(b" " * 65536)

    with station(flood) as here:
        trouble = trouble_of(here.url, deadline_s=10)
    assert trouble.code == "operator_answer_unreadable"
    assert "too long" in trouble.words("en").message


@pytest.mark.parametrize(
    "answer",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        b"\x00\xff" * 200,
        b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n",
        HEALTHY.replace(b'"up"', b'"u\xff"'),
        HEALTHY.replace(b'"version"', b'"uersion"'),
        HEALTHY.replace(b'"1.0"', b"   10"),
        HEALTHY.replace(b"\r\n\r\n", b"\r\ncontent-encoding: gzip\r\n\r\n"),
        b"HTTP/1.1 200 OK\r\ncontent-length: 2000\r\n\r\n" + b"[" * 2000,
        b"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n",
        b"HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\n<p/>",
        json_reply(403, {"code": 7}, "application/problem+json"),
        json_reply(403, ["code"], "application/problem+json"),
        b"HTTP/1.1 204 No Content\r\n\r\n",
    ],
    ids=[
        *("ssh", "noise", "length", "utf8", "missing", "type", "gzip", "deep", "redirect", "html", "problem-type"),
        *("problem-list", "nothing"),
    ],
)
def test_what_is_no_answer_of_an_operator_is_named_so_and_not_asked_again(answer: bytes) -> None:
    with station(sends(answer)) as here:
        assert trouble_of(here.url).code == "operator_answer_unreadable"
        assert len(here.asked) == 1


def test_a_broken_connection_is_tried_again_with_the_same_bytes_and_key() -> None:
    reply = json_reply(201, {"free_minor": 10_000, "currency": "CNY"})

    def lossy(connection: socket.socket, number: int) -> None:
        if number == 2:
            connection.sendall(reply[:40])
        if number >= 3:
            connection.sendall(reply)
        connection.shutdown(socket.SHUT_RDWR)

    key = new_idempotency_key()
    with station(lossy) as here, OperatorClient(here.url, "t", timeout_s=1, deadline_s=10) as client:
        assert client.fund(payer_id=b"p" * 8, amount_minor=10_000, currency="CNY", idempotency_key=key) == 10_000
    assert len(here.asked) == 3
    assert here.asked[0] == here.asked[1] == here.asked[2]
    assert f"idempotency-key: {key}".encode() in here.asked[0]


def test_a_busy_server_is_asked_again_and_then_left() -> None:
    busy = json_reply(503, {}, extra="retry-after: 0\r\n")

    def recovers(connection: socket.socket, number: int) -> None:
        connection.sendall(busy if number < 3 else HEALTHY)

    with station(recovers) as here, OperatorClient(here.url, deadline_s=10) as client:
        assert client.health() == "1.0"
    with station(lambda connection, _: connection.sendall(busy)) as here:
        assert trouble_of(here.url, deadline_s=10).code == "operator_busy"
        assert len(here.asked) == 4


def test_a_batch_that_is_received_is_asked_for_again_with_the_same_bytes_until_it_is_answered() -> None:
    words = {"code": "batch_received", "message": "m", "safe": "s", "next": "n"}
    received = json_reply(202, words, "application/problem+json", extra="retry-after: 0\r\n")
    answered = b"HTTP/1.1 200 OK\r\ncontent-type: application/cbor\r\ncontent-length: 3\r\n\r\nyes"

    def settles(connection: socket.socket, number: int) -> None:
        connection.sendall(received if number < 3 else answered)

    with station(settles) as here, OperatorClient(here.url, deadline_s=10) as client:
        assert client.send_batch(b"batch") == b"yes"
    assert len(here.asked) == 3
    assert {request.partition(b"\r\n\r\n")[2] for request in here.asked} == {b"batch"}
    with (
        station(sends(received)) as here,
        OperatorClient(here.url, deadline_s=10) as client,
        pytest.raises(LinkTrouble) as caught,
    ):
        client.send_batch(b"batch")
    assert (caught.value.code, caught.value.words("en").next) == ("batch_received", "n")


def test_a_server_that_asks_to_wait_is_not_asked_earlier() -> None:
    busy = json_reply(503, {}, extra="retry-after: 1\r\n")
    times: list[float] = []

    def recovers(connection: socket.socket, number: int) -> None:
        times.append(time.monotonic())
        connection.sendall(busy if number < 3 else HEALTHY)

    with station(recovers) as here, OperatorClient(here.url, deadline_s=10) as client:
        assert client.health() == "1.0"
    assert all(later - earlier >= 1.0 for earlier, later in pairwise(times))


@pytest.mark.parametrize(("status", "code"), [(503, "books_damaged"), (503, "server_busy"), (507, "disk_full")])
def test_why_a_server_cannot_answer_is_told_in_its_own_words(status: int, code: str) -> None:
    problem = {"code": code, "message": "Voll.", "safe": "Sicher.", "next": "Warten.", "request_id": "abc-123"}
    reply = json_reply(status, problem, "application/problem+json", extra="retry-after: 60\r\n")
    with station(sends(reply)) as here:
        trouble = trouble_of(here.url)
        assert len(here.asked) == 1  # a minute is longer than this call may take
    assert trouble.code == code
    assert trouble.words("en") == ("Voll.", "Sicher.", "Warten. (Request abc-123.)")
    assert "abc-123" in trouble.words("zh").next


@pytest.mark.parametrize("problem", [["code"], {"code": 7}, {"code": "x", "message": "", "safe": "s", "next": "n"}])
def test_a_problem_that_is_none_leaves_our_own_words(problem: object) -> None:
    with station(sends(json_reply(507, problem, "application/problem+json"))) as here:
        assert trouble_of(here.url).code == "operator_failed"


def test_a_fault_of_the_server_is_no_refusal_and_not_asked_again() -> None:
    fault = json_reply(500, {"code": "internal_fault", "message": "m", "safe": "s", "next": "n"})
    with station(sends(fault)) as here:
        assert trouble_of(here.url).code == "operator_failed"
        assert len(here.asked) == 1


def test_waiting_as_asked_never_passes_the_deadline() -> None:
    busy = json_reply(503, {}, extra="retry-after: 9999\r\n")
    with station(sends(busy)) as here:
        assert trouble_of(here.url, deadline_s=1.0).code == "operator_busy"
        assert len(here.asked) == 1


def test_a_problem_body_becomes_a_refusal_in_its_own_words() -> None:
    problem = {"code": "not_enough_money", "message": "余额不足。", "safe": "安全。", "next": "充值。", "detail": "d"}
    with (
        station(sends(json_reply(409, problem, "application/problem+json"))) as here,
        OperatorClient(here.url, "t", language="zh") as client,
        pytest.raises(OperatorRefused) as caught,
    ):
        client.payer_statement()
    assert caught.value.code == "not_enough_money"
    assert caught.value.words("zh").message == "余额不足。"
    assert (caught.value.status, caught.value.detail) == (409, "d")
    assert len(here.asked) == 1


def test_an_unchanged_trust_pack_is_not_sent_again() -> None:
    def behave(connection: socket.socket, number: int) -> None:
        head = 'HTTP/1.1 {}\r\netag: "a1"\r\ncontent-type: application/cbor\r\ncontent-length: {}\r\n\r\n'
        connection.sendall((head.format("200 OK", 2) if number == 1 else head.format("304 X", 0)).encode())
        connection.sendall(b"\xa0\xa0" if number == 1 else b"")

    with station(behave) as here, OperatorClient(here.url) as client:
        first = client.trust_pack()
        assert first is not None
        assert (first.raw, first.etag) == (b"\xa0\xa0", '"a1"')
        assert client.trust_pack(etag=first.etag) is None
    assert b'if-none-match: "a1"' in here.asked[1]


def test_a_client_can_be_closed_and_used_again() -> None:
    with station(sends(HEALTHY)) as here:
        client = OperatorClient(here.url)
        assert client.health() == "1.0"
        client.close()
        client.close()
        assert client.health() == "1.0"
        client.close()


@pytest.mark.parametrize(
    "address", ["", "ftp://x", "http://", "127.0.0.1:80", "http://x/?a=1", "http://[::1", "http://x:99999"]
)
def test_an_address_that_is_none_is_refused_in_words(address: str) -> None:
    with pytest.raises(LinkTrouble) as caught:
        OperatorClient(address)
    assert caught.value.code == "address_invalid"


def test_every_trouble_speaks_both_languages() -> None:
    for code in LinkTrouble.table:
        trouble = LinkTrouble(code, why="x", status=1)
        assert all(trouble.words("en"))
        assert all(trouble.words("zh"))
        assert trouble.words("en") != trouble.words("zh")


@given(st.integers(100, 599), st.sampled_from(["application/json", "application/problem+json", ""]), st.binary())
def test_any_reply_gives_a_value_or_a_coded_failure(status: int, kind: str, body: bytes) -> None:
    reply = Reply(status=status, headers={"content-type": kind}, body=body)
    for read in (fields_of, bytes_of, refuse_unless_ok):
        with contextlib.suppress(Coded):
            read(reply)


@given(
    st.dictionaries(st.sampled_from(["a", "b"]), st.none() | st.booleans() | st.integers() | st.text() | st.floats())
)
def test_any_field_gives_a_value_of_its_type_or_a_coded_failure(content: dict[str, object]) -> None:
    fields = Fields(content)
    for name in ("a", "b", "c"):
        for read, kind in ((fields.text, str), (fields.octets, bytes), (fields.number, int), (fields.yes, bool)):
            with contextlib.suppress(LinkTrouble):
                assert type(read(name)) is kind
        with contextlib.suppress(LinkTrouble):
            assert type(fields.instant(name)) is int


@given(st.binary(max_size=300))
def test_bytes_have_one_spelling(value: bytes) -> None:
    assert read_bytes(spell_bytes(value)) == value


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A A", "AA\n", "A+", "Ａ", "AAB", "é"])
def test_another_spelling_of_bytes_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|spelling"):
        read_bytes(text)


@given(st.integers(0, 253_402_300_799))
def test_instants_have_one_spelling(seconds: int) -> None:
    assert read_instant(spell_instant(seconds)) == seconds


@pytest.mark.parametrize(
    "text",
    [
        *("2026-11-22", "2026-11-22T10:00:00+00:00", "2026-11-22t10:00:00z", "2026-13-22T10:00:00Z"),
        *("2026-11-22T10:00:00.5Z", "2026-11-22T10:00:60Z", "1969-12-31T23:59:59Z", "2026-11-22T10:00:00Z\n", "0"),
        "２０26-11-22T10:00:00Z",
    ],
)
def test_another_spelling_of_instants_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_instant(text)
