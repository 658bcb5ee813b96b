"""Locks of paying and lost devices over HTTP: what wallets report, and what the administrator sees and decides."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from feiqian.links.http_replies import Fields, fields_of
from feiqian.links.http_spelling import spell_bytes, spell_instant


@dataclass(frozen=True, slots=True, kw_only=True)
class LockReply:
    """One lock as the administrator sees it. `reason` may be one that this version does not know."""

    lock_id: bytes
    payer_id: bytes
    payer_name: str
    device_id: bytes
    reason: str
    locked_at: int
    seen: int
    allowed: int
    reported_at: int
    decision: str | None
    decided_by: str | None
    decided_at: int | None


def lock_in(fields: Fields) -> LockReply:
    """One lock."""
    return LockReply(
        lock_id=fields.octets("lock_id"),
        payer_id=fields.octets("payer_id"),
        payer_name=fields.text("payer_name"),
        device_id=fields.octets("device_id"),
        reason=fields.text("reason"),
        locked_at=fields.instant("locked_at"),
        seen=fields.number("seen"),
        allowed=fields.number("allowed"),
        reported_at=fields.instant("reported_at"),
        decision=fields.text_or_none("decision"),
        decided_by=fields.text_or_none("decided_by"),
        decided_at=fields.instant_or_none("decided_at"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LostReply:
    """A lost device is stopped: the most that can still be lost, and when the rest is back; None where nothing is."""

    at_risk_minor: int
    currency: str | None
    deadline: int | None
    allowances: int


class LockCalls(ABC):
    """The calls of `OperatorClient` about locks of paying and lost devices; each may be repeated."""

    def new_lost_code(self) -> str:
        """A wallet asks for a new lost-device code; the one before ends."""
        return self._post("/v1/devices/me/lost-code", {}).text("lost_code")

    def report_lost_device(self, *, lost_code: str) -> LostReply:
        """Whoever has the code of a lost device stops it."""
        fields = self._post("/v1/lost-devices", {"lost_code": lost_code})
        return LostReply(
            at_risk_minor=fields.number("at_risk_minor"),
            currency=fields.text_or_none("currency"),
            deadline=fields.instant_or_none("deadline"),
            allowances=sum(1 for _ in fields.each("suspensions")),
        )

    def report_lock(self, *, lock_id: bytes, reason: str, locked_at: int, seen: int, allowed: int) -> str:
        """A wallet tells of its lock: allowed, refused, or waiting."""
        content = {
            "lock_id": spell_bytes(lock_id),
            "reason": reason,
            "locked_at": spell_instant(locked_at),
            "seen": seen,
            "allowed": allowed,
        }
        return self._post("/v1/devices/me/locks", content).text("decision")

    def locks(self) -> tuple[LockReply, ...]:
        """What wallets have reported, what waits for a decision first."""
        return tuple(lock_in(item) for item in fields_of(self._get("/v1/locks")).each("locks"))

    def decide_lock(self, *, lock_id: bytes, decision: str) -> LockReply:
        """The administrator decides on a lock: allowed or refused."""
        return lock_in(self._post(f"/v1/locks/{spell_bytes(lock_id)}/decision", {"decision": decision}))

    @abstractmethod
    def _get(self, path: str) -> Any:
        """The reply to a question."""

    @abstractmethod
    def _post(self, path: str, content: dict[str, Any]) -> Fields:
        """What the operator says to this content."""
