"""Drawing: where the money for a claim comes from, and in which order it goes back (spec 05). Pure.

A guaranteed claim is the issuer's own debt. It is met from the reserve first, then from the convicted payer's free
money, then from the pool, and what is left is the issuer's loss. What comes back heals in the opposite order, so
that after any sequence the sources stand as if everything had been known at once.
"""

from dataclasses import dataclass

from feiqian.issuer.facts import Drawn


@dataclass(frozen=True, slots=True, kw_only=True)
class Available:
    """What can still be drawn, minor units."""

    reserve_minor: int
    free_minor: int
    pool_minor: int


def draw(drawn: Drawn, change_minor: int, available: Available) -> Drawn:
    """`drawn` after `change_minor` more (negative: less) is paid."""
    if change_minor < 0:
        return _give_back(drawn, -change_minor)
    reserve_minor = min(change_minor, available.reserve_minor)
    change_minor -= reserve_minor
    free_minor = min(change_minor, available.free_minor)
    change_minor -= free_minor
    pool_minor = min(change_minor, available.pool_minor)
    return Drawn(
        drawn.reserve_minor + reserve_minor,
        drawn.free_minor + free_minor,
        drawn.pool_minor + pool_minor,
        drawn.loss_minor + change_minor - pool_minor,
    )


def _give_back(drawn: Drawn, back_minor: int) -> Drawn:
    if back_minor > drawn.total_minor:
        raise ValueError("more is given back than was drawn")
    loss_minor = min(back_minor, drawn.loss_minor)
    back_minor -= loss_minor
    pool_minor = min(back_minor, drawn.pool_minor)
    back_minor -= pool_minor
    free_minor = min(back_minor, drawn.free_minor)
    return Drawn(
        drawn.reserve_minor - (back_minor - free_minor),
        drawn.free_minor - free_minor,
        drawn.pool_minor - pool_minor,
        drawn.loss_minor - loss_minor,
    )
