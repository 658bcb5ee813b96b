"""Sharing: how an amount that is not enough for all is divided (spec 05). Pure.

Pro rata in whole minor units by largest remainder; ties go to the smaller id. The result depends on the set only,
never on the order in which its members arrived.
"""

from collections.abc import Mapping

from feiqian.issuer.facts import ClaimFacts, ClaimKey


def pro_rata(total_minor: int, wants: Mapping[ClaimKey, int]) -> dict[ClaimKey, int]:
    """Each one's part of `total_minor`, in proportion to what it wants and never above it."""
    wanted_minor = sum(wants.values())
    if total_minor >= wanted_minor:
        return dict(wants)
    parts = {key: total_minor * want_minor // wanted_minor for key, want_minor in wants.items()}
    left_minor = total_minor - sum(parts.values())
    by_remainder = sorted(wants, key=lambda key: (-(total_minor * wants[key] % wanted_minor), key))
    for key in by_remainder[:left_minor]:
        parts[key] += 1
    return parts


def share_out(left_minor: int, claims: Mapping[ClaimKey, ClaimFacts]) -> dict[ClaimKey, int]:
    """What each waiting claim gets at D of what is left: two-way claims first, then one-way codes."""
    paid: dict[ClaimKey, int] = {}
    for two_way in (True, False):
        wants = {
            key: claim.waiting_minor
            for key, claim in claims.items()
            if claim.waiting_minor and (claim.request_hash is not None) is two_way
        }
        parts = pro_rata(left_minor, wants)
        left_minor -= sum(parts.values())
        paid |= parts
    return paid
