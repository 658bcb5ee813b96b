"""Paying: consider what a payee asks, burn a counter, and only then show the cheque (spec 07, Burn then show).

There is no network here and no object that could reach one. Counter, signed cheque and state become durable in one
write before a byte is returned; the same request again returns the same bytes and never burns a second counter.
"""

from dataclasses import dataclass, replace

from feiqian.protocol.allowance import HolderCheck
from feiqian.protocol.certificate import decode_certificate
from feiqian.protocol.cheque import ChequeForm, ChequeTerms, decode_cheque, draw_cheque
from feiqian.protocol.credit import credits_hash
from feiqian.protocol.ids import StatementId
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.protocol.presentation import Asking
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import request_hash
from feiqian.protocol.verified import VerifiedCertificate, VerifiedRequest
from feiqian.protocol.verify_allowance import verify_device
from feiqian.protocol.verify_payee import verify_request
from feiqian.wallet.counting import check_counted, count
from feiqian.wallet.holdings import Holdings, Standing, grants_of, hold
from feiqian.wallet.one_time_code import code_in_cheque, is_code_needed
from feiqian.wallet.paying_lock import check_not_locked, watch
from feiqian.wallet.ports import Conflict, Parts
from feiqian.wallet.records import PaymentRecord
from feiqian.wallet.spending import Advice, Choice, Wanted, choose, is_waiting, warnings
from feiqian.wallet.states import PaymentState
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wording import amount_words, instant_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What the holder is asked to consent to. `payee_name` is attested only if `payee_proved`.

    `holder_check_needed` says that this amount needs proof that the holder is there, `code_needed` that it also
    needs a one-time code of the holder's authenticator. `drawn` is the payment that
    answered this same request before: consenting again shows its bytes once more and draws nothing.
    """

    asked: bytes
    amount_minor: int
    up_to: bool
    currency: str
    payee_name: str | None
    payee_proved: bool
    reference: str | None
    expires_at: int
    holder_check_needed: bool
    code_needed: bool
    warnings: tuple[Advice, ...]
    drawn: PaymentRecord | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A payment and the bytes that go to the payee: allowance, cheque and, when it needs them, credits."""

    payment: PaymentRecord
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Checked:
    """A request that was checked, and what it is to be paid from. `payee_name` is attested only if `payee_proved`."""

    request: VerifiedRequest
    choice: Choice
    currency: str
    payee_name: str | None

    @property
    def payee_proved(self) -> bool:
        """Whether a certificate attests the name."""
        return self.request.certificate is not None


def consider(parts: Parts, body: bytes) -> Offer:
    """What a payee asks, checked and ready for consent. Raises Refused, WalletTrouble. Nothing is written."""
    holdings, asking = hold(parts), parts.found.asking(body)
    drawn = _drawn_before(parts, holdings, asking)
    return _offer_again(body, drawn) if drawn is not None else _offer(parts, holdings, asking, body)


def pay(parts: Parts, offer: Offer, holder_check: HolderCheck, digits: str | None = None) -> Shown:
    """The cheque for an offer that the holder consented to: burned, then returned.

    `digits` are those of the holder's authenticator, where the allowance asks for them. Everything is checked anew,
    since time has passed since the offer. Raises Refused, WalletTrouble; then no counter
    was burned.
    """
    holdings, asking = hold(parts), parts.found.asking(offer.asked)
    drawn = _drawn_before(parts, holdings, asking)
    if drawn is not None:
        return show(parts, drawn)
    checked = _check(parts, holdings, asking)
    terms = checked.request.terms
    return _draw(
        parts,
        holdings,
        checked.choice,
        holder_check,
        PaymentRecord(
            cheque_id=StatementId(b""),
            top_up_id=checked.choice.live.record.top_up_id,
            counter=0,
            cheque=b"",
            credits=None,
            form=ChequeForm.TWO_WAY,
            amount_minor=terms.amount_minor,
            up_to=terms.maximum_minor is not None,
            currency=checked.currency,
            drawn_at=holdings.now,
            expires_at=terms.time + terms.ttl_s,
            state=PaymentState.SHOWN,
            request=checked.request.payload,
            request_hash=checked.request.request_hash,
            payee_id=terms.payee_id or terms.receiver_allowance,
            payee_name=checked.payee_name,
            payee_proved=checked.payee_proved,
            reference=terms.reference,
        ),
        digits,
    )


