"""One client that holds connections and bodies does not shut out the others."""

from __future__ import annotations

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

import httpx
import pytest

from feiqian.keys.software import SoftwareKey
from feiqian.server.crowd_trouble import CROWD_STATUS, CrowdTrouble
from feiqian.server.limits import PORCH_S, Crowd
from feiqian.server.metrics import REFUSED
from tests.server.operators import Served, assert_problem, bearer, served

HALF_HEADERS = b"GET /health HTTP/1.1\r\nhost: x\r\n"
WHOLE = b"GET /v1/trust-root HTTP/1.1\r\nhost: x\r\n\r\n"
HALF_BODY = b'POST /v1/devices HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{"a"'
MIB = 1024 * 1024


def dial(office: Served, stack: ExitStack, said: bytes = b"") -> socket.socket:
    """A connection that has said this and keeps silent."""
    host, port = office.url.removeprefix("http://").split(":")
    connection = stack.enter_context(socket.create_connection((host, int(port)), timeout=8))
    connection.sendall(said)
    return connection


def drip(connection: socket.socket, for_s: float) -> None:
    """A header every tenth of a second."""
    ends_at = time.monotonic() + for_s
    while time.monotonic() < ends_at:
        connection.sendall(b"x: y\r\n")
        time.sleep(0.1)


def heard(connection: socket.socket) -> bytes:
    """Everything until the server closes; a timeout is a failure."""
    parts = []
    try:
        while part := connection.recv(65_536):
            parts.append(part)
    except ConnectionError:
        pass
    return b"".join(parts)


def answer_of(raw: bytes) -> httpx.Response:
    """The one answer in these bytes."""
    head, _, body = raw.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    pairs = [(name, value) for name, _, value in (line.partition(b": ") for line in lines[1:])]
    return httpx.Response(int(lines[0].split(b" ")[1]), headers=pairs, content=body)


@pytest.mark.parametrize("said", [b"", b"GET", HALF_HEADERS])
def test_headers_that_do_not_come_end_the_connection(tmp_path: Path, said: bytes) -> None:
    with served(tmp_path / "home", crowd=Crowd(headers_s=0.5)) as office, ExitStack() as stack:
        assert heard(dial(office, stack, said)) == b""


def test_dripping_headers_and_a_second_request_are_on_the_same_clock(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(headers_s=0.6)) as office, ExitStack() as stack:
        connection = dial(office, stack, HALF_HEADERS + b"\r\n" + HALF_HEADERS)
        with pytest.raises(ConnectionError):
            drip(connection, 5)


def test_a_connection_in_use_outlives_the_clock(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(headers_s=0.6)) as office, ExitStack() as stack:
        connection = dial(office, stack)
        for _ in range(5):
            connection.sendall(HALF_HEADERS + b"\r\n")
            raw = connection.recv(65_536)
            while not raw.endswith(b"}"):
                part = connection.recv(65_536)
                assert part
                raw += part
            assert raw.startswith(b"HTTP/1.1 200")
            time.sleep(0.3)


def test_a_body_that_stops_is_told_so(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(json_body_s=0.5)) as office, ExitStack() as stack:
        answer = answer_of(heard(dial(office, stack, HALF_BODY)))
        assert_problem(answer, 408, "request_too_slow")
        assert answer.headers["connection"] == "close"


def test_a_batch_that_stops_is_told_so(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(batch_body_s=0.5)) as office, ExitStack() as stack:
        connection = dial(office, stack, batch_head(terminal_token(office)) + b"x" * 1000)
        assert_problem(answer_of(heard(connection)), 408, "request_too_slow")


def test_one_address_has_its_share_and_no_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with served(tmp_path / "home", crowd=Crowd(per_address_max=4, headers_s=1.5)) as office:
        with ExitStack() as stack, caplog.at_level(logging.WARNING):
            inside = [dial(office, stack, HALF_HEADERS) for _ in range(4)]
            for _ in range(20):
                answer = answer_of(heard(dial(office, stack, WHOLE)))
                assert_problem(answer, 503, "server_busy")
                assert int(answer.headers["retry-after"]) > 0
            assert [heard(connection) for connection in inside] == [b""] * 4
        assert sum("turned away" in record.message for record in caplog.records) == 1
        assert office.client.get("/health").status_code == 200


