"""The client of `links/http.py` and the real server understand each other in every call."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from feiqian.keys.software import SoftwareKey
from feiqian.links.http import OperatorClient, new_idempotency_key
from feiqian.links.http_trouble import LinkTrouble, OperatorRefused
from feiqian.protocol import cose
from feiqian.protocol.allowance import allowance_prefix, decode_allowance
from feiqian.protocol.answer import decode_answer
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.cheque import ChequeTerms, draw_cheque
from feiqian.protocol.claim import sign_batch
from feiqian.protocol.ids import AllowanceRef, BatchId, TerminalRef
from feiqian.protocol.possession import Purpose, code_context, prove_possession
from feiqian.protocol.trust import first_trust
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verify_credit import verify_certificate
from tests.server.operators import DEPLOYMENT, Served


@pytest.fixture
def admin(office: Served) -> Iterator[OperatorClient]:
    with OperatorClient(office.url, office.admin["authorization"].removeprefix("Bearer ")) as client:
        yield client


def test_everybody(office: Served) -> None:
    with OperatorClient(office.url) as client:
        assert client.health()
        root = client.trust_root()
        assert root == office.operator.trust_root
        pack = client.trust_pack()
        assert pack is not None
        assert first_trust(root, pack.raw).deployment == DEPLOYMENT
        assert client.trust_pack(etag=pack.etag) is None


def test_a_wallet_from_enrolment_to_lost(office: Served, admin: OperatorClient) -> None:
    payer = admin.enrol_payer(name="Alice", idempotency_key=new_idempotency_key())
    money = {"payer_id": payer.payer_id, "currency": "CNY", "idempotency_key": new_idempotency_key()}
    assert [admin.fund(amount_minor=9_000, **money) for _ in range(2)] == [9_000, 9_000]  # type: ignore[arg-type]
    account, key = SoftwareKey.generate(), SoftwareKey.generate()
    proof = prove_possession(account, Purpose.ACCOUNT, DEPLOYMENT, code_context(payer.code))
    with OperatorClient(office.url) as stranger:
        enrolment = stranger.enrol_device(enrolment_code=payer.code, account_key=account.public_key, proof=proof)
    assert (enrolment.payer_id, enrolment.name, enrolment.trust_root) == (
        payer.payer_id,
        "Alice",
        office.operator.trust_root,
    )
    with OperatorClient(office.url, enrolment.token, language="zh") as wallet:
        wish = prove_possession(key, Purpose.ALLOWANCE, DEPLOYMENT, enrolment.device_id, b"r" * 16)
        asked = {"request_id": b"r" * 16, "device_key": key.public_key, "proof": wish}
        issued = wallet.request_allowance(**asked)  # type: ignore[arg-type]
        assert wallet.request_allowance(**asked) == issued  # type: ignore[arg-type]
        allowance = decode_allowance(issued.raw)
        assert allowance.terms.amount_minor == 9_000
        statement = wallet.payer_statement()
        assert (statement.free_minor, statement.reserved_minor) == (0, 9_000)
        assert [one.ref for one in statement.allowances] == [issued.ref]
        assert [one.amount_minor for one in statement.entries]
        with pytest.raises(OperatorRefused) as caught:
            wallet.request_allowance(request_id=b"s" * 16, device_key=key.public_key, proof=wish)
        assert caught.value.code == "device_signature_invalid"
        pack = wallet.trust_pack()
        assert pack is not None
        trust = first_trust(enrolment.trust_root, pack.raw)
        issuer_key = trust.key(KeyRole.ISSUER, allowance.terms.issuer_key_id)
        assert issuer_key is not None
        allowance_id = cose.digest(allowance_prefix(issuer_key, DEPLOYMENT), allowance.envelope.payload)
        closing = draw_cheque(
            key,
            allowance_id,
            DEPLOYMENT,
            ChequeTerms(
                allowance_ref=AllowanceRef(issued.ref),
                counter=1,
                previous=allowance_id[:16],
                cumulative_minor=0,
                time=int(time.time()),
                holder_check=0,
                exact_minor=0,
            ),
        )
        closed = wallet.close_allowance(ref=issued.ref, closing_cheque=closing)
        assert (closed.ref, closed.deadline) == (issued.ref, issued.deadline)
        assert [one.ref for one in admin.suspend(payer_id=payer.payer_id)] == [issued.ref]
        with pytest.raises(OperatorRefused, match="not_signed_in"):
            wallet.payer_statement()
    assert admin.new_payer_code(payer_id=payer.payer_id, idempotency_key=new_idempotency_key()).code != payer.code
    assert [one.payer_id for one in admin.exposures()] == [payer.payer_id]
    assert admin.close_windows(now=issued.deadline + 1).returned_minor == 9_000


def test_a_terminal_from_enrolment_to_statement(office: Served, admin: OperatorClient) -> None:
    payee = admin.enrol_payee(name="茶馆", idempotency_key=new_idempotency_key())
    key = SoftwareKey.generate()
    proof = prove_possession(key, Purpose.TERMINAL, DEPLOYMENT, code_context(payee.code))
    with OperatorClient(office.url) as stranger:
        enrolment = stranger.enrol_terminal(enrolment_code=payee.code, terminal_key=key.public_key, proof=proof)
        pack = stranger.trust_pack()
    assert (enrolment.payee_name, enrolment.payee_id) == ("茶馆", payee.payee_id)
    assert pack is not None
    trust = first_trust(enrolment.trust_root, pack.raw)
    certificate = decode_certificate(enrolment.certificate)
    verified = verify_certificate(certificate, trust, now=int(time.time()), skew_s=0)
    with OperatorClient(office.url, enrolment.token) as terminal:
        batch = sign_batch(
            key,
            verified.certificate_id,
            DEPLOYMENT,
            terminal_ref=TerminalRef(enrolment.terminal_ref),
            batch_id=BatchId(b"b" * 16),
            time=int(time.time()),
            index_version=trust.index.version,
            allowances=[],
            claims=[b"junk"],
            notes=[],
        )
        answer = terminal.send_batch(batch)
        assert terminal.send_batch(batch) == answer
        assert [one.code for one in decode_answer(answer).claims] == ["malformed"]
        with pytest.raises(OperatorRefused, match="malformed"):
            terminal.send_batch(b"\xa0")
        statement = terminal.payee_statement()
        assert (statement.name, statement.balance_minor, statement.events) == ("茶馆", 0, ())
        assert terminal.payee_statement(after=7).events == ()
        with pytest.raises(OperatorRefused, match="field_invalid"):
            terminal.payee_statement(after=-1)
    assert admin.new_payee_code(payee_id=payee.payee_id, idempotency_key=new_idempotency_key()).code != payee.code


def test_the_books(admin: OperatorClient) -> None:
    assert admin.fund_pool(amount_minor=500, currency="CNY", idempotency_key=new_idempotency_key()) == 500
    books = admin.books()
    assert (books.sums, books.mismatches, books.postings) == ({"CNY": 0}, (), 2)
    assert admin.forks() == ()


def test_a_refusal_comes_in_the_language_asked_for(office: Served) -> None:
    for language, word in (("en", "token"), ("zh", "令牌")):
        with (
            OperatorClient(office.url, "nobody", language=language) as client,  # type: ignore[arg-type]
            pytest.raises(OperatorRefused) as caught,
        ):
            client.forks()
        assert word in caught.value.words("en").message
        assert caught.value.status == 401


def test_a_trouble_of_the_link_is_not_a_refusal() -> None:
    assert not issubclass(LinkTrouble, OperatorRefused)
    assert not issubclass(OperatorRefused, LinkTrouble)
