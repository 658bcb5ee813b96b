"""The one check of a payment that terminal, wallet and operator share (spec 04).

Bytes and what the verifier knows go in; a `VerifiedCheque` or the first refusal in normative order comes out. The
order puts what is cheap and what people can mend before signatures, so that junk costs little and an honest mistake
gets the most useful answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from feiqian.protocol import cose
from feiqian.protocol.allowance import AllowanceTerms
from feiqian.protocol.chain import Link, first_contradiction
from feiqian.protocol.cheque import Cheque, ChequeForm, ChequeTerms
from feiqian.protocol.cose import Envelope
from feiqian.protocol.credit import Credit, credits_hash, decode_credits
from feiqian.protocol.ids import RequestHash, StatementId
from feiqian.protocol.passkey import PasskeyKey
from feiqian.protocol.policy import Guarantee
from feiqian.protocol.presentation import Payment
from feiqian.protocol.refusals import RefusalCode, Refused
from feiqian.protocol.request import RequestTerms
from feiqian.protocol.status_list import AllowanceStatus
from feiqian.protocol.trust_pack import KeyRole
from feiqian.protocol.verified import (
    SEAL,
    AllowanceCache,
    VerifiedAllowance,
    VerifiedCheque,
    VerifiedCredit,
)
from feiqian.protocol.verify_allowance import (
    Knowledge,
    check_amounts,
    check_code,
    check_cover,
    check_holder,
    check_signature_form,
    check_tier,
    identify_allowance,
    verify_issuer,
)
from feiqian.protocol.verify_credit import verify_credits


class Answering(NamedTuple):
    """A two-way payment: the verifier knows the request that the cheque must answer.

    `final_minor` is what the payee takes of an amount asked for as a maximum; None takes all.
    """

    terms: RequestTerms
    request_hash: RequestHash
    final_minor: int | None = None


class Taking(NamedTuple):
    """A one-way code: the verifier states what is due. `latest` is the latest time it can attest."""

    due_minor: int
    currency: str
    latest: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """What the verifier holds of this allowance and request: accepted cheques, and the one that answered."""

    links: tuple[Link, ...] = ()
    answered_by: StatementId | None = None


NOTHING_REMEMBERED = Remembered()
_TWO_WAY: Final = ChequeForm.TWO_WAY
_ONE_WAY: Final = ChequeForm.ONE_WAY
_CLOSING: Final = ChequeForm.CLOSING
_NOT_SIGNED: Final = RefusalCode.DEVICE_SIGNATURE_INVALID


class CheckedPayment(NamedTuple):
    """A payment that passed every check before the device's signature: nothing is verified yet (`verify_checked`)."""

    cheque: Cheque
    allowance: VerifiedAllowance
    credits: tuple[Credit, ...]
    final_minor: int
    guarantee: Guarantee
    knowledge: Knowledge


def verify_payment(
    payment: Payment,
    asked: Answering | Taking,
    *,
    receiver: bytes,
    now: int,
    knowledge: Knowledge,
    cache: AllowanceCache,
    remembered: Remembered = NOTHING_REMEMBERED,
) -> VerifiedCheque:
    """The verified cheque of a presentation.

    `receiver` is the payee id (or allowance ref, person to person) that the verifier acts for, 8 bytes; `now` is
    its clock, seconds since 1970. Raises Refused, first reason in normative order (docs/spec/errors.md).
    """
    checked = check_payment(payment, asked, receiver=receiver, now=now, knowledge=knowledge, cache=cache)
    return verify_checked(checked, remembered)


def check_payment(
    payment: Payment,
    asked: Answering | Taking,
    *,
    receiver: bytes,
    now: int,
    knowledge: Knowledge,
    cache: AllowanceCache,
) -> CheckedPayment:
    """The first half of `verify_payment`: all that comes before the device's signature.

    Whoever verifies many payments checks all of them first and their signatures one behind the other: the verifying
    code then stays in the processor's caches.
    """
    cheque = payment.cheque
    allowance, verified_before, stands = _identify(payment.allowance, knowledge, cache)
    grant = allowance.terms
    _check_purpose(cheque, allowance, asked, receiver)
    guarantee = knowledge.guarantee(grant.currency, now)
    final_minor = _check_amount_asked(cheque, asked)
    _check_time(cheque.terms, grant, asked, now, guarantee)
    _check_limits(cheque, grant, guarantee)
    if grant.code_anchor is not None:
        check_code(cheque, knowledge.policy(grant.currency))
    if guarantee.tiers is not None:
        check_tier(cheque, grant, guarantee.tiers)
    check_signature_form(cheque, allowance)
    check_amounts(cheque, allowance)
    credits: tuple[Credit, ...] = ()
    if payment.credits is not None or cheque.terms.credits_hash is not None:
        credits = _credits_committed(cheque.terms, payment.credits)
    if not stands:
        _check_standing(allowance, knowledge)
    if guarantee.accept_cap_minor is not None and cheque.amount_minor > guarantee.accept_cap_minor:
        raise Refused(RefusalCode.TRUST_TOO_OLD)
    if not stands:
        if not verified_before:
            verify_issuer(payment.allowance, allowance)
        cache.put(allowance, knowledge)
    return CheckedPayment(cheque, allowance, credits, final_minor, guarantee, knowledge)


