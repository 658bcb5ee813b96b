"""Policy: what an operator lets happen offline, and how it shrinks as knowledge grows old (spec 05).

Policy travels in the trust pack. Terminal, wallet and operator compute the same caps from it, so that what the
counter shows as guaranteed is what the operator pays.
"""

from dataclasses import dataclass

from feiqian.protocol.layout import Layout, amount, currency, uint

_MONTH_S = 31 * 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Caps in minor units of `currency`, ages and windows in seconds. Defaults: protocol defaults of spec 05."""

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
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarantee:
    """What holds at one moment: `cap_minor` a payment is guaranteed, above `accept_cap_minor` it is refused.

    `accept_cap_minor` is None while nothing need be refused for age alone. `warn` says that the knowledge is old,
    `skew_s` how far clocks may differ, `one_way_ttl_s` how long a one-way code may live.
    """

    cap_minor: int
    accept_cap_minor: int | None
    one_way_cap_minor: int
    warn: bool
    skew_s: int
    one_way_ttl_s: int


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
        one_way_minor = policy.one_way_cap_minor
        self.fresh = Guarantee(
            cap_minor=policy.guarantee_cap_minor,
            accept_cap_minor=None,
            one_way_cap_minor=one_way_minor,
            warn=False,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
        )
        self._aging = Guarantee(
            cap_minor=half_minor,
            accept_cap_minor=None,
            one_way_cap_minor=one_way_minor // 2,
            warn=True,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
        )
        self._stale = Guarantee(
            cap_minor=min(half_minor, stale_minor),
            accept_cap_minor=stale_minor,
            one_way_cap_minor=one_way_minor // 2,
            warn=True,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
        )
        self._none = Guarantee(
            cap_minor=0,
            accept_cap_minor=stale_minor,
            one_way_cap_minor=one_way_minor // 2,
            warn=True,
            skew_s=policy.skew_s,
            one_way_ttl_s=policy.one_way_ttl_s,
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
