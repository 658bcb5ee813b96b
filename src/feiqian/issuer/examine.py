"""Examining a batch: every signature and every rule that needs no books, outside of any transaction (spec 05).

Each item is opened and verified by itself. A malformed or forged one becomes its own answer and leaves no trace; what
comes out as evidence has passed the same check as at the counter, at the receipt's time and with the lists which the
payee held then.
"""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from feiqian.issuer.facts import Testimony
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.protocol import cose
from feiqian.protocol.answer import AnswerItem, Verdict
from feiqian.protocol.chain import Link
from feiqian.protocol.cheque import Cheque, decode_cheque
from feiqian.protocol.claim import Claim, decode_claim
from feiqian.protocol.cose import Envelope
from feiqian.protocol.credit import decode_credits
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId
from feiqian.protocol.limits import STATEMENT_MAX_BYTES
from feiqian.protocol.presentation import Payment
from feiqian.protocol.receipt import NoteKind, Receipt, ReceiptTerms, decode_note, decode_receipt
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import Request, decode_request, request_hash
from feiqian.protocol.verified import AllowanceCache, VerifiedAllowance, VerifiedCertificate, VerifiedCheque
from feiqian.protocol.verify import Answering, Taking, verify_payment
from feiqian.protocol.verify_credit import verify_terminal_statement

_VERDICTS: Mapping[RefusalCode, Verdict] = {
    RefusalCode.PAYEE_NOT_NAMED: Verdict.PAYEE_NOT_NAMED,
    RefusalCode.AUDIENCE_MISMATCH: Verdict.PAYEE_NOT_NAMED,
    RefusalCode.NOT_COVERED: Verdict.NOT_COVERED,
    RefusalCode.REQUEST_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.CODE_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.NOT_YET_VALID: Verdict.OUT_OF_POLICY,
    RefusalCode.ALLOWANCE_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.CERTIFICATE_EXPIRED: Verdict.OUT_OF_POLICY,
    RefusalCode.OVER_PER_PAYMENT: Verdict.OUT_OF_POLICY,
    RefusalCode.OVER_COUNT: Verdict.OUT_OF_POLICY,
    RefusalCode.OVER_ONE_WAY_CAP: Verdict.OUT_OF_POLICY,
    RefusalCode.HOLDER_CHECK_MISSING: Verdict.OUT_OF_POLICY,
    RefusalCode.TRUST_TOO_OLD: Verdict.OUT_OF_POLICY,
}


class Opened(NamedTuple):
    """A claim whose parts decode; nothing in it is verified."""

    claim: Claim
    cheque: Cheque
    receipt: Receipt
    request: Request | None


