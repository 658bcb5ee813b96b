"""Examining a payer's papers: its own copy of a payment, a receipt, a note (spec 10). Pure.

What a payer hands in can only ever take from the payer itself, or bind the terminal that signed it. A receipt makes
the payment a claim of its payee, by the same check as the payee's own; where that check refuses, the receipt still
says how much its payee signed for. A note counts whoever brings it.
"""

from dataclasses import dataclass, replace

from feiqian.issuer.examine import Evidence, Ground, NoteEvidence, examine_claim
from feiqian.issuer.knowledge import OperatorKnowledge
from feiqian.issuer.known import Wanted
from feiqian.issuer.opening import Opened
from feiqian.ledger.papers import Papers
from feiqian.protocol import cose
from feiqian.protocol.certificate import Capability, decode_certificate
from feiqian.protocol.chain import Link, link_of
from feiqian.protocol.cheque import Cheque, ChequeForm, decode_cheque
from feiqian.protocol.claim import Claim
from feiqian.protocol.cose import Envelope, Kind
from feiqian.protocol.credit import credits_hash, decode_credits
from feiqian.protocol.ids import AllowanceRef, PayeeId, RequestHash, StatementId
from feiqian.protocol.layout import kind_of
from feiqian.protocol.limits import STATEMENT_MAX_BYTES, TIME_MAX_S
from feiqian.protocol.presentation import Acknowledgement
from feiqian.protocol.receipt import Note, NoteKind, Receipt, ReceiptTerms, note_in, receipt_in
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import Request, decode_request, request_hash
from feiqian.protocol.verified import AllowanceCache, VerifiedAllowance, VerifiedCertificate
from feiqian.protocol.verify_allowance import (
    check_amounts,
    check_cover,
    check_holder,
    identify_allowance,
    verify_device,
)
from feiqian.protocol.verify_credit import verify_credits, verify_terminal_statement
from feiqian.protocol.verify_payee import verify_acknowledgement


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptEvidence:
    """A signed receipt that a payer holds. `claim` is what it makes of the payment, None where that is refused."""

    receipt_id: StatementId
    terms: ReceiptTerms
    payee_id: PayeeId
    claim: Evidence | None
    raw: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class PapersEvidence:
    """Papers that verified. `payee_id` is who is named in the request or signed; None where nobody is.

    `asked_at` is the request's own time, 0 without one.
    """

    ref: AllowanceRef
    cheque_id: StatementId
    link: Link
    raw: bytes
    request_hash: RequestHash | None
    asked_at: int
    payee_id: PayeeId | None
    receipt: ReceiptEvidence | None = None
    note: NoteEvidence | None = None

    @property
    def claims(self) -> tuple[Evidence, ...]:
        """The claim that the receipt makes of the payment, if there is one."""
        return () if self.receipt is None or self.receipt.claim is None else (self.receipt.claim,)

    @property
    def wanted(self) -> Wanted:
        """What has to be known to take these papers."""
        one_way = self.request_hash is None
        return Wanted(
            refs=frozenset((self.ref,)),
            payee_id=self.payee_id or PayeeId(b""),
            requests={} if self.request_hash is None else {self.request_hash: self.asked_at},
            cheques=frozenset((self.cheque_id,)),
            codes=frozenset((self.cheque_id,)) if one_way else frozenset(),
            subjects=frozenset() if self.note is None else frozenset((self.note.subject,)),
            notes=frozenset() if self.note is None else frozenset((self.note.note_id,)),
        )


def examine_papers(
    papers: Papers,
    envelope: Envelope,
    ground: Ground,
    knowledge: OperatorKnowledge,
    cache: AllowanceCache,
) -> PapersEvidence:
    """The evidence in these papers; `envelope` is the allowance on which the cheque is drawn. Raises Refused."""
    cheque = decode_cheque(papers.cheque)
    allowance = identify_allowance(envelope, knowledge)
    cheque_id = _verified_cheque(cheque, allowance, papers, knowledge)
    request, asked = _answered(cheque, papers, allowance, knowledge)
    evidence = PapersEvidence(
        ref=allowance.ref,
        cheque_id=cheque_id,
        link=link_of(cheque_id, cheque.terms),
        raw=papers.cheque,
        request_hash=asked,
        asked_at=0 if request is None else request.terms.time,
        payee_id=None if request is None else request.terms.payee_id,
    )
    if papers.statement is None:
        return evidence
    statement, certificate = _signed(papers, cheque, evidence, knowledge)
    signed_id = verify_terminal_statement(statement, certificate, knowledge.deployment)
    evidence = replace(evidence, payee_id=certificate.terms.payee_id)
    if isinstance(statement, Note):
        if statement.terms.time >= ground.revoked.get(certificate.ref, TIME_MAX_S + 1):
            raise Refused(RefusalCode.TERMINAL_REVOKED)
        return replace(evidence, note=_note(signed_id, statement, certificate, cheque.amount_minor))
    claim = Claim(cheque=papers.cheque, receipt=statement.payload, request=papers.request, credits=papers.credits)
    opened = Opened(claim, cheque, statement, request)
    examined = examine_claim(opened, certificate, ground, knowledge, cache)
    receipt = ReceiptEvidence(
        receipt_id=signed_id,
        terms=statement.terms,
        payee_id=certificate.terms.payee_id,
        claim=examined if isinstance(examined, Evidence) else None,
        raw=papers.statement,
    )
    return replace(evidence, receipt=receipt)