def verify_checked(checked: CheckedPayment, remembered: Remembered = NOTHING_REMEMBERED) -> VerifiedCheque:
    """The second half of `verify_payment`: the device's signature, and what comes after it. Raises Refused."""
    cheque, allowance = checked.cheque, checked.allowance
    cheque_id = cose.verify(cheque.envelope, allowance.cheque_prefix, allowance.device_key, _NOT_SIGNED)
    return _vouched(checked, cheque_id, remembered)


def verify_all(payments: Sequence[CheckedPayment]) -> list[VerifiedCheque | Refused]:
    """As `verify_checked` for each of many payments: the cheque, or why it is refused.

    The signatures are verified one behind the other with nothing between them, all else before and behind.
    """
    ids = [cose.digest(one.allowance.cheque_prefix, one.cheque.envelope.payload) for one in payments]
    found: dict[int, Refused] = {}
    for place, (checked, cheque_id) in enumerate(zip(payments, ids, strict=True)):
        try:
            checked.allowance.device_key.verify_digest(checked.cheque.envelope.signature, cheque_id, _NOT_SIGNED)
        except Refused as refused:
            found[place] = refused
    vouched: list[VerifiedCheque | Refused] = []
    for place, (checked, cheque_id) in enumerate(zip(payments, ids, strict=True)):
        try:
            vouched.append(found.get(place) or _vouched(checked, cheque_id, NOTHING_REMEMBERED))
        except Refused as refused:
            vouched.append(refused)
    return vouched


def _vouched(checked: CheckedPayment, cheque_id: StatementId, remembered: Remembered) -> VerifiedCheque:
    """What comes after the device's signature. Raises Refused."""
    cheque, allowance, credits, final_minor, guarantee, knowledge = checked
    grant = allowance.terms
    verified_credits = verify_credits(credits, allowance, knowledge) if credits else ()
    if cheque.terms.cumulative_minor > grant.amount_minor:
        check_cover(cheque.terms, allowance, verified_credits)
    verified = VerifiedCheque(
        SEAL,
        cheque,
        cheque_id,
        allowance,
        verified_credits,
        final_minor,
        _guaranteed(cheque, grant, guarantee, verified_credits, final_minor),
        guarantee.warn,
    )
    if remembered is not NOTHING_REMEMBERED or verified_credits:
        _check_memory(verified.link, remembered, verified_credits)
    return verified


def _identify(envelope: Envelope, knowledge: Knowledge, cache: AllowanceCache) -> tuple[VerifiedAllowance, bool, bool]:
    """The allowance, whether its signature was verified before, and whether this very knowledge found it good.

    An unknown one is returned for the cheap checks that come before its signature; it leaves this module only
    after `verify_issuer`.
    """
    held = cache.get(envelope.raw)
    if held is not None:
        allowance, stands_under = held
        if stands_under is knowledge:
            return allowance, True, True
        key = knowledge.key(KeyRole.ISSUER, allowance.terms.issuer_key_id)
        moved = isinstance(allowance.device_key, PasskeyKey)  # whose origin is this knowledge's to say
        if key is not None and key.point == allowance.issuer_key.point and not moved:
            return allowance, True, False
    return identify_allowance(envelope, knowledge), False, False


def _check_purpose(cheque: Cheque, allowance: VerifiedAllowance, asked: Answering | Taking, receiver: bytes) -> None:
    if cheque.terms.allowance_ref != allowance.ref:
        raise Refused(RefusalCode.WRONG_ALLOWANCE)
    if cheque.form is _CLOSING and cheque.amount_minor == 0:
        raise Refused(RefusalCode.CLOSING_CHEQUE)
    if isinstance(asked, Answering):
        if cheque.terms.request != asked.request_hash:
            raise Refused(RefusalCode.REQUEST_MISMATCH)
        if receiver != (asked.terms.payee_id or asked.terms.receiver_allowance):
            raise Refused(RefusalCode.PAYEE_NOT_NAMED)
        currency = asked.terms.currency
    elif cheque.form is not _ONE_WAY:
        raise Refused(RefusalCode.REQUEST_MISMATCH, "a one-way code was expected")
    else:
        currency = asked.currency
    audience = allowance.terms.audience
    if audience is not None and audience != receiver:
        raise Refused(RefusalCode.AUDIENCE_MISMATCH)
    if allowance.terms.currency != currency:
        raise Refused(RefusalCode.CURRENCY_MISMATCH)


