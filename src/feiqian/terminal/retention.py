"""Retention: what this till no longer needs goes by itself, whenever it is opened and after every sync.

Over before a time, and so not needed after it, is

- a claim with its final answer (paid or refused), whose D was before it, in the answer and in all that was told since,
  of a shift that has ended, with no note that waits for its own answer; its events, notes and receipt go with it;
- a request that ended before it and was not accepted, or the notice that it was paid, and its cancel note;
- then the allowance, the batch and the statement that nothing refers to any more; never the head of the chain of
  receipts, which the next one names;
- a fork proof or a line of the log of refusals that was noted before it.

Kept is everything for `KEPT_S` after that, which is long after a dispute can be opened (spec 10: 60 days after D). Only
the operator's signed time counts: a clock that is set forward removes nothing. One write; again it changes nothing.
"""

from typing import Final

from feiqian.terminal.ports import TerminalStore

KEPT_DAYS: Final = 400
"""A year of the payee's own books and a month to look at them."""
KEPT_S: Final = KEPT_DAYS * 86_400


def forget_old(store: TerminalStore) -> int:
    """Removes what is past its time; how many claims, requests, proofs and lines of the log."""
    return store.forget_ended(store.operator_time() - KEPT_S)


def overdue(store: TerminalStore) -> int:
    """How many of them are past their time and still here."""
    return store.ended(store.operator_time() - KEPT_S)
