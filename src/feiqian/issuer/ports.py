"""What the issuer needs from outside: a store that reads consistently and writes all or nothing.

Each write happens in a named write point, which is also where tests kill the process (`<point>:before-commit`,
`<point>:after-commit`). A unit that is left by an exception leaves nothing behind.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol

from feiqian.issuer.code_ports import CodeReading, CodeUnit
from feiqian.issuer.facts import AllowanceFacts, ClaimedCheque, ClaimFacts, Payer
from feiqian.issuer.known import Changes, Known, Wanted
from feiqian.issuer.lock_ports import LockReading, LockUnit
from feiqian.issuer.lost_ports import LostCodeUnit
from feiqian.issuer.papers import ReceiptEvidence
from feiqian.issuer.placing import Sync
from feiqian.issuer.values import (
    AttestationRoot,
    Attested,
    AttestedKey,
    Device,
    DeviceId,
    EntryLine,
    Fork,
    Identity,
    MissingClaim,
    PayerId,
    PayerLine,
    TpmAsked,
)
from feiqian.ledger.accounts import Account
from feiqian.ledger.clearing import Advice
from feiqian.ledger.entry import Entry
from feiqian.ledger.papers import Presented
from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol.allowance import Tier
from feiqian.protocol.ids import AllowanceRef, PayeeId, StatementId, TerminalRef
from feiqian.protocol.status_list import AllowanceStatus


class WritePoint(StrEnum):
    """Every place where the issuer's books change."""

    ENROL_PAYER = "issuer.enrol-payer"
    FUND = "issuer.fund"
    BIND_DEVICE = "issuer.bind-device"
    ISSUE = "issuer.issue"
    CLOSE = "issuer.close"
    SUSPEND = "issuer.suspend"
    PUBLISH = "issuer.publish"
    CLOSE_WINDOW = "issuer.close-window"
    AUTHENTICATOR = "issuer.authenticator"
    ATTESTATION_ROOT = "issuer.attestation-root"
    TPM_ASKED = "issuer.tpm-asked"
    TPM_KEY = "issuer.tpm-key"
    IDENTIFY = "issuer.identify"
    TRY_PIN = "issuer.try-pin"
    REPORT_LOCK = "issuer.report-lock"
    DECIDE_LOCK = "issuer.decide-lock"
    LOST_CODE = "issuer.lost-code"
    LOST_TRY = "issuer.lost-try"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCode:
    """An enrolment code by its hash: whose, until when, and what used it (an account key), if anything did."""

    owner: bytes
    expires_at: int
    used_by: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Funding:
    """Money that came in under one idempotency key; an empty payer id is the pool."""

    payer_id: bytes
    currency: str
    amount_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredList:
    """A status list as published, and the entries that it holds."""

    version: int
    issued_at: int
    size: int
    entries: Mapping[int, AllowanceStatus]
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A trust pack as published."""

    index_version: int
    issued_at: int
    list_version: int
    key_set_hash: bytes
    raw: bytes


class PublishedIndex(NamedTuple):
    """A trust index that was published, and which key set it bound."""

    issued_at: int
    key_set_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPin:
    """The second secret of an enrolment code: its hash, and how many wrong ones were tried since it was made."""

    hashed: str
    misses: int


class Attestor(Protocol):
    """Whoever can tell where a device key lives. Raises IssuerTrouble attestation_refused for anything odd."""

    def attest(self, evidence: bytes, *, device_key: bytes, challenge: bytes, known: Attested | None) -> Attested:
        """What the evidence shows of `device_key`, answering `challenge` (`possession.attestation_challenge`).

        `known` is what the books say of the key that the evidence rests on (`Attestations.subject`).
        """


class Attestations(Attestor, Protocol):
    """An attestor of all formats, with what keeps it: roots, and questions to TPMs."""

    def subject(self, evidence: bytes, device_key: bytes) -> bytes:
        """The key whose standing in the books `attest` asks for."""

    def root_in(self, pem: bytes, *, tier: Tier, maker: str) -> AttestationRoot:
        """The root in a PEM file. Raises IssuerTrouble root_unfit."""

    def ask_tpm(self, *, ek_certificate: bytes, issuers: Sequence[bytes], ak_public: bytes, secret: bytes) -> TpmAsked:
        """Wraps `secret` so that only the TPM of this endorsement key opens it, if this attestation key is in it."""


class PinHasher(Protocol):
    """Whoever makes a short secret slow to guess."""

    def hash_password(self, password: str) -> str:
        """Parameters, salt and hash as one text."""

    def is_password(self, hashed: str, password: str) -> bool:
        """Whether this is it; takes as long for an empty text, which nothing fits."""


class IssuerReading(CodeReading, LockReading, Protocol):
    """What can be asked. Missing things are None or absent from the mapping."""

    def payer(self, payer_id: PayerId) -> Payer | None:
        """A payer."""

    def payer_lines(self, after: PayerId | None, limit: int) -> list[PayerLine]:
        """Payers in the order of their ids, at most `limit`; with `after` those behind that id."""

    def payer_code(self, code_hash: bytes) -> StoredCode | None:
        """An enrolment code."""

    def enrolment_pin(self, code_hash: bytes) -> StoredPin | None:
        """The second secret of a code, if it has one."""

    def identity(self, payer_id: PayerId) -> Identity | None:
        """How somebody made sure who a payer is, if anybody did."""

    def is_identified(self, payer_id: PayerId) -> bool:
        """Whether anybody made sure who a payer is."""

    def attestation_roots(self) -> list[AttestationRoot]:
        """The roots that are trusted, and those that were: in the order in which they came."""

    def attested_key(self, payer_id: PayerId, key: bytes) -> AttestedKey | None:
        """What was attested of a payer's key."""

    def attested_keys(self, payer_id: PayerId, limit: int) -> list[AttestedKey]:
        """What was attested of a payer's keys, newest first."""

    def tpm_asked(self, device_id: DeviceId) -> TpmAsked | None:
        """The open question to a device's TPM."""

    def funding(self, key: str) -> Funding | None:
        """What came in under this key."""

    def device(self, device_id: DeviceId) -> Device | None:
        """A binding, signed in or not."""

    def device_by_token(self, token_hash: bytes) -> Device | None:
        """The signed-in wallet with this token."""

    def device_by_key(self, payer_id: PayerId, account_key: bytes) -> Device | None:
        """A payer's binding of this account key."""

    def balance_minor(self, account: Account, currency: str) -> int:
        """An account's balance, people's sign."""

    def allowances(self, refs: Iterable[AllowanceRef]) -> dict[AllowanceRef, AllowanceFacts]:
        """Allowances by ref."""

    def allowance_of_request(self, device_id: DeviceId, request_id: bytes) -> AllowanceFacts | None:
        """What was issued for this request."""

    def allowances_of(self, payer_id: PayerId) -> list[AllowanceFacts]:
        """A payer's allowances, newest first."""

    def device_key_known(self, device_key: bytes) -> bool:
        """True if an allowance was ever issued for this key."""

    def status_index_used(self, status_index: int) -> bool:
        """True if an allowance has this place in the status list."""

    def allowance_count(self) -> int:
        """How many allowances were ever issued."""

    def open_allowances(self) -> list[AllowanceFacts]:
        """Allowances whose window has not been closed, and those on which the issuer lost."""

    def due_allowances(self, now: int, limit: int) -> list[AllowanceRef]:
        """Allowances whose D has passed and whose window is still open, oldest first."""

    def allowance_bytes(self, refs: Iterable[AllowanceRef]) -> dict[AllowanceRef, bytes]:
        """The signed bytes of allowances, by ref."""

    def known(self, wanted: Wanted) -> Known:
        """All that bears on an act, read at one moment."""

    def claims_on(self, refs: Iterable[AllowanceRef]) -> list[ClaimFacts]:
        """All claims on these allowances."""

    def claimed_cheques(self, payer_id: PayerId, limit: int) -> list[ClaimedCheque]:
        """A payer's claimed cheques, at most `limit`, in the order of `allowances_of` and in each by falling counter.

        With the name of the one payee, where this store knows payees.
        """

    def revoked_terminals(self) -> list[RevokedTerminal]:
        """Terminals that were revoked, newest first, where this store knows terminals."""

    def revoked_terminal(self, ref: TerminalRef) -> RevokedTerminal | None:
        """One of them."""

    def payee_name(self, payee_id: PayeeId) -> str | None:
        """The name of a payee, where this store knows payees."""

    def is_presented(self, ref: AllowanceRef, cheque_id: StatementId) -> bool:
        """True if the payer of this cheque presented it before anybody claimed it."""

    def is_receipt_kept(self, receipt_id: StatementId) -> bool:
        """True if a payer handed in this receipt before."""

    def missing_claims(self, payer_id: PayerId, limit: int) -> list[MissingClaim]:
        """What a payer presented and nobody has claimed yet, of allowances whose window is open, oldest first."""

    def free_lines(self, payer_id: PayerId) -> list[EntryLine]:
        """The postings on a payer's free balance, newest first."""

    def forks(self) -> list[Fork]:
        """Every conviction, oldest first."""

    def listed_statuses(self) -> dict[int, AllowanceStatus]:
        """Status index and status of every open allowance that is not GOOD."""

    def latest_list(self) -> StoredList | None:
        """The newest status list."""

    def latest_publication(self) -> Publication | None:
        """The newest trust pack."""

    def indexes(self, versions: Iterable[int]) -> dict[int, PublishedIndex]:
        """These trust indexes, as far as they are ours."""

    def pack_with(self, key_set_hash: bytes) -> bytes | None:
        """A published trust pack that holds this key set."""

    def syncs(self, terminal_ref: TerminalRef, first: int) -> list[Sync]:
        """What a terminal's batches said of its clock: the last one that had counted less than `first`, and the next.

        In the order of their counters, then of arrival; at most `SYNCS_READ_MAX` from `first` on.
        """


