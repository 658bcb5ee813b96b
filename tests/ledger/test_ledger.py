"""The ledger by itself: entries balance or do not exist, and no sequence of moves makes money."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from feiqian.ledger.accounts import CASH, PAYABLE, RECEIVABLE, Account, free_of, payee_of, reserve_of
from feiqian.ledger.entry import Draft, Entry, LedgerBroken, Posting, Reason

PAYER, ALLOWANCE, PAYEE = free_of(b"payer"), reserve_of(b"allowance"), payee_of(b"payee")
ENTRY_ID = bytes(16)


def entry(*postings: Posting) -> Entry:
    return Entry(entry_id=ENTRY_ID, reason=Reason.FUNDED, at=1, postings=postings)


def test_an_entry_that_balances_exists() -> None:
    assert entry(Posting(CASH, 5, "CNY"), Posting(PAYER, -5, "CNY")).postings[0].account is CASH


@pytest.mark.parametrize(
    "postings",
    [
        (),
        (Posting(CASH, 5, "CNY"),),
        (Posting(CASH, 5, "CNY"), Posting(PAYER, -4, "CNY")),
        (Posting(CASH, 5, "CNY"), Posting(PAYER, -5, "EUR")),
        (Posting(CASH, 0, "CNY"), Posting(PAYER, 0, "CNY")),
        (Posting(PAYABLE, -5, "CNY"), Posting(RECEIVABLE, 5, "CNY")),
    ],
    ids=["empty", "one sided", "unequal", "two currencies", "nothing", "across the books"],
)
def test_an_entry_that_does_not_balance_does_not_exist(postings: tuple[Posting, ...]) -> None:
    with pytest.raises(LedgerBroken):
        entry(*postings)


def test_balances_read_as_people_read_them() -> None:
    assert CASH.balance_minor(5) == 5
    assert PAYER.balance_minor(-5) == 5


def test_a_draft_nets_its_moves_and_vanishes_when_nothing_is_left() -> None:
    draft = Draft()
    draft.move(debit=ALLOWANCE, credit=PAYABLE, amount_minor=7, currency="CNY")
    draft.move(debit=ALLOWANCE, credit=PAYABLE, amount_minor=5, currency="CNY")
    assert draft.drawn_minor(ALLOWANCE, "CNY") == 12
    made = draft.entry(entry_id=ENTRY_ID, reason=Reason.HONOURED, at=1)
    assert made is not None
    assert {(line.account.kind, line.amount_minor) for line in made.postings} == {("reserve", 12), ("payable", -12)}
    draft.move(debit=ALLOWANCE, credit=PAYABLE, amount_minor=-12, currency="CNY")
    assert draft.entry(entry_id=ENTRY_ID, reason=Reason.HONOURED, at=1) is None


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3), st.integers(-100, 100))))
def test_a_draft_always_balances(moves: list[tuple[int, int, int]]) -> None:
    accounts = (CASH, PAYER, ALLOWANCE, PAYABLE)
    draft = Draft()
    for debit, credit, amount_minor in moves:
        draft.move(debit=accounts[debit], credit=accounts[credit], amount_minor=amount_minor, currency="CNY")
    draft.entry(entry_id=ENTRY_ID, reason=Reason.HONOURED, at=1)


class Books(RuleBasedStateMachine):
    """Fund, reserve, pay, give back in any order: every book balances and nobody holds what was not paid in."""

    def __init__(self) -> None:
        super().__init__()
        self.posted: defaultdict[tuple[Account, str], int] = defaultdict(int)

    def move(self, debit: Account, credit: Account, amount_minor: int) -> None:
        draft = Draft()
        draft.move(debit=debit, credit=credit, amount_minor=amount_minor, currency="CNY")
        made = draft.entry(entry_id=ENTRY_ID, reason=Reason.HONOURED, at=1)
        assert made is not None
        for line in made.postings:
            self.posted[line.account, line.currency] += line.amount_minor

    def balance(self, account: Account) -> int:
        return account.balance_minor(self.posted[account, "CNY"])

    @rule(amount_minor=st.integers(1, 1000))
    def fund(self, amount_minor: int) -> None:
        self.move(CASH, PAYER, amount_minor)

    @precondition(lambda self: self.balance(PAYER))
    @rule(data=st.data())
    def reserve(self, data: st.DataObject) -> None:
        self.move(PAYER, ALLOWANCE, data.draw(st.integers(1, self.balance(PAYER))))

    @precondition(lambda self: self.balance(ALLOWANCE))
    @rule(data=st.data())
    def pay(self, data: st.DataObject) -> None:
        amount_minor = data.draw(st.integers(1, self.balance(ALLOWANCE)))
        self.move(ALLOWANCE, PAYABLE, amount_minor)
        self.move(RECEIVABLE, PAYEE, amount_minor)

    @invariant()
    def books_balance(self) -> None:
        for book in ("issuer", "acquirer"):
            assert sum(amount for (account, _), amount in self.posted.items() if account.book == book) == 0

    @invariant()
    def the_books_mirror_each_other(self) -> None:
        assert self.balance(PAYABLE) == self.balance(RECEIVABLE) == self.balance(PAYEE)
        assert self.balance(CASH) == self.balance(PAYER) + self.balance(ALLOWANCE) + self.balance(PAYABLE)


TestBooks = Books.TestCase
