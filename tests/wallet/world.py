"""A small world for the wallet's tests: an operator, terminals, a clock, and wallets in real vaults.

Statements are made and checked by the protocol itself, so a cheque that passes here passes at any terminal.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from feiqian.keys.software import SoftwareKey, SoftwareKeys
from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.ledger.papers import Papers, PapersState, PapersTaken
from feiqian.protocol.allowance import AllowanceTerms, HolderCheck, issue_allowance
from feiqian.protocol.certificate import Capability, CertificateTerms, decode_certificate, issue_certificate
from feiqian.protocol.chain import Link
from feiqian.protocol.cheque import decode_cheque
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.one_time_code import code_anchor
from feiqian.protocol.policy import Policy
from feiqian.protocol.possession import Purpose, check_possession, code_context
from feiqian.protocol.presentation import decode_payment
from feiqian.protocol.receipt import NoteKind, NoteTerms, ReceiptTerms, sign_note, sign_receipt
from feiqian.protocol.request import RequestTerms, decode_request, encode_request, request_hash, sign_request
from feiqian.protocol.status_list import AllowanceStatus, sign_status_list
from feiqian.protocol.trust import Trust, TrustRoot, first_trust
from feiqian.protocol.trust_pack import (
    KeyRole,
    ListEntry,
    TrustedKey,
    encode_key_set,
    encode_trust_pack,
    sign_index,
    sign_key_set,
)
from feiqian.protocol.verified import AllowanceCache, VerifiedCertificate, VerifiedCheque
from feiqian.protocol.verify import Answering, Remembered, Taking, verify_payment
from feiqian.protocol.verify_credit import verify_certificate
from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.storage.vault import Vault
from feiqian.storage.wallet_store import VaultWalletStore
from feiqian.wallet.ports import AllowanceLine, ChequeLine, Declined, Enrolled, Granted, Parts, Statement
from feiqian.wallet.records import LockAnswer, Membership, PayingLock
from feiqian.wallet.wallet import Wallet

DEPLOYMENT = "test"
NOW = 1_800_000_000
CODE = "ABCD-EFGH"
PIN = "402896"
PAYEE = PayeeId(b"payee-01")
SERVER = "https://operator.test"
PIN_HELD = HolderCheck.PIN


SENTENCES: WordsTable = {
    "operator_unreachable": {
        "en": Words("No network.", "Safe.", "Again."),
        "zh": Words("无网络。", "安全。", "重试。"),
    },
    "no_money": {"en": Words("No money.", "Safe.", "Fund."), "zh": Words("余额不足。", "安全。", "入金。")},
}


class OperatorSays(Trouble):
    """What this operator answers when it cannot or will not."""

    table = SENTENCES


class NoNetwork:
    """A link that must not be touched."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"the network was touched: {name}")


@dataclass
class Clock:
    now: int = NOW

    def __call__(self) -> int:
        return self.now


@dataclass
class Grant:
    """What the operator grants with an allowance."""

    per_payment_minor: int = 200_00
    count_limit: int = 20
    lifetime_s: int = 72 * 3600
    holder_check_above_minor: int = 50_00
    audience: PayeeId | None = None
    code_key: bytes | None = None
    tier: int = 1


