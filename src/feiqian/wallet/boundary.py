"""What this wallet can do now, as `risk.boundary` lists it, by the very rules that decide a payment."""

from collections.abc import Mapping, Sequence
from typing import Final

from feiqian.protocol.allowance import Tier
from feiqian.protocol.cheque import ChequeForm
from feiqian.protocol.limits import AMOUNT_MAX_MINOR, TIER_KNOWN_MAX
from feiqian.protocol.policy import Policy
from feiqian.risk.boundary import Capability, KeyFacts, Reach, WalletFacts, What, Why, wallet_boundary
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
_KEYS: Final[Mapping[Tier, What]] = {
    Tier.SOFTWARE: What.KEY_SOFTWARE,
    Tier.PASSKEY: What.KEY_PASSKEY,
    Tier.TPM: What.KEY_TPM,
    Tier.CARD: What.KEY_CARD,
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
        return _most_minor(live, policy, one_way=one_way)

    return wallet_boundary(
        WalletFacts(
            reach=reach,
            payment_minor=max(map(most_minor, good), default=0),
            unbound_minor=max(map(most_minor, unbound), default=0),
            one_way_cap_minor=min(
                policy.one_way_cap_minor, max((most_minor(live, one_way=True) for live in unbound), default=0)
            ),
            until=max((live.allowance.terms.expires_at for live in good), default=None),
            in_the_way=Why.KEYS_AWAY if keys_away else Why.STRONGER_KEY if good else _in_the_way(holdings, currency),
            free_minor=free_minor,
            keys=_keys(good, policy),
        )
    )


def _most_minor(live: Live, policy: Policy, *, one_way: bool = False) -> int:
    """What one payment from it can be, with a key of its tier."""
    return min(live.room.payment_minor, _limit_minor(policy, live.allowance.terms.tier, one_way=one_way))


def _limit_minor(policy: Policy, tier: int, *, one_way: bool) -> int:
    """The most that a key of this tier may pay at once."""
    return AMOUNT_MAX_MINOR if policy.tiers is None else policy.tiers.most_minor(tier, one_way=one_way)


def _keys(good: Sequence[Live], policy: Policy) -> tuple[KeyFacts, ...]:
    """What each kind of key in these allowances can pay, weakest first; one that is not known counts as the lowest."""
    kinds: dict[Tier, list[Live]] = {}
    for live in good:
        tier = live.allowance.terms.tier
        kinds.setdefault(Tier(tier) if tier <= TIER_KNOWN_MAX else Tier.SOFTWARE, []).append(live)
    return tuple(
        KeyFacts(
            what=_KEYS[tier],
            payment_minor=max(_most_minor(live, policy) for live in lives),
            limited=_limit_minor(policy, tier, one_way=False) < AMOUNT_MAX_MINOR,
            codes=min(policy.one_way_cap_minor, _limit_minor(policy, tier, one_way=True)) > 0,
            until=max(live.allowance.terms.expires_at for live in lives),
        )
        for tier, lives in sorted(kinds.items())
    )


def _in_the_way(holdings: Holdings, currency: str) -> Why:
    """Why not even the smallest payment can be drawn."""
    try:
        choose(holdings, Wanted(form=ChequeForm.TWO_WAY, amount_minor=LEAST_MINOR, currency=currency))
    except WalletTrouble as trouble:
        return _WHY.get(trouble.code, Why.NOTHING_TO_SPEND)
    return Why.NOTHING_TO_SPEND
