"""What the writes of the till's store are made of: each runs inside a transaction that its caller has begun.

`SPARED` says which rows a write leaves as they are, so that what was read of them need not be read again.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.ids import BatchId, RequestHash
from feiqian.storage.kept_reads import Spared
from feiqian.terminal.ports import Conflict, WritePoint
from feiqian.terminal.records import (
    AskedRequest,
    HeardPage,
    HeldTrust,
    KeptProof,
    NewAcceptance,
    NewEvent,
    NewStatement,
    is_news,
)
from feiqian.terminal.states import ClaimState, RequestEvent, RequestState, request_after

if TYPE_CHECKING:
    from sqlite3 import Connection, Cursor  # sqlcipher3 is a fork of it and ships no types of its own.

OPERATOR_TIME: Final = "operator_time"
CLOCK_AHEAD: Final = "clock_ahead"
PROOFS_MAX: Final = 200
"""Fork proofs kept, one an allowance; each is three statements at most."""


class Rows:
    """What changes together."""

    WHO: Final = "who"
    TRUST: Final = "trust"
    TIME: Final = "time"
    HEARD: Final = "heard"
    ASKED: Final = "asked"
    ACCEPTED: Final = "accepted"
    BATCHES: Final = "batches"


_ALL: Final = frozenset({Rows.WHO, Rows.TRUST, Rows.TIME, Rows.HEARD, Rows.ASKED, Rows.ACCEPTED, Rows.BATCHES})
SPARED: Final[Spared] = {
    WritePoint.TRUST: _ALL - {Rows.TRUST},
    WritePoint.CLOCK: _ALL - {Rows.TIME},
    WritePoint.REQUEST: _ALL - {Rows.ASKED},
    WritePoint.ACCEPT: _ALL - {Rows.ASKED, Rows.ACCEPTED},
    WritePoint.NOTE: _ALL - {Rows.ASKED, Rows.ACCEPTED},
    WritePoint.NOTICE: _ALL - {Rows.ASKED, Rows.TIME},
    WritePoint.BATCH: _ALL - {Rows.ACCEPTED, Rows.BATCHES},
    WritePoint.ANSWER: _ALL - {Rows.ACCEPTED, Rows.BATCHES, Rows.TIME},
    WritePoint.EVENTS: _ALL - {Rows.ACCEPTED, Rows.HEARD},
    WritePoint.REFUSAL: _ALL,
    WritePoint.PROOF: _ALL,
    WritePoint.SHIFT: _ALL,
}


def exactly_one(changed: "Cursor", law: str) -> None:
    """Raises Conflict, with the law that was broken, unless exactly one row changed."""
    if changed.rowcount != 1:
        raise Conflict(law)


def put_trust(db: "Connection", trust: HeldTrust) -> None:
    """Replace the trust pack held."""
    db.execute(
        "INSERT OR REPLACE INTO trust (one, deployment, roots, threshold, raw, etag, fetched_at)"
        " VALUES (1, ?, ?, ?, ?, ?, ?)",
        (
            trust.root.deployment,
            b"".join(trust.root.roots),
            trust.root.threshold,
            trust.raw,
            trust.etag,
            trust.fetched_at,
        ),
    )


def put_request(db: "Connection", request: AskedRequest) -> None:
    """A request, before it is shown."""
    db.execute(
        "INSERT INTO asked (request_hash, payload, shown, amount_minor, is_maximum, reference, time,"
        " expires_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request.request_hash,
            request.payload,
            request.shown,
            request.amount_minor,
            int(request.is_maximum),
            request.reference,
            request.time,
            request.expires_at,
            request.state.value,
        ),
    )


def put_statement(db: "Connection", statement: NewStatement) -> int:
    """Append to the chain of the current certificate; its constraint on counters is the law of one chain."""
    added = db.execute(
        "INSERT INTO statement (certificate_id, counter, statement_id, raw, shown, time)"
        " SELECT certificate_id, ?, ?, ?, ?, ? FROM enrolment WHERE certificate_id IS NOT NULL",
        (statement.counter, statement.statement_id, statement.raw, statement.shown, statement.time),
    )
    exactly_one(added, "only an enrolled terminal has a chain")
    return added.lastrowid or 0


def move_request(db: "Connection", request_hash: RequestHash, event: RequestEvent) -> None:
    """Take a step of the request's table. Raises Conflict."""
    row = db.execute("SELECT state FROM asked WHERE request_hash = ?", (request_hash,)).fetchone()
    state = None if row is None else request_after(RequestState(row[0]), event)
    if state is None:
        raise Conflict(f"the request does not allow {event}")
    db.execute("UPDATE asked SET state = ? WHERE request_hash = ?", (state.value, request_hash))


