"""What each caller can do over HTTP: administrator, wallet and terminal, and what happens when they ask again."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from feiqian.keys.software import SoftwareKey
from feiqian.links.http_spelling import read_bytes, read_instant, spell_bytes, spell_instant
from feiqian.protocol import cose
from feiqian.protocol.allowance import allowance_prefix, decode_allowance
from feiqian.protocol.answer import decode_answer
from feiqian.protocol.certificate import certificate_prefix, decode_certificate
from feiqian.protocol.cheque import ChequeTerms, draw_cheque
from feiqian.protocol.claim import sign_batch
from feiqian.protocol.ids import AllowanceRef, BatchId, StatementId, TerminalRef
from feiqian.protocol.trust import first_trust
from feiqian.protocol.trust_pack import KeyRole
from tests.server.operators import DEPLOYMENT, Served, assert_problem, bearer, served, verify_books_of

CBOR = {"content-type": "application/cbor"}


def full_id(office: Served, raw: bytes, role: KeyRole) -> StatementId:
    """The full id of an allowance or certificate."""
    trust = first_trust(office.operator.trust_root, office.client.get("/v1/trust-pack").content)
    if role is KeyRole.ISSUER:
        allowance = decode_allowance(raw)
        key = trust.key(role, allowance.terms.issuer_key_id)
        assert key is not None
        return cose.digest(allowance_prefix(key, DEPLOYMENT), allowance.envelope.payload)
    certificate = decode_certificate(raw)
    key = trust.key(role, certificate.terms.acquirer_key_id)
    assert key is not None
    return cose.digest(certificate_prefix(key, DEPLOYMENT), certificate.envelope.payload)


def test_everybody_can_ask_whom_to_believe(office: Served) -> None:
    root = office.client.get("/v1/trust-root").json()
    assert (root["deployment"], root["threshold"], len(root["roots"])) == (DEPLOYMENT, 2, 3)
    first = office.client.get("/v1/trust-pack")
    assert first.headers["content-type"] == "application/cbor"
    trust = first_trust(office.operator.trust_root, first.content)
    assert trust.policy("CNY").currency == "CNY"
    again = office.client.get("/v1/trust-pack", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert office.client.get("/v1/trust-pack", headers={"if-none-match": '"other"'}).content == first.content


def test_a_payer_is_enrolled_and_funded_once_for_each_key(office: Served) -> None:
    first = office.post("/v1/payers", {"name": "Alice"}, office.admin, key="payer-key-0000001")
    again = office.post("/v1/payers", {"name": "Alice"}, office.admin, key="payer-key-0000001")
    other = office.post("/v1/payers", {"name": "Alice"}, office.admin, key="payer-key-0000002")
    assert first.status_code == again.status_code == other.status_code == 201
    assert first.content == again.content != other.content
    path = f"/v1/payers/{first.json()['payer_id']}/funding"
    money = {"amount_minor": 10_000, "currency": "CNY"}
    for _ in range(3):
        funded = office.post(path, money, office.admin, key="fund-key-00000001")
        assert funded.json() == {"free_minor": 10_000, "currency": "CNY"}
    assert office.post(path, money, office.admin, key="fund-key-00000002").json()["free_minor"] == 20_000
    assert verify_books_of(office.home) == ()


def test_a_key_is_for_one_request(office: Served) -> None:
    payer = office.enrol_payer(fund_minor=100)
    path = f"/v1/payers/{payer['payer_id']}/funding"
    key = "fund-payer-key-0000001"
    before = office.client.get("/v1/books", headers=office.admin).json()
    for reused_path, content in (
        (path, {"amount_minor": 101, "currency": "CNY"}),
        ("/v1/payers", {"name": "Bob"}),
        ("/v1/pool/funding", {"amount_minor": 100, "currency": "CNY"}),
    ):
        assert_problem(office.post(reused_path, content, office.admin, key=key), 422, "idempotency_reused")
    assert office.client.get("/v1/books", headers=office.admin).json() == before


def test_requests_with_one_key_at_one_time_count_once(office: Served) -> None:
    answers: list[bytes] = []

    def enrol() -> None:
        answers.append(office.post("/v1/payers", {"name": "Alice"}, office.admin, key="payer-key-0000001").content)

    threads = [threading.Thread(target=enrol) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 8
    assert len(set(answers)) == 1


def test_a_key_is_needed_where_asking_again_would_count_again(office: Served) -> None:
    for path, content in (("/v1/payers", {"name": "A"}), ("/v1/payees", {"name": "B"})):
        assert_problem(office.post(path, content, office.admin), 400, "idempotency_key_missing")
        assert_problem(office.post(path, content, office.admin, key="short"), 400, "idempotency_key_missing")


def test_what_was_refused_may_be_asked_again_with_its_key(office: Served) -> None:
    path = f"/v1/payers/{spell_bytes(b'nobody00')}/codes"
    for _ in range(2):
        assert_problem(office.post(path, {}, office.admin, key="code-key-00000001"), 404, "unknown_payer")


def test_money_in_another_currency_is_refused(office: Served) -> None:
    payer = office.enrol_payer()
    path = f"/v1/payers/{payer['payer_id']}/funding"
    money = {"amount_minor": 700, "currency": "EUR"}
    assert_problem(office.post(path, money, office.admin, key="fund-key-00000001"), 422, "currency_mismatch")
    assert_problem(office.post("/v1/pool/funding", money, office.admin, key="k" * 16), 422, "currency_not_served")


def test_a_wallet_enrols_and_gets_allowances(office: Served) -> None:
    payer = office.enrol_payer(fund_minor=50_000)
    account, key = SoftwareKey.generate(), SoftwareKey.generate()
    device = office.bind_device(payer["enrolment_code"], account).json()
    assert (device["payer_id"], device["name"], device["currency"]) == (payer["payer_id"], "Alice", "CNY")
    assert device["trust_root"] == office.client.get("/v1/trust-root").json()

    wish = office.allowance_wish(device, key, b"r" * 16) | {"amount_minor": 20_000}
    me = bearer(device["token"])
    first = office.post("/v1/allowances", wish, me)
    assert first.status_code == 200
    assert office.post("/v1/allowances", wish, me).content == first.content
    assert_problem(office.post("/v1/allowances", wish | {"amount_minor": 1}, me), 422, "idempotency_reused")
    raw = read_bytes(first.json()["allowance"])
    terms = decode_allowance(raw).terms
    assert (terms.amount_minor, terms.device_key, terms.tier) == (20_000, key.public_key, 1)
    assert read_instant(first.json()["deadline"]) > terms.expires_at

    statement = office.client.get("/v1/payer/statement", headers=me).json()
    assert (statement["free_minor"], statement["reserved_minor"]) == (30_000, 20_000)
    assert statement["allowances"][0]["ref"] == first.json()["ref"]
    assert statement["allowances"][0]["status"] == "good"
    exposures = office.client.get("/v1/exposures", headers=office.admin).json()["exposures"]
    assert [one["reserved_minor"] for one in exposures] == [20_000]


def test_a_wallet_closes_an_allowance(office: Served) -> None:
    payer = office.enrol_payer(fund_minor=50_000)
    key = SoftwareKey.generate()
    device = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()
    me = bearer(device["token"])
    issued = office.post("/v1/allowances", office.allowance_wish(device, key, b"r" * 16), me).json()
    allowance_id = full_id(office, read_bytes(issued["allowance"]), KeyRole.ISSUER)
    closing = draw_cheque(
        key,
        allowance_id,
        DEPLOYMENT,
        ChequeTerms(
            allowance_ref=AllowanceRef(allowance_id[:8]),
            counter=1,
            previous=allowance_id[:16],
            cumulative_minor=0,
            time=int(time.time()),
            holder_check=0,
            exact_minor=0,
        ),
    )
    content = {"closing_cheque": spell_bytes(closing)}
    other = spell_bytes(b"o" * 8)
    assert_problem(office.post(f"/v1/allowances/{other}/closing", content, me), 422, "wrong_allowance")
    answers = [office.post(f"/v1/allowances/{issued['ref']}/closing", content, me) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert answers[0].json()["reason"] == "closed"
    assert answers[0].json()["deadline"] == issued["deadline"]


def test_a_lost_phone_is_signed_out_and_its_allowances_are_suspended(office: Served) -> None:
    payer = office.enrol_payer(fund_minor=50_000)
    device = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()
    me = bearer(device["token"])
    issued = office.post("/v1/allowances", office.allowance_wish(device, SoftwareKey.generate(), b"r" * 16), me).json()
    path = f"/v1/payers/{payer['payer_id']}/suspensions"
    for _ in range(2):
        told = office.post(path, {}, office.admin).json()["suspensions"]
        assert [(one["ref"], one["reason"]) for one in told] == [(issued["ref"], "lost")]
    assert_problem(office.client.get("/v1/payer/statement", headers=me), 401, "not_signed_in")
    another = office.post(f"/v1/payers/{payer['payer_id']}/codes", {}, office.admin, key="code-key-00000001").json()
    assert office.bind_device(another["enrolment_code"], SoftwareKey.generate()).status_code == 200


def test_a_code_enrols_one_device_and_a_retry_gets_the_same_one(office: Served) -> None:
    code = office.enrol_payer()["enrolment_code"]
    account = SoftwareKey.generate()
    first, again = office.bind_device(code, account).json(), office.bind_device(code.lower(), account).json()
    assert first["device_id"] == again["device_id"]
    assert office.client.get("/v1/payer/statement", headers=bearer(again["token"])).status_code == 200
    assert_problem(office.bind_device(code, SoftwareKey.generate()), 422, "enrolment_code_invalid")
    assert_problem(office.bind_device("0000-0000-0000-0000", account), 422, "enrolment_code_invalid")


def test_a_terminal_enrols_and_its_batches_count_once(office: Served) -> None:
    payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
    key = SoftwareKey.generate()
    terminal = office.enrol_terminal(payee["enrolment_code"], key).json()
    assert (terminal["payee_id"], terminal["payee_name"]) == (payee["payee_id"], "Tea House")
    again = office.enrol_terminal(payee["enrolment_code"], key).json()
    assert again["certificate"] == terminal["certificate"]
    me = bearer(again["token"])

    certificate_id = full_id(office, read_bytes(terminal["certificate"]), KeyRole.ACQUIRER)
    ref = TerminalRef(certificate_id[:8])

    def batch(claims: list[bytes]) -> bytes:
        return sign_batch(
            key,
            certificate_id,
            DEPLOYMENT,
            terminal_ref=ref,
            batch_id=BatchId(b"b" * 16),
            time=int(time.time()),
            index_version=1,
            allowances=[],
            claims=claims,
            notes=[],
        )

    raw = batch([b"\xff junk"])
    first = office.client.post("/v1/batches", content=raw, headers=me | CBOR)
    assert (first.status_code, first.headers["content-type"]) == (200, "application/cbor")
    assert [item.code for item in decode_answer(first.content).claims] == ["malformed"]
    assert office.client.post("/v1/batches", content=raw, headers=me | CBOR).content == first.content
    reused = office.client.post("/v1/batches", content=batch([]), headers=me | CBOR)
    assert_problem(reused, 409, "batch_id_reused")
    junk = office.client.post("/v1/batches", content=b"\xa0", headers=me | CBOR)
    assert_problem(junk, 422, "malformed")
    statement = office.client.get("/v1/payee/statement", headers=me).json()
    assert (statement["balance_minor"], statement["waiting"], statement["events"]) == (0, [], [])


def test_a_batch_must_be_said_to_be_cbor_and_is_not_read_without_a_token(office: Served) -> None:
    payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
    terminal = office.enrol_terminal(payee["enrolment_code"], SoftwareKey.generate()).json()
    for kind in ("application/json", "text/plain", "application/cbor-seq"):
        headers = bearer(terminal["token"]) | {"content-type": kind}
        assert_problem(office.client.post("/v1/batches", content=b"x", headers=headers), 415, "media_type_unknown")
    assert_problem(office.client.post("/v1/batches", content=b"x", headers=CBOR), 401, "not_signed_in")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/payers"),
        ("POST", "/v1/payees"),
        ("POST", "/v1/close-window"),
        ("POST", "/v1/allowances"),
        ("GET", "/v1/payer/statement"),
        ("GET", "/v1/payee/statement"),
        ("GET", "/v1/exposures"),
        ("GET", "/v1/forks"),
        ("GET", "/v1/books"),
    ],
)
def test_a_token_of_the_wrong_kind_is_as_unknown_as_none(office: Served, method: str, path: str) -> None:
    payer = office.enrol_payer()
    device = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()["token"]
    payee = office.post("/v1/payees", {"name": "Tea House"}, office.admin, key="payee-key-0000001").json()
    terminal = office.enrol_terminal(payee["enrolment_code"], SoftwareKey.generate()).json()["token"]
    admin = office.admin["authorization"].removeprefix("Bearer ")
    mine = {"/v1/allowances": device, "/v1/payer/statement": device, "/v1/payee/statement": terminal}.get(path, admin)
    strangers = {device, terminal, admin, "x", "é", "a" * 500} - {mine}
    wrong = [b"", b"Basic eDp5", b"Bearer", *(f"Bearer {token}".encode() for token in sorted(strangers))]
    body = {"name": "A"} if path in {"/v1/payers", "/v1/payees"} else {}
    content: dict[str, Any] = {"json": body} if method == "POST" else {}
    key = {b"idempotency-key": b"k" * 16}
    for header in wrong:
        answer = office.client.request(method, path, headers=key | {b"authorization": header}, **content)
        assert_problem(answer, 401, "not_signed_in")
        assert answer.headers["www-authenticate"].startswith("Bearer")
    right = key | {b"authorization": f"Bearer {mine}".encode()}
    assert office.client.request(method, path, headers=right, **content).status_code != 401


def test_windows_close_at_another_time_on_trial_only(office: Served, tmp_path: Path) -> None:
    payer = office.enrol_payer(fund_minor=50_000)
    device = office.bind_device(payer["enrolment_code"], SoftwareKey.generate()).json()
    wish = office.allowance_wish(device, SoftwareKey.generate(), b"r" * 16)
    issued = office.post("/v1/allowances", wish, bearer(device["token"])).json()
    assert office.post("/v1/close-window", {}, office.admin).json()["allowances"] == 0
    after = spell_instant(read_instant(issued["deadline"]) + 1)
    told = office.post("/v1/close-window", {"now": after}, office.admin).json()
    assert told == {"allowances": 1, "paid_minor": 0, "returned_minor": 50_000}
    assert verify_books_of(office.home) == ()
    with served(tmp_path / "real", deployment="live") as live:
        refused = live.post("/v1/close-window", {"now": after}, live.admin)
        assert_problem(refused, 403, "time_not_allowed")
        assert live.post("/v1/close-window", {}, live.admin).status_code == 200
