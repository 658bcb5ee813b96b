"""What the books know of all that one act touches, and what the act changes: both as values.

An act is thought out on what was `Known` at one moment, with no lock held and nothing written. Its `Changes` are then
applied in one transaction, which does nothing at all if anything that they rest on has changed meanwhile (`Stale` of
`ledger.clearing`); then the act is thought out again. So the judgement is pure, and a store needs one reading and one
writing for a batch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from feiqian.issuer.authenticator_facts import UsedCode, WrongCode
from feiqian.issuer.facts import AllowanceFacts, ClaimFacts, Testimony
from feiqian.issuer.placing import Sync
from feiqian.issuer.values import Fork
from feiqian.ledger.clearing import Advice
from feiqian.ledger.entry import Entry
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId, TerminalRef

NOBODY: Final = PayeeId(b"")


class CodeFinal(NamedTuple):
    """Who receipted how much of a one-way code: cheque, payee, terminal."""

    cheque_id: StatementId
    payee_id: PayeeId
    terminal_ref: TerminalRef


class PaidRequest(NamedTuple):
    """A payee's request and the one cheque that it is paid with.

    `asked_at` is the request's own time, so one hash has one; a store may keep requests of one time together. 0 where
    it is not stored.
    """

    payee_id: PayeeId
    request_hash: RequestHash
    allowance_ref: AllowanceRef
    cheque_id: StatementId
    asked_at: int = 0


Subject = tuple[bytes, PayeeId]
"""What was given back (cheque id or H(request)), and by whom."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be read: these allowances, and all that bears on new claims and notes of one payee.

    `requests` says beside each when it was asked, by its own clock.
    """

    refs: frozenset[AllowanceRef]
    payee_id: PayeeId = NOBODY
    requests: Mapping[RequestHash, int] = field(default_factory=dict)
    cheques: frozenset[StatementId] = frozenset()
    codes: frozenset[StatementId] = frozenset()
    subjects: frozenset[bytes] = frozenset()
    notes: frozenset[StatementId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the books know, read at one moment.

    `claims` are all claims on `allowances`, `testimonies` further cheques of their devices. `paid_requests` are the
    wanted requests that pay a cheque; `notes` those of the wanted notes that are known. `notes_version` rises with
    every note of the payee. `balance_minor` holds the free money of the payers, by payer id, and by an empty id the
    pool, each by currency.
    """

    allowances: Mapping[AllowanceRef, AllowanceFacts]
    claims: Sequence[ClaimFacts]
    testimonies: Sequence[Testimony]
    paid_requests: Mapping[RequestHash, PaidRequest] = field(default_factory=dict)
    given_back: Mapping[Subject, int] = field(default_factory=dict)
    code_finals: Mapping[CodeFinal, int] = field(default_factory=dict)
    notes: frozenset[StatementId] = frozenset()
    notes_version: int = 0
    balance_minor: Mapping[tuple[bytes, str], int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Changes:
    """What an act writes, all of it or nothing.

    `touched` are the allowances as they are afterwards, each with the version that was read: the store refuses with
    `Stale` when that is no longer the one it holds. `moved_requests` pairs a request with the cheque that it paid
    before. `payee_id` and `notes_version` say whose notes were read, and up to where; `sync` is what a batch of this
    payee says of its terminal's clock.
    """

    touched: list[AllowanceFacts] = field(default_factory=list)
    new_claims: list[ClaimFacts] = field(default_factory=list)
    changed_claims: list[ClaimFacts] = field(default_factory=list)
    testimonies: list[Testimony] = field(default_factory=list)
    new_requests: list[PaidRequest] = field(default_factory=list)
    moved_requests: list[tuple[PaidRequest, StatementId]] = field(default_factory=list)
    given_back: dict[Subject, int] = field(default_factory=dict)
    code_finals: dict[CodeFinal, int] = field(default_factory=dict)
    notes: list[tuple[StatementId, bytes]] = field(default_factory=list)
    payee_id: PayeeId = NOBODY
    notes_version: int = 0
    sync: Sync | None = None
    forks: list[Fork] = field(default_factory=list)
    code_uses: list[UsedCode] = field(default_factory=list)
    wrong_codes: list[WrongCode] = field(default_factory=list)
    entry: Entry | None = None
    advices: list[Advice] = field(default_factory=list)
    at: int = 0
