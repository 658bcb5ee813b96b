"""Rows about devices that something happened to, over one connection, of either database; no rule is decided here.

What becomes a leaf of the audit log stands in `audit_recording`.
"""

from collections.abc import Sequence
from typing import Any, Final

from feiqian.issuer.lock_ports import DecidedBy, Decision, LockDecision, LockLine, ReportedLock
from feiqian.issuer.lost_ports import LostCode
from feiqian.issuer.values import DeviceId, PayerId
from feiqian.ledger.sealing import Sealed
from feiqian.protocol.ids import TerminalRef
from feiqian.risk.anomaly import LockReason
from feiqian.storage.sealed_tables import SealedTables

_LINE: Final = """SELECT l.lock_id, l.payer_id, l.device_id, l.reason, l.locked_at, l.seen, l.allowed, l.reported_at,
    d.decision, d.decided_by, d.at, p.name, p.sealed_by
    FROM device_locks l JOIN payers p ON p.payer_id = l.payer_id
    LEFT JOIN lock_decisions d ON d.payer_id = l.payer_id AND d.lock_id = l.lock_id"""
_IN_ORDER: Final = "ORDER BY d.decision IS NOT NULL, l.reported_at DESC, l.lock_id LIMIT ?"


class DeviceTables(SealedTables):
    """A `LockUnit` and a `LostCodeUnit`, and what is kept of tills that were opened again."""

    def lock_line(self, lock_id: bytes) -> LockLine | None:
        row = self._maybe(f"{_LINE} WHERE l.lock_id = ?", (lock_id,))
        return None if row is None else self._line(row)

    def lock_lines(self, limit: int, payer_id: PayerId | None = None) -> list[LockLine]:
        if payer_id is None:
            rows = self._db.execute(f"{_LINE} {_IN_ORDER}", (limit,))
        else:
            rows = self._db.execute(f"{_LINE} WHERE l.payer_id = ? {_IN_ORDER}", (payer_id, limit))
        return [self._line(row) for row in rows.fetchall()]

    def device_locks(self, device_id: DeviceId) -> list[LockLine]:
        query = f"{_LINE} WHERE l.device_id = ? ORDER BY l.reported_at DESC, l.lock_id"
        return [self._line(row) for row in self._db.execute(query, (device_id,)).fetchall()]

    def add_lock(self, lock: ReportedLock) -> None:
        row = (lock.payer_id, lock.lock_id, lock.device_id, lock.reason.value)
        numbers = (lock.locked_at, lock.seen, lock.allowed, lock.reported_at)
        self._db.execute("INSERT INTO device_locks VALUES (?, ?, ?, ?, ?, ?, ?, ?)", (*row, *numbers))

    def add_lock_decision(self, decided: LockDecision) -> None:
        row = (decided.payer_id, decided.lock_id, decided.decision.value, decided.by.value, decided.at)
        self._db.execute("INSERT INTO lock_decisions VALUES (?, ?, ?, ?, ?)", row)

    def lost_code(self, code_id: bytes) -> LostCode | None:
        query = """SELECT code_id, payer_id, device_id, hashed, made_at, misses, ended_at
                   FROM lost_codes WHERE code_id = ?"""
        row = self._maybe(query, (code_id,))
        if row is None:
            return None
        return LostCode(
            code_id=bytes(row[0]),
            payer_id=PayerId(bytes(row[1])),
            device_id=DeviceId(bytes(row[2])),
            hashed=row[3],
            made_at=row[4],
            misses=row[5],
            ended_at=row[6],
        )

    def add_lost_code(self, code: LostCode) -> None:
        row = (code.code_id, code.payer_id, code.device_id, code.hashed, code.made_at, code.misses, code.ended_at)
        self._db.execute("INSERT INTO lost_codes VALUES (?, ?, ?, ?, ?, ?, ?)", row)

    def put_lost_tries(self, code_id: bytes, misses: int, ended_at: int | None) -> None:
        query = "UPDATE lost_codes SET misses = ?, ended_at = ? WHERE code_id = ?"
        self._db.execute(query, (misses, ended_at, code_id))

    def end_lost_codes(self, device_id: DeviceId, misses: int) -> None:
        query = "UPDATE lost_codes SET misses = ? WHERE device_id = ? AND ended_at IS NULL"
        self._db.execute(query, (misses, device_id))

    def add_till_recovery(self, recovery_id: bytes, terminal_ref: TerminalRef, request_hash: bytes, at: int) -> None:
        """A till's key was given back to its payee."""
        row = (recovery_id, terminal_ref, request_hash, at)
        self._db.execute("INSERT INTO till_recoveries VALUES (?, ?, ?, ?)", row)

    def _line(self, row: Sequence[Any]) -> LockLine:
        lock_id, payer_id = bytes(row[0]), PayerId(bytes(row[1]))
        lock = ReportedLock(
            lock_id=lock_id,
            payer_id=payer_id,
            device_id=DeviceId(bytes(row[2])),
            reason=LockReason(row[3]),
            locked_at=row[4],
            seen=row[5],
            allowed=row[6],
            reported_at=row[7],
        )
        decision = None
        if row[8] is not None:
            decision = LockDecision(
                lock_id=lock_id, payer_id=payer_id, decision=Decision(row[8]), by=DecidedBy(row[9]), at=row[10]
            )
        name = self._opened_text(Sealed.PAYER_NAME, payer_id, row[11], row[12])
        return LockLine(lock=lock, payer_name=name, decision=decision)
