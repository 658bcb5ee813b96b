"""What an allowance's totals in the operator's books say for certain of single payments.

The books show the payer how much of an allowance was claimed, not by whom: the payer's own list says that. A payment
counts as settled only when no other selection of payments adds up to what was claimed; so nothing is shown as final
on a guess. Pure.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from feiqian.wallet.ports import AllowanceLine, Verdict
from feiqian.wallet.records import PaymentRecord

SUM_MAX_MINOR: Final = 50_000_00
PAYMENTS_MAX: Final = 40
"""Above these nothing is concluded: the sums are held as bits of one number, and the work stays below a moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Certain:
    """A payment whose fate is certain; `final_minor` is what was paid for it, 0 when it came back."""

    payment: PaymentRecord
    verdict: Verdict
    final_minor: int


def certain_verdicts(payments: Sequence[PaymentRecord], line: AllowanceLine) -> list[Certain]:
    """The payments drawn on one allowance whose fate its line leaves no doubt about."""
    if len(payments) > PAYMENTS_MAX or sum(payment.amount_minor for payment in payments) > SUM_MAX_MINOR:
        return []
    amounts = [_possible(payment) for payment in payments]
    settled = _certain(amounts, line.claimed_minor)
    waiting = _certain(amounts, line.waiting_minor)
    found = []
    for payment, paid_minor, waits_minor in zip(payments, settled, waiting, strict=True):
        if paid_minor is None or waits_minor is None:
            continue
        if paid_minor and not waits_minor:
            found.append(Certain(payment=payment, verdict=Verdict.SETTLED, final_minor=paid_minor))
        elif waits_minor and not paid_minor:
            found.append(Certain(payment=payment, verdict=Verdict.CONTINGENT, final_minor=waits_minor))
        elif line.closed and not paid_minor and not waits_minor:
            found.append(Certain(payment=payment, verdict=Verdict.RETURNED, final_minor=0))
    return found


def _possible(payment: PaymentRecord) -> range:
    """The amounts, minor units, that a claim on this payment can have taken, if there is one."""
    if payment.final_minor is not None:
        return range(payment.final_minor, payment.final_minor + 1)
    return range(1 if payment.up_to else payment.amount_minor, payment.amount_minor + 1)


def _certain(amounts: Sequence[range], total_minor: int) -> list[int | None]:
    """For every payment what it has of the total, 0 for nothing; None while more than one answer is possible.

    None for all when no selection adds up: then the books know something that this device does not.
    """
    certain: list[int | None] = []
    for place, amount in enumerate(amounts):
        others = 1
        for other in (*amounts[:place], *amounts[place + 1 :]):
            others |= _with(others, other)
        shares = [0] if others >> total_minor & 1 else []
        shares += [minor for minor in amount if minor <= total_minor and others >> (total_minor - minor) & 1]
        certain.append(shares[0] if len(shares) == 1 else None)
    return certain


def _with(sums: int, amounts: range) -> int:
    """The sums (bit n stands for n) that adding one of `amounts` gives."""
    reached, width = sums, 1
    while width < len(amounts):
        step = min(width, len(amounts) - width)
        reached |= reached << step
        width += step
    return reached << amounts.start
