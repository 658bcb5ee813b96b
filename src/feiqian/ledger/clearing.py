"""Clearing: what the issuer tells the acquirer about claims, in numbered advices (spec 05).

The answer to a batch carries what changed by it; what changes otherwise, when a window closes, the issuer appends as
numbered advices in the transaction that moves its money. The acquirer applies each exactly once, in order, and posts
the mirror. So two operators need no common transaction, and what is under way between them is a number.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import wraps
from typing import Final, NamedTuple, ParamSpec, TypeVar

from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.ids import PayeeId

TRIES_MAX: Final = 16
"""How often an act is thought out anew before whoever asked is told to come back later."""
_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


class Stale(Exception):
    """What an act rests on has changed since it was read. Nothing was written; the act must be thought out again."""


def thought_out_again(act: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """An act of one write that is done anew when it was Stale, since then nothing was written. Raises Stale at last."""

    @wraps(act)
    def done(*args: _Given.args, **kwargs: _Given.kwargs) -> _Result:
        for _ in range(TRIES_MAX - 1):
            try:
                return act(*args, **kwargs)
            except Stale:
                continue
        return act(*args, **kwargs)

    return done


class AdviceKind(StrEnum):
    """Why an advice was sent; payees are told exactly this.

    MISSING moves nothing: a payer presented a cheque made out to this payee, which no till of it has claimed yet.
    """

    SETTLED = "settled"
    WAITING = "waiting"
    FORK = "fork"
    DOUBLE_ACCEPTANCE = "double_acceptance"
    SECOND_CHEQUE = "second_cheque"
    GIVEN_BACK = "given_back"
    SHARED = "shared"
    UNPAID = "unpaid"
    MISSING = "missing"

    __hash__ = str.__hash__  # an enum's own hash is a Python call, and a batch asks for it a thousand times


class Advice(NamedTuple):
    """One change of one claim. `paid_minor` and `waiting_minor` are differences and may be negative or zero.

    `stands_*` is how the claim stands after it. `first` says that it is the claim's first standing, of which the
    payee learns by the answer to its batch. `number` is the issuer's, of advices that did not come with an answer.
    """

    kind: AdviceKind
    payee_id: PayeeId
    cheque_id: bytes
    allowance_ref: bytes
    currency: str
    paid_minor: int
    waiting_minor: int
    stands_paid_minor: int
    stands_waiting_minor: int
    deadline: int
    at: int
    first: bool
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Honoured:
    """The issuer's answers to one batch, item by item in the order of the batch, and all that changed by it."""

    claims: tuple[AnswerItem, ...]
    notes: tuple[AnswerItem, ...]
    advices: tuple[Advice, ...]
