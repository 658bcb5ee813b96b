"""Taking what the payee shows after a payment: a receipt, or a note that gives back (spec 07).

It is checked in full before anything is stored; a wrong or forged one changes nothing. A receipt below the maximum
and a note become a credit, so that what comes back can be spent again at once.
"""

from dataclasses import dataclass, replace

from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.presentation import Acknowledgement, decode_acknowledgement
from feiqian.protocol.receipt import Note, NoteKind, Receipt
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.verified import VerifiedCertificate
from feiqian.protocol.verify_payee import verify_acknowledgement
from feiqian.wallet.holdings import Holdings, hold, verified_credit
from feiqian.wallet.ports import Conflict, Parts
from feiqian.wallet.records import CreditRecord, PayeeRecord, PaymentRecord
from feiqian.wallet.states import PaymentEvent, PaymentState, after_payment
from feiqian.wallet.troubles import WalletTrouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a receipt or note did. `credit_minor` can be spent again at once; the rest comes back when settled."""

    payment: PaymentRecord
    credit_minor: int


def take_acknowledgement(parts: Parts, body: bytes) -> Taken:
    """Take a receipt or note. Raises Refused, WalletTrouble about_no_payment; then nothing was changed."""
    holdings = hold(parts)
    shown = decode_acknowledgement(body)
    payment = _payment_about(parts, shown.statement)
    if payment is None:
        raise WalletTrouble("about_no_payment")
    policy = holdings.trust.policy(payment.currency)
    known = _known(parts, holdings, shown, policy.skew_s)
    statement, certificate = verify_acknowledgement(
        replace(shown, certificate=None),
        cheque_id=payment.cheque_id,
        asked=payment.request_hash,
        amount_minor=payment.amount_minor,
        payee_id=payment.payee_id,
        # A receipt tells of the time at which it was signed: the terminal had to be in service then, and this
        # device's clock, which may be wrong, has no say in it.
        now=shown.statement.terms.time,
        knowledge=holdings.trust,
        known=known,
        skew_s=policy.skew_s,
    )
    event = _event(statement)
    state = after_payment(payment.state, event)
    if state is None:
        raise Refused(RefusalCode.REQUEST_MISMATCH, "this cannot happen to that payment")
    after = _after(payment, state, statement, certificate, holdings)
    credit, credit_minor = _credit(parts, holdings, after, statement, certificate)
    payee = PayeeRecord(
        terminal_ref=certificate.ref,
        payee_id=certificate.terms.payee_id,
        payee_name=certificate.terms.payee_name,
        certificate=certificate.raw,
        met_at=holdings.now,
    )
    try:
        parts.store.acknowledge(after, credit, payee, heard_at=statement.terms.time)
    except Conflict:
        raise WalletTrouble("wallet_changed") from None
    return Taken(payment=after, credit_minor=credit_minor)


def _payment_about(parts: Parts, statement: Receipt | Note) -> PaymentRecord | None:
    if isinstance(statement, Receipt):
        return parts.store.payment(statement.terms.cheque_id)
    if statement.terms.note_kind == NoteKind.CANCEL:
        return parts.store.payment_for(RequestHash(statement.terms.subject))
    return parts.store.payment(StatementId(statement.terms.subject))


def _known(parts: Parts, holdings: Holdings, shown: Acknowledgement, skew_s: int) -> VerifiedCertificate | None:
    """The certificate shown, or that of a terminal met before, if it was in service when it signed and is believed.

    Raises Refused for a wrong one that is shown.
    """
    terms, found = shown.statement.terms, parts.found
    if shown.certificate is not None:
        return found.certificate(shown.certificate, holdings.trust, now=terms.time, skew_s=skew_s)
    payee = parts.store.payee(terms.terminal_ref)
    if payee is None:
        return None
    try:
        met = decode_certificate(payee.certificate)
        return found.certificate(met, holdings.trust, now=terms.time, skew_s=skew_s)
    except Refused:
        return None


def _event(statement: Receipt | Note) -> PaymentEvent:
    if isinstance(statement, Receipt):
        return PaymentEvent.RECEIPT
    return PaymentEvent.CANCEL_NOTE if statement.terms.note_kind == NoteKind.CANCEL else PaymentEvent.VOID_NOTE


def _after(
    payment: PaymentRecord,
    state: PaymentState,
    statement: Receipt | Note,
    certificate: VerifiedCertificate,
    holdings: Holdings,
) -> PaymentRecord:
    """The payment as it stands now. The lowest final amount that anybody signed for is the one that counts."""
    final_minor = _final_minor(payment.amount_minor, statement)
    lowest_minor = final_minor if payment.final_minor is None else min(final_minor, payment.final_minor)
    moved = state is not payment.state or lowest_minor != payment.final_minor
    return replace(
        payment,
        state=state,
        final_minor=payment.final_minor if state is PaymentState.RETURNED else lowest_minor,
        grade=payment.grade if payment.grade == "F3" else _grade(payment, lowest_minor, statement, holdings),
        payee_id=payment.payee_id or certificate.terms.payee_id,
        payee_name=certificate.terms.payee_name,
        payee_proved=True,
        acknowledgement=_raw(statement) if moved or payment.acknowledgement is None else payment.acknowledgement,
        acknowledged_at=statement.terms.time if moved else payment.acknowledged_at,
    )


def _final_minor(amount_minor: int, statement: Receipt | Note) -> int:
    """What the payee keeps by this statement, minor units."""
    if isinstance(statement, Receipt):
        return statement.terms.final_minor
    return 0 if statement.terms.note_kind == NoteKind.CANCEL else amount_minor - statement.terms.back_minor


def _grade(payment: PaymentRecord, final_minor: int, statement: Receipt | Note, holdings: Holdings) -> str | None:
    """F2 when the policy guarantees this payment to its payee, F1 otherwise; a full give-back has no grade."""
    if final_minor == 0:
        return None
    live = holdings.live(payment.top_up_id)
    scoped = live is not None and live.allowance.terms.audience is not None
    bound = payment.form is ChequeForm.TWO_WAY or scoped
    cap_minor = holdings.trust.guarantee(payment.currency, statement.terms.time).cap_minor
    return "F2" if bound and final_minor <= cap_minor else "F1"


def _credit(
    parts: Parts, holdings: Holdings, after: PaymentRecord, statement: Receipt | Note, certificate: VerifiedCertificate
) -> tuple[CreditRecord | None, int]:
    """What this statement adds to its allowance, if a verifier would count it and it is the largest of its cheque."""
    back_minor = after.amount_minor - _final_minor(after.amount_minor, statement)
    live = holdings.live(after.top_up_id)
    if back_minor <= 0 or live is None:
        return None, 0
    record = CreditRecord(
        cheque_id=after.cheque_id,
        top_up_id=after.top_up_id,
        back_minor=back_minor,
        statement=_raw(statement),
        certificate=certificate.raw,
    )
    if verified_credit(parts, record, after, live.allowance, holdings.trust) is None:
        return None, 0
    held = [credit for credit, _ in parts.store.credits(after.top_up_id) if credit.cheque_id == after.cheque_id]
    if any(credit.back_minor >= back_minor for credit in held):
        return None, held[0].back_minor
    return record, back_minor


def _raw(statement: Receipt | Note) -> bytes:
    return b"" if statement.envelope is None else statement.envelope.raw
