"""A small world without an operator's server: issuer, acquirer, root keys, payers, and a terminal over a real vault.

Keys come from fixed numbers, so that two processes of a kill test make the same world.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from feiqian.keys.software import SoftwareKey, SoftwareKeys
from feiqian.ledger.dispute_notice import DisputeNotice
from feiqian.protocol import trust_pack
from feiqian.protocol.allowance import AllowanceTerms, allowance_id, decode_allowance, issue_allowance
from feiqian.protocol.answer import AnswerItem, Verdict, sign_answer
from feiqian.protocol.certificate import Capability, CertificateTerms, issue_certificate
from feiqian.protocol.cheque import ChequeTerms, cheque_prefix, decode_cheque, draw_cheque
from feiqian.protocol.claim import decode_batch
from feiqian.protocol.cose import digest
from feiqian.protocol.credit import Credit, credits_hash, encode_credits
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId
from feiqian.protocol.keys import PublicKey, key_id_of
from feiqian.protocol.limits import PREVIOUS_BYTES, REF_BYTES
from feiqian.protocol.policy import Policy
from feiqian.protocol.possession import Purpose, check_possession, code_context
from feiqian.protocol.presentation import decode_asking
from feiqian.protocol.request import RequestTerms, encode_request, request_hash
from feiqian.protocol.settled_notice import sign_settled_notice
from feiqian.protocol.status_list import AllowanceStatus, sign_status_list
from feiqian.protocol.trust import TrustRoot
from feiqian.protocol.trust_pack import KeyRole, ListEntry, TrustedKey
from feiqian.protocol.words import Trouble, Words, WordsTable
from feiqian.storage.terminal_store import VaultTerminalStore
from feiqian.storage.vault import Vault
from feiqian.terminal.terminal import Terminal

NOW = 1_800_000_000
DAY = 86_400
TEN_YEARS = 3653 * DAY
PIN = "407193"
DEPLOYMENT = "test"
PAYEE = PayeeId(b"payee-01")
CODE = "ABCD-EFGH"
ALL = Capability.REQUEST | Capability.ONE_WAY | Capability.NOTES


def key_of(number: int) -> SoftwareKey:
    return SoftwareKey(hashlib.sha256(b"key %d" % number).digest())


ROOT, ISSUER, ACQUIRER, ONLINE = (key_of(number) for number in range(4))
STRANGER = key_of(99)


def make_pack(
    version: int = 1,
    issued_at: int = NOW,
    suspended: tuple[int, ...] = (),
    policy: Policy | None = None,
    life_s: int = 90 * DAY,
    least_app: str = "0.1.0",
    key_set_version: int = 1,
) -> bytes:
    everything = {"not_before": 0, "not_after": NOW + 20 * TEN_YEARS}
    roles = ((ISSUER, KeyRole.ISSUER), (ACQUIRER, KeyRole.ACQUIRER), (ONLINE, KeyRole.ONLINE))
    key_set = trust_pack.encode_key_set(
        version=key_set_version,
        issued_at=NOW - DAY,
        expires_at=NOW + life_s,
        keys=[TrustedKey(key=key.public_key, role=role, **everything) for key, role in roles],
        policies=[policy or Policy(currency="EUR")],
        least_wire=1,
        least_app=least_app,
        roots=[ROOT.public_key],
        threshold=1,
    )
    entries = dict.fromkeys(suspended, AllowanceStatus.SUSPENDED)
    status = sign_status_list(ISSUER, DEPLOYMENT, version=version, time=issued_at, size=1000, entries=entries)
    index = trust_pack.sign_index(
        ONLINE,
        DEPLOYMENT,
        version=version,
        issued_at=issued_at,
        key_set_version=key_set_version,
        key_set_hash=hashlib.sha256(key_set).digest(),
        lists=[
            ListEntry(
                issuer_key_id=key_id_of(ISSUER.public_key),
                version=version,
                list_hash=hashlib.sha256(status).digest(),
            )
        ],
    )
    return trust_pack.encode_trust_pack(key_set, [trust_pack.sign_key_set(ROOT, DEPLOYMENT, key_set)], index, [status])


def make_certificate(terminal_key: bytes, capabilities: int = ALL, note_cap_minor: int = 500_00) -> bytes:
    return issue_certificate(
        ACQUIRER,
        DEPLOYMENT,
        CertificateTerms(
            acquirer_key_id=key_id_of(ACQUIRER.public_key),
            terminal_key=terminal_key,
            payee_id=PAYEE,
            payee_name="Café 飞钱",
            capabilities=capabilities,
            note_cap_minor=note_cap_minor,
            currency="EUR",
            not_before=NOW - DAY,
            expires_at=NOW + 365 * DAY,
        ),
    )


LINK_WORDS: WordsTable = {
    code: {"en": Words("down", "safe", "again"), "zh": Words("断", "安全", "重试")}
    for code in ("operator_unreachable", "operator_answer_unreadable", "batch_refused")
}


class LinkDown(Trouble):
    """The network of these tests."""

    table = LINK_WORDS


@dataclass(slots=True)
class Reply:
    """An enrolment's or a trust pack's reply."""

    certificate: bytes = b""
    token: str = ""
    trust_root: TrustRoot = field(
        default_factory=lambda: TrustRoot(deployment=DEPLOYMENT, roots=(ROOT.public_key,), threshold=1)
    )
    raw: bytes = b""
    etag: str = ""


@dataclass(slots=True)
class Told:
    """An event of the payee's statement."""

    number: int
    kind: str
    cheque_id: bytes
    stands_paid_minor: int = 0
    stands_waiting_minor: int = 0
    at: int = NOW + 10
    deadline: int = NOW + 11 * DAY