@dataclass
class Operator:
    """Issuer and acquirer in one, and the `OperatorLink` to it. Turn `up` off and it cannot be reached."""

    clock: Clock
    policy: Policy = field(default_factory=lambda: Policy(currency="EUR"))
    grant: Grant = field(default_factory=Grant)
    up: bool = True
    declines: bool = False
    issued: dict[bytes, bytes] = field(default_factory=dict)
    closings: list[tuple[bytes, bytes]] = field(default_factory=list)
    lines: list[AllowanceLine] = field(default_factory=list)
    cheques: list[ChequeLine] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    suspended: set[int] = field(default_factory=set)
    index_version: int = 1
    issued_at: int | None = None
    presented: list[tuple[Papers, bool]] = field(default_factory=list)
    holds_payees_to: int | None = None
    """What a presented paper makes the books take; None leaves them as they are."""
    notices: list[DisputeNotice] = field(default_factory=list)
    pins: list[str | None] = field(default_factory=list)
    evidence: list[bytes | None] = field(default_factory=list)
    locks: list[PayingLock] = field(default_factory=list)
    answers_lock: LockAnswer = LockAnswer.WAITING

    def __post_init__(self) -> None:
        self.root_key = SoftwareKey.generate()
        self.online, self.issuer, self.acquirer = (SoftwareKey.generate() for _ in range(3))
        self.account_key = b""
        self._made_at = self.clock.now

    # --- the trust pack ---

    @property
    def root(self) -> TrustRoot:
        return TrustRoot(deployment=DEPLOYMENT, roots=(self.root_key.public_key,), threshold=1)

    def pack(self) -> bytes:
        at = self._made_at if self.issued_at is None else self.issued_at
        keys = [
            TrustedKey(key=key.public_key, role=role, not_before=0, not_after=2**39)
            for key, role in (
                (self.issuer, KeyRole.ISSUER),
                (self.acquirer, KeyRole.ACQUIRER),
                (self.online, KeyRole.ONLINE),
            )
        ]
        key_set = encode_key_set(
            version=1,
            issued_at=self._made_at,
            expires_at=2**39,
            keys=keys,
            policies=[self.policy],
            least_wire=1,
            least_app="0.1.0",
            roots=[self.root_key.public_key],
            threshold=1,
        )
        listed = sign_status_list(
            self.issuer,
            DEPLOYMENT,
            version=self.index_version,
            time=at,
            size=1024,
            entries=dict.fromkeys(self.suspended, AllowanceStatus.SUSPENDED),
        )
        entry = ListEntry(
            issuer_key_id=PublicKey(self.issuer.public_key).key_id,
            version=self.index_version,
            list_hash=hashlib.sha256(listed).digest(),
        )
        index = sign_index(
            self.online,
            DEPLOYMENT,
            version=self.index_version,
            issued_at=at,
            key_set_version=1,
            key_set_hash=hashlib.sha256(key_set).digest(),
            lists=[entry],
        )
        return encode_trust_pack(key_set, [sign_key_set(self.root_key, DEPLOYMENT, key_set)], index, [listed])

    def trust(self) -> Trust:
        return first_trust(self.root, self.pack())

    # --- OperatorLink ---

    def trust_root(self) -> TrustRoot:
        self._asked("trust_root")
        return self.root

    def trust_pack(self) -> bytes:
        self._asked("trust_pack")
        return self.pack()

    def enrol(self, *, code: str, account_key: bytes, proof: bytes, pin: str | None = None) -> Enrolled:
        self.pins.append(pin)
        self._asked("enrol")
        check_possession(proof, account_key, Purpose.ACCOUNT, DEPLOYMENT, code_context(code))
        assert self.account_key in (b"", account_key), "a retry brings the same key"
        self.account_key = account_key
        membership = Membership(
            payer_id=b"payer-01",
            payer_name="Ada",
            device_id=b"device01",
            device_token=CODE,
            currency="EUR",
        )
        return Enrolled(membership=membership, root=self.root)

    def top_up(
        self,
        *,
        top_up_id: bytes,
        amount_minor: int,
        device_key: bytes,
        proof: bytes,
        evidence: bytes | None = None,
    ) -> Granted:
        self.evidence.append(evidence)
        self._asked("top_up")
        if self.declines:
            raise Declined(OperatorSays("no_money"))
        check_possession(proof, device_key, Purpose.ALLOWANCE, DEPLOYMENT, b"device01", top_up_id)
        if top_up_id not in self.issued:
            self.issued[top_up_id] = self.allowance(device_key, amount_minor)
        return Granted(raw=self.issued[top_up_id], code_key=self.grant.code_key)

    def statement(self) -> Statement:
        self._asked("statement")
        return Statement(
            currency="EUR",
            free_minor=0,
            reserved_minor=0,
            allowances=tuple(self.lines),
            cheques=tuple(self.cheques),
        )

    def close_allowance(self, *, ref: AllowanceRef, closing: bytes) -> None:
        self._asked("close_allowance")
        self.closings.append((ref, closing))

    def present(self, papers: Papers, *, is_note: bool) -> PapersTaken:
        self._asked("present")
        self.presented.append((papers, is_note))
        allowance_ref = decode_cheque(papers.cheque).terms.allowance_ref
        line = next(one for one in self.cheques if one.ref == allowance_ref)
        if self.holds_payees_to is not None:
            self.cheques[self.cheques.index(line)] = line = replace(line, paid_minor=self.holds_payees_to)
        return PapersTaken(
            cheque_id=line.cheque_id,
            state=PapersState.CLAIMED,
            amount_minor=line.paid_minor,
            paid_minor=line.paid_minor,
            waiting_minor=line.waiting_minor,
            currency="EUR",
            deadline=line.deadline,
            payee_name=line.payee_name,
            noted=is_note,
        )

    def report_lock(self, lock: PayingLock) -> LockAnswer:
        self._asked("report_lock")
        self.locks.append(lock)
        return self.answers_lock

    def disputes(self) -> Sequence[DisputeNotice]:
        self._asked("disputes")
        return self.notices

    def allowance(self, device_key: bytes, amount_minor: int, *, issuer: SoftwareKey | None = None) -> bytes:
        signer = issuer or self.issuer
        terms = AllowanceTerms(
            issuer_key_id=PublicKey(signer.public_key).key_id,
            device_key=device_key,
            pseudonym=secrets.token_bytes(8),
            currency=self.policy.currency,
            amount_minor=amount_minor,
            per_payment_minor=self.grant.per_payment_minor,
            count_limit=self.grant.count_limit,
            not_before=self.clock.now,
            expires_at=self.clock.now + self.grant.lifetime_s,
            status_index=len(self.issued),
            tier=self.grant.tier,
            holder_check_above_minor=self.grant.holder_check_above_minor,
            audience=self.grant.audience,
            code_anchor=None if self.grant.code_key is None else code_anchor(self.grant.code_key),
        )
        return issue_allowance(signer, DEPLOYMENT, terms)

    def _asked(self, name: str) -> None:
        self.calls.append(name)
        if not self.up:
            raise OperatorSays("operator_unreachable")