def one_way_code(
    parts: Parts, amount_minor: int, holder_check: HolderCheck, *, up_to: bool, digits: str | None = None
) -> Shown:
    """A code that any payee may take within the policy's ttl, exact or up to an amount: burned, then returned.

    Raises WalletTrouble; then no counter was burned.
    """
    holdings = hold(parts)
    check_not_locked(parts, holdings)
    check_counted(parts)
    currency = holdings.membership.currency
    wanted = Wanted(form=ChequeForm.ONE_WAY, amount_minor=amount_minor, currency=currency)
    choice = choose(holdings, wanted)
    return _draw(
        parts,
        holdings,
        choice,
        holder_check,
        PaymentRecord(
            cheque_id=StatementId(b""),
            top_up_id=choice.live.record.top_up_id,
            counter=0,
            cheque=b"",
            credits=None,
            form=ChequeForm.ONE_WAY,
            amount_minor=amount_minor,
            up_to=up_to,
            currency=currency,
            drawn_at=holdings.now,
            expires_at=holdings.now + holdings.trust.policy(currency).one_way_ttl_s,
            state=PaymentState.SHOWN,
        ),
        digits,
    )


def show(parts: Parts, payment: PaymentRecord) -> Shown:
    """The same bytes again, for a payee that has not seen or not acknowledged them.

    Raises WalletTrouble code_hidden for a one-way code after its ttl: then it must not be seen any more.
    """
    holdings = hold(parts)
    record = next(one for one in parts.store.allowances() if one.top_up_id == payment.top_up_id)
    if payment.form is ChequeForm.ONE_WAY and (not is_waiting(payment) or holdings.now > payment.expires_at):
        grant = grants_of(parts, holdings.trust, (record,)).get(payment.top_up_id)
        raise WalletTrouble("code_hidden", deadline=instant_words(grant.deadline_at if grant else payment.expires_at))
    count(parts)
    return Shown(payment=payment, body=(record.raw or b"") + payment.cheque + (payment.credits or b""))


def _check(parts: Parts, holdings: Holdings, asking: Asking) -> _Checked:
    """Raises Refused, WalletTrouble unless this request can be answered now."""
    check_not_locked(parts, holdings)
    check_counted(parts)
    terms = asking.request.terms
    if terms.receiver_allowance in {live.allowance.ref for live in holdings.lives}:
        raise WalletTrouble("own_request")
    held = {live.allowance.terms.currency for live in holdings.lives if live.standing is Standing.GOOD}
    currency = terms.currency if terms.currency in held else holdings.membership.currency
    request = _verify(parts, holdings, asking, currency)
    wanted = Wanted(
        form=ChequeForm.TWO_WAY, amount_minor=terms.amount_minor, currency=currency, payee_id=terms.payee_id
    )
    choice = choose(holdings, wanted)
    if request.certificate is not None:
        name: str | None = request.certificate.terms.payee_name
    else:
        known = parts.store.payees(terms.payee_id) if terms.payee_id is not None else ()
        name = known[0].payee_name if known else None
    return _Checked(request=request, choice=choice, currency=currency, payee_name=name)


def _offer(parts: Parts, holdings: Holdings, asking: Asking, body: bytes) -> Offer:
    checked = _check(parts, holdings, asking)
    terms, grant = checked.request.terms, checked.choice.live.allowance.terms
    found = warnings(holdings, (live for live in holdings.lives if live.standing is Standing.GOOD))
    return Offer(
        asked=body,
        amount_minor=terms.amount_minor,
        up_to=terms.maximum_minor is not None,
        currency=checked.currency,
        payee_name=checked.payee_name,
        payee_proved=checked.payee_proved,
        reference=terms.reference,
        expires_at=terms.time + terms.ttl_s,
        holder_check_needed=terms.amount_minor > grant.holder_check_above_minor,
        code_needed=is_code_needed(holdings, checked.choice.live, terms.amount_minor),
        warnings=found if checked.payee_proved else (Advice.PAYEE_NOT_PROVED, *found),
    )


def _verify(parts: Parts, holdings: Holdings, asking: Asking, currency: str) -> VerifiedRequest:
    """The request, by the certificate shown or one of those known of this payee.

    A payee may have several terminals, so all that are known are tried; the last refusal counts.
    """
    refusals = []
    for shown, known in _ways_to_know(parts, holdings, asking, currency):
        try:
            request = verify_request(shown, currency=currency, now=holdings.now, knowledge=holdings.trust, known=known)
        except Refused as refusal:
            if refusal.reason is RefusalCode.REQUEST_EXPIRED:
                _blame_clock(asking, holdings)
            refusals.append(refusal)
        else:
            if request.certificate is not None:
                parts.found.meet(request.certificate, holdings.trust)
            return request
    raise refusals[0]


