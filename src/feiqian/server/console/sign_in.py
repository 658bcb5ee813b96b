"""Routes of signing in and out, and of one's own password."""

from typing import Annotated, Self

from fastapi import APIRouter, Request, Response
from pydantic import Field

from feiqian.server.answers import Answer
from feiqian.server.console.door import AnyColleague, Colleague, SessionToken, csrf_of, give_cookie, take_cookie
from feiqian.server.console.requests import PasswordChange, SignIn
from feiqian.server.documents import refusals
from feiqian.server.doors import OperatorDep
from feiqian.server.once import answer
from feiqian.server.requests import Nothing
from feiqian.server.shapes import IdOut, InstantOut
from feiqian.server.strict_json import StrictRoute
from feiqian.staff.roles import PERMISSIONS
from feiqian.staff.rules import IDLE_S

router = APIRouter(route_class=StrictRoute)


class SessionAnswer(Answer):
    """Who is signed in, what this person may do, and the second token (`csrf`) that every change needs.

    The session ends after `idle_s` without use, and at `ends_at` if nothing more is asked.
    """

    staff_id: IdOut
    name: str
    role: str
    permissions: tuple[str, ...]
    csrf: Annotated[str, Field(repr=False)]
    idle_s: int
    ends_at: InstantOut
    password_change_needed: bool
    deployment: str
    currency: str
    on_trial: bool

    @classmethod
    def of(cls, one: Colleague, token: bytes) -> Self:
        """From whoever is signed in, with this token."""
        member, operator = one.signed_in.member, one.operator
        return cls(
            staff_id=member.staff_id,
            name=member.name,
            role=member.role.value,
            permissions=tuple(sorted(PERMISSIONS[member.role])),
            csrf=csrf_of(token),
            idle_s=IDLE_S,
            ends_at=one.signed_in.ends_at,
            password_change_needed=member.is_starting,
            deployment=operator.trust_root.deployment,
            currency=operator.currency,
            on_trial=operator.on_trial,
        )


class SignedOut(Answer):
    """The session is over."""

    signed_out: bool


@router.post(
    "/v1/console/sign-in",
    operation_id="consoleSignIn",
    response_model=SessionAnswer,
    responses=refusals(400, 403, 415, 422, 429, 503),
)
def sign_in(operator: OperatorDep, request: Request, given: SignIn) -> Response:
    """Begins a session, and sets its cookie. Refusals never say which of the three was wrong.

    Every try is counted before it is looked at; after three misses in a row the next one has to wait.
    """
    token, signed_in = operator.staff.sign_in(given.name, given.password, given.code)
    return _with_cookie(Colleague(operator=operator, signed_in=signed_in), token, request)


@router.get("/v1/console/session", operation_id="consoleSession", response_model=SessionAnswer, responses=refusals(401))
def session(one: AnyColleague, token: SessionToken) -> Response:
    """Who is signed in."""
    return answer(SessionAnswer.of(one, token))


@router.post(
    "/v1/console/password",
    operation_id="consolePassword",
    response_model=SessionAnswer,
    responses=refusals(400, 401, 403, 415, 422, 429, 503),
)
def password(one: AnyColleague, token: SessionToken, request: Request, change: PasswordChange) -> Response:
    """A password of one's own: needed after the first sign-in. The session goes on under a new token; others end."""
    fresh, signed_in = one.operator.staff.choose_password(token, change.password, change.new_password)
    return _with_cookie(Colleague(operator=one.operator, signed_in=signed_in), fresh, request)


@router.post(
    "/v1/console/sign-out",
    operation_id="consoleSignOut",
    response_model=SignedOut,
    responses=refusals(400, 401, 403, 415, 422),
)
def sign_out(one: AnyColleague, token: SessionToken, request: Request, nothing: Nothing) -> Response:  # noqa: ARG001
    """Ends the session."""
    one.operator.staff.sign_out(token)
    made = answer(SignedOut(signed_out=True))
    take_cookie(request, made)
    return made


def _with_cookie(one: Colleague, token: bytes, request: Request) -> Response:
    made = answer(SessionAnswer.of(one, token))
    give_cookie(request, made, token)
    return made