class Evidence(NamedTuple):
    """A claim that verified: its cheque, as it counts in the chain, and earlier cheques that it shows as given back."""

    cheque: VerifiedCheque
    link: Link
    receipt: ReceiptTerms
    request_hash: RequestHash | None
    payee_id: PayeeId
    bound: bool
    given_back: tuple[tuple[StatementId, int], ...]
    testimonies: tuple[Testimony, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What a batch is examined against: our allowances as they were issued, and when each trust index was."""

    allowances: Mapping[AllowanceRef, Envelope]
    index_times: Mapping[int, int]


class SharedCache(AllowanceCache):
    """An allowance cache that several threads may use: looking up is one step of the interpreter, adding is not."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()

    def put(self, allowance: VerifiedAllowance, knowledge: object) -> None:
        with self._lock:
            super().put(allowance, knowledge)


def open_claim(raw: bytes) -> Opened | AnswerItem:
    """One claim's parts, or its refusal."""
    try:
        claim = decode_claim(raw)
        request = None if claim.request is None else decode_request(claim.request)
        return Opened(claim, decode_cheque(claim.cheque), decode_receipt(claim.receipt), request)
    except Refused as refused:
        return refusal(refused)


def examine_claim(
    opened: Opened,
    certificate: VerifiedCertificate,
    ground: Ground,
    knowledge: OperatorKnowledge,
    cache: AllowanceCache,
    received_at: int,
) -> Evidence | AnswerItem:
    """The evidence of one claim, or its answer."""
    allowance = ground.allowances.get(opened.cheque.terms.allowance_ref)
    if allowance is None:
        return AnswerItem(verdict=Verdict.UNKNOWN_ALLOWANCE)
    try:
        return _evidence(opened, allowance, certificate, ground, knowledge, cache, received_at)
    except Refused as refused:
        return refusal(refused)


def examine_note(raw: bytes, certificate: VerifiedCertificate, deployment: str) -> NoteEvidence | AnswerItem:
    """The evidence of one note, or its answer. What a payee gives back of its own claims needs no cap."""
    try:
        note = decode_note(raw)
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


def refusal(refused: Refused) -> AnswerItem:
    """The answer to an item that was refused; the code goes with it."""
    return AnswerItem(verdict=_VERDICTS.get(refused.reason, Verdict.REFUSED), code=refused.code.value)


def list_age_s(receipt: ReceiptTerms, index_times: Mapping[int, int], skew_s: int, received_at: int) -> int | None:
    """How old the payee's lists were when it accepted, seconds; None when it names no index of ours.

    A receipt lies between the index it names and its arrival. A time outside of that is a wrong clock's: then the
    list counts as old as it can have been.
    """
    issued_at = index_times.get(receipt.index_version)
    if issued_at is None:
        return None
    plausible = issued_at - skew_s <= receipt.time <= received_at + skew_s
    return max(0, (receipt.time if plausible else received_at) - issued_at)


def _evidence(
    opened: Opened,
    allowance: Envelope,
    certificate: VerifiedCertificate,
    ground: Ground,
    knowledge: OperatorKnowledge,
    cache: AllowanceCache,
    received_at: int,
) -> Evidence:
    receipt, terms = opened.receipt.terms, certificate.terms
    if receipt.terminal_ref != certificate.ref:
        raise Refused(RefusalCode.TERMINAL_SIGNATURE_INVALID, "another terminal's receipt")
    skew_s = knowledge.policy(terms.currency).skew_s
    if receipt.time > terms.expires_at + skew_s:
        raise Refused(RefusalCode.CERTIFICATE_EXPIRED)
    asked_hash, asked = _asked(opened, terms.currency, knowledge.deployment)
    cheque = verify_payment(
        Payment(allowance=allowance, cheque=opened.cheque, credits=opened.claim.credits),
        asked,
        receiver=terms.payee_id,
        now=receipt.time,
        knowledge=knowledge.at_list_age(terms.currency, list_age_s(receipt, ground.index_times, skew_s, received_at)),
        cache=cache,
    )
    if receipt.cheque_id != cheque.cheque_id:
        raise Refused(RefusalCode.REQUEST_MISMATCH, "the receipt is for another cheque")
    if cheque.credits and any(credit.link is None for credit in cheque.credits):
        raise Refused(RefusalCode.CREDIT_INVALID, "paying on is not honoured by this issuer yet")
    return Evidence(
        cheque,
        cheque.link,
        receipt,
        asked_hash,
        terms.payee_id,
        asked_hash is not None or cheque.allowance.terms.audience is not None,
        tuple((credit.cheque_id, credit.amount_minor) for credit in cheque.credits) if cheque.credits else (),
        _testimonies(cheque, opened.claim.credits),
    )


def _asked(opened: Opened, currency: str, deployment: str) -> tuple[RequestHash | None, Answering | Taking]:
    receipt, request = opened.receipt.terms, opened.request
    if request is None:
        return None, Taking(due_minor=receipt.final_minor, currency=currency, latest=receipt.time)
    if request.terms.currency != currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    asked_hash = request_hash(request.payload, deployment)
    return asked_hash, Answering(terms=request.terms, request_hash=asked_hash, final_minor=receipt.final_minor)


def _testimonies(cheque: VerifiedCheque, bundle: bytes | None) -> tuple[Testimony, ...]:
    """The given-back cheques that came as its credits, signed by the same device."""
    if bundle is None:
        return ()
    found: list[Testimony] = []
    links = {credit.cheque_id: credit.link for credit in cheque.credits if credit.link is not None}
    for credit in decode_credits(bundle):
        envelope = cose.open_envelope(credit.cheque, max_bytes=STATEMENT_MAX_BYTES)
        link = links.pop(cose.digest(cheque.allowance.cheque_prefix, envelope.payload), None)
        if link is not None:
            found.append(Testimony(cheque.allowance.ref, link, credit.cheque))
    return tuple(found)