def raise_moment(db: "Connection", name: str, value: int) -> None:
    """Remember the highest value of a name."""
    db.execute(
        "INSERT INTO moment (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        (name, value),
    )


def put_clock(db: "Connection", operator_time: int, clock_ahead_s: int) -> None:
    """Remember what an answer has told of the time."""
    raise_moment(db, OPERATOR_TIME, operator_time)
    db.execute("INSERT OR REPLACE INTO moment (name, value) VALUES (?, ?)", (CLOCK_AHEAD, clock_ahead_s))


def put_results(
    db: "Connection",
    table: str,
    key: str,
    batch_id: BatchId,
    results: Iterable[tuple[object, ClaimState, AnswerItem]],
) -> None:
    """Store what an answer says of single items."""
    for item_key, state, item in results:
        changed = db.execute(
            f"UPDATE {table} SET state = ?, verdict = ?, paid_minor = ?, waiting_minor = ?, code = ?"  # noqa: S608
            f" WHERE {key} = ? AND batch_id = ? AND state = 'sent'",
            (state.value, int(item.verdict), item.paid_minor, item.waiting_minor, item.code, item_key, batch_id),
        )
        exactly_one(changed, "an item is answered once, with its batch")


def put_acceptance(db: "Connection", acceptance: NewAcceptance) -> None:
    """The cheque with its allowance and its receipt."""
    db.execute(
        "INSERT INTO allowance (allowance_id, ref, raw, expires_at, seen_time) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (allowance_id) DO UPDATE SET seen_time = max(seen_time, excluded.seen_time)",
        (
            acceptance.allowance_id,
            acceptance.allowance_ref,
            acceptance.allowance,
            acceptance.allowance_expires_at,
            acceptance.witnessed_time,
        ),
    )
    number = put_statement(db, acceptance.receipt)
    link = acceptance.link
    db.execute(
        "INSERT INTO accepted (cheque_id, receipt, cheque, allowance_id, counter, amount_minor,"
        " cumulative_minor, previous, request_hash, credits, final_minor, guaranteed_minor, deadline, warn,"
        " time, shift, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
        " (SELECT max(number) FROM shift), 'waiting')",
        (
            link.cheque_id,
            number,
            acceptance.cheque,
            acceptance.allowance_id,
            link.counter,
            link.amount_minor,
            link.cumulative_minor,
            link.previous,
            acceptance.request_hash,
            acceptance.credits,
            acceptance.final_minor,
            acceptance.guaranteed_minor,
            acceptance.deadline,
            int(acceptance.warn),
            acceptance.receipt.time,
        ),
    )


def put_page(db: "Connection", page: HeardPage) -> None:
    """Events of the payee's statement with what they do to claims, and how far it was heard."""
    number = (page.up_to, page.deployment, page.payee_id)
    if page.before is None:
        db.execute("INSERT INTO heard (number, deployment, payee_id) VALUES (?, ?, ?)", number)
    else:
        moved = db.execute(
            "UPDATE heard SET number = ? WHERE deployment = ? AND payee_id = ? AND number = ?", (*number, page.before)
        )
        exactly_one(moved, "a page goes on where the one before has ended")
    for event in page.events:
        _put_event(db, page, event)


def _put_event(db: "Connection", page: HeardPage, event: NewEvent) -> None:
    (nth,) = db.execute("SELECT count(*) + 1 FROM event WHERE cheque_id = ?", (event.cheque_id,)).fetchone()
    added = db.execute(
        "INSERT INTO event (deployment, number, cheque_id, nth, kind, at, heard_at, paid_minor, waiting_minor,"
        " deadline, is_news, shift) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, (SELECT max(number) FROM shift))",
        (
            page.deployment,
            event.number,
            event.cheque_id,
            nth,
            event.kind.value,
            event.at,
            page.time,
            event.paid_minor,
            event.waiting_minor,
            event.deadline,
            int(is_news(event.kind, nth)),
        ),
    )
    queued = event.state is None
    state = None if event.state is None else event.state.value
    changed = db.execute(
        "UPDATE accepted SET told = ?, state = coalesce(?, state)"
        " WHERE cheque_id = ? AND (state IN ('waiting', 'sent')) = ?",
        (added.lastrowid, state, event.cheque_id, int(queued)),
    )
    exactly_one(changed, "an event moves a claim that has its answer, and no other")


def put_proof(db: "Connection", proof: KeptProof) -> None:
    """A fork proof; the oldest goes when it would be one too many."""
    db.execute(
        "INSERT INTO proof (proof_id, raw, allowance_id, reason, time) VALUES (?, ?, ?, ?, ?)",
        (proof.proof_id, proof.raw, proof.allowance_id, proof.reason.value, proof.time),
    )
    db.execute("DELETE FROM proof WHERE number <= (SELECT max(number) FROM proof) - ?", (PROOFS_MAX,))
