"""Wallet, HTTP and the operator's books together: each payment's fate arrives in the wallet that made it."""

from __future__ import annotations

import itertools
import json
import secrets
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from feiqian.cli.wallet_link import HttpLink
from feiqian.issuer.values import ChequeLine, ChequeState, PayerId, PayerStatement
from feiqian.keys.software import SoftwareKey, SoftwareKeys
from feiqian.links.http import OperatorClient
from feiqian.links.http_replies import Fields
from feiqian.links.http_spelling import read_bytes, spell_bytes
from feiqian.links.http_statements import payer_statement_in
from feiqian.links.http_trouble import LinkTrouble
from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.answer import AnswerItem, decode_answer
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.claim import Claim, encode_claim, sign_batch
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, StatementId, TerminalRef
from feiqian.protocol.receipt import RECEIPT_LAYOUT, NoteKind, NoteTerms, sign_note
from feiqian.protocol.request import RequestTerms, encode_request, sign_request
from feiqian.protocol.trust import Trust, first_trust
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.protocol.verify_credit import verify_certificate
from feiqian.server.answers import PayerStatementAnswer
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.ports import Parts
from feiqian.wallet.records import FindingKind, PaymentRecord
from feiqian.wallet.states import PaymentState
from feiqian.wallet.wallet import Wallet
from tests.server.operators import DEPLOYMENT, Served, verify_books_of
from tests.wallet.world import PIN


def now() -> int:
    return int(time.time())


def open_wallet(folder: Path, *, create: bool = False) -> Wallet:
    vault = Vault.create(folder, PIN) if create else Vault.open(folder, PIN, now())
    parts = Parts(store=VaultWalletStore(vault), keys=SoftwareKeys(), clock=now, randomness=secrets.token_bytes)
    return Wallet(parts)


@dataclass
class Till:
    """A payee's terminal, with only the protocol and the HTTP client behind it."""

    client: OperatorClient
    key: SoftwareKey
    certificate: VerifiedCertificate
    trust: Trust
    counters: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def ask(self, amount_minor: int) -> bytes:
        """A signed request with its certificate, as it is shown."""
        payload = encode_request(
            RequestTerms(
                challenge=secrets.token_bytes(16),
                currency="CNY",
                time=now(),
                ttl_s=120,
                payee_id=PayeeId(self.certificate.terms.payee_id),
                exact_minor=amount_minor,
            )
        )
        return self.certificate.raw + sign_request(self.key, self.certificate.certificate_id, DEPLOYMENT, payload)

    def claims(self, payment: PaymentRecord, final_minor: int) -> AnswerItem:
        """Claims a payment as if its receipt had never reached the payer; what the operator answers."""
        receipt = {
            "terminal_ref": self.certificate.ref,
            "cheque_id": payment.cheque_id,
            "final_minor": final_minor,
            "time": now(),
            "counter": next(self.counters),
            "previous": bytes(16),
            "index_version": self.trust.index.version,
        }
        claim = Claim(cheque=payment.cheque, receipt=RECEIPT_LAYOUT.encode(receipt), request=payment.request)
        return decode_answer(self.send(claims=[encode_claim(claim)])).claims[0]

    def gives_back(self, payment: PaymentRecord) -> None:
        """Sends a void note of the whole that the payer never sees."""
        terms = NoteTerms(
            terminal_ref=self.certificate.ref,
            note_kind=int(NoteKind.VOID),
            subject=payment.cheque_id,
            back_minor=payment.amount_minor,
            time=now(),
            counter=next(self.counters),
            previous=bytes(16),
        )
        self.send(notes=[sign_note(self.key, self.certificate.certificate_id, DEPLOYMENT, terms)])

    def send(self, claims: list[bytes] | None = None, notes: list[bytes] | None = None) -> bytes:
        batch = sign_batch(
            self.key,
            self.certificate.certificate_id,
            DEPLOYMENT,
            terminal_ref=TerminalRef(self.certificate.ref),
            batch_id=BatchId(secrets.token_bytes(16)),
            time=now(),
            index_version=self.trust.index.version,
            allowances=[],
            claims=claims or [],
            notes=notes or [],
        )
        return self.client.send_batch(batch)


