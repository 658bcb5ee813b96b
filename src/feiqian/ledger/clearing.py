"""Clearing: what the issuer tells the acquirer about claims, in numbered advices (spec 05).

The issuer appends advices in the transaction that moves its money; the acquirer applies each exactly once, in order,
and posts the mirror. So two operators need no common transaction, and what is under way between them is a number.
"""

from dataclasses import dataclass
from enum import StrEnum

from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.ids import PayeeId


class AdviceKind(StrEnum):
    """Why an advice was sent; payees are told exactly this."""

    SETTLED = "settled"
    WAITING = "waiting"
    FORK = "fork"
    DOUBLE_ACCEPTANCE = "double_acceptance"
    SECOND_CHEQUE = "second_cheque"
    GIVEN_BACK = "given_back"
    SHARED = "shared"
    UNPAID = "unpaid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """One change of one claim. `paid_minor` and `waiting_minor` are differences and may be negative or zero."""

    number: int
    kind: AdviceKind
    payee_id: PayeeId
    cheque_id: bytes
    currency: str
    paid_minor: int
    waiting_minor: int
    deadline: int
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Honoured:
    """The issuer's answers to one batch, item by item in the order of the batch."""

    claims: tuple[AnswerItem, ...]
    notes: tuple[AnswerItem, ...]
