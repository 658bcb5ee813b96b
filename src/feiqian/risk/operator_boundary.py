"""What an operator lets its devices do, as `risk.boundary` lists it for one device: offline, and with a network. Pure.

It says what a device may do that has just synced. A device's own list says less: its allowance, and how old its
knowledge has become since.
"""

from dataclasses import dataclass

from feiqian.protocol.policy import Guarantee
from feiqian.risk.boundary import Capability, What, Why


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorFacts:
    """Amounts in minor units of one currency, times in seconds since 1970.

    `guarantee` is what holds for a device with the operator's newest lists, `lists_until` when they grow old if nothing
    newer is fetched.
    """

    now: int
    guarantee: Guarantee
    payment_minor: int
    allowance_minor: int
    note_cap_minor: int
    lists_until: int
    keys_expire_at: int


def operator_boundary(facts: OperatorFacts) -> tuple[Capability, ...]:
    """What payers and payees of this operator can do, in the order in which people ask."""
    over = Why.KEYS_OVER if facts.now > facts.keys_expire_at else None
    until = None if over else min(facts.lists_until, facts.keys_expire_at)
    caps = [facts.payment_minor]
    if facts.guarantee.accept_cap_minor is not None:
        caps.append(facts.guarantee.accept_cap_minor)
    payment_minor = min(caps)
    return (
        Capability(
            what=What.PAY_REQUEST,
            works=True,
            up_to_minor=payment_minor,
            guaranteed_minor=min(facts.guarantee.cap_minor, payment_minor),
            until=until,
            why=over,
        ),
        Capability(
            what=What.SHOW_CODE,
            works=True,
            up_to_minor=min(facts.guarantee.one_way_cap_minor, payment_minor),
            guaranteed_minor=0,
            until=until,
            why=over,
        ),
        Capability(what=What.GIVE_BACK, works=True, up_to_minor=facts.note_cap_minor),
        Capability(
            what=What.TOP_UP,
            works=over is None,
            needs_network=True,
            up_to_minor=0 if over else facts.allowance_minor,
            why=over,
        ),
        *(Capability(what=what, works=True, needs_network=True) for what in (What.SYNC, What.CLOSE, What.DISPUTE)),
    )
