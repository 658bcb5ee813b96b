"""The till's store over plain rows: for simulated tills, under the acceptance suite of the store in the vault.

What the tables of `terminal_schema` forbid is forbidden here by hand, and a write that breaks it leaves nothing behind.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from heapq import nlargest
from itertools import islice
from typing import TypeVar

from feiqian.protocol.chain import Link
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId
from feiqian.protocol.receipt import NoteKind
from feiqian.storage.plain_forgetting import ForgettingRows
from feiqian.storage.plain_sums import history_from, totals_from
from feiqian.storage.plain_till_rows import ONE, law
from feiqian.storage.terminal_rows import range_of
from feiqian.storage.terminal_store import REFUSALS_MAX
from feiqian.storage.terminal_writes import CLOCK_AHEAD, OPERATOR_TIME, PROOFS_MAX
from feiqian.terminal.ports import Conflict, WritePoint
from feiqian.terminal.records import (
    Accepted,
    AskedRequest,
    BatchAnswer,
    ChainHead,
    Enrolment,
    GivenNote,
    HeardPage,
    HeldTrust,
    HistoryEntry,
    KeptProof,
    LoggedRefusal,
    NewAcceptance,
    NewNote,
    PaidRequest,
    Queue,
    QueuedClaim,
    QueuedNote,
    StoredBatch,
    ToldEvent,
    Totals,
)
from feiqian.terminal.states import ClaimState, RequestEvent, RequestState

T = TypeVar("T", bound=bytes)


class PlainTerminalStore(ForgettingRows):
    """A `TerminalStore` over plain rows."""

    # --- who this terminal is ---

    def pending_key(self) -> bytes | None:
        return self._pending.get(ONE)

    def keep_pending_key(self, key: bytes) -> None:
        with self._rows.write(WritePoint.ENROL_KEY) as rows:
            rows.put(self._pending, ONE, key)

    def enrolment(self) -> Enrolment | None:
        return self._enrolment.get(ONE)

    def enrol(self, enrolment: Enrolment, trust: HeldTrust) -> None:
        with self._rows.write(WritePoint.ENROL) as rows:
            law(ONE in self._pending and ONE not in self._enrolment, "an enrolment was begun and is not done")
            rows.drop(self._pending, ONE)
            rows.put(self._enrolment, ONE, enrolment)
            rows.put(self._trust, ONE, trust)
            if not self._shifts:
                rows.put(self._shifts, 1, trust.fetched_at)

    def sign_out(self) -> None:
        with self._rows.write(WritePoint.SIGN_OUT) as rows:
            if ONE in self._pending:
                rows.drop(self._pending, ONE)
            if ONE in self._enrolment:
                rows.drop(self._enrolment, ONE)

    def trust(self) -> HeldTrust | None:
        return self._trust.get(ONE)

    def keep_trust(self, trust: HeldTrust) -> None:
        with self._rows.write(WritePoint.TRUST) as rows:
            rows.put(self._trust, ONE, trust)

    # --- time ---

    def operator_time(self) -> int:
        return self._moments.get(OPERATOR_TIME, 0)

    def witnessed_times(self) -> Sequence[int]:
        return nlargest(2, self._seen_times.values())

    def clock_ahead_s(self) -> int | None:
        return self._moments.get(CLOCK_AHEAD)

    def keep_clock(self, *, operator_time: int, clock_ahead_s: int) -> None:
        with self._rows.write(WritePoint.CLOCK) as rows:
            self._put_clock(rows, operator_time, clock_ahead_s)

    # --- requests and payments ---

    def add_request(self, request: AskedRequest) -> None:
        with self._rows.write(WritePoint.REQUEST) as rows:
            law(request.request_hash not in self._asked and request.amount_minor > 0, "one request of a hash")
            rows.put(self._asked, request.request_hash, request)

    def request(self, request_hash: RequestHash) -> AskedRequest | None:
        return self._asked.get(request_hash)

    def requests_named(self, prefix: str) -> Sequence[AskedRequest]:
        return [self._asked[found] for found in _named(self._asked, prefix)]

    def open_requests(self, now: int) -> Sequence[AskedRequest]:
        return [one for one in self._asked.values() if one.state is RequestState.OPEN and one.expires_at >= now]

    def stale_requests(self, now: int, limit: int) -> Sequence[AskedRequest]:
        latest = reversed(self._asked.values())
        stale = (one for one in latest if one.state is RequestState.OPEN and one.expires_at < now)
        return list(islice(stale, limit))

    def allowance(self, allowance_id: StatementId) -> bytes:
        return self._allowances[allowance_id]

    def links(self, allowance_ref: AllowanceRef) -> tuple[Link, ...]:
        return self._links.get(allowance_ref, ())

    def accepted(self, cheque_id: StatementId) -> Accepted | None:
        return self._accepted.get(cheque_id)

    def accepted_bytes(self, cheque: bytes) -> Accepted | None:
        return self._among(self._by_bytes.get(cheque))

    def accepted_on(self, request_hash: RequestHash) -> Accepted | None:
        return self._among(self._by_request.get(request_hash))

    def accepted_named(self, prefix: str) -> Sequence[Accepted]:
        return [self._accepted[found] for found in _named(self._accepted, prefix)]

    def accepted_at(self, receipt_counter: int) -> Accepted | None:
        return self._among(self._by_counter.get(receipt_counter))

    def chain_head(self) -> ChainHead:
        return self._heads_of(self._certificate_id())

    def accept(self, acceptance: NewAcceptance) -> None:
        with self._rows.write(WritePoint.ACCEPT) as rows:
            reference = ""
            if acceptance.request_hash is not None:
                law(acceptance.request_hash not in self._by_request, "one cheque a request")
                reference = self._move_request(rows, acceptance.request_hash, RequestEvent.ACCEPT).reference
                rows.put(self._by_request, acceptance.request_hash, acceptance.link.cheque_id)
            self._put_acceptance(rows, acceptance, reference)

    def add_note(self, note: NewNote) -> None:
        with self._rows.write(WritePoint.NOTE) as rows:
            number = self._put_statement(rows, note.statement)
            before = self.note_on(note.subject)
            is_cancel = note.kind is NoteKind.CANCEL
            law(not is_cancel or before is None or before.kind is not note.kind, "one cancel note a request")
            statement = note.statement
            given = GivenNote(
                kind=note.kind,
                subject=note.subject,
                back_minor=note.back_minor,
                counter=statement.counter,
                shown=statement.shown,
                time=statement.time,
                state=ClaimState.WAITING,
                answer=None,
            )
            rows.put(self._notes, number, given)
            rows.put(self._notes_on, note.subject, number)
            rows.put(self._unanswered_notes, number, number)
            if is_cancel:
                self._move_request(rows, RequestHash(note.subject), RequestEvent.CANCEL)
                return
            found = self._accepted.get(StatementId(note.subject))
            if found is None or not found.back_minor < note.back_minor <= found.final_minor:
                raise Conflict("a note gives back more of an accepted cheque")
            rows.put(self._accepted, found.cheque_id, replace(found, back_minor=note.back_minor))

    def note_on(self, subject: bytes) -> GivenNote | None:
        number = self._notes_on.get(subject)
        return None if number is None else self._notes[number]

    def settle_request(self, paid: PaidRequest, operator_time: int) -> None:
        with self._rows.write(WritePoint.NOTICE) as rows:
            asked = self._move_request(rows, paid.request_hash, RequestEvent.SETTLE)
            law(paid.request_hash not in self._paid and paid.final_minor > 0, "one notice a request")
            rows.put(self._paid, paid.request_hash, replace(paid, reference=asked.reference))
            rows.put(self._paid_in, paid.request_hash, self._shift())
            self._raise_moment(rows, OPERATOR_TIME, operator_time)

    def paid_request(self, request_hash: RequestHash) -> PaidRequest | None:
        return self._paid.get(request_hash)

    # --- the queue ---

    def queued(self, claims_max: int) -> tuple[Sequence[QueuedClaim], Sequence[QueuedNote]]:
        waiting = [self._taken[one] for one in self._unanswered if one not in self._batch_of]
        waiting.sort(key=lambda one: one.number)
        notes = sorted(number for number in self._unanswered_notes if number not in self._batch_of)
        return (
            [self._queued_claim(one.acceptance) for one in waiting[:claims_max]],
            [QueuedNote(number=number, raw=self._statements[number]) for number in notes[:claims_max]],
        )

    def add_batch(self, batch: StoredBatch) -> None:
        with self._rows.write(WritePoint.BATCH) as rows:
            law(batch.batch_id not in self._batches, "one batch of an id")
            rows.put(self._batches, batch.batch_id, replace(batch, answer=None))
            for cheque_id in batch.claims:
                claim = self._accepted.get(cheque_id)
                if claim is None or claim.state is not ClaimState.WAITING:
                    raise Conflict("what goes into a batch was in none")
                rows.put(self._accepted, cheque_id, replace(claim, state=ClaimState.SENT))
                rows.put(self._batch_of, cheque_id, batch.batch_id)
            for number in batch.notes:
                note = self._notes.get(number)
                if note is None or note.state is not ClaimState.WAITING:
                    raise Conflict("what goes into a batch was in none")
                rows.put(self._notes, number, replace(note, state=ClaimState.SENT))
                rows.put(self._batch_of, number, batch.batch_id)

    def unanswered_batches(self) -> Sequence[StoredBatch]:
        return [one for one in self._batches.values() if one.answer is None]

    def batch(self, batch_id: BatchId) -> StoredBatch | None:
        return self._batches.get(batch_id)

    def last_answered_batch(self) -> StoredBatch | None:
        return next((one for one in reversed(self._batches.values()) if one.answer is not None), None)

    def keep_answer(self, answer: BatchAnswer) -> None:
        with self._rows.write(WritePoint.ANSWER) as rows:
            batch = self._batches.get(answer.batch_id)
            if batch is None or batch.answer is not None:
                raise Conflict("a batch is answered once")
            rows.put(self._batches, answer.batch_id, replace(batch, answer=answer.raw))
            for cheque_id, state, item in answer.claims:
                claim = self._accepted.get(cheque_id)
                if claim is None or claim.state is not ClaimState.SENT:
                    raise Conflict("an item is answered once, with its batch")
                self._check_answer(cheque_id, answer.batch_id, state, item)
                rows.put(self._accepted, cheque_id, replace(claim, state=state, answer=item))
                rows.drop(self._unanswered, cheque_id)
            for number, state, item in answer.notes:
                note = self._notes.get(number)
                if note is None or note.state is not ClaimState.SENT:
                    raise Conflict("an item is answered once, with its batch")
                self._check_answer(number, answer.batch_id, state, item)
                rows.put(self._notes, number, replace(note, state=state, answer=item))
                rows.drop(self._unanswered_notes, number)
            self._put_clock(rows, answer.time, answer.clock_ahead_s)

    def queue(self) -> Queue:
        waiting = [self._accepted[one] for one in self._unanswered]
        return Queue(
            claims=len(waiting),
            notes=len(self._unanswered_notes),
            amount_minor=sum(one.kept_minor for one in waiting),
            first_deadline=min((one.deadline for one in waiting), default=None),
        )

    # --- later truth ---

    def heard_up_to(self, deployment: str, payee_id: PayeeId) -> int | None:
        return self._heard.get((deployment, payee_id))

    def keep_events(self, page: HeardPage) -> Sequence[ToldEvent]:
        place = page.deployment, page.payee_id
        with self._rows.write(WritePoint.EVENTS) as rows:
            law(self._heard.get(place) == page.before, "a page goes on where the one before has ended")
            rows.put(self._heard, place, page.up_to)
            for event in page.events:
                self._put_event(rows, page, event)
        low = page.before or 0
        found = [
            one for (of, number), one in self._events.items() if of == page.deployment and low < number <= page.up_to
        ]
        return sorted(found, key=lambda one: one.number)

    def told(self, cheque_id: StatementId) -> Sequence[ToldEvent]:
        return list(self._told.get(cheque_id, ()))

    # --- evidence ---

    def cheque_bytes(self, cheque_id: StatementId) -> bytes | None:
        taken = self._taken.get(cheque_id)
        return None if taken is None else taken.acceptance.cheque

    def keep_proof(self, proof: KeptProof) -> None:
        with self._rows.write(WritePoint.PROOF) as rows:
            law(proof.proof_id not in self._proofs, "one proof of an id")
            law(self.proof_on(proof.allowance_id) is None, "one proof an allowance")
            rows.put(self._proofs, proof.proof_id, proof)
            if len(self._proofs) > PROOFS_MAX:
                rows.drop(self._proofs, next(iter(self._proofs)))

    def proof_on(self, allowance_id: StatementId) -> KeptProof | None:
        return next((one for one in self._proofs.values() if one.allowance_id == allowance_id), None)

    def proofs(self) -> Sequence[KeptProof]:
        return list(self._proofs.values())

    # --- the till ---

    def totals(self) -> Totals:
        shift = self._shift()
        news = [one for place, one in self._events.items() if one.is_news and self._event_shifts[place] == shift]
        return totals_from(
            (shift, self._shifts[shift]),
            claims=(one for one in self._accepted.values() if self._taken[one.cheque_id].shift == shift),
            notices=[one for one in self._paid.values() if self._paid_in[one.request_hash] == shift],
            notes_waiting=len(self._unanswered_notes),
            news=news,
        )

    def close_shift(self, now: int) -> Totals:
        ended = self.totals()
        with self._rows.write(WritePoint.SHIFT) as rows:
            rows.put(self._shifts, ended.shift + 1, now)
        return ended

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        return history_from(
            limit,
            news=(one for one in reversed(self._events.values()) if one.is_news),
            accepted=reversed(self._accepted.values()),
            notes=reversed(self._notes.values()),
            paid=reversed(self._paid.values()),
        )

    def ended(self, before: int) -> int:
        return self._over(before).count

    def forget_ended(self, before: int) -> int:
        over = self._over(before)
        if over.count:
            with self._rows.write(WritePoint.FORGET) as rows:
                self._forget(rows, over, before)
        return over.count

    def log_refusal(self, refusal: LoggedRefusal) -> None:
        with self._rows.write(WritePoint.REFUSAL) as rows:
            rows.put(self._refusals, ONE, (refusal, *self._refusals.get(ONE, ())[: REFUSALS_MAX - 1]))

    def refusals(self) -> Sequence[LoggedRefusal]:
        return list(self._refusals.get(ONE, ()))


def _named(ids: Iterable[T], prefix: str) -> list[T]:
    """At most two that begin so."""
    low, high = range_of(prefix)
    return sorted(one for one in ids if low <= one <= high)[:2]
