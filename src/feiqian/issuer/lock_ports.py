"""Locks of paying that wallets report, as the issuer's books hold them, and what it asks of the books about them."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from feiqian.issuer.values import DeviceId, PayerId
from feiqian.risk.anomaly import LockReason


class Decision(StrEnum):
    """Whether a wallet may pay again."""

    ALLOWED = "allowed"
    REFUSED = "refused"


class DecidedBy(StrEnum):
    """Who decided."""

    POLICY = "policy"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedLock:
    """What a wallet says of its lock. Times are Unix seconds; `seen` and `allowed` are in the reason's own unit."""

    lock_id: bytes
    payer_id: PayerId
    device_id: DeviceId
    reason: LockReason
    locked_at: int
    seen: int
    allowed: int
    reported_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockDecision:
    """What was decided on it, once."""

    lock_id: bytes
    payer_id: PayerId
    decision: Decision
    by: DecidedBy
    at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LockLine:
    """A lock as the operator sees it: whose device it is, and what was decided, if anything was."""

    lock: ReportedLock
    payer_name: str
    decision: LockDecision | None


class LockReading(Protocol):
    """What can be asked of the books about locks."""

    def lock_line(self, lock_id: bytes) -> LockLine | None:
        """One lock."""

    def lock_lines(self, limit: int, payer_id: PayerId | None = None) -> list[LockLine]:
        """Locks without a decision first, then the newest; of one payer or of all."""

    def device_locks(self, device_id: DeviceId) -> list[LockLine]:
        """All of one device, newest first."""


class LockUnit(LockReading, Protocol):
    """What can be written about locks."""

    def add_lock(self, lock: ReportedLock) -> None:
        """A new report."""

    def add_lock_decision(self, decided: LockDecision) -> None:
        """The decision on it."""
