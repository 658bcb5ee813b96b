"""Examining a batch: every signature and every rule that needs no books, outside of any transaction (spec 05).

Each item is opened and verified by itself. A malformed or forged one becomes its own answer and leaves no trace; what
comes out as evidence has passed the same check as at the counter, at the receipt's time, with the lists which the
payee held then and under the policy that went with them.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from feiqian.issuer.facts import Testimony
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.opening import Opened, refusal
from feiqian.issuer.placing import Span
from feiqian.protocol import cose
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.chain import Link
from feiqian.protocol.cose import Envelope
from feiqian.protocol.credit import decode_credits
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId, TerminalRef
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.presentation import Payment
from feiqian.protocol.receipt import NoteKind, NoteTerms, ReceiptTerms, decode_note
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import request_prefix
from feiqian.protocol.verified import AllowanceCache, VerifiedAllowance, VerifiedCertificate, VerifiedCheque
from feiqian.protocol.verify import Answering, CheckedPayment, Taking, check_payment, verify_all
from feiqian.protocol.verify_credit import verify_terminal_statement


class Evidence(NamedTuple):
    """A claim that verified: its cheque, as it counts in the chain, and earlier cheques that it shows as given back.

    `asked_at` is the request's own time, 0 without one.

    `made_at` is when its receipt counts as made; `held_index` the newest trust index that its terminal had by then.
    """

    cheque: VerifiedCheque
    link: Link
    receipt: ReceiptTerms
    request_hash: RequestHash | None
    payee_id: PayeeId
    bound: bool
    given_back: tuple[tuple[StatementId, int], ...]
    testimonies: tuple[Testimony, ...]
    made_at: int
    held_index: int
    asked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteEvidence:
    """A note that this payee's terminal signed. `back_minor` is None when the whole is given back."""

    note_id: StatementId
    subject: bytes
    payee_id: PayeeId
    back_minor: int | None
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A batch item by item: evidence, or the answer of an item that is refused."""

    claims: tuple[Evidence | AnswerItem, ...]
    notes: tuple[NoteEvidence | AnswerItem, ...]


class KnownIndex(NamedTuple):
    """A trust index of ours: when it was issued, and what we believe under the policy that went with it."""

    issued_at: int
    knowledge: OperatorKnowledge


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a batch is examined against: our allowances as they were issued, our trust indexes, and when it was made."""

    allowances: Mapping[AllowanceRef, Envelope]
    indexes: Mapping[int, KnownIndex]
    span: Span
    revoked: Mapping[TerminalRef, int] = field(default_factory=dict)
    """Since when terminals are revoked; looked at for notes that a payer shows."""


class SharedCache(AllowanceCache):
    """An allowance cache that several threads may use: looking up is one step of the interpreter, adding is not."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def put(self, allowance: VerifiedAllowance, knowledge: object) -> None:
        with self._lock:
            super().put(allowance, knowledge)


def examine_claims(
    claims: Sequence[Opened | AnswerItem],
    certificate: VerifiedCertificate,
    ground: Ground,
    knowledge: OperatorKnowledge,
    cache: AllowanceCache,
) -> tuple[Evidence | AnswerItem, ...]:
    """The evidence of each claim, or its answer. What was refused already stays so; `knowledge` is that of today.

    First everything that comes before the devices' signatures, then those one behind the other, then the rest: no
    claim's answer depends on another claim, and the verifying code stays in the processor's caches.
    """
    examining = Examining(certificate, ground, knowledge, cache)
    checked = [examining.checked(one) if isinstance(one, Opened) else one for one in claims]
    verified = iter(verify_all([one.payment for one in checked if isinstance(one, _Checked)]))
    return tuple(examining.evidence(one, next(verified)) if isinstance(one, _Checked) else one for one in checked)


def examine_claim(
    opened: Opened,
    certificate: VerifiedCertificate,
    ground: Ground,
    knowledge: OperatorKnowledge,
    cache: AllowanceCache,
) -> Evidence | AnswerItem:
    """The evidence of one claim, or its answer."""
    return examine_claims((opened,), certificate, ground, knowledge, cache)[0]


def examine_note(
    raw: bytes, certificate: VerifiedCertificate, deployment: str, check: Callable[[NoteTerms], None] | None = None
) -> NoteEvidence | AnswerItem:
    """The evidence of one note, or its answer. What a payee gives back of its own claims needs no cap.

    `check` refuses what its terminal signed after it was revoked.
    """
    try:
        note = decode_note(raw)
        if check is not None:
            check(note.terms)
        if (note.terms.note_kind == NoteKind.CANCEL) != (note.terms.back_minor == 0):
            raise Refused(RefusalCode.AMOUNT_INVALID, "a void gives something back, a cancel note says 0")
        note_id = verify_terminal_statement(note, certificate, deployment)
    except Refused as refused:
        return refusal(refused)
    return NoteEvidence(
        note_id=note_id,
        subject=note.terms.subject,
        payee_id=certificate.terms.payee_id,
        back_minor=None if note.terms.note_kind == NoteKind.CANCEL else note.terms.back_minor,
        raw=raw,
    )


class Placed(NamedTuple):
    """What the payee knew when it signed a receipt, and when that counts as made."""

    knowledge: OperatorKnowledge
    made_at: int


class _Checked(NamedTuple):
    """A claim that passed all checks before its device's signature."""

    opened: Opened
    request_hash: RequestHash | None
    payment: CheckedPayment