@dataclass
class Terminal:
    """A payee's terminal, with only the protocol behind it."""

    operator: Operator
    payee_id: PayeeId = PAYEE
    payee_name: str = "Café 茶馆"
    note_cap_minor: int = 500_00
    counter: int = 0
    key: SoftwareKey = field(default_factory=SoftwareKey.generate)

    def __post_init__(self) -> None:
        raw = issue_certificate(
            self.operator.acquirer,
            DEPLOYMENT,
            CertificateTerms(
                acquirer_key_id=PublicKey(self.operator.acquirer.public_key).key_id,
                terminal_key=self.key.public_key,
                payee_id=self.payee_id,
                payee_name=self.payee_name,
                capabilities=Capability.REQUEST | Capability.ONE_WAY | Capability.NOTES,
                note_cap_minor=self.note_cap_minor,
                currency="EUR",
                not_before=self.operator.clock.now - 10,
                expires_at=self.operator.clock.now + 400 * 86_400,
            ),
        )
        self.certificate = self._verified(raw)
        self.cache = AllowanceCache()
        self.links: dict[bytes, list[Link]] = {}

    def _verified(self, raw: bytes) -> VerifiedCertificate:
        return verify_certificate(
            decode_certificate(raw), self.operator.trust(), now=self.operator.clock.now, skew_s=120
        )

    def asks(
        self,
        amount_minor: int,
        *,
        up_to: bool = False,
        signed: bool = True,
        certificate: bool = True,
        at: int | None = None,
        reference: str | None = None,
    ) -> bytes:
        """A request as it is shown."""
        payload = encode_request(
            RequestTerms(
                challenge=secrets.token_bytes(16),
                currency="EUR",
                time=self.operator.clock.now if at is None else at,
                ttl_s=120,
                payee_id=self.payee_id,
                exact_minor=None if up_to else amount_minor,
                maximum_minor=amount_minor if up_to else None,
                reference=reference,
            )
        )
        if not signed:
            return payload
        request = sign_request(self.key, self.certificate.certificate_id, DEPLOYMENT, payload)
        return (self.certificate.raw if certificate else b"") + request

    def request_of(self, asking: bytes) -> bytes:
        """The request alone, of what `asks` gave."""
        return asking.removeprefix(self.certificate.raw)

    def accepts(self, asking: bytes, body: bytes, *, final_minor: int | None = None) -> VerifiedCheque:
        """The cheque, verified as a terminal does. Raises Refused."""
        request = decode_request(self.request_of(asking))
        hashed = request_hash(request.payload, DEPLOYMENT)
        return self._check(body, Answering(terms=request.terms, request_hash=hashed, final_minor=final_minor))

    def takes(self, body: bytes, due_minor: int) -> VerifiedCheque:
        """A one-way code, verified as a terminal does. Raises Refused."""
        return self._check(body, Taking(due_minor=due_minor, currency="EUR", latest=self.operator.clock.now))

    def _check(self, body: bytes, asked: Answering | Taking) -> VerifiedCheque:
        payment = decode_payment(body)
        known = self.links.setdefault(payment.cheque.terms.allowance_ref, [])
        verified = verify_payment(
            payment,
            asked,
            receiver=self.payee_id,
            now=self.operator.clock.now,
            knowledge=self.operator.trust(),
            cache=self.cache,
            remembered=Remembered(links=tuple(known)),
        )
        known.append(verified.link)
        return verified

    def receipt(self, cheque_id: StatementId, final_minor: int, *, certificate: bool = True) -> bytes:
        """A receipt as it is shown."""
        self.counter += 1
        terms = ReceiptTerms(
            terminal_ref=self.certificate.ref,
            cheque_id=cheque_id,
            final_minor=final_minor,
            time=self.operator.clock.now,
            counter=self.counter,
            previous=bytes(16),
            index_version=1,
        )
        raw = sign_receipt(self.key, self.certificate.certificate_id, DEPLOYMENT, terms)
        return (self.certificate.raw if certificate else b"") + raw

    def note(self, kind: NoteKind, subject: bytes, back_minor: int, *, certificate: bool = True) -> bytes:
        """A void or cancel note as it is shown."""
        self.counter += 1
        terms = NoteTerms(
            terminal_ref=self.certificate.ref,
            note_kind=kind,
            subject=subject,
            back_minor=back_minor,
            time=self.operator.clock.now,
            counter=self.counter,
            previous=bytes(16),
        )
        raw = sign_note(self.key, self.certificate.certificate_id, DEPLOYMENT, terms)
        return (self.certificate.raw if certificate else b"") + raw


