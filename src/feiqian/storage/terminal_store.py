"""The till's store over the vault: `terminal.ports.TerminalStore` in encrypted SQLite.

Every method that writes is one durable transaction under a named write point. Rows that were read as one thing and
are found as another stop the write with `Conflict`: then nothing was written, and our own program is wrong.
"""

from collections.abc import Sequence
from typing import Any, Final

from feiqian.protocol.chain import Link
from feiqian.protocol.ids import AllowanceRef, BatchId, PayeeId, RequestHash, StatementId
from feiqian.protocol.limits import PREVIOUS_BYTES
from feiqian.protocol.receipt import NoteKind
from feiqian.storage.kept_reads import KeptReads
from feiqian.storage.migrations import migrate
from feiqian.storage.terminal_forgetting import ended_rows, forget_rows
from feiqian.storage.terminal_rows import (
    ACCEPTED_SELECT,
    EVENT_SELECT,
    NOTE_SELECT,
    PAID_SELECT,
    accepted_in,
    asked_in,
    event_in,
    history_of,
    link_in,
    note_in,
    paid_in,
    proof_in,
    queued_of,
    range_of,
    totals_of,
    trust_in,
)
from feiqian.storage.terminal_schema import MIGRATIONS
from feiqian.storage.terminal_writes import (
    CLOCK_AHEAD,
    OPERATOR_TIME,
    SPARED,
    Rows,
    exactly_one,
    move_request,
    put_acceptance,
    put_clock,
    put_page,
    put_proof,
    put_request,
    put_results,
    put_statement,
    put_trust,
    raise_moment,
)
from feiqian.storage.vault import Vault
from feiqian.storage.wiping import overwrite_freed
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
from feiqian.terminal.states import RequestEvent

CRASH_POINTS: Final = tuple(f"{point.value}:{moment}-commit" for point in WritePoint for moment in ("before", "after"))
REFUSALS_MAX: Final = 500
_ASKED_SELECT: Final = (
    "SELECT request_hash, payload, shown, amount_minor, is_maximum, reference, time, expires_at, state FROM asked"
)


