"""The payee's statement out of the operator's JSON: every event, or a coded failure, never a guess."""

from __future__ import annotations

from typing import Any

import pytest

from feiqian.ledger.clearing import AdviceKind
from feiqian.links.http_replies import Fields
from feiqian.links.http_spelling import spell_bytes, spell_instant
from feiqian.links.http_statements import payee_statement_in
from feiqian.protocol.words import Coded


def statement(**changes: Any) -> Fields:
    event = {
        "number": 7,
        "at": spell_instant(1_800_000_000),
        "kind": "fork",
        "cheque_id": spell_bytes(bytes(32)),
        "paid_minor": -4_00,
        "waiting_minor": 0,
        "stands_paid_minor": 6_00,
        "stands_waiting_minor": 0,
        "deadline": spell_instant(1_800_900_000),
    }
    payee = {"payee_id": spell_bytes(bytes(8)), "name": "Cafe", "currency": "EUR", "balance_minor": 6_00}
    return Fields({**payee, "waiting_minor": 0, "waiting": [], "events": [event | changes]})


def test_an_event_is_read_with_how_its_claim_stands() -> None:
    (event,) = payee_statement_in(statement()).events
    assert (event.kind, event.paid_minor, event.stands_paid_minor) == (AdviceKind.FORK, -4_00, 6_00)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"kind": "reversed_by_court"}, "update_needed"),
        ({"kind": None}, "operator_answer_unreadable"),
        ({"stands_paid_minor": "6.00"}, "operator_answer_unreadable"),
        ({"stands_waiting_minor": None}, "operator_answer_unreadable"),
    ],
)
def test_what_is_not_known_or_not_readable_is_coded(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(Coded) as caught:
        payee_statement_in(statement(**changes))
    assert str(caught.value.code) == code
