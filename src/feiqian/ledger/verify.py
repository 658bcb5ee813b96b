"""Verifying the books: every balance derived anew, every fact held against the money that it stands for.

What is compared comes from different tables (postings, balances, allowances, claims, payees' events), so that one
changed row shows. Whoever rewrites all of them consistently is found by the audit log, not here.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from feiqian.ledger.accounts import (
    CASH,
    LOSS,
    NEVER_NEGATIVE,
    PAYABLE,
    POOL,
    RECEIVABLE,
    Account,
    free_of,
    payee_of,
    reserve_of,
)

Balances = Mapping[tuple[Account, str], int]
"""Sum of postings by account and currency, minor units, debit positive."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReserveFacts:
    """An allowance as the books must show it: what was drawn for its claims and from where. Minor units."""

    ref: bytes
    payer_id: bytes
    currency: str
    amount_minor: int
    from_reserve_minor: int
    from_free_minor: int
    from_pool_minor: int
    from_loss_minor: int
    returned_minor: int
    claims_paid_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PayeeFacts:
    """A payee as the books must show it: its claims, advices under way, and the events it was told."""

    payee_id: bytes
    currency: str
    claims_paid_minor: int
    under_way_minor: int
    events_paid_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargeBackFacts:
    """What disputes moved between a payer and a payee in all; positive went back to the payer."""

    payer_id: bytes
    payee_id: bytes
    currency: str
    back_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BookFacts:
    """Everything that is compared. `funded` is what each payer (or, with an empty id, the pool) was given."""

    postings: int
    entry_sums: tuple[tuple[bytes, str, str, int], ...]
    posted: Balances
    held: Balances
    funded: Mapping[tuple[bytes, str], int]
    reserves: tuple[ReserveFacts, ...]
    payees: tuple[PayeeFacts, ...]
    charge_backs: tuple[ChargeBackFacts, ...] = ()


class BooksSource(Protocol):
    """Whoever holds the books."""

    def book_facts(self) -> BookFacts:
        """One consistent reading of them. `entry_sums` names entries that are not zero, and postings without one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mismatch:
    """Something that is not as it must be: where, which row, and the two numbers."""

    table: str
    id: str
    expected: int
    found: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BooksReport:
    """What a verification found. `sums` is the sum of all postings by currency and must be zero."""

    postings: int
    sums: Mapping[str, int]
    mismatches: tuple[Mismatch, ...]


def verify_books(source: BooksSource) -> BooksReport:
    """Derives everything anew and names every difference."""
    facts = source.book_facts()
    sums: defaultdict[str, int] = defaultdict(int)
    for (_, currency), amount_minor in facts.posted.items():
        sums[currency] += amount_minor
    return BooksReport(postings=facts.postings, sums=dict(sums), mismatches=tuple(_mismatches(facts, sums)))


def _mismatches(facts: BookFacts, sums: Mapping[str, int]) -> Iterator[Mismatch]:
    for currency, total_minor in sums.items():
        yield from _compare("postings", currency, 0, total_minor)
    for entry_id, book, currency, sum_minor in facts.entry_sums:
        yield from _compare("entries", f"{entry_id.hex()}:{book}:{currency}", 0, sum_minor)
    for key in sorted(facts.posted.keys() | facts.held.keys(), key=lambda key: (key[0].kind, key[0].owner, key[1])):
        yield from _compare("balances", _name(*key), facts.posted.get(key, 0), facts.held.get(key, 0))
    for account, currency in facts.posted:
        balance_minor = account.balance_minor(facts.posted[account, currency])
        if account.kind in NEVER_NEGATIVE and balance_minor < 0:
            yield Mismatch(table="postings", id=_name(account, currency), expected=0, found=balance_minor)
    yield from _allowances(facts)
    expected = _expected(facts)
    for key in sorted(expected.keys() | facts.posted.keys(), key=lambda key: (key[0].kind, key[0].owner, key[1])):
        found_minor = key[0].balance_minor(facts.posted.get(key, 0))
        yield from _compare("postings", _name(*key), expected.get(key, 0), found_minor)


def _allowances(facts: BookFacts) -> Iterator[Mismatch]:
    for one in facts.reserves:
        drawn_minor = one.from_reserve_minor + one.from_free_minor + one.from_pool_minor + one.from_loss_minor
        yield from _compare("claims", one.ref.hex(), drawn_minor, one.claims_paid_minor)
    for payee in facts.payees:
        told_minor = payee.claims_paid_minor - payee.under_way_minor
        yield from _compare("payee_events", payee.payee_id.hex(), told_minor, payee.events_paid_minor)


def _expected(facts: BookFacts) -> dict[tuple[Account, str], int]:
    """Every account's balance as the facts say it, people's sign."""
    want: defaultdict[tuple[Account, str], int] = defaultdict(int)
    for (owner, currency), amount_minor in facts.funded.items():
        want[CASH, currency] += amount_minor
        want[free_of(owner) if owner else POOL, currency] += amount_minor
    for one in facts.reserves:
        currency = one.currency
        want[reserve_of(one.ref), currency] += one.amount_minor - one.from_reserve_minor - one.returned_minor
        want[free_of(one.payer_id), currency] += one.returned_minor - one.amount_minor - one.from_free_minor
        want[POOL, currency] -= one.from_pool_minor
        want[LOSS, currency] += one.from_loss_minor
        want[PAYABLE, currency] += one.claims_paid_minor
    for payee in facts.payees:
        credited_minor = payee.claims_paid_minor - payee.under_way_minor
        want[payee_of(payee.payee_id), payee.currency] += credited_minor
        want[RECEIVABLE, payee.currency] += credited_minor
    for moved in facts.charge_backs:
        want[free_of(moved.payer_id), moved.currency] += moved.back_minor
        want[PAYABLE, moved.currency] -= moved.back_minor
        want[payee_of(moved.payee_id), moved.currency] -= moved.back_minor
        want[RECEIVABLE, moved.currency] -= moved.back_minor
    return want


def _compare(table: str, row: str, expected: int, found: int) -> Iterator[Mismatch]:
    if expected != found:
        yield Mismatch(table=table, id=row, expected=expected, found=found)


def _name(account: Account, currency: str) -> str:
    owner = f":{account.owner.hex()}" if account.owner else ""
    return f"{account.book}:{account.kind}{owner}:{currency}"
