"""Statements: what a payer has and where it is, from the facts alone."""

from collections import defaultdict
from collections.abc import Iterable

from feiqian.issuer.facts import AllowanceFacts, Payer
from feiqian.issuer.ports import IssuerReading
from feiqian.issuer.values import AllowanceState, Exposure, PayerStatement
from feiqian.ledger.accounts import free_of


def statement_of(reading: IssuerReading, payer: Payer) -> PayerStatement:
    """A payer's statement."""
    allowances = reading.allowances_of(payer.payer_id)
    waiting: defaultdict[bytes, int] = defaultdict(int)
    for claim in reading.claims_on([one.ref for one in allowances]):
        waiting[claim.allowance_ref] += claim.waiting_minor
    return PayerStatement(
        payer_id=payer.payer_id,
        name=payer.name,
        currency=payer.currency,
        free_minor=reading.balance_minor(free_of(payer.payer_id), payer.currency),
        reserved_minor=sum(one.reserved_minor for one in allowances),
        allowances=tuple(_state(one, waiting[one.ref]) for one in allowances),
        entries=tuple(reading.free_lines(payer.payer_id)),
    )


def exposures_of(allowances: Iterable[AllowanceFacts]) -> tuple[Exposure, ...]:
    """What is at stake on each allowance."""
    return tuple(
        Exposure(
            ref=one.ref,
            payer_id=one.payer_id,
            currency=one.currency,
            reserved_minor=one.reserved_minor,
            from_free_minor=one.drawn.free_minor,
            from_pool_minor=one.drawn.pool_minor + one.borne.pool_minor,
            from_loss_minor=one.drawn.loss_minor + one.borne.loss_minor,
            deadline=one.deadline,
        )
        for one in allowances
    )


def _state(one: AllowanceFacts, waiting_minor: int) -> AllowanceState:
    return AllowanceState(
        ref=one.ref,
        status=one.status,
        currency=one.currency,
        amount_minor=one.amount_minor,
        reserved_minor=one.reserved_minor,
        claimed_minor=one.drawn.reserve_minor,
        waiting_minor=waiting_minor,
        returned_minor=one.returned_minor,
        issued_at=one.issued_at,
        expires_at=one.expires_at,
        deadline=one.deadline,
        forked=one.forked,
        closed=one.closed_at is not None,
    )