class World:
    """An operator, a terminal and a wallet that is enrolled and topped up when asked."""

    def __init__(self, folder: Path, *, create: bool = True) -> None:
        self.clock = Clock()
        self.operator = Operator(clock=self.clock)
        self.terminal = Terminal(self.operator)
        self.folder = folder
        self.wallet = self.open(create=create)

    def use_terminal(self, key: SoftwareKey, payee_name: str = "Café 茶馆") -> None:
        """A terminal with this key, certified by the operator as it is now."""
        self.terminal = Terminal(self.operator, key=key, payee_name=payee_name)

    def open(self, *, create: bool = False, pin: str = PIN) -> Wallet:
        """The wallet of this world's folder."""
        vault = Vault.create(self.folder, pin) if create else Vault.open(self.folder, pin, self.clock.now)
        self.vault = vault
        self.store = VaultWalletStore(vault)
        parts = Parts(store=self.store, keys=SoftwareKeys(), clock=self.clock, randomness=secrets.token_bytes)
        return Wallet(parts)

    def reopen(self) -> Wallet:
        """Lock and unlock, as after a crash."""
        self.wallet.lock()
        self.wallet = self.open()
        return self.wallet

    def enrol(self) -> World:
        self.wallet.enrol(self.operator, SERVER, CODE)
        return self

    def top_up(self, amount_minor: int = 1_000_00) -> World:
        self.wallet.top_up(self.operator, amount_minor)
        return self

    def pay(self, amount_minor: int, *, up_to: bool = False) -> tuple[bytes, bytes]:
        """The asking and the body of one payment, accepted by the terminal."""
        asking = self.terminal.asks(amount_minor, up_to=up_to)
        shown = self.wallet.pay(self.wallet.consider(asking), PIN_HELD)
        self.terminal.accepts(asking, shown.body)
        return asking, shown.body

    def dump(self) -> list[tuple[object, ...]]:
        """Everything in the store, to see that nothing changed."""
        connection = self.vault.connection
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        rows = {table: connection.execute(f'SELECT * FROM "{table}"').fetchall() for table in tables}  # noqa: S608
        return [(table, *row) for table in sorted(rows) for row in rows[table]]

    def refs(self) -> Sequence[AllowanceRef]:
        return [live.allowance.ref for live in self.wallet.holdings().lives]
