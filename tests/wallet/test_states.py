"""The state tables: every cell, the empty ones too, and what holds for all of them."""

from __future__ import annotations

import pytest

from feiqian.wallet.states import (
    ALLOWANCE_STATUS,
    PAYMENT_STATUS,
    AllowanceEvent,
    AllowanceState,
    PaymentEvent,
    PaymentState,
    after_allowance,
    after_payment,
)

# A row a state; columns: receipt, void, cancel, ttl passed, no receipt, settled, contingent,
# given back, refused, returned.
PAYMENTS = """
    shown        accepted   voided    cancelled  hidden  unconfirmed  settled  contingent  voided     refused   returned
    unconfirmed  accepted   voided    cancelled  -       unconfirmed  settled  contingent  voided     refused   returned
    hidden       accepted   voided    -          hidden  -            settled  contingent  voided     refused   returned
    accepted     accepted   voided    cancelled  -       -            settled  contingent  voided     refused   returned
    voided       voided     voided    cancelled  -       -            settled  contingent  voided     refused   returned
    cancelled    cancelled  cancelled cancelled  -       -            settled  contingent  cancelled  cancelled returned
    contingent   contingent voided    cancelled  -       -            settled  contingent  voided     refused   returned
    refused      refused    voided    cancelled  -       -            settled  contingent  voided     refused   returned
    settled      settled    voided    cancelled  -       -            settled  -           voided     refused   returned
    returned     returned   returned  returned   -       -            -        -           -          -         returned
"""
# Columns: issued, declined, closing drawn, closing confirmed.
ALLOWANCES = """
    asked    held  dropped  -        -
    dropped  -     dropped  -        -
    held     held  -        closing  -
    closing  -     -        closing  closed
    closed   -     -        closed   closed
"""


def cells(text: str) -> list[tuple[str, int, str | None]]:
    """(state, column, next state) of every cell."""
    rows = [line.split() for line in text.strip().splitlines()]
    return [(row[0], column, None if cell == "-" else cell) for row in rows for column, cell in enumerate(row[1:])]


@pytest.mark.parametrize(("state", "column", "then"), cells(PAYMENTS))
def test_every_cell_of_payments(state: str, column: int, then: str | None) -> None:
    assert after_payment(PaymentState(state), list(PaymentEvent)[column]) == then


@pytest.mark.parametrize(("state", "column", "then"), cells(ALLOWANCES))
def test_every_cell_of_allowances(state: str, column: int, then: str | None) -> None:
    assert after_allowance(AllowanceState(state), list(AllowanceEvent)[column]) == then


def test_the_tables_here_are_whole() -> None:
    assert len(cells(PAYMENTS)) == len(PaymentState) * len(PaymentEvent)
    assert len(cells(ALLOWANCES)) == len(AllowanceState) * len(AllowanceEvent)


def test_every_state_has_a_status() -> None:
    assert set(PAYMENT_STATUS) == set(PaymentState)
    assert set(ALLOWANCE_STATUS) == set(AllowanceState)


@pytest.mark.parametrize("event", list(PaymentEvent))
@pytest.mark.parametrize("state", list(PaymentState))
def test_replaying_any_message_is_harmless(state: PaymentState, event: PaymentEvent) -> None:
    after = after_payment(state, event)
    assert after is None or after_payment(after, event) is after
