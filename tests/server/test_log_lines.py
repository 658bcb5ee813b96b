"""The log says enough to find a fault and nothing that identifies or opens: swept after a whole story."""

from __future__ import annotations

import io
import json
import logging
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from feiqian.links.http_spelling import spell_bytes
from feiqian.protocol.possession import spell_code
from feiqian.server.log_lines import JsonLines, LogForm, cut, start_log
from feiqian.server.watching import REQUEST_LOGGER
from tests.server.operators import Served, assert_problem, bearer
from tests.server.test_wallet_statement import Street, street
from tests.wallet.world import PIN

__all__ = ["street"]
FIELDS = {"time", "level", "event", "request_id", "method", "route", "status", "duration_ms", "worker"}
SECRET = b"\x9f\x1c" * 16


@contextmanager
def logged() -> Iterator[io.StringIO]:
    """What goes to the log meanwhile, everything included."""
    text = io.StringIO()
    handler = logging.StreamHandler(text)
    handler.setFormatter(JsonLines(3))
    root, level = logging.getLogger(), logging.getLogger().level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    logging.getLogger(REQUEST_LOGGER).setLevel(logging.INFO)
    try:
        yield text
    finally:
        root.removeHandler(handler)
        root.setLevel(level)


def spellings(home: Path) -> set[str]:
    """Every id, key, hash and signature in the books, as a log might spell it."""
    found: set[bytes] = set()
    for name in ("operator.db", "answers.db"):
        with closing(sqlite3.connect(home / name)) as books:
            tables = [row[0] for row in books.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                rows = books.execute(f"SELECT * FROM {table}")  # noqa: S608  # names from the schema itself
                found |= {value for row in rows for value in row if type(value) is bytes and 8 <= len(value) <= 64}
    return {spelled for value in found if any(value) for spelled in (value.hex(), spell_bytes(value))}


def test_no_secret_and_no_full_id_of_a_whole_story_is_in_the_log(street: Street) -> None:
    office = street.office
    with logged() as text:
        copy = street.copied_wallet()
        ours, stolen = street.pay(45_00), street.pay(60_00, copy)
        street.till.claims(stolen, 60_00)
        street.till.claims(ours, 45_00)  # the fork
        street.wallet.sync(street.link)
        codes = [office.enrol_payer(key=f"payer-key-000001{n}")["enrolment_code"] for n in range(3)]
        membership = street.wallet.membership()
        assert membership is not None
        me = bearer(membership.device_token)
        office.client.get("/v1/forks", headers=me)
        office.post("/v1/devices", {"enrolment_code": codes[0], "account_key": "AA", "proof": "AA"})
        office.post("/v1/payers", {"name": "Mallory"}, office.admin, key="payer-key-0000001")
        office.client.get(f"/v1/nothing/{spell_bytes(SECRET)}?token={SECRET.hex()}", headers=me)
        office.client.get("/health", headers={"x-request-id": membership.device_token})
    lines = [json.loads(line) for line in text.getvalue().splitlines()]
    told = text.getvalue()
    secrets = {membership.device_token, office.admin["authorization"].split()[1], *codes, "Mallory", "Alice", "茶馆"}
    secrets |= {spell_bytes(SECRET), SECRET.hex(), PIN, *spellings(office.home)}
    assert len(secrets) > 60
    assert [secret for secret in secrets if secret in told] == []
    requests = [line for line in lines if line["event"] == "request"]
    assert all(set(line) >= FIELDS for line in requests)
    assert {line["worker"] for line in lines} == {3}
    assert {line["status"] for line in requests} >= {200, 201, 401, 404, 422}
    assert "/v1/payers/{payer_id}/codes" not in {line["route"] for line in requests}
    assert {"/v1/batches", "/v1/devices", "other"} <= {line["route"] for line in requests}


def test_a_request_is_found_by_its_id(office: Served) -> None:
    with logged() as text:
        asked = office.client.get("/v1/forks", headers={"x-request-id": "my-request-17"})
        made = office.client.get("/v1/forks")
        fine = office.client.get("/v1/trust-root", headers={"x-request-id": "my-request-18"})
    assert_problem(asked, 401, "not_signed_in")
    assert asked.headers["x-request-id"] == asked.json()["request_id"] == "my-request-17"
    assert made.headers["x-request-id"] == made.json()["request_id"] != "my-request-17"
    assert fine.headers["x-request-id"] == "my-request-18"
    found = [json.loads(line).get("request_id") for line in text.getvalue().splitlines()]
    assert found.count("my-request-17") == found.count(made.json()["request_id"]) == 1


def test_a_fault_of_ours_is_found_by_its_id_too(office: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise RuntimeError(f"unplanned, about {SECRET.hex()}")

    monkeypatch.setattr(office.operator.issuer, "forks", broken)
    with logged() as text:
        answer = office.client.get("/v1/forks", headers=office.admin)
    assert_problem(answer, 500, "internal_fault")
    assert answer.headers["x-request-id"] == answer.json()["request_id"]
    assert answer.json()["request_id"] in text.getvalue()
    assert "unplanned" in text.getvalue()
    assert SECRET.hex() not in text.getvalue()


@pytest.mark.parametrize(
    "secret", [SECRET.hex(), spell_bytes(SECRET), spell_bytes(b"payer-id"), spell_code(SECRET[:15])]
)
def test_the_net_cuts_what_could_be_an_id(secret: str) -> None:
    shown = cut(f"no such thing: {secret}, sorry")
    assert secret not in shown
    assert shown.startswith("no such thing: ")


@pytest.mark.parametrize("text", ["2026-11-22 10:00:00", "idempotency_reused", "housekeeping failed and goes on"])
def test_words_and_dates_stay(text: str) -> None:
    assert cut(text) == text


def test_for_people_only_what_failed_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    root, before = logging.getLogger(), (logging.getLogger().handlers[:], logging.getLogger().level)
    try:
        start_log(LogForm.TEXT)
        requests = logging.getLogger(REQUEST_LOGGER)
        requests.info("GET /health 200 abcdef0123456789", extra={"fields": {}})
        requests.warning("GET /v1/books 500 abcdef0123456789", extra={"fields": {}})
        told = capsys.readouterr().err
    finally:
        root.handlers[:], root.level = before
    assert "500 abcdef0123456789" in told
    assert "/health" not in told