@dataclass
class Street:
    """A wallet with 500.00 set aside, a tea house, and the operator between them."""

    office: Served
    folder: Path
    wallet: Wallet
    link: HttpLink
    till: Till

    def pay(self, amount_minor: int, wallet: Wallet | None = None) -> PaymentRecord:
        payer = wallet or self.wallet
        return payer.pay(payer.consider(self.till.ask(amount_minor)), HolderCheck.PIN).payment

    def sync(self) -> list[PaymentRecord]:
        synced = self.wallet.sync(self.link)
        assert synced.failures == ()
        assert self.wallet.sync(self.link).changed == ()
        assert verify_books_of(self.office.home) == ()
        return list(synced.changed)

    def copied_wallet(self) -> Wallet:
        """The vault's folder copied while nobody looked, opened elsewhere."""
        self.wallet.lock()
        copy = self.folder.with_name("copy")
        shutil.copytree(self.folder, copy)
        self.wallet = open_wallet(self.folder)
        return open_wallet(copy)

    def end_windows(self) -> None:
        deadline = max(live.deadline_at for live in self.wallet.holdings().lives)
        with OperatorClient(self.office.url, self.office.admin["authorization"].removeprefix("Bearer ")) as admin:
            admin.close_windows(now=deadline + 1)


@pytest.fixture
def street(office: Served, tmp_path: Path) -> Iterator[Street]:
    payer = office.enrol_payer(fund_minor=1_000_00)
    payee = office.post("/v1/payees", {"name": "茶馆"}, office.admin, key="payee-key-0000001").json()
    key = SoftwareKey.generate()
    enrolled = office.enrol_terminal(payee["enrolment_code"], key).json()
    wallet = open_wallet(tmp_path / "wallet", create=True)
    with OperatorClient(office.url) as stranger:
        wallet.enrol(HttpLink(stranger), office.url, payer["enrolment_code"])
        pack = stranger.trust_pack()
    assert pack is not None
    trust = first_trust(office.operator.trust_root, pack.raw)
    certificate = decode_certificate(read_bytes(enrolled["certificate"]))
    membership = wallet.membership()
    assert membership is not None
    with (
        OperatorClient(office.url, membership.device_token) as mine,
        OperatorClient(office.url, enrolled["token"]) as theirs,
    ):
        wallet.top_up(HttpLink(mine), 500_00)
        verified = verify_certificate(certificate, trust, now=now(), skew_s=0)
        made = Street(office, tmp_path / "wallet", wallet, HttpLink(mine), Till(theirs, key, verified, trust))
        yield made
        made.wallet.lock()


def test_a_claim_settles_in_the_wallet_that_never_saw_a_receipt(street: Street) -> None:
    payment = street.pay(45_00)
    assert street.sync() == []
    assert street.till.claims(payment, 45_00).paid_minor == 45_00
    (after,) = street.sync()
    assert (after.cheque_id, after.acknowledgement) == (payment.cheque_id, None)
    assert (after.state, after.final_minor, after.grade) == (PaymentState.SETTLED, 45_00, "F3")
    live = street.wallet.holdings().live(payment.top_up_id)
    assert live is not None
    assert after.deadline_at == live.deadline_at


def test_every_fate_arrives_and_the_rest_returns_at_the_deadline(street: Street) -> None:
    settled, voided, unclaimed = street.pay(40_00), street.pay(30_00), street.pay(20_00)
    code = street.wallet.one_way_code(10_00, HolderCheck.PIN).payment
    street.till.claims(settled, 40_00)
    street.till.claims(voided, 30_00)
    street.till.gives_back(voided)
    assert street.till.claims(code, 10_00).waiting_minor == 10_00
    changed = street.sync()
    assert {after.payee_name for after in changed} == {"茶馆"}, "also of the code, which named nobody"
    assert {after.cheque_id: after.state for after in changed} == {
        settled.cheque_id: PaymentState.SETTLED,
        voided.cheque_id: PaymentState.VOIDED,
        code.cheque_id: PaymentState.CONTINGENT,
    }
    street.end_windows()
    finals = {after.cheque_id: (after.state, after.final_minor) for after in street.sync()}
    assert finals == {
        voided.cheque_id: (PaymentState.RETURNED, 0),
        code.cheque_id: (PaymentState.SETTLED, 10_00),
        unclaimed.cheque_id: (PaymentState.RETURNED, 0),
    }
    statement = street.wallet.sync(street.link).statement
    assert statement is not None
    final_minor = sum(payment.final_minor or 0 for payment in street.wallet.history())
    assert (statement.free_minor, statement.reserved_minor) == (1_000_00 - final_minor, 0)


