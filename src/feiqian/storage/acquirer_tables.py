"""The acquirer's tables: rows become values and values rows; no rule is decided here."""

from collections.abc import Iterator, Sequence
from itertools import count
from typing import Any, Final

from feiqian.acquirer.ports import Payee, PayeeCode, TakenBatch
from feiqian.acquirer.values import PayeeEvent, PayeeLine, Terminal, WaitingClaim
from feiqian.ledger.clearing import Advice, AdviceKind, Stale
from feiqian.ledger.sealing import ERASED, Sealed
from feiqian.protocol.ids import BatchId, PayeeId, TerminalRef
from feiqian.storage.sealed_tables import SealedTables

_TERMINAL: Final = """SELECT t.terminal_ref, t.certificate, t.sealed_by, t.payee_id, p.name, p.sealed_by, p.currency
    FROM terminals t JOIN payees p ON p.payee_id = t.payee_id"""

_EVENTS: Final = """SELECT number, at, kind, cheque_id, paid_minor, waiting_minor, deadline, stands_paid_minor,
    stands_waiting_minor FROM payee_events"""
_KINDS: Final = {kind: kind.value for kind in AdviceKind}


class AcquirerTables(SealedTables):
    """An `AcquirerUnit` over one connection."""

    def payee(self, payee_id: PayeeId) -> Payee | None:
        query = "SELECT payee_id, name, sealed_by, currency FROM payees WHERE payee_id = ?"
        row = self._maybe(query, (payee_id,))
        if row is None or row[2] == ERASED:
            return None
        return Payee(payee_id=PayeeId(row[0]), name=self._payee_name(*row[:3]), currency=row[3])

    def add_payee(self, payee: Payee, created_at: int) -> None:
        stored, sealed_by = self._sealed(Sealed.PAYEE_NAME, payee.payee_id, payee.name)
        row = (payee.payee_id, stored, payee.currency, created_at, sealed_by)
        self._db.execute(
            "INSERT INTO payees (payee_id, name, currency, created_at, sealed_by) VALUES (?, ?, ?, ?, ?)", row
        )

    def payee_lines(self, after: PayeeId | None, limit: int) -> list[PayeeLine]:
        query = """WITH page AS (SELECT * FROM payees WHERE payee_id > ? ORDER BY payee_id LIMIT ?),
                        held AS (SELECT payee_id, count(*) AS terminals FROM terminals
                                 WHERE payee_id IN (SELECT payee_id FROM page) GROUP BY payee_id)
                   SELECT p.payee_id, p.name, p.sealed_by, p.currency,
                          coalesce((SELECT -sum(b.posted_minor) FROM balances b
                              WHERE b.kind = 'payee' AND b.owner = p.payee_id AND b.currency = p.currency), 0),
                          coalesce((SELECT sum(w.waiting_minor) FROM payee_waiting w WHERE w.payee_id = p.payee_id), 0),
                          coalesce(held.terminals, 0)
                   FROM page p LEFT JOIN held ON held.payee_id = p.payee_id ORDER BY p.payee_id"""
        return [
            PayeeLine(
                payee_id=PayeeId(row[0]),
                name=self._payee_name(*row[:3]),
                currency=row[3],
                balance_minor=row[4],
                waiting_minor=row[5],
                terminals=row[6],
            )
            for row in self._db.execute(query, (after or b"", limit))
        ]

    def payee_code(self, code_hash: bytes) -> PayeeCode | None:
        row = self._maybe("SELECT payee_id, expires_at, used_by FROM payee_codes WHERE code_hash = ?", (code_hash,))
        return None if row is None else PayeeCode(payee_id=PayeeId(row[0]), expires_at=row[1], used_by=row[2])

    def add_payee_code(self, code_hash: bytes, code: PayeeCode) -> None:
        row = (code_hash, code.payee_id, code.expires_at, code.used_by)
        self._db.execute("INSERT INTO payee_codes VALUES (?, ?, ?, ?)", row)

    def use_payee_code(self, code_hash: bytes, used_by: bytes) -> None:
        self._db.execute("UPDATE payee_codes SET used_by = ? WHERE code_hash = ?", (used_by, code_hash))

    def terminal(self, ref: TerminalRef) -> Terminal | None:
        return self._terminal(self._maybe(f"{_TERMINAL} WHERE t.terminal_ref = ?", (ref,)))

    def terminal_by_token(self, token_hash: bytes) -> Terminal | None:
        return self._terminal(self._maybe(f"{_TERMINAL} WHERE t.token_hash = ?", (token_hash,)))

    def terminal_by_key(self, terminal_key: bytes) -> Terminal | None:
        return self._terminal(self._maybe(f"{_TERMINAL} WHERE t.terminal_key = ?", (terminal_key,)))

    def put_terminal(self, terminal: Terminal, terminal_key: bytes, token_hash: bytes, at: int) -> None:
        ref = terminal.terminal_ref
        stored, sealed_by = self._sealed(Sealed.CERTIFICATE, ref, terminal.certificate)
        self._db.execute(
            """INSERT INTO terminals
                   (terminal_ref, payee_id, terminal_key, certificate, token_hash, enrolled_at, sealed_by)
               VALUES (?, ?, ?, ?, ?, ?, ?)
               ON CONFLICT (terminal_ref) DO UPDATE SET token_hash = excluded.token_hash""",
            (ref, terminal.payee_id, terminal_key, stored, token_hash, at, sealed_by),
        )

    def batch(self, terminal_ref: TerminalRef, batch_id: BatchId) -> TakenBatch | None:
        query = "SELECT body_hash, answer FROM batches WHERE terminal_ref = ? AND batch_id = ?"
        row = self._maybe(query, (terminal_ref, batch_id))
        return None if row is None else TakenBatch(body_hash=row[0], answer=row[1])

    def add_batch(self, terminal_ref: TerminalRef, batch_id: BatchId, taken: TakenBatch, body: bytes, at: int) -> None:
        row = (terminal_ref, batch_id, taken.body_hash, taken.answer, body, at)
        added = self._db.execute("INSERT INTO batches VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row)
        if added.rowcount != 1:
            raise Stale

    def advices_to_apply(self, limit: int) -> list[Advice]:
        query = """SELECT kind, payee_id, cheque_id, allowance_ref, currency, paid_minor, waiting_minor,
                          stands_paid_minor, stands_waiting_minor, deadline, at, 0, number
                   FROM advices WHERE number > (SELECT max(number) FROM advices_applied) ORDER BY number LIMIT ?"""
        return [Advice(AdviceKind(row[0]), PayeeId(row[1]), *row[2:]) for row in self._db.execute(query, (limit,))]

    def add_payee_events(self, advices: Sequence[Advice]) -> None:
        numbers = {payee_id: self._next_event(payee_id) for payee_id in {one.payee_id for one in advices}}
        self._db.executemany(
            "INSERT INTO payee_events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                # Exactly integers and text: of any other type the library asks first how it is to be stored.
                (payee_id, next(numbers[payee_id]), _KINDS[kind], cheque_id, ref, *rest[:-1], int(rest[-1]))
                for kind, payee_id, cheque_id, ref, _, *rest in (one[:12] for one in advices)
            ],
        )
        self._put_waiting(advices)
        applied = max(one.number for one in advices)
        if applied:
            self._db.execute("INSERT INTO advices_applied VALUES (?)", (applied,))

    def _next_event(self, payee_id: PayeeId) -> Iterator[int]:
        """Numbers rise within a payee, in the order in which its terminals hear of them."""
        query = "SELECT coalesce(max(number), 0) + 1 FROM payee_events WHERE payee_id = ?"
        return count(self._one(query, (payee_id,))[0])

    def _put_waiting(self, advices: Sequence[Advice]) -> None:
        stands = {(one.payee_id, one.cheque_id): (one.stands_waiting_minor, one.deadline) for one in advices}
        over = [(one.payee_id, one.cheque_id) for one in advices if not one.first]
        self._many("DELETE FROM payee_waiting WHERE payee_id = ? AND cheque_id = ?", over)
        waiting = [(*key, *stand) for key, stand in stands.items() if stand[0]]
        self._many("INSERT INTO payee_waiting VALUES (?, ?, ?, ?)", waiting)

    def payee_events(self, payee_id: PayeeId, limit: int, after: int | None = None) -> list[PayeeEvent]:
        newest = f"{_EVENTS} WHERE payee_id = ? ORDER BY number DESC LIMIT ?"
        behind = f"{_EVENTS} WHERE payee_id = ? AND number > ? AND first = 0 ORDER BY number LIMIT ?"
        values = (payee_id, limit) if after is None else (payee_id, after, limit)
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
            for row in self._db.execute(newest if after is None else behind, values)
        ]

    def payee_waiting(self, payee_id: PayeeId) -> list[WaitingClaim]:
        query = """SELECT cheque_id, waiting_minor, deadline FROM payee_waiting WHERE payee_id = ? ORDER BY 3, 1"""
        rows = self._db.execute(query, (payee_id,))
        return [WaitingClaim(cheque_id=row[0], waiting_minor=row[1], deadline=row[2]) for row in rows]

    def _payee_name(self, payee_id: bytes, name: bytes, sealed_by: int) -> str:
        return self._opened_text(Sealed.PAYEE_NAME, payee_id, name, sealed_by)

    def _terminal(self, row: Any) -> Terminal | None:
        if row is None:
            return None
        return Terminal(
            terminal_ref=TerminalRef(row[0]),
            payee_id=PayeeId(row[3]),
            payee_name=self._payee_name(*row[3:6]),
            currency=row[6],
            certificate=self._opened(Sealed.CERTIFICATE, *row[:3]),
        )
