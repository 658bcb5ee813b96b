"""Routes of the console about wallets that have stopped paying by themselves: who they are, and the decision."""

from fastapi import APIRouter, Response

from feiqian.issuer.lock_ports import Decision
from feiqian.server.console.door import Holders, Suspend
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.paying_locks import LockDecisionWish, LockLineAnswer, Locks, locks_of
from feiqian.server.shapes import RequestIdIn
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act

router = APIRouter(route_class=StrictRoute)


@router.get("/v1/console/locks", operation_id="consoleLocks", response_model=Locks, responses=refusals(401, 403))
def locks(me: Holders) -> Response:
    """Wallets that have stopped paying by themselves, those without a decision first."""
    return answer(locks_of(me.notes(Act.VIEW_LOCKS)))


@router.post(
    "/v1/console/locks/{lock_id}/decision",
    operation_id="consoleDecideLock",
    response_model=LockLineAnswer,
    responses=refusals(400, 401, 403, 404, 409, 415, 422),
)
def decide_lock(me: Suspend, lock_id: RequestIdIn, wish: LockDecisionWish) -> Response:
    """Lets a wallet pay again, or not. Decided once; the same again is harmless."""
    operator = me.notes(Act.DECIDE_LOCK, lock_id)
    return answer(LockLineAnswer.of(operator.issuer.decide_lock(lock_id, Decision(wish.decision))))