def test_what_is_refused_costs_nothing(street: Street) -> None:
    payment = street.pay(45_00)
    street.wallet.close(street.link)
    pack = street.till.client.trust_pack()
    assert pack is not None
    street.till.trust = first_trust(street.office.operator.trust_root, pack.raw)
    assert street.till.claims(payment, 45_00).paid_minor == 0
    (after,) = street.sync()
    assert (after.state, after.final_minor) == (PaymentState.REFUSED, None)
    street.end_windows()
    (after,) = street.sync()
    assert (after.state, after.final_minor) == (PaymentState.RETURNED, 0)


def test_a_copied_wallet_that_pays_ahead_is_noticed(street: Street) -> None:
    copy = street.copied_wallet()
    stolen = street.pay(60_00, copy)
    assert street.till.claims(stolen, 60_00).paid_minor == 60_00
    assert street.sync() == []
    (finding,) = street.wallet.spendable().findings
    assert (finding.kind, finding.amount_minor, finding.cheque_id) == (FindingKind.NOT_OURS, 60_00, stolen.cheque_id)


def test_a_copied_wallet_that_pays_beside_is_noticed_and_contradicts_ours(street: Street) -> None:
    copy = street.copied_wallet()
    ours, stolen = street.pay(45_00), street.pay(60_00, copy)
    assert decode_cheque(ours.cheque).terms.counter == decode_cheque(stolen.cheque).terms.counter
    street.till.claims(stolen, 60_00)
    street.till.claims(ours, 45_00)
    (after,) = street.sync()
    # One till took both, so it saw the fork: its second claim has no guarantee and waits until D.
    assert (after.cheque_id, after.state, after.final_minor) == (ours.cheque_id, PaymentState.CONTINGENT, None)
    found = {finding.kind: finding.amount_minor for finding in street.wallet.spendable().findings}
    assert found == {FindingKind.NOT_OURS: 60_00, FindingKind.FORKED: 45_00}


def test_another_device_of_the_same_payer_does_not_alarm_this_one(street: Street, tmp_path: Path) -> None:
    mine = street.wallet.membership()
    assert mine is not None
    path = f"/v1/payers/{spell_bytes(mine.payer_id)}/codes"
    code = street.office.post(path, {}, street.office.admin, key="code-key-00000001").json()["enrolment_code"]
    other = open_wallet(tmp_path / "tablet", create=True)
    with OperatorClient(street.office.url) as stranger:
        other.enrol(HttpLink(stranger), street.office.url, code)
    membership = other.membership()
    assert membership is not None
    with OperatorClient(street.office.url, membership.device_token) as client:
        other.top_up(HttpLink(client), 100_00)
    street.till.claims(street.pay(45_00, other), 45_00)
    assert street.sync() == []
    assert street.wallet.spendable().findings == ()
    other.lock()


# --- the same statement on both sides of the wire ----------------------------------------------------------------


SPOKEN = PayerStatement(
    payer_id=PayerId(b"payer-01"),
    name="Ada",
    currency="CNY",
    free_minor=5,
    reserved_minor=7,
    allowances=(),
    cheques=tuple(
        ChequeLine(
            cheque_id=StatementId(bytes((at,)) * 32),
            ref=AllowanceRef(b"ref-0001"),
            counter=at + 1,
            amount_minor=45_00,
            paid_minor=30_00,
            waiting_minor=15_00,
            deadline=1_800_000_000,
            state=state,
            payees=1,
            payee_name=name,
        )
        for at, (state, name) in enumerate(itertools.product(ChequeState, ("茶馆", None)))
    ),
    more=True,
    entries=(),
)


def spoken() -> dict[str, Any]:
    content: dict[str, Any] = json.loads(PayerStatementAnswer.of(SPOKEN).model_dump_json())
    return content


def test_what_the_server_says_is_what_the_client_reads() -> None:
    assert payer_statement_in(Fields(spoken())) == SPOKEN


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("state", "unheard-of"),
        ("state", None),
        ("payee_name", 5),
        ("cheque_id", "*"),
        ("deadline", "soon"),
        ("paid_minor", -1),
        ("paid_minor", 30_01),
        ("waiting_minor", -1),
        ("waiting_minor", 1.5),
    ],
)
def test_a_line_that_this_version_cannot_read_is_not_guessed_at(name: str, value: object) -> None:
    """Guessing what an unknown outcome did to somebody's money is worse than asking for an update."""
    content = spoken()
    content["cheques"][3][name] = value
    with pytest.raises(LinkTrouble) as caught:
        payer_statement_in(Fields(content))
    assert caught.value.code == "operator_answer_unreadable"
