"""What a wallet checks of the payee before it pays and after (spec 04): request, receipt, note, notices.

The wallet checks the terminal as the terminal checks the wallet: an attested name before the holder consents, and a
receipt before it says "paid".
"""

from feiqian.protocol import cose
from feiqian.protocol.certificate import Capability
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.presentation import Acknowledgement, Asking
from feiqian.protocol.receipt import Note, NoteKind, Receipt
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import RequestTerms, request_hash
from feiqian.protocol.settled_notice import SettledNotice, settled_notice_prefix
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import SEAL, VerifiedCertificate, VerifiedRequest
from feiqian.protocol.verify_allowance import Knowledge
from feiqian.protocol.verify_credit import verify_certificate, verify_terminal_statement


def verify_request(
    asking: Asking,
    *,
    currency: str,
    now: int,
    knowledge: Knowledge,
    known: VerifiedCertificate | None = None,
) -> VerifiedRequest:
    """The request, if this wallet may answer it. `known` is the payee's certificate from an earlier contact.

    Raises Refused. A signed request needs a certificate, shown now or known; an unsigned one is answered only up
    to the policy's small amount, because nothing ties it to the payee it names (a swapped sticker).
    """
    request = asking.request
    terms = request.terms
    if asking.certificate is None and known is None and request.envelope is not None:
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN, "a signed request came without its certificate")
    if asking.certificate is not None and terms.payee_id != asking.certificate.terms.payee_id:
        raise Refused(RefusalCode.PAYEE_NOT_NAMED)
    if terms.currency != currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    policy = knowledge.policy(currency)
    if now > terms.time + terms.ttl_s + policy.skew_s or now < terms.time - policy.skew_s:
        raise Refused(RefusalCode.REQUEST_EXPIRED)
    if request.envelope is None and terms.amount_minor > policy.unsigned_cap_minor:
        raise Refused(RefusalCode.OVER_UNSIGNED_CAP)
    certificate = known
    if known is not None and asking.certificate is None:
        knowledge.check_terminal(known.ref, now)
    if asking.certificate is not None:
        certificate = verify_certificate(asking.certificate, knowledge, now=now, skew_s=policy.skew_s)
    if request.envelope is not None and certificate is not None:
        _check_may_ask(certificate, terms)
        cose.verify(
            request.envelope,
            cose.signing_prefix(cose.Kind.REQUEST, knowledge.deployment, certificate.certificate_id),
            certificate.terminal_key,
            RefusalCode.TERMINAL_SIGNATURE_INVALID,
        )
    return VerifiedRequest(
        seal=SEAL,
        terms=terms,
        payload=request.payload,
        request_hash=request_hash(request.payload, knowledge.deployment),
        certificate=certificate if request.envelope is not None else None,
    )


def verify_acknowledgement(
    shown: Acknowledgement,
    *,
    cheque_id: StatementId,
    asked: RequestHash | None,
    amount_minor: int,
    payee_id: bytes | None,
    now: int,
    knowledge: Knowledge,
    known: VerifiedCertificate | None,
    skew_s: int,
) -> tuple[Receipt | Note, VerifiedCertificate]:
    """The receipt or note for this wallet's cheque, and who signed it. Raises Refused.

    `payee_id` is the payee named in the request; None for a one-way code, which any payee may receipt.
    """
    statement = shown.statement
    if shown.certificate is not None:
        certificate = verify_certificate(shown.certificate, knowledge, now=now, skew_s=skew_s)
    elif known is not None:
        knowledge.check_terminal(known.ref, now)
        certificate = known
    else:
        raise Refused(RefusalCode.ACQUIRER_UNKNOWN, "it came without its certificate")
    if payee_id is not None and certificate.terms.payee_id != payee_id:
        raise Refused(RefusalCode.PAYEE_NOT_NAMED)
    if isinstance(statement, Receipt):
        about, least_minor, most_minor = statement.terms.cheque_id == cheque_id, 1, amount_minor
        value_minor = statement.terms.final_minor
    else:
        cancel = statement.terms.note_kind == NoteKind.CANCEL
        about = statement.terms.subject == (asked if cancel else cheque_id)
        least_minor, most_minor = (0, 0) if cancel else (1, amount_minor)
        value_minor = statement.terms.back_minor
    if not about:
        raise Refused(RefusalCode.REQUEST_MISMATCH, "it is about another payment")
    if not least_minor <= value_minor <= most_minor:
        raise Refused(RefusalCode.AMOUNT_MISMATCH)
    verify_terminal_statement(statement, certificate, knowledge.deployment)
    return statement, certificate


def verify_settled_notice(
    notice: SettledNotice, *, asked: RequestTerms, asked_hash: RequestHash, knowledge: Knowledge
) -> None:
    """Refuses unless an issuer we trust says that this terminal's open request is paid in full."""
    key = knowledge.key(KeyRole.ISSUER, notice.issuer_key_id)
    if key is None:
        raise Refused(RefusalCode.ISSUER_UNKNOWN)
    if notice.request != asked_hash:
        raise Refused(RefusalCode.REQUEST_MISMATCH)
    if notice.currency != asked.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
    if not 0 < notice.final_minor <= asked.amount_minor or (
        asked.exact_minor is not None and notice.final_minor != asked.exact_minor
    ):
        raise Refused(RefusalCode.AMOUNT_MISMATCH)
    knowledge.check_key_age(KeyRole.ISSUER, key, notice.time)
    prefix = settled_notice_prefix(key, knowledge.deployment)
    cose.verify(notice.envelope, prefix, key, RefusalCode.ISSUER_SIGNATURE_INVALID)


def _check_may_ask(certificate: VerifiedCertificate, terms: RequestTerms) -> None:
    if not certificate.terms.capabilities & Capability.REQUEST:
        raise Refused(RefusalCode.FIELD_INVALID, "this terminal may not make requests")
    if certificate.terms.payee_id != terms.payee_id:
        raise Refused(RefusalCode.PAYEE_NOT_NAMED)
    if certificate.terms.currency != terms.currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)
