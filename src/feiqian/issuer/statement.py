"""Statements: what a payer has and where it is, down to each claimed cheque, from the facts alone (spec 05.10)."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import takewhile
from typing import Final

from feiqian.issuer.facts import AllowanceFacts, ClaimedCheque, Payer
from feiqian.issuer.ports import IssuerReading
from feiqian.issuer.values import AllowanceState, ChequeLine, ChequeState, Exposure, PayerStatement
from feiqian.ledger.accounts import free_of
from feiqian.protocol.answer import Verdict

CHEQUES_SHOWN_MAX: Final = 1_000
"""So many claimed cheques a statement shows: many times what can be open at once, and far below a reply's limit."""


def statement_of(reading: IssuerReading, payer: Payer, *, cheques_max: int = CHEQUES_SHOWN_MAX) -> PayerStatement:
    """A payer's statement."""
    allowances = reading.allowances_of(payer.payer_id)
    waiting: defaultdict[bytes, int] = defaultdict(int)
    for claim in reading.claims_on([one.ref for one in allowances if one.closed_at is None]):  # at D nothing waits
        waiting[claim.allowance_ref] += claim.waiting_minor
    claimed = reading.claimed_cheques(payer.payer_id, cheques_max + 1)
    # The first cheque left out tells where the list ends: of that allowance, and of older ones, some may be missing.
    cut_at = {one.allowance_ref for one in claimed[cheques_max:]}
    complete = {one.ref for one in takewhile(lambda one: one.ref not in cut_at, allowances)}
    wrong = {one.cheque_id for one in reading.wrong_codes(payer.payer_id)}
    deadlines = {one.ref: one.deadline for one in allowances}
    return PayerStatement(
        payer_id=payer.payer_id,
        name=payer.name,
        currency=payer.currency,
        free_minor=reading.balance_minor(free_of(payer.payer_id), payer.currency),
        reserved_minor=sum(one.reserved_minor for one in allowances),
        allowances=tuple(_state(one, waiting[one.ref], complete=one.ref in complete) for one in allowances),
        cheques=tuple(
            _line(one, deadlines[one.allowance_ref], code_wrong=one.cheque_id in wrong) for one in claimed[:cheques_max]
        ),
        more=bool(cut_at),
        entries=tuple(reading.free_lines(payer.payer_id)),
        missing=tuple(reading.missing_claims(payer.payer_id, cheques_max)),
    )


def cheque_state(claimed: ClaimedCheque) -> ChequeState:
    """How all claims on a cheque together look to its payer.

    A contradiction is said first, whatever was paid, because the payer must act on it; then what may still change;
    then where the money went.
    """
    if Verdict.FORK in claimed.verdicts:
        return ChequeState.FORKED
    if claimed.waiting_minor:
        return ChequeState.WAITING
    if claimed.paid_minor:
        return ChequeState.SETTLED
    if claimed.borne_minor:
        return ChequeState.BORNE
    return ChequeState.GIVEN_BACK if claimed.verdicts == {Verdict.NOTED} else ChequeState.REFUSED


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


def _line(claimed: ClaimedCheque, deadline: int, *, code_wrong: bool) -> ChequeLine:
    return ChequeLine(
        cheque_id=claimed.cheque_id,
        ref=claimed.allowance_ref,
        counter=claimed.counter,
        amount_minor=claimed.amount_minor,
        paid_minor=claimed.paid_minor,
        waiting_minor=claimed.waiting_minor,
        deadline=deadline,
        state=cheque_state(claimed),
        payees=claimed.payees,
        payee_name=claimed.payee_name,
        code_wrong=code_wrong,
    )


def _state(one: AllowanceFacts, waiting_minor: int, *, complete: bool) -> AllowanceState:
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
        complete=complete,
    )
