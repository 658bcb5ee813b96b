"""One reading of all that bears on an act: a few statements over sets, in one round trip and one snapshot.

A second round trip is made only when a request or note of the act leads to an allowance that was not asked for.
"""
# ruff: noqa: S608  # statements are put together from names of this file only; every value is bound

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from feiqian.issuer.known import NOBODY, CodeFinal, Known, PaidRequest, Subject, Wanted
from feiqian.protocol.ids import AllowanceRef, PayeeId
from feiqian.storage.issuer_rows import ALLOWANCE, CLAIM, TESTIMONY, allowance_of, claim_of, testimony_of
from feiqian.storage.postgres_columns import byteas
from feiqian.storage.postgres_link import Answers, Ask

ReadAll = Callable[[Sequence[Ask]], list[Answers]]
_Lines = list[tuple[Any, ...]]

_ALLOWANCES: Final = f"SELECT {ALLOWANCE} FROM allowances WHERE ref = ANY(?)"
_CLAIMS: Final = f"SELECT {CLAIM} FROM claims WHERE allowance_ref = ANY(?)"
_TESTIMONIES: Final = f"SELECT {TESTIMONY} FROM testimonies WHERE allowance_ref = ANY(?)"
_CLAIMED_BACK: Final = """SELECT g.subject, g.payee_id, g.back_minor
    FROM claims c JOIN given_back g ON g.subject = c.cheque_id WHERE c.allowance_ref = ANY(?)
    UNION SELECT g.subject, g.payee_id, g.back_minor
    FROM claims c JOIN given_back g ON g.subject = c.request_hash WHERE c.allowance_ref = ANY(?)"""
_GIVEN_BACK: Final = "SELECT subject, payee_id, back_minor FROM given_back WHERE subject = ANY(?)"
_MEANS: Final = """SELECT owner, currency, -posted_minor FROM balances
    WHERE kind = 'free' AND owner = ANY(ARRAY(SELECT DISTINCT payer_id FROM allowances WHERE ref = ANY(?)))
    UNION ALL SELECT owner, currency, -posted_minor FROM balances WHERE kind = 'pool' AND owner = ''::bytea"""
_PAID: Final = """SELECT payee_id, request_hash, allowance_ref, cheque_id FROM requests
    WHERE payee_id = ? AND request_hash = ANY(?)"""
_LED: Final = "SELECT allowance_ref FROM payee_events WHERE payee_id = ? AND cheque_id = ANY(?)"
_FINALS: Final = "SELECT cheque_id, payee_id, terminal_ref, final_minor FROM code_finals WHERE cheque_id = ANY(?)"
_NOTES: Final = "SELECT note_id FROM notes WHERE note_id = ANY(?)"
_NOTES_VERSION: Final = "SELECT version FROM payee_notes WHERE payee_id = ?"


@dataclass(slots=True)
class _Ground:
    """What is read of allowances."""

    allowances: _Lines
    claims: _Lines
    testimonies: _Lines
    claimed_back: _Lines
    means: _Lines

    @classmethod
    def asks(cls, refs: Iterable[AllowanceRef], *, locks: bool) -> list[Ask]:
        """What to ask for these allowances; `of` makes sense of the answers."""
        column = byteas(sorted(refs))
        lock = " ORDER BY ref FOR UPDATE" if locks else ""
        each = (_ALLOWANCES + lock, _CLAIMS, _TESTIMONIES)
        return [*((query, (column,)) for query in each), (_CLAIMED_BACK, (column, column)), (_MEANS, (column,))]

    @classmethod
    def of(cls, answers: Iterable[_Lines]) -> "_Ground":
        """What was answered to `asks`."""
        return cls(*answers)

    def add(self, other: "_Ground") -> None:
        """Adds what was read of other allowances."""
        for mine, others in zip(self.parts(), other.parts(), strict=True):
            mine.extend(others)

    def parts(self) -> tuple[_Lines, ...]:
        """All of it, in the order of `asks`."""
        return self.allowances, self.claims, self.testimonies, self.claimed_back, self.means


_GROUND_PARTS: Final = 5


def read_known(read_all: ReadAll, wanted: Wanted, *, locks: bool) -> Known:
    """All that bears on an act. With `locks` its allowances are locked."""
    ground_asks = _Ground.asks(wanted.refs, locks=locks)
    asked = _asked(wanted)
    answers = [rows.fetchall() for rows in read_all([*ground_asks, *asked.values()])]
    ground = _Ground.of(answers[:_GROUND_PARTS])
    told = dict(zip(asked, answers[_GROUND_PARTS:], strict=True))
    paid = {row[1]: PaidRequest(*row) for row in told.get(_PAID, [])}
    further = {one.allowance_ref for one in paid.values()} | {AllowanceRef(row[0]) for row in told.get(_LED, [])}
    if further := further - wanted.refs:
        rows = read_all(_Ground.asks(further, locks=locks))
        ground.add(_Ground.of(one.fetchall() for one in rows))
    return Known(
        allowances={AllowanceRef(row[0]): allowance_of(row) for row in ground.allowances},
        claims=[claim_of(row) for row in ground.claims],
        testimonies=[testimony_of(row) for row in ground.testimonies],
        paid_requests=paid,
        given_back=_given_back([*ground.claimed_back, *told.get(_GIVEN_BACK, [])]),
        code_finals={CodeFinal(*row[:3]): row[3] for row in told.get(_FINALS, [])},
        notes=frozenset(row[0] for row in told.get(_NOTES, [])),
        notes_version=told[_NOTES_VERSION][0][0] if told.get(_NOTES_VERSION) else 0,
        balance_minor={(owner, currency): minor for owner, currency, minor in ground.means},
    )


def _asked(wanted: Wanted) -> dict[str, Ask]:
    """What else to ask, by its statement; nothing for what the act does not hold."""
    payee_id = wanted.payee_id
    subjects: set[bytes] = {*wanted.subjects, *wanted.requests, *wanted.cheques}
    asked_for: dict[str, tuple[Collection[bytes], tuple[Any, ...]]] = {
        _PAID: (wanted.requests.keys() | wanted.subjects, (payee_id,)),
        _LED: (wanted.subjects, (payee_id,)),
        _GIVEN_BACK: (subjects, ()),
        _FINALS: (wanted.codes, ()),
        _NOTES: (wanted.notes, ()),
    }
    asked: dict[str, Ask] = {
        query: (query, (*first, byteas(list(keys)))) for query, (keys, first) in asked_for.items() if keys
    }
    if payee_id != NOBODY:
        asked[_NOTES_VERSION] = (_NOTES_VERSION, (payee_id,))
    return asked


def _given_back(lines: _Lines) -> dict[Subject, int]:
    return {(subject, PayeeId(payee_id)): back_minor for subject, payee_id, back_minor in lines}
