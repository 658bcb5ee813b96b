"""The acquirer's tables: rows become values and values rows; no rule is decided here."""

from collections.abc import Sequence
from typing import Any, Final

from feiqian.acquirer.ports import Payee, PayeeCode, TakenBatch
from feiqian.acquirer.values import PayeeEvent, Terminal, WaitingClaim
from feiqian.ledger.clearing import Advice, AdviceKind
from feiqian.protocol.ids import BatchId, PayeeId, TerminalRef
from feiqian.storage.ledger_tables import LedgerTables

_TERMINAL: Final = """SELECT t.terminal_ref, t.payee_id, p.name, p.currency, t.certificate
    FROM terminals t JOIN payees p ON p.payee_id = t.payee_id"""

_EVENTS: Final = """SELECT e.number, e.at, e.kind, e.cheque_id, e.paid_minor, e.waiting_minor, e.deadline,
    (SELECT sum(b.paid_minor) FROM payee_events b
        WHERE b.payee_id = e.payee_id AND b.cheque_id = e.cheque_id AND b.number <= e.number),
    (SELECT sum(b.waiting_minor) FROM payee_events b
        WHERE b.payee_id = e.payee_id AND b.cheque_id = e.cheque_id AND b.number <= e.number)
    FROM payee_events e"""


class AcquirerTables(LedgerTables):
    """An `AcquirerUnit` over one connection."""

    def payee(self, payee_id: PayeeId) -> Payee | None:
        row = self._maybe("SELECT payee_id, name, currency FROM payees WHERE payee_id = ?", (payee_id,))
        return None if row is None else Payee(payee_id=PayeeId(row[0]), name=row[1], currency=row[2])

    def add_payee(self, payee: Payee, created_at: int) -> None:
        row = (payee.payee_id, payee.name, payee.currency, created_at)
        self._db.execute("INSERT INTO payees VALUES (?, ?, ?, ?)", row)

    def payee_code(self, code_hash: bytes) -> PayeeCode | None:
        row = self._maybe("SELECT payee_id, expires_at, used_by FROM payee_codes WHERE code_hash = ?", (code_hash,))
        return None if row is None else PayeeCode(payee_id=PayeeId(row[0]), expires_at=row[1], used_by=row[2])

    def add_payee_code(self, code_hash: bytes, code: PayeeCode) -> None:
        row = (code_hash, code.payee_id, code.expires_at, code.used_by)
        self._db.execute("INSERT INTO payee_codes VALUES (?, ?, ?, ?)", row)

    def use_payee_code(self, code_hash: bytes, used_by: bytes) -> None:
        self._db.execute("UPDATE payee_codes SET used_by = ? WHERE code_hash = ?", (used_by, code_hash))

    def terminal(self, ref: TerminalRef) -> Terminal | None:
        return _terminal(self._maybe(f"{_TERMINAL} WHERE t.terminal_ref = ?", (ref,)))

    def terminal_by_token(self, token_hash: bytes) -> Terminal | None:
        return _terminal(self._maybe(f"{_TERMINAL} WHERE t.token_hash = ?", (token_hash,)))

    def terminal_by_key(self, terminal_key: bytes) -> Terminal | None:
        return _terminal(self._maybe(f"{_TERMINAL} WHERE t.terminal_key = ?", (terminal_key,)))

    def put_terminal(self, terminal: Terminal, terminal_key: bytes, token_hash: bytes, at: int) -> None:
        self._db.execute(
            """INSERT INTO terminals (terminal_ref, payee_id, terminal_key, certificate, token_hash, enrolled_at)
               VALUES (?, ?, ?, ?, ?, ?)
               ON CONFLICT (terminal_ref) DO UPDATE SET token_hash = excluded.token_hash""",
            (terminal.terminal_ref, terminal.payee_id, terminal_key, terminal.certificate, token_hash, at),
        )

    def batch(self, terminal_ref: TerminalRef, batch_id: BatchId) -> TakenBatch | None:
        query = "SELECT body_hash, answer FROM batches WHERE terminal_ref = ? AND batch_id = ?"
        row = self._maybe(query, (terminal_ref, batch_id))
        return None if row is None else TakenBatch(body_hash=row[0], answer=row[1])

    def add_batch(self, terminal_ref: TerminalRef, batch_id: BatchId, taken: TakenBatch, body: bytes, at: int) -> None:
        row = (terminal_ref, batch_id, taken.body_hash, taken.answer, body, at)
        self._db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?)", row)

    def advices_to_apply(self, limit: int) -> list[Advice]:
        query = """SELECT number, kind, payee_id, cheque_id, currency, paid_minor, waiting_minor, deadline, at
                   FROM advices WHERE number > (SELECT coalesce(max(number), 0) FROM payee_events)
                   ORDER BY number LIMIT ?"""
        return [
            Advice(
                number=row[0],
                kind=AdviceKind(row[1]),
                payee_id=PayeeId(row[2]),
                cheque_id=row[3],
                currency=row[4],
                paid_minor=row[5],
                waiting_minor=row[6],
                deadline=row[7],
                at=row[8],
            )
            for row in self._db.execute(query, (limit,))
        ]

    def add_payee_events(self, advices: Sequence[Advice]) -> None:
        self._db.executemany(
            "INSERT INTO payee_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (one.number, one.kind, one.payee_id, one.cheque_id, *_minors(one), one.deadline, one.at)
                for one in advices
            ],
        )

    def payee_events(self, payee_id: PayeeId, limit: int, after: int | None = None) -> list[PayeeEvent]:
        begin, order = (-1, "DESC") if after is None else (after, "ASC")
        query = f"{_EVENTS} WHERE e.payee_id = ? AND e.number > ? ORDER BY e.number {order} LIMIT ?"
        return [
            PayeeEvent(
                number=row[0],
                at=row[1],
                kind=AdviceKind(row[2]),
                cheque_id=row[3],
                paid_minor=row[4],
                waiting_minor=row[5],
                deadline=row[6],
                stands_paid_minor=row[7],
                stands_waiting_minor=row[8],
            )
            for row in self._db.execute(query, (payee_id, begin, limit))
        ]

    def payee_waiting(self, payee_id: PayeeId) -> list[WaitingClaim]:
        query = """SELECT cheque_id, sum(waiting_minor), max(deadline) FROM payee_events WHERE payee_id = ?
                   GROUP BY cheque_id HAVING sum(waiting_minor) > 0 ORDER BY 3, 1"""
        rows = self._db.execute(query, (payee_id,))
        return [WaitingClaim(cheque_id=row[0], waiting_minor=row[1], deadline=row[2]) for row in rows]


def _minors(advice: Advice) -> tuple[int, int]:
    return advice.paid_minor, advice.waiting_minor


def _terminal(row: Any) -> Terminal | None:
    if row is None:
        return None
    return Terminal(
        terminal_ref=TerminalRef(row[0]),
        payee_id=PayeeId(row[1]),
        payee_name=row[2],
        currency=row[3],
        certificate=row[4],
    )