class IssuerUnit(IssuerReading, CodeUnit, LockUnit, LostCodeUnit, Protocol):
    """One write: reads see what it wrote."""

    def add_payer(self, payer: Payer, created_at: int) -> None:
        """A new payer."""

    def add_payer_code(self, code_hash: bytes, code: StoredCode) -> None:
        """A new code."""

    def use_payer_code(self, code_hash: bytes, used_by: bytes) -> None:
        """The code is used up."""

    def add_enrolment_pin(self, code_hash: bytes, hashed: str) -> None:
        """A code's second secret."""

    def count_pin_miss(self, code_hash: bytes, most: int) -> bool:
        """One more wrong one, until it is known to be none; False, and nothing counted, after `most` of them."""

    def clear_pin_misses(self, code_hash: bytes) -> None:
        """It was the right one."""

    def put_identity(self, payer_id: PayerId, identity: Identity) -> None:
        """How somebody made sure who a payer is; replaces what there was."""

    def put_attestation_root(self, root: AttestationRoot) -> None:
        """A new root, or one that was removed or is trusted again."""

    def put_attested_key(self, key: AttestedKey) -> None:
        """What was attested of a key; the latest counts."""

    def put_tpm_asked(self, device_id: DeviceId, asked: TpmAsked) -> None:
        """The question to a device's TPM; replaces an open one."""

    def add_funding(self, key: str, funding: Funding, at: int) -> None:
        """Money came in."""

    def put_device(self, device: Device, token_hash: bytes | None, at: int) -> None:
        """A new binding, or a new token for it; None signs it out."""

    def sign_out(self, payer_id: PayerId) -> None:
        """All of a payer's tokens end."""

    def put_allowance(self, allowance: AllowanceFacts) -> None:
        """A new allowance, or the new state of one. Raises Stale if it changed since it was read."""

    def apply(self, changes: Changes) -> None:
        """All that an act changes, but its advices. Raises Stale if it rests on what is not so any more."""

    def add_presented(self, presented: Presented) -> None:
        """A cheque that its payer presents before anybody claims it."""

    def add_receipt(self, receipt: ReceiptEvidence, ref: AllowanceRef, at: int) -> None:
        """A receipt that a payer handed in is kept as evidence."""

    def add_list(self, published: StoredList) -> None:
        """A new status list."""

    def add_publication(self, published: Publication) -> None:
        """A new trust pack; every listed allowance that no index named yet is named by this one."""

    def post(self, entry: Entry) -> None:
        """An entry. Raises LedgerBroken when an account would break its rule."""

    def add_advices(self, advices: Sequence[Advice]) -> None:
        """Advices that do not go with an answer; the store numbers them (`number` is ignored)."""


class IssuerStore(Protocol):
    """The issuer's part of the operator's store; thread-safe."""

    def read(self) -> AbstractContextManager[IssuerReading]:
        """One consistent reading."""

    def write(self, point: str) -> AbstractContextManager[IssuerUnit]:
        """One write, durable when the context ends, nothing when it ends by an exception."""