def _ways_to_know(
    parts: Parts, holdings: Holdings, asking: Asking, currency: str
) -> list[tuple[Asking, VerifiedCertificate | None]]:
    """The request with each certificate that may prove it. One that is shown again need not be checked again."""
    terms, shown = asking.request.terms, asking.certificate
    if asking.request.envelope is None or terms.payee_id is None:
        return [(asking, None)]
    if shown is None:
        known = _known_certificates(parts, holdings, terms.payee_id, terms.currency)
        return [*((asking, one) for one in known), (asking, None)]
    skew_s = holdings.trust.policy(currency).skew_s
    met = parts.found.met(shown.envelope.raw, holdings.trust, now=holdings.now, skew_s=skew_s)
    if met is None or met.terms.payee_id != terms.payee_id:
        return [(asking, None)]
    return [(replace(asking, certificate=None), met)]


def _known_certificates(parts: Parts, holdings: Holdings, payee_id: bytes, currency: str) -> list[VerifiedCertificate]:
    skew_s = holdings.trust.policy(currency).skew_s
    found = []
    for payee in parts.store.payees(payee_id):
        try:
            certificate = decode_certificate(payee.certificate)
            found.append(parts.found.certificate(certificate, holdings.trust, now=holdings.now, skew_s=skew_s))
        except Refused:
            continue  # expired or retired since: its payee shows a newer one
    return found


def _blame_clock(asking: Asking, holdings: Holdings) -> None:
    """A request that looks far out of date is a wrong clock more often than an old code: says so instead."""
    terms = asking.request.terms
    skew_s = holdings.trust.policy(terms.currency).skew_s
    if holdings.now < terms.time - skew_s or holdings.now > terms.time + terms.ttl_s + 3600:
        raise WalletTrouble("clocks_differ", theirs=instant_words(terms.time), ours=instant_words(holdings.now))


def _drawn_before(parts: Parts, holdings: Holdings, asking: Asking) -> PaymentRecord | None:
    """The payment that answered this very request, whatever the clock says now."""
    return parts.store.payment_for(request_hash(asking.request.payload, holdings.trust.deployment))


def _offer_again(body: bytes, drawn: PaymentRecord) -> Offer:
    return Offer(
        asked=body,
        amount_minor=drawn.amount_minor,
        up_to=drawn.up_to,
        currency=drawn.currency,
        payee_name=drawn.payee_name,
        payee_proved=drawn.payee_proved,
        reference=drawn.reference,
        expires_at=drawn.expires_at,
        holder_check_needed=False,
        code_needed=False,
        warnings=(),
        drawn=drawn,
    )


def _draw(
    parts: Parts,
    holdings: Holdings,
    choice: Choice,
    holder_check: HolderCheck,
    draft: PaymentRecord,
    digits: str | None,
) -> Shown:
    """Sign in memory, burn in the store, return. What was signed and not stored never leaves this function."""
    before, grant = choice.live.record, choice.live.allowance.terms
    if draft.amount_minor > grant.holder_check_above_minor and holder_check is HolderCheck.NONE:
        raise WalletTrouble("holder_check_needed", limit=amount_words(grant.holder_check_above_minor, grant.currency))
    code = code_in_cheque(
        parts, holdings, choice.live, amount_minor=draft.amount_minor, request=draft.request_hash, digits=digits
    )
    if code is not None and holder_check is not HolderCheck.BIOMETRIC:  # what an authenticator signed itself stands
        holder_check = HolderCheck.ONE_TIME_CODE
    watch(parts, holdings, draft.amount_minor)
    terms = ChequeTerms(
        allowance_ref=choice.live.allowance.ref,
        counter=before.counter + 1,
        previous=before.last_id[:PREVIOUS_BYTES],
        cumulative_minor=before.cumulative_minor + draft.amount_minor,
        time=holdings.now,
        holder_check=holder_check,
        exact_minor=None if draft.up_to else draft.amount_minor,
        maximum_minor=draft.amount_minor if draft.up_to else None,
        request=draft.request_hash,
        ttl_s=draft.expires_at - holdings.now if draft.form is ChequeForm.ONE_WAY else None,
        credits_hash=None if choice.credits is None else credits_hash(choice.credits),
        code=code,
    )
    device = parts.keys.load(before.device_key)
    raw = draw_cheque(device, choice.live.allowance.allowance_id, holdings.trust.deployment, terms)
    cheque_id = verify_device(decode_cheque(raw), choice.live.allowance)
    payment = replace(
        draft, cheque_id=cheque_id, counter=terms.counter, cheque=raw, credits=choice.credits, drawn_at=holdings.now
    )
    after = replace(before, counter=terms.counter, cumulative_minor=terms.cumulative_minor, last_id=cheque_id)
    try:
        parts.store.burn(payment, before, after)
    except Conflict:
        raise WalletTrouble("wallet_changed") from None
    count(parts)
    return Shown(payment=payment, body=(before.raw or b"") + raw + (choice.credits or b""))
