"""Whatever comes in: a coded problem, never a fault of ours, and no trace in the books."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.keys.software import SoftwareKey
from feiqian.links.http_spelling import spell_bytes
from feiqian.server.limits import BATCH_BODY_MAX_BYTES, JSON_BODY_MAX_BYTES
from tests.server.operators import PROBLEM_MEMBERS, Served, assert_problem, bearer, served

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW")
IDS = ("AAECAwQFBgc", "A", "%00", "..%2f..", "%ff", "é", "AAECAwQFBgd")
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=60)
    | st.binary(max_size=70).map(spell_bytes),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = (
    *("name", "currency", "amount_minor", "now", "enrolment_code", "account_key", "terminal_key", "proof"),
    *("request_id", "device_key", "audience", "closing_cheque", "tier", "payer_id", "\ud800", ""),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Besieged:
    """A served operator with one payer's device and one payee's terminal, and what may be asked of it."""

    office: Served
    paths: tuple[str, ...]
    tokens: dict[str, str]
    issued: dict[str, Any]


@pytest.fixture(scope="module")
def besieged(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Besieged]:
    with served(tmp_path_factory.mktemp("siege") / "home") as office:
        payer = office.enrol_payer(fund_minor=50_000)
        device = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()
        wish = office.allowance_wish(device, SoftwareKey.generate(), b"r" * 16)
        issued = office.post("/v1/allowances", wish, bearer(device["token"])).json()
        payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
        terminal = office.enrol_terminal(payee["enrolment_code"], SoftwareKey.generate()).json()
        assert office.client.get("/v1/trust-pack").status_code == 200
        while office.operator.audit.append_queued():
            pass  # else the log's own thread writes while a test holds that nothing was written
        tokens = {
            "admin": office.admin["authorization"].removeprefix("Bearer "),
            "device": device["token"],
            "terminal": terminal["token"],
        }
        paths = tuple(office.client.get("/v1/openapi.json").json()["paths"])
        yield Besieged(office=office, paths=paths, tokens=tokens, issued=issued)


def check(besieged: Besieged, ask: httpx.Request, before: str) -> None:
    """Sends it; anything but a success must be a problem that left nothing behind."""
    answer = besieged.office.client.send(ask)
    assert answer.status_code < 500, answer.text
    if answer.status_code < 300 or answer.status_code == 304:
        return
    if ask.method != "HEAD":
        assert answer.headers["content-type"] == "application/problem+json"
        assert set(answer.json()) >= PROBLEM_MEMBERS
    assert besieged.office.trace() == before


@given(data=st.data())
def test_any_bytes_anywhere(besieged: Besieged, data: st.DataObject) -> None:
    before = besieged.office.trace()
    for _ in range(4):
        path = data.draw(st.sampled_from(besieged.paths))
        for place in ("{payer_id}", "{payee_id}", "{ref}"):
            path = path.replace(place, data.draw(st.sampled_from(IDS)))
        headers = {
            b"content-type": data.draw(st.sampled_from([b"application/json", b"application/cbor", b"text/plain", b""])),
            b"accept-language": data.draw(st.binary(max_size=30).filter(is_header_value)),
            b"authorization": data.draw(authorization(besieged)),
            b"idempotency-key": data.draw(st.sampled_from([b"", b"k", b"\xff" * 20, b"k" * 20])),
            b"if-none-match": data.draw(st.sampled_from([b"", b"*", b'"x"'])),
        }
        ask = besieged.office.client.build_request(
            data.draw(st.sampled_from(METHODS)), path, headers=headers, content=data.draw(st.binary(max_size=200))
        )
        check(besieged, ask, before)


@given(data=st.data())
def test_any_json_anywhere(besieged: Besieged, data: st.DataObject) -> None:
    before = besieged.office.trace()
    for _ in range(4):
        path = data.draw(st.sampled_from(besieged.paths))
        for place in ("{payer_id}", "{payee_id}"):
            path = path.replace(place, spell_bytes(data.draw(st.binary(min_size=8, max_size=8))))
        path = path.replace("{ref}", besieged.issued["ref"])
        content = data.draw(st.dictionaries(st.sampled_from(FIELDS), JSON_VALUES, max_size=5) | JSON_VALUES)
        if path in {"/v1/payers", "/v1/payees", "/v1/pool/funding"}:
            content = [content]  # an object with the right fields would rightly be taken
        headers = {
            b"content-type": b"application/json",
            b"authorization": b"Bearer " + data.draw(st.sampled_from(sorted(besieged.tokens.values()))).encode(),
            b"idempotency-key": b"k" * 20,
        }
        body = json.dumps(content).encode()
        check(besieged, besieged.office.client.build_request("POST", path, headers=headers, content=body), before)


@given(st.text(max_size=40))
def test_any_address(besieged: Besieged, text: str) -> None:
    before = besieged.office.trace()
    ask = besieged.office.client.build_request("GET", f"{besieged.office.url}/{quote(text, safe='/')}")
    check(besieged, ask, before)


@given(st.lists(st.binary(max_size=100), max_size=3))
def test_bytes_that_are_no_http_are_answered_and_the_server_stays(besieged: Besieged, parts: list[bytes]) -> None:
    host, port = besieged.office.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        answer = said_and_heard(connection, [*parts, b"\r\n\r\n"])
    assert answer == b"" or answer.startswith(b"HTTP/1.1 4")
    assert besieged.office.client.get("/health").status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount_minor":false,"currency":"CNY"}',
        b'{"amount_minor":1.0,"currency":"CNY"}',
        b'{"amount_minor":"1","currency":"CNY"}',
        b'{"amount_minor":0,"currency":"CNY"}',
        b'{"amount_minor":-1,"currency":"CNY"}',
        b'{"amount_minor":9007199254740992,"currency":"CNY"}',
        b'{"amount_minor":1e3,"currency":"CNY"}',
        b'{"amount_minor":1,"currency":"cny"}',
        b'{"amount_minor":1,"currency":"CNY\\n"}',
        b'{"amount_minor":1,"currency":"CNY","note":"x"}',
        b'{"amount_minor":1}',
        b'[{"amount_minor":1,"currency":"CNY"}]',
        b"null",
        b"",
    ],
)
def test_a_field_has_its_own_type_and_bounds(besieged: Besieged, body: bytes) -> None:
    answer = fund_with(besieged, body)
    assert_problem(answer, 422, "field_invalid")
    assert 'amount_minor": ' not in answer.text


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount_minor":1,"amount_minor":2,"currency":"CNY"}',
        b'{"amount_minor":NaN,"currency":"CNY"}',
        b'{"amount_minor":1,"currency":"CNY"} {}',
        '{"amount_minor":1,"currency":"CNY"}'.encode("utf-16"),
        b'\xef\xbb\xbf{"amount_minor":1,"currency":"CNY"}',
        b'{"amount_minor":' + b"1" * 5000 + b',"currency":"CNY"}',
        b"[" * 60_000,
        b'{"name":"\xff"}',
    ],
    ids=["twice", "nan", "two", "utf16", "bom", "digits", "deep", "latin"],
)
def test_a_body_has_one_meaning(besieged: Besieged, body: bytes) -> None:
    assert_problem(fund_with(besieged, body), 400, "request_malformed")


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "application/cbor"])
def test_a_body_says_that_it_is_json(besieged: Besieged, kind: str) -> None:
    answer = fund_with(besieged, b'{"amount_minor":1,"currency":"CNY"}', kind)
    assert_problem(answer, 415, "media_type_unknown")


def test_a_body_above_its_limit_is_refused_by_what_it_says_and_by_what_it_is(besieged: Besieged) -> None:
    office = besieged.office
    before = office.trace()
    for path, limit in (("/v1/payers", JSON_BODY_MAX_BYTES), ("/v1/batches", BATCH_BODY_MAX_BYTES)):
        headers = bearer(besieged.tokens["terminal"] if path == "/v1/batches" else besieged.tokens["admin"]) | {
            "content-type": "application/cbor" if path == "/v1/batches" else "application/json"
        }
        said = office.client.build_request("POST", path, headers=headers | {"content-length": str(limit + 1)})
        assert_problem(send_head_only(office.url, said), 413, "body_too_large")
        chunks = (b" " * 65_536 for _ in range(limit // 65_536 + 1))
        grown = send_quietly(office.client, office.client.build_request("POST", path, headers=headers, content=chunks))
        if grown is not None:
            assert_problem(grown, 413, "body_too_large")
    assert office.trace() == before


def test_the_language_of_the_sentences_is_the_callers(besieged: Besieged) -> None:
    for header, language in (
        ("zh-CN,zh;q=0.9,en;q=0.5", "zh"),
        ("en;q=0.4, zh;q=0.3", "en"),
        ("fr, *", "en"),
        ("zh;q=0", "en"),
        ("", "en"),
    ):
        answer = besieged.office.client.get("/v1/nothing", headers={"accept-language": header})
        assert_problem(answer, 404, "not_found")
        assert answer.headers["content-language"] == language
        assert ("没有" in answer.json()["message"]) == (language == "zh")


def test_what_was_sent_is_never_repeated(besieged: Besieged) -> None:
    misplaced = "a-token-in-the-wrong-place"
    content = {"name": misplaced * 9, misplaced: 1, "currency": misplaced}
    answer = besieged.office.post("/v1/payers", content, besieged.office.admin, key="k" * 20)
    assert_problem(answer, 422, "field_invalid")
    assert misplaced not in answer.text
    assert answer.json()["errors"]


def said_and_heard(connection: socket.socket, parts: list[bytes]) -> bytes:
    """What came back; nothing, if the server closed before it had heard everything."""
    try:
        for part in parts:
            connection.sendall(part)
        connection.shutdown(socket.SHUT_WR)
        return connection.makefile("rb").read(1000)
    except TimeoutError:
        raise  # a hang is no answer
    except OSError:
        return b""


def is_header_value(value: bytes) -> bool:
    return all(0x20 <= byte != 0x7F for byte in value) and value == value.strip()


def authorization(besieged: Besieged) -> st.SearchStrategy[bytes]:
    known = [b"Bearer " + token.encode() for token in besieged.tokens.values()]
    return st.sampled_from([*known, b"", b"Bearer", b"Basic eDp5"]) | st.binary(max_size=40).filter(is_header_value)


def fund_with(besieged: Besieged, body: bytes, kind: str = "application/json") -> httpx.Response:
    path = f"/v1/payers/{spell_bytes(b'payer000')}/funding"
    headers = besieged.office.admin | {"idempotency-key": "k" * 20}
    if kind:
        headers["content-type"] = kind
    return besieged.office.client.post(path, content=body, headers=headers)


def send_head_only(url: str, ask: httpx.Request) -> httpx.Response:
    """Sends the head and reads the answer: the body must not be waited for."""
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        lines = [f"{ask.method} {ask.url.raw_path.decode()} HTTP/1.1", *(f"{k}: {v}" for k, v in ask.headers.items())]
        connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    headers = [line.split(b": ", 1) for line in head.split(b"\r\n")[1:]]
    return httpx.Response(status, headers=[(name, value) for name, value in headers], content=body)


def send_quietly(client: httpx.Client, ask: httpx.Request) -> httpx.Response | None:
    """The answer, or None when the server had closed while the body was still being sent."""
    try:
        return client.send(ask)
    except httpx.TransportError:
        return None
