"""Policy: what an operator lets happen offline, and how it shrinks as knowledge grows old (spec 05).

Policy travels in the trust pack. Terminal, wallet and operator compute the same caps from it, so that what the
counter shows as guaranteed is what the operator pays.
"""

from dataclasses import dataclass

from feiqian.protocol.layout import Layout, amount, currency, uint
from feiqian.protocol.limits import AMOUNT_MAX_MINOR, TIER_KNOWN_MAX, TIER_MAX

_MONTH_S = 31 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Caps in minor units of `currency`, ages and windows in seconds. Defaults: protocol defaults of spec 05.

    Above `code_above_minor` a payment from an allowance with a code anchor needs a one-time code; None is never.
    `one_way_least_tier` is the least tier of a key that may pay by one-way code, `least_tier_above` that of one that
    may pay more than `tier_above_minor` at once; None asks for nothing, and of the last two one says nothing alone.
    """

    currency: str
    guarantee_cap_minor: int = 200_00
    one_way_cap_minor: int = 50_00
    unsigned_cap_minor: int = 20_00
    stale_cap_minor: int = 50_00
    list_warn_age_s: int = 24 * 3600
    list_stale_age_s: int = 72 * 3600
    skew_s: int = 120
    claim_window_s: int = 7 * 86_400
    one_way_ttl_s: int = 60
    one_way_least_tier: int | None = None
    tier_above_minor: int | None = None
    code_above_minor: int | None = None
    least_tier_above: int | None = None

    @property
    def tiers(self) -> "TierRule | None":
        """What payments ask of a key's tier; None when nothing."""
        if self.one_way_least_tier is None and self.least_tier_above is None:
            return None
        return TierRule(
            one_way_least=self.one_way_least_tier or 1,
            above_minor=AMOUNT_MAX_MINOR if self.tier_above_minor is None else self.tier_above_minor,
            least_above=self.least_tier_above or 1,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRule:
    """The least tier of a key for a one-way code, and for a payment above `above_minor`."""

    one_way_least: int
    above_minor: int
    least_above: int

    def most_minor(self, tier: int, *, one_way: bool) -> int:
        """The most that a key of this tier may pay at once; 0 is nothing. A tier that is not known is the lowest."""
        counted = tier if tier <= TIER_KNOWN_MAX else 1
        if one_way and counted < self.one_way_least:
            return 0
        return AMOUNT_MAX_MINOR if counted >= self.least_above else self.above_minor


LAYOUT = Layout(
    None,
    currency(1),
    amount(2, "guarantee_cap_minor"),
    amount(3, "one_way_cap_minor"),
    amount(4, "unsigned_cap_minor"),
    amount(5, "stale_cap_minor"),
    uint(6, "list_warn_age_s", _MONTH_S),
    uint(7, "list_stale_age_s", _MONTH_S),
    uint(8, "skew_s", 3600),
    uint(9, "claim_window_s", _MONTH_S),
    uint(10, "one_way_ttl_s", 3600, low=1),
    uint(11, "one_way_least_tier", TIER_MAX, low=1, required=False),
    amount(12, "tier_above_minor", required=False),
    amount(13, "code_above_minor", required=False),
    uint(14, "least_tier_above", TIER_MAX, low=1, required=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """What holds at one moment: `cap_minor` a payment is guaranteed, above `accept_cap_minor` it is refused.

    `accept_cap_minor` is None while nothing need be refused for age alone. `warn` says that the knowledge is old,
    `skew_s` how far clocks may differ, `one_way_ttl_s` how long a one-way code may live. `tiers` is what payments ask
    of the tier of a key, at every age.
    """

    cap_minor: int
    accept_cap_minor: int | None
    one_way_cap_minor: int
    warn: bool
    skew_s: int
    one_way_ttl_s: int
    tiers: TierRule | None = None


class GuaranteeSteps:
    """The guarantee as knowledge ages: computed once a policy, asked at every payment.

    Age degrades, never bricks: fresh, then halved caps with a warning, then only small payments, and with no
    valid knowledge small ones at the payee's own risk.
    """

    __slots__ = ("_aging", "_none", "_stale", "fresh", "policy")

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        half_minor = policy.guarantee_cap_minor // 2
        stale_minor = policy.stale_cap_minor
        one_way_minor, tiers = policy.one_way_cap_minor, policy.tiers
        self.fresh = Guarantee(
            cap_minor=policy.guarantee_cap_minor,
            accept_cap_minor=None,
            one_way_cap_minor=one_way_minor,
            warn=False,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
            tiers=tiers,
        )
        self._aging = Guarantee(
            cap_minor=half_minor,
            accept_cap_minor=None,
            one_way_cap_minor=one_way_minor // 2,
            warn=True,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
            tiers=tiers,
        )
        self._stale = Guarantee(
            cap_minor=min(half_minor, stale_minor),
            accept_cap_minor=stale_minor,
            one_way_cap_minor=one_way_minor // 2,
            warn=True,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
            tiers=tiers,
        )
        self._none = Guarantee(
            cap_minor=0,
            accept_cap_minor=stale_minor,
            one_way_cap_minor=one_way_minor // 2,
            warn=True,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
            tiers=tiers,
        )

    def at(self, list_age_s: int | None) -> Guarantee:
        """The guarantee for lists that are `list_age_s` old; None when there is no valid knowledge at all."""
        if list_age_s is None:
            return self._none
        if list_age_s < self.policy.list_warn_age_s:
            return self.fresh
        return self._aging if list_age_s < self.policy.list_stale_age_s else self._stale


def deadline(policy: Policy, allowance_expires_at: int) -> int:
    """D, seconds since 1970: what has durably arrived at the issuer by then counts."""
    return allowance_expires_at + policy.skew_s + policy.claim_window_s
