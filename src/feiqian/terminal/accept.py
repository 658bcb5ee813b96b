"""Accepting: a cheque on a request, a one-way code, or the issuer's word that a request is paid. No network here.

The order never changes: what was accepted before is answered with the same receipt; a stranger's bytes are verified;
our own choice is asked for where the guarantee ends; cheque, credits, receipt and counters are stored in one
transaction; and only then there is a receipt to show. A refusal changes nothing, but a fork seen is kept as evidence.
"""

from dataclasses import dataclass
from typing import Final

from feiqian.protocol import cose
from feiqian.protocol.allowance import decode_allowance
from feiqian.protocol.certificate import Capability
from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.claim import Claim, encode_claim
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.limits import CLAIM_MAX_BYTES
from feiqian.protocol.policy import deadline
from feiqian.protocol.presentation import Payment, decode_payment
from feiqian.protocol.receipt import ReceiptTerms, receipt_prefix, sign_receipt
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import RequestTerms, decode_request
from feiqian.protocol.settled_notice import decode_settled_notice
from feiqian.protocol.verified import VerifiedCheque
from feiqian.protocol.verify import Answering, Remembered, Taking, verify_payment
from feiqian.protocol.verify_payee import verify_settled_notice
from feiqian.terminal.desk import Desk, spelled
from feiqian.terminal.evidence import ForkSeen, keep_fork_proof
from feiqian.terminal.records import Accepted, AskedRequest, NewAcceptance, NewStatement, PaidRequest
from feiqian.terminal.states import Grade, RequestEvent, RequestState, request_after
from feiqian.terminal.troubles import TerminalTrouble