@dataclass(slots=True)
class Statement:
    """A page of the payee's statement."""

    events: list[Told]


@dataclass(slots=True)
class Operator:
    """An operator in this process: idempotent, and it remembers what it was sent."""

    pack: bytes = field(default_factory=make_pack)
    capabilities: int = ALL
    note_cap_minor: int = 500_00
    time: int = NOW
    down: str | None = None
    mangle: Callable[[bytes], bytes] = lambda answer: answer
    decide: Callable[[int, bytes], AnswerItem] | None = None
    received: list[bytes] = field(default_factory=list)
    measured: list[bytes] = field(default_factory=list)
    """Batches without claims or notes, with which every round begins."""
    answers: dict[bytes, bytes] = field(default_factory=dict)
    refuse_batch: Callable[[bytes], bool] = lambda _batch: False
    events: list[Told] = field(default_factory=list)
    page_events: int = 200
    say: Callable[[int | None], Statement] | None = None
    asked_after: list[int | None] = field(default_factory=list)
    notices: list[DisputeNotice] = field(default_factory=list)

    def health(self) -> str:
        """Somebody answers; whether what is asked then succeeds is another matter."""
        return "ok"

    def trust_root(self) -> TrustRoot:
        self._up()
        return Reply().trust_root

    def till_recovery_key(self) -> bytes | None:
        """The point of nobody's key; None while it is away would hide that it was asked."""
        self._up()
        return SoftwareKey(b"\x07" * 32).public_key

    def enrol_terminal(self, *, enrolment_code: str, terminal_key: bytes, proof: bytes) -> Reply:
        self._up()
        check_possession(proof, terminal_key, Purpose.TERMINAL, DEPLOYMENT, code_context(enrolment_code))
        return Reply(certificate=make_certificate(terminal_key, self.capabilities, self.note_cap_minor))

    def trust_pack(self, *, etag: str | None = None) -> Reply | None:
        self._up()
        tag = hashlib.sha256(self.pack).hexdigest()
        return None if etag == tag else Reply(raw=self.pack, etag=tag)

    def send_batch(self, batch: bytes) -> bytes:
        opened = decode_batch(batch)
        if not opened.claims and not opened.notes:
            self.measured.append(batch)
            self._up()
            return self._answer(batch)
        self.received.append(batch)
        self._up()
        if self.refuse_batch(batch):
            raise LinkDown("batch_refused")
        if batch not in self.answers:
            self.answers[batch] = self._answer(batch)
        return self.mangle(self.answers[batch])

    def tell(
        self, kind: str, cheque_id: bytes, paid_minor: int = 0, waiting_minor: int = 0, at: int = NOW + 10
    ) -> None:
        """One more event."""
        number = 10 * len(self.events) + 7  # numbers rise with gaps: other payees are told in between
        self.events.append(Told(number, kind, cheque_id, paid_minor, waiting_minor, at))

    def payee_statement(self, *, after: int | None = None) -> Statement:
        self._up()
        self.asked_after.append(after)
        if self.say is not None:
            return self.say(after)
        if after is None:
            return Statement(self.events[: -self.page_events - 1 : -1])
        return Statement([event for event in self.events if event.number > after][: self.page_events])

    def payee_disputes(self) -> list[DisputeNotice]:
        self._up()
        return self.notices

    def _answer(self, raw: bytes) -> bytes:
        batch = decode_batch(raw)
        decide = self.decide or (lambda _number, _claim: AnswerItem(verdict=Verdict.SETTLED, paid_minor=1))
        return sign_answer(
            ACQUIRER,
            DEPLOYMENT,
            terminal_ref=batch.terminal_ref,
            batch_id=batch.batch_id,
            batch=raw,
            time=self.time,
            claims=[decide(number, claim) for number, claim in enumerate(batch.claims)],
            notes=[AnswerItem(verdict=Verdict.NOTED) for _ in batch.notes],
        )

    def _up(self) -> None:
        if self.down is not None:
            raise LinkDown(self.down)


