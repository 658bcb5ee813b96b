"""Who may be erased, who is due, and that the page says what the code does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feiqian.acquirer.disputes import OPEN_S
from feiqian.ledger.personal import refuse_if_open
from feiqian.ledger.retention import (
    CHOSEN,
    DAY_S,
    KEPT,
    ErasureTrouble,
    PersonFacts,
    PersonKind,
    RetentionTerms,
    standing_of,
)
from tests.tidy.house import ROOT

NOW = 1_800_000_000
TERMS = RetentionTerms(dispute_open_s=OPEN_S, names_days=30)
NOBODY = PersonFacts(
    kind=PersonKind.PAYER,
    person_id=b"p" * 8,
    erased=False,
    balance_minor=0,
    waiting_minor=0,
    owed_minor=0,
    allowance_until=None,
    dispute_until=None,
    code_until=None,
    claims_until=None,
    matter_at=NOW - 10 * DAY_S,
)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"balance_minor": 1}, "erasure_money_open"),
        ({"waiting_minor": 1}, "erasure_money_open"),
        ({"owed_minor": 1}, "erasure_debt_open"),
        ({"allowance_until": NOW + 5}, "erasure_allowance_open"),
        ({"allowance_until": NOW - 5}, "erasure_allowance_open"),
        ({"dispute_until": NOW - 5}, "erasure_dispute_open"),
        ({"code_until": NOW}, "erasure_code_open"),
        ({"claims_until": NOW - OPEN_S}, "erasure_disputable"),
    ],
)
def test_whatever_is_open_keeps_the_name(change: dict[str, int], code: str) -> None:
    standing = standing_of(replace(NOBODY, **change), TERMS, NOW)  # type: ignore[arg-type]
    assert [one.code for one in standing.obstacles] == [code]
    assert standing.due_at is None
    with pytest.raises(ErasureTrouble) as refused:
        refuse_if_open(standing)
    until = standing.obstacles[0].until
    assert ("20" in refused.value.words("en").message) is (until is not None)


def test_nothing_open_may_be_erased_at_once_and_is_due_after_its_days() -> None:
    ended = replace(NOBODY, code_until=NOW - 1, claims_until=NOW - OPEN_S - 1)
    for facts, closed_at in ((NOBODY, NOBODY.matter_at), (ended, NOW - 1)):
        standing = standing_of(facts, TERMS, NOW)
        assert (standing.obstacles, standing.due_at) == ((), closed_at + 30 * DAY_S)


def test_who_was_erased_is_never_due_again() -> None:
    standing = standing_of(replace(NOBODY, erased=True, balance_minor=5), TERMS, NOW)
    assert (standing.obstacles, standing.due_at) == ((), None)


@given(days=st.one_of(st.integers(), st.floats(), st.text(), st.none(), st.booleans()))
def test_terms_are_whole_days_within_bounds(days: object) -> None:
    for name in CHOSEN:
        if type(days) is int and 0 <= days <= 36_500:
            assert getattr(RetentionTerms(dispute_open_s=OPEN_S, **{name: days}), name) == days
        else:
            with pytest.raises(ValueError, match=name):
                RetentionTerms(dispute_open_s=OPEN_S, **{name: days})  # type: ignore[arg-type]


def test_the_page_says_what_is_kept_and_how_long() -> None:
    page = (ROOT / "docs/operations/privacy.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    terms = RetentionTerms(dispute_open_s=OPEN_S)
    for one in KEPT:
        places = [place.strip() for place in one.where.split(",")]
        found = [row for row in rows if all(place in row for place in places)]
        assert len(found) == 1, one.what
        assert not one.term or f"`{one.term}` ({getattr(terms, one.term)})" in found[0]
    assert f"{OPEN_S // DAY_S} days" in page
