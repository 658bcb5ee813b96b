"""Accounts: whose money, in whose book, and on which side it stands.

issuer's book                            acquirer's book
  cash      what was paid in               receivable  what the issuer owes us
  free      a payer's free money           payee       what we owe a payee
  reserve   set aside for an allowance
  payable   what we owe the acquirer
  pool      the guarantee pool
  loss      what forks have cost us
"""

from dataclasses import dataclass
from enum import StrEnum


class Book(StrEnum):
    """Whose book an account stands in; each balances by itself."""

    ISSUER = "issuer"
    ACQUIRER = "acquirer"


class AccountKind(StrEnum):
    """What an account holds."""

    CASH = "cash"
    FREE = "free"
    RESERVE = "reserve"
    PAYABLE = "payable"
    POOL = "pool"
    LOSS = "loss"
    RECEIVABLE = "receivable"
    PAYEE = "payee"

    __hash__ = str.__hash__  # an enum's own hash is a Python call, and every move of money asks for it


ASSETS = frozenset({AccountKind.CASH, AccountKind.LOSS, AccountKind.RECEIVABLE})
"""Accounts that grow by a positive posting (debit). All others are owed to somebody and grow by a negative one."""
NEVER_NEGATIVE = frozenset(
    {AccountKind.CASH, AccountKind.FREE, AccountKind.RESERVE, AccountKind.POOL, AccountKind.LOSS}
)
"""Accounts whose balance cannot fall below zero: nobody spends a reserve twice or free money that is not there."""
ACQUIRER_KINDS = frozenset({AccountKind.RECEIVABLE, AccountKind.PAYEE})


@dataclass(frozen=True, slots=True)
class Account:
    """One account. `owner` is a payer id, allowance ref or payee id; empty where there is one of a kind."""

    kind: AccountKind
    owner: bytes = b""

    @property
    def book(self) -> Book:
        """The book that it stands in."""
        return Book.ACQUIRER if self.kind in ACQUIRER_KINDS else Book.ISSUER

    def balance_minor(self, posted_minor: int) -> int:
        """The balance as people read it, from the sum of postings: what is there, or what is owed."""
        return posted_minor if self.kind in ASSETS else -posted_minor


CASH = Account(AccountKind.CASH)
PAYABLE = Account(AccountKind.PAYABLE)
POOL = Account(AccountKind.POOL)
LOSS = Account(AccountKind.LOSS)
RECEIVABLE = Account(AccountKind.RECEIVABLE)


def free_of(payer_id: bytes) -> Account:
    """A payer's free money."""
    return Account(AccountKind.FREE, payer_id)


def reserve_of(allowance_ref: bytes) -> Account:
    """What is set aside for an allowance."""
    return Account(AccountKind.RESERVE, allowance_ref)


def payee_of(payee_id: bytes) -> Account:
    """What is owed to a payee."""
    return Account(AccountKind.PAYEE, payee_id)
