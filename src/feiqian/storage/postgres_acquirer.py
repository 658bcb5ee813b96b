"""The acquirer's tables on PostgreSQL: what differs from the statements that both databases know.

Events are numbered by a sequence, so batches of one payee do not wait for each other. A terminal asks only for those
that did not come with an answer, behind the last number that it has; such ones therefore get their numbers with the
payee locked, or a lower number could be seen after a higher one and be missed.
"""

from collections.abc import Sequence
from typing import Final

from feiqian.acquirer.ports import PayeeCode, TakenBatch
from feiqian.ledger.clearing import Advice
from feiqian.protocol.ids import BatchId, PayeeId, TerminalRef
from feiqian.storage.acquirer_tables import AcquirerTables
from feiqian.storage.postgres_columns import EventLines, Kind, bigints, byteas
from feiqian.storage.postgres_issuer import COLLECTING, TURN
from feiqian.storage.postgres_ledger import Place, PostgresLedger

_BATCH: Final = """WITH added AS (
        INSERT INTO batches (payee_id, terminal_ref, batch_id, body_hash, answer, body, received_at)
        SELECT payee_id, terminal_ref, ?, ?, ?, ?, ? FROM terminals WHERE terminal_ref = ?
        ON CONFLICT DO NOTHING RETURNING 1)
    SELECT all_of(count(*), 1) FROM added"""
_TAKEN: Final = """SELECT body_hash, answer FROM batches JOIN terminals USING (payee_id, terminal_ref)
    WHERE terminal_ref = ? AND batch_id = ?"""
_EVENTS: Final = """INSERT INTO payee_events (kind, payee_id, cheque_id, allowance_ref, paid_minor, waiting_minor,
        stands_paid_minor, stands_waiting_minor, deadline, at, first)
    SELECT * FROM unnest(?)"""
_EVENT_KINDS: Final = (Kind.TEXT, *[Kind.BYTEA] * 3, *[Kind.BIGINT] * 6, Kind.SMALLINT)
_HOLD_PAYEES: Final = "SELECT 1 FROM payees WHERE payee_id = ANY(?) ORDER BY payee_id FOR NO KEY UPDATE"
_WAIT_NO_MORE: Final = """DELETE FROM payee_waiting USING unnest(?, ?) AS over (payee_id, cheque_id)
    WHERE payee_waiting.payee_id = over.payee_id AND payee_waiting.cheque_id = over.cheque_id"""
_WAIT: Final = """INSERT INTO payee_waiting (payee_id, cheque_id, waiting_minor, deadline)
    SELECT * FROM unnest(?, ?, ?, ?)"""


class PostgresAcquirer(PostgresLedger, AcquirerTables):
    """An `AcquirerUnit` over one connection."""

    def payee_code(self, code_hash: bytes) -> PayeeCode | None:
        self._hold("SELECT 1 FROM payee_codes WHERE code_hash = ? FOR UPDATE", code_hash)
        return super().payee_code(code_hash)

    def batch(self, terminal_ref: TerminalRef, batch_id: BatchId) -> TakenBatch | None:
        row = self._maybe(_TAKEN, (terminal_ref, batch_id))
        return None if row is None else TakenBatch(body_hash=row[0], answer=row[1])

    def add_batch(self, terminal_ref: TerminalRef, batch_id: BatchId, taken: TakenBatch, body: bytes, at: int) -> None:
        values = (batch_id, taken.body_hash, taken.answer, body, at, terminal_ref)
        self._writing.later(Place.BATCH, _BATCH, *values)

    def advices_to_apply(self, limit: int) -> list[Advice]:
        self._hold(TURN, COLLECTING)
        return super().advices_to_apply(limit)

    def add_payee_events(self, advices: Sequence[Advice]) -> None:
        if not advices:
            return
        self._number_in_turn({one.payee_id for one in advices if not one.first})
        columns = list(zip(*advices, strict=True))
        self._writing.later(Place.EVENTS, _EVENTS, EventLines.of([*columns[:4], *columns[5:12]], _EVENT_KINDS))
        self._put_waiting(advices)
        applied = max(one.number for one in advices)
        if applied:
            self._writing.later(Place.EVENTS, "INSERT INTO advices_applied VALUES (?)", applied)

    def _number_in_turn(self, payees: set[PayeeId]) -> None:
        if payees:
            self._writing.later(Place.PAYEES, _HOLD_PAYEES, byteas(sorted(payees)))

    def _put_waiting(self, advices: Sequence[Advice]) -> None:
        over = sorted({(one.payee_id, one.cheque_id) for one in advices if not one.first})
        if over:
            self._writing.later(Place.WAITING, _WAIT_NO_MORE, *map(byteas, zip(*over, strict=True)))
        stands = {(one.payee_id, one.cheque_id): (one.stands_waiting_minor, one.deadline) for one in advices}
        waiting = sorted((*key, *stand) for key, stand in stands.items() if stand[0])
        if waiting:
            payees, cheques, minors, deadlines = zip(*waiting, strict=True)
            values = (byteas(payees), byteas(cheques), bigints(minors), bigints(deadlines))
            self._writing.later(Place.WAITING, _WAIT, *values)
