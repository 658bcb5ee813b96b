"""Locks of paying: what wallets report that have stopped by themselves, and whether they may go on.

A report is kept for ever, and so is the one decision on it. Who decides: at first the policy below, for reasons that
say nothing of a thief and as long as they are rare; all else waits for a person. A lock bars nothing here: money is
stopped by suspending (`report_lost`), which whoever decides may do besides.
"""

from typing import Final

from feiqian.issuer.accounts import Accounts
from feiqian.issuer.lock_ports import DecidedBy, Decision, LockDecision, LockLine, ReportedLock
from feiqian.issuer.ports import WritePoint
from feiqian.issuer.troubles import IssuerTrouble
from feiqian.issuer.values import Device, PayerId
from feiqian.ledger.clearing import thought_out_again
from feiqian.risk.anomaly import LockReason

LOCKS_SHOWN_MAX: Final = 200
UNDECIDED_MAX: Final = 8
"""Of one device: more at once come from no wallet."""
ALONE: Final = frozenset({LockReason.CLOCK_BACK, LockReason.BURST, LockReason.SPREE})
"""Reasons that the policy may answer by itself."""
ALONE_EVERY_S: Final = 86_400
"""Once in so long for each device; the next one waits for a person."""


def decided_alone(lock: ReportedLock, before: list[LockLine]) -> Decision | None:
    """What the policy answers without a person: yes, where that is harmless and rare; else nothing."""
    lately = [one for one in before if lock.reported_at - one.lock.reported_at < ALONE_EVERY_S]
    refused = any(one.decision is not None and one.decision.decision is Decision.REFUSED for one in before)
    return Decision.ALLOWED if lock.reason in ALONE and not lately and not refused else None


class PayingLocks(Accounts):
    """The part of the issuer that hears of locks and decides on them."""

    @thought_out_again
    def report_lock(
        self, device: Device, *, lock_id: bytes, reason: LockReason, locked_at: int, seen: int, allowed: int
    ) -> Decision | None:
        """Takes a wallet's report and says what is decided; None while nothing is. The same report again asks again.

        Raises idempotency_reused for an id of another device or reason, too_many_locks.
        """
        now = self._clock()
        lock = ReportedLock(
            lock_id=lock_id,
            payer_id=device.payer_id,
            device_id=device.device_id,
            reason=reason,
            locked_at=locked_at,
            seen=seen,
            allowed=allowed,
            reported_at=now,
        )
        with self._store.write(WritePoint.REPORT_LOCK) as unit:
            self._payer(unit, device.payer_id)
            known = unit.lock_line(lock_id)
            if known is not None:
                if (known.lock.device_id, known.lock.reason) != (device.device_id, reason):
                    raise IssuerTrouble("idempotency_reused")
                return None if known.decision is None else known.decision.decision
            before = unit.device_locks(device.device_id)
            if sum(one.decision is None for one in before) >= UNDECIDED_MAX:
                raise IssuerTrouble("too_many_locks")
            unit.add_lock(lock)
            decision = decided_alone(lock, before)
            if decision is not None:
                unit.add_lock_decision(_decided(lock, decision, DecidedBy.POLICY, now))
            return decision

    @thought_out_again
    def decide_lock(self, lock_id: bytes, decision: Decision) -> LockLine:
        """Decides, once. Again with the same decision is harmless. Raises unknown_lock, lock_decided."""
        with self._store.write(WritePoint.DECIDE_LOCK) as unit:
            line = unit.lock_line(lock_id)
            if line is None:
                raise IssuerTrouble("unknown_lock")
            if line.decision is None:
                unit.add_lock_decision(_decided(line.lock, decision, DecidedBy.OPERATOR, self._clock()))
            elif line.decision.decision is not decision:
                raise IssuerTrouble("lock_decided")
            return unit.lock_line(lock_id) or line

    def locks(self, payer_id: PayerId | None = None) -> tuple[LockLine, ...]:
        """What wallets have reported, what waits for a decision first."""
        with self._store.read() as reading:
            return tuple(reading.lock_lines(LOCKS_SHOWN_MAX, payer_id))


def _decided(lock: ReportedLock, decision: Decision, by: DecidedBy, at: int) -> LockDecision:
    return LockDecision(lock_id=lock.lock_id, payer_id=lock.payer_id, decision=decision, by=by, at=at)