class NoNetwork:
    """A link that must not be touched."""

    def __getattr__(self, name: str) -> object:
        raise AssertionError(f"a payment touched the network: {name}")


@dataclass(slots=True)
class Payer:
    """A payer's device that draws cheques; `fork` goes back as a clone would."""

    number: int = 1
    amount_minor: int = 1000_00
    per_payment_minor: int = 500_00
    audience: PayeeId | None = None
    clock: int = NOW
    counter: int = 0
    cumulative_minor: int = 0
    previous: bytes = b""
    issuer: SoftwareKey = ISSUER
    not_before: int = NOW - DAY
    expires_at: int = NOW + 3 * DAY
    allowance: bytes = field(init=False)
    full_id: StatementId = field(init=False)

    def __post_init__(self) -> None:
        terms = AllowanceTerms(
            issuer_key_id=key_id_of(ISSUER.public_key),
            device_key=self.device.public_key,
            pseudonym=self.number.to_bytes(REF_BYTES, "big"),
            currency="EUR",
            amount_minor=self.amount_minor,
            per_payment_minor=self.per_payment_minor,
            count_limit=20_000,
            not_before=self.not_before,
            expires_at=self.expires_at,
            status_index=self.number,
            tier=1,
            holder_check_above_minor=0,
            audience=self.audience,
        )
        self.allowance = issue_allowance(self.issuer, DEPLOYMENT, terms)
        key = PublicKey(ISSUER.public_key)
        self.full_id = allowance_id(decode_allowance(self.allowance), key, DEPLOYMENT)
        self.previous = self.full_id[:PREVIOUS_BYTES]

    @property
    def device(self) -> SoftwareKey:
        return key_of(1000 + self.number)

    def answer(self, shown: bytes) -> bytes:
        """The payment that answers a request as shown."""
        request = decode_asking(shown).request
        return self._draw(
            exact_minor=request.terms.exact_minor,
            maximum_minor=request.terms.maximum_minor,
            request=request_hash(request.payload, DEPLOYMENT),
        )

    def code(self, amount_minor: int, *, at_most: bool = False, ttl_s: int = 60) -> bytes:
        """A one-way code."""
        exact, most = (None, amount_minor) if at_most else (amount_minor, None)
        return self._draw(exact_minor=exact, maximum_minor=most, ttl_s=ttl_s)

    def lean(self, shown: bytes, giver: Payer) -> bytes:
        """The payment that answers a request with a credit: a cheque that `giver` made out to this allowance."""
        received = encode_request(
            RequestTerms(
                challenge=bytes(16),
                currency="EUR",
                time=self.clock,
                ttl_s=3600,
                receiver_allowance=AllowanceRef(self.full_id[:REF_BYTES]),
                exact_minor=5_00,
            )
        )
        given = giver._draw(exact_minor=5_00, maximum_minor=None, request=request_hash(received, DEPLOYMENT))
        credit = Credit(cheque=given[len(giver.allowance) :], request=received, allowance=giver.allowance)
        bundle = encode_credits([credit])
        request = decode_asking(shown).request
        return (
            self._draw(
                exact_minor=request.terms.exact_minor,
                maximum_minor=request.terms.maximum_minor,
                request=request_hash(request.payload, DEPLOYMENT),
                credits=bundle,
            )
            + bundle
        )

    def fork(self) -> Payer:
        """A clone with the same past."""
        return Payer(
            self.number, self.amount_minor, self.per_payment_minor, self.audience, self.clock, self.counter,
            self.cumulative_minor, self.previous,
        )  # fmt: skip

    def _draw(
        self,
        *,
        exact_minor: int | None,
        maximum_minor: int | None,
        request: RequestHash | None = None,
        ttl_s: int | None = None,
        credits: bytes | None = None,
    ) -> bytes:
        self.counter += 1
        self.cumulative_minor += exact_minor or maximum_minor or 0
        raw = draw_cheque(
            self.device,
            self.full_id,
            DEPLOYMENT,
            ChequeTerms(
                allowance_ref=AllowanceRef(self.full_id[:REF_BYTES]),
                counter=self.counter,
                previous=self.previous,
                cumulative_minor=self.cumulative_minor,
                time=self.clock,
                holder_check=1,
                exact_minor=exact_minor,
                maximum_minor=maximum_minor,
                request=request,
                ttl_s=ttl_s,
                credits_hash=None if credits is None else credits_hash(credits),
            ),
        )
        payload = decode_cheque(raw).envelope.payload
        self.previous = digest(cheque_prefix(self.full_id, DEPLOYMENT), payload)[:PREVIOUS_BYTES]
        return self.allowance + raw


