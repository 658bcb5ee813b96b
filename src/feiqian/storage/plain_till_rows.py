"""The plain rows of a till, and what its writes are made of: a part runs inside a write that its caller has begun."""

from dataclasses import dataclass, replace
from typing import Final

from feiqian.protocol.answer import AnswerItem
from feiqian.protocol.chain import Link
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.storage.plain_rows import PlainRows
from feiqian.storage.terminal_writes import CLOCK_AHEAD, OPERATOR_TIME
from feiqian.terminal.ports import Conflict
from feiqian.terminal.records import (
    Accepted,
    AskedRequest,
    ChainHead,
    Enrolment,
    GivenNote,
    HeardPage,
    HeldTrust,
    KeptProof,
    LoggedRefusal,
    NewAcceptance,
    NewEvent,
    NewStatement,
    PaidRequest,
    QueuedClaim,
    StoredBatch,
    ToldEvent,
)
from feiqian.terminal.states import QUEUED, ClaimState, RequestEvent, request_after

ONE: Final = "one"
"""The key of what there is one of."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What was accepted, under the number of its receipt, in which shift."""

    acceptance: NewAcceptance
    number: int
    shift: int


class TillRows:
    """The rows of one till, and the parts that its writes are made of."""

    def __init__(self, rows: PlainRows) -> None:
        self._rows = rows
        self._pending: dict[str, bytes] = rows.table("pending key")
        self._enrolment: dict[str, Enrolment] = rows.table("enrolment")
        self._trust: dict[str, HeldTrust] = rows.table("trust")
        self._moments: dict[str, int] = rows.table("moment")
        self._shifts: dict[int, int] = rows.table("shift")
        self._asked: dict[RequestHash, AskedRequest] = rows.table("asked")
        self._statements: dict[int, bytes] = rows.table("statement")
        self._statement_ids: dict[StatementId, int] = rows.table("statement by id")
        self._heads: dict[StatementId, ChainHead] = rows.table("head of a chain")
        self._allowances: dict[StatementId, bytes] = rows.table("allowance")
        self._seen_times: dict[StatementId, int] = rows.table("time seen with an allowance")
        self._links: dict[AllowanceRef, tuple[Link, ...]] = rows.table("link")
        self._accepted: dict[StatementId, Accepted] = rows.table("accepted")
        self._taken: dict[StatementId, Taken] = rows.table("taken")
        self._by_bytes: dict[bytes, StatementId] = rows.table("accepted by bytes")
        self._by_request: dict[RequestHash, StatementId] = rows.table("accepted by request")
        self._by_counter: dict[int, StatementId] = rows.table("accepted by receipt")
        self._unanswered: dict[StatementId, StatementId] = rows.table("accepted and unanswered")
        self._notes: dict[int, GivenNote] = rows.table("note")
        self._notes_on: dict[bytes, int] = rows.table("note by subject")
        self._unanswered_notes: dict[int, int] = rows.table("note and unanswered")
        self._paid: dict[RequestHash, PaidRequest] = rows.table("paid")
        self._paid_in: dict[RequestHash, int] = rows.table("shift of paid")
        self._batches: dict[BatchId, StoredBatch] = rows.table("batch")
        self._batch_of: dict[StatementId | int, BatchId] = rows.table("batch of an item")
        self._heard: dict[tuple[str, PayeeId], int] = rows.table("heard")
        self._events: dict[tuple[str, int], ToldEvent] = rows.table("event")
        self._event_shifts: dict[tuple[str, int], int] = rows.table("shift of an event")
        self._told: dict[StatementId, tuple[ToldEvent, ...]] = rows.table("told")
        self._proofs: dict[bytes, KeptProof] = rows.table("proof")
        self._refusals: dict[str, tuple[LoggedRefusal, ...]] = rows.table("refusal")

    def _among(self, cheque_id: StatementId | None) -> Accepted | None:
        return None if cheque_id is None else self._accepted[cheque_id]

    def _shift(self) -> int:
        law(bool(self._shifts), "an enrolled till has a shift")
        return next(reversed(self._shifts))

    def _certificate_id(self) -> StatementId:
        enrolment = self._enrolment.get(ONE)
        if enrolment is None:
            raise Conflict("no enrolment, so there is no chain")
        return enrolment.certificate_id

    def _heads_of(self, certificate_id: StatementId) -> ChainHead:
        """What its next statement must name."""
        head = self._heads.get(certificate_id)
        return ChainHead(counter=1, previous=certificate_id[:PREVIOUS_BYTES]) if head is None else head

    def _put_statement(self, rows: PlainRows, statement: NewStatement) -> int:
        """Appends to the chain; no counter of it comes twice."""
        certificate_id, number = self._certificate_id(), next(reversed(self._statements), 0) + 1
        law(statement.counter >= self._heads_of(certificate_id).counter, "one statement a counter")
        law(statement.statement_id not in self._statement_ids, "one statement of an id")
        rows.put(self._statements, number, statement.raw)
        rows.put(self._statement_ids, statement.statement_id, number)
        head = ChainHead(counter=statement.counter + 1, previous=statement.statement_id[:PREVIOUS_BYTES])
        rows.put(self._heads, certificate_id, head)
        return number

    def _put_acceptance(self, rows: PlainRows, acceptance: NewAcceptance, reference: str) -> None:
        link, ref = acceptance.link, acceptance.allowance_ref
        cheque_id, allowance_id = link.cheque_id, acceptance.allowance_id
        law(cheque_id not in self._accepted and acceptance.cheque not in self._by_bytes, "one row a cheque")
        law(1 <= acceptance.final_minor <= link.amount_minor, "no more than the cheque")
        law(0 <= acceptance.guaranteed_minor <= acceptance.final_minor, "no more is guaranteed than taken")
        links = self._links.get(ref, ())
        law(all(one.counter != link.counter for one in links), "one cheque a counter of an allowance")
        number = self._put_statement(rows, acceptance.receipt)
        seen_time = max(acceptance.witnessed_time, self._seen_times.get(allowance_id, acceptance.witnessed_time))
        rows.put(self._seen_times, allowance_id, seen_time)
        if allowance_id not in self._allowances:
            rows.put(self._allowances, allowance_id, acceptance.allowance)
        rows.put(self._links, ref, tuple(sorted((*links, link), key=lambda one: one.counter)))
        rows.put(self._accepted, cheque_id, acceptance.accepted(reference))
        rows.put(self._taken, cheque_id, Taken(acceptance, number, self._shift()))
        rows.put(self._by_bytes, acceptance.cheque, cheque_id)
        rows.put(self._by_counter, acceptance.receipt.counter, cheque_id)
        rows.put(self._unanswered, cheque_id, cheque_id)

    def _move_request(self, rows: PlainRows, request_hash: RequestHash, event: RequestEvent) -> AskedRequest:
        """Takes a step of the request's table. Raises Conflict."""
        asked = self._asked.get(request_hash)
        state = None if asked is None else request_after(asked.state, event)
        if asked is None or state is None:
            raise Conflict(f"the request does not allow {event}")
        rows.put(self._asked, request_hash, replace(asked, state=state))
        return asked

    def _raise_moment(self, rows: PlainRows, name: str, value: int) -> None:
        rows.put(self._moments, name, max(value, self._moments.get(name, value)))

    def _put_clock(self, rows: PlainRows, operator_time: int, clock_ahead_s: int) -> None:
        self._raise_moment(rows, OPERATOR_TIME, operator_time)
        rows.put(self._moments, CLOCK_AHEAD, clock_ahead_s)

    def _queued_claim(self, taken: NewAcceptance) -> QueuedClaim:
        payload = None if taken.request_hash is None else self._asked[taken.request_hash].payload
        return QueuedClaim(
            cheque_id=taken.link.cheque_id,
            cheque=taken.cheque,
            allowance=taken.allowance,
            receipt=taken.receipt.raw,
            request_payload=payload,
            credits=taken.credits,
        )

    def _check_answer(self, key: StatementId | int, batch_id: BatchId, state: ClaimState, item: AnswerItem) -> None:
        law(self._batch_of.get(key) == batch_id, "an item is answered once, with its batch")
        law(state not in QUEUED and item.paid_minor >= 0 and item.waiting_minor >= 0, "an answer takes it out")

    def _put_event(self, rows: PlainRows, page: HeardPage, event: NewEvent) -> None:
        claim, place = self._accepted.get(event.cheque_id), (page.deployment, event.number)
        if claim is None or (claim.state in QUEUED) != (event.state is None):
            raise Conflict("an event moves a claim that has its answer, and no other")
        law(place not in self._events and event.number > 0, "one event of a number")
        law(event.paid_minor >= 0 and event.waiting_minor >= 0, "amounts")
        before = self._told.get(event.cheque_id, ())
        told = ToldEvent(
            number=event.number,
            nth=len(before) + 1,
            kind=event.kind,
            at=event.at,
            heard_at=page.time,
            cheque_id=event.cheque_id,
            receipt_counter=claim.receipt_counter,
            final_minor=claim.final_minor,
            paid_minor=event.paid_minor,
            waiting_minor=event.waiting_minor,
            deadline=event.deadline,
        )
        rows.put(self._events, place, told)
        rows.put(self._event_shifts, place, self._shift())
        rows.put(self._told, event.cheque_id, (*before, told))
        rows.put(self._accepted, event.cheque_id, replace(claim, told=told, state=event.state or claim.state))


def law(holds: bool, law: str) -> None:  # noqa: FBT001 - what is asked is whether it holds
    """Raises Conflict, with the law that would be broken."""
    if not holds:
        raise Conflict(law)
