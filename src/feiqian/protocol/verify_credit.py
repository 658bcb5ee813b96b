"""Whether a credit counts for an allowance (spec 04, Cover).

A note (or a receipt below the maximum) is a credit only from the payee named in the request, and only together with
the cheque it gives back and that request. A received cheque is one only if it answers a request addressed to this
very allowance. Several credits on one cheque count once, at the largest amount.
"""

from collections.abc import Iterable

from feiqian.protocol import cose
from feiqian.protocol.certificate import (
    Capability,
    Certificate,
    certificate_prefix,
    decode_certificate,
    terminal_ref,
)
from feiqian.protocol.chain import link_of
from feiqian.protocol.cheque import Cheque, decode_cheque
from feiqian.protocol.cose import Kind
from feiqian.protocol.credit import Credit, credits_hash, decode_credits
from feiqian.protocol.ids import StatementId
from feiqian.protocol.keys import PublicKey
from feiqian.protocol.layout import kind_of
from feiqian.protocol.limits import HOPS_MAX, STATEMENT_MAX_BYTES
from feiqian.protocol.receipt import (
    Note,
    NoteKind,
    Receipt,
    note_in,
    note_prefix,
    receipt_in,
    receipt_prefix,
)
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import RequestTerms, decode_request, request_hash
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import SEAL, VerifiedAllowance, VerifiedCertificate, VerifiedCredit
from feiqian.protocol.verify_allowance import (
    Knowledge,
    check_amounts,
    check_cover,
    check_holder,
    identify_allowance,
    verify_device,
    verify_issuer,
)


def verify_credits(
    credits: Iterable[Credit], allowance: VerifiedAllowance, knowledge: Knowledge, hops: int = 0
) -> tuple[VerifiedCredit, ...]:
    """The credits that count for `allowance`, one a cheque. Raises Refused CREDIT_INVALID if any does not hold."""
    largest: dict[StatementId, VerifiedCredit] = {}
    for credit in credits:
        try:
            found = _verify_credit(credit, allowance, knowledge, hops)
        except Refused as refused:
            raise Refused(RefusalCode.CREDIT_INVALID, str(refused)) from refused
        held = largest.get(found.cheque_id)
        if held is None or held.amount_minor < found.amount_minor:
            largest[found.cheque_id] = found
    return tuple(largest.values())


def verify_certificate(certificate: Certificate, knowledge: Knowledge, *, now: int, skew_s: int) -> VerifiedCertificate:
    """The certificate, if an acquirer we trust signed it and it is valid at `now`. Raises Refused.

    Order: ACQUIRER_UNKNOWN, NOT_YET_VALID, CERTIFICATE_EXPIRED, KEY_RETIRED, TERMINAL_REVOKED,
    ACQUIRER_SIGNATURE_INVALID.
    """
    terms = certificate.terms
    key = knowledge.key(KeyRole.ACQUIRER, terms.acquirer_key_id)
    if key is None:
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN)
    if now < terms.not_before - skew_s:
        raise Refused(RefusalCode.NOT_YET_VALID)
    if now > terms.expires_at + skew_s:
        raise Refused(RefusalCode.CERTIFICATE_EXPIRED)
    knowledge.check_key_age(KeyRole.ACQUIRER, key, terms.not_before)
    certificate_id = cose.digest(certificate_prefix(key, knowledge.deployment), certificate.envelope.payload)
    knowledge.check_terminal(terminal_ref(certificate_id), now)
    return _signed(certificate, certificate_id, key, knowledge)


def verify_own_certificate(certificate: Certificate, knowledge: Knowledge) -> VerifiedCertificate:
    """A certificate that its acquirer has in its books: it knows that it issued it, whatever became of its key since.

    So what a terminal accepted is still taken after its certificate has ended, its acquirer's key was revoked or the
    terminal itself was. Raises Refused ACQUIRER_UNKNOWN, ACQUIRER_SIGNATURE_INVALID.
    """
    key = knowledge.key(KeyRole.ACQUIRER, certificate.terms.acquirer_key_id)
    if key is None:
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN)
    certificate_id = cose.digest(certificate_prefix(key, knowledge.deployment), certificate.envelope.payload)
    return _signed(certificate, certificate_id, key, knowledge)


