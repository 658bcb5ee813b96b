"""Routes of the console about attestation roots: whose word on where keys live is believed, who decided that, and when.

Whoever looks after keys sees them. Adding one lets its maker's devices have higher limits, so only an admin may.
"""

from typing import Final, Self

from fastapi import APIRouter, Response

from feiqian.issuer.values import AttestationRoot
from feiqian.protocol.allowance import Tier
from feiqian.server.answers import Answer
from feiqian.server.attestation_answers import RootAnswer
from feiqian.server.console.door import Attestation, Keys
from feiqian.server.documents import refusals
from feiqian.server.once import answer
from feiqian.server.operator import Operator
from feiqian.server.requests import NewRoot, Nothing
from feiqian.server.shapes import ChequeIdIn
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.values import Act

router = APIRouter(route_class=StrictRoute)
_PATH: Final = "/v1/console/attestation-roots"
_ACTS_READ: Final = 50
_DONE_WITHIN_S: Final = 60
"""An act is noted right before it is done; what was noted longer before was another one."""


class RootLine(RootAnswer):
    """A root with the names of who added it and who removed it; null where that was done by command."""

    added_by: str | None
    removed_by: str | None

    @classmethod
    def told(cls, root: AttestationRoot, operator: Operator) -> Self:
        """From the books and what was noted."""
        acts = operator.staff.acts(before=None, limit=_ACTS_READ, about=root.fingerprint)

        def who(act: Act, at: int | None) -> str | None:
            if at is None:
                return None
            return next((name for one, name in acts if one.act is act and 0 <= at - one.at <= _DONE_WITHIN_S), None)

        return cls(
            **dict(RootAnswer.of(root)),
            added_by=who(Act.ADD_ROOT, root.added_at),
            removed_by=who(Act.REMOVE_ROOT, root.removed_at),
        )


class RootLines(Answer):
    """Every root that is trusted or was, in the order in which they came."""

    roots: tuple[RootLine, ...]


@router.get(_PATH, operation_id="consoleRoots", response_model=RootLines, responses=refusals(401, 403))
def roots(me: Keys) -> Response:
    """Every root that is trusted or was."""
    operator = me.notes(Act.VIEW_ROOTS)
    return answer(RootLines(roots=tuple(RootLine.told(one, operator) for one in operator.issuer.attesting.roots())))


@router.post(
    _PATH,
    operation_id="consoleAddRoot",
    status_code=201,
    response_model=RootLine,
    responses=refusals(400, 401, 403, 409, 415, 422),
)
def add_root(me: Attestation, root: NewRoot) -> Response:
    """Believes attestations under this root from now on, for keys of this tier. Again is harmless."""
    attesting, pem, tier = me.operator.issuer.attesting, root.pem.encode(), Tier[root.tier.upper()]
    asked = attesting.root_in(pem, tier=tier, maker=root.maker)
    operator = me.notes(Act.ADD_ROOT, asked.fingerprint)
    return answer(RootLine.told(attesting.add_root(pem, tier=tier, maker=root.maker), operator), 201)


@router.post(
    f"{_PATH}/{{fingerprint}}/removal",
    operation_id="consoleRemoveRoot",
    response_model=RootLine,
    responses=refusals(400, 401, 403, 404, 415, 422),
)
def remove_root(me: Attestation, fingerprint: ChequeIdIn, nothing: Nothing) -> Response:  # noqa: ARG001  # an empty body
    """No new allowance on its word from now on; those that were issued stay what they are. Again is harmless."""
    operator = me.notes(Act.REMOVE_ROOT, fingerprint)
    return answer(RootLine.told(operator.issuer.attesting.remove_root(fingerprint, operator.clock()), operator))
