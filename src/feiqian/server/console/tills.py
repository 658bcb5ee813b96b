"""Route of the console that revokes a terminal. Why is noted as the act itself, so it stands in the audit log."""

from typing import Final, Self

from fastapi import APIRouter, Response

from feiqian.ledger.revocation import RevokedTerminal
from feiqian.protocol.ids import TerminalRef
from feiqian.server.answers import Answer
from feiqian.server.console.door import Suspend
from feiqian.server.console.requests import Revocation
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.shapes import IdIn, IdOut, InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act

router = APIRouter(route_class=StrictRoute)
_ACTS: Final = {"stolen": Act.REVOKE_STOLEN, "lost": Act.REVOKE_LOST, "ended": Act.REVOKE_ENDED}


class RevokedAnswer(Answer):
    """Nothing that this terminal signs from `revoked_at` on counts; its certificate ends by itself at `expires_at`."""

    terminal_ref: IdOut
    revoked_at: InstantOut
    expires_at: InstantOut

    @classmethod
    def of(cls, revoked: RevokedTerminal) -> Self:
        """From the books."""
        return cls(**revoked._asdict())


@router.post(
    "/v1/console/terminals/{terminal_ref}/revocation",
    operation_id="consoleRevokeTerminal",
    response_model=RevokedAnswer,
    responses=refusals(400, 401, 403, 404, 415, 422),
)
def revoke(me: Suspend, terminal_ref: IdIn, wish: Revocation) -> Response:
    """Revokes a terminal, once: the first time stays, and the same again is harmless.

    What it accepted is still taken and paid. What it gives back from then on is not, and wallets refuse what it signs
    as soon as they have heard.
    """
    operator = me.notes(_ACTS[wish.reason], terminal_ref)
    return answer(RevokedAnswer.of(operator.acquirer.revoke_terminal(TerminalRef(terminal_ref), wish.since)))