class Examining:
    """What the claims of one batch have in common."""

    def __init__(
        self,
        certificate: VerifiedCertificate,
        ground: Ground,
        knowledge: OperatorKnowledge,
        cache: AllowanceCache,
    ) -> None:
        self._terminal_ref = certificate.ref
        self._terms = certificate.terms
        self._ground = ground
        self._knowledge = knowledge
        self._cache = cache
        self._request_prefix = request_prefix(knowledge.deployment)
        self._placed: dict[tuple[int, int], Placed] = {}

    def checked(self, opened: Opened) -> _Checked | AnswerItem:
        """The claim as far as it goes without its device's signature, or its answer."""
        cheque = opened.cheque
        allowance = self._ground.allowances.get(cheque.terms.allowance_ref)
        if allowance is None:
            return AnswerItem(verdict=Verdict.UNKNOWN_ALLOWANCE)
        receipt, terms = opened.receipt.terms, self._terms
        try:
            if receipt.terminal_ref != self._terminal_ref:
                raise Refused(RefusalCode.TERMINAL_SIGNATURE_INVALID, "another terminal's receipt")
            placed = self._placed.get((receipt.index_version, receipt.time)) or self._place(receipt)
            asked_hash, asked = self._asked(opened)
            payment = check_payment(
                Payment(allowance, cheque, opened.claim.credits),
                asked,
                receiver=terms.payee_id,
                now=receipt.time,
                knowledge=placed.knowledge,
                cache=self._cache,
            )
        except Refused as refused:
            return refusal(refused)
        return _Checked(opened, asked_hash, payment)

    def evidence(self, checked: _Checked, cheque: VerifiedCheque | Refused) -> Evidence | AnswerItem:
        """What a claim proves whose cheque is its device's, or its answer."""
        if isinstance(cheque, Refused):
            return refusal(cheque)
        opened, asked_hash, _ = checked
        receipt = opened.receipt.terms
        try:
            if receipt.cheque_id != cheque.cheque_id:
                raise Refused(RefusalCode.REQUEST_MISMATCH, "the receipt is for another cheque")
            if cheque.credits and any(credit.link is None for credit in cheque.credits):
                raise Refused(RefusalCode.CREDIT_INVALID, "paying on is not honoured by this issuer yet")
            testimonies = _testimonies(cheque, opened.claim.credits)
        except Refused as refused:
            return refusal(refused)
        return Evidence(
            cheque,
            cheque.link,
            receipt,
            asked_hash,
            self._terms.payee_id,
            asked_hash is not None or cheque.allowance.terms.audience is not None,
            tuple((credit.cheque_id, credit.amount_minor) for credit in cheque.credits) if cheque.credits else (),
            testimonies,
            self._placed[receipt.index_version, receipt.time].made_at,
            max(receipt.index_version, self._ground.span.index_version),
            0 if opened.request is None else opened.request.terms.time,
        )

    def _place(self, receipt: ReceiptTerms) -> Placed:
        """What the payee knew by these lists at this time, and which time it really was. Raises Refused."""
        currency, skew_s = self._terms.currency, self._knowledge.policy(self._terms.currency).skew_s
        if receipt.time > self._terms.expires_at + skew_s:
            raise Refused(RefusalCode.CERTIFICATE_EXPIRED)
        index = self._ground.indexes.get(receipt.index_version)
        made_at = self._ground.span.made_at(receipt.time, None if index is None else index.issued_at, skew_s)
        if index is None:
            known = self._knowledge.at_list_age(currency, None)
        else:
            believed = self._believed(receipt, index)
            known = believed.at_list_age(currency, max(0, made_at - index.issued_at))
        placed = self._placed[receipt.index_version, receipt.time] = Placed(known, made_at)
        return placed

    def _believed(self, receipt: ReceiptTerms, index: KnownIndex) -> OperatorKnowledge:
        """What the payee knew by the index that it names, and of keys by the newest that its terminal held by then."""
        held = self._ground.indexes.get(max(receipt.index_version, self._ground.span.index_version))
        if held is None or held.knowledge is index.knowledge:
            return index.knowledge
        return index.knowledge.believing(held.knowledge)

    def _asked(self, opened: Opened) -> tuple[RequestHash | None, Answering | Taking]:
        receipt, request = opened.receipt.terms, opened.request
        if request is None:
            taking = Taking(due_minor=receipt.final_minor, currency=self._terms.currency, latest=receipt.time)
            return None, taking
        if request.terms.currency != self._terms.currency:
            raise Refused(RefusalCode.CURRENCY_MISMATCH)
        asked_hash = RequestHash(cose.digest(self._request_prefix, request.payload))
        return asked_hash, Answering(request.terms, asked_hash, receipt.final_minor)


def _testimonies(cheque: VerifiedCheque, bundle: bytes | None) -> tuple[Testimony, ...]:
    """The given-back cheques that came as its credits, signed by the same device."""
    if bundle is None:
        return ()
    found: list[Testimony] = []
    links = {credit.cheque_id: credit.link for credit in cheque.credits if credit.link is not None}
    for credit in decode_credits(bundle):
        envelope = cose.open_envelope(credit.cheque, max_bytes=STATEMENT_MAX_BYTES, asserted=True)
        link = links.pop(cose.digest(cheque.allowance.cheque_prefix, envelope.payload), None)
        if link is not None:
            found.append(Testimony(cheque.allowance.ref, link, credit.cheque))
    return tuple(found)