NAME_CHARS: Final = 8
"""As much of a request's id in hex as names it to people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """An accepted payment. `replayed` says that it had been accepted before: nothing was counted again.

    `shown` is what the payer is to see: the receipt with its certificate, or the latest note once one was given.
    `receipt` is the receipt in any case, always the same bytes. `tier` says where the payer's key lives (spec 03.1).
    """

    accepted: Accepted
    currency: str
    shown: bytes
    replayed: bool
    tier: int

    @property
    def receipt(self) -> bytes:
        """Certificate and receipt."""
        return self.accepted.receipt_shown

    @property
    def grade(self) -> Grade:
        """How sure it is."""
        return self.accepted.grade


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeTaken:
    """A request that the issuer says is paid: final, nothing to be sent."""

    paid: PaidRequest
    currency: str
    replayed: bool

    @property
    def grade(self) -> Grade:
        """Final."""
        return Grade.FINAL


def accept(
    desk: Desk, body: bytes, *, request_hash: RequestHash | None, final_minor: int | None, at_own_risk: bool
) -> Acceptance:
    """Accept what a payer shows in answer to a request; `request_hash` says to which, None finds it.

    Raises Refused (the payer's side) and TerminalTrouble (our rules); then the till is as it was.
    """
    payment = decode_payment(body)
    before = _accepted_before(desk, payment)
    if before is not None:
        return before
    answered = payment.cheque.terms.request
    if answered is None:
        if payment.cheque.form is ChequeForm.ONE_WAY:
            raise TerminalTrouble("one_way_code")
        raise Refused(RefusalCode.REQUEST_MISMATCH, "not an answer to a request")
    request = desk.store.request(request_hash or answered)
    if request is None:
        if request_hash is not None:
            raise TerminalTrouble("request_unknown")
        raise Refused(RefusalCode.REQUEST_MISMATCH, "no request of this terminal")
    if request.state is RequestState.CANCELLED:
        raise TerminalTrouble("request_cancelled")
    now = desk.begin(Capability.REQUEST)
    asked = Answering(
        terms=_terms(request),
        request_hash=request.request_hash,
        final_minor=final_minor,
    )
    return _accept(desk, payment, asked, request, now=now, at_own_risk=at_own_risk)


def take_code(desk: Desk, body: bytes, *, due_minor: int, at_own_risk: bool) -> Acceptance:
    """Accept a one-way code for `due_minor`. Errors as `accept`.

    Without an audience nothing binds the code to this payee, so it is the payee's own risk. One instant decides here
    and stands in the receipt: the issuer judges by it again, and with another one it could refuse what we accepted.
    """
    payment = decode_payment(body)
    before = _accepted_before(desk, payment)
    if before is not None:
        return before
    latest = desk.latest(desk.begin(Capability.ONE_WAY))
    asked = Taking(due_minor=due_minor, currency=desk.currency, latest=latest)
    return _accept(desk, payment, asked, None, now=latest, at_own_risk=at_own_risk)


def accept_notice(desk: Desk, body: bytes) -> NoticeTaken:
    """Take the issuer's word that a request of ours is paid: final. Raises Refused, TerminalTrouble."""
    notice = decode_settled_notice(body)
    request = desk.store.request(notice.request)
    if request is None:
        raise Refused(RefusalCode.REQUEST_MISMATCH, "no request of this terminal")
    verify_settled_notice(notice, asked=_terms(request), asked_hash=request.request_hash, knowledge=desk.trust)
    if request_after(request.state, RequestEvent.SETTLE) is None:
        cancelled = request.state is RequestState.CANCELLED
        raise TerminalTrouble("request_cancelled" if cancelled else "request_already_paid")
    known = desk.store.paid_request(request.request_hash)
    if known is not None:
        return NoticeTaken(paid=known, currency=desk.currency, replayed=True)
    paid = PaidRequest(
        request_hash=request.request_hash,
        notice=body,
        final_minor=notice.final_minor,
        reference=request.reference,
        time=desk.now(),
    )
    desk.store.settle_request(paid, operator_time=notice.time)
    return NoticeTaken(paid=paid, currency=desk.currency, replayed=False)


def acceptance_of(desk: Desk, accepted: Accepted, *, replayed: bool) -> Acceptance:
    """The acceptance as it is shown now."""
    note = desk.store.note_on(accepted.cheque_id) if accepted.back_minor else None
    return Acceptance(
        accepted=accepted,
        currency=desk.currency,
        shown=accepted.receipt_shown if note is None else note.shown,
        replayed=replayed,
        tier=decode_allowance(desk.store.allowance(accepted.allowance_id)).terms.tier,
    )


def _accepted_before(desk: Desk, payment: Payment) -> Acceptance | None:
    """The fast way for bytes accepted before: no time, no trust and no amount is asked, so no clock can change it."""
    accepted = desk.store.accepted_bytes(payment.cheque.envelope.raw)
    return None if accepted is None else acceptance_of(desk, accepted, replayed=True)


def _accept(
    desk: Desk,
    payment: Payment,
    asked: Answering | Taking,
    request: AskedRequest | None,
    *,
    now: int,
    at_own_risk: bool,
) -> Acceptance:
    try:
        verified = verify_payment(
            payment,
            asked,
            receiver=desk.certificate.payee_id,
            now=now,
            knowledge=desk.trust,
            cache=desk.cache,
            remembered=_remembered(desk, payment, request),
        )
    except Refused as refused:
        if refused.reason is RefusalCode.ALREADY_ACCEPTED:
            return _same_cheque_again(desk, payment)
        if refused.reason is RefusalCode.REQUEST_EXPIRED and request is not None:
            raise TerminalTrouble("request_expired", request=request.request_hash.hex()[:NAME_CHARS]) from None
        if refused.reason is RefusalCode.FORK_SEEN:
            raise ForkSeen(refused, keep_fork_proof(desk, payment)) from None
        raise
    if request is not None and request_after(request.state, RequestEvent.ACCEPT) is None:
        raise TerminalTrouble("request_already_paid")
    if verified.guaranteed_minor < verified.final_minor and not at_own_risk:
        raise _outside_guarantee(desk, verified, now)
    acceptance = _acceptance(desk, payment, verified, request, now)
    desk.store.accept(acceptance)
    accepted = acceptance.accepted("" if request is None else request.reference)
    return acceptance_of(desk, accepted, replayed=False)


def _remembered(desk: Desk, payment: Payment, request: AskedRequest | None) -> Remembered:
    answer = None
    if request is not None and request.state is RequestState.ACCEPTED:
        answer = desk.store.accepted_on(request.request_hash)
    return Remembered(
        links=desk.store.links(payment.cheque.terms.allowance_ref),
        answered_by=None if answer is None else answer.cheque_id,
    )


def _same_cheque_again(desk: Desk, payment: Payment) -> Acceptance:
    """The verifier found this very cheque, under another signature of the same device: the same receipt."""
    ref = payment.cheque.terms.allowance_ref
    for link in desk.store.links(ref):
        accepted = desk.store.accepted(link.cheque_id)
        if link.counter == payment.cheque.terms.counter and accepted is not None:
            return acceptance_of(desk, accepted, replayed=True)
    raise Refused(RefusalCode.ALREADY_ACCEPTED)


def _outside_guarantee(desk: Desk, verified: VerifiedCheque, now: int) -> TerminalTrouble:
    guarantee = desk.trust.guarantee(desk.currency, now)
    cap = spelled(guarantee.cap_minor, desk.currency)
    if verified.terms.request is None and verified.allowance.terms.audience is None:
        return TerminalTrouble("outside_guarantee_code")
    if any(credit.link is None for credit in verified.credits):
        return TerminalTrouble("outside_guarantee_credit")
    if verified.final_minor <= desk.policy.guarantee_cap_minor:
        return TerminalTrouble("outside_guarantee_age", cap=cap)
    return TerminalTrouble("outside_guarantee_cap", cap=cap)


def _acceptance(
    desk: Desk, payment: Payment, verified: VerifiedCheque, request: AskedRequest | None, now: int
) -> NewAcceptance:
    grant = verified.allowance.terms
    receipt = _receipt(desk, verified.cheque_id, verified.final_minor, now)
    _check_claimable(payment, request, receipt)
    return NewAcceptance(
        cheque=verified.raw,
        link=verified.link,
        # A code carries any time its payer likes; an answer was made after our request, and not later than now.
        witnessed_time=0 if request is None else min(verified.terms.time, now + desk.policy.skew_s),
        allowance=verified.allowance.raw,
        allowance_id=verified.allowance.allowance_id,
        allowance_ref=verified.allowance.ref,
        allowance_expires_at=grant.expires_at,
        credits=payment.credits,
        request_hash=None if request is None else request.request_hash,
        final_minor=verified.final_minor,
        guaranteed_minor=verified.guaranteed_minor,
        deadline=deadline(desk.policy, grant.expires_at),
        warn=verified.warn,
        receipt=receipt,
    )


def _check_claimable(payment: Payment, request: AskedRequest | None, receipt: NewStatement) -> None:
    """Refuses what is good, but would be too large an item for a batch: one such item would stop the whole batch."""
    claim = Claim(
        cheque=payment.cheque.envelope.raw,
        receipt=_payload(receipt.raw),
        request=None if request is None else request.payload,
        credits=payment.credits,
    )
    if len(encode_claim(claim)) > CLAIM_MAX_BYTES:
        raise Refused(RefusalCode.TOO_LARGE, f"a claim of more than {CLAIM_MAX_BYTES} bytes")


def _receipt(desk: Desk, cheque_id: StatementId, final_minor: int, now: int) -> NewStatement:
    head = desk.store.chain_head()
    certificate_id, deployment = desk.enrolment.certificate_id, desk.enrolment.deployment
    raw = sign_receipt(
        desk.signer,
        certificate_id,
        deployment,
        ReceiptTerms(
            terminal_ref=desk.ref,
            cheque_id=cheque_id,
            final_minor=final_minor,
            time=now,
            counter=head.counter,
            previous=head.previous,
            index_version=desk.trust.index.version,
        ),
    )
    return NewStatement(
        statement_id=cose.digest(receipt_prefix(certificate_id, deployment), _payload(raw)),
        counter=head.counter,
        raw=raw,
        shown=desk.signed_shown(raw),
        time=now,
    )


def _payload(raw: bytes) -> bytes:
    return cose.open_envelope(raw, max_bytes=len(raw)).payload


def _terms(request: AskedRequest) -> RequestTerms:
    return decode_request(request.payload).terms