def receipt_in_papers(papers: Papers) -> ReceiptTerms | None:
    """What the receipt in these papers says, unverified; None without one. Raises Refused."""
    if papers.statement is None:
        return None
    statement = _statement(papers.statement)
    return statement.terms if isinstance(statement, Receipt) else None


def _verified_cheque(
    cheque: Cheque, allowance: VerifiedAllowance, papers: Papers, knowledge: OperatorKnowledge
) -> StatementId:
    """The cheque's id, if it is one that a payee could have taken at some time."""
    grant = allowance.terms
    if cheque.form is ChequeForm.CLOSING:
        raise Refused(RefusalCode.CLOSING_CHEQUE)
    if cheque.amount_minor > grant.per_payment_minor:
        raise Refused(RefusalCode.OVER_PER_PAYMENT)
    if cheque.terms.counter > grant.count_limit:
        raise Refused(RefusalCode.OVER_COUNT)
    check_holder(cheque, grant)
    check_amounts(cheque, allowance)
    bundle = papers.credits
    if (cheque.terms.credits_hash is None) != (bundle is None):
        raise Refused(RefusalCode.CREDITS_MISMATCH)
    if bundle is not None and credits_hash(bundle) != cheque.terms.credits_hash:
        raise Refused(RefusalCode.CREDITS_MISMATCH)
    cheque_id = verify_device(cheque, allowance)
    shown = () if bundle is None else verify_credits(decode_credits(bundle), allowance, knowledge)
    check_cover(cheque.terms, allowance, shown)
    return cheque_id


def _answered(
    cheque: Cheque, papers: Papers, allowance: VerifiedAllowance, knowledge: OperatorKnowledge
) -> tuple[Request | None, RequestHash | None]:
    """The request that the cheque answers; none for a one-way code."""
    if papers.request is None:
        if cheque.form is not ChequeForm.ONE_WAY:
            raise Refused(RefusalCode.REQUEST_MISMATCH, "the request that it answers is missing")
        return None, None
    request = decode_request(papers.request)
    asked = request_hash(request.payload, knowledge.deployment)
    if cheque.terms.request != asked:
        raise Refused(RefusalCode.REQUEST_MISMATCH)
    if request.terms.currency != allowance.terms.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    return request, asked


def _signed(
    papers: Papers, cheque: Cheque, evidence: PapersEvidence, knowledge: OperatorKnowledge
) -> tuple[Receipt | Note, VerifiedCertificate]:
    """What a terminal signed about this cheque, as the payer's wallet checked it (04.5)."""
    statement = _statement(papers.statement or b"")
    certificate = None if papers.certificate is None else decode_certificate(papers.certificate)
    currency = "" if certificate is None else certificate.terms.currency
    return verify_acknowledgement(
        Acknowledgement(statement=statement, certificate=certificate),
        cheque_id=evidence.cheque_id,
        asked=evidence.request_hash,
        amount_minor=cheque.amount_minor,
        payee_id=evidence.payee_id,
        now=statement.terms.time,
        knowledge=knowledge,
        known=None,
        skew_s=0 if certificate is None else knowledge.policy(currency).skew_s,
    )


def _statement(raw: bytes) -> Receipt | Note:
    envelope = cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES)
    is_note = kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES) is Kind.NOTE
    return note_in(envelope) if is_note else receipt_in(envelope)


def _note(note_id: StatementId, note: Note, certificate: VerifiedCertificate, amount_minor: int) -> NoteEvidence:
    """The note, within what this terminal's notes may give back: a stolen one gives back no more than that."""
    terms = note.terms
    back_minor = amount_minor if terms.note_kind == NoteKind.CANCEL else terms.back_minor
    if back_minor > certificate.terms.note_cap_minor or not (certificate.terms.capabilities & Capability.NOTES):
        raise Refused(RefusalCode.FIELD_INVALID, "more than this terminal's notes may give back")
    return NoteEvidence(
        note_id=note_id,
        subject=terms.subject,
        payee_id=certificate.terms.payee_id,
        back_minor=None if terms.note_kind == NoteKind.CANCEL else terms.back_minor,
        raw=note.envelope.raw,
    )
