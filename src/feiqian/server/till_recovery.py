"""Route for tills: the operator's key for which a till seals its own, so that ten wrong PINs lose nothing."""

from fastapi import APIRouter, Response

from feiqian.server.answers import Answer
from feiqian.server.documents import refusals
from feiqian.server.doors import OperatorDep
from feiqian.server.once import answer
from feiqian.server.shapes import KeyOut
from feiqian.server.strict_json import StrictRoute
from feiqian.server.trouble import ServerTrouble

router = APIRouter(tags=["everybody"], route_class=StrictRoute)


class TillRecoveryKey(Answer):
    """A compressed P-256 point. Its private half is with the operator, perhaps not on the server."""

    recovery_key: KeyOut


@router.get(
    "/v1/till-recovery-key",
    operation_id="tillRecoveryKey",
    response_model=TillRecoveryKey,
    responses=refusals(404),
)
def till_recovery_key(operator: OperatorDep) -> Response:
    """The key for which a till seals the key of its vault when it enrols. Another operator's till gets another one."""
    if not operator.till_recovery_key:
        raise ServerTrouble("not_found")
    return answer(TillRecoveryKey(recovery_key=operator.till_recovery_key))
