"""What this wallet can do now, as `risk.boundary` lists it, by the very rules that decide a payment."""

from collections.abc import Mapping
from typing import Final

from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.limits import AMOUNT_MAX_MINOR
from feiqian.risk.boundary import Capability, Reach, WalletFacts, Why, wallet_boundary
from feiqian.wallet.holdings import Holdings, Live, Standing
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
    holdings: Holdings, *, reach: Reach = Reach.NOT_TRIED, free_minor: int | None = None, keys_away: bool = False
) -> tuple[Capability, ...]:
    """What the holder can do at this moment, in the currency of enrolment.

    `keys_away` says that keys or counter in hardware keep this wallet from drawing anything.
    """
    currency = holdings.membership.currency
    good = [
        live
        for live in holdings.lives
        if live.standing is Standing.GOOD and live.allowance.terms.currency == currency and live.room.payment_minor
    ]
    if keys_away:
        good = []
    policy = holdings.trust.policy(currency)
    unbound = [live for live in good if live.allowance.terms.audience is None]

    def most_minor(live: Live, *, one_way: bool = False) -> int:
        """What one payment from it can be, with a key of its tier."""
        limit_minor = AMOUNT_MAX_MINOR
        if policy.tiers is not None:
            limit_minor = policy.tiers.most_minor(live.allowance.terms.tier, one_way=one_way)
        return min(live.room.payment_minor, limit_minor)

    return wallet_boundary(
        WalletFacts(
            reach=reach,
            payment_minor=max(map(most_minor, good), default=0),
            unbound_minor=max(map(most_minor, unbound), default=0),
            one_way_cap_minor=min(
                policy.one_way_cap_minor, max((most_minor(live, one_way=True) for live in unbound), default=0)
            ),
            until=max((live.allowance.terms.expires_at for live in good), default=None),
            in_the_way=Why.KEYS_AWAY if keys_away else None if good else _in_the_way(holdings, currency),
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
