"""What this wallet can do now, as `risk.boundary` lists it, by the very rules that decide a payment."""

from collections.abc import Mapping
from typing import Final

from feiqian.protocol.cheque import ChequeForm
from feiqian.risk.boundary import Capability, Reach, WalletFacts, Why, wallet_boundary
from feiqian.wallet.holdings import Holdings, Standing
from feiqian.wallet.spending import Wanted, choose
from feiqian.wallet.troubles import WalletTrouble

LEAST_MINOR: Final = 1
_WHY: Final[Mapping[str, Why]] = {
    "allowances_expired": Why.ALLOWANCE_ENDED,
    "allowance_not_begun": Why.CLOCK_WRONG,
    "allowance_stopped": Why.ALLOWANCE_STOPPED,
    "cheques_used_up": Why.CHEQUES_USED_UP,
}


def boundary(
    holdings: Holdings, *, reach: Reach = Reach.NOT_TRIED, free_minor: int | None = None
) -> tuple[Capability, ...]:
    """What the holder can do at this moment, in the currency of enrolment."""
    currency = holdings.membership.currency
    good = [
        live
        for live in holdings.lives
        if live.standing is Standing.GOOD and live.allowance.terms.currency == currency and live.room.payment_minor
    ]
    return wallet_boundary(
        WalletFacts(
            reach=reach,
            payment_minor=max((live.room.payment_minor for live in good), default=0),
            unbound_minor=max(
                (live.room.payment_minor for live in good if live.allowance.terms.audience is None), default=0
            ),
            one_way_cap_minor=holdings.trust.policy(currency).one_way_cap_minor,
            until=max((live.allowance.terms.expires_at for live in good), default=None),
            in_the_way=None if good else _in_the_way(holdings, currency),
            free_minor=free_minor,
        )
    )


def _in_the_way(holdings: Holdings, currency: str) -> Why:
    """Why not even the smallest payment can be drawn."""
    try:
        choose(holdings, Wanted(form=ChequeForm.TWO_WAY, amount_minor=LEAST_MINOR, currency=currency))
    except WalletTrouble as trouble:
        return _WHY.get(trouble.code, Why.NOTHING_TO_SPEND)
    return Why.NOTHING_TO_SPEND