def test_a_full_house_answers_with_a_problem(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(connections_max=4)) as office, ExitStack() as stack:
        for _ in range(4):
            dial(office, stack, HALF_HEADERS)
        assert_problem(answer_of(heard(dial(office, stack))), 503, "server_busy")
        assert_problem(answer_of(heard(dial(office, stack, WHOLE))), 503, "server_busy")
        for path in (b"/health", b"/ready"):  # a busy server is not a dead one
            asked = WHOLE.replace(b"/v1/trust-root", path)
            answer = answer_of(heard(dial(office, stack, asked)))
            assert answer.status_code == 200
        assert office.operator.numbers.value(REFUSED, "connections") == 2


def test_a_full_porch_refuses_without_listening(tmp_path: Path) -> None:
    with served(tmp_path / "home", crowd=Crowd(connections_max=2, porch_max=1)) as office, ExitStack() as stack:
        for _ in range(3):
            dial(office, stack, HALF_HEADERS)
        begun_at = time.monotonic()
        assert_problem(answer_of(heard(dial(office, stack))), 503, "server_busy")
        assert time.monotonic() - begun_at < PORCH_S
        time.sleep(PORCH_S + 0.5)  # the porch is free again
        assert answer_of(heard(dial(office, stack, HALF_HEADERS + b"\r\n"))).status_code == 200


def test_idle_sockets_that_fill_the_house_are_gone_when_their_time_is_up(tmp_path: Path) -> None:
    crowd = Crowd(headers_s=1.0, json_body_s=1.0, connections_max=200, per_address_max=1_000)
    with served(tmp_path / "home", crowd=crowd) as office, ExitStack() as stack:
        for number in range(300):
            with suppress(ConnectionError):  # turned away
                dial(office, stack, HALF_HEADERS if number % 2 else HALF_BODY)
        assert_problem(answer_of(heard(dial(office, stack, WHOLE))), 503, "server_busy")
        time.sleep(2.0)
        assert office.client.get("/health").status_code == 200


def test_the_default_share_is_enough_for_twelve_threads(office: Served) -> None:
    with ThreadPoolExecutor(12) as together, httpx.Client(base_url=office.url, trust_env=False, timeout=30) as client:
        assert {answer.status_code for answer in together.map(client.get, ["/health"] * 120)} == {200}


def test_open_bodies_have_a_sum_and_give_it_back(tmp_path: Path) -> None:
    crowd = Crowd(bodies_open_max_bytes=8 * MIB, batch_body_s=2.0)
    with served(tmp_path / "home", crowd=crowd) as office:
        token = terminal_token(office)
        for _ in range(2):  # the second round finds everything given back, by time-out, refusal and hang-up
            with ExitStack() as stack:
                held = [dial(office, stack, batch_head(token) + b"x" * (2 * MIB)) for _ in range(3)]
                time.sleep(0.5)
                dial(office, stack, batch_head(token) + b"x" * MIB).close()
                time.sleep(0.2)
                refused = answer_of(heard(dial(office, stack, batch_head(token) + b"x" * (3 * MIB))))
                assert_problem(refused, 503, "server_busy")
                assert int(refused.headers["retry-after"]) > 0
                answers = [answer_of(heard(connection)) for connection in held]
                for answer in answers:
                    assert_problem(answer, 408, "request_too_slow")
        assert office.client.get("/health").status_code == 200


def test_every_code_has_a_status() -> None:
    assert set(CROWD_STATUS) == set(CrowdTrouble.table)
    for words in CrowdTrouble.table.values():
        assert set(words) == {"en", "zh"}


def terminal_token(office: Served) -> str:
    """The token of a new terminal."""
    payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
    return str(office.enrol_terminal(payee["enrolment_code"], SoftwareKey.generate()).json()["token"])


def batch_head(token: str) -> bytes:
    """The headers of a batch of almost 4 MiB."""
    lines = ["POST /v1/batches HTTP/1.1", "host: x", "content-type: application/cbor", f"content-length: {4 * MIB - 9}"]
    lines += [f"{name}: {value}" for name, value in bearer(token).items()]
    return "\r\n".join([*lines, "", ""]).encode()