def _signed(
    certificate: Certificate, certificate_id: StatementId, key: PublicKey, knowledge: Knowledge
) -> VerifiedCertificate:
    terms = certificate.terms
    key.verify_digest(certificate.envelope.signature, certificate_id, RefusalCode.ACQUIRER_SIGNATURE_INVALID)
    return VerifiedCertificate(
        seal=SEAL,
        terms=terms,
        certificate_id=certificate_id,
        ref=terminal_ref(certificate_id),
        raw=certificate.envelope.raw,
        terminal_key=knowledge.read_key(terms.terminal_key),
    )


def _verify_credit(credit: Credit, allowance: VerifiedAllowance, knowledge: Knowledge, hops: int) -> VerifiedCredit:
    wanted = decode_request(credit.request)
    if credit.statement is None or credit.certificate is None:
        return _received(credit, wanted.terms, wanted.payload, allowance, knowledge, hops)
    return _given_back(credit, wanted.terms, wanted.payload, allowance, knowledge)


def _given_back(
    credit: Credit, wanted: RequestTerms, payload: bytes, allowance: VerifiedAllowance, knowledge: Knowledge
) -> VerifiedCredit:
    cheque = decode_cheque(credit.cheque)
    if cheque.terms.allowance_ref != allowance.ref:
        raise Refused(RefusalCode.WRONG_ALLOWANCE)
    asked_hash = request_hash(payload, knowledge.deployment)
    if cheque.terms.request != asked_hash:
        raise Refused(RefusalCode.REQUEST_MISMATCH)
    if wanted.currency != allowance.terms.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    check_amounts(cheque, allowance)  # or device and terminal give back what no cumulative ever counted
    cheque_id = verify_device(cheque, allowance)
    statement = _statement(credit.statement or b"")
    certificate = verify_certificate(
        decode_certificate(credit.certificate or b""), knowledge, now=statement.terms.time, skew_s=0
    )
    if wanted.payee_id != certificate.terms.payee_id:
        raise Refused(RefusalCode.PAYEE_NOT_NAMED)
    if certificate.terms.currency != wanted.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH, "the note cap is in another currency")
    verify_terminal_statement(statement, certificate, knowledge.deployment)
    back_minor = _back_minor(statement, cheque_id, asked_hash, cheque.terms.amount_minor)
    if back_minor > certificate.terms.note_cap_minor or not (certificate.terms.capabilities & Capability.NOTES):
        raise Refused(RefusalCode.FIELD_INVALID, "more than this terminal's notes may give back")
    return VerifiedCredit(
        seal=SEAL,
        cheque_id=cheque_id,
        amount_minor=back_minor,
        link=link_of(cheque_id, cheque.terms),
        terminal_ref=certificate.ref,
    )