class VaultTerminalStore:
    """A till in an open vault. Whoever opened the vault closes it."""

    def __init__(self, vault: Vault) -> None:
        self._vault, self._reads = vault, KeptReads(vault, SPARED)
        migrate(vault.connection, MIGRATIONS)

    # --- who this terminal is ---

    def pending_key(self) -> bytes | None:
        row = self._one("SELECT pending_key FROM enrolment")
        return None if row is None else row[0]

    def keep_pending_key(self, key: bytes) -> None:
        with self._reads.write(WritePoint.ENROL_KEY) as db:
            db.execute(
                "INSERT INTO enrolment (one, pending_key) VALUES (1, ?) "
                "ON CONFLICT (one) DO UPDATE SET pending_key = excluded.pending_key",
                (key,),
            )

    def enrolment(self) -> Enrolment | None:
        return self._reads.of(Rows.WHO, "enrolment", self._enrolment)

    def _enrolment(self) -> Enrolment | None:
        row = self._one("SELECT deployment, server, key, token, certificate, certificate_id FROM enrolment")
        if row is None or row[2] is None:
            return None
        deployment, server, key, token, certificate, certificate_id = row
        return Enrolment(
            deployment=deployment,
            server=server,
            key=key,
            token=token,
            certificate=certificate,
            certificate_id=StatementId(certificate_id),
        )

    def enrol(self, enrolment: Enrolment, trust: HeldTrust) -> None:
        with self._reads.write(WritePoint.ENROL) as db:
            values = (
                enrolment.deployment,
                enrolment.server,
                enrolment.key,
                enrolment.token,
                enrolment.certificate,
                enrolment.certificate_id,
            )
            changed = db.execute(
                "UPDATE enrolment SET pending_key = NULL, deployment = ?, server = ?, key = ?, token = ?,"
                " certificate = ?, certificate_id = ? WHERE key IS NULL",
                values,
            )
            exactly_one(changed, "an enrolment was begun and is not done")
            put_trust(db, trust)
            db.execute(
                "INSERT INTO shift (number, began_at) SELECT 1, ? WHERE NOT EXISTS (SELECT 1 FROM shift)",
                (trust.fetched_at,),
            )

    def sign_out(self) -> None:
        with self._reads.write(WritePoint.SIGN_OUT) as db:
            db.execute("DELETE FROM enrolment")

    def trust(self) -> HeldTrust | None:
        return self._reads.of(Rows.TRUST, None, self._trust)

    def _trust(self) -> HeldTrust | None:
        row = self._one("SELECT deployment, roots, threshold, raw, etag, fetched_at FROM trust")
        return None if row is None else trust_in(row)

    def keep_trust(self, trust: HeldTrust) -> None:
        with self._reads.write(WritePoint.TRUST) as db:
            put_trust(db, trust)

    # --- time ---

    def operator_time(self) -> int:
        return self._moment(OPERATOR_TIME) or 0

    def witnessed_times(self) -> Sequence[int]:
        rows = self._all("SELECT seen_time FROM allowance ORDER BY seen_time DESC LIMIT 2")
        return [seen_time for (seen_time,) in rows]

    def clock_ahead_s(self) -> int | None:
        return self._moment(CLOCK_AHEAD)

    def keep_clock(self, *, operator_time: int, clock_ahead_s: int) -> None:
        with self._reads.write(WritePoint.CLOCK) as db:
            put_clock(db, operator_time, clock_ahead_s)

    # --- requests and payments ---

    def add_request(self, request: AskedRequest) -> None:
        with self._reads.write(WritePoint.REQUEST) as db:
            put_request(db, request)

    def request(self, request_hash: RequestHash) -> AskedRequest | None:
        rows = self._reads.of(Rows.ASKED, request_hash, lambda: self._asked("WHERE request_hash = ?", request_hash))
        return next(iter(rows), None)

    def requests_named(self, prefix: str) -> Sequence[AskedRequest]:
        return self._asked("WHERE request_hash BETWEEN ? AND ? LIMIT 2", *range_of(prefix))

    def open_requests(self, now: int) -> Sequence[AskedRequest]:
        return self._asked("WHERE state = 'open' AND expires_at >= ? ORDER BY number", now)

    def stale_requests(self, now: int, limit: int) -> Sequence[AskedRequest]:
        return self._asked("WHERE state = 'open' AND expires_at < ? ORDER BY number DESC LIMIT ?", now, limit)

    def allowance(self, allowance_id: StatementId) -> bytes:
        return bytes(self._all("SELECT raw FROM allowance WHERE allowance_id = ?", allowance_id)[0][0])

    def links(self, allowance_ref: AllowanceRef) -> tuple[Link, ...]:
        sql = (
            "SELECT cheque_id, counter, amount_minor, cumulative_minor, previous"
            " FROM allowance JOIN accepted USING (allowance_id) WHERE ref = ? ORDER BY counter"
        )
        return tuple(link_in(row) for row in self._all(sql, allowance_ref))

    def accepted(self, cheque_id: StatementId) -> Accepted | None:
        return self._accepted("WHERE a.cheque_id = ?", cheque_id)

    def accepted_bytes(self, cheque: bytes) -> Accepted | None:
        return self._accepted("WHERE a.cheque = ?", cheque)

    def accepted_on(self, request_hash: RequestHash) -> Accepted | None:
        return self._accepted("WHERE a.request_hash = ?", request_hash)

    def accepted_named(self, prefix: str) -> Sequence[Accepted]:
        rows = self._all(f"{ACCEPTED_SELECT} WHERE a.cheque_id BETWEEN ? AND ? LIMIT 2", *range_of(prefix))
        return [accepted_in(row) for row in rows]

    def accepted_at(self, receipt_counter: int) -> Accepted | None:
        # The same number may stand in the chain of a certificate from before a sign-out: the latest is meant.
        return self._accepted("WHERE s.counter = ? ORDER BY s.number DESC LIMIT 1", receipt_counter)

    def chain_head(self) -> ChainHead:
        row = self._one(
            "SELECT e.certificate_id, s.counter, s.statement_id FROM enrolment e"
            " LEFT JOIN statement s USING (certificate_id)"
            " WHERE e.certificate_id IS NOT NULL ORDER BY s.counter DESC LIMIT 1"
        )
        if row is None:
            raise Conflict("no enrolment, so there is no chain")
        certificate_id, counter, last_id = row
        return ChainHead(counter=(counter or 0) + 1, previous=(last_id or certificate_id)[:PREVIOUS_BYTES])

    def accept(self, acceptance: NewAcceptance) -> None:
        with self._reads.write(WritePoint.ACCEPT) as db:
            if acceptance.request_hash is not None:
                move_request(db, acceptance.request_hash, RequestEvent.ACCEPT)
            put_acceptance(db, acceptance)

    def add_note(self, note: NewNote) -> None:
        with self._reads.write(WritePoint.NOTE) as db:
            number = put_statement(db, note.statement)
            db.execute(
                "INSERT INTO note (number, kind, subject, back_minor, state) VALUES (?, ?, ?, ?, 'waiting')",
                (number, int(note.kind), note.subject, note.back_minor),
            )
            if note.kind is NoteKind.CANCEL:
                move_request(db, RequestHash(note.subject), RequestEvent.CANCEL)
                return
            changed = db.execute(
                "UPDATE accepted SET back_minor = ? WHERE cheque_id = ? AND back_minor < ?",
                (note.back_minor, note.subject, note.back_minor),
            )
            exactly_one(changed, "a note gives back more of an accepted cheque")

    def note_on(self, subject: bytes) -> GivenNote | None:
        row = self._one(f"{NOTE_SELECT} WHERE n.subject = ? ORDER BY n.number DESC LIMIT 1", subject)
        return None if row is None else note_in(row)

    def settle_request(self, paid: PaidRequest, operator_time: int) -> None:
        with self._reads.write(WritePoint.NOTICE) as db:
            move_request(db, paid.request_hash, RequestEvent.SETTLE)
            db.execute(
                "INSERT INTO paid (request_hash, notice, final_minor, time, shift)"
                " VALUES (?, ?, ?, ?, (SELECT max(number) FROM shift))",
                (paid.request_hash, paid.notice, paid.final_minor, paid.time),
            )
            raise_moment(db, OPERATOR_TIME, operator_time)

    def paid_request(self, request_hash: RequestHash) -> PaidRequest | None:
        row = self._one(f"{PAID_SELECT} WHERE p.request_hash = ?", request_hash)
        return None if row is None else paid_in(row)

    # --- the queue ---

    def queued(self, claims_max: int) -> tuple[Sequence[QueuedClaim], Sequence[QueuedNote]]:
        return queued_of(self._vault.connection, claims_max)

    def add_batch(self, batch: StoredBatch) -> None:
        with self._reads.write(WritePoint.BATCH) as db:
            db.execute(
                "INSERT INTO batch (batch_id, raw, made_at) VALUES (?, ?, ?)",
                (batch.batch_id, batch.raw, batch.made_at),
            )
            for table, key, items in (("accepted", "cheque_id", batch.claims), ("note", "number", batch.notes)):
                for position, item in enumerate(items):
                    changed = db.execute(
                        f"UPDATE {table} SET state = 'sent', batch_id = ?, position = ?"  # noqa: S608 - our own names
                        f" WHERE {key} = ? AND state = 'waiting'",
                        (batch.batch_id, position, item),
                    )
                    exactly_one(changed, "what goes into a batch was in none")

    def unanswered_batches(self) -> Sequence[StoredBatch]:
        return list(self._reads.of(Rows.BATCHES, None, lambda: self._batches("WHERE answer IS NULL ORDER BY number")))

    def batch(self, batch_id: BatchId) -> StoredBatch | None:
        return next(iter(self._batches("WHERE batch_id = ?", batch_id)), None)

    def last_answered_batch(self) -> StoredBatch | None:
        return next(iter(self._batches("WHERE answer IS NOT NULL ORDER BY number DESC LIMIT 1")), None)

    def keep_answer(self, answer: BatchAnswer) -> None:
        with self._reads.write(WritePoint.ANSWER) as db:
            changed = db.execute(
                "UPDATE batch SET answer = ?, answered_at = ? WHERE batch_id = ? AND answer IS NULL",
                (answer.raw, answer.time, answer.batch_id),
            )
            exactly_one(changed, "a batch is answered once")
            put_results(db, "accepted", "cheque_id", answer.batch_id, answer.claims)
            put_results(db, "note", "number", answer.batch_id, answer.notes)
            put_clock(db, answer.time, answer.clock_ahead_s)

    def queue(self) -> Queue:
        claims, amount_minor, first_deadline = self._row(
            "SELECT count(*), coalesce(sum(final_minor - back_minor), 0), min(deadline)"
            " FROM accepted WHERE state IN ('waiting', 'sent')"
        )
        (notes,) = self._row("SELECT count(*) FROM note WHERE state IN ('waiting', 'sent')")
        return Queue(claims=claims, notes=notes, amount_minor=amount_minor, first_deadline=first_deadline)

    # --- later truth ---

    def heard_up_to(self, deployment: str, payee_id: PayeeId) -> int | None:
        sql = "SELECT number FROM heard WHERE deployment = ? AND payee_id = ?"
        row = self._reads.of(Rows.HEARD, (deployment, payee_id), lambda: self._one(sql, deployment, payee_id))
        return None if row is None else int(row[0])

    def keep_events(self, page: HeardPage) -> Sequence[ToldEvent]:
        with self._reads.write(WritePoint.EVENTS) as db:
            put_page(db, page)
        where = "WHERE e.deployment = ? AND e.number > ? AND e.number <= ? ORDER BY e.number"
        return self._events(where, page.deployment, page.before or 0, page.up_to)

    def told(self, cheque_id: StatementId) -> Sequence[ToldEvent]:
        return self._events("WHERE e.cheque_id = ? ORDER BY e.nth", cheque_id)

    # --- evidence ---

    def cheque_bytes(self, cheque_id: StatementId) -> bytes | None:
        row = self._one("SELECT cheque FROM accepted WHERE cheque_id = ?", cheque_id)
        return None if row is None else bytes(row[0])

    def keep_proof(self, proof: KeptProof) -> None:
        with self._reads.write(WritePoint.PROOF) as db:
            put_proof(db, proof)

    def proof_on(self, allowance_id: StatementId) -> KeptProof | None:
        return next(iter(self._proofs("WHERE allowance_id = ?", allowance_id)), None)

    def proofs(self) -> Sequence[KeptProof]:
        return self._proofs("ORDER BY number")

    # --- the till ---

    def totals(self) -> Totals:
        return totals_of(self._vault.connection)

    def close_shift(self, now: int) -> Totals:
        ended = self.totals()
        with self._reads.write(WritePoint.SHIFT) as db:
            changed = db.execute(
                "UPDATE shift SET ended_at = ? WHERE number = ? AND ended_at IS NULL", (now, ended.shift)
            )
            exactly_one(changed, "the shift that ends is the current one")
            db.execute("INSERT INTO shift (number, began_at) VALUES (?, ?)", (ended.shift + 1, now))
        return ended

    def history(self, limit: int) -> Sequence[HistoryEntry]:
        return history_of(self._vault.connection, limit)

    def ended(self, before: int) -> int:
        return ended_rows(self._vault.connection, before)

    def forget_ended(self, before: int) -> int:
        if ended := self.ended(before):
            with self._reads.write(WritePoint.FORGET) as db:
                forget_rows(db, before)
        return ended

    def log_refusal(self, refusal: LoggedRefusal) -> None:
        with self._reads.write(WritePoint.REFUSAL) as db:
            db.execute(
                "INSERT INTO refusal (time, code, subject) VALUES (?, ?, ?)",
                (refusal.time, refusal.code, refusal.subject),
            )
            db.execute("DELETE FROM refusal WHERE number <= (SELECT max(number) FROM refusal) - ?", (REFUSALS_MAX,))

    def refusals(self) -> Sequence[LoggedRefusal]:
        rows = self._all("SELECT time, code, subject FROM refusal ORDER BY number DESC")
        return [LoggedRefusal(time=time, code=code, subject=subject) for time, code, subject in rows]

    def close(self) -> None:
        """Lock: nothing of it stays in memory."""
        self._reads.forget()
        self._vault.close()
        overwrite_freed()

    # --- reading ---

    def _one(self, sql: str, *values: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._vault.connection.execute(sql, values).fetchone()
        return row

    def _row(self, sql: str, *values: object) -> tuple[Any, ...]:
        row = self._one(sql, *values)
        if row is None:
            raise Conflict("an aggregate gave no row")
        return row

    def _all(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._vault.connection.execute(sql, values).fetchall()

    def _asked(self, where: str, *values: object) -> list[AskedRequest]:
        return [asked_in(row) for row in self._all(f"{_ASKED_SELECT} {where}", *values)]

    def _accepted(self, where: str, value: object) -> Accepted | None:
        row = self._one(f"{ACCEPTED_SELECT} {where}", value)
        return None if row is None else accepted_in(row)

    def _events(self, where: str, *values: object) -> list[ToldEvent]:
        return [event_in(row) for row in self._all(f"{EVENT_SELECT} {where}", *values)]

    def _proofs(self, where: str, *values: object) -> list[KeptProof]:
        rows = self._all(f"SELECT proof_id, raw, allowance_id, reason, time FROM proof {where}", *values)  # noqa: S608 - ours
        return [proof_in(row) for row in rows]

    def _moment(self, name: str) -> int | None:
        row = self._reads.of(Rows.TIME, name, lambda: self._one("SELECT value FROM moment WHERE name = ?", name))
        return None if row is None else int(row[0])

    def _batches(self, where: str, *values: object) -> list[StoredBatch]:
        rows = self._all(f"SELECT batch_id, raw, made_at, answer FROM batch {where}", *values)  # noqa: S608 - ours
        return [
            StoredBatch(
                batch_id=BatchId(batch_id),
                raw=raw,
                made_at=made_at,
                claims=tuple(StatementId(item) for item in self._items("accepted", "cheque_id", batch_id)),
                notes=tuple(self._items("note", "number", batch_id)),
                answer=answer,
            )
            for batch_id, raw, made_at, answer in rows
        ]

    def _items(self, table: str, key: str, batch_id: bytes) -> list[Any]:
        sql = f"SELECT {key} FROM {table} WHERE batch_id = ? ORDER BY position"  # noqa: S608 - our own names
        return [item for (item,) in self._all(sql, batch_id)]
