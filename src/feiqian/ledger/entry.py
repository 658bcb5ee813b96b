"""Entries: what happened, as postings that sum to zero in each book and currency. Never changed, only reversed."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from feiqian.ledger.accounts import Account, Book
from feiqian.protocol.limits import AMOUNT_MAX_MINOR


class Reason(StrEnum):
    """Why an entry was made."""

    FUNDED = "funded"
    POOL_FUNDED = "pool_funded"
    RESERVED = "reserved"
    HONOURED = "honoured"
    WINDOW_CLOSED = "window_closed"
    CREDITED = "credited"
    CHARGED_BACK = "charged_back"


class LedgerBroken(Exception):
    """We are wrong: an entry does not balance or an account would break its rule. Nothing was posted."""


@dataclass(frozen=True, slots=True)
class Posting:
    """One line: minor units of `currency`, positive a debit, negative a credit, never zero."""

    account: Account
    amount_minor: int
    currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One event. Building one that does not balance raises LedgerBroken, so an Entry that exists can be posted."""

    entry_id: bytes
    reason: Reason
    at: int
    postings: tuple[Posting, ...]

    def __post_init__(self) -> None:
        check_balanced(self.postings)


class Draft:
    """An entry in the making: moves between the same two accounts are netted, so a batch posts one line each."""

    def __init__(self) -> None:
        self._amounts: defaultdict[tuple[Account, str], int] = defaultdict(int)

    def move(self, *, debit: Account, credit: Account, amount_minor: int, currency: str) -> None:
        """Moves `amount_minor` (negative moves back) from what `credit` is owed or gives to what `debit` gets."""
        self._amounts[debit, currency] += amount_minor
        self._amounts[credit, currency] -= amount_minor

    def drawn_minor(self, account: Account, currency: str) -> int:
        """How much this draft takes from an account so far, people's sign."""
        return -account.balance_minor(self._amounts[account, currency])

    def entry(self, *, entry_id: bytes, reason: Reason, at: int) -> Entry | None:
        """The entry, or None when nothing moved."""
        postings = tuple(
            Posting(account, amount_minor, currency)
            for (account, currency), amount_minor in sorted(self._amounts.items(), key=_order)
            if amount_minor
        )
        return Entry(entry_id=entry_id, reason=reason, at=at, postings=postings) if postings else None


def check_balanced(postings: Iterable[Posting]) -> None:
    """Raises LedgerBroken unless the postings sum to zero per book and currency and each is within bounds."""
    sums: defaultdict[tuple[Book, str], int] = defaultdict(int)
    for posting in postings:
        if type(posting.amount_minor) is not int or not 0 < abs(posting.amount_minor) <= AMOUNT_MAX_MINOR:
            raise LedgerBroken("a posting is zero or out of bounds")
        sums[posting.account.book, posting.currency] += posting.amount_minor
    if not sums or any(sums.values()):
        raise LedgerBroken("an entry is empty or does not sum to zero")


def _order(item: tuple[tuple[Account, str], int]) -> tuple[str, bytes, str]:
    (account, currency), _ = item
    return account.kind, account.owner, currency