def _received(
    credit: Credit,
    wanted: RequestTerms,
    payload: bytes,
    allowance: VerifiedAllowance,
    knowledge: Knowledge,
    hops: int,
) -> VerifiedCredit:
    if hops >= HOPS_MAX:
        raise Refused(RefusalCode.TOO_MANY_CREDITS, f"more than {HOPS_MAX} hops")
    if wanted.receiver_allowance != allowance.ref or wanted.exact_minor is None:
        raise Refused(RefusalCode.PAYEE_NOT_NAMED)
    envelope = cose.open_envelope(credit.allowance or b"", max_bytes=STATEMENT_MAX_BYTES)
    source = identify_allowance(envelope, knowledge)
    cheque = decode_cheque(credit.cheque)
    if cheque.terms.allowance_ref != source.ref or source.ref == allowance.ref:
        raise Refused(RefusalCode.WRONG_ALLOWANCE)
    if cheque.terms.request != request_hash(payload, knowledge.deployment):
        raise Refused(RefusalCode.REQUEST_MISMATCH)
    if source.terms.currency != allowance.terms.currency or wanted.currency != source.terms.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    if cheque.terms.exact_minor != wanted.exact_minor:
        raise Refused(RefusalCode.AMOUNT_MISMATCH)
    if source.terms.audience is not None:
        raise Refused(RefusalCode.AUDIENCE_MISMATCH)
    _check_source_limits(cheque, source, knowledge)
    check_amounts(cheque, source)
    if (cheque.terms.credits_hash is None) != (credit.credits is None):
        raise Refused(RefusalCode.CREDITS_MISMATCH)
    knowledge.check_key_age(KeyRole.ISSUER, source.issuer_key, source.terms.not_before)
    verify_issuer(envelope, source)
    cheque_id = verify_device(cheque, source)
    inner: tuple[VerifiedCredit, ...] = ()
    if credit.credits is not None:
        if credits_hash(credit.credits) != cheque.terms.credits_hash:
            raise Refused(RefusalCode.CREDITS_MISMATCH)
        inner = verify_credits(decode_credits(credit.credits), source, knowledge, hops + 1)
    check_cover(cheque.terms, source, inner)
    return VerifiedCredit(
        seal=SEAL,
        cheque_id=cheque_id,
        amount_minor=cheque.terms.amount_minor,
        link=None,
        terminal_ref=None,
    )


def _check_source_limits(cheque: Cheque, source: VerifiedAllowance, knowledge: Knowledge) -> None:
    """What the receiver had to refuse is no credit for the next one either. Expiry was the receiver's to see."""
    grant = source.terms
    if cheque.amount_minor > grant.per_payment_minor:
        raise Refused(RefusalCode.OVER_PER_PAYMENT)
    if cheque.terms.counter > grant.count_limit:
        raise Refused(RefusalCode.OVER_COUNT)
    check_holder(cheque, grant)
    if knowledge.status(grant.issuer_key_id, grant.status_index) is not AllowanceStatus.GOOD:
        raise Refused(RefusalCode.ALLOWANCE_SUSPENDED)


def verify_terminal_statement(
    statement: Receipt | Note, certificate: VerifiedCertificate, deployment: str
) -> StatementId:
    """The statement's id; refuses TERMINAL_SIGNATURE_INVALID unless the certificate's terminal signed it."""
    if statement.envelope is None:
        raise Refused(RefusalCode.WRONG_MESSAGE, "a signed receipt was expected")
    if statement.terms.terminal_ref != certificate.ref:
        raise Refused(RefusalCode.TERMINAL_SIGNATURE_INVALID, "another terminal's statement")
    prefix = note_prefix if isinstance(statement, Note) else receipt_prefix
    return cose.verify(
        statement.envelope,
        prefix(certificate.certificate_id, deployment),
        certificate.terminal_key,
        RefusalCode.TERMINAL_SIGNATURE_INVALID,
    )


def _statement(raw: bytes) -> Receipt | Note:
    envelope = cose.open_envelope(raw, max_bytes=STATEMENT_MAX_BYTES)
    if kind_of(envelope.payload, max_bytes=STATEMENT_MAX_BYTES) is Kind.NOTE:
        return note_in(envelope)
    return receipt_in(envelope)


def _back_minor(statement: Receipt | Note, cheque_id: StatementId, asked: bytes, amount_minor: int) -> int:
    """How much a terminal's statement gives back of this cheque, minor units."""
    if isinstance(statement, Receipt):
        subject, back_minor = statement.terms.cheque_id, amount_minor - statement.terms.final_minor
    elif statement.terms.note_kind == NoteKind.CANCEL:
        return amount_minor if statement.terms.subject == asked else _not_about(statement)
    else:
        subject, back_minor = StatementId(statement.terms.subject), statement.terms.back_minor
    if subject != cheque_id:
        return _not_about(statement)
    if not 0 < back_minor <= amount_minor:
        raise Refused(RefusalCode.AMOUNT_INVALID, "nothing, or more than the cheque, is given back")
    return back_minor


def _not_about(statement: Receipt | Note) -> int:
    raise Refused(RefusalCode.REQUEST_MISMATCH, f"this {type(statement).__name__.lower()} is about another cheque")
