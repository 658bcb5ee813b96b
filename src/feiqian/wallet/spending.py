"""Spending: what can be paid offline now, what waits, what to warn of, and from which allowance a payment is drawn.

Several allowances may live at once; a payment is drawn on one of them, the first to end that suffices, and never on
two together. Pure, given what `holdings` has read.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from feiqian import __version__
from feiqian.protocol.cheque import ChequeForm
from feiqian.wallet.cover import cover
from feiqian.wallet.holdings import Holdings, Live, Standing
from feiqian.wallet.records import Finding, PaymentRecord
from feiqian.wallet.states import PaymentState, Status
from feiqian.wallet.troubles import WalletTrouble
from feiqian.wallet.wording import amount_words, instant_words

LOW_SPENT_PERCENT: Final = 60
ENDS_SOON_S: Final = 12 * 3600
FEW_CHEQUES: Final = 2


class Advice(StrEnum):
    """What the holder should know before it hurts."""

    NOTHING_TO_SPEND = "nothing_to_spend"
    TOP_UP_SUGGESTED = "top_up_suggested"
    ENDS_SOON = "ends_soon"
    FEW_CHEQUES = "few_cheques"
    TRUST_OLD = "trust_old"
    CLOCK_BEHIND = "clock_behind"
    UPDATE_NEEDED = "update_needed"
    PAYEE_NOT_PROVED = "payee_not_proved"


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowanceView:
    """One allowance as people see it. Amounts are minor units, times seconds since 1970."""

    ref: bytes
    standing: Standing
    amount_minor: int
    payment_minor: int
    total_minor: int
    cheques: int
    expires_at: int
    deadline_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Spendable:
    """What can be spent offline now: in one payment, in all, until when; and what waits for somebody.

    `until` is when the last of it ends, None when there is none. `waiting_minor` is the sum of payments that nobody
    has signed for or settled yet; `needs_you` counts those for which the holder should do something. `findings` is
    where the operator's books differ from what this device knows.
    """

    currency: str
    payment_minor: int
    total_minor: int
    until: int | None
    allowances: tuple[AllowanceView, ...]
    top_up_asked_minor: int
    waiting_minor: int
    waiting: int
    needs_you: int
    warnings: tuple[Advice, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A payment to be drawn. `payee_id` is None for a one-way code, which names nobody."""

    form: ChequeForm
    amount_minor: int
    currency: str
    payee_id: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The allowance that a payment is drawn on, and the credits that must be shown with it, if any."""

    live: Live
    credits: bytes | None


def spendable(holdings: Holdings, payments: Iterable[PaymentRecord], findings: Iterable[Finding]) -> Spendable:
    """What can be spent offline at this moment, in the currency of enrolment."""
    currency = holdings.membership.currency
    lives = [live for live in holdings.lives if live.allowance.terms.currency == currency]
    good = [live for live in lives if live.standing is Standing.GOOD]
    with_room = [live for live in good if live.room.payment_minor > 0]
    open_payments = [payment for payment in payments if payment.status is not Status.DONE]
    return Spendable(
        currency=currency,
        payment_minor=max((live.room.payment_minor for live in good), default=0),
        total_minor=sum(live.room.total_minor for live in good),
        until=max((live.allowance.terms.expires_at for live in with_room), default=None),
        allowances=tuple(_view(live) for live in lives),
        top_up_asked_minor=sum(record.amount_minor for record in holdings.waiting),
        waiting_minor=sum(payment.amount_minor for payment in open_payments),
        waiting=len(open_payments),
        needs_you=sum(payment.status is Status.NEEDS_YOU for payment in open_payments) + len(holdings.waiting),
        warnings=warnings(holdings, good),
        findings=tuple(findings),
    )


def warnings(holdings: Holdings, good: Iterable[Live]) -> tuple[Advice, ...]:
    """What the holder should know, most pressing first. `good` are the allowances that can be spent from."""
    found = []
    good = tuple(good)
    granted_minor = sum(live.allowance.terms.amount_minor for live in good)
    left_minor = sum(live.reserve_minor for live in good)
    if left_minor * 100 <= granted_minor * (100 - LOW_SPENT_PERCENT):  # only then it matters what credits add
        left_minor = sum(live.room.total_minor for live in good)
    if left_minor == 0:
        found.append(Advice.NOTHING_TO_SPEND)
    elif left_minor * 100 <= granted_minor * (100 - LOW_SPENT_PERCENT):
        found.append(Advice.TOP_UP_SUGGESTED)
    elif max(live.allowance.terms.expires_at for live in good) - holdings.now <= ENDS_SOON_S:
        found.append(Advice.ENDS_SOON)
    elif sum(live.cheques for live in good) <= FEW_CHEQUES:
        found.append(Advice.FEW_CHEQUES)
    if holdings.trust.guarantee(holdings.membership.currency, holdings.now).warn:
        found.append(Advice.TRUST_OLD)
    if holdings.clock_behind:
        found.append(Advice.CLOCK_BEHIND)
    if holdings.trust.update_needed(__version__):
        found.append(Advice.UPDATE_NEEDED)
    return tuple(found)


def choose(holdings: Holdings, wanted: Wanted) -> Choice:
    """The allowance to draw on: of those that suffice the first to end. Raises WalletTrouble with the first reason.

    The reasons stand in the order in which they leave no allowance over.
    """
    if wanted.amount_minor <= 0:
        raise WalletTrouble("amount_out_of_range")
    amount_minor, currency = wanted.amount_minor, wanted.currency
    left: list[Live] = list(holdings.lives)
    _keep(left, lambda live: live.standing is not Standing.CLOSING, lambda: WalletTrouble("no_allowance"))
    _keep(
        left,
        lambda live: live.allowance.terms.currency == currency,
        lambda: WalletTrouble("currency_not_held", currency=currency),
    )
    ends = max(live.deadline_at for live in left)
    _keep(
        left,
        lambda live: live.standing is not Standing.ENDED,
        lambda: WalletTrouble("allowances_expired", deadline=instant_words(ends)),
    )
    _keep(left, lambda live: live.standing is not Standing.NOT_BEGUN, lambda: WalletTrouble("allowance_not_begun"))
    _keep(left, lambda live: live.standing is Standing.GOOD, lambda: WalletTrouble("allowance_stopped"))
    _keep(
        left,
        lambda live: live.allowance.terms.audience in (None, wanted.payee_id),
        lambda: WalletTrouble("other_payee_only"),
    )
    if wanted.form is ChequeForm.ONE_WAY:
        cap_minor = holdings.trust.policy(currency).one_way_cap_minor
        if amount_minor > cap_minor:
            raise _above("over_one_way", wanted, cap_minor)
    rule = holdings.trust.policy(currency).tiers
    if rule is not None:
        one_way = wanted.form is ChequeForm.ONE_WAY
        tiered_minor = max(rule.most_minor(live.allowance.terms.tier, one_way=one_way) for live in left)
        _keep(
            left,
            lambda live: amount_minor <= rule.most_minor(live.allowance.terms.tier, one_way=one_way),
            lambda: _above("tier_too_low", wanted, tiered_minor),
        )
    limit_minor = max(live.allowance.terms.per_payment_minor for live in left)
    _keep(
        left,
        lambda live: amount_minor <= live.allowance.terms.per_payment_minor,
        lambda: _above("over_one_payment", wanted, limit_minor),
    )
    _keep(left, lambda live: live.cheques > 0, lambda: WalletTrouble("cheques_used_up", deadline=instant_words(ends)))
    for live in sorted(left, key=lambda live: (live.allowance.terms.expires_at, live.allowance.ref)):
        cumulative_minor = live.record.cumulative_minor + amount_minor
        if cumulative_minor <= live.allowance.terms.amount_minor:
            return Choice(live=live, credits=None)
        covered, credits = cover(live.allowance.terms, cumulative_minor=cumulative_minor, bundles=live.bundles)
        if covered:
            return Choice(live=live, credits=credits)
    raise _above("not_enough", wanted, max(live.room.payment_minor for live in left))


def is_waiting(payment: PaymentRecord) -> bool:
    """Whether nobody has signed for this payment yet."""
    return payment.state in (PaymentState.SHOWN, PaymentState.UNCONFIRMED, PaymentState.HIDDEN)


def _keep(left: list[Live], good: Callable[[Live], bool], otherwise: Callable[[], WalletTrouble]) -> None:
    """Keeps the allowances that pass; raises what `otherwise` makes when none does."""
    left[:] = [live for live in left if good(live)]
    if not left:
        raise otherwise()


def _above(code: str, wanted: Wanted, limit_minor: int) -> WalletTrouble:
    """More was wanted than this limit allows."""
    currency = wanted.currency
    return WalletTrouble(
        code, amount=amount_words(wanted.amount_minor, currency), limit=amount_words(limit_minor, currency)
    )


def _view(live: Live) -> AllowanceView:
    good = live.standing is Standing.GOOD
    return AllowanceView(
        ref=live.allowance.ref,
        standing=live.standing,
        amount_minor=live.allowance.terms.amount_minor,
        payment_minor=live.room.payment_minor if good else 0,
        total_minor=live.room.total_minor if good else 0,
        cheques=live.cheques,
        expires_at=live.allowance.terms.expires_at,
        deadline_at=live.deadline_at,
    )
