"""Routes about locks of paying: what a wallet reports, and what the operator decides."""

from typing import Final, Literal, Self

from fastapi import APIRouter, Depends, Response
from pydantic import ConfigDict, Field, JsonValue

from feiqian.issuer.lock_ports import Decision, LockLine
from feiqian.risk.anomaly import LockReason
from feiqian.server.answers import Answer
from feiqian.server.documents import refusals
from feiqian.server.doors import DeviceDep, OperatorDep, admin
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.shapes import DisputeIdOut, IdOut, InstantIn, InstantOut, RequestIdIn, Shape
from feiqian.server.strict_json import StrictRoute

NUMBER_MAX: Final = 2**53 - 1
WAITING: Final = "waiting"
_REPORT_EXAMPLE: Final[dict[str, JsonValue]] = {
    "lock_id": "AAECAwQFBgcICQoLDA0ODw",
    "reason": "burst",
    "locked_at": "2026-11-22T10:00:00Z",
    "seen": 21,
    "allowed": 20,
}
wallet = APIRouter(tags=["wallet"], route_class=StrictRoute)
administrator = APIRouter(tags=["administrator"], route_class=StrictRoute, dependencies=[Depends(admin)])


class LockReport(Shape):
    """A wallet's lock: why it stopped paying, since when, what it saw and what is allowed, in the reason's own unit."""

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT_EXAMPLE]})

    lock_id: RequestIdIn
    reason: LockReason = Field(strict=False)
    locked_at: InstantIn
    seen: int = Field(ge=0, le=NUMBER_MAX)
    allowed: int = Field(ge=0, le=NUMBER_MAX)


class LockVerdict(Answer):
    """What was decided on a lock: allowed, refused, or waiting while nobody has looked."""

    decision: str


class LockDecisionWish(Shape):
    """What is to be decided on a lock."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"decision": "allowed"}]})

    decision: Literal["allowed", "refused"]


class LockLineAnswer(Answer):
    """One lock as the operator sees it. `decision` and the two fields behind it are null while nobody has decided."""

    lock_id: DisputeIdOut
    payer_id: IdOut
    payer_name: str
    device_id: IdOut
    reason: str
    locked_at: InstantOut
    seen: int
    allowed: int
    reported_at: InstantOut
    decision: str | None
    decided_by: str | None
    decided_at: InstantOut | None

    @classmethod
    def of(cls, line: LockLine) -> Self:
        """From the issuer's value."""
        lock, decided = line.lock, line.decision
        return cls(
            lock_id=lock.lock_id,
            payer_id=lock.payer_id,
            payer_name=line.payer_name,
            device_id=lock.device_id,
            reason=lock.reason.value,
            locked_at=lock.locked_at,
            seen=lock.seen,
            allowed=lock.allowed,
            reported_at=lock.reported_at,
            decision=None if decided is None else decided.decision.value,
            decided_by=None if decided is None else decided.by.value,
            decided_at=None if decided is None else decided.at,
        )


class Locks(Answer):
    """Locks without a decision first, then the newest; at most 200."""

    locks: tuple[LockLineAnswer, ...]


def locks_of(operator: Operator) -> Locks:
    """What wallets have reported."""
    return Locks(locks=tuple(LockLineAnswer.of(line) for line in operator.issuer.locks()))


@wallet.post(
    "/v1/devices/me/locks",
    operation_id="reportLock",
    response_model=LockVerdict,
    responses=refusals(400, 401, 409, 415, 422),
)
def report_lock(operator: OperatorDep, device: DeviceDep, lock: LockReport) -> Response:
    """A wallet has stopped paying by itself, and asks whether it may pay again. The same `lock_id` is one report."""
    decision = operator.issuer.report_lock(
        device,
        lock_id=lock.lock_id,
        reason=lock.reason,
        locked_at=lock.locked_at,
        seen=lock.seen,
        allowed=lock.allowed,
    )
    return answer(LockVerdict(decision=WAITING if decision is None else decision.value))


@administrator.get("/v1/locks", operation_id="locks", response_model=Locks, responses=refusals(401, 422))
def locks(operator: OperatorDep) -> Response:
    """Wallets that have stopped paying by themselves."""
    return answer(locks_of(operator))


@administrator.post(
    "/v1/locks/{lock_id}/decision",
    operation_id="decideLock",
    response_model=LockLineAnswer,
    responses=refusals(400, 401, 404, 409, 415, 422),
)
def decide_lock(operator: OperatorDep, lock_id: RequestIdIn, wish: LockDecisionWish) -> Response:
    """Lets a wallet pay again, or not. Decided once; the same again is harmless. No money is stopped by a refusal."""
    return answer(LockLineAnswer.of(operator.issuer.decide_lock(lock_id, Decision(wish.decision))))