def make_notice(hashed: RequestHash, final_minor: int, signer: SoftwareKey = ISSUER) -> bytes:
    return sign_settled_notice(signer, DEPLOYMENT, request=hashed, final_minor=final_minor, currency="EUR", time=NOW)


@dataclass(slots=True)
class Counter:
    """A terminal on a real vault in a folder, with a clock that the test sets."""

    home: Path
    clock: int = NOW
    vault: Vault = field(init=False)
    terminal: Terminal = field(init=False)

    def __post_init__(self) -> None:
        made = (self.home / "lock.json").exists()
        self.vault = Vault.open(self.home, PIN, NOW) if made else Vault.create(self.home, PIN)
        self._start()

    @property
    def store(self) -> VaultTerminalStore:
        return VaultTerminalStore(self.vault)

    def reopen(self) -> None:
        """As after a restart."""
        self.vault.close()
        self.vault = Vault.open(self.home, PIN, NOW)
        self._start()

    def everything(self) -> dict[str, list[tuple[object, ...]]]:
        """All that is stored, to compare before and after."""
        db = self.vault.connection
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: db.execute(f"SELECT * FROM {name}").fetchall() for name in tables}  # noqa: S608 - our own names

    def _start(self) -> None:
        self.terminal = Terminal(
            self.store, keys=SoftwareKeys(), clock=lambda: self.clock, randomness=secrets.token_bytes
        )


def enrolled(home: Path, operator: Operator | None = None) -> Counter:
    counter = Counter(home)
    counter.terminal.enrol(operator or Operator(), server="https://operator.test", code=CODE)
    return counter