def _check_amount_asked(cheque: Cheque, asked: Answering | Taking) -> int:
    """The final amount that the payee takes, minor units."""
    exact_minor, maximum_minor = cheque.terms.exact_minor, cheque.terms.maximum_minor
    if isinstance(asked, Answering):
        wanted = asked.terms
        if exact_minor != wanted.exact_minor or maximum_minor != wanted.maximum_minor:
            raise Refused(RefusalCode.AMOUNT_MISMATCH)
        if asked.final_minor is None:
            return cheque.amount_minor
        final_minor = asked.final_minor
    else:
        final_minor = asked.due_minor
    if not 0 < final_minor <= cheque.amount_minor or exact_minor not in (None, final_minor):
        raise Refused(RefusalCode.AMOUNT_MISMATCH, "what is taken is not what the cheque allows")
    return final_minor


def _check_time(
    terms: ChequeTerms, grant: AllowanceTerms, asked: Answering | Taking, now: int, guarantee: Guarantee
) -> None:
    """All bounds are inclusive. The request's ttl runs on its maker's clock, so only that one gets no skew.

    A one-way code lives no longer than policy lets it, whatever its maker wrote: its life is the replay window.
    """
    skew_s = guarantee.skew_s
    if isinstance(asked, Answering):
        if now > asked.terms.time + asked.terms.ttl_s:
            raise Refused(RefusalCode.REQUEST_EXPIRED)
    elif not (
        terms.time - skew_s <= asked.latest <= terms.time + min(terms.ttl_s or 0, guarantee.one_way_ttl_s) + skew_s
    ):
        raise Refused(RefusalCode.CODE_EXPIRED)
    if now < grant.not_before - skew_s:
        raise Refused(RefusalCode.NOT_YET_VALID)
    if now > grant.expires_at + skew_s:
        raise Refused(RefusalCode.ALLOWANCE_EXPIRED)


def _check_limits(cheque: Cheque, grant: AllowanceTerms, guarantee: Guarantee) -> None:
    amount_minor = cheque.amount_minor
    if amount_minor > grant.per_payment_minor:
        raise Refused(RefusalCode.OVER_PER_PAYMENT)
    if cheque.terms.counter > grant.count_limit:
        raise Refused(RefusalCode.OVER_COUNT)
    if amount_minor > guarantee.one_way_cap_minor and cheque.form is _ONE_WAY:
        raise Refused(RefusalCode.OVER_ONE_WAY_CAP)
    check_holder(cheque, grant)


def _credits_committed(terms: ChequeTerms, bundle: bytes | None) -> tuple[Credit, ...]:
    """The credits shown, decoded, if they are the ones that the cheque commits to."""
    if bundle is None:
        if terms.credits_hash is not None:
            raise Refused(RefusalCode.CREDITS_MISMATCH, "the cheque's credits were not shown")
        return ()
    if terms.credits_hash != credits_hash(bundle):
        raise Refused(RefusalCode.CREDITS_MISMATCH)
    return decode_credits(bundle)


def _check_standing(allowance: VerifiedAllowance, knowledge: Knowledge) -> None:
    grant = allowance.terms
    knowledge.check_key_age(KeyRole.ISSUER, allowance.issuer_key, grant.not_before)
    if knowledge.status(grant.issuer_key_id, grant.status_index) is not AllowanceStatus.GOOD:
        raise Refused(RefusalCode.ALLOWANCE_SUSPENDED)


def _check_memory(link: Link, remembered: Remembered, credits: Iterable[VerifiedCredit]) -> None:
    """What the verifier holds decides last. A credit's own cheque was signed by this device, so it testifies too."""
    if remembered.answered_by == link.cheque_id or any(known.cheque_id == link.cheque_id for known in remembered.links):
        raise Refused(RefusalCode.ALREADY_ACCEPTED)
    if remembered.answered_by is not None:
        raise Refused(RefusalCode.REQUEST_ANSWERED)
    shown = [credit.link for credit in credits if credit.link is not None]
    found = first_contradiction(link, [*remembered.links, *shown])
    if found is not None:
        raise Refused(RefusalCode.FORK_SEEN, found[1])


def _guaranteed(
    cheque: Cheque,
    grant: AllowanceTerms,
    guarantee: Guarantee,
    credits: tuple[VerifiedCredit, ...],
    final_minor: int,
) -> int:
    """What the issuer owes in any case: all of it within the cap, nothing outside.

    A one-way code binds no payee, so one signature could be shown at many terminals; only an audience binds it.
    """
    bound = cheque.form is _TWO_WAY or grant.audience is not None
    if credits and any(credit.link is None for credit in credits):
        return 0  # what leans on a cheque received from another payer is as sure as that one: not our issuer's word
    return final_minor if bound and final_minor <= guarantee.cap_minor else 0
